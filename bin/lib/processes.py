"""Programs the demo starts: each in a process group of its own, with a log of its own, stopped by its own pid."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


class CannotStart(Exception):
    """A program did not start; the message says which, and shows the end of its log."""


@dataclass
class Processes:
    """The programs started so far, stopped in reverse order."""

    logs: Path
    running: list[tuple[str, subprocess.Popen[bytes]]] = field(default_factory=list)

    def start(self, name: str, command: list[str], ready: Callable[[], bool], seconds: float, **env: str) -> None:
        """Starts a program and waits until `ready`; CannotStart when it ends or takes longer than `seconds`."""
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{name}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command,
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **env},
                start_new_session=True,
            )
        self.running.append((name, process))
        deadline = time.monotonic() + seconds
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                words = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
                raise CannotStart(f"{name} did not start; its log, {log}, ends with:\n{words}")
            time.sleep(0.1)

    def ended(self) -> str:
        """The name of a program that has ended by itself, or an empty string."""
        return next((name for name, process in self.running if process.poll() is not None), "")

    def stop(self) -> None:
        """Asks each to stop, newest first; what has not stopped after 15 seconds is killed."""
        for _name, process in reversed(self.running):
            _signal(process, signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait()
        self.running.clear()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.poll() is None:
        os.killpg(process.pid, number)


def answers(port: int) -> bool:
    """Whether something listens on this loopback port."""
    with socket.socket() as sock:
        sock.settimeout(0.5)
        return sock.connect_ex(("127.0.0.1", port)) == 0
