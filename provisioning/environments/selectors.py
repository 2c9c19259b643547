"""Questions about environments, for pages and for the apps above."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, IntegerField, QuerySet, When
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Customer
from provisioning import guests, states
from provisioning.models import Environment, StackResource

_SENTENCES = {
    states.DRAFT: _("The plan is about to be made."),
    states.PLANNING: _("AWS is working out what has to be made. Nothing is made yet."),
    states.PLANNED: _("The plan is ready. Nothing is made, and nothing costs money, before you approve it."),
    states.CREATING: _("AWS is making the environment. You can leave this page and come back."),
    states.READY: _("The environment is ready. Services can be deployed to it."),
    states.DELETING: _("AWS is deleting the environment. You can leave this page and come back."),
    states.DELETED: _("The environment is deleted, with everything that was in it."),
}
_BY_KIND = Case(
    *(When(kind=kind, then=place) for place, kind in enumerate(Environment.Kind.values)),
    output_field=IntegerField(),
)
_LINE = ("Plan", "Approval", "Creation", "Ready")
# The step of _LINE at which each state stands, and how that step looks.
_STANDS = {
    states.DRAFT: (0, "active"),
    states.PLANNING: (0, "active"),
    states.PLANNED: (1, "planned"),
    states.CREATING: (2, "active"),
}


@dataclass(frozen=True)
class Progress:
    """How many resources are where the environment is heading."""

    done: int
    total: int
    label: str


@dataclass(frozen=True)
class Stage:
    """One step of the line plan, approval, creation, ready, as components/steps.html shows it."""

    label: str
    state: str
    detail: str = ""
    at: datetime | None = None


def environments_of(customer: Customer) -> QuerySet[Environment]:
    """The customer's environments that are not deleted: development first, production last."""
    alive: QuerySet[Environment] = Environment.objects.for_customer(customer).exclude(state__in=states.GONE)
    return alive.select_related("account", "customer").annotate(place=_BY_KIND).order_by("place", "id")


def environment_at(customer: Customer, slug: str) -> Environment | None:
    """The environment at that address: the living one, or the one deleted last."""
    found = Environment.objects.for_customer(customer).filter(slug=slug).select_related("account", "customer", "change")
    return found.order_by("-id").first()


def fleet(*, state: str = "", kind: str = "", customer: str = "") -> QuerySet[Environment]:
    """All environments of all customers that are not deleted, with their `trouble`: 0 where something does not answer.
    `customer`: a part of its name."""
    wanted = {"state": state, "kind": kind, "customer__name__icontains": customer}
    found = Environment.objects.exclude(state__in=states.GONE).filter(
        **{lookup: value for lookup, value in wanted.items() if value}
    )
    trouble = Case(When(guests.failing(), then=0), default=1)
    rows: QuerySet[Environment] = found.select_related("customer", "account").annotate(trouble=trouble)
    return rows


def sentence_of(environment: Environment) -> str:
    """One sentence about where the environment stands."""
    return str(environment.reason) or str(_SENTENCES.get(environment.state, ""))


def progress_of(environment: Environment, resources: Iterable[StackResource]) -> Progress:
    """Done and total resources of the creation, or of the deletion when it is being deleted."""
    rows = list(resources)
    away = environment.state in states.AWAY
    done = sum(row.look == ("deleted" if away else "ready") for row in rows)
    return Progress(done, len(rows), "Resources deleted" if away else "Resources ready")


def outputs_of(resources: Iterable[StackResource]) -> dict[str, str]:
    """What its stacks say of themselves, in AWS's words, for engineers."""
    return {name: value for each in resources for name, value in each.stack.outputs.items()}


def stages_of(environment: Environment) -> list[Stage]:
    """Where a new environment stands; none once it is ready or being deleted."""
    if environment.is_stuck:
        here, look = (2, "failed") if environment.change and environment.change.plan else (0, "failed")
    elif environment.state in _STANDS:
        here, look = _STANDS[environment.state]
    else:
        return []
    looks = ["done"] * here + [look] + ["queued"] * (len(_LINE) - here - 1)
    return [Stage(label, state) for label, state in zip(_LINE, looks, strict=True)]
