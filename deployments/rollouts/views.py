"""Pages about deployments: history, deploying, following one, cancelling, rolling back."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse

from deployments import states
from deployments.catalog.selectors import environments
from deployments.models import Deployment, Release, Service
from deployments.rollouts import page as live
from deployments.rollouts import selectors, services
from deployments.rollouts.forms import DeployForm, DeploymentFilter, RollbackForm
from deployments.rollouts.lists import DEPLOYMENTS
from deployments.rollouts.preflight import is_there
from deployments.rollouts.preview import Images, Preview, images, preview
from portal.accounts.access import Can, CustomerRequest, customer_page, load
from portal.core.errors import UserError
from portal.core.forms import show_refusal
from portal.core.htmx import STOP_POLLING, go, page, progress, toast
from provisioning.models import Environment


@customer_page(Can.VIEW)
def deployment_list(request: CustomerRequest) -> HttpResponse:
    """The history."""
    filters = DeploymentFilter(request.GET, environments(request.customer))
    found = selectors.history(request.customer, **filters.criteria)
    return DEPLOYMENTS.show(request, found, filters).page("deployments/deployments.html")


@customer_page(Can.VIEW)
def deployment(request: CustomerRequest, pk: int) -> HttpResponse:
    """One deployment, live as long as it runs."""
    found = _load(request, pk)
    services.note_viewed(found)
    context = {
        "deployment": found,
        "marks": live.marks(found),
        "bars": live.bars(found),
        "zones": live.zones(found),
        "events": live.events(found),
        "stopped": list(found.stopped_tasks.all()[:10]),
        "cancelable": services.is_cancelable(found),
        "earlier": [] if found.is_active else selectors.earlier(found),
    }
    answer = progress(request, "deployments/deployment.html", context, partial="live", running=found.is_followed)
    if answer.status_code != STOP_POLLING:
        return answer
    return toast(answer, live.last_words(found), "success" if found.state == states.SUCCEEDED else "warning")


def _load(request: CustomerRequest, pk: int) -> Deployment:
    load(Deployment, request.customer, pk=pk)
    return selectors.detail(pk)


@customer_page(Can.DEPLOY)
def deploy(request: CustomerRequest, name: str) -> HttpResponse:
    """Choose an image and an environment, see what will change, deploy."""
    service = load(Service, request.customer, name=name)
    choices, places = images(service), environments(request.customer)
    form = DeployForm(
        request.POST if request.method == "POST" else None,
        initial=_chosen(request, choices, places),
        choices=choices.choices,
        environments=places,
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = _deploy(request, service, form, places)
        except UserError as error:
            show_refusal(form, error)
        else:
            return go(request, made)
    context = {
        "service": service,
        "back": reverse("service", args=[request.customer.slug, name]),
        "form": form,
        "images": choices,
        "environments": places,
        "preview": _preview(service, form, choices, places),
    }
    partial = "plan" if request.method == "GET" else "form"
    return page(request, "deployments/deploy.html", context, partial=partial, status=422 if form.errors else 200)


def _chosen(request: CustomerRequest, choices: Images, places: list[Environment]) -> dict[str, str]:
    """What the URL asks for, else the newest image and the first environment."""
    first = choices.choices[0].digest if choices.choices else ""
    return {
        "image": request.GET.get("image", "") or first,
        "environment": request.GET.get("environment", "") or (places[0].slug if places else ""),
        "note": request.GET.get("note", ""),
    }


def _preview(service: Service, form: DeployForm, choices: Images, places: list[Environment]) -> Preview | None:
    place = next((each for each in places if each.slug == form["environment"].value()), None)
    image = choices.find(str(form["image"].value()))
    if place is None or image is None:
        return None
    # What the repository listed a moment ago is there; when it could not be read, nobody knows.
    return preview(service, place, image.name, image.digest, is_there=None if choices.problem else True)


def _deploy(request: CustomerRequest, service: Service, form: DeployForm, places: list[Environment]) -> Deployment:
    data = form.cleaned_data
    place = next(each for each in places if each.slug == data["environment"])
    return services.deploy_image(service, place, data["image"], request.user, note=data["note"])


@customer_page(Can.DEPLOY)
def deployment_cancel(request: CustomerRequest, pk: int) -> HttpResponse:
    """Ask for a running deployment to be taken back."""
    found = _load(request, pk)
    if request.method == "POST":
        services.request_cancel(found, request.user)
        messages.info(request, "It is being cancelled.")
    return go(request, found)


@customer_page(Can.DEPLOY)
def deployment_rollback(request: CustomerRequest, pk: int) -> HttpResponse:
    """Go back to the release of an earlier deployment: shown first, done when confirmed."""
    found = _load(request, pk)
    form = RollbackForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = _roll_back(request, found, form.cleaned_data["note"])
        except UserError as error:
            show_refusal(form, error)
        else:
            return go(request, made)
    release: Release = found.release
    there = is_there(found.service, release.digest)
    context: dict[str, Any] = {
        "deployment": found,
        "form": form,
        "preview": preview(found.service, found.environment, release.name, release.digest, is_there=there),
        "back": reverse("deployment", args=[request.customer.slug, pk]),
    }
    status = 422 if form.errors else 200
    return page(request, "deployments/rollback.html", context, partial="form", status=status)


def _roll_back(request: CustomerRequest, found: Deployment, note: str) -> Deployment:
    return services.request_deployment(
        found.service, found.environment, found.release, request.user, note=note, kind=Deployment.Kind.ROLLBACK
    )
