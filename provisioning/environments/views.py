"""Pages for environments."""

from collections.abc import Callable, Sequence

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from portal.accounts.access import ENGINEERS, Can, CustomerRequest, customer_page, staff_page
from portal.accounts.models import User
from portal.core import htmx
from portal.core.errors import UserError
from portal.core.forms import show_refusal
from provisioning import guests, states
from provisioning.accounts.selectors import has_connected
from provisioning.changes.selectors import resources_of
from provisioning.changes.wording import charges
from provisioning.environments import selectors, services
from provisioning.environments.forms import EnvironmentForm, FleetFilter
from provisioning.facts import load_balancer_url
from provisioning.lists import ENVIRONMENTS, FLEET, Card
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
    return [Card(row, selectors.sentence_of(row), load_balancer_url(row)) for row in rows]


@customer_page(Can.MANAGE)
def environment_new(request: CustomerRequest) -> HttpResponse:
    """Asks what the environment should be; the plan follows on its own page."""
    form = EnvironmentForm(request.POST or None, customer=request.customer)
    if request.method == "POST" and form.is_valid():
        try:
            environment = services.request_environment(request.customer, form.data_entered(), request.user)
        except UserError as refusal:
            show_refusal(form, refusal)
        else:
            return htmx.go(request, environment)
    context = {"form": form, "has_account": has_connected(request.customer)}
    return htmx.page(
        request, "provisioning/environment_new.html", context, partial="form", status=422 if form.errors else 200
    )


@customer_page(Can.VIEW)
def environment(request: CustomerRequest, slug: str) -> HttpResponse:
    """One environment: where it stands, its resources, and what can be done next. Polls while work runs."""
    row = _load(request, slug)
    tables = guests.tables_of(row.pk, request) if row.is_ready else []
    if file := next(filter(None, (table.export() for table in tables)), None):
        return file
    resources = list(resources_of(row))
    context = {
        "environment": row,
        "resources": resources,
        "sentence": selectors.sentence_of(row),
        "progress": selectors.progress_of(row, resources),
        "stages": selectors.stages_of(row),
        "charges": charges(row.change.plan) if row.change else [],
        "outputs": selectors.outputs_of(row),
        "url": load_balancer_url(row),
        "history": row.steps,
        "tables": tables,
    }
    response = htmx.progress(request, "provisioning/environment.html", context, partial="status", running=row.is_active)
    if response.status_code == htmx.STOP_POLLING:
        kind = "danger" if row.is_stuck or row.state == states.DELETE_FAILED else "success"
        htmx.toast(response, f"{row.name}: {context['sentence']}", kind)
    return response


@customer_page(Can.MANAGE)
@require_POST
def environment_approve(request: CustomerRequest, slug: str) -> HttpResponse:
    """The plan may be carried out."""
    return _act(request, slug, services.approve)


@customer_page(Can.MANAGE)
@require_POST
def environment_retry(request: CustomerRequest, slug: str) -> HttpResponse:
    """Plans anew after a failure."""
    return _act(request, slug, services.retry)


def _act(request: CustomerRequest, slug: str, service: Callable[[Environment, User], None]) -> HttpResponse:
    """Does it, and shows where the environment stands then; a second click changes nothing."""
    row = _load(request, slug)
    try:
        service(row, request.user)
    except UserError as refused:
        messages.warning(request, str(refused))
    return htmx.go(request, row)


@customer_page(Can.MANAGE)
def environment_delete(request: CustomerRequest, slug: str) -> HttpResponse:
    """Shows what would be lost, and deletes when the name is typed."""
    row = _load(request, slug)
    error = ""
    if request.method == "POST":
        try:
            services.request_deletion(row, request.POST.get("name", ""), request.user)
            return htmx.go(request, row)
        except UserError as refused:
            error = str(refused)
            row = _load(request, slug)  # what was undone with the refusal is undone on this row too
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
    return FLEET.show(request, selectors.fleet(**filters.criteria), filters).page("provisioning/fleet.html")


def _load(request: CustomerRequest, slug: str) -> Environment:
    row = selectors.environment_at(request.customer, slug)
    if row is None:
        raise Http404
    return row
