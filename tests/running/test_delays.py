"""When a program that ended is started again."""

import sys
import time
from pathlib import Path

import pytest

from bin.lib import processes as module
from bin.lib.processes import CannotStart, Processes, procfile


@pytest.fixture
def processes(tmp_path):
    kept = Processes(tmp_path / "logs", first_delay=0.1, longest_delay=0.4)
    yield kept
    kept.stop()


def said_by(processes: Processes, code: str, count: int) -> list[str]:
    """The first lines about a program that runs this code."""
    lines: list[str] = []
    processes.start("worker", [sys.executable, "-c", code], lambda: True, 0)
    processes.keep_running(lines.append)
    deadline = time.monotonic() + 15
    while len(lines) < count:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return [line.rpartition(" again ")[2] for line in lines[:count]]


def test_delays_double_up_to_the_longest(processes):
    assert said_by(processes, "", 4) == ["in 0.1 s", "in 0.2 s", "in 0.4 s", "in 0.4 s"]


def test_one_that_ran_for_long_is_started_again_as_soon_as_the_first_time(processes, monkeypatch):
    monkeypatch.setattr(module, "STEADY_SECONDS", 0.05)

    assert said_by(processes, "import time; time.sleep(0.1)", 3) == ["in 0.1 s"] * 3


def test_its_log_goes_on(processes, tmp_path):
    said_by(processes, "print('a life')", 3)

    assert (tmp_path / "logs" / "worker.log").read_text().count("a life") >= 3


def test_one_that_never_was_ready_says_its_last_words(processes):
    with pytest.raises(CannotStart, match=r"(?s)web did not start; its log, .*, ends with:\nno such thing$"):
        processes.start("web", [sys.executable, "-c", "exit('no such thing')"], lambda: False, 10)


def test_a_program_that_does_not_stop_is_killed(processes):
    processes.stop_seconds = 0.3
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    processes.start("worker", [sys.executable, "-c", deaf], lambda: True, 0)
    process = processes.running[0].process
    time.sleep(0.5)
    processes.stop()

    assert process.returncode == -9


def test_a_procfile_names_commands_that_run_in_its_folder(tmp_path: Path):
    path = tmp_path / "Procfile"
    path.write_text("# what runs\nweb: serve --port ${PORT:-8000}\n\nrq: work documents: now\n")

    assert procfile(path) == {
        "web": ["/bin/sh", "-c", f"cd {tmp_path} && exec serve --port ${{PORT:-8000}}"],
        "rq": ["/bin/sh", "-c", f"cd {tmp_path} && exec work documents: now"],
    }
