"""The sample application as a local process that stands in for a container."""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

SUPERVISED = Path(__file__).parents[2] / "sample" / "supervised.py"

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


def start_process(program: Program, say: Callable[[bytes], None]) -> "Process":
    """`say` gets each line that it writes. Raises OSError when there is no such program."""
    return Process(program, free_port(), say)


class Process:
    """`over` is set when it has ended and its last line was said."""

    def __init__(self, program: Program, port: int, say: Callable[[bytes], None]) -> None:
        self.program, self.port, self.over = program, port, threading.Event()
        self._say = say
        self._callbacks: list[Callable[[int], None]] = []
        self._process = subprocess.Popen(
            [*self.command(program.command, supervised=True)],
            cwd=program.root,
            env=self.variables(),
            stdin=subprocess.PIPE,  # never written to: its end tells the process that we are gone
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        threading.Thread(target=self._read, daemon=True, name=f"localaws-log-{port}").start()

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

    def when_over(self, callback: Callable[[int], None]) -> None:
        """Call it with the exit code, at once if it is over already."""
        with _giving:
            self._callbacks.append(callback)
            if not self.over.is_set():
                return
        callback(self._code())

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._say(line)
        self._process.wait()
        with _giving:
            self.over.set()
            callbacks = list(self._callbacks)
            _given_ports.discard(self.port)
        for callback in callbacks:
            callback(self._code())

    def _code(self) -> int:
        """As a shell gives it: 137 for a process that was killed."""
        code = self._process.wait()
        return code if code >= 0 else 128 - code

    def stop(self, timeout: float) -> int:
        """SIGTERM, SIGKILL after `timeout` seconds; the exit code."""
        self._process.terminate()
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
        self.over.wait(timeout)
        if self._process.stdin:
            self._process.stdin.close()
        return self._code()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
