"""The whole portal as it runs in production, on free ports: every program a process group of its own, with a log."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bin.lib.processes import Processes, Program, answers, procfile
from provisioning.localaws import control
from tests.conftest import ROOT
from tests.consul.agent import consul_binary, free_ports, start_consul, stop_consul
from tests.e2e.gate import Gate

PACE = 0.05  # seconds a resource of CloudFormation takes
STEP_SECONDS, STALE_SECONDS = 4, 7  # stale is longer than a step and its last question to AWS take
START_SECONDS = 60


@dataclass
class Stack:
    """Redis, local AWS, Consul where one is found; web, worker, beat and rq as the Procfile has them."""

    folder: Path
    database_url: str
    runtime: str = "process"  # what ECS tasks are: containers when it is "docker"
    port: int = 0
    redis_port: int = 0
    aws_port: int = 0
    consul_url: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    own: dict[str, dict[str, str]] = field(default_factory=dict)  # what is set for one program of the Procfile alone
    starts: int = 0  # of programs that were killed before

    def __post_init__(self) -> None:
        self.port, self.redis_port, self.aws_port = free_ports(3)
        self.processes = Processes(self.folder / "logs")
        self._others: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Everything; whoever calls this calls `stop`, also when it fails."""
        self.start_redis()
        self._start_aws()
        self.gate = Gate(self.aws_port)
        if consul_binary():
            process, self.consul_url = start_consul(self.folder / "consul")
            self._others.append(process)
        self.environment = self._environment()
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=ROOT,
            env={**os.environ, **self.environment},
            check=True,
        )
        self._run("web", lambda: answers(self.port))
        self.start_worker()
        self._run("beat", lambda: True)
        self._run("rq", lambda: "Listening on" in self.log("rq"))

    def start_redis(self) -> None:
        """An empty one: nothing is kept on disk."""
        folder = self.folder / "redis"
        folder.mkdir(exist_ok=True)
        server = shutil.which("redis-server") or ""
        command = [server, "--port", str(self.redis_port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
        self.processes.start(self._next("redis"), command, lambda: answers(self.redis_port), START_SECONDS)

    def start_worker(self) -> None:
        """A worker; the first, or the next after one that was killed."""
        name = self._next("worker")
        self._run("worker", lambda: " ready" in self.log(name), name)

    def kill(self, program: str) -> None:
        """kill -9 to the whole process group of the one that was started last; nobody starts that one again."""
        last = self.last(program)
        self.processes.running.remove(last)
        os.killpg(last.process.pid, signal.SIGKILL)
        last.process.wait()

    @contextmanager
    def kept_running(self) -> Iterator[list[str]]:
        """What ends by itself is started again, as in production and in the demo; gives what is said about it."""
        lines: list[str] = []
        self.processes.keep_running(lines.append)
        try:
            yield lines
        finally:
            self.processes.let_go()

    def log(self, name: str) -> str:
        return (self.folder / "logs" / f"{name}.log").read_text(errors="replace")

    @property
    def logs(self) -> dict[str, str]:
        """What every program of the portal has written so far."""
        return {path.stem: self.log(path.stem) for path in (self.folder / "logs").glob("*.log")}

    def stop(self) -> None:
        self.processes.stop()
        for process in self._others:
            stop_consul(process)
        if hasattr(self, "gate"):
            self.gate.close()
        self.stop_aws()

    def stop_aws(self) -> None:
        """Ends the local AWS, and with it every task of it."""
        if hasattr(self, "aws"):
            control.stop(self.aws)

    def last(self, program: str) -> Program:
        """The one of these that was started last."""
        return next(each for each in reversed(self.processes.running) if each.name.startswith(program))

    def _next(self, program: str) -> str:
        self.starts += 1
        return f"{program}-{self.starts}"

    def _start_aws(self) -> None:
        with (self.folder / "aws.log").open("wb") as log:
            self.aws = control.start(self.aws_port, self.folder / "aws", self.runtime, PACE, log=log)
        control.wait_ready(self.aws_port, START_SECONDS)

    def _run(self, program: str, ready: Callable[[], bool], name: str = "") -> None:
        """A line of the Procfile."""
        command = procfile(ROOT / "Procfile")[program]
        settings = self.environment | self.own.get(program, {})
        self.processes.start(name or program, command, ready, START_SECONDS, **settings)

    def _environment(self) -> dict[str, str]:
        aws = f"127.0.0.1:{self.aws_port}"
        return {
            "PORT": str(self.port),
            "PORTAL_URL": self.url,
            "DATABASE_URL": self.database_url,
            "REDIS_URL": f"redis://127.0.0.1:{self.redis_port}/0",
            "MEDIA_ROOT": str(self.folder / "media"),
            "BEAT_SCHEDULE": str(self.folder / "beat"),
            "EMAIL_URL": f"filemail:///{self.folder / 'mail'}",
            "AWS_ENDPOINT_URL": self.gate.url,
            "ECR_REGISTRY": f"{aws}/{{account}}",
            "LOAD_BALANCER_URL": f"http://{aws}/_alb/{{account}}/{{name}}/",
            "PORTAL_AWS_ACCOUNT_ID": "999999999999",
            "PORTAL_AWS_ACCESS_KEY_ID": "999999999999",
            "PORTAL_AWS_SECRET_ACCESS_KEY": "the-portals-own-secret-key",
            "CONSUL_URL": self.consul_url,
            "CONSUL_TASK_URL": self.consul_url,
            "POLL_SECONDS": "0.5",
            "LOOK_SECONDS": "0.5",
            "WORK_STEP_SECONDS": str(STEP_SECONDS),
            "WORK_STALE_SECONDS": str(STALE_SECONDS),
            "WORK_TICK_SECONDS": "1",
            "OUTGOING_RETRY_SECONDS": "2",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
