"""What the engine keeps in mind beside the stores: one lock, which tasks are not gone yet, and whom to look at."""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from provisioning.localaws.ecs import store
from provisioning.localaws.ecs.names import ServiceKey, cluster_name, scope_of
from provisioning.localaws.ecs.records import Record


def service_key(task: Record) -> ServiceKey | None:
    """The service of a task; None for one that was run by itself."""
    kind, _, name = task.get("group", "").partition(":")
    if kind != "service":
        return None
    return ServiceKey(scope_of(task["taskArn"]), cluster_name(task["clusterArn"]), name)


class Board:
    """Every change of a record happens under `lock`, which is never held while a container starts or stops."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._changed = threading.Condition()  # of its own: load balancers tell us while they hold a lock of theirs
        self._touched: set[ServiceKey] = set()
        self._tasks: dict[ServiceKey | None, dict[str, Record]] = defaultdict(dict)

    def tasks(self, key: ServiceKey | None) -> list[Record]:
        """The service's tasks that are not STOPPED, oldest first."""
        return list(self._tasks[key].values())

    @contextmanager
    def service_of(self, task: Record) -> Iterator[Record | None]:
        """The task's service, under the lock and looked at again afterwards."""
        key = service_key(task)
        with self.lock:
            yield store.service(key) if key else None
            self.touch(key)

    def add(self, task: Record) -> None:
        with self.lock:
            store.put_task(task)
            self._tasks[service_key(task)][task["taskArn"]] = task

    def remove(self, task: Record) -> None:
        with self.lock:
            self._tasks[service_key(task)].pop(task["taskArn"], None)

    def touch(self, key: ServiceKey | None) -> None:
        """Have the scheduler look at the service at once. Takes no lock that anything else waits for."""
        if key is None:
            return
        with self._changed:
            self._touched.add(key)
            self._changed.notify_all()

    def take(self, seconds: float) -> set[ServiceKey]:
        """The services to look at now; waits up to `seconds` for one."""
        with self._changed:
            if not self._touched:
                self._changed.wait(seconds)
            taken, self._touched = self._touched, set()
            return taken
