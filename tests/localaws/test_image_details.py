"""What the local AWS tells of a pushed image is what AWS tells: the type of its contents, not that of its manifest."""

import json
from typing import Any

import pytest

from provisioning.localaws.ecr.registry import MANIFEST_TYPE
from tests.localaws.site import LocalAws

pytestmark = pytest.mark.localaws

OCI = "application/vnd.oci.image"
CONFIG = f"{OCI}.config.v1+json"
DIGEST = f"sha256:{'1' * 64}"


def _put(aws: LocalAws, repository: str, kind: str, **manifest: Any) -> dict[str, Any]:
    """Pushes the manifest alone; what is told of it."""
    ecr = aws.client("ecr")
    ecr.create_repository(repositoryName=repository)
    written = json.dumps({"schemaVersion": 2, "mediaType": kind, **manifest})
    ecr.put_image(repositoryName=repository, imageManifest=written, imageManifestMediaType=kind)
    return ecr.describe_images(repositoryName=repository)["imageDetails"][0]


def test_the_sample_is_a_container_image(process_aws: LocalAws):
    ecr = process_aws.client("ecr")
    ecr.create_repository(repositoryName="told")
    process_aws.push("told", "v1")

    told = ecr.describe_images(repositoryName="told")["imageDetails"][0]

    assert told["imageManifestMediaType"] == MANIFEST_TYPE
    assert told["artifactMediaType"] == "application/vnd.docker.container.image.v1+json"
    assert told["imageTags"] == ["v1"]


def test_an_image_is_as_large_as_its_parts(process_aws: LocalAws):
    config = {"mediaType": CONFIG, "size": 500, "digest": DIGEST}
    layers = [{"mediaType": f"{OCI}.layer.v1.tar+gzip", "size": size, "digest": DIGEST} for size in (7000, 30000)]

    told = _put(process_aws, "parts", f"{OCI}.manifest.v1+json", config=config, layers=layers)

    assert (told["artifactMediaType"], told["imageSizeInBytes"]) == (CONFIG, 37500)
    assert told.keys().isdisjoint({"imageTags", "subjectManifestDigest"})


def test_a_note_names_its_kind_and_the_image_it_is_on(process_aws: LocalAws):
    config = {"mediaType": "application/vnd.oci.empty.v1+json", "size": 2, "digest": DIGEST}
    subject = {"mediaType": f"{OCI}.manifest.v1+json", "size": 900, "digest": DIGEST}
    note = {"config": config, "subject": subject, "artifactType": "application/vnd.cncf.notary.signature"}

    told = _put(process_aws, "notes", f"{OCI}.manifest.v1+json", **note)

    assert told["artifactMediaType"] == "application/vnd.cncf.notary.signature"
    assert told["subjectManifestDigest"] == DIGEST


def test_an_index_has_no_kind_of_its_own(process_aws: LocalAws):
    told = _put(process_aws, "lists", f"{OCI}.index.v1+json", manifests=[])

    assert told["imageManifestMediaType"] == f"{OCI}.index.v1+json"
    assert "artifactMediaType" not in told
