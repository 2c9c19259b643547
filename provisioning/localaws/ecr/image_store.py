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

from ministack.app import call_service_handler_sync
from ministack.core.responses import request_scope
from ministack.services import ecr

from provisioning.localaws.checks import Reaches
from provisioning.localaws.ecr.registry import digest_of
from provisioning.localaws.gateway.accounts import own_account, split_account
from provisioning.localaws.gateway.inside import SECONDS
from provisioning.localaws.sample.images import LABEL

REACHES = (
    Reaches("ministack.app", ("call_service_handler_sync",)),
    Reaches("ministack.core.responses", ("request_scope",)),
    Reaches("ministack.services.ecr", ("handle_registry_request",)),
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
    repository: str = ""  # as references name it, with the account in front where they name one
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
    """The image that a task definition names. Raises NoSuchImageError if our registry should have it and has not.

    Call it from a worker thread: the registry itself is asked.
    """
    parts = REFERENCE.fullmatch(reference)
    if not parts or parts["registry"].partition(":")[2] != os.environ["GATEWAY_PORT"]:
        return Image(digest=digest_of(reference.encode()))
    wanted = parts["digest"] or parts["tag"] or "latest"
    manifest = _get(parts["repository"], f"manifests/{wanted}")
    if manifest is None:
        raise NoSuchImageError(f"manifest for {reference} not found: manifest unknown: Requested image not found")
    return _image(parts["repository"], manifest)


def _image(repository: str, manifest: bytes) -> Image:
    named = json.loads(manifest)
    config = _get(repository, f"blobs/{named.get('config', {}).get('digest', '')}")
    layers = tuple(layer["digest"] for layer in named.get("layers", []))
    return Image(digest_of(manifest), repository, json.loads(config) if config else None, layers)


def unpack(image: Image, into: Path) -> None:
    """Extract the image's layers, once, however many tasks start at the same time."""
    with _unpacking:
        if into.exists():
            return
        partial = into.with_suffix(".part")
        for digest in image.layers:
            content = _get(image.repository, f"blobs/{digest}") or b""
            with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
                archive.extractall(partial, filter="data")
        partial.rename(into)


def _get(repository: str, path: str) -> bytes | None:
    """What the registry has there, or None; `repository` may begin with the account that it belongs to."""
    account, name = split_account(repository)
    own, region = own_account()
    with request_scope(account or own, region):
        status, _, body = call_service_handler_sync(
            ecr.handle_registry_request, "GET", f"/v2/{name}/{path}", {}, b"", {}, SECONDS
        )
    return bytes(body) if status == 200 else None
