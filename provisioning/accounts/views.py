"""Pages for AWS accounts."""

from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from portal.accounts.access import CustomerRequest, customer_page, load
from portal.accounts.permissions import Can
from portal.core import htmx
from portal.core.forms import form_page, posted
from portal.core.limits import Limit
from provisioning.accounts import selectors, services
from provisioning.accounts.forms import AccountForm
from provisioning.models import AwsAccount

FORM = "provisioning/account_form.html"
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

    def connect(form: AccountForm) -> HttpResponse:
        return htmx.go(request, services.connect_account(request.customer, form.data_entered(), request.caller))

    return form_page(request, FORM, AccountForm(posted(request)), connect, {"account": None})


@customer_page(Can.MANAGE)
@never_cache
def aws_account_edit(request: CustomerRequest, pk: int) -> HttpResponse:
    """Changes an AWS account; a stored key can only be replaced."""
    account = load(AwsAccount, request.customer, pk=pk)

    def change(form: AccountForm) -> HttpResponse:
        return htmx.go(request, services.change_account(account, form.data_entered(), request.caller))

    return form_page(request, FORM, AccountForm(posted(request), account=account), change, {"account": account})


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
    services.test_account(account, request.caller)
    if not htmx.wants_fragment(request):
        return htmx.go(request, account)
    return htmx.page(request, "provisioning/account.html", {"account": account}, partial="report")
