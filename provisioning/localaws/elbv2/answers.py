"""What a load balancer answers by itself: fixed responses, redirects and its own errors. Pure."""

import html
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, NamedTuple

from provisioning.localaws.elbv2.rules import Request


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes = b""


class Front(NamedTuple):
    """Where the client reached the listener: `base` is the path before the application's own, without a slash."""

    protocol: str
    port: int
    base: str


def failure(status: int, why: str) -> Answer:
    title = f"{status} {HTTPStatus(status).phrase}"
    page = f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{html.escape(why)}</p></body></html>"
    return Answer(status, [("content-type", "text/html; charset=utf-8"), ("server", "awselb/2.0")], page.encode())


def fixed(action: Mapping[str, Any]) -> Answer:
    config = action.get("FixedResponseConfig") or {}
    headers = [("content-type", config.get("ContentType") or "text/plain"), ("server", "awselb/2.0")]
    return Answer(int(config.get("StatusCode") or 200), headers, (config.get("MessageBody") or "").encode())


def redirect(action: Mapping[str, Any], request: Request, front: Front) -> Answer:
    config = action.get("RedirectConfig") or {}
    status = int(str(config.get("StatusCode") or "HTTP_302").removeprefix("HTTP_"))
    return Answer(status, [("location", _location(config, request, front)), ("server", "awselb/2.0")])


DEFAULTS = {"Protocol": "#{protocol}", "Host": "#{host}", "Port": "#{port}", "Path": "/#{path}", "Query": "#{query}"}


def _location(config: Mapping[str, Any], request: Request, front: Front) -> str:
    """As AWS writes it, with the port always; to the same listener by the address that the client knows it by."""
    facts = {
        "#{protocol}": front.protocol.lower(),
        "#{host}": request.host,
        "#{port}": str(front.port),
        "#{path}": request.path.removeprefix("/"),
        "#{query}": request.query,
    }
    said = {part: _filled(config.get(part) or default, facts) for part, default in DEFAULTS.items()}
    address = f"{said['Protocol'].lower()}://{said['Host']}:{said['Port']}"
    if address == f"{front.protocol.lower()}://{request.host}:{front.port}":
        address = front.base
    return address + said["Path"] + (f"?{said['Query']}" if said["Query"] else "")


def _filled(template: str, facts: Mapping[str, str]) -> str:
    for keyword, value in facts.items():
        template = template.replace(keyword, value)
    return template
