"""The sample's image: the same bytes every time, and a registry's refusal in plain words."""

import io
import tarfile
from pathlib import Path

import pytest

from provisioning.localaws.ecr.registry import ImagePushError, digest_of
from provisioning.localaws.sample import images, interpreter
from provisioning.localaws.sample.alpine import dockerfile
from provisioning.localaws.sample.layers import File, build_layer


def test_a_layer_depends_on_its_files_only():
    files = {"/app/b": File(b"two"), "/app/a": File(b"one", executable=True)}

    first, second = build_layer(files), build_layer(dict(reversed(files.items())))

    assert first == second
    with tarfile.open(fileobj=io.BytesIO(first.content), mode="r:gz") as archive:
        assert [(entry.name, entry.mode, entry.mtime) for entry in archive] == [
            ("app/a", 0o755, 0),
            ("app/b", 0o644, 0),
        ]


def test_the_config_says_version_fault_and_that_it_is_our_sample():
    config = images.image_config([], ["python3", "/app/app.py"], images.environment("2", "crash"), "2")

    assert config["config"]["Labels"] == {
        "company.in4it.sample": "1",
        "org.opencontainers.image.version": "2",
    }
    assert config["config"]["Env"] == ["APP_VERSION=2", "APP_FAULT=crash", "PORT=8080"]


def test_a_registry_that_does_not_answer_is_a_plain_sentence():
    with pytest.raises(ImagePushError, match="does not answer"):
        images.push_sample("127.0.0.1:9", "web", "1", version="1", runtime="process")


def test_elsewhere_than_on_linux_docker_builds_on_a_public_base():
    text = dockerfile({"APP_VERSION": "2"}, {"company.in4it.sample": "1"})

    assert text.splitlines() == [
        "FROM python:3.12-alpine",
        "COPY app.py /app/app.py",
        'ENV APP_VERSION="2"',
        'LABEL company.in4it.sample="1"',
        "USER 65532:65532",
        'CMD ["python3", "/app/app.py"]',
    ]


def test_the_interpreter_s_layer_is_cached_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(interpreter, "CACHE", tmp_path)

    made, cached = (interpreter.interpreter_layer(images.SAMPLE) for _ in range(2))

    assert made == cached
    with tarfile.open(fileobj=io.BytesIO(made.content), mode="r:gz") as archive:
        names = archive.getnames()
    assert str(interpreter.executable()).lstrip("/") in names
    assert any(name.endswith("/http/server.py") for name in names)
    assert not any("_ssl" in name for name in names)
    assert digest_of(made.content) == made.digest
