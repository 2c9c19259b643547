"""Deployments of one environment that are prepared together: who fails, or has to wait, leaves the others alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

from deployments import states
from deployments.models import Deployment
from deployments.rollouts import overlap
from deployments.rollouts.routes import Unready
from portal.core.sentences import Sentence
from portal.core.work.state import transition
from portal.core.work.steps import PASSING, ending_errored, note_problem
from provisioning.aws import ecs
from provisioning.aws.errors import AwsProblem
from provisioning.aws.session import AwsSession
from provisioning.models import Environment

Answer = TypeVar("Answer")


class Batch:
    """Those that one turn prepares. `services` are the ECS services as this turn has seen them, by name."""

    def __init__(self, session: AwsSession, environment: Environment, deployments: Sequence[Deployment]) -> None:
        self.session, self.environment = session, environment
        self.deployments = list(deployments)
        self.services: dict[str, ecs.ServiceState] = {}

    def at(self, stage: int) -> list[Deployment]:
        """Those whose next stage this is."""
        return [each for each in self.deployments if len(each.prepared) == stage]

    @contextmanager
    def attending(self, deployment: Deployment) -> Iterator[None]:
        """Around what is done for one of them."""
        going_on = False
        with ending_errored(deployment):
            try:
                yield
                going_on = True
            except (AwsProblem, Unready) as problem:
                self._refuse(deployment, problem)
        if not going_on:
            self.deployments.remove(deployment)

    def ask(self, deployments: Sequence[Deployment], question: Callable[[], Answer]) -> Answer | None:
        """What AWS answers for all of these; None when it does not, or we cannot ask, which then holds for each."""
        try:
            return question()
        except PASSING:
            raise
        except Exception as problem:
            self.refuse(dict.fromkeys(deployments, problem))
        return None

    def refuse(self, problems: Mapping[Deployment, Exception]) -> None:
        """These leave the batch, each for its own reason."""
        for deployment, problem in problems.items():
            with self.attending(deployment):
                raise problem

    def _refuse(self, deployment: Deployment, problem: AwsProblem | Unready) -> None:
        """What passes is tried again at a later turn; else the deployment has failed."""
        if isinstance(problem, AwsProblem) and problem.retryable:
            note_problem(deployment, problem.sentence)
            return
        overlap.release(self.session, deployment)
        cause = problem.sentence
        before = deployment.previous
        stays = Sentence("rollouts.stays", release=before.name) if before else Sentence("rollouts.nothing_started")
        reason = Sentence("rollouts.ended", cause=cause, stays=stays)
        transition(deployment, states.FAILED, reason=reason, cause=cause)
