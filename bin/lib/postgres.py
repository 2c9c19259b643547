"""A PostgreSQL server of our own for as long as the tests need it: own folder, own port, stopped by its own pg_ctl."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path


class PrivatePostgres:
    """Context manager: starts a fresh cluster and gives its URL."""

    def __init__(self, binaries: Path) -> None:
        self.binaries = binaries
        self.folder = Path(tempfile.mkdtemp(prefix="portal-postgres-"))

    @classmethod
    def found(cls) -> "PrivatePostgres | None":
        """A server that can be started here, or None."""
        candidates = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
        on_path = shutil.which("initdb")
        if on_path:
            candidates.insert(0, Path(on_path).resolve().parent)
        binaries = next((path for path in candidates if (path / "initdb").exists()), None)
        return cls(binaries) if binaries else None

    def __enter__(self) -> str:
        self.port = free_port()
        if os.geteuid() == 0:
            os.chown(self.folder, pwd.getpwnam("postgres").pw_uid, -1)
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-U", "portal", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder} "
            "-c fsync=off -c max_connections=200"
        )
        self._run("pg_ctl", "-D", data, "-o", options, "-l", str(self.folder / "log"), "-w", "start")
        return f"postgres://portal@127.0.0.1:{self.port}/postgres"

    def __exit__(self, *_: object) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        """PostgreSQL refuses to run as root: root hands over to the user its package made."""
        command = [str(self.binaries / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder)


def free_port() -> int:
    """A loopback port nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
