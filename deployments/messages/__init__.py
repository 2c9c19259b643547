"""The words of the sentences of deployments, by code (portal/core/sentences.py)."""

from deployments.messages import consul as consul
from deployments.messages import rollouts as rollouts
from deployments.messages import tasks as tasks
