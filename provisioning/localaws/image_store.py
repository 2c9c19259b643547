"""Images in the local registry's own store: which exist, and which of them are our sample application."""

import io
import json
import os
import re
import tarfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import ecr

from provisioning.localaws.checks import Reaches
from provisioning.localaws.images import LABEL
from provisioning.localaws.registry import digest_of

REACHES = (
    Reaches("ministack.core.responses", ("request_scope",)),
    Reaches("ministack.services.ecr", ("_resolve_manifest", "_layer_blobs")),
)

REFERENCE = re.compile(
    r"\A(?P<registry>[^/]+)/(?P<repository>[^@]+?)(@(?P<digest>sha256:[0-9a-f]{64})|:(?P<tag>[^:/@]+))?"
)


_unpacking = threading.Lock()


class NoSuchImageError(Exception):
    """The local registry has no such tag or digest."""


@dataclass(frozen=True)
class Image:
    """An image as the process runtime sees it; without `config` it belongs to another registry."""

    digest: str
    repository: str = ""
    config: dict[str, Any] | None = None
    layers: tuple[str, ...] = ()

    @property
    def is_sample(self) -> bool:
        return LABEL in (self.settings.get("Labels") or {})

    @property
    def settings(self) -> dict[str, Any]:
        """Entrypoint, Cmd, Env and Labels."""
        found: dict[str, Any] = (self.config or {}).get("config") or {}
        return found


def find(reference: str) -> Image:
    """The image that a task definition names. Raises NoSuchImageError if our registry should have it and has not."""
    parts = REFERENCE.fullmatch(reference)
    if not parts or parts["registry"].partition(":")[2] != os.environ["GATEWAY_PORT"]:
        return Image(digest=digest_of(reference.encode()))
    wanted = parts["digest"] or parts["tag"] or "latest"
    with _registry_scope():
        digest, manifest, _ = ecr._resolve_manifest(parts["repository"], wanted)
    if manifest is None:
        raise NoSuchImageError(f"manifest for {reference} not found: manifest unknown: Requested image not found")
    return _image(parts["repository"], digest, json.loads(manifest))


def _image(repository: str, digest: str, manifest: dict[str, Any]) -> Image:
    config = _blob(repository, manifest.get("config", {}).get("digest", ""))
    layers = tuple(layer["digest"] for layer in manifest.get("layers", []))
    return Image(digest, repository, json.loads(config) if config else None, layers)


def unpack(image: Image, into: Path) -> None:
    """Extract the image's layers, once, however many tasks start at the same time."""
    with _unpacking:
        if into.exists():
            return
        partial = into.with_suffix(".part")
        for digest in image.layers:
            with tarfile.open(fileobj=io.BytesIO(_blob(image.repository, digest)), mode="r:gz") as archive:
                archive.extractall(partial, filter="data")
        partial.rename(into)


def _blob(repository: str, digest: str) -> bytes:
    with _registry_scope():
        blobs: dict[str, bytes] = ecr._layer_blobs.get(repository) or {}
    return blobs.get(digest, b"")


def _registry_scope() -> Any:
    """Whose the registry is: pushes are not signed, so they belong to the launcher's account."""
    return request_scope(os.environ["MINISTACK_ACCOUNT_ID"], os.environ["MINISTACK_REGION"])
