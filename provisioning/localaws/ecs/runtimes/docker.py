"""Containers of a Docker engine. Whatever a call's outcome, none is left behind: names are ours before the start.

A call that timed out may still take effect later. So what a start left is looked for by its name and removed before
another is made, and a sweep removes every container of this launcher that nobody knows.
"""

import logging
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import docker
import requests
from docker.errors import APIError, DockerException, ImageNotFound, NotFound

from provisioning.localaws.ecs.runtimes import arguments
from provisioning.localaws.ecs.runtimes.base import Container, Exit, Listener, NotStarted, Started

log = logging.getLogger("localaws.ecs.docker")

INSTANCE_LABEL = "localaws.instance"
CALL_TIMEOUT = 60.0  # seconds for one call of the engine
START_TIMEOUT = 180.0  # seconds for a start with its repetitions, as the agent of ECS waits
SWEEP_EVERY = 5.0  # seconds
CLOSING = 30.0  # seconds to remove every container at the end
LAST_LINES = 2.0  # seconds that an ended container may take to hand over its last lines

TIMEOUTS = (requests.exceptions.Timeout, requests.exceptions.ConnectionError)
TIMED_OUT = "DockerTimeoutError: Could not transition to started; timed out after waiting 3m0s"


class _NameTaken(Exception):
    """A call that timed out has made its container after all."""


