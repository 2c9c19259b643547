"""Image repositories in the customer's account. Images are known by digest; tags are only looked up."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from provisioning.aws.errors import accepting, asking_aws
from provisioning.aws.session import AwsSession

if TYPE_CHECKING:
    from mypy_boto3_ecr.type_defs import ImageDetailTypeDef, ImageIdentifierTypeDef, ImageTypeDef, RepositoryTypeDef


@dataclass(frozen=True)
class Repository:
    name: str
    uri: str
    arn: str


INDEXES = frozenset(
    {"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json"}
)
# The configurations of what runs; others are signatures, charts, lists of parts. Old registries say nothing.
PROGRAMS = frozenset({"", "application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"})
MANIFESTS_PER_CALL = 100


@dataclass(frozen=True)
class PushedImage:
    """`media_type` is the manifest's, `artifact_type` that of its contents, `subject` the image it is a note on."""

    digest: str
    tags: tuple[str, ...]
    pushed_at: datetime
    size: int
    """Bytes, compressed, as pulled."""
    media_type: str = ""
    artifact_type: str = ""
    subject: str = ""

    @property
    def is_index(self) -> bool:
        """Whether it lists images for several platforms."""
        return self.media_type in INDEXES

    @property
    def can_run(self) -> bool:
        """As far as its type says: a note that an index lists looks like an image."""
        return not self.subject and (self.is_index or self.artifact_type in PROGRAMS)


@dataclass(frozen=True)
class Index:
    """What an index lists: the digests of all its parts, and the platforms (os/architecture) that it can run on."""

    parts: frozenset[str]
    platforms: tuple[str, ...]


def image_reference(repository: Repository, digest: str, registry_host: str | None = None) -> str:
    """What a task pulls: always by digest. `registry_host` replaces AWS's registry if another stands in."""
    uri = f"{registry_host}/{repository.name}" if registry_host else repository.uri
    return f"{uri}@{digest}"


@asking_aws("make the image repository")
def ensure_repository(session: AwsSession, name: str, tags: Mapping[str, str]) -> Repository:
    """The repository of that name, made if needed: tags cannot be moved, images are scanned when pushed."""
    client = session.client("ecr")
    with accepting("already_exists"), asking_aws("make the image repository"):
        made = client.create_repository(
            repositoryName=name,
            imageTagMutability="IMMUTABLE",
            imageScanningConfiguration={"scanOnPush": True},
            tags=[{"Key": key, "Value": value} for key, value in tags.items()],
        )
        return _repository(made["repository"])
    return _repository(client.describe_repositories(repositoryNames=[name])["repositories"][0])


def _repository(said: RepositoryTypeDef) -> Repository:
    return Repository(said["repositoryName"], said["repositoryUri"], said["repositoryArn"])


@asking_aws("list the pushed images")
def list_images(session: AwsSession, repository: str, limit: int | None = None) -> tuple[PushedImage, ...]:
    """The newest first, whatever they are. AWS gives no order, so all are read before the newest are kept."""
    pages = session.client("ecr").get_paginator("describe_images").paginate(repositoryName=repository)
    images = (_image(said) for page in pages for said in page["imageDetails"])
    return tuple(sorted(images, key=lambda image: image.pushed_at, reverse=True)[:limit])


def resolve_tag(session: AwsSession, repository: str, tag: str) -> str | None:
    """The digest the tag points to at this moment, or None if nothing carries it."""
    image = _find(session, repository, {"imageTag": tag})
    return image.digest if image else None


def image_detail(session: AwsSession, repository: str, digest: str) -> PushedImage | None:
    return _find(session, repository, {"imageDigest": digest})


def image_exists(session: AwsSession, repository: str, digest: str) -> bool:
    return image_detail(session, repository, digest) is not None


def _find(session: AwsSession, repository: str, which: ImageIdentifierTypeDef) -> PushedImage | None:
    with accepting("not_found"), asking_aws("look for the image"):
        found = session.client("ecr").describe_images(repositoryName=repository, imageIds=[which])
        return next(map(_image, found["imageDetails"]), None)
    return None


def _image(said: ImageDetailTypeDef) -> PushedImage:
    return PushedImage(
        said["imageDigest"],
        tuple(said.get("imageTags", ())),
        said["imagePushedAt"],
        said.get("imageSizeInBytes", 0),
        said.get("imageManifestMediaType", ""),
        said.get("artifactMediaType", ""),
        said.get("subjectManifestDigest", ""),
    )


@asking_aws("read what the images consist of")
def indexes(session: AwsSession, repository: str, digests: Sequence[str]) -> dict[str, Index]:
    """By digest, a hundred a call; those that are gone are absent."""
    batches = (digests[at : at + MANIFESTS_PER_CALL] for at in range(0, len(digests), MANIFESTS_PER_CALL))
    found = chain.from_iterable(_manifests(session, repository, batch) for batch in batches)
    return {said["imageId"]["imageDigest"]: _index(json.loads(said["imageManifest"])) for said in found}


def _manifests(session: AwsSession, repository: str, digests: Sequence[str]) -> list[ImageTypeDef]:
    said = session.client("ecr").batch_get_image(
        repositoryName=repository,
        imageIds=[{"imageDigest": digest} for digest in digests],
        acceptedMediaTypes=sorted(INDEXES),
    )
    return said["images"]


def _index(manifest: dict[str, Any]) -> Index:
    parts = manifest["manifests"]
    return Index(frozenset(part["digest"] for part in parts), tuple(dict.fromkeys(filter(None, map(_platform, parts)))))


def _platform(part: dict[str, Any]) -> str:
    """Empty for what runs nowhere: builders list their notes with an unknown platform."""
    said = part.get("platform", {})
    system, architecture = said.get("os", ""), said.get("architecture", "")
    return f"{system}/{architecture}" if {system, architecture}.isdisjoint({"", "unknown"}) else ""
