"""Which target gets a request, and what the client hears when it fails or leaves."""

import socket
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.localaws.elbv2.balancer import Balancer, forward, weighted
from tests.localaws.elbv2.servers import Named, answer, free_port, healthy_but, saying
from tests.localaws.site import until

pytestmark = pytest.mark.localaws


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


def test_a_hundred_requests_at_once_are_all_answered(balancer: Balancer):
    server = Named("busy", slow=1)
    with server.running() as port, ThreadPoolExecutor(100) as pool:
        balancer.behind(port)

        answers = list(pool.map(lambda _: balancer.ask("/slow"), range(300)))

    assert Counter(answers) == {(200, "busy"): 300}
