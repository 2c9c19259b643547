"""Configuration pages. A change goes edit -> review -> save, each a plain form, so no script is needed.

The draft travels in an encrypted field; what a secret's value is, no page says but the answer to an audited "reveal".
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from deployments.configuration import pages, selectors, services
from deployments.configuration.drafts import Draft, seal, unseal
from deployments.configuration.filters import KeyFilter, PlaceFilter
from deployments.configuration.forms import ChoiceForm, ReasonForm, Sheet
from deployments.configuration.lists import CHANGES, LAST_CHANGES, PLACES, across, pasts
from deployments.configuration.selectors import Place
from deployments.consul import Snapshot
from portal.accounts.access import CustomerRequest, customer_page, within
from portal.accounts.permissions import Can
from portal.core import htmx
from portal.core.errors import UserError
from portal.core.forms import show_refusal
from portal.core.lists import Window
from provisioning.consul import address_for_tasks, consul_of

ROOMS, MOST_ROOMS = 3, 30  # empty rows to add keys
RECENT = 10  # changes shown under the keys


class PlaceRequest(CustomerRequest):
    """The request of a page about one service in one environment."""

    place: Place


View = Callable[..., HttpResponse]


def about_place(can: Can) -> Callable[[View], View]:
    """A page under /configuration/<service>/<environment>/; its view gets a PlaceRequest. Never kept by a cache."""

    def decorate(view: View) -> View:
        @customer_page(can, by_environment=True)
        @never_cache
        @wraps(view)
        def placed(request: PlaceRequest, service_name: str, environment_slug: str) -> HttpResponse:
            place = selectors.place(request.customer, service_name, environment_slug)
            if place is None:
                raise Http404
            within(request, place.environment, can)
            request.place = place
            return view(request)

        return placed

    return decorate


def doing(view: View) -> View:
    """A step of a change: by POST only; whoever reloads it by address comes back to the keys."""

    @about_place(Can.DEPLOY)
    @wraps(view)
    def step(request: PlaceRequest) -> HttpResponse:
        return view(request) if request.method == "POST" else _to_keys(request)

    return step


@customer_page(Can.VIEW)
def configuration(request: CustomerRequest) -> HttpResponse:
    """Which service, in which environment?"""
    filters = PlaceFilter(request.GET)
    window = Window(request, selectors.environments_of(request.customer), filters)
    found = selectors.services_of(request.customer, filters.criteria.get("q", ""))
    table = PLACES.show(request, found, filters, columns=across(request.customer, window.shown))
    return table.page("configuration/places.html", {"window": window})


@about_place(Can.VIEW)
def configuration_keys(request: PlaceRequest) -> HttpResponse:
    """The keys of a service in an environment, ready to be edited by those who may."""
    place, filters = request.place, KeyFilter(request.GET)
    changes = LAST_CHANGES.show(request, selectors.history(place), prepare=pasts, size=RECENT)
    if file := changes.export():
        return file
    reading = services.read(place)
    context = _about(place) | {
        "reading": reading,
        "filter": {"form": filters},
        "changes": changes,
        "address": _address(place),
    }
    if reading.snapshot is not None:
        context |= _listed(request, reading.snapshot, selectors.marked_keys(place), filters)
    return htmx.page(request, "configuration/keys.html", context, partial="list")


@about_place(Can.VIEW)
def configuration_history(request: PlaceRequest) -> HttpResponse:
    """Every change: who, why, before and after."""
    table = CHANGES.show(request, selectors.history(request.place), prepare=pasts)
    return table.page("configuration/history.html", _about(request.place))


@doing
def configuration_review(request: PlaceRequest) -> HttpResponse:
    """What would change, line by line, before anything does."""
    sheet = Sheet(_draft(request), request.place.prefix, rooms=_rooms(request.POST), data=request.POST)
    draft = sheet.draft()
    if draft is None:
        return _sheet_page(request, sheet, sheet.refuse(), status=422)
    return _review_page(request, Draft(draft.changes), ReasonForm())


@doing
def configuration_edit(request: PlaceRequest) -> HttpResponse:
    """Back from the review to the fields, with everything that was typed."""
    draft = _draft(request)
    return _sheet_page(request, Sheet(draft, request.place.prefix, rooms=ROOMS), draft)


@doing
def configuration_save(request: PlaceRequest) -> HttpResponse:
    """Saves the reviewed draft; when somebody else was faster, shows theirs beside mine."""
    return _save(request, _draft(request), ReasonForm(request.POST))


@doing
def configuration_resolve(request: PlaceRequest) -> HttpResponse:
    """Saves again after the choice, key by key, between mine and theirs."""
    draft, form = _draft(request), ReasonForm(request.POST)
    choice = ChoiceForm(draft.clashes, request.POST)
    if not choice.is_valid():
        return _conflict_page(request, draft, form, choice)
    resolved = draft.resolved(choice.mine)
    if not resolved.changes:
        messages.info(request, _("Nothing of yours was left to save: their values stay as they are."))
        return _to_keys(request)
    return _save(request, Draft(resolved.changes), form)


@doing
def configuration_reveal(request: PlaceRequest) -> HttpResponse:
    """One secret value, shown once to somebody who may change it; the audit log says who looked."""
    key = request.POST.get("key", "")
    context = _about(request.place) | {"key": key}
    try:
        context["value"] = services.reveal(request.place, key, request.caller)
    except services.SaveRefused as refusal:
        context["problem"] = str(refusal)
    return render(request, "configuration/reveal.html", context)


@doing
def configuration_mark(request: PlaceRequest) -> HttpResponse:
    """Masks a key from now on, or stops masking it."""
    key, secret = request.POST.get("key", ""), request.POST.get("secret") == "1"
    services.mark(request.place, key, request.caller, secret=secret)
    messages.success(request, f"The value of {key} is {'masked' if secret else 'shown openly'} from now on.")
    return _to_keys(request)


def _save(request: PlaceRequest, draft: Draft, form: ReasonForm) -> HttpResponse:
    if not form.is_valid():
        return _review_page(request, draft, form, status=422)
    try:
        services.save(request.place, request.caller, draft, form.cleaned_data["reason"])
    except services.Clashed as clash:
        form.add_error(None, str(clash))
        return _conflict_page(request, clash.draft, form, ChoiceForm(clash.draft.clashes))
    except UserError as refusal:
        show_refusal(form, refusal)
        return _review_page(request, draft, form, status=refusal.status)
    count = len(draft.changes)
    what = "1 change" if count == 1 else f"{count} changes"
    messages.success(request, _("Saved %(what)s. The service reads its keys at its next start.") % {"what": what})
    return _to_keys(request)


def _listed(request: PlaceRequest, snapshot: Snapshot, marked: frozenset[str], filters: KeyFilter) -> dict[str, Any]:
    """A page of the keys found. Those that can be edited have fields, in the order of the draft's lines."""
    only, query = request.GET.get("only", ""), filters.criteria.get("q", "")
    found = [entry for entry in snapshot.entries if (entry.key == only if only else query in entry.key)]
    page = Paginator(sorted(found, key=pages.by_folder), settings.PAGE_SIZE).get_page(request.GET.get("page"))
    notes = {entry.key: pages.note_on(entry, alone=bool(only)) for entry in page}
    editing = Can.DEPLOY in request.can
    lines = [pages.line_of(entry, marked) for entry in page if editing and not notes[entry.key]]
    draft = Draft(tuple(lines))
    sheet = Sheet(draft, request.place.prefix, rooms=_rooms(request.GET))
    forms = {form.line.key: form for form in sheet.lines}
    rows = [
        pages.Row(entry.key, forms[entry.key].line.secret, form=forms[entry.key])
        if entry.key in forms
        else pages.looked_at(entry, marked, notes[entry.key])
        for entry in page
    ]
    return {"page": page, "rows": rows, "marked": marked, "editing": editing} | _carried(request, sheet, draft)


