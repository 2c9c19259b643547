"""Pages for AWS accounts and environments."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from portal.accounts.access import ENGINEERS, Can, CustomerRequest, customer_page, load, staff_page
from portal.core import htmx
from portal.core.errors import UserError
from portal.core.limits import Limit
from portal.core.lists import paginate
from provisioning import guests, selectors, services, states
from provisioning.environments.wording import charges
from provisioning.facts import load_balancer_url
from provisioning.forms import AccountForm, EnvironmentForm, FleetFilter
from provisioning.models import AwsAccount, Environment

TESTS = Limit("tests of AWS accounts", most=30, seconds=600)  # each holds a web thread for seconds


@customer_page(Can.VIEW)
def aws_accounts(request: CustomerRequest) -> HttpResponse:
    """The customer's AWS accounts."""
    accounts = selectors.accounts_of(request.customer)
    return htmx.page(request, "provisioning/accounts.html", {"accounts": accounts})


@customer_page(Can.MANAGE)
@never_cache
def aws_account_new(request: CustomerRequest) -> HttpResponse:
    """Connects an AWS account: data first, then the role and the test on its page."""
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            account = services.connect_account(request.customer, form.data_entered(), request.user)
        except UserError as error:
            form.add_error("account_id", str(error))
        else:
            return htmx.go(request, account)
    return _account_form(request, form, None)


@customer_page(Can.MANAGE)
@never_cache
def aws_account_edit(request: CustomerRequest, pk: int) -> HttpResponse:
    """Changes an AWS account; a stored key can only be replaced."""
    account = load(AwsAccount, request.customer, pk=pk)
    form = AccountForm(request.POST or None, account=account)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_account(account, form.data_entered(), request.user)
        except UserError as error:
            form.add_error("account_id", str(error))
        else:
            return htmx.go(request, account)
    return _account_form(request, form, account)


def _account_form(request: CustomerRequest, form: AccountForm, account: AwsAccount | None) -> HttpResponse:
    context = {"form": form, "account": account}
    return htmx.page(request, "provisioning/account_form.html", context, partial="form", status=_status(form))


@customer_page(Can.VIEW)
@never_cache
def aws_account(request: CustomerRequest, pk: int) -> HttpResponse:
    """One AWS account: the steps that connect it, and its last test."""
    account = load(AwsAccount, request.customer, pk=pk)
    return htmx.page(request, "provisioning/account.html", {"account": account})


@customer_page(Can.MANAGE)
def aws_account_template(request: CustomerRequest, pk: int) -> HttpResponse:
    """The template of the portal's role, as a file."""
    account = load(AwsAccount, request.customer, pk=pk)
    return HttpResponse(
        services.template_for(account),
        content_type="application/yaml",
        headers={"Content-Disposition": f'attachment; filename="{account.role_name}.yaml"'},
    )


@customer_page(Can.MANAGE)
@require_POST
def aws_account_test(request: CustomerRequest, pk: int) -> HttpResponse:
    """Tries the connection now."""
    account = load(AwsAccount, request.customer, pk=pk)
    TESTS.spend(request.user)
    services.test_account(account, request.user)
    if not htmx.wants_fragment(request):
        return htmx.go(request, account)
    return htmx.page(request, "provisioning/account.html", {"account": account}, partial="report")


@customer_page(Can.VIEW)
def environments(request: CustomerRequest) -> HttpResponse:
    """The customer's environments as cards."""
    rows = list(selectors.environments_of(request.customer))
    context = {
        "cards": [(row, selectors.sentence_of(row), load_balancer_url(row)) for row in rows],
        "has_account": bool(rows) or _has_account(request),
    }
    return htmx.page(request, "provisioning/environments.html", context)


@customer_page(Can.MANAGE)
def environment_new(request: CustomerRequest) -> HttpResponse:
    """Asks what the environment should be; the plan follows on its own page."""
    form = EnvironmentForm(request.POST or None, customer=request.customer)
    if request.method == "POST" and form.is_valid():
        try:
            environment = services.request_environment(request.customer, form.data_entered(), request.user)
        except UserError as error:
            form.add_error("name", str(error))
        else:
            return htmx.go(request, environment)
    context = {"form": form, "has_account": _has_account(request)}
    return htmx.page(request, "provisioning/environment_new.html", context, partial="form", status=_status(form))


def _has_account(request: CustomerRequest) -> bool:
    connected = AwsAccount.Status.CONNECTED
    return AwsAccount.objects.for_customer(request.customer).filter(status=connected).exists()


@customer_page(Can.VIEW)
def environment(request: CustomerRequest, slug: str) -> HttpResponse:
    """One environment: where it stands, its resources, and what can be done next. Polls while work runs."""
    row = _load(request, slug)
    resources = list(row.resources.all())
    context = {
        "environment": row,
        "resources": resources,
        "sentence": selectors.sentence_of(row),
        "progress": selectors.progress_of(row, resources),
        "stages": selectors.stages_of(row),
        "charges": charges(row.plan),
        "url": load_balancer_url(row),
        "history": row.steps,
        "placed": guests.living_in(row.pk) if row.is_ready else [],
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


def _act(request: CustomerRequest, slug: str, service: Any) -> HttpResponse:
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
    context = {
        "environment": row,
        "placed": guests.living_in(row.pk),
        "resources": row.resources.exclude(status__in=["PLANNED", "DELETE_COMPLETE"]),
        "error": error,
    }
    return htmx.page(
        request, "provisioning/environment_delete.html", context, partial="confirm", status=422 if error else 200
    )


@staff_page(ENGINEERS)
def fleet(request: HttpRequest) -> HttpResponse:
    """All environments of all customers."""
    found = FleetFilter(request.GET or None, queryset=selectors.fleet())
    context = {"filter": found, "page": paginate(request, found.qs)}
    return htmx.page(request, "provisioning/fleet.html", context, partial="list")


def _load(request: CustomerRequest, slug: str) -> Environment:
    row = selectors.environment_at(request.customer, slug)
    if row is None:
        raise Http404
    return row


def _status(form: Any) -> int:
    return 422 if form.is_bound and form.errors else 200
