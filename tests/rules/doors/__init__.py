"""Every door of every app."""

from importlib import import_module
from pkgutil import iter_modules

from tests.rules.table import Door

DOORS: list[Door] = [
    door for module in iter_modules(__path__) for door in import_module(f"{__name__}.{module.name}").DOORS
]
