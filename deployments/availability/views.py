"""Taking note of what needs somebody."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from deployments.availability import services
from deployments.models import Deployment
from portal.accounts.access import CustomerRequest, customer_page, load, within
from portal.accounts.permissions import Can
from provisioning import states as environment_states
from provisioning.environments.selectors import environment_at


@customer_page(Can.DEPLOY, by_environment=True)
@require_POST
def deployment_acknowledge(request: CustomerRequest, pk: int) -> HttpResponse:
    """This failure, and those before it in the same place, need nobody any more."""
    found = load(Deployment, request.customer, pk=pk)
    within(request, found.environment, Can.DEPLOY)
    if services.acknowledge(found, request.caller):
        messages.success(request, _("Acknowledged. The failure stays in the list of deployments."))
    return _back(request)


@customer_page(Can.DEPLOY, by_environment=True)
@require_POST
def outage_seen(request: CustomerRequest, slug: str) -> HttpResponse:
    """Somebody looks after what does not answer in this environment."""
    environment = environment_at(request.customer, slug)
    if environment is None or environment.state == environment_states.DELETED:
        raise Http404
    within(request, environment, Can.DEPLOY)
    if services.mark_seen(environment, request.caller):
        messages.success(request, _("Others see now that you look after it."))
    return _back(request)


def _back(request: CustomerRequest) -> HttpResponse:
    """To the page it was asked on, which is the overview or the cockpit."""
    asked = request.POST.get("next", "")
    here = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return redirect(asked if here else reverse("overview", args=[request.customer.slug]))
