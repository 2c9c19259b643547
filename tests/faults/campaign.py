"""A campaign: rollouts are asked for and workers killed, while AWS answers wrongly; then all may come to its end."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from django.db.models import QuerySet

from deployments import states
from deployments.models import Deployment, Service
from provisioning import states as environment_states
from provisioning.models import Environment
from tests.e2e.olivia import Olivia, arrived, until
from tests.faults.plan import SHARE, Event, Fate, Kill, What
from tests.faults.proxy import FaultProxy
from tests.faults.wire import Fault

PREPARED = {states.QUEUED, states.PREPARING}
START_SECONDS = 10  # a release that never answers is found out soon
SECONDS = 180  # for anything that ends once there are no faults


@dataclass
class Asked:
    """A rollout that was asked for, and what is to become of it."""

    deployment: Deployment
    fate: Fate

    @property
    def deserved(self) -> set[str]:
        """The states it may end in; a cancellation may come too late."""
        if self.fate is Fate.REFUSED:
            return {states.FAILED}
        back = states.ROLLED_BACK if self.deployment.previous_id else states.FAILED
        end = states.SUCCEEDED if self.fate.is_good else back
        return {end, states.CANCELED} if self.fate.is_canceled else {end}


@dataclass
class Campaign:
    olivia: Olivia
    proxy: FaultProxy
    asked: list[Asked] = field(default_factory=list)
    kills: int = 0

    def __post_init__(self) -> None:
        self._numbers = count(1)

    def build(self, services: int) -> None:
        """Two environments, and services that nobody has deployed yet."""
        names = ("One", "Two")
        self.environments = [arrived(self.olivia.plan(name), environment_states.PLANNED) for name in names]
        for environment in self.environments:
            self.olivia.approve(environment)
        self.services = [self.olivia.register(start_seconds=START_SECONDS, overlap_seconds=1) for _ in range(services)]
        for environment in self.environments:
            arrived(environment, environment_states.READY)

    def run(self, events: list[Event]) -> None:
        """Performs the plan. What has to be waited for delays what comes after it."""
        began = time.monotonic()
        for event in events:
            time.sleep(max(0.0, began + event.at - time.monotonic()))
            self._perform(event.what)
        self.proxy.fault = None

    def settle(self) -> None:
        """Waits until no rollout is under way any more."""
        until(lambda: not _under_way().exists(), SECONDS)
        for asked in self.asked:
            asked.deployment.refresh_from_db()

    def _perform(self, what: What) -> None:
        if isinstance(what, Kill):
            self._kill()
        elif isinstance(what, Fate):
            self._ask(what)
        elif what is Fault.DENIED:
            self._deny()
        else:
            until(self._has_been_met, SECONDS)
            self.proxy.fault, self.proxy.share = what, SHARE

    def _has_been_met(self) -> bool:
        """Whether some call has met the fault of the moment, as far as anybody calls: a worker may have been dead."""
        fault = self.proxy.fault
        return fault is None or fault in self.proxy.met or not _under_way().exists()

    def _ask(self, fate: Fate) -> Asked:
        """Asks for a release of that fate where no rollout is under way."""
        service, environment = until(self._free, SECONDS)
        version = f"r{next(self._numbers)}"
        digest = self.olivia.push(service, version, fate.fault)
        asked = Asked(self.olivia.roll_out(service, environment, digest, version), fate)
        self.asked.append(asked)
        if fate.is_canceled:
            self.olivia.browser.press(f"{self.olivia.home}/deployments/{asked.deployment.pk}/cancel/")
        return asked

    def _free(self) -> tuple[Service, Environment] | None:
        """Where no rollout is under way; the place that was used least of all."""
        places = [(service, environment) for environment in self.environments for service in self.services]
        going = set(_under_way().values_list("service", "environment"))
        free = [place for place in places if (place[0].pk, place[1].pk) not in going]
        return min(free, key=self._uses, default=None)

    def _uses(self, place: tuple[Service, Environment]) -> int:
        return Deployment.objects.filter(service=place[0], environment=place[1]).count()

    def _deny(self) -> None:
        """AWS refuses everything, until a rollout that is asked for meanwhile has failed because of it."""
        self.proxy.fault = None
        until(lambda: self._free() and not Deployment.objects.filter(state__in=PREPARED).exists(), SECONDS)
        self.proxy.fault, self.proxy.share = Fault.DENIED, 1.0
        asked = self._ask(Fate.REFUSED)
        until(_over(asked.deployment), SECONDS)
        self.proxy.fault = None

    def _kill(self) -> None:
        """kill -9, once the worker works again after the last time; it is started again by who keeps it running."""
        stack = self.olivia.stack
        worker = stack.last("worker")
        until(lambda: stack.log(worker.name).count(" ready.") > self.kills, SECONDS)
        os.killpg(worker.process.pid, signal.SIGKILL)
        self.kills += 1


def _under_way() -> QuerySet[Deployment, Any]:
    return Deployment.objects.filter(state__in=states.ACTIVE)


def _over(deployment: Deployment) -> Callable[[], bool]:
    def over() -> bool:
        deployment.refresh_from_db()
        return deployment.state in states.ENDED

    return over
