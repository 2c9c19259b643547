import json
from datetime import UTC, datetime, timedelta

import pytest

from provisioning.aws import ecr
from provisioning.aws.errors import AwsProblem

NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)
REPOSITORY = {
    "repositoryName": "acme/web",
    "repositoryUri": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/acme/web",
    "repositoryArn": "arn:aws:ecr:eu-west-1:111111111111:repository/acme/web",
}
MADE = ecr.Repository("acme/web", REPOSITORY["repositoryUri"], REPOSITORY["repositoryArn"])


def image(number: int) -> dict:
    return {
        "imageDigest": f"sha256:{number}",
        "imagePushedAt": NOW + timedelta(days=number),
        "imageTags": [f"v{number}"],
    }


def test_a_new_repository_scans_what_is_pushed_and_keeps_tags_where_they_are(session, answers):
    wanted = {
        "repositoryName": "acme/web",
        "imageTagMutability": "IMMUTABLE",
        "imageScanningConfiguration": {"scanOnPush": True},
        "tags": [{"Key": "a", "Value": "b"}],
    }
    answers("ecr").add_response("create_repository", {"repository": REPOSITORY}, wanted)

    assert ecr.ensure_repository(session, "acme/web", {"a": "b"}) == MADE


def test_a_repository_that_exists_is_used(session, answers):
    answers("ecr").add_client_error("create_repository", "RepositoryAlreadyExistsException")
    answers("ecr").add_response("describe_repositories", {"repositories": [REPOSITORY]})

    assert ecr.ensure_repository(session, "acme/web", {}) == MADE


def test_the_newest_images_come_first_over_all_pages(session, answers):
    answers("ecr").add_response("describe_images", {"imageDetails": [image(2), image(1)], "nextToken": "n"})
    answers("ecr").add_response("describe_images", {"imageDetails": [image(3)]})

    found = ecr.list_images(session, "acme/web", limit=2)

    assert [each.tags for each in found] == [("v3",), ("v2",)]


def test_a_tag_resolves_to_its_digest(session, answers):
    wanted = {"repositoryName": "acme/web", "imageIds": [{"imageTag": "v1"}]}
    answers("ecr").add_response("describe_images", {"imageDetails": [image(1)]}, wanted)

    assert ecr.resolve_tag(session, "acme/web", "v1") == "sha256:1"


@pytest.mark.parametrize("code", ["ImageNotFoundException", "RepositoryNotFoundException"])
def test_an_image_that_is_not_there_is_an_answer(session, answers, code):
    for _ in range(2):
        answers("ecr").add_client_error("describe_images", code)

    assert ecr.resolve_tag(session, "acme/web", "v9") is None
    assert ecr.image_exists(session, "acme/web", "sha256:9") is False


def test_a_forbidden_look_is_not_mistaken_for_a_missing_image(session, answers):
    answers("ecr").add_client_error("describe_images", "AccessDeniedException")

    with pytest.raises(AwsProblem) as caught:
        ecr.image_exists(session, "acme/web", "sha256:9")

    assert caught.value.code == "access_denied"


def test_tasks_pull_by_digest_from_aws_or_from_what_stands_in_for_it():
    assert ecr.image_reference(MADE, "sha256:1") == f"{REPOSITORY['repositoryUri']}@sha256:1"
    assert ecr.image_reference(MADE, "sha256:1", "127.0.0.1:4566") == "127.0.0.1:4566/acme/web@sha256:1"


OCI_INDEX = "application/vnd.oci.image.index.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"


@pytest.mark.parametrize(
    ("said", "can_run"),
    [
        ({}, True),
        ({"imageManifestMediaType": OCI_INDEX}, True),
        ({"artifactMediaType": CONFIG}, True),
        ({"artifactMediaType": "application/vnd.docker.container.image.v1+json"}, True),
        ({"artifactMediaType": "application/vnd.cncf.helm.config.v1+json"}, False),
        ({"artifactMediaType": "application/vnd.in-toto+json"}, False),
        ({"artifactMediaType": CONFIG, "subjectManifestDigest": "sha256:1"}, False),
    ],
)
def test_what_can_run_is_told_from_what_is_only_kept_there(session, answers, said, can_run):
    answers("ecr").add_response("describe_images", {"imageDetails": [image(1) | said]})

    assert ecr.list_images(session, "acme/web")[0].can_run is can_run


def test_an_index_tells_its_parts_and_the_platforms_it_runs_on(session, answers):
    parts = [
        {"digest": "sha256:a", "platform": {"os": "linux", "architecture": "amd64"}},
        {"digest": "sha256:b", "platform": {"os": "linux", "architecture": "arm64", "variant": "v8"}},
        {"digest": "sha256:c", "platform": {"os": "unknown", "architecture": "unknown"}},
        {"digest": "sha256:d"},
    ]
    said = {"imageId": {"imageDigest": "sha256:1"}, "imageManifest": json.dumps({"manifests": parts})}
    answers("ecr").add_response("batch_get_image", {"images": [said]})

    found = ecr.indexes(session, "acme/web", ["sha256:1"])

    parts_of_it = frozenset({"sha256:a", "sha256:b", "sha256:c", "sha256:d"})
    assert found == {"sha256:1": ecr.Index(parts_of_it, ("linux/amd64", "linux/arm64"))}


def test_a_hundred_manifests_are_one_question(session, answers):
    for _ in range(2):
        answers("ecr").add_response("batch_get_image", {"images": []})

    assert ecr.indexes(session, "acme/web", [f"sha256:{number}" for number in range(101)]) == {}


@pytest.mark.parametrize("manifest", ["<html>", "{}", "[]", '{"manifests": [{}]}'])
def test_a_manifest_that_cannot_be_read_is_a_fault_that_passes(session, answers, manifest):
    said = {"imageId": {"imageDigest": "sha256:1"}, "imageManifest": manifest}
    answers("ecr").add_response("batch_get_image", {"images": [said]})

    with pytest.raises(AwsProblem) as caught:
        ecr.indexes(session, "acme/web", ["sha256:1"])

    assert caught.value.retryable
