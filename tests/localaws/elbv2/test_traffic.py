"""The front of the load balancers, before real servers."""

import http.client
import socket
import threading
import time

import pytest

from tests.localaws.elbv2.balancer import Balancer, fixed, forward, path
from tests.localaws.elbv2.servers import Named, echoing, healthy_but
from tests.localaws.site import until

pytestmark = pytest.mark.localaws


def test_rules_choose_what_answers(balancer: Balancer):
    balancer.rule(fixed(200, "shop"), path("/shop/*"), priority=10)
    balancer.rule(fixed(201, "basket"), path("/shop/basket"), priority=5)
    balancer.rule(fixed(202, "host"), {"Field": "host-header", "Values": ["*.example.com"]}, priority=20)
    query = {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "beta", "Value": "1"}]}}
    balancer.rule(fixed(203, "query"), query, priority=30)
    header = {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Team", "Values": ["red*"]}}
    balancer.rule(fixed(206, "header"), header, priority=40)

    assert balancer.ask("/shop/1") == (200, "shop")
    assert balancer.ask("/shop/basket") == (201, "basket")
    assert balancer.ask("/x", Host="www.example.com:80") == (202, "host")
    assert balancer.ask("/x?beta=1") == (203, "query")
    assert balancer.ask("/x", X_Team="reddish") == (206, "header")
    assert balancer.ask("/x") == (404, "nothing here")
    assert balancer.ask("") == (404, "nothing here")


@pytest.mark.parametrize(
    ("config", "status", "location"),
    [
        ({"Path": "/new/#{path}", "StatusCode": "HTTP_301"}, 301, "{base}/new/old?a=1"),
        ({"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_302"}, 302, "https://127.0.0.1:443/old?a=1"),
        (
            {"Host": "www.example.com", "Query": "b=2", "StatusCode": "HTTP_302"},
            302,
            "http://www.example.com:80/old?b=2",
        ),
    ],
)
def test_a_redirect_is_put_together_from_the_request(
    balancer: Balancer, config: dict[str, str], status: int, location: str
):
    balancer.rule({"Type": "redirect", "RedirectConfig": config})
    connection = balancer.connect()
    connection.request("GET", f"{balancer.base}/old?a=1")

    said = connection.getresponse()

    assert (said.status, said.headers["Location"]) == (status, location.format(base=balancer.base))


def test_a_target_gets_the_request_as_it_was_sent_and_where_it_came_from(balancer: Balancer):
    with echoing() as port:
        balancer.behind(port)

        status, said = balancer.ask("/a%2Fb/c?d=%20e&d=f", "POST", "the body", X_Forwarded_For="10.1.1.1", X_Own="1")

    head, _, body = said.partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    assert (status, first, body) == (200, "POST /a%2Fb/c?d=%20e&d=f HTTP/1.1", "the body")
    assert headers["x-forwarded-for"] == "10.1.1.1, 127.0.0.1"
    assert (headers["x-forwarded-proto"], headers["x-forwarded-port"]) == ("http", "80")
    assert headers["x-amzn-trace-id"].startswith("Root=1-")
    assert (headers["host"], headers["x-own"], headers["content-length"]) == ("127.0.0.1", "1", "8")


def test_a_body_of_unknown_length_is_passed_on_in_chunks(balancer: Balancer):
    with echoing() as port:
        balancer.behind(port)

        _, said = balancer.ask("/", "PUT", iter([b"one", b"two"]))

    assert "transfer-encoding: chunked" in said.lower()
    assert said.partition("\r\n\r\n")[2] == "3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"


def test_a_large_body_reaches_the_target_and_comes_back(balancer: Balancer):
    sent = "x" * 3_000_000
    with echoing() as port:
        balancer.behind(port)

        status, said = balancer.ask("/", "POST", sent)

    assert (status, said.partition("\r\n\r\n")[2] == sent) == (200, True)


def test_a_request_s_body_and_an_answer_are_streamed(balancer: Balancer):
    """The target answers part by part while the client still sends."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while b"end" not in (heard := connection.recv(1000)):
            part = heard.strip()[-5:]
            connection.sendall(b"%x\r\n%s\r\n" % (len(part), part))
        connection.sendall(b"0\r\n\r\n")

    with healthy_but(talk) as port:
        balancer.behind(port)
        with (
            socket.create_connection(("127.0.0.1", balancer.port), timeout=60) as client,
            client.makefile("rwb") as stream,
        ):
            stream.write(f"POST {balancer.base}/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
            stream.flush()
            assert stream.readline() == b"HTTP/1.1 200 OK\r\n"
            for word in (b"first", b"again"):
                stream.write(b"5\r\n%s\r\n" % word)
                stream.flush()
                until(lambda word=word: word in stream.readline())
            stream.write(b"3\r\nend\r\n0\r\n\r\n")
            stream.flush()
            until(lambda: stream.readline() == b"0\r\n")


def test_a_connection_is_kept_for_the_next_request(balancer: Balancer):
    with Named("one").running() as port:
        balancer.behind(port)
        connection = balancer.connect()
        connection.connect()
        own = connection.sock

        for _ in range(5):
            connection.request("GET", f"{balancer.base}/")
            assert connection.getresponse().read() == b"one"
            assert connection.sock is own


def test_the_answer_s_headers_are_passed_on_without_those_of_one_connection(balancer: Balancer):
    said = (
        b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nKeep-Alive: timeout=5\r\nContent-Length: 0\r\n\r\n"
    )
    with healthy_but(lambda connection: connection.sendall(said)) as port:
        balancer.behind(port)
        connection = balancer.connect()
        connection.request("GET", f"{balancer.base}/")

        headers = connection.getresponse().headers

    assert headers.get_all("Set-Cookie") == ["a=1", "b=2"]
    assert (headers["Keep-Alive"], headers["Date"][-3:]) == (None, "GMT")


def test_load_balancers_of_the_same_name_in_two_accounts_do_not_meet(balancer: Balancer):
    other = Balancer(balancer.port, account="222222222222", name=balancer.name)
    balancer.rule(fixed(200, "ours"))
    with Named("theirs").running() as port:
        other.behind(port)

        assert balancer.ask("/") == (200, "ours")
        assert other.ask("/") == (200, "theirs")
        explicit = f"/_alb/{balancer.account}/{balancer.name}/"
        connection = balancer.connect()
        connection.request("GET", explicit)
        assert connection.getresponse().read() == b"ours"


def test_an_unknown_load_balancer_is_a_404_that_says_what_to_look_at(balancer: Balancer):
    connection = balancer.connect()
    connection.request("GET", "/_alb/222222222222/no-such/")

    said = connection.getresponse()

    assert said.status == 404
    assert b"no load balancer of this name" in said.read()


def test_a_client_that_leaves_ends_the_request_to_its_target(balancer: Balancer):
    ended = threading.Event()

    def wait(connection: socket.socket) -> None:
        if connection.recv(1) == b"":
            ended.set()

    with healthy_but(wait) as port:
        balancer.behind(port)
        with socket.create_connection(("127.0.0.1", balancer.port)) as client:
            client.sendall(f"GET {balancer.base}/ HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            time.sleep(0.3)

        assert ended.wait(20)


@pytest.mark.parametrize("behind", ["nothing", "a group without targets", "a target that refuses"])
def test_a_connection_stays_open_when_the_body_comes_after_its_answer_is_known(balancer: Balancer, behind: str):
    with Named("here").running() as port:
        if behind == "a target that refuses":
            balancer.behind(port)
    if behind == "a group without targets":
        balancer.rule(forward(balancer.group()))
    head = f"POST {balancer.base}/ HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n".encode()
    statuses = []
    assert balancer.listener
    with socket.create_connection(("127.0.0.1", balancer.port)) as client:
        for _ in range(3):
            client.sendall(head)
            time.sleep(0.3)
            client.sendall(b"late")
            said = http.client.HTTPResponse(client, method="POST")
            said.begin()
            said.read()
            statuses.append(said.status)

    assert len(statuses) == 3
    assert set(statuses) <= ({404} if behind == "nothing" else {502, 503})


def test_the_front_is_as_strict_with_header_names_as_targets_are(balancer: Balancer):
    """A header that a target could take for another must not get through."""
    with echoing() as port:
        balancer.behind(port)
        with socket.create_connection(("127.0.0.1", balancer.port)) as client:
            sent = f"GET {balancer.base}/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n"
            client.sendall(sent.encode())

            assert client.recv(65536).split()[1] == b"400"
