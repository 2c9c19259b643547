"""Pages for AWS accounts."""

from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from portal.accounts.access import Can, CustomerRequest, customer_page, load
from portal.core import htmx
from portal.core.errors import UserError
from portal.core.forms import show_refusal
from portal.core.limits import Limit
from provisioning.accounts import selectors, services
from provisioning.accounts.forms import AccountForm
from provisioning.lists import ACCOUNTS
from provisioning.models import AwsAccount

TESTS = Limit("tests of AWS accounts", most=30, seconds=600)  # each holds a web thread for seconds


@customer_page(Can.VIEW)
def aws_accounts(request: CustomerRequest) -> HttpResponse:
    """The customer's AWS accounts."""
    return ACCOUNTS.show(request, selectors.accounts_of(request.customer)).page("provisioning/accounts.html")


@customer_page(Can.MANAGE)
@never_cache
def aws_account_new(request: CustomerRequest) -> HttpResponse:
    """Connects an AWS account: data first, then the role and the test on its page."""
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            account = services.connect_account(request.customer, form.data_entered(), request.user)
        except UserError as refusal:
            show_refusal(form, refusal)
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
        except UserError as refusal:
            show_refusal(form, refusal)
        else:
            return htmx.go(request, account)
    return _account_form(request, form, account)


def _account_form(request: CustomerRequest, form: AccountForm, account: AwsAccount | None) -> HttpResponse:
    context = {"form": form, "account": account}
    return htmx.page(
        request, "provisioning/account_form.html", context, partial="form", status=422 if form.errors else 200
    )


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
