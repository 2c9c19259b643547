"""What rollouts need, as in production and on free ports: Redis, the local AWS, a database, the Procfile's workers."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.door import Door
from bench.usage import cpu_seconds, memory_of_trees
from bin.lib.install import PORTAL, ROOT, python_of
from bin.lib.postgres import PrivatePostgres, free_port
from bin.lib.processes import Processes, answers, endings, procfile
from provisioning.localaws import control

ACCOUNT, REGION = "111111111111", "eu-west-1"
START_SECONDS = 240  # a machine that does much else; a quiet one takes a few
PACE = 0.0  # seconds a resource of CloudFormation takes
WORKER = "celery -A portal worker"


def as_the_portal() -> None:
    """Goes on with the portal's own packages, where another Python was asked to run this."""
    if Path(sys.executable) != python_of(PORTAL):
        os.execv(python_of(PORTAL), [str(python_of(PORTAL)), *sys.argv])  # noqa: S606 - ourselves, with the packages


@dataclass
class Stack:
    """The programs; `web` and `worker` are the portal's doors to AWS, by which its calls are counted."""

    folder: Path
    database_url: str
    look_seconds: float
    ways: dict[str, int] = field(default_factory=dict)  # ports of accounts that the local AWS does not have

    def __post_init__(self) -> None:
        self.aws_port, self.redis_port = free_port(), free_port()
        self.web, self.worker = Door(self.aws_port, self.ways), Door(self.aws_port, self.ways)
        self.workers: list[int] = []
        self._others, self._workers = Processes(self.folder / "logs"), Processes(self.folder / "logs")

    @property
    def aws_url(self) -> str:
        return f"http://127.0.0.1:{self.aws_port}"

    @property
    def registry(self) -> str:
        return f"127.0.0.1:{self.aws_port}"

    @property
    def calls(self) -> int:
        """What the portal has asked of AWS so far: its pages and its workers."""
        return self.web.calls.total() + self.worker.calls.total()

    def start(self) -> None:
        """Everything but the workers; from here on this program is a web worker of that portal."""
        self.web.open()
        self.worker.open()
        self._start_redis()
        with (self.folder / "aws.log").open("wb") as log:
            self._aws = control.start(self.aws_port, self.folder / "aws", "process", PACE, log=log)
        control.wait_ready(self.aws_port, START_SECONDS)
        os.environ.update(self._environment(self.web) | {"LOG_LEVEL": "WARNING"})  # what we print is the table
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)

    def start_workers(self, **environment: str) -> None:
        """The workers of the Procfile, with other settings where some are given; those from before end."""
        self._workers.stop()
        programs = {name: line for name, line in procfile(ROOT / "Procfile").items() if WORKER in line[-1]}
        settings = self._environment(self.worker) | {"LOG_LEVEL": "INFO"} | environment
        for name, command in programs.items():
            log = self.folder / "logs" / f"{name}.log"
            ready = lambda log=log: " ready" in log.read_text(errors="replace")  # noqa: E731
            self._workers.start(name, command, ready, START_SECONDS, **settings)
        self.workers = [program.process.pid for program in self._workers.running]

    def worker_cpu(self) -> float:
        """Seconds of the workers on a processor so far."""
        return cpu_seconds(self.workers)

    def worker_memory(self) -> float:
        """MiB of the workers, their children included."""
        return memory_of_trees(self.workers)

    def stop(self) -> None:
        self._workers.stop()
        if hasattr(self, "_aws"):
            control.stop(self._aws)
        self._others.stop()

    def _start_redis(self) -> None:
        folder = self.folder / "redis"
        folder.mkdir()
        server = shutil.which("redis-server") or ""
        command = [server, "--port", str(self.redis_port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
        self._others.start("redis", command, lambda: answers(self.redis_port), START_SECONDS)

    def _environment(self, door: Door) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": "bench.settings",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
            "MEDIA_ROOT": str(self.folder / "media"),
            "AWS_ENDPOINT_URL": door.url,
            "ECR_REGISTRY": self.registry,
            "LOAD_BALANCER_URL": f"{self.aws_url}/_alb/{{name}}/",
            "PORTAL_AWS_ACCOUNT_ID": "999999999999",
            "CONSUL_URL": "",
            "CONSUL_TASK_URL": "",
            "LOOK_SECONDS": str(self.look_seconds),
            "CONN_MAX_AGE": "600",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }


@contextmanager
def running(database: str, look_seconds: float, ways: dict[str, int]) -> Iterator[Stack]:
    """A started stack; `database` is "postgres" (a private one) or "sqlite". All of it ends with the block."""
    for number in endings():
        signal.signal(number, lambda *_: sys.exit(1))  # asked to stop, it takes along what it started
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="portal-bench-", ignore_cleanup_errors=True)))
        server = PrivatePostgres.found() if database == "postgres" else None
        url = stack.enter_context(server or nullcontext(f"sqlite:///{folder}/bench.sqlite3"))
        made = Stack(folder, url, look_seconds, ways)
        stack.callback(made.stop)
        made.start()
        yield made


def machine() -> str:
    """The machine and what else it does now: figures mean nothing without."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)  # noqa: S607, PLW1510
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return f"commit {commit.stdout.strip()}, {os.cpu_count()} cores, load {load}"
