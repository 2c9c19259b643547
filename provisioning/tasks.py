"""The worker's side of environments: one short step a task, and the tick that finds what nobody works on."""

from celery import shared_task
from django.conf import settings

from portal.core.work import RetryLater, enqueue, pick_up, run_step, stale, transition
from provisioning import states
from provisioning.aws.errors import AwsProblem
from provisioning.environments.causes import advice_for
from provisioning.environments.creating import create
from provisioning.environments.deleting import delete
from provisioning.environments.planning import begin, plan
from provisioning.models import Environment

RETRY_POLLS = 5  # after AWS throttled us or did not answer, this many times the usual wait
_STEPS = {states.DRAFT: begin, states.PLANNING: plan, states.CREATING: create, states.DELETING: delete}


def start(environment: Environment) -> None:
    """Sends the environment's next step to a worker on commit; call it after every request of a person."""
    if environment.is_active:
        enqueue(step_environment, environment)


@shared_task(name="provisioning.step_environment")
def step_environment(pk: int, seq: int) -> None:
    """One step of one environment."""
    run_step(step_environment, Environment, pk, seq, advance)


@shared_task(name="provisioning.tick_environments")
def tick_environments() -> None:
    """Every minute: picks up environments that no worker has touched for a while."""
    pick_up(step_environment, stale(Environment))


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