def _carried(request: PlaceRequest, sheet: Sheet, draft: Draft) -> dict[str, Any]:
    rooms = len(sheet.new)
    sealed = seal(draft, request.place.prefix, request.user.pk)
    return {"sheet": sheet, "draft": sealed, "rooms": rooms, "more_rooms": min(rooms * 2 + 4, MOST_ROOMS)}


def _sheet_page(request: PlaceRequest, sheet: Sheet, draft: Draft, status: int = 200) -> HttpResponse:
    rows = [pages.Row(form.line.key, form.line.secret, form=form) for form in sheet.lines]
    context = _about(request.place) | _carried(request, sheet, draft) | {"rows": rows}
    return render(request, "configuration/edit.html", context, status=status)


def _review_page(request: PlaceRequest, draft: Draft, form: ReasonForm, status: int = 200) -> HttpResponse:
    context = _about(request.place) | {
        "form": form,
        "draft": seal(draft, request.place.prefix, request.user.pk),
        "changes": [(line, pages.diff(line)) for line in draft.changes],
    }
    return render(request, "configuration/review.html", context, status=status)


def _conflict_page(request: PlaceRequest, draft: Draft, form: ReasonForm, choice: ChoiceForm) -> HttpResponse:
    clashing = {clash.line.key for clash in draft.clashes}
    context = _about(request.place) | {
        "form": form,
        "choice": choice,
        "draft": seal(draft, request.place.prefix, request.user.pk),
        "clashes": list(zip(draft.clashes, choice, strict=True)),
        "others": [(line, pages.diff(line)) for line in draft.changes if line.key not in clashing],
    }
    return render(request, "configuration/conflict.html", context, status=422)


def _address(place: Place) -> str:
    """Where the service finds its keys, for the examples; one of the usual shape where nobody named a Consul."""
    endpoint = consul_of(place.environment)
    return address_for_tasks(place.environment) or (endpoint.url if endpoint else "http://consul:8500")


def _about(place: Place) -> dict[str, Any]:
    return {"place": place, "names": [place.customer.slug, place.service.name, place.environment.slug]}


def _draft(request: PlaceRequest) -> Draft:
    return unseal(request.POST.get("draft", ""), request.place.prefix, request.user.pk)


def _rooms(given: Any) -> int:
    asked = given.get("rooms", "")
    return min(int(asked), MOST_ROOMS) if asked.isdecimal() and len(asked) < 4 else ROOMS


def _to_keys(request: HttpRequest) -> HttpResponse:
    place: Place = request.place  # type: ignore[attr-defined]
    names = [place.customer.slug, place.service.name, place.environment.slug]
    return HttpResponseRedirect(reverse("configuration_keys", args=names))
