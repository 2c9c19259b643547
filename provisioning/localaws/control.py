"""Starting and stopping the launcher from the demo and the tests. Standard library only."""

import json
import os
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
STOPPING = 45.0  # seconds; tasks are ended and state is written while it stops


class NotReadyError(Exception):
    """The local AWS did not come up. The text says which port and what to look at."""


@dataclass(frozen=True)
class LocalAws:
    """What a running local AWS says of itself: runtime is `docker` or `process`."""

    runtime: str
    version: str


def python() -> str:
    """The interpreter of the environment that MiniStack is installed in."""
    return os.environ.get("LOCALAWS_PYTHON") or str(ROOT / ".dev" / "localaws" / "bin" / "python")


def start(
    port: int,
    state_dir: Path,
    runtime: str = "auto",
    pace: float = 0.2,
    auth: bool = False,
    *,
    log: IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Start the launcher in the background; its output goes to `log`, or to where ours goes."""
    command = [python(), "-m", "provisioning.localaws", "--port", str(port), "--state-dir", str(state_dir)]
    command += ["--runtime", runtime, "--pace", str(pace), *(["--auth"] if auth else [])]
    return subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT if log else None)


def wait_ready(port: int, seconds: float = 60) -> LocalAws:
    """Wait until it serves. Raises NotReadyError."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_localaws", timeout=2) as answer:
                return LocalAws(**json.load(answer))
        except (OSError, ValueError):
            time.sleep(0.1)
    raise NotReadyError(
        f"The local AWS did not answer on port {port} within {seconds:.0f} seconds. Look at its output: "
        "it says which part of MiniStack is missing or that the port is taken."
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to stop, which saves its state and ends its tasks."""
    process.terminate()
    try:
        process.wait(STOPPING)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
