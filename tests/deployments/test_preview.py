"""What somebody reads before they deploy."""

import pytest

from deployments import states
from deployments.rollouts.preview import preview
from portal.core.sentences import said
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def broken(acme):
    """A deployment that was rolled back."""
    return factories.DeploymentFactory(
        customer=acme,
        placement__service__customer=acme,
        release__tag="v3",
        state=states.ROLLED_BACK,
        reason=said("v3 was rolled back. Its health path /health answers 500."),
    )


def lines(deployment, digest):
    shown = preview(deployment.service, deployment.environment, "v3", digest)
    return [(line.state, line.text, line.url) for line in shown.lines]


def test_an_image_that_did_not_work_there_before_is_warned_of_with_the_reason(broken):
    warning = f"It was tried here before. {broken.reason}"

    assert ("unknown", warning, broken.get_absolute_url()) in lines(broken, broken.release.digest)


def test_an_image_that_worked_at_the_last_try_is_not_warned_of(broken):
    factories.DeploymentFactory(placement=broken.placement, release=broken.release, state=states.SUCCEEDED)

    assert not [text for _, text, _ in lines(broken, broken.release.digest) if "tried" in text]


def test_another_image_is_not_warned_of(broken):
    assert not [text for _, text, _ in lines(broken, "sha256:" + "a" * 64) if "tried" in text]
