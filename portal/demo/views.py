"""What the demo's pages have besides the portal's own."""

from django.http import HttpResponse
from django.views.decorators.http import require_POST

from portal.accounts.access import CustomerRequest, customer_page, load
from portal.accounts.permissions import Can
from portal.core import htmx
from portal.demo.role import make_role
from provisioning.models import AwsAccount


@customer_page(Can.MANAGE)
@require_POST
def demo_role(request: CustomerRequest, pk: int) -> HttpResponse:
    """Makes the portal's role in the account, for which the demo has no AWS console."""
    account = load(AwsAccount, request.customer, pk=pk)
    make_role(account, request.caller)
    return htmx.go(request, account)
