"""What a ready environment shows of what runs in it."""

import pytest
from django.urls import reverse

from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def dev(acme):
    return factories.EnvironmentFactory(customer=acme)


def test_a_ready_environment_shows_its_services(acme, alice, dev, browse):
    service = factories.ServiceFactory(customer=acme, account=dev.account, name="api")
    release = factories.ReleaseFactory(service=service, tag="v7")
    factories.PlacementFactory(
        service=service, environment=dev, release=release, running=2, desired=3, health="healthy"
    )

    page = browse(alice).get(dev.get_absolute_url()).content.decode()

    assert reverse("service", args=["acme", "api"]) in page
    assert "v7" in page
    assert "2 of 3" in page


def test_an_empty_environment_offers_the_next_step_to_those_who_can_take_it(acme, bob, dev, browse):
    page = browse(bob).get(dev.get_absolute_url()).content.decode()

    assert reverse("service_new", args=["acme"]) in page


def test_an_empty_environment_says_to_viewers_who_takes_the_next_step(acme, dev, browse):
    viewer = factories.member(acme, "viewer")

    page = browse(viewer).get(dev.get_absolute_url()).content.decode()

    assert reverse("service_new", args=["acme"]) not in page
    assert "Developers of your company" in page
