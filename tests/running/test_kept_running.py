"""bin/run, as somebody starts it: what ends is started again, and all of it stops when it is told to."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from tests.conftest import ROOT

SLEEPER = """
import os, pathlib, subprocess, sys, time
name = sys.argv[1]
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open(f"{name}.lives", "a") as lives:
    lives.write(f"{os.getpid()} {child.pid}\\n")
time.sleep(600)
"""
ENDS = "import sys, time; print('hello', flush=True); sys.exit(int(sys.argv[1]))"


class Run:
    """bin/run over a Procfile with these lines, in a folder of its own."""

    PREFIX: ClassVar[list[str]] = ["env", "--default-signal=HUP"]  # whatever started these tests, perhaps nohup

    def __init__(self, folder: Path, lines: dict[str, str]) -> None:
        self.folder = folder
        (folder / "sleeper.py").write_text(SLEEPER)
        (folder / "ends.py").write_text(ENDS)
        (folder / "Procfile").write_text("".join(f"{name}: {line}\n" for name, line in lines.items()))
        self.output = folder / "output"
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                [*self.PREFIX, sys.executable, ROOT / "bin" / "run", "--procfile", folder / "Procfile"],
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def lives(self, name: str) -> list[tuple[int, int]]:
        """The pids of every life of a program so far: its own and that of the child it has."""
        path = self.folder / f"{name}.lives"
        lines = path.read_text().splitlines() if path.exists() else []
        return [(int(line.split()[0]), int(line.split()[1])) for line in lines]

    def said(self) -> list[str]:
        return [line for line in self.output.read_text().splitlines() if line.startswith("· ")]

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(20)


def until(what: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def begin(**lines: str) -> Run:
        runs.append(Run(tmp_path, {name: f"{sys.executable} {line}" for name, line in lines.items()}))
        return runs[-1]

    yield begin
    for each in runs:
        if each.process.poll() is None:
            each.stop()


def test_a_program_that_is_killed_is_started_again_and_the_others_are_left_alone(run):
    running = run(web="sleeper.py web", worker="sleeper.py worker")
    until(lambda: running.lives("web") and running.lives("worker"))
    pid, child = running.lives("worker")[0]
    os.kill(pid, signal.SIGKILL)
    until(lambda: len(running.lives("worker")) == 2)

    assert running.said() == ["· worker was ended by SIGKILL; it is started again in 1 s"]
    assert len(running.lives("web")) == 1
    until(lambda: not is_running(child))
    assert all(is_running(pid) for pid in running.lives("worker")[1])


@pytest.mark.parametrize("code", [0, 3])
def test_one_that_keeps_ending_is_started_again_later_each_time(run, code):
    running = run(worker=f"ends.py {code}")
    until(lambda: len(running.said()) == 3)

    ends = f"· worker ended with code {code}; it is started again in"
    assert running.said() == [f"{ends} 1 s", f"{ends} 2 s", f"{ends} 4 s"]
    assert running.process.poll() is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_told_to_stop_it_leaves_nothing_behind(run, number):
    running = run(web="sleeper.py web", worker="sleeper.py worker", rq="ends.py 1")
    until(lambda: running.lives("web") and running.lives("worker") and running.said())
    pids = [pid for name in ("web", "worker") for pids in running.lives(name) for pid in pids]

    assert running.stop(number) == 0
    assert [pid for pid in pids if is_running(pid)] == []


def test_a_closed_terminal_does_not_stop_what_nohup_started(run, monkeypatch):
    monkeypatch.setattr(Run, "PREFIX", ["nohup"])
    running = run(web="sleeper.py web")
    until(lambda: running.lives("web"))
    running.process.send_signal(signal.SIGHUP)
    time.sleep(0.5)

    assert running.process.poll() is None
    assert all(is_running(pid) for pid in running.lives("web")[0])


def test_every_program_of_the_portal_is_listed_once():
    names = [line.split(":")[0] for line in (ROOT / "Procfile").read_text().splitlines()]

    assert names == ["web", "worker", "beat", "rq"]
