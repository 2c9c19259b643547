"""What people ask of a change: made, approved, discarded, rolled back. Each starts its own work when it commits."""

from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from portal.accounts.permissions import Can, require
from portal.core import audit
from portal.core.caller import Caller
from portal.core.errors import Busy, IllegalMove
from portal.core.sentences import Sentence
from portal.core.work.state import transition
from portal.core.work.steps import begin
from provisioning.changes import selectors, states
from provisioning.models import Environment, Stack, StackChange
from provisioning.models.stack import MAIN


def request_stack(
    environment: Environment, template: str, parameters: Mapping[str, str], caller: Caller
) -> StackChange:
    """A further stack for a ready environment: it is planned, and made when somebody approves.

    `template` names one of provisioning/stacks. Raises IllegalMove when the environment is not ready or has the stack,
    Busy when the stack is being changed already. After a creation that failed this begins it anew.
    """
    require(caller, Can.MANAGE, environment.customer, environment)
    with transaction.atomic():
        _refuse_unready(environment)
        if selectors.made_stacks(environment).filter(template=template).exists():
            raise IllegalMove(
                _("%(environment)s has a stack of that kind already. Change that one.")
                % {"environment": environment.name}
            )
        stack = stack_of(environment, template)
        return _asked(new_change(stack, states.CREATE, caller, parameters), caller)


def request_update(stack: Stack, parameters: Mapping[str, str], caller: Caller) -> StackChange:
    """The stack with these parameters and the present template: planned, and carried out when somebody approves.

    What runs in the environment goes on, and can be deployed to meanwhile. Raises IllegalMove when the environment is
    not ready or AWS has not made the stack, Busy when the stack is being changed already.
    """
    require(caller, Can.MANAGE, stack.customer, stack.environment)
    with transaction.atomic():
        _refuse_unready(stack.environment)
        if not selectors.made_stacks(stack.environment).filter(pk=stack.pk).exists():
            raise IllegalMove(_("%(stack)s does not exist at AWS, so it cannot be changed.") % {"stack": stack})
        return _asked(new_change(stack, states.UPDATE, caller, parameters), caller)


def request_removal(stack: Stack, caller: Caller) -> StackChange:
    """Takes a further stack away from an environment that stays. The main one goes with its environment only."""
    require(caller, Can.MANAGE, stack.customer, stack.environment)
    if stack.is_main:
        raise IllegalMove(
            _("%(stack)s is what %(environment)s consists of. Delete the environment instead.")
            % {"stack": stack, "environment": stack.environment.name}
        )
    with transaction.atomic():
        _refuse_unready(stack.environment)
        return _asked(new_change(stack, states.REMOVE, caller), caller)


def approve_change(change: StackChange, caller: Caller) -> None:
    """The plan may be carried out. Raises IllegalMove or LostRace when it does not wait for that."""
    require(caller, Can.MANAGE, change.customer, change.environment)
    if change.state != states.PLANNED:
        raise IllegalMove(
            _("%(change)s has no plan that waits for approval. Reload the page to see where it stands.")
            % {"change": change}
        )
    transition(change, states.APPLYING, caller=caller)


def discard_change(change: StackChange, caller: Caller) -> None:
    """The plan is not wanted; nothing was done yet. Raises IllegalMove or LostRace when it is too late for that, or
    when an environment depends on it."""
    require(caller, Can.MANAGE, change.customer, change.environment)
    if change.carries:
        raise IllegalMove(
            _("%(change)s is what %(environment)s waits for. Delete the environment instead.")
            % {"change": change, "environment": change.environment.name}
        )
    with transaction.atomic():
        transition(change, states.DISCARDED, caller=caller)
        change.stack.resources.filter(status="PLANNED").delete()


def roll_back_change(change: StackChange, caller: Caller) -> None:
    """Takes an update back while AWS carries it out. Raises IllegalMove for everything else, LostRace when it ended."""
    require(caller, Can.MANAGE, change.customer, change.environment)
    if change.kind != states.UPDATE:
        raise IllegalMove(_("%(change)s cannot be taken back. Delete what it made instead.") % {"change": change})
    transition(change, states.ROLLING_BACK, caller=caller, reason=Sentence("stack.taken_back_for", by=str(caller)))


def stack_of(environment: Environment, template: str) -> Stack:
    """The environment's stack of that template; a row anew where there was none, or it was removed."""
    name = environment.aws_name if template == MAIN else f"{environment.aws_name}-{template}"
    stack, _ = Stack.objects.get_or_create(
        customer=environment.customer,
        environment=environment,
        template=template,
        removed_at=None,
        defaults={"name": name},
    )
    return stack


def new_change(stack: Stack, kind: str, caller: Caller, parameters: Mapping[str, str] | None = None) -> StackChange:
    """A change whose work begins at once. Raises Busy while there is another one of the same stack."""
    change = StackChange(
        customer=stack.customer,
        environment=stack.environment,
        stack=stack,
        kind=kind,
        requested_by_id=caller.asker_id,
        parameters=dict(parameters or {}),
        state=states.QUEUED,
    )
    try:
        with transaction.atomic():
            begin(change)
    except IntegrityError as error:
        raise Busy(
            _("%(stack)s is being changed already. Wait until that ends, or discard its plan first.") % {"stack": stack}
        ) from error
    return change


def carry(environment: Environment, change: StackChange) -> None:
    """From now on the environment's state follows this change."""
    change.environment = environment
    environment.change = change
    Environment.objects.filter(pk=environment.pk).update(change=change)


def refuse_under_way(environment: Environment) -> None:
    """Raises Busy while AWS changes a stack of an environment that is ready."""
    for change in selectors.open_changes(environment):
        if change.pk != environment.change_id and change.state not in states.DISCARDABLE:
            raise Busy(_("%(change)s is under way. Wait until that ends.") % {"change": change})


def hold_changes(environment: Environment) -> None:
    """Nobody moves a change that is open until the transaction ends.

    Who holds changes and their environment holds the changes first: so does a worker whose change carries it along.
    """
    list(selectors.open_changes(environment).select_related(None).select_for_update())


def give_up_plans(environment: Environment, caller: Caller) -> None:
    """Discards what is only planned."""
    for change in selectors.open_changes(environment):
        transition(change, states.DISCARDED, caller=caller)


def remove_next(environment: Environment, caller: Caller) -> bool:
    """Begins the removal of the stack that was added last; False when there is none any more."""
    stack = selectors.living_stacks(environment).last()
    if stack is None:
        return False
    carry(environment, new_change(stack, states.REMOVE, caller))
    return True


def _refuse_unready(environment: Environment) -> None:
    """Held until the transaction ends: a deletion does not begin meanwhile."""
    if not environment.held().is_ready:
        raise IllegalMove(
            _("%(environment)s is not ready, so its stacks cannot be changed now.") % {"environment": environment.name}
        )


def _asked(change: StackChange, caller: Caller) -> StackChange:
    facts = {"stack": change.stack.name, "parameters": change.parameters}
    audit.record(f"stack.{change.kind}_requested", change, caller=caller, after=facts)
    return change
