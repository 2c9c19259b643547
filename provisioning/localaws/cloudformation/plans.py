"""Change sets that leave out what a condition leaves out, as AWS's do: stock MiniStack plans it and never makes it."""

from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import changesets

from provisioning.localaws.checks import Reaches

REACHES = (
    Reaches("ministack.services.cloudformation.changesets", ("_resolve_props_for_diff", "_evaluate_conditions")),
)


def install() -> None:
    """Compare only the resources whose condition holds."""
    changesets._resolve_props_for_diff = _conditional(changesets._resolve_props_for_diff)


def _conditional(original: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    def resolved(template: dict[str, Any], params: dict[str, Any], *where: str) -> dict[str, Any]:
        found = original(template, params, *where)
        holds = changesets._evaluate_conditions(template, params) if template else {}
        wanted = found.get("Resources", {}).items()
        return {**found, "Resources": {name: one for name, one in wanted if holds.get(one.get("Condition"), True)}}

    return resolved
