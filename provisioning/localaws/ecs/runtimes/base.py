"""What the engine asks of a runtime, and what a runtime tells the engine."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Container:
    """A container to run. `name` is unique and chosen before the start, so that it can be looked up whatever happens.

    `definition` is ECS's container definition with the task's overrides, `say` takes each line that it writes.
    """

    name: str
    definition: Mapping[str, Any]
    environment: Mapping[str, str]
    labels: Mapping[str, str]
    say: Callable[[bytes], None] = field(compare=False)
    host_network: bool = False


@dataclass(frozen=True)
class Started:
    """A running container; `bindings` as DescribeTasks shows networkBindings."""

    id: str
    bindings: list[dict[str, Any]] = field(default_factory=list)
    address: str = ""
    image_digest: str = ""
    is_simulated: bool = False


class NotStarted(Exception):
    """The text is the stoppedReason, which starts with ECS's name of the error."""


@dataclass(frozen=True)
class Exit:
    code: int
    is_out_of_memory: bool = False


@dataclass(frozen=True)
class Listener:
    """Told of a container, by its name, from any thread: that it ended by itself, or that its health check judged."""

    exited: Callable[[str, Exit], None]
    judged: Callable[[str, str], None]


class Runtime(Protocol):
    def listen(self, listener: Listener) -> None:
        """Whom to tell. Called once, before anything is started."""

    def pull(self, image: str) -> str:
        """Make the image available and return its digest, if known. Raises NotStarted."""

    def start(self, container: Container) -> Started:
        """Run it. Raises NotStarted, and then nothing of it is left."""

    def stop(self, name: str, timeout: float) -> int | None:
        """SIGTERM, SIGKILL after `timeout` seconds, and away with it. The exit code, if it is known."""

    def close(self) -> None:
        """End every container of this launcher; nothing starts any more."""
