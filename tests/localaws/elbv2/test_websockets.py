"""Websockets through the load balancer, to real servers."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.localaws.elbv2.balancer import Balancer
from tests.localaws.elbv2.servers import OK, answer, head_of, healthy_but, serving
from tests.localaws.elbv2.wsclient import BINARY, CLOSE, PING, PONG, TEXT, Frame, Peer, accept, connect
from tests.localaws.site import until

pytestmark = pytest.mark.localaws


@contextmanager
def websockets(talk: Callable[[bytes, Peer], None], *headers: str) -> Iterator[int]:
    """A server that accepts every websocket and does `talk` with it; its health check passes."""

    def handle(connection: socket.socket) -> None:
        head = head_of(connection)
        if head.startswith(b"GET /health "):
            connection.sendall(OK)
        else:
            talk(head, accept(connection, head, *headers))

    with serving(handle) as port:
        yield port


def echo(head: bytes, peer: Peer) -> None:
    """Until the other side closes, which is answered."""
    while True:
        frame = peer.receive()
        peer.send(frame.payload, frame.opcode)
        if frame.opcode == CLOSE:
            return


def test_messages_pass_both_ways(balancer: Balancer):
    with websockets(echo) as port:
        balancer.behind(port)
        head, client = connect(balancer.port, f"{balancer.base}/chat")

        assert head.startswith(b"HTTP/1.1 101 ")
        client.send(b"hello")
        assert client.receive() == Frame(TEXT, b"hello")
        client.send(bytes(range(256)) * 100, BINARY)
        assert client.receive() == Frame(BINARY, bytes(range(256)) * 100)


def test_a_message_in_parts_arrives_whole(balancer: Balancer):
    with websockets(echo) as port:
        balancer.behind(port)
        _, client = connect(balancer.port, f"{balancer.base}/")

        client.send("grüß ".encode(), TEXT, final=False)
        client.send(b"dich", 0)

        assert client.receive() == Frame(TEXT, "grüß dich".encode())


def test_the_target_sees_path_query_protocols_and_headers(balancer: Balancer):
    with websockets(lambda head, peer: peer.send(head), "Sec-WebSocket-Protocol: v2", "X-Own: 1") as port:
        balancer.behind(port)
        asked = ("Sec-WebSocket-Protocol: v1, v2", "Origin: http://a.example", "Cookie: a=1")
        head, client = connect(balancer.port, f"{balancer.base}/chat?room=1", *asked)

        seen = client.receive().payload.decode().lower()

    assert b"sec-websocket-protocol: v2" in head.lower()
    assert b"x-own: 1" in head.lower()
    assert seen.startswith("get /chat?room=1 http/1.1\r\nhost: a.example\r\n")
    for line in ("sec-websocket-protocol: v1, v2", "origin: http://a.example", "cookie: a=1", "x-forwarded-for: 127."):
        assert f"\r\n{line}" in seen


def test_a_target_s_ping_is_answered(balancer: Balancer):
    def ping(head: bytes, peer: Peer) -> None:
        peer.send(b"are you there", PING)
        answered = peer.receive()
        peer.send(answered.payload if answered.opcode == PONG else b"no")

    with websockets(ping) as port:
        balancer.behind(port)
        _, client = connect(balancer.port, f"{balancer.base}/")

        assert client.receive() == Frame(TEXT, b"are you there")


def test_the_target_s_closing_reaches_the_client(balancer: Balancer):
    with websockets(lambda head, peer: peer.close(4001)) as port:
        balancer.behind(port)
        _, client = connect(balancer.port, f"{balancer.base}/")

        frame = client.receive()

    assert (frame.opcode, frame.code) == (CLOSE, 4001)


def test_the_client_s_leaving_reaches_the_target(balancer: Balancer):
    heard: list[Frame] = []
    with websockets(lambda head, peer: heard.append(peer.receive())) as port:
        balancer.behind(port)
        _, client = connect(balancer.port, f"{balancer.base}/")

        client.close()

        until(lambda: heard)
    assert heard[0].opcode == CLOSE


def test_a_target_that_vanishes_is_told_as_an_error(balancer: Balancer):
    with websockets(lambda head, peer: None) as port:
        balancer.behind(port)
        _, client = connect(balancer.port, f"{balancer.base}/")

        frame = client.receive()

    assert (frame.opcode, frame.code) == (CLOSE, 1011)


def test_a_refused_handshake_is_passed_on(balancer: Balancer):
    refused = answer("403 Forbidden", "not you", X_Why="no cookie")
    with healthy_but(lambda connection: connection.sendall(refused)) as port:
        balancer.behind(port)
        head, _ = connect(balancer.port, f"{balancer.base}/")

    assert head.startswith(b"HTTP/1.1 403 ")
    assert b"x-why: no cookie" in head.lower()


def test_a_handshake_that_the_target_does_not_answer_is_a_502(balancer: Balancer):
    with healthy_but(lambda connection: None) as port:
        balancer.behind(port)
        head, _ = connect(balancer.port, f"{balancer.base}/")

    assert head.startswith(b"HTTP/1.1 502 ")


def test_what_no_rule_takes_is_answered_by_the_load_balancer(balancer: Balancer):
    assert balancer.listener

    head, _ = connect(balancer.port, f"{balancer.base}/")

    assert head.startswith(b"HTTP/1.1 404 ")


def test_when_its_target_leaves_a_websocket_is_closed_cleanly_and_a_new_one_goes_to_another(balancer: Balancer):
    with websockets(echo) as leaving, websockets(echo) as staying:
        group = balancer.behind(leaving)
        _, client = connect(balancer.port, f"{balancer.base}/")
        balancer.register(group, staying)

        balancer.deregister(group, leaving)

        client.send(b"still here")
        assert client.receive() == Frame(TEXT, b"still here")
        frame = client.receive()
        assert (frame.opcode, frame.code) == (CLOSE, 1001)
        _, again = connect(balancer.port, f"{balancer.base}/")
        again.send(b"back")
        assert again.receive() == Frame(TEXT, b"back")
        until(lambda: list(balancer.states(group)) == [staying])


def test_an_idle_websocket_stays_open(balancer: Balancer):
    """Pings of the client end at the front, so that silence does not tell an idle websocket from a dead one."""
    attributes = [{"Key": "idle_timeout.timeout_seconds", "Value": "1"}]
    balancer.elb.modify_load_balancer_attributes(LoadBalancerArn=balancer.arn, Attributes=attributes)
    with websockets(echo) as port:
        balancer.behind(port)
        _, client = connect(balancer.port, f"{balancer.base}/")

        time.sleep(2)

        client.send(b"hello")
        assert client.receive() == Frame(TEXT, b"hello")
