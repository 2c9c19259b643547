"""The front of the load balancers, before real servers."""

import socket
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.localaws.elbv2.balancer import Balancer, fixed, forward, path, weighted
from tests.localaws.elbv2.servers import Named, answer, echoing, free_port, healthy_but, saying
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


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (answer("500 Internal Server Error", "oh"), 500),
        (b"", 502),
        (b"SSH-2.0-OpenSSH_9.6\r\n", 502),
        (b"HTTP/1.1 200 OK\r\nContent-Le", 502),
    ],
)
def test_a_target_that_fails(balancer: Balancer, said: bytes, status: int):
    with healthy_but(lambda connection: connection.sendall(said)) as port:
        balancer.behind(port)

        assert balancer.ask("/")[0] == status


def test_an_answer_that_stops_half_way_is_left_incomplete(balancer: Balancer):
    said = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"
    with healthy_but(lambda connection: connection.sendall(said)) as port:
        balancer.behind(port)
        with socket.create_connection(("127.0.0.1", balancer.port)) as client:
            client.sendall(f"GET {balancer.base}/ HTTP/1.1\r\nHost: a\r\n\r\n".encode())
            received = b"".join(iter(lambda: client.recv(65536), b""))

    assert received.endswith(b"only this")


def test_a_target_that_does_not_answer_in_time_is_a_504(balancer: Balancer):
    attributes = [{"Key": "idle_timeout.timeout_seconds", "Value": "1"}]
    balancer.elb.modify_load_balancer_attributes(LoadBalancerArn=balancer.arn, Attributes=attributes)
    with Named("late", slow=20).running() as port:
        balancer.behind(port)

        assert balancer.ask("/slow")[0] == 504


def test_a_body_is_never_sent_twice(balancer: Balancer):
    posts: list[int] = []
    with ExitStack() as stack:
        ports = [stack.enter_context(healthy_but(lambda connection: posts.append(1))) for _ in range(2)]
        balancer.behind(*ports)

        assert balancer.ask("/", "POST", "pay")[0] == 502

    assert posts == [1]


def test_a_target_that_refuses_the_connection_leaves_the_request_to_the_next(balancer: Balancer):
    with Named("two").running() as two:
        with Named("one").running() as one:
            balancer.behind(one, two)

        assert {balancer.ask("/", "POST", "pay") for _ in range(4)} == {(200, "two")}


def test_without_targets_there_is_a_503(balancer: Balancer):
    balancer.rule(forward(balancer.group()))

    assert balancer.ask("/")[0] == 503


def test_a_target_that_is_starting_gets_nothing(balancer: Balancer):
    group = balancer.group()
    balancer.rule(forward(group))
    balancer.register(group, free_port(), state="initial")

    assert balancer.ask("/")[0] == 503


def test_with_none_healthy_requests_go_to_the_unhealthy(balancer: Balancer):
    group = balancer.group()
    balancer.rule(forward(group))
    with saying(answer("503 Service Unavailable", "warming up")) as port:
        balancer.register(group, port, state="unhealthy")

        assert balancer.ask("/") == (503, "warming up")


def test_healthy_targets_share_the_requests(balancer: Balancer):
    one, two = Named("one"), Named("two")
    with one.running() as first, two.running() as second:
        balancer.behind(first, second)

        answers = Counter(balancer.ask("/") for _ in range(20))

    assert answers == {(200, "one"): 10, (200, "two"): 10}


def test_weights_share_out_the_requests_and_0_gets_none(balancer: Balancer):
    with Named("blue").running() as blue, Named("green").running() as green:
        groups = [balancer.group(), balancer.group()]
        balancer.register(groups[0], blue)
        balancer.register(groups[1], green)
        rule = balancer.rule(weighted({groups[0]: 50, groups[1]: 50}))
        assert {balancer.ask("/")[1] for _ in range(60)} == {"blue", "green"}

        balancer.elb.modify_rule(RuleArn=rule, Actions=[weighted({groups[0]: 0, groups[1]: 100})])

        assert {balancer.ask("/")[1] for _ in range(30)} == {"green"}


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


def test_a_request_in_flight_is_finished_while_its_target_leaves_and_nothing_new_reaches_it(balancer: Balancer):
    leaving, staying = Named("leaving", slow=5), Named("staying")
    with leaving.running() as one, staying.running() as two, ThreadPoolExecutor(1) as pool:
        group = balancer.behind(one)
        pending = pool.submit(balancer.ask, "/slow", "POST", "a body")
        until(lambda: leaving.served == 1)

        balancer.elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "127.0.0.1", "Port": two}])
        until(lambda: balancer.states(group)[two] == "healthy")
        balancer.deregister(group, one)
        assert balancer.states(group) == {one: "draining", two: "healthy"}
        assert {balancer.ask("/") for _ in range(20)} == {(200, "staying")}

        assert pending.result() == (200, "leaving")
        assert leaving.served == 1
        until(lambda: balancer.states(group) == {two: "healthy"})


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


def test_a_hundred_requests_at_once_are_all_answered(balancer: Balancer):
    server = Named("busy", slow=1)
    with server.running() as port, ThreadPoolExecutor(100) as pool:
        balancer.behind(port)

        answers = list(pool.map(lambda _: balancer.ask("/slow"), range(300)))

    assert Counter(answers) == {(200, "busy"): 300}


def test_the_front_is_as_strict_with_header_names_as_targets_are(balancer: Balancer):
    """A header that a target could take for another must not get through."""
    with echoing() as port:
        balancer.behind(port)
        with socket.create_connection(("127.0.0.1", balancer.port)) as client:
            sent = f"GET {balancer.base}/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n"
            client.sendall(sent.encode())

            assert client.recv(65536).split()[1] == b"400"
