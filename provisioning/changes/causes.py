"""Why a stack failed, and what to do about it, as sentences."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from portal.core.sentences import Fact, Sentence
from provisioning.aws.cloudformation import ResourceState, StackEvent, StackState
from provisioning.changes.wording import kind_of

_STACK = "AWS::CloudFormation::Stack"
_FAILED = {"CREATE_FAILED", "UPDATE_FAILED"}
_FOLLOW_UP = re.compile(r"cancelled|canceled", re.IGNORECASE)  # resources that AWS gave up because another one failed


@dataclass(frozen=True)
class Failure:
    """`reason`: what happened, with AWS's own words; `advice`: what to do."""

    reason: Sentence
    advice: Sentence


_ADVICE = (  # the first that fits
    (r"throttl|rate exceeded|too many requests", Sentence("advice.throttled")),
    (r"limit|quota|exceeded|maximum number|MaximumReached", Sentence("advice.limit")),
    (r"access ?denied|not authorized|unauthorized|UnauthorizedOperation|explicit deny", Sentence("advice.not_allowed")),
    (r"already exists|AlreadyExists|already in use|Duplicate", Sentence("advice.name_taken")),
    (
        r"InsufficientInstanceCapacity|insufficient capacity|not have sufficient|no capacity",
        Sentence("advice.no_capacity"),
    ),
    (
        r"DependencyViolation|has dependencies|dependent object|in use|being used|cannot be deleted while|not empty",
        Sentence("advice.still_used"),
    ),
    (r"not stabili[sz]e|timed out|timeout", Sentence("advice.slow")),
    (r"not ?found|does not exist|doesn't exist", Sentence("advice.vanished")),
)
ASK_US = Sentence("advice.ask_us")


def advice_for(detail: str) -> Sentence:
    """What to do about a failure, by AWS's own words for it."""
    return next((advice for pattern, advice in _ADVICE if re.search(pattern, detail, re.IGNORECASE)), ASK_US)


def creation_failure(stack: StackState, events: Iterable[StackEvent]) -> Failure:
    """Why the stack was not made: the first resource that failed by itself."""
    first = next(iter(own_failures(events)), None)
    if first is None:
        return Failure(Sentence("stack.not_made", words=_of_stack(stack)), _advice_for(stack))
    kind, words = kind_of(first.type), _words(first.reason)
    reason = Sentence("stack.resource_not_made", kind=kind, name=first.logical_id, words=words)
    return Failure(reason, advice_for(first.reason))


def update_failure(stack: StackState, events: Iterable[StackEvent]) -> Failure:
    """Why an update did not arrive: the first resource that failed by itself."""
    first = next(iter(own_failures(events)), None)
    if first is None:
        return Failure(Sentence("stack.not_changed", words=_of_stack(stack)), _advice_for(stack))
    kind, words = kind_of(first.type), _words(first.reason)
    reason = Sentence("stack.resource_not_changed", kind=kind, name=first.logical_id, words=words)
    return Failure(reason, advice_for(first.reason))


def rollback_failure(stack: StackState) -> Failure:
    """Why AWS could not take an update back."""
    return Failure(Sentence("stack.not_taken_back", words=_of_stack(stack)), _advice_for(stack))


def unexpected(stack: StackState) -> Failure:
    """The stack stands where no plan of ours has brought it."""
    return Failure(Sentence("stack.half_changed", words=_of_stack(stack)), _advice_for(stack))


def not_planned(said: str) -> Failure:
    """AWS did not make a plan."""
    return Failure(Sentence("stack.not_planned", words=said), advice_for(said))


# The stack is not there any more, and the portal did not remove it.
_AGAIN = Sentence("advice.try_again")
GONE_BEFORE_CHANGE = Failure(Sentence("stack.gone_before_change"), _AGAIN)
GONE_MEANWHILE = Failure(Sentence("stack.gone_meanwhile"), _AGAIN)
GONE_WHILE_TAKEN_BACK = Failure(Sentence("stack.gone_while_taken_back"), _AGAIN)
OVERTAKEN = Failure(Sentence("stack.overtaken"), Sentence("advice.plan_again"))


def own_failures(events: Iterable[StackEvent]) -> list[StackEvent]:
    """Events (oldest first) of resources that failed, without those that failed only because another did."""
    return [
        event
        for event in events
        if event.status in _FAILED and event.type != _STACK and not _FOLLOW_UP.search(event.reason)
    ]


def deletion_failure(stack: StackState, resources: Iterable[ResourceState], events: Iterable[StackEvent]) -> Failure:
    """Why something was left: the first resource that AWS could not delete (its reason may be only in an event)."""
    left = next((each for each in resources if each.status == "DELETE_FAILED"), None)
    if left is None:
        return Failure(Sentence("stack.not_deleted", words=_of_stack(stack)), _advice_for(stack))
    told = [each.reason for each in events if each.logical_id == left.logical_id and each.status == "DELETE_FAILED"]
    said = left.reason or (told[-1] if told else "")
    words = _words(said) if said else Sentence("stack.still_used")
    reason = Sentence("stack.resource_not_deleted", kind=kind_of(left.type), name=left.logical_id, words=words)
    return Failure(reason, advice_for(said))


def _of_stack(stack: StackState) -> Fact:
    return _words(stack.reason or stack.status)


def _advice_for(stack: StackState) -> Sentence:
    return advice_for(stack.reason or stack.status)


def _words(said: str) -> Fact:
    """AWS's own, as a sentence."""
    if not said:
        return Sentence("stack.no_reason")
    return said if said.endswith((".", "!", "?")) else f"{said}."
