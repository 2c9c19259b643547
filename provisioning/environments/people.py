"""Who may do what in one environment, where that is another thing than in the whole customer."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal.accounts import selectors as people
from portal.accounts import services
from portal.accounts.access import CustomerRequest, customer_page, load
from portal.accounts.models import Membership, Role
from portal.accounts.permissions import ENVIRONMENT_ROLES, Can
from portal.core import htmx
from portal.core.lists import paginate
from provisioning.environments.views import load_environment


@customer_page(Can.MANAGE)
def environment_people(request: CustomerRequest, slug: str) -> HttpResponse:
    """Every member, with the role that counts for them here."""
    row = load_environment(request, slug)
    page = paginate(request, people.members(request.customer))
    context = {
        "environment": row,
        "page": page,
        "members": [(member, member.role_in(row)) for member in page],
        "roles": [(role.value, role.label) for role in ENVIRONMENT_ROLES],
    }
    return htmx.page(request, "provisioning/environment_people.html", context)


@customer_page(Can.MANAGE)
@require_POST
def environment_role(request: CustomerRequest, slug: str, pk: int) -> HttpResponse:
    """Gives a member another role in this environment, or the customer's again."""
    row, member = load_environment(request, slug), load(Membership, request.customer, pk=pk)
    role = request.POST.get("role", "")
    services.set_environment_role(member, row, role, request.caller)
    facts = {"person": member.user, "role": Role(role or member.role).label.lower(), "environment": row}
    messages.success(request, _("In %(environment)s, %(person)s is %(role)s now.") % facts)
    return htmx.go(request, "environment_people", request.customer.slug, slug)
