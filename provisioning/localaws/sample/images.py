"""The sample application as a container image, pushed to the local AWS's registry. Standard library only."""

import json
import platform
import sys
from pathlib import Path
from typing import Any

from provisioning.localaws.ecr.registry import MANIFEST_TYPE, Repository, digest_of
from provisioning.localaws.sample.alpine import push_alpine
from provisioning.localaws.sample.interpreter import executable, interpreter_layer
from provisioning.localaws.sample.layers import File, Layer, build_layer

SAMPLE = Path(__file__).parent / "app.py"
LABEL = "company.in4it.sample"
# By a bare socket: urllib would cost half a second of processor time at each check, without compiled modules.
ASKING = (
    "import os, socket; s = socket.create_connection(('127.0.0.1', int(os.environ['PORT'])), 4); "
    r"s.sendall(b'GET /health HTTP/1.0\r\n\r\n'); assert s.recv(12).endswith(b' 200')"
)

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def push_sample(registry: str, repository: str, tag: str, *, version: str, fault: str = "", runtime: str) -> str:
    """Push the sample and return its digest; a tag that exists already keeps what it names.

    `registry` is host:port, `runtime` what `GET /_localaws` says. Raises ImagePushError.
    """
    target = Repository(registry, repository)
    existing = target.existing(tag)
    if existing:
        return existing
    if runtime == "docker" and sys.platform != "linux":
        return push_alpine(target, tag, SAMPLE, environment(version, fault), labels(version))
    layers, command = _for_docker() if runtime == "docker" else _for_process()
    return _push(target, tag, layers, image_config(layers, command, environment(version, fault), version))


def environment(version: str, fault: str) -> dict[str, str]:
    return {"APP_VERSION": version, "APP_FAULT": fault, "PORT": "8080"}


def labels(version: str) -> dict[str, str]:
    return {LABEL: "1", "org.opencontainers.image.version": version}


def _for_process() -> tuple[list[Layer], list[str]]:
    return [_app_layer()], ["python3", "/app/app.py"]


def _for_docker() -> tuple[list[Layer], list[str]]:
    return [interpreter_layer(SAMPLE), _app_layer()], [str(executable()), "-S", "/app/app.py"]


def health_command(runtime: str) -> list[str]:
    """Asks the sample's health path by the interpreter that runs it: its image holds no shell, no curl and no wget."""
    own = runtime == "docker" and sys.platform == "linux"
    return [*([str(executable()), "-S"] if own else ["python3"]), "-c", ASKING]


def _app_layer() -> Layer:
    return build_layer({"/app/app.py": File(SAMPLE.read_bytes())})


def image_config(layers: list[Layer], command: list[str], variables: dict[str, str], version: str) -> dict[str, Any]:
    return {
        "architecture": ARCHITECTURES.get(platform.machine(), platform.machine()),
        "os": "linux",
        "config": {
            "Cmd": command,
            "Env": [f"{name}={value}" for name, value in variables.items()],
            "ExposedPorts": {"8080/tcp": {}},
            "Labels": labels(version),
            "User": "65532:65532",
            "WorkingDir": "/app",
        },
        "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
    }


def _push(target: Repository, tag: str, layers: list[Layer], config: dict[str, Any]) -> str:
    encoded = json.dumps(config).encode()
    for content in (encoded, *(layer.content for layer in layers)):
        target.push_blob(content)
    return target.push_manifest(tag, _manifest(encoded, layers))


def _manifest(config: bytes, layers: list[Layer]) -> dict[str, Any]:
    def described(kind: str, content: bytes) -> dict[str, Any]:
        return {"mediaType": kind, "size": len(content), "digest": digest_of(content)}

    return {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": described("application/vnd.docker.container.image.v1+json", config),
        "layers": [described("application/vnd.docker.image.rootfs.diff.tar.gzip", layer.content) for layer in layers],
    }
