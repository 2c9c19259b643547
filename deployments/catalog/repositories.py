"""The step that makes a service's image repository at AWS."""

from django.conf import settings

from deployments.catalog import states
from deployments.models import Repository
from portal.core.work.state import transition
from portal.core.work.steps import RetryLater
from provisioning.aws import ecr
from provisioning.aws.errors import AwsProblem
from provisioning.models import AwsAccount
from provisioning.sessions import session_for

PASSING_SECONDS = 10.0  # AWS throttles, or could not be reached
REFUSED_SECONDS = 60.0  # what AWS refuses is tried again as well: somebody may give the portal the permission it lacks


def advance(repository: Repository) -> float:
    """Makes the repository, or finds the one that a killed worker made. Raises RetryLater with what AWS said."""
    service = repository.service
    tags = {"in4it:customer": service.customer.slug, "in4it:service": service.name}
    try:
        made = ecr.ensure_repository(session_for(service.account, service.region), repository.name, tags)
    except AwsProblem as problem:
        raise RetryLater(problem.sentence, PASSING_SECONDS if problem.retryable else REFUSED_SECONDS) from problem
    transition(repository, states.READY, uri=_as_docker_sees(made, service.account))
    return 0


def _as_docker_sees(made: ecr.Repository, account: AwsAccount) -> str:
    registry = settings.ECR_REGISTRY.format(account=account.account_id)
    return f"{registry}/{made.name}" if registry else made.uri
