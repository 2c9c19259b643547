"""Pages for environments."""

from collections.abc import Callable, Sequence

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from portal.accounts.access import CustomerRequest, customer_page, staff_page, within
from portal.accounts.permissions import ENGINEERS, Can
from portal.core import htmx
from portal.core.caller import Caller
from portal.core.errors import UserError
from portal.core.forms import form_page, posted
from provisioning import guests, states
from provisioning.accounts.selectors import has_connected
from provisioning.changes.selectors import resources_of
from provisioning.changes.wording import charges
from provisioning.environments import selectors, services
from provisioning.environments.forms import EnvironmentForm, FleetFilter
from provisioning.facts import load_balancer_url
from provisioning.lists import ENVIRONMENTS, FLEET, Afloat, Card
from provisioning.models import Environment


@customer_page(Can.VIEW)
def environments(request: CustomerRequest) -> HttpResponse:
    """The customer's environments as cards."""
    table = ENVIRONMENTS.show(request, selectors.environments_of(request.customer), prepare=_cards)
    if file := table.export():
        return file
    context = {"table": table, "has_account": bool(table.rows) or has_connected(request.customer)}
    return htmx.page(request, "provisioning/environments.html", context)


def _cards(rows: Sequence[Environment]) -> list[Card]:
    health = guests.health_of([row.pk for row in rows])
    return [Card(row, selectors.sentence_of(row), load_balancer_url(row), health[row.pk]) for row in rows]


def _afloat(rows: Sequence[Environment]) -> list[Afloat]:
    health = guests.health_of([row.pk for row in rows])
    return [Afloat(row, health[row.pk]) for row in rows]


@customer_page(Can.MANAGE)
def environment_new(request: CustomerRequest) -> HttpResponse:
    """Asks what the environment should be; the plan follows on its own page."""

    def ask(form: EnvironmentForm) -> HttpResponse:
        return htmx.go(request, services.request_environment(request.customer, form.data_entered(), request.caller))

    form = EnvironmentForm(posted(request), customer=request.customer)
    context = {"has_account": has_connected(request.customer)}
    return form_page(request, "provisioning/environment_new.html", form, ask, context)


@customer_page(Can.VIEW, by_environment=True)
def environment(request: CustomerRequest, slug: str) -> HttpResponse:
    """One environment: where it stands, its resources, and what can be done next. Polls while work runs."""
    row = load_environment(request, slug)
    tables = guests.tables_of(row.pk, request) if row.is_ready else []
    if file := next(filter(None, (table.export() for table in tables)), None):
        return file
    resources = list(resources_of(row).select_related("stack"))
    context = {
        "environment": row,
        "resources": resources,
        "sentence": selectors.sentence_of(row),
        "progress": selectors.progress_of(row, resources),
        "stages": selectors.stages_of(row),
        "charges": charges(row.change.plan) if row.change else [],
        "outputs": selectors.outputs_of(resources),
        "url": load_balancer_url(row),
        "history": row.steps,
        "tables": tables,
        "health": guests.health_of([row.pk])[row.pk] if row.is_ready else None,
    }
    response = htmx.progress(request, "provisioning/environment.html", context, partial="status", running=row.is_active)
    if response.status_code == htmx.STOP_POLLING:
        kind = "danger" if row.is_stuck or row.state == states.DELETE_FAILED else "success"
        htmx.toast(response, f"{row.name}: {context['sentence']}", kind)
    return response


@customer_page(Can.MANAGE, by_environment=True)
@require_POST
def environment_approve(request: CustomerRequest, slug: str) -> HttpResponse:
    """The plan may be carried out."""
    return _act(request, slug, services.approve)


@customer_page(Can.MANAGE, by_environment=True)
@require_POST
def environment_retry(request: CustomerRequest, slug: str) -> HttpResponse:
    """Plans anew after a failure."""
    return _act(request, slug, services.retry)


def _act(request: CustomerRequest, slug: str, service: Callable[[Environment, Caller], None]) -> HttpResponse:
    """Does it, and shows where the environment stands then; a second click changes nothing."""
    row = load_environment(request, slug, Can.MANAGE)
    try:
        service(row, request.caller)
    except UserError as refused:
        messages.warning(request, str(refused))
    return htmx.go(request, row)


@customer_page(Can.MANAGE, by_environment=True)
def environment_delete(request: CustomerRequest, slug: str) -> HttpResponse:
    """Shows what would be lost, and deletes when the name is typed."""
    row = load_environment(request, slug, Can.MANAGE)
    error = ""
    if request.method == "POST":
        try:
            services.request_deletion(row, request.POST.get("name", ""), request.caller)
            return htmx.go(request, row)
        except UserError as refused:
            error = str(refused)
            row = load_environment(request, slug)  # what was undone with the refusal is undone on this row too
    context = {
        "environment": row,
        "placed": guests.living_in(row.pk),
        "resources": resources_of(row).exclude(status__in=["PLANNED", "DELETE_COMPLETE"]),
        "error": error,
    }
    return htmx.page(
        request, "provisioning/environment_delete.html", context, partial="confirm", status=422 if error else 200
    )


@staff_page(ENGINEERS)
def fleet(request: HttpRequest) -> HttpResponse:
    """All environments of all customers."""
    filters = FleetFilter(request.GET)
    found = selectors.fleet(**filters.criteria)
    return FLEET.show(request, found, filters, prepare=_afloat).page("provisioning/fleet.html")


def load_environment(request: CustomerRequest, slug: str, can: Can = Can.VIEW) -> Environment:
    """The customer's environment of that address, for whoever can do that in it; from here on the page is about it."""
    row = selectors.environment_at(request.customer, slug)
    if row is None:
        raise Http404
    within(request, row, can)
    return row
