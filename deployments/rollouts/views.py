"""Pages about deployments: history, deploying, following one, cancelling, rolling back."""

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from deployments import states
from deployments.catalog.selectors import environments
from deployments.models import Deployment, Release, Service
from deployments.rollouts import page as live
from deployments.rollouts import selectors, services
from deployments.rollouts.forms import DeployForm, DeploymentFilter, RollbackForm
from deployments.rollouts.lists import DEPLOYMENTS
from deployments.rollouts.preflight import is_there
from deployments.rollouts.preview import Images, Preview, images, new_images, preview
from portal.accounts.access import CustomerRequest, customer_page, load, within
from portal.accounts.permissions import Can, may
from portal.core.forms import form_page, posted
from portal.core.htmx import STOP_POLLING, go, page, progress, toast
from provisioning.models import Environment


@customer_page(Can.VIEW)
def deployment_list(request: CustomerRequest) -> HttpResponse:
    """The history."""
    filters = DeploymentFilter(request.GET, environments(request.customer))
    found = selectors.history(request.customer, **filters.criteria)
    return DEPLOYMENTS.show(request, found, filters).page("deployments/deployments.html")


@customer_page(Can.VIEW, by_environment=True)
def deployment(request: CustomerRequest, pk: int) -> HttpResponse:
    """One deployment, live as long as it runs."""
    found = _load(request, pk)
    services.note_viewed(found)
    earlier = [] if found.is_active else selectors.earlier(found)
    context = {
        "deployment": found,
        "marks": live.marks(found),
        "bars": live.bars(found),
        "zones": live.zones(found),
        "events": live.events(found),
        "stopped": list(found.stopped_tasks.all()[:10]),
        "cancelable": services.is_cancelable(found),
        "earlier": earlier,
        "back": _way_back(found, earlier),
        "again": found.state in states.REPEATABLE,
    }
    answer = progress(request, "deployments/deployment.html", context, partial="live", running=found.is_followed)
    if answer.status_code != STOP_POLLING:
        return answer
    return toast(answer, live.last_words(found), "success" if found.state == states.SUCCEEDED else "warning")


def _way_back(found: Deployment, earlier: list[Deployment]) -> Deployment | None:
    """The release that served before the present one, for whoever looks at what was deployed last."""
    serves = found.placement.release_id
    if found.placement.latest_id != found.pk or serves is None:
        return None
    return next((each for each in earlier if each.release_id < serves), None)


def _load(request: CustomerRequest, pk: int, can: Can = Can.VIEW) -> Deployment:
    load(Deployment, request.customer, pk=pk)
    found = selectors.detail(pk)
    within(request, found.environment, can)
    return found


@customer_page(Can.VIEW)
def pushed(request: CustomerRequest, name: str) -> HttpResponse:
    """What was pushed and not deployed yet: a part of the service's page that waits for AWS on its own."""
    service = load(Service, request.customer, name=name)
    context = {"service": service, "images": new_images(service), "places": _deployable(request)}
    return page(request, "deployments/pushed.html", context)


@customer_page(Can.DEPLOY, by_environment=True)
def deploy(request: CustomerRequest, name: str) -> HttpResponse:
    """Choose an image and an environment, see what will change, deploy."""
    service = load(Service, request.customer, name=name)
    wanted = request.POST.get("image", "") or request.GET.get("image", "")
    choices, places = images(service, wanted), _deployable(request)
    form = DeployForm(
        posted(request),
        initial=_chosen(request, service.account_id, choices, places),
        choices=choices.choices,
        environments=places,
    )

    def deploy_chosen(form: DeployForm) -> HttpResponse:
        return go(request, _deploy(request, service, form, places))

    def context() -> dict[str, object]:
        return {
            "service": service,
            "back": reverse("service", args=[request.customer.slug, name]),
            "images": choices,
            "environments": places,
            "preview": _preview(service, form, choices, places),
        }

    partial = "form" if form.is_bound else "plan"
    return form_page(request, "deployments/deploy.html", form, deploy_chosen, context, partial=partial)


def _deployable(request: CustomerRequest) -> list[Environment]:
    """The environments to which whoever asks may deploy."""
    found = environments(request.customer)
    return [each for each in found if may(request.caller, Can.DEPLOY, request.customer, each)]


def _chosen(request: CustomerRequest, account: int, choices: Images, places: list[Environment]) -> dict[str, str]:
    """What the URL asks for, else the newest image that did not fail and the first environment that can fetch it."""
    fits = (each.slug for each in places if each.is_ready and each.account_id == account)
    return {
        "image": request.GET.get("image", "") or choices.best,
        "environment": request.GET.get("environment", "") or next(fits, places[0].slug if places else ""),
        "note": request.GET.get("note", ""),
    }


def _preview(service: Service, form: DeployForm, choices: Images, places: list[Environment]) -> Preview | None:
    place = next((each for each in places if each.slug == form["environment"].value()), None)
    image = choices.find(str(form["image"].value()))
    if place is None or image is None:
        return None
    # What the repository listed a moment ago is there; when it could not be read, nobody knows.
    return preview(service, place, image.name, image.digest, is_there=True if image.listed else None)


def _deploy(request: CustomerRequest, service: Service, form: DeployForm, places: list[Environment]) -> Deployment:
    data = form.cleaned_data
    place = next(each for each in places if each.slug == data["environment"])
    return services.deploy_image(service, place, data["image"], request.caller, note=data["note"])


@customer_page(Can.DEPLOY, by_environment=True)
def deployment_cancel(request: CustomerRequest, pk: int) -> HttpResponse:
    """Ask for a running deployment to be taken back."""
    found = _load(request, pk, Can.DEPLOY)
    if request.method == "POST":
        services.request_cancel(found, request.caller)
        messages.info(request, _("It is being cancelled."))
    return go(request, found)


@customer_page(Can.DEPLOY, by_environment=True)
def deployment_rollback(request: CustomerRequest, pk: int) -> HttpResponse:
    """Go back to the release of an earlier deployment: shown first, done when confirmed."""
    found = _load(request, pk, Can.DEPLOY)
    release: Release = found.release

    def roll_back(form: RollbackForm) -> HttpResponse:
        note, kind = form.cleaned_data["note"], Deployment.Kind.ROLLBACK
        made = services.request_deployment(
            found.service, found.environment, release, request.caller, note=note, kind=kind
        )
        return go(request, made)

    def context() -> dict[str, object]:
        there = is_there(found.service, release.digest)
        return {
            "deployment": found,
            "preview": preview(found.service, found.environment, release.name, release.digest, is_there=there),
            "back": reverse("deployment", args=[request.customer.slug, pk]),
        }

    return form_page(request, "deployments/rollback.html", RollbackForm(posted(request)), roll_back, context)
