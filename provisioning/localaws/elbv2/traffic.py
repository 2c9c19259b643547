"""The front of every load balancer: an ASGI application for `/_alb/<account>/<load balancer>/...`.

`/_alb/<load balancer>/...` is the same for the account that unsigned traffic belongs to.
"""

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from provisioning.localaws.elbv2 import store
from provisioning.localaws.elbv2.answers import Answer, Front, failure, fixed, redirect
from provisioning.localaws.elbv2.body import Body
from provisioning.localaws.elbv2.headers import Headers, decoded, to_client, to_target
from provisioning.localaws.elbv2.registry import SIMULATED, Target
from provisioning.localaws.elbv2.rules import Request, actions_of, group_for, rule_for, weights_of
from provisioning.localaws.elbv2.targets import REGISTRY
from provisioning.localaws.elbv2.upstream import (
    BrokenError,
    Exchange,
    LateError,
    Outgoing,
    Receive,
    RefusedError,
    Send,
    open_to,
)
from provisioning.localaws.elbv2.websockets import Handshake, Tunnel

PREFIX = "/_alb/"
ACCOUNT_DIGITS = 12
IDLE_TIMEOUT = 60.0  # seconds, AWS's default
LOOK_AGAIN = 0.2  # seconds, at whether a websocket's target is leaving

Scope = Mapping[str, Any]


@dataclass(frozen=True)
class Visit:
    """A request that has found its listener."""

    scope: Scope
    front: Front
    request: Request
    attributes: Mapping[str, str]  # of the load balancer

    @property
    def headers(self) -> Headers:
        """What the target gets."""
        return to_target(list(self.request.headers), self.front, self.request.source, self.attributes)

    @property
    def target_path(self) -> str:
        return self.request.path + (f"?{self.request.query}" if self.request.query else "")


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one HTTP request, or pass one websocket through."""
    body = Body(receive)
    answer = await _handle(scope, body, send)
    if answer is not None:
        if scope["type"] == "http":
            await body.rest()
        await _answer(scope, send, answer)


async def _handle(scope: Scope, receive: Receive, send: Send) -> Answer | None:
    """What to answer, or None when a target has answered."""
    base, balancer, path = _locate(_raw_path(scope))
    if balancer is None:
        return failure(404, "There is no load balancer of this name. Look for its name and account in the address.")
    listener = store.listener(balancer["LoadBalancerArn"])
    if listener is None:
        return failure(503, "This load balancer has no listener yet.")
    visit = Visit(
        scope,
        Front(listener["Protocol"], int(listener["Port"]), base),
        _request(scope, path),
        store.load_balancer_attributes(balancer["LoadBalancerArn"]),
    )
    return await _perform(visit, store.rules(listener["ListenerArn"]), receive, send)


def _raw_path(scope: Scope) -> str:
    raw = scope.get("raw_path") or scope["path"].encode()
    return str(raw.decode("latin-1").partition("?")[0])


def _locate(path: str) -> tuple[str, store.Record | None, str]:
    """The path before the application's own, the load balancer, and the application's path."""
    first, *rest = path.removeprefix(PREFIX).split("/")
    if len(first) == ACCOUNT_DIGITS and first.isdecimal() and rest and rest[0]:
        balancer = store.load_balancer(first, rest[0])
        if balancer:
            return f"{PREFIX}{first}/{rest[0]}", balancer, "/" + "/".join(rest[1:])
    return PREFIX + first, store.load_balancer(store.own_account(), first), "/" + "/".join(rest)


def _request(scope: Scope, path: str) -> Request:
    return Request(
        method=scope.get("method", "GET"),
        path=path,
        query=scope.get("query_string", b"").decode("latin-1"),
        headers=tuple(decoded(scope["headers"])),
        source=(scope.get("client") or ("127.0.0.1",))[0],
    )


async def _perform(visit: Visit, rules: list[store.Record], receive: Receive, send: Send) -> Answer | None:
    rule = rule_for(rules, visit.request)
    action = actions_of(rule)[-1] if rule and rule.get("Actions") else {}
    match action.get("Type"):
        case "fixed-response":
            return fixed(action)
        case "redirect":
            return redirect(action, visit.request, visit.front)
        case "forward":
            group = group_for(weights_of(action), random.random())  # noqa: S311 - spreading load is no secret
            if group is None:
                return failure(503, "All target groups of this rule have the weight 0.")
            return await _forward(visit, group, receive, send)
    return failure(501, "The local AWS cannot do what this rule says. It can forward, redirect and answer by itself.")


async def _forward(visit: Visit, group: str, receive: Receive, send: Send) -> Answer | None:
    """To the target whose turn it is.

    One that refuses the connection got nothing of the request, so the next has its turn: AWS answers 502 there, but
    takes longer to notice than a local clock allows for.
    """
    tried: set[Target] = set()
    while target := REGISTRY.take(group):
        try:
            if target.host == SIMULATED:
                return failure(503, "this service is simulated: without a Docker engine only the sample runs")
            if target in tried:
                return failure(502, "The target does not take connections.")
            await _pass_to(target, visit, receive, send)
            return None
        except RefusedError:
            tried.add(target)
        except BrokenError:
            return failure(502, "The target closed the connection before it answered.")
        except LateError:
            return failure(504, "The target did not answer in time.")
        finally:
            REGISTRY.give_back(target)
    return failure(503, "no target of this service is ready")


async def _pass_to(target: Target, visit: Visit, receive: Receive, send: Send) -> None:
    reader, writer = await open_to(target)
    if visit.scope["type"] == "websocket":
        handshake = _handshake(visit)
        await Tunnel(reader, writer).run(handshake, receive, send, partial(_leaving, target))
    else:
        await Exchange(reader, writer, _outgoing(visit)).run(receive, send)


def _outgoing(visit: Visit) -> Outgoing:
    chunked = bool(visit.request.header("transfer-encoding"))
    headers = [(name, value) for name, value in visit.headers if not (chunked and name == "content-length")]
    idle = float(visit.attributes.get("idle_timeout.timeout_seconds") or IDLE_TIMEOUT)
    return Outgoing(visit.request.method, visit.target_path.encode("latin-1"), headers, chunked, idle)


def _handshake(visit: Visit) -> Handshake:
    host = dict(visit.headers)["host"]
    kept = [(name, value) for name, value in visit.headers if name != "host" and not name.startswith("sec-websocket-")]
    return Handshake(host, visit.target_path, kept, list(visit.scope.get("subprotocols") or ()))


async def _leaving(target: Target) -> None:
    """Returns when the connections that the target still has must end."""
    while True:
        closes_at = REGISTRY.closes_at(target)
        if closes_at is not None and time.monotonic() >= closes_at:
            return
        await asyncio.sleep(LOOK_AGAIN)


async def _answer(scope: Scope, send: Send, answer: Answer) -> None:
    kind = "websocket.http.response" if scope["type"] == "websocket" else "http.response"
    headers = to_client([*answer.headers, ("content-length", str(len(answer.body)))])
    await send({"type": f"{kind}.start", "status": answer.status, "headers": headers})
    await send({"type": f"{kind}.body", "body": answer.body, "more_body": False})
