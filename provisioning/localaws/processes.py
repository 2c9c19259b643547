"""A container of the process runtime: the sample application as a local process, or nothing at all, simulated."""

import secrets
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SUPERVISED = Path(__file__).parent / "sample" / "supervised.py"
KEPT_LINES = 1000

_given_ports: set[int] = set()
_giving = threading.Lock()


def free_port() -> int:
    """A loopback port that nobody listens on and that this launcher has not handed out yet."""
    with _giving:
        while True:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = int(probe.getsockname()[1])
            if port not in _given_ports:
                _given_ports.add(port)
                return port


@dataclass(frozen=True)
class Program:
    """What to run: where the image was unpacked, its command, its variables and the ports it publishes."""

    root: Path
    command: list[str]
    variables: dict[str, str]
    container_ports: list[int]


class Log:
    """The last lines of a process, for one follower and for whoever asks for the tail."""

    def __init__(self) -> None:
        self._lines: deque[bytes] = deque(maxlen=KEPT_LINES)
        self._count = 0
        self._closed = False
        self._changed = threading.Condition()

    def write(self, line: bytes) -> None:
        with self._changed:
            self._lines.append(line)
            self._count += 1
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def tail(self, lines: int) -> bytes:
        with self._changed:
            return b"".join(list(self._lines)[-lines:])

    def follow(self) -> Iterator[bytes]:
        seen = 0
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._count > seen or self._closed)  # noqa: B023 - called at once
                fresh = list(self._lines)[-(self._count - seen) :] if self._count > seen else []
                seen = self._count
            if not fresh:
                return
            yield from fresh


@dataclass
class ProcessContainer:
    """Answers what MiniStack asks of a docker-py container."""

    program: Program
    labels: dict[str, str]
    simulated: bool = False
    id: str = field(default_factory=lambda: secrets.token_hex(32))
    health: str = ""

    def __post_init__(self) -> None:
        self.port = free_port()
        self._log = Log()
        self._process = subprocess.Popen(
            [*self.command(self.program.command, supervised=True)],
            cwd=self.program.root,
            env=self.variables(),
            stdin=subprocess.PIPE,  # never written to: its end tells the process that we are gone
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        threading.Thread(target=self._read, daemon=True, name=f"localaws-log-{self.id[:8]}").start()

    def command(self, wanted: list[str], *, supervised: bool = False) -> list[str]:
        """A command of the container in terms of this machine: interpreter, paths and ports."""
        program, *arguments = [self._local(each) for each in wanted]
        if Path(program).name.startswith("python"):
            return [sys.executable, *([str(SUPERVISED)] if supervised else []), *(a for a in arguments if a != "-S")]
        return [program, *arguments]

    def variables(self) -> dict[str, str]:
        # A process reaches this machine's own services without a container's detour.
        own = {
            name: value.replace("host.docker.internal", "127.0.0.1") for name, value in self.program.variables.items()
        }
        return {"PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1", **own, "HOST": "127.0.0.1", "PORT": str(self.port)}

    def _local(self, argument: str) -> str:
        for port in self.program.container_ports:
            argument = argument.replace(f"localhost:{port}", f"127.0.0.1:{self.port}")
            argument = argument.replace(f"127.0.0.1:{port}", f"127.0.0.1:{self.port}")
        return str(self.program.root / argument[1:]) if argument.startswith("/app/") else argument

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._log.write(line)
        self._process.wait()
        self._log.close()

    @property
    def status(self) -> str:
        return "running" if self._process.poll() is None else "exited"

    @property
    def attrs(self) -> dict[str, Any]:
        published = [{"HostIp": "127.0.0.1", "HostPort": str(self.port)}]
        ports = {f"{port}/tcp": published for port in self.program.container_ports}
        state = {"Status": self.status, "Health": {"Status": self.health}}
        return {"NetworkSettings": {"Networks": {}, "Ports": ports}, "State": state}

    def reload(self) -> None:
        """Nothing to fetch: every answer is fresh."""

    def wait(self) -> dict[str, int]:
        code = self._process.wait()
        return {"StatusCode": code if code >= 0 else 128 - code}

    def logs(self, *, stream: bool = False, tail: int = KEPT_LINES, **_: Any) -> Any:
        return self._log.follow() if stream else self._log.tail(tail)

    def stop(self, timeout: float = 10) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def remove(self, **_: Any) -> None:
        if self.status == "running":
            self.kill()
        if self._process.stdin:
            self._process.stdin.close()
        _given_ports.discard(self.port)


@dataclass
class SimulatedContainer:
    """An image that we cannot run without a Docker engine: always running and healthy, and it serves nothing."""

    labels: dict[str, str]
    simulated: bool = True
    id: str = field(default_factory=lambda: secrets.token_hex(32))
    status: str = "running"

    @property
    def attrs(self) -> dict[str, Any]:
        state = {"Status": self.status, "Health": {"Status": "healthy"}}
        return {"NetworkSettings": {"Networks": {}, "Ports": {}}, "State": state}

    def reload(self) -> None:
        """Nothing changes by itself."""

    def wait(self) -> dict[str, int]:
        return {"StatusCode": 0}

    def logs(self, *, stream: bool = False, **_: Any) -> Any:
        line = b"This task is simulated: there is no Docker engine here to run its image.\n"
        return iter([line]) if stream else line

    def stop(self, timeout: float = 10) -> None:
        self.status = "exited"

    def kill(self) -> None:
        self.stop()

    def remove(self, **_: Any) -> None:
        self.stop()
