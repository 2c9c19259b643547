"""Faults of AWS and of the way to it, asked for by tests.

`POST /_localaws/faults` (JSON, from this machine only) replaces all faults, `GET` shows them with what each has done
so far, `DELETE` ends them; the variable LOCALAWS_FAULTS holds the same JSON at the start:

    {"faults": [
        {"kind": "slow", "seconds": 10, "accounts": ["222222222222"]},
        {"kind": "throttled", "services": ["ecs"], "operations": ["DescribeServices"], "probability": 0.3},
        {"kind": "lost", "operations": ["UpdateService"], "count": 2}
    ]}

kind         what the client sees
slow         the right answer, after `seconds`
throttled    AWS's throttling error in the service's own format (ThrottlingException, Throttling, ...)
failed       status 500 with AWS's InternalFailure
denied       AWS's AccessDenied, naming the operation
unavailable  status 503 with a well-formed HTML page
garbled      status 503 with HTML that no parser takes
page         status 200 with an HTML page, as from a captive portal
reset        the connection is reset and nothing is done
lost         the work is done, then the connection is reset and the answer dropped

A fault applies to what is in all of its lists; a list left out means any. `accounts` are account ids, `services` are
signing names (ecs, ecr, elasticloadbalancing, cloudformation, ec2, sts, logs, ...) or, for traffic that nobody signs,
`registry` (pushes and pulls) and `traffic` (requests to load balancers); `operations` are names like RunTask.
`probability` (1 when left out) is how likely it applies, `count` how often at most (no limit when left out), and
`seconds` (0 when left out) how long any of the kinds waits first. The first fault that applies is the one that does.
"""

import asyncio
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from provisioning.localaws.gateway.asgi import App, Message, Receive, Scope, Send, answer
from provisioning.localaws.gateway.asked import Asked, understand
from provisioning.localaws.gateway.connections import reset
from provisioning.localaws.gateway.refusals import (
    CUT_PAGE,
    DENIED,
    FAILED,
    THROTTLED,
    WHOLE_PAGE,
    Written,
    written,
)


class Kind(StrEnum):
    """What a fault does."""

    SLOW = "slow"
    THROTTLED = "throttled"
    FAILED = "failed"
    DENIED = "denied"
    UNAVAILABLE = "unavailable"
    GARBLED = "garbled"
    PAGE = "page"
    RESET = "reset"
    LOST = "lost"


LISTS = ("accounts", "services", "operations")
NUMBERS = ("seconds", "probability", "count")
REFUSALS = {Kind.THROTTLED: THROTTLED, Kind.FAILED: FAILED, Kind.DENIED: DENIED}
PAGES = {Kind.UNAVAILABLE: (503, WHOLE_PAGE), Kind.GARBLED: (503, CUT_PAGE), Kind.PAGE: (200, WHOLE_PAGE)}


@dataclass
class Fault:
    """One entry of the list; `applied` is how often it did."""

    kind: Kind
    accounts: Sequence[str] = ()
    services: Sequence[str] = ()
    operations: Sequence[str] = ()
    seconds: float = 0
    probability: float = 1
    count: int | None = None
    applied: int = 0

    def concerns(self, asked: Asked) -> bool:
        """Whether this request is one of those it is for, and its count is not used up."""
        pairs = (self.accounts, asked.account), (self.services, asked.service), (self.operations, asked.operation)
        return all(not wanted or found in wanted for wanted, found in pairs) and self.applied != self.count


class NotFaultsError(ValueError):
    """What was sent describes no faults; the text says why."""


def parse(text: str | bytes) -> list[Fault]:
    """The faults of a JSON document. Raises NotFaultsError."""
    try:
        content = json.loads(text)
    except ValueError as error:
        raise NotFaultsError(f"This is no JSON: {error}.") from error
    given = content.get("faults") if isinstance(content, Mapping) else None
    if not isinstance(given, list):
        raise NotFaultsError('Send {"faults": [...]}, each with a "kind".')
    return [_fault(each) for each in given]


def _fault(given: Any) -> Fault:
    if not isinstance(given, Mapping) or given.get("kind") not in list(Kind):
        raise NotFaultsError(f"{given} is no fault: its kind is one of {', '.join(Kind)}.")
    wrong = [name for name, value in given.items() if not _fits(name, value)]
    if wrong:
        takes = f"{', '.join(LISTS)} are lists, {', '.join(NUMBERS)} are numbers"
        raise NotFaultsError(f"{', '.join(wrong)} will not do: {takes}, and there is nothing else.")
    return Fault(**{**given, "kind": Kind(given["kind"])})


def _fits(name: str, value: Any) -> bool:
    if name in LISTS:
        return isinstance(value, list)
    return name == "kind" or (name in NUMBERS and isinstance(value, int | float))


@dataclass
class Faults:
    """Those in force, shared by the endpoint that sets them and the front that applies them."""

    in_force: list[Fault] = field(default_factory=list)
    chance: Callable[[], float] = random.random

    def choose(self, asked: Asked) -> Fault | None:
        """The first that applies, counted; None when all goes well."""
        for fault in self.in_force:
            if fault.concerns(asked) and self.chance() < fault.probability:
                fault.applied += 1
                return fault
        return None

    def shown(self) -> dict[str, Any]:
        """As the endpoint answers."""
        return {"faults": [asdict(fault) for fault in self.in_force]}


def with_faults(app: App, faults: Faults) -> App:
    """`app` behind the faults in force; with none, nothing is looked at."""

    async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not faults.in_force:
            await app(scope, receive, send)
            return
        asked, receive = await understand(scope, receive)
        fault = faults.choose(asked)
        await asyncio.sleep(fault.seconds if fault else 0)
        if fault is None or fault.kind is Kind.SLOW:
            await app(scope, receive, send)
        elif fault.kind in {Kind.RESET, Kind.LOST}:
            if fault.kind is Kind.LOST:
                await app(scope, receive, _into_nothing)
            reset(scope)
        else:
            await answer(send, *_instead(fault.kind, asked))

    return faulty


def _instead(kind: Kind, asked: Asked) -> Written:
    if kind in REFUSALS:
        return written(REFUSALS[kind], asked)
    status, page = PAGES[kind]
    return status, page, {"content-type": "text/html"}


async def _into_nothing(message: Message) -> None:
    """Where an answer goes that nobody is to see."""
