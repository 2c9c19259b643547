"""One question to an address: what counts as an answer, how long it takes at most, and where it never leads."""

import socket
import time

import pytest

from deployments.availability import outside
from deployments.availability.outside import Address, answers
from tests.availability.website import website
from tests.conftest import free_port


@pytest.fixture(scope="module")
def site():
    with website() as running:
        yield running


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(outside, "SECONDS", 0.5)


@pytest.mark.parametrize(
    ("path", "answered"), [("/", True), ("/missing", True), ("/moved", True), ("/broken", False), ("/huge", True)]
)
def test_whatever_is_no_failure_of_the_server_is_an_answer(site, path, answered):
    assert answers(Address(site.url + path), allow_local=True) is answered


@pytest.mark.parametrize("path", ["/hangs", "/drips"])
def test_what_does_not_answer_in_time_is_given_up(site, quick, path):
    began = time.monotonic()

    assert not answers(Address(site.url + path), allow_local=True)
    assert time.monotonic() - began < 2


def test_nobody_at_the_address_is_no_answer():
    assert not answers(Address(f"http://127.0.0.1:{free_port()}/"), allow_local=True)


def test_the_load_balancer_is_told_the_services_host(site):
    answers(Address(f"{site.url}/hosted", host="shop.example"), allow_local=True)

    assert ("shop.example", "/hosted") in site.asked


def test_a_redirect_is_not_followed(site):
    before = len(site.asked)
    answers(Address(f"{site.url}/moved"), allow_local=True)

    assert len(site.asked) == before + 1


@pytest.mark.parametrize("found", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "192.168.1.1", "::1", "0.0.0.0"])
def test_a_name_never_leads_into_a_private_network(site, monkeypatch, found):
    port = site.server_address[1]
    family = socket.AF_INET6 if ":" in found else socket.AF_INET
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(family, socket.SOCK_STREAM, 6, "", (found, port))])
    before = len(site.asked)

    assert not answers(Address(f"http://balancer.example:{port}/"))
    assert len(site.asked) == before


@pytest.mark.parametrize("found", ["169.254.169.254", "10.0.0.1"])
def test_with_a_local_aws_loopback_is_asked_and_nothing_else_private(monkeypatch, found):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, 1, 6, "", (found, 80))])

    with pytest.raises(ValueError, match="no public address"):
        outside._looked_up("balancer.example", 80, allow_local=True)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://balancer.example/", "gopher://balancer.example/", ""])
def test_only_websites_are_asked(url):
    assert not answers(Address(url), allow_local=True)
