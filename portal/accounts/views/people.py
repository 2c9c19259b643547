"""Who belongs to a customer, with which role, and who is invited."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from portal.accounts import selectors, services
from portal.accounts.access import CustomerRequest, customer_page, load
from portal.accounts.forms import InviteForm
from portal.accounts.links import link
from portal.accounts.lists import OPEN_INVITATIONS, PEOPLE
from portal.accounts.models import Invitation, Membership
from portal.accounts.permissions import Can, grantable
from portal.core.forms import form_page, posted
from portal.core.htmx import go, page
from portal.core.limits import Limit

INVITATIONS = Limit("invitations", most=50, seconds=3600)


@customer_page(Can.VIEW)
def people(request: CustomerRequest) -> HttpResponse:
    """Members, and for those who manage them the open invitations."""
    manages = Can.MANAGE in request.can
    invited = selectors.open_invitations(request.customer) if manages else Invitation.objects.none()
    invitations = OPEN_INVITATIONS.show(request, invited)
    if file := invitations.export():
        return file
    roles = [(role.value, role.label) for role in grantable(request.caller, request.customer)]
    members = PEOPLE.show(request, selectors.members(request.customer), without=() if manages else ["actions"])
    return members.page("accounts/people.html", {"invitations": invitations, "roles": roles, "grantable": dict(roles)})


@customer_page(Can.MANAGE)
@require_POST
def member_role(request: CustomerRequest, pk: int) -> HttpResponse:
    """Gives a member another role."""
    member = load(Membership, request.customer, pk=pk)
    services.change_role(member, request.POST.get("role", ""), request.caller)
    messages.success(
        request, _("%(user)s is %(lower)s now.") % {"user": member.user, "lower": member.get_role_display().lower()}
    )
    return go(request, "people", request.customer.slug)


@customer_page(Can.MANAGE)
@require_POST
def member_remove(request: CustomerRequest, pk: int) -> HttpResponse:
    """Ends a membership; inviting the person again is the way back."""
    member = load(Membership, request.customer, pk=pk)
    services.remove(member, request.caller)
    messages.success(
        request,
        _("%(user)s does not belong to %(customer)s any more.") % {"user": member.user, "customer": request.customer},
    )
    return go(request, "home") if member.user == request.user else go(request, "people", request.customer.slug)


@customer_page(Can.MANAGE)
@never_cache
def invite(request: CustomerRequest) -> HttpResponse:
    """Invites somebody; the answer shows the link, this once."""
    form = InviteForm(posted(request), roles=grantable(request.caller, request.customer))

    def send(form: InviteForm) -> HttpResponse:
        INVITATIONS.spend(request.user)
        invitation, token = services.invite(request.customer, **form.cleaned_data, caller=request.caller)
        # In4it invites by mail only: a link that is shown would make whoever invites a member themselves.
        context = {"invitation": invitation, "link": "" if request.as_staff else link(token)}
        return page(request, "accounts/invited.html", context, partial="invited")

    return form_page(request, "accounts/invite.html", form, send)


@customer_page(Can.MANAGE)
@require_POST
def invitation_revoke(request: CustomerRequest, pk: int) -> HttpResponse:
    """Makes an open invitation useless."""
    invitation = load(Invitation, request.customer, pk=pk)
    services.revoke(invitation, request.caller)
    messages.success(request, _("The invitation of %(email)s is withdrawn.") % {"email": invitation.email})
    return go(request, "people", request.customer.slug)
