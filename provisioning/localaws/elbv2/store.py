"""MiniStack's stores of load balancers, listeners, rules and target groups: the one place that reaches them."""

from typing import Any
from xml.etree import ElementTree

from ministack.core.responses import request_scope
from ministack.services import alb

from provisioning.localaws.checks import Reaches

REACHES = (
    Reaches("ministack.core.responses", ("request_scope", "get_account_id", "get_region")),
    Reaches("ministack.services.alb", ("_ACTION_MAP", "_lbs", "_listeners", "_rules", "_tgs")),
)

Record = dict[str, Any]
DEFAULT_DELAY = 300.0  # seconds, as on AWS


def scope_of(arn: str) -> tuple[str, str]:
    """Account and region of an ARN."""
    _, _, _, region, account, _ = arn.split(":", 5)
    return account, region


def target_group(arn: str) -> Record | None:
    group: Record | None = alb._tgs.get_scoped(*scope_of(arn), arn)
    return group


def deregistration_delay(group_arn: str) -> float:
    """In seconds."""
    said = _attributes("DescribeTargetGroupAttributes", "TargetGroupArn", group_arn)
    return float(said.get("deregistration_delay.timeout_seconds") or DEFAULT_DELAY)


def _attributes(action: str, parameter: str, arn: str) -> dict[str, str]:
    """As MiniStack's own API says them; none for what does not exist."""
    with request_scope(*scope_of(arn)):
        _, _, body = alb._ACTION_MAP[action]({parameter: arn})
    pairs = ElementTree.fromstring(body).iterfind(".//{*}Attributes/{*}member")  # noqa: S314 - written by this process
    return {pair.findtext("{*}Key", ""): pair.findtext("{*}Value", "") for pair in pairs}
