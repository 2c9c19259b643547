"""The pages about how a service is found healthy, and how long it may take."""

import pytest
from django.forms.models import model_to_dict

from deployments.catalog.rules import Settings
from deployments.models import Service
from tests import factories

pytestmark = pytest.mark.django_db
SETTINGS = [*Settings.__dataclass_fields__]


@pytest.fixture
def service(acme):
    def make(**chosen) -> Service:
        return factories.ServiceFactory(customer=acme, name="orders", **chosen)

    return make


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"exposure": "public"}, "A redirect counts as healthy"),
        ({"exposure": "internal"}, "Ask the health path: the image needs a shell, and curl or wget"),
        ({"exposure": "internal", "health_check": "none"}, "None: a task counts as healthy as long as it runs"),
        ({"exposure": "internal", "health_check": "command", "health_command": "/probe -q"}, "<code>/probe -q</code>"),
        ({"start_seconds": 75}, "75 s, the grace period of a new task"),
        ({"deadline_minutes": 40}, "40 min, then a rollout goes back"),
        ({"overlap_seconds": 45}, "45 s beside the release before"),
        ({"overlap_seconds": 0}, "None: old tasks go as soon as the new ones are healthy"),
    ],
)
def test_the_page_of_a_service_says_what_is_asked_and_for_how_long(browse, bob, service, chosen, sentence):
    service(**chosen)

    assert sentence in browse(bob).get("/c/acme/services/orders/?tab=settings").content.decode()


@pytest.mark.parametrize("exposure", ["public", "internal"])
def test_a_form_that_is_saved_as_it_is_changes_nothing(browse, bob, service, exposure):
    kept = {"health_check": "command", "health_command": '["/a b", "c"]', "redirect_is_healthy": exposure == "public"}
    before = service(exposure=exposure, start_seconds=61, deadline_minutes=7, overlap_seconds=31, **kept)
    client = browse(bob)
    form = client.get("/c/acme/services/orders/edit/").context["form"]

    response = client.post("/c/acme/services/orders/edit/", {each.html_name: each.value() for each in form})

    assert response.status_code == 302
    assert model_to_dict(Service.objects.get(), SETTINGS) == model_to_dict(before, SETTINGS)


@pytest.mark.parametrize(
    ("exposure", "check", "redirect"), [("public", "hidden", "checkbox"), ("internal", "radio", "hidden")]
)
def test_a_form_asks_only_what_counts_for_the_service(browse, bob, service, exposure, check, redirect):
    service(exposure=exposure)

    page = browse(bob).get("/c/acme/services/orders/edit/").content.decode()

    assert f'<input type="{check}" name="health_check"' in page
    assert f'<input type="{redirect}" name="redirect_is_healthy"' in page


def test_what_is_chosen_about_health_is_kept(browse, bob, acme):
    account = factories.AwsAccountFactory(customer=acme)
    chosen = {
        "health_path": "/ready",
        "health_check": "command",
        "health_command": "[ -f /tmp/ready ]",
        "start_seconds": 240,
        "deadline_minutes": 30,
        "overlap_seconds": 90,
    }
    place = {"new_application": "Shop", "name": "web", "account": account.pk, "region": "eu-west-1", "port": 8080}
    size = {"path": "/*", "cpu": 128, "memory": 256, "count": 2, "exposure": "internal"}

    response = browse(bob).post("/c/acme/services/new/", chosen | place | size)

    assert response.status_code == 302
    assert model_to_dict(Service.objects.get(), [*chosen]) == chosen


def test_a_new_service_is_offered_an_overlap_and_one_that_has_none_keeps_it(browse, bob, service):
    service()

    new = browse(bob).get("/c/acme/services/new/").context["form"]
    kept = browse(bob).get("/c/acme/services/orders/edit/").context["form"]

    assert (new["overlap_seconds"].value(), kept["overlap_seconds"].value()) == (15, 0)
