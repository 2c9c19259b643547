"""Staff who see a customer's pages as one of its people does: nothing can be changed meanwhile."""

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_POST

from portal.accounts.access import LOOKS_AS, CustomerRequest, customer_page
from portal.accounts.models import Role
from portal.accounts.permissions import Can
from portal.core import audit
from portal.core.htmx import go


@customer_page(Can.VIEW)
@require_POST
def look_as(request: CustomerRequest) -> HttpResponse:
    """Begins to look as a member of that role, or ends it when no role is given."""
    role = request.POST.get("role", "")
    if not request.as_staff or (role and role not in Role.values):
        raise Http404
    others = {slug: seen for slug, seen in request.session.get(LOOKS_AS, {}).items() if slug != request.customer.slug}
    request.session[LOOKS_AS] = {**others, request.customer.slug: role} if role else others
    action = "customer.looked_at_as" if role else "customer.looked_at_as_ended"
    audit.record(action, request.customer, caller=request.caller, customer=request.customer, after={"role": role})
    return go(request, "overview", request.customer.slug)
