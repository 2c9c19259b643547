"""Who may look at configuration and who may change it; how many queries the pages take."""

import pytest
from django.urls import reverse

from deployments.models import ConfigurationChange, ConfigurationSave, SecretKey, Service
from tests import factories

STEPS = ["review", "edit", "save", "resolve", "reveal", "mark"]


@pytest.fixture
def queries(django_assert_max_num_queries):
    return django_assert_max_num_queries


def place_url(place, name: str) -> str:
    return reverse(name, args=[place.customer.slug, place.service.name, place.environment.slug])


@pytest.mark.parametrize("role", ["owner", "developer", "billing", "viewer"])
def test_every_role_may_look(browse, acme, place, role):
    client = browse(factories.member(acme, role))

    assert client.get(reverse("configuration", args=["acme"])).status_code == 200
    assert client.get(place_url(place, "configuration_keys")).status_code == 200
    assert client.get(place_url(place, "configuration_history")).status_code == 200


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("role", "status"), [("viewer", 403), ("billing", 403)])
def test_only_those_who_deploy_may_change(browse, acme, place, role, status, step):
    assert browse(factories.member(acme, role)).post(place_url(place, f"configuration_{step}")).status_code == status


@pytest.mark.parametrize("name", ["keys", "history", *STEPS])
def test_strangers_find_nothing(browse, charlie, place, name):
    assert browse(charlie).get(place_url(place, f"configuration_{name}")).status_code == 404
    assert browse(charlie).post(place_url(place, f"configuration_{name}")).status_code == 404


def test_anonymous_people_log_in_first(browse, place):
    response = browse(None).get(place_url(place, "configuration_keys"))

    assert response["Location"].startswith("/account/login/")


def test_services_and_environments_of_others_do_not_exist_here(browse, alice, place):
    foreign = factories.ServiceFactory(name="foreign")
    gone = factories.EnvironmentFactory(
        customer=place.customer, account=place.service.account, slug="qa", state="deleted"
    )
    client = browse(alice)

    for service, environment in (("foreign", "dev"), (place.service.name, gone.slug), (place.service.name, "nope")):
        assert client.get(reverse("configuration_keys", args=["acme", service, environment])).status_code == 404
    assert foreign.customer != place.customer


def test_the_list_offers_every_service_in_every_environment_that_exists(browse, alice, place):
    factories.EnvironmentFactory(
        customer=place.customer, account=place.service.account, slug="qa", name="Quality", state="deleted"
    )

    page = browse(alice).get(reverse("configuration", args=["acme"])).content.decode()

    assert place_url(place, "configuration_keys") in page
    assert "Quality" not in page


def test_a_customer_without_services_reads_what_to_do(browse, alice, acme):
    page = browse(alice).get(reverse("configuration", args=["acme"])).content.decode()

    assert "Create an environment first." in page


def test_the_list_takes_as_many_queries_for_many_services_as_for_one(browse, alice, place, queries):
    client = browse(alice)
    service = place.service
    Service.objects.bulk_create(
        Service(customer=place.customer, application=service.application, account=service.account, name=f"many-{n}")
        for n in range(500)
    )
    client.get(reverse("configuration", args=["acme"]))

    with queries(8):
        page = client.get(reverse("configuration", args=["acme"]), {"sort": "-service"}).content.decode()
    assert "50 of 501" in page


def test_the_history_takes_as_many_queries_for_many_changes_as_for_one(browse, alice, place, queries):
    saves = [factories.ConfigurationSaveFactory.build(**place.where, author=alice) for _ in range(500)]
    ConfigurationSave.objects.bulk_create(saves)
    ConfigurationChange.objects.bulk_create(
        ConfigurationChange(configuration_save=save, key=f"k{n}", action="add") for n, save in enumerate(saves)
    )
    client = browse(alice)
    client.get(place_url(place, "configuration_history"))

    with queries(8):
        client.get(place_url(place, "configuration_history"))
    with queries(10):
        client.get(place_url(place, "configuration_keys"))


@pytest.mark.parametrize("key", ["", "../secret", "k" * 600])
def test_what_can_be_no_key_is_not_marked_as_secret(browse, bob, place, key):
    answer = browse(bob).post(place_url(place, "configuration_mark"), {"key": key, "secret": "1"})

    assert answer.status_code == 422
    assert not SecretKey.objects.exists()
