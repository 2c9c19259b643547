"""The tables of this app, by noun."""

from deployments.models.catalog import Application, Release, Repository, Service
from deployments.models.configuration import ConfigurationChange, SecretKey
from deployments.models.rollouts import ClusterWatch, Deployment, Placement, StoppedTask

__all__ = [
    "Application",
    "ClusterWatch",
    "ConfigurationChange",
    "Deployment",
    "Placement",
    "Release",
    "Repository",
    "SecretKey",
    "Service",
    "StoppedTask",
]
