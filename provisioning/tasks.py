"""The worker's side of environments: one short step a task."""

from celery import shared_task
from django.conf import settings

from portal.core.work.state import transition
from portal.core.work.steps import RetryLater, run_step
from provisioning import states
from provisioning.aws.errors import AwsProblem
from provisioning.environments.causes import advice_for
from provisioning.environments.creating import create
from provisioning.environments.deleting import delete
from provisioning.environments.planning import begin, plan
from provisioning.models import Environment

RETRY_POLLS = 5  # after AWS throttled us or did not answer, this many times the usual wait
_STEPS = {states.DRAFT: begin, states.PLANNING: plan, states.CREATING: create, states.DELETING: delete}


@shared_task(name=Environment.TASK)
def step_environment(pk: int, seq: int) -> None:
    """One step of one environment."""
    run_step(Environment, pk, seq, advance)


def advance(environment: Environment) -> float:
    """Looks at AWS, decides, calls, records. Returns the seconds until the next step."""
    try:
        return _STEPS[environment.state](environment)
    except AwsProblem as problem:
        if problem.retryable:
            raise RetryLater(problem.sentence, RETRY_POLLS * settings.POLL_SECONDS) from problem
        _give_up(environment, problem)
        return 0


def _give_up(environment: Environment, problem: AwsProblem) -> None:
    to = states.DELETE_FAILED if environment.state == states.DELETING else states.FAILED
    transition(environment, to, reason=problem.sentence, advice=advice_for(f"{problem.code} {problem.detail}"))
