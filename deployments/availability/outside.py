"""One question to a public address, as anybody on the internet would ask it. Knows no models.

Nothing is followed and no body is read: the first line of the answer says all. The name is looked up once, and the
address found is the one asked, so that a name cannot lead into the portal's own network.
"""

import ipaddress
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from threading import Timer
from urllib.parse import urlsplit

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

SECONDS = 5.0  # for the whole question, connecting included
BROKEN = 500  # from here on it is an answer of somebody who cannot answer
PORTS = {"http": 80, "https": 443}
USER_AGENT = "in4it-portal-availability"


@dataclass(frozen=True)
class Address:
    """Where a service answers: the load balancer's URL with the path, and the host that the load balancer goes by."""

    url: str
    host: str = ""


def answers(address: Address, *, allow_local: bool = False) -> bool:
    """Whether somebody answers there within SECONDS, with anything that is no failure of the server (5xx)."""
    try:
        return _status(address, allow_local) < BROKEN
    except (HTTPError, HTTPException, OSError, ValueError):
        return False


def _status(address: Address, allow_local: bool) -> int:
    began = time.monotonic()
    connection = _connection(address.url, allow_local)
    parts = urlsplit(address.url)
    with _cut_off(connection, began):
        connection.connect()
        headers = {"Host": address.host or parts.netloc, "User-Agent": USER_AGENT, "Connection": "close"}
        connection.request("GET", parts.path or "/", headers=headers, preload_content=False)
        return connection.getresponse().status


@contextmanager
def _cut_off(connection: HTTPConnection, began: float) -> Iterator[None]:
    """Ends the connection when the time is up: a timeout of the socket begins anew with each byte that drips in."""
    timer = Timer(max(0.1, SECONDS - (time.monotonic() - began)), _hang_up, (connection,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        connection.close()


def _hang_up(connection: HTTPConnection) -> None:
    held = connection.sock
    if held is not None:
        try:
            held.shutdown(socket.SHUT_RDWR)
        except OSError:
            return  # it has ended by itself


def _connection(url: str, allow_local: bool) -> HTTPConnection:
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError(f"not an address of a website: {url}")
    port = parts.port or PORTS[parts.scheme]
    found = _looked_up(parts.hostname, port, allow_local)
    if parts.scheme == "https":
        name = parts.hostname
        return HTTPSConnection(found, port, timeout=SECONDS, server_hostname=name, assert_hostname=name)
    return HTTPConnection(found, port, timeout=SECONDS)


def _looked_up(name: str, port: int, allow_local: bool) -> str:
    """The first public address of the name. Loopback counts with a local AWS only; what is linked or private never."""
    for *_, place in socket.getaddrinfo(name, port, type=socket.SOCK_STREAM):
        address = ipaddress.ip_address(place[0])
        if address.is_global or (allow_local and address.is_loopback):
            return str(address)
    raise ValueError(f"{name} has no public address")
