"""Image repositories in the customer's account. Images are known by digest; tags are only looked up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from provisioning.aws.errors import accepting, asking_aws
from provisioning.aws.session import AwsSession

if TYPE_CHECKING:
    from mypy_boto3_ecr.type_defs import ImageDetailTypeDef, ImageIdentifierTypeDef, RepositoryTypeDef


@dataclass(frozen=True)
class Repository:
    name: str
    uri: str
    arn: str


@dataclass(frozen=True)
class PushedImage:
    digest: str
    tags: tuple[str, ...]
    pushed_at: datetime
    size: int
    """Bytes, compressed, as pulled."""


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
def list_images(session: AwsSession, repository: str, limit: int = 50) -> tuple[PushedImage, ...]:
    """The newest images first. AWS gives no order, so all are read before the newest are kept."""
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
    )
