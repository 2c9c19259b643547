"""What Docker is asked for a container definition."""

import pytest

from provisioning.localaws.ecs.runtimes import arguments
from provisioning.localaws.ecs.runtimes.base import Container

SECOND = 1_000_000_000


def asked(**definition: object) -> dict[str, object]:
    full = {"name": "web", "image": "registry/web@sha256:1", **definition}
    return arguments.of(Container("localaws-x-web", full, {"A": "1"}, {"own": "1"}, print), {"own": "1", "more": "2"})


def test_a_container_has_our_name_and_labels_from_the_beginning():
    request = asked()

    assert (request["name"], request["labels"]) == ("localaws-x-web", {"own": "1", "more": "2"})
    assert request["environment"] == {"A": "1"}


def test_ports_are_published_on_this_machine_only_and_at_a_free_port_unless_one_is_given():
    mappings = [{"containerPort": 8080, "hostPort": 0}, {"containerPort": 53, "hostPort": 5353, "protocol": "udp"}]

    assert asked(portMappings=mappings)["ports"] == {"8080/tcp": ("127.0.0.1", None), "53/udp": ("127.0.0.1", 5353)}


def test_limits_program_and_user_are_those_of_the_definition():
    request = asked(memory=64, cpu=128, entryPoint=["sh"], command=["-c", "true"], user="1000", workingDirectory="/x")

    assert (request["mem_limit"], request["cpu_shares"]) == (64 * 1024 * 1024, 128)
    assert (request["entrypoint"], request["command"]) == (["sh"], ["-c", "true"])
    assert (request["user"], request["working_dir"]) == ("1000", "/x")


@pytest.mark.parametrize(
    ("check", "interval", "retries"),
    [
        ({}, 1 * SECOND, 15),  # 90 seconds on AWS
        ({"interval": 5, "retries": 1}, 1 * SECOND, 5),
        ({"interval": 5, "retries": 10}, 1 * SECOND, 15),
        ({"interval": 1, "retries": 20}, 1 * SECOND, 20),
    ],
)
def test_a_health_check_follows_faster_than_on_aws_and_may_fail_more_often(check, interval, retries):
    found = arguments.healthcheck({"command": ["CMD", "true"], **check})

    assert (found["interval"], found["retries"]) == (interval, retries)
    assert (found["timeout"], found["start_period"]) == (5 * SECOND, 0)


def test_published_ports_are_shown_as_network_bindings():
    ports = {"8080/tcp": [{"HostIp": "127.0.0.1", "HostPort": "40001"}], "9090/tcp": None}

    assert arguments.bindings({"NetworkSettings": {"Ports": ports}}) == [
        {"bindIP": "127.0.0.1", "containerPort": 8080, "hostPort": 40001, "protocol": "tcp"}
    ]
