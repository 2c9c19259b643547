"""What rollouts cost in calls to AWS, counted at the local AWS: a batch, not a call for everything and everyone."""

from collections import Counter

import pytest

from deployments import states
from tests.deployments.cloud import Site
from tests.deployments.queue import Calls

pytestmark = [pytest.mark.localaws, pytest.mark.django_db]

MANY = 6
LOOKS = ("DescribeServices", "DescribeServiceDeployments")


def settled(calls: Calls) -> Counter[str]:
    """The calls so far that do not depend on how long ECS takes."""
    return Counter({name: number for name, number in calls.made.items() if name not in LOOKS})


def test_a_new_release_of_a_service_that_runs_asks_each_thing_once(quick_site: Site, queue, calls):
    queue.send(quick_site.request, "v1")
    queue.work()
    calls.made.clear()

    second = queue.send(quick_site.request, "v2")
    queue.deliver()

    second.refresh_from_db()
    assert second.state == states.ROLLING
    assert calls.made == {
        "DescribeImages": 1,
        "DescribeTargetGroups": 1,
        "DescribeRules": 1,
        "RegisterTaskDefinition": 1,
        "DescribeServices": 1,
        "UpdateService": 1,
    }
    queue.work()


def test_releases_that_are_asked_for_together_are_prepared_together(quick_cloud, acme, bob, queue):
    sites = [Site(quick_cloud, bob, acme) for _ in range(MANY)]
    for site in sites:
        queue.send(site.request, "v1")
    queue.work()
    for site in sites:
        site.push("v2")
    counted = Calls(sites[0].session)
    try:
        requests = [queue.send(site.request, "v2") for site in sites]
        asked = counted.made.total()
        queue.deliver()
        made = settled(counted)
        looked = counted.made["DescribeServices"]
        queue.work()
    finally:
        counted.forget()

    assert asked == MANY
    assert made - Counter(DescribeImages=asked) == Counter(
        {"DescribeTargetGroups": 1, "DescribeRules": 1, "RegisterTaskDefinition": MANY, "UpdateService": MANY}
    )
    assert looked == 1
    for request in requests:
        request.refresh_from_db()
        assert request.state == states.SUCCEEDED, str(request.reason)


def test_a_service_that_cannot_be_prepared_does_not_keep_the_others_waiting(quick_cloud, acme, bob, queue):
    good, gone = Site(quick_cloud, bob, acme), Site(quick_cloud, bob, acme)
    fine, lost = queue.send(good.request, "v1"), queue.send(gone.request, "v1")
    lost.prepared = []  # AWS could not be asked for the image when it was requested
    lost.save(update_fields=["prepared"])
    gone.session.client("ecr").batch_delete_image(
        repositoryName=gone.service.repository.name, imageIds=[{"imageDigest": lost.release.digest}]
    )

    queue.work()

    fine.refresh_from_db(), lost.refresh_from_db()
    assert (fine.state, lost.state) == (states.SUCCEEDED, states.FAILED)
    assert str(lost.reason) == (
        f"The image of v1 is not in {gone.service.repository.name}: push it again. Nothing was started."
    )
