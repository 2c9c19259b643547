"""The headers that a load balancer adds, changes and takes away. Pure; names are lower case."""

import secrets
import time
from collections.abc import Iterable, Mapping
from email.utils import formatdate

from provisioning.localaws.elbv2.answers import Front

Headers = list[tuple[str, str]]

# They concern one connection, not the message (RFC 9110, 7.6.1); the server in front has dealt with `expect`.
HOP_BY_HOP = {
    *("connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "te", "trailer"),
    *("transfer-encoding", "upgrade", "expect"),
}
DEFAULT_PORTS = (80, 443)


def without_hop_by_hop(headers: Headers) -> Headers:
    named = {part.strip().lower() for name, value in headers if name == "connection" for part in value.split(",")}
    return [(name, value) for name, value in headers if name not in HOP_BY_HOP | named]


def to_client(headers: Headers) -> list[tuple[bytes, bytes]]:
    """What the client gets, for ASGI. A load balancer puts its own date in the place of the target's."""
    kept = [each for each in without_hop_by_hop(headers) if each[0] != "date"]
    return [
        (name.encode("latin-1"), value.encode("latin-1")) for name, value in [*kept, ("date", formatdate(usegmt=True))]
    ]


def decoded(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    return [(bytes(name).decode("latin-1").lower(), bytes(value).decode("latin-1")) for name, value in headers]


def to_target(headers: Headers, front: Front, client: str, attributes: Mapping[str, str]) -> Headers:
    """What the target gets, with where the request came from. `attributes` are the load balancer's."""
    kept = [each for each in without_hop_by_hop(headers) if each[0] not in _REPLACED]
    sent = dict(headers)
    added = [
        ("host", _host(sent.get("host", ""), front, attributes)),
        *_forwarded_for(_values(headers, "x-forwarded-for"), client, attributes),
        ("x-forwarded-proto", front.protocol.lower()),
        ("x-forwarded-port", str(front.port)),
        ("x-amzn-trace-id", _trace(sent.get("x-amzn-trace-id", ""))),
    ]
    return added + kept


_REPLACED = ("host", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-port", "x-amzn-trace-id")


def _values(headers: Iterable[tuple[str, str]], wanted: str) -> list[str]:
    return [value for name, value in headers if name == wanted]


def _host(sent: str, front: Front, attributes: Mapping[str, str]) -> str:
    """Without the client's port on a usual listener port, otherwise with the listener's."""
    if attributes.get("routing.http.preserve_host_header.enabled") == "true":
        return sent
    name, colon, port = sent.rpartition(":")
    name = name if colon and port.isdigit() else sent
    return name if front.port in DEFAULT_PORTS else f"{name}:{front.port}"


def _forwarded_for(sent: list[str], client: str, attributes: Mapping[str, str]) -> Headers:
    mode = attributes.get("routing.http.xff_header_processing.mode", "append")
    if mode == "remove":
        return []
    values = sent if mode == "preserve" and sent else [*sent, client]
    return [("x-forwarded-for", ", ".join(values))]


def _trace(sent: str) -> str:
    fields = [field for field in sent.split(";") if field and not field.startswith("Self=")]
    own = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    known = any(field.startswith("Root=") for field in fields)
    return ";".join([f"Self={own}" if known else f"Root={own}", *fields])
