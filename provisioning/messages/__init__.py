"""The words of the sentences of provisioning, by code (portal/core/sentences.py)."""

from provisioning.messages import aws as aws
from provisioning.messages import changes as changes
from provisioning.messages import resources as resources
