"""Why a stack failed, in a sentence, and what to do about it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from provisioning.aws.cloudformation import ResourceState, StackEvent, StackState
from provisioning.changes.wording import kind_of

_STACK = "AWS::CloudFormation::Stack"
_FAILED = {"CREATE_FAILED", "UPDATE_FAILED"}
_FOLLOW_UP = re.compile(r"cancelled|canceled", re.IGNORECASE)  # resources that AWS gave up because another one failed


@dataclass(frozen=True)
class Failure:
    """`reason`: what happened, with AWS's own words; `advice`: what to do."""

    reason: str
    advice: str


_ADVICE = (  # the first that fits
    (
        r"throttl|rate exceeded|too many requests",
        "AWS was asked too much at once. Nothing is wrong with your environment: try again in a few minutes.",
    ),
    (
        r"limit|quota|exceeded|maximum number|MaximumReached",
        (
            "A limit of your AWS account is reached. Ask AWS for a higher limit (Service Quotas), or remove what is "
            "not used any more. Then try again."
        ),
    ),
    (
        r"access ?denied|not authorized|unauthorized|UnauthorizedOperation|explicit deny",
        (
            "The portal may not do this in your account. Update the role with the newest template, test the connection "
            "of the AWS account, then try again."
        ),
    ),
    (
        r"already exists|AlreadyExists|already in use|Duplicate",
        "Something with this name exists in the account already. Remove or rename it, then try again.",
    ),
    (
        r"InsufficientInstanceCapacity|insufficient capacity|not have sufficient|no capacity",
        "AWS has no hosts of this size free in this region now. Try again later, or choose another size.",
    ),
    (
        r"DependencyViolation|has dependencies|dependent object|in use|being used|cannot be deleted while|not empty",
        "Something that was made outside the portal still uses it. Remove that first, then try again.",
    ),
    (
        r"not stabili[sz]e|timed out|timeout",
        "AWS took too long. That is usually passing: try again.",
    ),
    (
        r"not ?found|does not exist|doesn't exist",
        (
            "Something that this needs was removed while AWS worked on it. Make sure that nobody changes these "
            "resources outside the portal, then try again."
        ),
    ),
)
ASK_US = "Try again. If it fails once more, open a ticket: our engineers see the details."


def advice_for(detail: str) -> str:
    """What to do about a failure, by AWS's own words for it."""
    return next((text for pattern, text in _ADVICE if re.search(pattern, detail, re.IGNORECASE)), ASK_US)


def creation_failure(stack: StackState, events: Iterable[StackEvent]) -> Failure:
    """Why the stack was not made: the first resource that failed by itself."""
    first = next(iter(own_failures(events)), None)
    if first is None:
        return _of_stack("AWS could not make the environment", stack.reason or stack.status)
    return _of_resource(first.type, first.logical_id, "be made", first.reason)


def update_failure(stack: StackState, events: Iterable[StackEvent]) -> Failure:
    """Why an update did not arrive: the first resource that failed by itself."""
    first = next(iter(own_failures(events)), None)
    if first is None:
        return _of_stack("AWS could not change the environment", stack.reason or stack.status)
    return _of_resource(first.type, first.logical_id, "be changed", first.reason)


def rollback_failure(stack: StackState) -> Failure:
    """Why AWS could not take an update back."""
    return _of_stack("AWS could not take the change back", stack.reason or stack.status)


def vanished(when: str) -> Failure:
    """The stack is not there any more, and the portal did not remove it."""
    return Failure(f"The stack of the environment was removed outside the portal {when}.", "Try again.")


def unexpected(stack: StackState) -> Failure:
    """The stack stands where no plan of ours has brought it."""
    return _of_stack("The stack of the environment was left half changed", stack.reason or stack.status)


OVERTAKEN = Failure(
    "The stack was changed outside the portal after this plan was made, so AWS does not carry it out any more.",
    "Make a new plan.",
)


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
        return _of_stack("AWS could not delete the environment", stack.reason or stack.status)
    said = [each.reason for each in events if each.logical_id == left.logical_id and each.status == "DELETE_FAILED"]
    reason = left.reason or (said[-1] if said else "") or "something still uses it"
    return _of_resource(left.type, left.logical_id, "be deleted", reason)


def _of_resource(resource_type: str, logical_id: str, verb: str, said: str) -> Failure:
    reason = f"The {kind_of(resource_type)} ({logical_id}) could not {verb}: {_ended(said or 'AWS gives no reason')}"
    return Failure(reason, advice_for(said))


def _of_stack(what: str, said: str) -> Failure:
    return Failure(f"{what}: {_ended(said)}", advice_for(said))


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
