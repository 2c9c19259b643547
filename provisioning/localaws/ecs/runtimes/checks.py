"""A process's own health check, run beside it as Docker runs one inside the container."""

import subprocess
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from provisioning.localaws.ecs.runtimes.arguments import NANOSECONDS
from provisioning.localaws.ecs.runtimes.processes import Process


@dataclass(frozen=True)
class CheckedCommand:
    """The process, and its check in Docker's terms."""

    process: Process
    check: Mapping[str, Any]

    def passes(self) -> bool:
        kind, *wanted = self.check["test"]
        command = self.process.command(["/bin/sh", "-c", *wanted] if kind == "CMD-SHELL" else wanted)
        try:
            done = subprocess.run(
                command,
                env=self.process.variables(),
                cwd=self.process.program.root,
                capture_output=True,
                timeout=self.check["timeout"] / NANOSECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0


def watch(checked: CheckedCommand, name: str, judged: Callable[[str, str], None]) -> None:
    """Tell `judged` when the verdict changes, until the process is over."""
    threading.Thread(target=_watch, args=(checked, name, judged), daemon=True, name="localaws-check").start()


def _watch(checked: CheckedCommand, name: str, judged: Callable[[str, str], None]) -> None:
    interval = checked.check["interval"] / NANOSECONDS
    grace = checked.check["start_period"] / NANOSECONDS
    failures, age, verdict = 0, 0.0, "UNKNOWN"
    while not checked.process.over.wait(interval):
        age += interval
        passed = checked.passes()
        failures = 0 if passed or (age <= grace and verdict == "UNKNOWN") else failures + 1
        now = "HEALTHY" if passed else "UNHEALTHY" if failures >= checked.check["retries"] else verdict
        if now != verdict and not checked.process.over.is_set():
            judged(name, now)
        verdict = now
