"""What people ask for: environments requested, approved, retried, deleted.

A service writes rows and the audit log in one transaction, and the work it asks for starts when that commits.
"""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from portal.accounts.models import Customer
from portal.accounts.permissions import Can, require
from portal.core import audit
from portal.core.caller import Caller
from portal.core.errors import Busy, IllegalMove, Invalid
from portal.core.rules import refuse_wrong_types
from portal.core.work.state import transition
from provisioning import guests, states
from provisioning.changes import services as changes
from provisioning.changes import states as change_states
from provisioning.environments.rules import EnvironmentData, problems_of, taken
from provisioning.environments.sizes import parameters_of
from provisioning.models import Environment
from provisioning.models.stack import MAIN
from provisioning.naming import slug_of, stack_name
from provisioning.networks import take_network


class WrongName(Invalid):
    """What was typed to confirm a deletion is not the environment's name."""

    code = "wrong_name"


def request_environment(customer: Customer, data: EnvironmentData, caller: Caller) -> Environment:
    """A new environment in state draft, with the creation of its main stack. Raises Invalid, NoNetworkLeft."""
    require(caller, Can.MANAGE, customer)
    refuse_wrong_types(data)
    problems_of(customer, data).refuse()
    environment = _new(customer, data, caller)
    after = {"name": data.name, "kind": data.kind, "region": data.region, "size": data.size}
    try:
        with transaction.atomic():
            environment.network = take_network(data.account)
            environment.save(force_insert=True)
            _create(environment, caller)
            audit.record("environment.requested", environment, caller=caller, after=after)
    except IntegrityError as error:
        raise Invalid({"name": taken(environment.slug)}) from error
    return environment


def approve(environment: Environment, caller: Caller) -> None:
    """The plan may be carried out. Raises IllegalMove or LostRace when it is not waiting for approval."""
    require(caller, Can.MANAGE, environment.customer, environment)
    change = environment.change
    if change is None or environment.state != states.PLANNED:
        raise IllegalMove(
            _("%(environment)s has no plan that waits for approval. Reload the page to see where it stands.")
            % {"environment": environment}
        )
    change.environment = environment
    changes.approve_change(change, caller)


def retry(environment: Environment, caller: Caller) -> None:
    """Plans anew after a failure; what the failed attempt left is deleted first. Raises IllegalMove or LostRace."""
    require(caller, Can.MANAGE, environment.customer, environment)
    if environment.state not in states.RETRYABLE:
        raise IllegalMove(
            _("%(environment)s has not failed, so there is nothing to try again.") % {"environment": environment}
        )
    with transaction.atomic():
        changes.hold_changes(environment)
        transition(environment, states.PLANNING, caller=caller)
        changes.give_up_plans(environment, caller)
        _create(environment, caller)


def request_deletion(environment: Environment, typed_name: str, caller: Caller) -> None:
    """Deletes the environment and everything in it; the name typed must be its own.

    Raises WrongName, IllegalMove, and Busy while something is being deployed to it or a stack is being changed.
    """
    require(caller, Can.MANAGE, environment.customer, environment)
    if typed_name.strip() != environment.name:
        raise WrongName(
            {"name": _("Type %(environment)s exactly as it is written here.") % {"environment": environment.name}}
        )
    with transaction.atomic():
        changes.hold_changes(environment)
        environment.held()  # no rollout begins while it is given up
        _refuse_rollouts(environment)
        changes.refuse_under_way(environment)
        transition(environment, states.DELETING, caller=caller)
        changes.give_up_plans(environment, caller)
        changes.remove_next(environment, caller)


def _new(customer: Customer, data: EnvironmentData, caller: Caller) -> Environment:
    slug = slug_of(customer.slug, data.name)
    return Environment(
        customer=customer,
        account=data.account,
        name=data.name,
        slug=slug,
        kind=data.kind,
        region=data.region,
        size=data.size,
        state=states.DRAFT,
        created_by_id=caller.asker_id,
        aws_name=stack_name(customer.slug, slug),
    )


def _create(environment: Environment, caller: Caller) -> None:
    """Its main stack: network, cluster and load balancer."""
    stack = changes.stack_of(environment, MAIN)
    change = changes.new_change(stack, change_states.CREATE, caller, parameters_of(environment))
    changes.carry(environment, change)


def _refuse_rollouts(environment: Environment) -> None:
    under_way = guests.arriving_in(environment.pk)
    if under_way:
        are = "are" if len(under_way) > 1 else "is"
        names = ", ".join(under_way)
        raise Busy(
            _("%(names)s %(are)s being deployed to %(environment)s. Wait until that ends, or cancel it first.")
            % {"names": names, "are": are, "environment": environment.name}
        )
