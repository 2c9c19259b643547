"""The main job at a browser: from an empty customer to a broken version rolled back, and the bill for it."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from provisioning.localaws.sample.images import push_sample
from tests.browser.conftest import OLIVIA
from tests.browser.visitor import WORK, Visitor

pytestmark = [pytest.mark.browser, pytest.mark.localaws, pytest.mark.redis, pytest.mark.consul]


def test_a_customer_an_engineer_and_finance_do_the_main_job(visit) -> None:
    olivia = visit(OLIVIA, "Acme")

    creates_an_environment(olivia)
    registers_a_service(olivia)
    push(olivia, "v1")
    deploys_with_the_keyboard_alone(olivia)
    push(olivia, "v2", fault="unhealthy")
    watches_a_broken_version_go_back(olivia)
    edits_a_key(olivia)
    ticket = opens_a_ticket(olivia)
    the_engineer_answers(visit("erik@in4it.example", "Cockpit"), ticket)
    reads_the_answer(olivia)
    looks_at_every_entry_of_the_menu(olivia)
    finance_bills(visit("fien@in4it.example", last_month()))
    finds_the_invoice(olivia)


def creates_an_environment(olivia: Visitor) -> None:
    olivia.choose("Environments")
    olivia.follow("New environment", then="New environment")
    olivia.fill(name="Production", kind="production")
    olivia.press("Make the plan", then="Production")
    olivia.sees("What AWS will charge you for", WORK)
    olivia.look()
    olivia.press("Approve and create", then="Production")
    olivia.sees("The environment is ready", WORK)
    olivia.look()


def registers_a_service(olivia: Visitor) -> None:
    olivia.choose("Services")
    olivia.follow("Register a service", then="Register a service")
    olivia.fill(new_application="Webshop", name="shop", cpu="64", memory="128", start_seconds="5", overlap_seconds="3")
    olivia.press("Register", then="shop")
    olivia.sees("docker push", WORK)
    olivia.look()


def push(olivia: Visitor, version: str, fault: str = "") -> None:
    """What the customer's own machine does, to where the page says."""
    olivia.page.goto("/c/acme/services/shop/")
    command = olivia.page.locator("pre", has_text="docker push").inner_text()
    said = re.fullmatch(r"docker push ([^/]+)/(.+):(.+)", command.strip())
    assert said, command
    push_sample(said[1], said[2], version, version=version, fault=fault, runtime="process")


def deploys_with_the_keyboard_alone(olivia: Visitor) -> None:
    page = olivia.page
    olivia.open("/c/acme/services/shop/")
    olivia.tab_to(page.get_by_role("main").get_by_role("link", name="Deploy").first)
    page.keyboard.press("Enter")
    olivia.arrive("Deploy shop")
    olivia.tab_to(page.locator("[name=image]"))
    olivia.tab_to(page.locator("[name=note]"))
    page.keyboard.type("First version")
    olivia.tab_to(page.get_by_role("button", name="Deploy"))
    page.keyboard.press("Enter")
    olivia.arrive("shop v1")
    olivia.sees("Succeeded", WORK)
    olivia.look()


def watches_a_broken_version_go_back(olivia: Visitor) -> None:
    olivia.open("/c/acme/services/shop/deploy/")
    olivia.fill(image="v2", note="Faster search")
    olivia.sees("v2")
    olivia.press("Deploy", then="shop v2")
    olivia.page.evaluate("window.untouched = true")
    olivia.sees("v2 was rolled back", WORK)
    olivia.sees("/health answers 500")
    olivia.sees("with fault unhealthy")  # the last words of the task
    assert olivia.page.evaluate("window.untouched"), "the page was loaded again"
    expect(olivia.page.locator("#live")).not_to_have_attribute("hx-trigger", re.compile("every"))
    olivia.look()


def edits_a_key(olivia: Visitor) -> None:
    olivia.choose("Configuration")
    olivia.follow("Keys", then="shop")
    olivia.page.get_by_label("Key", exact=True).and_(olivia.page.locator("[placeholder]")).first.fill("greeting")
    olivia.page.get_by_label("Value", exact=True).first.fill("Good evening")
    olivia.press("Review the changes", then="Review: shop")
    olivia.sees("Good evening")
    olivia.fill(reason="It is dark")
    olivia.press("Save 1 change", then="shop")
    olivia.sees("It is dark")


def opens_a_ticket(olivia: Visitor) -> str:
    """The address of its page, as the engineers know it."""
    olivia.choose("Deployments")
    olivia.follow("v2", then="shop v2")
    olivia.follow("Open a ticket", then="Open a ticket")
    olivia.sees("/health answers 500")
    olivia.fill(subject="Our search fails", body="Do you see why?")
    olivia.press("Open the ticket", then="Our search fails")
    olivia.sees("with fault unhealthy")
    return "/staff/tickets/" + olivia.page.url.rstrip("/").rpartition("/")[2] + "/"


def the_engineer_answers(erik: Visitor, ticket: str) -> None:
    erik.follow("Our search fails", then="Our search fails")
    assert erik.page.url.endswith(ticket)
    erik.page.get_by_label("Your reply").fill("Its health path answers 500.")
    erik.press("Send to the customer", then="Our search fails")
    erik.sees("Waiting")
    erik.page.get_by_label("Internal note").fill("They changed the index.")
    erik.press("Keep the note", then="Our search fails")
    looks_at_every_entry_of_the_menu(erik)


def reads_the_answer(olivia: Visitor) -> None:
    olivia.choose("Support")
    olivia.follow("Our search fails", then="Our search fails")
    olivia.sees("Its health path answers 500.")
    assert "They changed the index." not in olivia.page.content()


def looks_at_every_entry_of_the_menu(visitor: Visitor) -> None:
    links = visitor.page.get_by_role("navigation").get_by_role("link")
    for path in [link.get_attribute("href") for link in links.all()]:
        visitor.open(str(path))


def finance_bills(fien: Visitor) -> None:
    fien.open("/staff/finance/customers/")
    start = timezone.localdate().replace(day=1) - timedelta(days=1)
    fien.fill(starts_on=start.replace(day=1).isoformat())
    fien.press("Start Basic Support", then="Customers")
    fien.open("/staff/finance/")
    fien.press("Make the drafts", then=last_month())
    fien.press("Issue 1 invoice", then=last_month())
    fien.follow("Acme", then="-000001")
    assert is_pdf(fien)
    looks_at_every_entry_of_the_menu(fien)


def finds_the_invoice(olivia: Visitor) -> None:
    olivia.choose("Billing")
    olivia.follow("-000001", then="-000001")
    assert is_pdf(olivia)


def is_pdf(visitor: Visitor) -> bool:
    with visitor.page.expect_download() as waiting:
        visitor.page.get_by_role("main").get_by_role("link", name="PDF").first.click()
    return Path(waiting.value.path()).read_bytes().startswith(b"%PDF-")


def last_month() -> str:
    """As the finance pages write it."""
    return f"{timezone.localdate().replace(day=1) - timedelta(days=1):%B %Y}"
