"""A real Consul of our own: one server, free ports, its own folder, everything on 127.0.0.1."""

import json
import socket
import subprocess
import time
from functools import cache
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 20


@cache
def consul_binary() -> str | None:
    """The program `bin/consul-get` finds, or None where there is none to be had."""
    found = subprocess.run([ROOT / "bin/consul-get"], capture_output=True, text=True, check=False)
    return found.stdout.strip() or None


def start_consul(data_dir: Path, settings: dict[str, Any] | None = None) -> tuple["subprocess.Popen[bytes]", str]:
    """A Consul that has a leader, and its URL. Whoever starts it stops it with `stop_consul`.

    Its values live in memory, the folder holds its configuration and log; settings are Consul's own, added.
    """
    binary = consul_binary()
    if binary is None:
        raise FileNotFoundError("bin/consul-get finds no Consul")
    ports = dict(zip(("http", "server", "serf_lan"), free_ports(3), strict=True))
    unused = dict.fromkeys(("dns", "grpc", "https", "serf_wan"), -1)
    data_dir.mkdir(parents=True, exist_ok=True)
    config = {"ports": ports | unused, "data_dir": str(data_dir / "data"), **(settings or {})}
    (data_dir / "consul.json").write_text(json.dumps(config))
    command = [binary, "agent", "-dev", "-bind=127.0.0.1", "-client=127.0.0.1"]
    with (data_dir / "consul.log").open("wb") as log:
        process = subprocess.Popen([*command, f"-config-file={data_dir}/consul.json"], stdout=log, stderr=log)
    url = f"http://127.0.0.1:{ports['http']}"
    try:
        wait_for_leader(url, process)
    except BaseException:
        stop_consul(process)
        raise
    return process, url


def stop_consul(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait(timeout=5)


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, distinct because they are held together."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [held.getsockname()[1] for held in sockets]
    for held in sockets:
        held.close()
    return ports


def wait_for_leader(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"Consul ended at once with code {process.returncode}")
        try:
            if requests.get(f"{url}/v1/status/leader", timeout=1).text.strip() not in {"", '""'}:
                return
        except requests.RequestException:
            pass
        time.sleep(0.05)
    raise TimeoutError(f"Consul at {url} had no leader after {START_SECONDS} seconds")
