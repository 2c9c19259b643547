"""The sample on a machine that is not Linux: its own Python cannot run in a container, so Docker builds the image."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from provisioning.localaws.ecr.registry import ImagePushError, Repository

BASE = "python:3.12-alpine"


def push_alpine(target: Repository, tag: str, program: Path, env: dict[str, str], labels: dict[str, str]) -> str:
    """Build on a small public base image, push with Docker, and return the digest that the registry has."""
    image = f"{target.registry}/{target.name}:{tag}"
    with tempfile.TemporaryDirectory() as context:
        shutil.copy(program, Path(context) / "app.py")
        Path(context, "Dockerfile").write_text(dockerfile(env, labels))
        _docker("build", "--quiet", "--tag", image, context)
        _docker("push", "--quiet", image)
    return target.existing(tag)


def dockerfile(env: dict[str, str], labels: dict[str, str]) -> str:
    lines = [f"FROM {BASE}", "COPY app.py /app/app.py"]
    lines += [f'ENV {name}="{value}"' for name, value in env.items()]
    lines += [f'LABEL {name}="{value}"' for name, value in labels.items()]
    return "\n".join([*lines, "USER 65532:65532", 'CMD ["python3", "/app/app.py"]', ""])


def _docker(*arguments: str) -> None:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ImagePushError(f"docker {arguments[0]} failed for the sample image: {done.stderr.strip()[-300:]}")
