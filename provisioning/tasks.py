"""The worker's side of changes: one short step a task."""

from celery import shared_task
from django.conf import settings

from portal.core.work.steps import RetryLater, run_step
from provisioning.aws.errors import AwsProblem
from provisioning.changes import states
from provisioning.changes.apply import apply, roll_back
from provisioning.changes.causes import Failure, advice_for
from provisioning.changes.plan import begin, fail, plan
from provisioning.changes.remove import remove
from provisioning.models import StackChange

RETRY_POLLS = 5  # after AWS throttled us or did not answer, this many times the usual wait
_STEPS = {
    states.QUEUED: begin,
    states.PLANNING: plan,
    states.APPLYING: apply,
    states.ROLLING_BACK: roll_back,
    states.REMOVING: remove,
}


@shared_task(name=StackChange.TASK)
def step_change(pk: int, seq: int) -> None:
    """One step of one change."""
    run_step(StackChange, pk, seq, advance)


def advance(change: StackChange) -> float:
    """Looks at AWS, decides, calls, records. Returns the seconds until the next step."""
    try:
        return _STEPS[change.state](change)
    except AwsProblem as problem:
        if problem.retryable:
            raise RetryLater(problem.sentence, RETRY_POLLS * settings.POLL_SECONDS) from problem
        return fail(change, Failure(problem.sentence, advice_for(f"{problem.code} {problem.detail}")))
