"""What an invited person sees."""

from collections.abc import Callable
from functools import wraps

from allauth.account.adapter import get_adapter
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from portal.accounts import selectors, services
from portal.accounts.access import public
from portal.accounts.forms import JoinForm
from portal.accounts.models import Invitation, User
from portal.core.errors import UserError
from portal.core.forms import form_page, posted
from portal.core.htmx import go
from portal.core.limits import Limit, TooMuch

# Tries an address gets in a quarter of an hour: plenty for people, useless for guessing tokens.
TRIES = Limit("tries to join", 30, 15 * 60)
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def limited(view: Callable[[HttpRequest, str], HttpResponse]) -> Callable[[HttpRequest, str], HttpResponse]:
    """Answers 429 to an address that opens too many invitations."""

    @wraps(view)
    def guarded(request: HttpRequest, token: str) -> HttpResponse:
        if not TRIES.allows(get_adapter().get_client_ip(request)):
            refusal = TooMuch(_("Too many invitations were opened from here. Try again in a quarter of an hour."))
            return _refused(request, refusal)
        return view(request, token)

    return guarded


@public
@never_cache
@limited
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Accepting an invitation: with a new account, or as the user whom the address belongs to."""
    try:
        invited = services.invitation_of(token)
        user = selectors.user_by_email(invited.email)
        return _join_as(request, invited, user) if user else _join_anew(request, invited)
    except UserError as refusal:
        return _refused(request, refusal)


def _join_as(request: HttpRequest, invited: Invitation, user: User) -> HttpResponse:
    if request.user == user and request.method == "POST":
        services.join(invited, user)
        return go(request, "overview", invited.customer.slug)
    return render(request, "accounts/join.html", {"invitation": invited, "account": user})


def _join_anew(request: HttpRequest, invited: Invitation) -> HttpResponse:
    if request.user.is_authenticated:
        return render(request, "accounts/join.html", {"invitation": invited})
    return form_page(
        request,
        "accounts/join.html",
        JoinForm(posted(request), email=invited.email),
        lambda form: _join_as_new_user(request, invited, form),
        {"invitation": invited},
    )


def _join_as_new_user(request: HttpRequest, invited: Invitation, form: JoinForm) -> HttpResponse:
    try:
        user = services.join_as_new_user(invited, **form.cleaned_data)
    except services.InvitationOver as refusal:
        return _refused(request, refusal)
    login(request, user, BACKEND)
    return go(request, "overview", invited.customer.slug)


def _refused(request: HttpRequest, refusal: UserError) -> HttpResponse:
    return render(request, "accounts/not_joined.html", {"refusal": refusal}, status=refusal.status)
