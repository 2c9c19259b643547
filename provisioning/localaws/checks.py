"""The private names of MiniStack that the patches reach, checked before anything is patched."""

import importlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

MINISTACK_VERSION = "1.5.33"


@dataclass(frozen=True)
class Reaches:
    """What a patch uses of one module: dotted names below it, `_stacks.get` style paths included."""

    module: str
    names: tuple[str, ...]


class MismatchError(Exception):
    """The installed MiniStack is not the one that the patches were written for."""


def check(all_reached: Iterable[Reaches]) -> None:
    """Raise MismatchError, naming everything that differs, unless every patch finds what it needs."""
    problems = [*_version_problems(), *(name for reached in all_reached for name in _missing(reached))]
    if problems:
        raise MismatchError("; ".join(problems))


def _version_problems() -> list[str]:
    try:
        found = version("ministack")
    except PackageNotFoundError:
        return ["ministack is not installed"]
    return [] if found == MINISTACK_VERSION else [f"ministack is {found}, the patches need {MINISTACK_VERSION}"]


def _missing(reached: Reaches) -> list[str]:
    try:
        module = importlib.import_module(reached.module)
    except ImportError as error:
        return [f"{reached.module} cannot be imported ({error})"]
    return [f"{reached.module}.{name} is missing" for name in reached.names if not _has(module, name)]


def _has(owner: object, dotted: str) -> bool:
    for part in dotted.split("."):
        if not hasattr(owner, part):
            return False
        owner = getattr(owner, part)
    return True
