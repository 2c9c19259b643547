"""The access walk: every address, as everybody. New addresses join by themselves."""

import pytest
from django.http import HttpResponse
from django.test import Client

from portal.accounts.access import Access
from portal.accounts.models import User
from portal.accounts.permissions import ROLE_CAN, STAFF_CAN, Can
from tests.access.addresses import Address, addresses
from tests.access.world import World

OPEN, LOGIN, MISSING, FORBIDDEN, BROKEN = "open", "login", "404", "403", "500"
ADDRESSES = list(addresses())
WITHOUT_ENVIRONMENT = {"deploy"}  # the environment is chosen on the page


@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.name or address.route)
def test_an_address_is_open_to_those_it_is_for_and_to_nobody_else(address: Address, world: World, browse):
    url = world.url(address)
    wrong = []
    for who, user in world.people.items():
        wanted = verdict(address, user, world)
        # Posting as those who may do it would do it: that belongs to the tests of each page.
        for method in ("GET",) if wanted == OPEN else ("GET", "POST"):
            answer = knock(browse(user), method, url)
            got = outcome(answer, address)
            # Who may do it somewhere learns that it is not done by GET before it is known where.
            if got != wanted and not (answer.status_code == 405 and address.access.by_environment):
                wrong.append(f"{method} {url} as {who}: {got} instead of {wanted}")
    assert not wrong, "\n".join(wrong)


def test_there_is_something_to_walk():
    assert {"home", "overview", "people", "staff_audit", "account_login"} <= {address.name for address in ADDRESSES}


def test_every_address_has_a_name():
    assert [address.route for address in ADDRESSES if not address.name.rpartition(":")[2]] == []


def test_a_view_that_does_not_say_whom_it_is_for_is_found():
    def naked() -> None: ...

    with pytest.raises(LookupError, match="does not say whom it is for: give it @customer_page"):
        _ = Address("naked", "naked/", (), naked).access


def test_a_parameter_that_the_world_does_not_know_is_found(world):
    address = next(address for address in ADDRESSES if address.name == "people")

    with pytest.raises(LookupError, match="does not know 'colour' of the address 'people'"):
        world.url(Address("people", address.route, ("customer_slug", "colour"), address.view))


def test_roles_mean_what_the_design_says():
    """Written out once more, so that a slip in the tables of permissions.py is seen."""
    assert ROLE_CAN["owner"] == set(Can)
    assert ROLE_CAN["developer"] == {Can.VIEW, Can.DEPLOY, Can.ASK}
    assert ROLE_CAN["billing"] == {Can.VIEW, Can.BILLING, Can.COMPANY, Can.ASK}
    assert ROLE_CAN["viewer"] == {Can.VIEW}
    assert Can.BILLING not in STAFF_CAN["engineer"]
    assert STAFF_CAN["finance"] == {Can.VIEW, Can.BILLING, Can.COMPANY}


def verdict(address: Address, user: User | None, world: World) -> str:
    """What an address must answer to somebody, by what it says of itself."""
    access = address.access
    if access.kind == "public":
        return OPEN
    if user is None:
        return LOGIN
    if access.kind == "signed_in":
        return OPEN
    if access.kind == "staff":
        return _staff_verdict(access, user)
    return _customer_verdict(address, user, world)


def _staff_verdict(access: Access, user: User) -> str:
    if not user.staff_role:
        return MISSING
    return OPEN if user.staff_role in access.staff else FORBIDDEN


def _customer_verdict(address: Address, user: User, world: World) -> str:
    access = address.access
    membership = user.memberships.filter(customer=world.customer).first()
    can = STAFF_CAN.get(user.staff_role) or (ROLE_CAN[membership.role] if membership else frozenset())
    if not can:
        return MISSING
    other = next(iter(membership.environment_roles.values()), "") if membership else ""
    if access.by_environment and other:
        there = ROLE_CAN[other]
        can = can | there if address.name in WITHOUT_ENVIRONMENT else there
    return OPEN if access.can in can else FORBIDDEN


def knock(client: Client, method: str, url: str) -> HttpResponse:
    client.raise_request_exception = False
    return client.generic(method, url)


def outcome(response: HttpResponse, address: Address) -> str:
    status, location = response.status_code, response.get("Location", "")
    if location.startswith("/account/login/"):
        return LOGIN
    if status == 404 and not address.is_ours and address.access.kind in ("public", "signed_in"):
        return OPEN  # a library's way to say that there is nothing, e.g. no second factor to remove
    if status in (403, 404):
        return str(status)
    return f"{BROKEN} ({response.exc_info[1]!r:.120})" if status >= 500 else OPEN
