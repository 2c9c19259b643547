"""Deleting an environment: what is said first, who and what stands in the way."""

import pytest
from django.db import connection

from portal.core.errors import Busy, LostRace
from provisioning import states
from provisioning.environments import services
from provisioning.models import Environment
from tests import factories
from tests.callers import by
from tests.provisioning.place import at, dev, url

__all__ = ["dev"]
FRAGMENT = {"HTTP_HX_REQUEST": "true"}


def test_of_two_who_delete_at_once_one_is_told(dev, alice):
    again = Environment.objects.get(pk=dev.pk)
    services.request_deletion(dev, "Development", by(alice))
    with pytest.raises(LostRace):
        services.request_deletion(again, "Development", by(alice))


@pytest.mark.parametrize("state", [states.PLANNED, states.FAILED])
@pytest.mark.parametrize(
    "act", [services.retry, lambda row, caller: services.request_deletion(row, "Development", caller)]
)
def test_changes_are_held_before_their_environment_as_workers_hold_them(dev, alice, state, act):
    """A worker moves a change and with it the environment: in the other order the two would wait for each other."""
    row, asked = at(dev, state), []

    def note(execute, sql, params, many, context):
        asked.extend(table for table in ("stackchange", "environment") if f'FROM "provisioning_{table}"' in sql)
        asked.extend(table for table in ("stackchange", "environment") if f'UPDATE "provisioning_{table}"' in sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        act(row, by(alice))

    assert (asked[0], set(asked)) == ("stackchange", {"stackchange", "environment"})


def test_a_deletion_says_first_what_would_be_lost(dev, alice, browse):
    service = factories.ServiceFactory(customer=dev.customer, account=dev.account, name="shop-api")
    factories.PlacementFactory(service=service, environment=dev, running=2)
    text = browse(alice).get(url("environment_delete", "dev")).content.decode()

    assert "<strong>shop-api</strong>: 2 running" in text
    assert "Why Vpc" in text
    assert "Why Hosts" not in text  # only planned: nothing to lose


@pytest.mark.parametrize("typed", ["", "dev", "development"])
def test_a_deletion_wants_the_exact_name(dev, alice, browse, typed):
    answer = browse(alice).post(url("environment_delete", "dev"), {"name": typed}, **FRAGMENT)

    dev.refresh_from_db()
    assert (answer.status_code, dev.state) == (422, "ready")
    assert "Type Development exactly" in answer.content.decode()


def test_a_deletion_with_the_name_starts(dev, alice, browse, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as sent:
        answer = browse(alice).post(url("environment_delete", "dev"), {"name": "Development"})

    dev.refresh_from_db()
    assert (answer.url, dev.state, len(sent)) == (dev.get_absolute_url(), "deleting", 1)


def test_what_aws_works_on_cannot_be_deleted_meanwhile(dev, alice, browse):
    at(dev, states.CREATING)

    assert (
        "cannot be deleted while AWS works on it"
        in browse(alice).get(url("environment_delete", "dev")).content.decode()
    )
    assert browse(alice).post(url("environment_delete", "dev"), {"name": "Development"}).status_code == 422


def deployed_to(row: Environment, state: str):
    service = factories.ServiceFactory(customer=row.customer, account=row.account)
    return factories.DeploymentFactory(placement__environment=row, placement__service=service, state=state)


@pytest.mark.parametrize("rollout", ["queued", "preparing", "rolling", "rolling_back"])
def test_an_environment_to_which_something_is_being_deployed_is_not_deleted(dev, alice, browse, rollout):
    deployment = deployed_to(dev, rollout)

    answer = browse(alice).post(url("environment_delete", "dev"), {"name": "Development"})

    dev.refresh_from_db()
    assert (answer.status_code, dev.state) == (422, states.READY)
    assert f"{deployment.service} is being deployed to Development." in answer.content.decode()


def test_several_services_that_are_being_deployed_are_named_in_the_plural(dev, alice):
    names = sorted(str(deployed_to(dev, "rolling").service) for _ in range(2))

    with pytest.raises(Busy) as caught:
        services.request_deletion(dev, "Development", by(alice))

    assert str(caught.value).startswith(f"{names[0]}, {names[1]} are being deployed to Development.")


def test_rollouts_that_ended_do_not_keep_an_environment(dev, alice):
    deployed_to(dev, "failed")

    services.request_deletion(dev, "Development", by(alice))

    assert dev.state == states.DELETING
