"""The tables of this app, by noun."""

from provisioning.models.account import AwsAccount
from provisioning.models.change import StackChange
from provisioning.models.environment import Environment
from provisioning.models.stack import Stack, StackResource

__all__ = ["AwsAccount", "Environment", "Stack", "StackChange", "StackResource"]
