"""Of what is pushed only what can run is offered, and people read where it does before they click."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from botocore.stub import Stubber
from django.core.cache import cache

from deployments.models import Deployment
from deployments.rollouts import preflight
from deployments.rollouts.preview import images, preview
from provisioning.aws.session import forget_clients
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
AMD, ARM = {"os": "linux", "architecture": "amd64"}, {"os": "linux", "architecture": "arm64"}
NOTE = {"os": "unknown", "architecture": "unknown"}


@pytest.fixture
def placement(acme):
    key = {"service__account__access": "key", "service__account__access_key_id": "1" * 12}
    return factories.PlacementFactory(service__customer=acme, service__name="api", **key)


@pytest.fixture
def ecr(placement):
    cache.clear()  # digests are made up here, and mean something else in each test
    with Stubber(preflight.looking(placement.service).client("ecr")) as stub:
        yield stub
        stub.assert_no_pending_responses()
    forget_clients()


def digest(name):
    return "sha256:" + name.encode().hex().ljust(64, "0")


def pushed(name, minute, *tags, media=MANIFEST, config=CONFIG):
    said = {
        "imageDigest": digest(name),
        "imagePushedAt": NOW + timedelta(minutes=minute),
        "imageManifestMediaType": media,
    }
    return said | ({"imageTags": list(tags)} if tags else {}) | ({"artifactMediaType": config} if config else {})


def build(number, *platforms):
    """What one push with notes leaves: the parts first, then the index that lists them."""
    names = [f"{number}-{at}" for at in range(len(platforms))]
    parts = [pushed(name, number) for name in names]
    index = pushed(f"v{number}", number + 0.5, f"v{number}", media=OCI_INDEX, config="")
    listed = [{"digest": digest(name), "platform": each} for name, each in zip(names, platforms, strict=True)]
    manifest = {"imageId": {"imageDigest": digest(f"v{number}")}, "imageManifest": json.dumps({"manifests": listed})}
    return [*parts, index], manifest


def test_fifty_shown_are_fifty_pushes(placement, ecr):
    builds = [build(number, AMD, NOTE) for number in range(60)]
    ecr.add_response("describe_images", {"imageDetails": [each for details, _ in builds for each in details]})
    ecr.add_response("batch_get_image", {"images": [manifest for _, manifest in builds[10:]]})

    shown = images(placement.service).choices

    assert [choice.name for choice in shown] == [f"v{number}" for number in range(59, 9, -1)]


def test_images_without_an_index_are_offered_with_or_without_tags_and_notes_are_not(placement, ecr):
    plain, untagged = pushed("plain", 1, "v1", "latest"), pushed("untagged", 2)
    chart = pushed("chart", 3, "chart", config="application/vnd.cncf.helm.config.v1+json")
    ecr.add_response("describe_images", {"imageDetails": [chart, plain, untagged]})

    shown = images(placement.service).choices

    assert [choice.name for choice in shown] == [digest("untagged")[7:19], "v1, latest"]


def test_a_part_that_has_a_tag_of_its_own_is_an_image_of_its_own(placement, ecr):
    details, manifest = build(1, AMD, ARM)
    details[0]["imageTags"] = ["v1-amd64"]
    ecr.add_response("describe_images", {"imageDetails": details})
    ecr.add_response("batch_get_image", {"images": [manifest]})

    assert [choice.name for choice in images(placement.service).choices] == ["v1", "v1-amd64"]


def test_an_index_is_read_once_because_a_digest_never_changes(placement, ecr):
    details, manifest = build(2, AMD, NOTE)
    ecr.add_response("describe_images", {"imageDetails": details})
    ecr.add_response("batch_get_image", {"images": [manifest]})
    ecr.add_response("describe_images", {"imageDetails": details})

    first, second = images(placement.service), images(placement.service)

    assert first == second
    assert [choice.name for choice in second.choices] == ["v2"]


@pytest.mark.parametrize(
    ("platforms", "line"),
    [
        ([AMD, ARM, NOTE], ("healthy", "It runs on linux/amd64, linux/arm64.")),
        (
            [ARM, NOTE],
            ("unknown", "It was built for linux/arm64, but the hosts are linux/amd64: build it for that, too."),
        ),
    ],
)
def test_where_an_image_runs_is_said_before_the_click(placement, ecr, platforms, line):
    details, manifest = build(3, *platforms)
    ecr.add_response("describe_images", {"imageDetails": details})
    ecr.add_response("batch_get_image", {"images": [manifest]})
    images(placement.service)

    shown = preview(placement.service, placement.environment, "v3", digest("v3"))

    assert line in [(each.state, each.text) for each in shown.lines]
    assert not shown.is_blocked


def test_one_look_answers_for_a_new_release_and_for_the_preflight(placement, ecr):
    ecr.add_response("describe_images", {"imageDetails": [pushed("v1", 1, "v1")]})
    release = factories.ReleaseFactory(service=placement.service, digest=digest("v1"))

    sight = preflight.look(placement.service, digest("v1"))
    preflight.refuse(placement.service, placement.environment, release, sight)

    assert sight.image.tags == ("v1",)
    assert not Deployment.objects.exists()


def test_an_older_role_that_may_not_read_indexes_still_sees_its_images(placement, ecr):
    details, _ = build(4, AMD, NOTE)
    ecr.add_response("describe_images", {"imageDetails": details})
    ecr.add_client_error("batch_get_image", "AccessDeniedException")

    shown = images(placement.service)

    assert shown.problem == ""
    assert shown.choices[0].name == "v4"
