"""The tables of this app, by noun."""

from deployments.models.availability import Availability
from deployments.models.catalog import Application, Release, Repository, Service
from deployments.models.configuration import ConfigurationChange, ConfigurationSave, SecretKey
from deployments.models.rollouts import ClusterWatch, Deployment, Placement, StoppedTask

__all__ = [
    "Application",
    "Availability",
    "ClusterWatch",
    "ConfigurationChange",
    "ConfigurationSave",
    "Deployment",
    "Placement",
    "Release",
    "Repository",
    "SecretKey",
    "Service",
    "StoppedTask",
]
