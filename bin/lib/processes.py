"""Programs that are kept running: each in a process group of its own, started again when it ends, stopped by pid."""

import os
import shlex
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

STEADY_SECONDS = 60  # a program that ran this long is started again without the delay of earlier endings


class CannotStart(Exception):
    """A program did not start; the message says which, and shows the end of its log."""


@dataclass
class Program:
    """One program: `process` is its present life, `endings` counts those that were short."""

    name: str
    command: list[str]
    env: dict[str, str]
    log: Path | None  # without one it writes where its parent does
    endings: int = 0
    again_at: float | None = None

    def begin(self) -> None:
        """Starts it; the log goes on where the last life ended."""
        self.again_at = None
        self.began = time.monotonic()
        out = self.log.open("ab") if self.log else None
        try:
            self.process = subprocess.Popen(
                self.command,
                stdout=out,
                stderr=subprocess.STDOUT if out else None,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **self.env},
                start_new_session=True,
            )
        finally:
            if out:
                out.close()

    def has_ended(self) -> bool:
        """Whether its process has ended; what that one left behind in its group ends with it."""
        if self.process.returncode is None and self.process.poll() is not None:
            self._signal(signal.SIGKILL)
        return self.process.returncode is not None

    def how(self) -> str:
        """How it ended, in words."""
        code = self.process.returncode
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"

    def stop(self, seconds: float) -> None:
        """Asks it to stop; kills the whole group when it takes longer."""
        if self.has_ended():
            return
        self._signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        self._signal(signal.SIGKILL)
        self.process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):  # nobody is left in the group
            os.killpg(self.process.pid, number)


@dataclass
class Processes:
    """The programs started so far, stopped in reverse order."""

    logs: Path | None = None
    first_delay: float = 1
    longest_delay: float = 30
    stop_seconds: float = 15
    running: list[Program] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._letting_go = threading.Event()
        self._keeper: threading.Thread | None = None

    def start(self, name: str, command: list[str], ready: Callable[[], bool], seconds: float, **env: str) -> None:
        """Starts a program and waits until `ready`; CannotStart when it ends or takes longer than `seconds`."""
        program = Program(name, command, env, self._fresh_log(name))
        program.begin()
        self.running.append(program)
        deadline = time.monotonic() + seconds
        while not ready():
            if program.has_ended() or time.monotonic() > deadline:
                raise CannotStart(f"{name} did not start{_last_words(program.log)}")
            time.sleep(0.1)

    def keep_running(self, say: Callable[[str], None]) -> None:
        """From now on what ends is started again; a line says which, how it ended, and when it is started."""
        self._letting_go.clear()
        self._keeper = threading.Thread(target=self._keep, args=(say,), daemon=True)
        self._keeper.start()

    def let_go(self) -> None:
        """From now on what ends has ended."""
        self._letting_go.set()
        if self._keeper:
            self._keeper.join()

    def stop(self) -> None:
        """Asks each to stop, newest first; what has not stopped after `stop_seconds` is killed."""
        self.let_go()
        for program in reversed(self.running):
            program.stop(self.stop_seconds)
        self.running.clear()

    def _keep(self, say: Callable[[str], None]) -> None:
        while not self._letting_go.wait(0.2):
            for program in list(self.running):
                self._look_after(program, say)

    def _look_after(self, program: Program, say: Callable[[str], None]) -> None:
        if program.again_at is None and program.has_ended():
            say(f"{program.name} {program.how()}; it is started again in {self._delay(program):g} s")
        elif program.again_at is not None and time.monotonic() >= program.again_at:
            try:
                program.begin()
            except OSError as error:
                say(f"{program.name} cannot be started: {error}; tried again in {self._delay(program):g} s")

    def _delay(self, program: Program) -> float:
        """Sets when it is started again: the more it ended lately, the later."""
        if time.monotonic() - program.began >= STEADY_SECONDS:
            program.endings = 0
        seconds: float = min(self.first_delay * 2 ** min(program.endings, 16), self.longest_delay)
        program.endings += 1
        program.again_at = time.monotonic() + seconds
        return seconds

    def _fresh_log(self, name: str) -> Path | None:
        if self.logs is None:
            return None
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{name}.log"
        log.write_bytes(b"")
        return log


def _last_words(log: Path | None) -> str:
    if log is None:
        return "."
    return f"; its log, {log}, ends with:\n" + "\n".join(log.read_text(errors="replace").splitlines()[-12:])


def procfile(path: Path) -> dict[str, list[str]]:
    """The programs that a Procfile lists, by name, each as a command that runs in the folder of that file."""
    pairs = (line.split(":", 1) for line in path.read_text().splitlines() if line.strip() and not line.startswith("#"))
    folder = shlex.quote(str(path.resolve().parent))
    return {name.strip(): ["/bin/sh", "-c", f"cd {folder} && exec {line.strip()}"] for name, line in pairs}


def endings() -> list[signal.Signals]:
    """The signals that ask a whole run to stop; a closed terminal does not where nohup says so."""
    hung_up = [] if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else [signal.SIGHUP]
    return [signal.SIGTERM, *hung_up]


def answers(port: int) -> bool:
    """Whether something listens on this loopback port."""
    with socket.socket() as sock:
        sock.settimeout(0.5)
        return sock.connect_ex(("127.0.0.1", port)) == 0
