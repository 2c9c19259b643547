"""What every htmx answer has in common: fragments, redirects, toasts and the headers that keep caches honest."""

import json
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render, resolve_url
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme

STOP_POLLING = 286
TOAST_CHARACTERS = 300
KEEP_TYPED = "Portal-Keep-Typed"  # tells the page that leaves to keep what its form holds for the next one


def wants_fragment(request: HttpRequest) -> bool:
    """True when htmx asks for a part of a page; a history restore wants the whole page."""
    return request.headers.get("HX-Request") == "true" and "HX-History-Restore-Request" not in request.headers


def page(
    request: HttpRequest, template: str, context: Mapping[str, object], *, partial: str = "", status: int = 200
) -> HttpResponse:
    """The page, or only `partial` of the same template when htmx asks."""
    name = f"{template}#{partial}" if partial and wants_fragment(request) else template
    return render(request, name, context, status=status)


def progress(
    request: HttpRequest, template: str, context: Mapping[str, object], *, partial: str, running: bool
) -> HttpResponse:
    """A page whose `partial` polls while `running`; the last fragment stops the polling (status 286)."""
    status = STOP_POLLING if wants_fragment(request) and not running else 200
    return page(request, template, context, partial=partial, status=status)


def go(request: HttpRequest, to: str | Model, *args: object, **kwargs: object) -> HttpResponse:
    """A redirect that also works for a form htmx sent."""
    if not wants_fragment(request):
        return HttpResponseRedirect(resolve_url(to, *args, **kwargs))
    return HttpResponse(headers={"HX-Redirect": resolve_url(to, *args, **kwargs)})


def toast(response: HttpResponse, text: str, kind: str = "success") -> HttpResponse:
    """Adds a toast to a fragment answer; long texts are cut, because proxies refuse long headers."""
    short = text if len(text) <= TOAST_CHARACTERS else f"{text[: TOAST_CHARACTERS - 1]}…"
    response["HX-Trigger"] = json.dumps({"toast": {"text": short, "kind": kind}})
    return response


class HtmxResponseMiddleware:
    """Vary on HX-Request, and send the whole browser to the login page when a session ran out under a fragment."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        patch_vary_headers(response, ["HX-Request"])
        login = resolve_url(settings.LOGIN_URL)
        if wants_fragment(request) and urlsplit(response.get("Location", "")).path == login:
            to = login_for(came_from(request))
            return HttpResponse(headers={"HX-Redirect": to, KEEP_TYPED: "1", "Vary": "HX-Request"})
        return response


def came_from(request: HttpRequest) -> str:
    """The page of ours that a form or a fragment belongs to, as a path; empty where nobody says so."""
    page = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not page or not url_has_allowed_host_and_scheme(page, {request.get_host()}, require_https=request.is_secure()):
        return ""
    return urlsplit(page)._replace(scheme="", netloc="", fragment="").geturl()


def login_for(page: str) -> str:
    """The login page, which leads on to `page`."""
    login = resolve_url(settings.LOGIN_URL)
    return redirect_to_login(page, login).url if page else login


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form of a session that has ended: log in, or load its page again, where what was typed is put back.

    Without scripts the page says so, and how to go on.
    """
    page = came_from(request)
    ended = not request.user.is_authenticated
    if wants_fragment(request) and (page or ended):
        return HttpResponse(headers={"HX-Redirect": login_for(page) if ended else page, KEEP_TYPED: "1"})
    return render(request, "403_csrf.html", {"login": login_for(page) if ended else "", "page": page}, status=403)
