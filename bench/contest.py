"""The same rollout by the portal, by a script and by ecs-deploy, each through a door of its own."""

import json
import os
import statistics
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, Popen

from bench.customers import Home, succeeded
from bench.door import Door
from bench.own_word import OwnWord, is_quiet, listening
from bench.stack import ACCOUNT, REGION
from bin.lib.install import BENCH, PORTAL, ROOT, python_of
from deployments.models import Service

PATIENCE = 600  # seconds for a rollout to end
QUIET_SECONDS = 60


@dataclass(frozen=True)
class Run:
    """One run: seconds until it was over, calls of AWS, seconds on a processor, MiB; how late it was said, if heard."""

    took: float
    calls: int
    cpu: float
    memory: float
    lags: tuple[float, ...] = ()


@dataclass
class Portal:
    """From the click until the row says "succeeded"; `cpu` and `memory` are those of the workers."""

    home: Home
    services: list[Service]
    name: str = "portal"

    def first(self) -> None:
        """The first deployments of its services: what they need at AWS is made."""
        wanted = [(service, self.home.push(service)) for service in self.services]
        succeeded(self.home.click_all(wanted), PATIENCE)

    def run(self, listen: bool) -> Run:
        """All its services at once, each with a new image."""
        stack = self.home.stack
        wanted = [(service, self.home.push(service)) for service in self.services]
        quiet(self.home, self.services)
        with hearing(self.home, self.services, listen) as word:
            calls, cpu, began = stack.calls, stack.worker_cpu(), time.time()
            seen = succeeded(self.home.click_all(wanted), PATIENCE)
            calls, cpu = stack.calls - calls, stack.worker_cpu() - cpu
        lags = tuple(seen[name] - at for name, at in word.completed.items()) if word else ()
        return Run(max(seen.values()) - began, calls, cpu, stack.worker_memory(), lags)


@dataclass
class Program:
    """A program that rolls out images and ends when they run; `command` makes its command line from them."""

    home: Home
    services: list[Service]
    name: str
    command: Callable[[str, dict[str, str]], list[str]]

    def __post_init__(self) -> None:
        self.door = Door(self.home.stack.aws_port)
        self.door.open()

    def run(self, listen: bool) -> Run:
        """All its services at once, each with a new image."""
        images = {each.name: f"{each.repository.uri}@{self.home.push(each)}" for each in self.services}
        quiet(self.home, self.services)
        # What is heard is not needed here, but the machine is to be as busy with it as in the portal's runs.
        with hearing(self.home, self.services, listen):
            return self._run(self.command(self.home.cluster, images))

    def _run(self, command: list[str]) -> Run:
        calls, began = self.door.calls.total(), time.time()
        process = Popen(command, stdout=PIPE, env=os.environ | self._settings())
        said = (process.stdout.read() if process.stdout else b"").decode()
        _, code, used = os.wait4(process.pid, 0)
        took = time.time() - began
        process.returncode = os.waitstatus_to_exitcode(code)
        if process.returncode:
            raise SystemExit(f"{self.name} ended with code {process.returncode}: {said}")
        cpu, mib = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
        return Run(took_of(said, took), self.door.calls.total() - calls, cpu, mib)

    def _settings(self) -> dict[str, str]:
        return {
            "AWS_ENDPOINT_URL": self.door.url,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_DEFAULT_REGION": REGION,
        }


def hearing(home: Home, services: list[Service], listen: bool) -> AbstractContextManager[OwnWord | None]:
    """Asks ECS itself when these are over, where that is wanted."""
    if not listen:
        return nullcontext(None)
    return listening(home.stack.aws_port, home.cluster, tuple(each.name for each in services))


def took_of(said: str, otherwise: float) -> float:
    """Seconds by the program's own clock, which leaves its start out, where it prints them."""
    return float(json.loads(said)["took"]) if said.startswith("{") else otherwise


def script(cluster: str, images: dict[str, str]) -> list[str]:
    """bench/batch.py, with the portal's own boto3."""
    pairs = [f"{name}={image}" for name, image in images.items()]
    return [str(python_of(PORTAL)), str(ROOT / "bench" / "batch.py"), cluster, *pairs]


def ecs_deploy(cluster: str, images: dict[str, str]) -> list[str]:
    """ecs-deploy as people call it; for one service."""
    ((name, image),) = images.items()
    program = Path(python_of(BENCH)).parent / "ecs"
    return [str(program), "deploy", cluster, name, "--image", name, image, "--timeout", str(PATIENCE)]


def quiet(home: Home, services: Iterable[Service]) -> None:
    """Waits until nothing of an earlier rollout goes on."""
    word = OwnWord(home.stack.aws_port, home.cluster, tuple(each.name for each in services))
    deadline = time.time() + QUIET_SECONDS
    while not all(map(is_quiet, word.ask(word.services))):
        if time.time() > deadline:
            raise SystemExit(f"earlier rollouts still go on after {QUIET_SECONDS} s")
        time.sleep(0.1)


def contest(clients: list[Portal | Program], rounds: int, listen: bool) -> dict[str, list[Run]]:
    """So many runs of each, in turn; each round another one begins."""
    runs: dict[str, list[Run]] = {client.name: [] for client in clients}
    for number in range(rounds):
        first = number % len(clients)
        for client in clients[first:] + clients[:first]:
            runs[client.name].append(client.run(listen))
    return runs


def middle(runs: list[Run], what: str) -> float:
    """The median of one of the figures."""
    return statistics.median(getattr(run, what) for run in runs)
