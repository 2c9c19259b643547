"""Pages about services: the grid, one service, registering and changing."""

from dataclasses import dataclass
from functools import partial

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deployments.catalog import selectors, services
from deployments.catalog.forms import ChangeForm, LaneFilter, RegisterForm, ServiceFilter
from deployments.catalog.lists import SERVICES, across
from deployments.catalog.push import instructions
from deployments.models import Deployment, Release, Service
from deployments.rollouts import selectors as rollouts
from deployments.rollouts.lists import DEPLOYMENTS, RELEASES
from portal.accounts.access import CustomerRequest, customer_page, load
from portal.accounts.permissions import Can
from portal.core.forms import form_page, posted
from portal.core.htmx import go, page
from portal.core.lists import Table, Window
from provisioning.models import AwsAccount


@customer_page(Can.VIEW)
def service_list(request: CustomerRequest) -> HttpResponse:
    """The services x environments grid."""
    filters = ServiceFilter(request.GET)
    window = Window(request, selectors.environments(request.customer), filters)
    found = selectors.services(request.customer, filters.criteria.get("q", ""), filters.criteria.get("show", ""))
    grid = partial(selectors.grid, across=window.shown)
    table = SERVICES.show(request, found, filters, columns=across(window.shown), prepare=grid)
    return table.page("deployments/services.html", {"window": window, "environments": window.shown})


@dataclass(frozen=True)
class Tab:
    """A tab of the service page."""

    label: str
    url: str
    active: bool
    count: int | None = None


TABS = (
    ("deployments", gettext_lazy("Deployments")),
    ("releases", gettext_lazy("Releases")),
    ("settings", gettext_lazy("Settings")),
)


@customer_page(Can.VIEW)
def service(request: CustomerRequest, name: str) -> HttpResponse:
    """One service: where it runs, its history, its releases and its settings."""
    found = selectors.service_at(request.customer, name)
    if found is None:
        raise Http404
    wanted = request.GET.get("tab", "")
    tab = wanted if wanted in dict(TABS) else "deployments"
    url = reverse("service", args=[request.customer.slug, name])
    table = _tab_table(request, found, tab)
    if table and (file := table.export()):
        return file
    every, filters = selectors.environments(request.customer), LaneFilter(request.GET)
    window = Window(request, every, filters)
    context = {
        "service": found,
        "tab": tab,
        "tabs": [Tab(str(label), f"{url}?tab={key}", active=key == tab) for key, label in TABS],
        "filters": filters,
        "window": window,
        "lanes": selectors.lanes(found, window.shown, every),
        "places": [each for each in every if each.account_id == found.account_id],
        "repository": found.repository,
        "push": instructions(found),
        "table": table,
    }
    return page(request, "deployments/service.html", context, partial="repository")


def _tab_table(request: CustomerRequest, found: Service, tab: str) -> Table[Deployment] | Table[Release] | None:
    if tab == "deployments":
        return DEPLOYMENTS.show(request, rollouts.of_service(found), without=["service"])
    return RELEASES.show(request, rollouts.releases(found)) if tab == "releases" else None


@customer_page(Can.DEPLOY)
def service_new(request: CustomerRequest) -> HttpResponse:
    """Register a service."""

    def register(form: RegisterForm) -> HttpResponse:
        made = services.register(*form.asked(), request.caller)
        messages.success(
            request, _("%(service)s is registered. Its image repository is being made.") % {"service": made}
        )
        return go(request, made)

    form = RegisterForm(posted(request), customer=request.customer)
    accounts = AwsAccount.objects.for_customer(request.customer).exists()
    context = {"has_account": accounts, "back": reverse("services", args=[request.customer.slug])}
    return form_page(request, "deployments/service_new.html", form, register, context)


@customer_page(Can.DEPLOY)
def service_repository(request: CustomerRequest, name: str) -> HttpResponse:
    """Have the image repository made again, after a fault of ours."""
    found = load(Service, request.customer, name=name)
    if request.method == "POST":
        services.ask_for_repository(found, request.caller)
        messages.info(request, _("The image repository is being made."))
    return go(request, found)


@customer_page(Can.DEPLOY)
def service_edit(request: CustomerRequest, name: str) -> HttpResponse:
    """Change a service's settings."""
    found = load(Service, request.customer, name=name)

    def change(form: ChangeForm) -> HttpResponse:
        services.change(found, form.chosen(), request.caller)
        messages.success(request, _("Saved. It counts from the next deployment on."))
        return go(request, f"{found.get_absolute_url()}?tab=settings")

    context = {"service": found, "back": found.get_absolute_url()}
    form = ChangeForm(posted(request), service=found)
    return form_page(request, "deployments/service_edit.html", form, change, context)
