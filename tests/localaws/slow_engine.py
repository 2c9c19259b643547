"""A Docker engine that answers some calls too late: a relay in front of the real one, which does all it is asked."""

import os
import socket
import threading
import time
from collections.abc import Callable

ENGINE = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock").removeprefix("unix://")


class SlowEngine:
    """Holds back the answers to the first `times` calls whose request line contains `call`, by `seconds` each."""

    def __init__(self, call: str, times: int, seconds: float) -> None:
        self._call, self._left, self._seconds = call.encode(), times, seconds
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def address(self) -> str:
        return f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def held_all(self) -> bool:
        return self._left == 0

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            engine = socket.socket(socket.AF_UNIX)
            engine.connect(ENGINE)
            held = threading.Event()
            self._relay(client, engine, lambda data, held=held: self._notice(data, held))
            self._relay(engine, client, lambda _, held=held: self._hold(held))

    def _notice(self, request: bytes, held: threading.Event) -> None:
        line = request.partition(b"\r\n")[0]
        if self._left and line.startswith(b"POST") and self._call in line:
            self._left -= 1
            held.set()

    def _hold(self, held: threading.Event) -> None:
        if held.is_set():
            held.clear()
            time.sleep(self._seconds)

    def _relay(self, source: socket.socket, to: socket.socket, see: Callable[[bytes], None]) -> None:
        def run() -> None:
            try:
                while data := source.recv(65536):
                    see(data)
                    to.sendall(data)
                to.shutdown(socket.SHUT_WR)
            except OSError:
                source.close()
                to.close()

        threading.Thread(target=run, daemon=True).start()
