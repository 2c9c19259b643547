"""The load balancer sends traffic to healthy targets only, and a target that leaves finishes what it was given."""

import html
import random
import threading
import time
from collections import Counter
from typing import Any, NamedTuple

from ministack.core.responses import StreamingResponse
from ministack.services import alb

from provisioning.localaws.checks import Reaches
from provisioning.localaws.health import BOARD, Key, key_of
from provisioning.localaws.simulated import SIMULATED
from provisioning.localaws.verdicts import State

REACHES = (
    Reaches("ministack.core.responses", ("StreamingResponse",)),
    Reaches(
        "ministack.services.alb",
        (
            "_forward_to_tg",
            "_proxy_http_target",
            "_describe_target_health",
            "_parse_targets_param",
            "_ACTION_MAP",
            "_targets",
            "_tgs",
            "_error",
            "_p",
            "_xml",
        ),
    ),
)

LONGEST_DRAIN = 10.0  # seconds; AWS waits for the deregistration delay, 300 by default

Target = dict[str, Any]


class Request(NamedTuple):
    """The arguments that MiniStack hands to `_forward_to_tg` after the target group, in its order."""

    method: str
    path: str
    headers: Any
    body: Any
    params: Any
    query: str | None = None
    raw_path: str | None = None


_in_flight: Counter[Key] = Counter()
_choosing = threading.Lock()

REASONS = {State.INITIAL: "Elb.RegistrationInProgress", State.UNHEALTHY: "Target.FailedHealthChecks"}


def install() -> None:
    original = alb._forward_to_tg

    async def forward(group_arn: str, *request: Any) -> Any:
        group = alb._tgs.get(group_arn)
        if not group or group.get("TargetType") == "lambda" or not alb._targets.get(group_arn):
            return await original(group_arn, *request)
        return await _forward(group_arn, group, Request(*request))

    alb._forward_to_tg = forward
    alb._describe_target_health = _describe_target_health
    alb._ACTION_MAP["DescribeTargetHealth"] = _describe_target_health


async def _forward(group_arn: str, group: Any, request: Request) -> Any:
    target = _take(group_arn)
    if target is None:
        return _unavailable("no target of this service is ready")
    key = key_of(group_arn, target)
    if target["Id"] == SIMULATED:
        _give_back(key)
        return _unavailable("this service is simulated: without a Docker engine only the sample application runs")
    try:
        response = await alb._proxy_http_target(
            target,
            group,
            request.method,
            request.raw_path or request.path,
            request.headers,
            request.body,
            request.params,
            request.query,
        )
    except BaseException:
        _give_back(key)
        raise
    return _releasing(response, key)


def _unavailable(why: str) -> tuple[int, dict[str, str], bytes]:
    page = f"<html><body><h1>503 Service Temporarily Unavailable</h1><p>{html.escape(why)}</p></body></html>"
    return 503, {"Content-Type": "text/html"}, page.encode()


def _take(group_arn: str) -> Target | None:
    """Choose a target and count the request, in one step that `drain` cannot come between.

    Healthy ones first; with none, any that has been judged, because AWS fails open too.
    """
    with _choosing:
        registered = alb._targets.get(group_arn, [])
        states = [(target, BOARD.verdict(key_of(group_arn, target)).state) for target in registered]
        healthy = [target for target, state in states if state is State.HEALTHY]
        candidates = healthy or [target for target, state in states if state is State.UNHEALTHY]
        if not candidates:
            return None
        chosen: Target = random.choice(candidates)  # noqa: S311 - spreading load is no secret
        _in_flight[key_of(group_arn, chosen)] += 1
        return chosen


def _give_back(key: Key) -> None:
    with _choosing:
        _in_flight[key] -= 1
        if _in_flight[key] <= 0:
            del _in_flight[key]


def _releasing(response: Any, key: Key) -> Any:
    """The response, giving the target back when its body has gone out."""
    status, headers, body = response
    if not isinstance(body, StreamingResponse):
        _give_back(key)
        return response

    async def run(send: Any, receive: Any) -> None:
        try:
            await body.runner(send, receive)
        finally:
            _give_back(key)

    return status, headers, StreamingResponse(run)


def drain(keys: list[Key]) -> None:
    """Wait until deregistered targets have answered what they were given. Call it off the event loop."""
    deadline = time.monotonic() + LONGEST_DRAIN
    while time.monotonic() < deadline:
        with _choosing:
            if not any(_in_flight[key] for key in keys):
                return
        time.sleep(0.02)


def _describe_target_health(params: Any) -> Any:
    arn = alb._p(params, "TargetGroupArn")
    if arn not in alb._tgs:
        return alb._error("TargetGroupNotFound", f"Target group '{arn}' not found.")
    asked = {target["Id"] for target in alb._parse_targets_param(params)}
    targets = [target for target in alb._targets.get(arn, []) if not asked or target["Id"] in asked]
    described = "".join(_target_xml(arn, target) for target in targets)
    return alb._xml(200, "DescribeTargetHealth", f"<TargetHealthDescriptions>{described}</TargetHealthDescriptions>")


def _target_xml(arn: str, target: Target) -> str:
    key = key_of(arn, target)
    verdict = BOARD.verdict(key)
    reason = f"<Reason>{REASONS[verdict.state]}</Reason>" if verdict.state in REASONS else ""
    words = f"<Description>{html.escape(verdict.reason)}</Description>" if verdict.reason else ""
    return (
        f"<member><Target><Id>{key[1]}</Id><Port>{key[2]}</Port></Target>"
        f"<TargetHealth><State>{verdict.state.value}</State>{reason}{words}</TargetHealth></member>"
    )