class DockerRuntime:
    """`instance` marks what is ours on an engine that others use too.

    Images of `registry`, which nobody can pull when the launcher has ended, go with it.
    """

    def __init__(self, instance: str, registry: str, call_timeout: float = CALL_TIMEOUT) -> None:
        self._instance, self._registry = instance, registry
        self._client = docker.from_env(timeout=call_timeout)
        self._known: set[str] = set()  # names that are being started, run or are being stopped
        self._readers: dict[str, threading.Thread] = {}
        self._killed: set[str] = set()  # names that the engine reported as out of memory
        self._pulling: dict[str, threading.Lock] = defaultdict(threading.Lock)  # by image, of all that were pulled
        self._ids: dict[str, str] = {}  # by name: a former try's container may have had the same one
        self._closed = threading.Event()
        self._listener: Listener | None = None
        self._inspections = ThreadPoolExecutor(4, thread_name_prefix="localaws-exit")

    def listen(self, listener: Listener) -> None:
        self._listener = listener
        for loop in (self._follow_events, self._sweep_regularly):
            threading.Thread(target=loop, daemon=True, name=f"localaws-docker{loop.__name__}").start()

    # Starting

    def pull(self, image: str) -> str:
        """From the registry, unless an image named by digest is here already; the local one if that fails."""
        with self._pulling[image]:
            try:
                if "@" not in image or not self._has(image):
                    self._client.images.pull(image)
            except (DockerException, requests.exceptions.RequestException) as problem:
                if not self._has(image):
                    raise NotStarted(f"CannotPullContainerError: {_words(problem)}") from problem
        return image.partition("@")[2] or self._digest(image)

    def _has(self, image: str) -> bool:
        try:
            self._client.images.get(image)
        except (ImageNotFound, requests.exceptions.RequestException):
            return False
        return True

    def _digest(self, image: str) -> str:
        with suppress(DockerException, requests.exceptions.RequestException):
            digests = self._client.images.get(image).attrs.get("RepoDigests") or [""]
            return str(digests[0].partition("@")[2])
        return ""

    def start(self, container: Container) -> Started:
        self._known.add(container.name)
        deadline = time.monotonic() + START_TIMEOUT
        try:
            while time.monotonic() < deadline and not self._closed.is_set():
                with suppress(*TIMEOUTS, _NameTaken):
                    return self._start(container)
                self._clear(container.name, deadline)
        except BaseException:
            self._ids.pop(container.name, None)
            self._known.discard(container.name)
            self._remove_soon(container.name)
            raise
        self._known.discard(container.name)
        raise NotStarted(TIMED_OUT)

    def _start(self, container: Container) -> Started:
        options = arguments.of(container, {**container.labels, INSTANCE_LABEL: self._instance})
        made = _explained("CannotCreateContainerError", lambda: self._client.containers.create(**options))
        self._ids[container.name] = made.id
        if self._closed.is_set():
            raise NotStarted("the local AWS is shutting down")
        _explained("CannotStartContainerError", made.start)
        made.reload()
        self._read(container, made)
        return Started(made.id, arguments.bindings(made.attrs), arguments.address(made.attrs))

    def _clear(self, name: str, deadline: float) -> None:
        """Until nothing of that name is there. The timed out call may still be at work."""
        log.warning("the start of %s timed out, and is looked for before the next", name)
        self._ids.pop(name, None)  # its end is no news
        while time.monotonic() < deadline and not self._closed.is_set():
            with suppress(*TIMEOUTS, APIError):
                if not self._remove(name):
                    return
            self._closed.wait(0.5)

    def _read(self, container: Container, made: Any) -> None:
        """Hand over what it writes, on a thread that sleeps in between."""

        def follow() -> None:
            with suppress(DockerException, requests.exceptions.RequestException, OSError):
                for lines in _whole_lines(made.logs(stream=True, follow=True)):
                    container.say(lines)

        reader = threading.Thread(target=follow, daemon=True, name=f"localaws-log-{container.name[-24:]}")
        self._readers[container.name] = reader
        reader.start()

    # Ending

    def stop(self, name: str, timeout: float) -> int | None:
        code = None
        try:
            found = self._client.containers.get(name)
            found.stop(timeout=int(timeout))
            found.reload()
            code = int(found.attrs["State"]["ExitCode"])
        except NotFound:
            self._known.discard(name)
            return None
        except (DockerException, requests.exceptions.RequestException) as problem:
            log.warning("%s could not be stopped, the sweep will remove it: %s", name, problem)
        self._hear_last_lines(name)
        self._ids.pop(name, None)
        self._known.discard(name)
        self._remove_soon(name)
        return code

    def _hear_last_lines(self, name: str) -> None:
        reader = self._readers.pop(name, None)
        if reader:
            reader.join(LAST_LINES)

    def _remove(self, name: str) -> bool:
        """False when there is none. Raises what Docker and the network raise."""
        try:
            self._client.api.remove_container(name, v=True, force=True)
        except NotFound:
            return False
        except APIError as problem:
            if problem.status_code == 409:  # somebody removes it already
                return True
            raise
        return True

    def _remove_soon(self, name: str) -> None:
        """Now, or in the next sweep."""
        with suppress(DockerException, requests.exceptions.RequestException):
            self._remove(name)

    def _ours(self) -> list[str]:
        found = self._client.api.containers(all=True, filters={"label": f"{INSTANCE_LABEL}={self._instance}"})
        return [each["Names"][0].lstrip("/") for each in found if each.get("Names")]

    def _sweep(self) -> None:
        with suppress(DockerException, requests.exceptions.RequestException):
            for name in self._ours():
                if name not in self._known:
                    self._remove_soon(name)

    def _sweep_regularly(self) -> None:
        """At once, for what a former launcher left, and then again and again."""
        while not self._closed.is_set():
            self._sweep()
            self._closed.wait(SWEEP_EVERY)

    def close(self) -> None:
        self._closed.set()
        self._known.clear()
        deadline = time.monotonic() + CLOSING
        with ThreadPoolExecutor(8, thread_name_prefix="localaws-close") as pool:
            empty = 0
            while empty < 2 and time.monotonic() < deadline:
                left = self._left()
                empty = empty + 1 if left == [] else 0
                list(pool.map(self._remove_soon, left or []))
                time.sleep(0.1)
            list(pool.map(self._forget_own, list(self._pulling)))

    def _forget_own(self, image: str) -> None:
        if not image.startswith(f"{self._registry}/"):
            return
        with suppress(DockerException, requests.exceptions.RequestException):
            self._client.images.remove(image)

    def _left(self) -> list[str] | None:
        """None when the engine does not say."""
        try:
            return self._ours()
        except (DockerException, requests.exceptions.RequestException):
            return None

    # Being told

    def _follow_events(self) -> None:
        """The engine's own news; after an interruption from where it was."""
        since = time.time()
        while not self._closed.is_set():
            with suppress(DockerException, requests.exceptions.RequestException, OSError, ValueError):
                for event in self._events(since):
                    since = max(since, float(event.get("timeNano", 0)) / 1e9)
                    self._take(event)
            self._closed.wait(0.2)

    def _events(self, since: float) -> Iterator[dict[str, Any]]:
        wanted = {
            "type": "container",
            "label": f"{INSTANCE_LABEL}={self._instance}",
            "event": ["die", "oom", "health_status"],
        }
        found: Iterator[dict[str, Any]] = self._client.api.events(since=f"{since:.6f}", filters=wanted, decode=True)
        return found

    def _take(self, event: dict[str, Any]) -> None:
        name, action = event["Actor"]["Attributes"]["name"], event["Action"]
        if self._ids.get(name) != event["Actor"]["ID"]:
            return
        if action == "oom":
            self._killed.add(name)
        elif action == "die":
            self._inspections.submit(self._report_exit, name, int(event["Actor"]["Attributes"]["exitCode"]))
        elif action.startswith("health_status") and self._listener:
            verdict = action.rpartition(" ")[2]
            self._listener.judged(name, {"healthy": "HEALTHY", "unhealthy": "UNHEALTHY"}.get(verdict, "UNKNOWN"))

    def _report_exit(self, name: str, code: int) -> None:
        killed = name in self._killed
        with suppress(DockerException, requests.exceptions.RequestException):
            killed = bool(self._client.api.inspect_container(name)["State"].get("OOMKilled")) or killed
        self._killed.discard(name)
        if self._listener:
            self._listener.exited(name, Exit(code, killed))


def _explained(error: str, call: Callable[[], Any]) -> Any:
    """The call's answer; what the engine refuses is raised as NotStarted, in ECS's words."""
    try:
        return call()
    except (APIError, ValueError, TypeError) as problem:
        if getattr(problem, "status_code", 0) == 409:
            raise _NameTaken from problem
        raise NotStarted(f"{error}: {_words(problem)}") from problem


def _words(problem: Exception) -> str:
    """What the engine said, as the agent of ECS passes it on."""
    said = getattr(problem, "explanation", None)
    return f"Error response from daemon: {said}" if said else str(problem)


def _whole_lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        lines, found, rest = (rest + chunk).rpartition(b"\n")
        if found:
            yield lines
    if rest:
        yield rest
