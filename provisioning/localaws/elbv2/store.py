"""MiniStack's stores of load balancers, listeners, rules and target groups: the one place that reaches them."""

import os
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from xml.sax.saxutils import unescape

from ministack.core.responses import request_scope
from ministack.services import alb

from provisioning.localaws.checks import Reaches
from provisioning.localaws.elbv2.wire import Refusal

REACHES = (
    Reaches("ministack.core.responses", ("request_scope",)),
    Reaches("ministack.services.alb", ("_ACTION_MAP", "_lbs", "_listeners", "_rules", "_tgs")),
)

Record = dict[str, Any]
Action = Callable[[Mapping[str, Any]], tuple[int, dict[str, str], bytes]]

_ministack_s_own: dict[str, Action] = dict(alb._ACTION_MAP)

ARN_PARTS = 6
DEFAULT_DELAY = 300.0  # seconds, as on AWS


def scope_of(arn: str) -> tuple[str, str]:
    """Account and region of an ARN; empty for what is none, where nothing is found then."""
    parts = arn.split(":", 5)
    return (parts[4], parts[3]) if len(parts) == ARN_PARTS else ("", "")


def own_account() -> str:
    """The account that unsigned traffic belongs to."""
    return os.environ.get("MINISTACK_ACCOUNT_ID", "000000000000")


def load_balancer(account: str, name: str) -> Record | None:
    """By name, which AWS keeps unique in a region; the first made of several regions."""
    records = [record for (owner, _, _), record in alb._lbs.all_items() if owner == account]
    return next((record for record in records if record["LoadBalancerName"].lower() == name.lower()), None)


def listener(load_balancer_arn: str) -> Record | None:
    """The one that answers here: of port 80, or else of the lowest."""
    own = listeners_of(load_balancer_arn)
    return min(own, key=lambda record: (record["Port"] != 80, record["Port"]), default=None)


def listeners_of(load_balancer_arn: str) -> list[Record]:
    records = alb._listeners.values_scoped(*scope_of(load_balancer_arn))
    return [record for record in records if record["LoadBalancerArn"] == load_balancer_arn]


def all_listeners() -> list[Record]:
    """Those of the account and region of the API call that is being answered."""
    return list(alb._listeners.values())


def find_listener(arn: str) -> Record | None:
    """Of the account and region of the API call that is being answered."""
    found: Record | None = alb._listeners.get(arn)
    return found


def rules(listener_arn: str) -> list[Record]:
    records = alb._rules.values_scoped(*scope_of(listener_arn))
    return [record for record in records if record["ListenerArn"] == listener_arn]


def find_rule(arn: str) -> Record | None:
    """Of the account and region of the API call that is being answered."""
    found: Record | None = alb._rules.get(arn)
    return found


def target_group(arn: str) -> Record | None:
    group: Record | None = alb._tgs.get_scoped(*scope_of(arn), arn)
    return group


def all_target_groups() -> list[Record]:
    """Those of the account and region of the API call that is being answered."""
    return list(alb._tgs.values())


def find_target_group(arn: str) -> Record | None:
    """Of the account and region of the API call that is being answered."""
    found: Record | None = alb._tgs.get(arn)
    return found


def deregistration_delay(group_arn: str) -> float:
    """In seconds."""
    said = _attributes("DescribeTargetGroupAttributes", "TargetGroupArn", group_arn)
    return float(said.get("deregistration_delay.timeout_seconds") or DEFAULT_DELAY)


def load_balancer_attributes(arn: str) -> dict[str, str]:
    return _attributes("DescribeLoadBalancerAttributes", "LoadBalancerArn", arn)


def _attributes(action: str, parameter: str, arn: str) -> dict[str, str]:
    """As MiniStack's own API says them; none for what does not exist."""
    with request_scope(*scope_of(arn)):
        _, _, body = _ministack_s_own[action]({parameter: arn})
    pairs = [part.partition("</Key>") for part in body.decode().split("<Key>")[1:]]
    return {key: text_of(rest, "Value") for key, _, rest in pairs}


def ask_ministack(action: str, parameters: Mapping[str, Any]) -> str:
    """What MiniStack itself answers to the action. Raises Refusal for an error."""
    status, _, body = _ministack_s_own[action](parameters)
    said = body.decode()
    if status >= HTTPStatus.BAD_REQUEST:
        raise Refusal(text_of(said, "Code"), unescape(text_of(said, "Message"), {"&quot;": '"'}))
    return said


def text_of(said: str, name: str) -> str:
    """The text of the first such element. No parser: MiniStack does not escape what it was given, so some is no XML."""
    return said.partition(f"<{name}>")[2].partition(f"</{name}>")[0]


def replace_actions(actions: Mapping[str, Action]) -> None:
    alb._ACTION_MAP.update(actions)
