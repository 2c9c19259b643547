"""Which places are asked, what is written down, and that nobody waits for another's addresses."""

from datetime import date

import pytest
from django.utils import timezone

from deployments import tasks
from deployments.availability import asking, outside, rules, selectors
from deployments.models import Availability, Placement
from portal.core.work import turns
from portal.core.work.shares import Hold
from tests import factories
from tests.availability.website import website

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(settings):
    """A website in the place of every load balancer, as with the local AWS."""
    with website() as running:
        settings.AWS_ENDPOINT_URL = "http://127.0.0.1:4566"
        settings.LOAD_BALANCER_URL = running.url + "/"
        yield running


SETTINGS = ("exposure", "host", "path", "customer", "account")


def placed(health_path: str = "/health", *, nowhere: bool = False, **fields) -> Placement:
    """A service that serves in an environment; `nowhere`: one that was never deployed successfully."""
    own = {name: fields.pop(name) for name in SETTINGS if name in fields}
    service = factories.ServiceFactory(health_path=health_path, **own)
    release = None if nowhere else factories.ReleaseFactory(service=service)
    return factories.PlacementFactory(
        service=service, release=release, running=2, desired=2, health="healthy", **fields
    )


def beside(placement: Placement, health_path: str = "/health") -> Placement:
    """Another service in the same environment."""
    place = placement.environment
    return placed(health_path, customer=place.customer, account=place.account, environment=place)


def ask(*placements: Placement) -> None:
    asking.ask([each.pk for each in placements])
    for each in placements:
        each.refresh_from_db()


class TestMisses:
    def test_a_single_miss_is_no_outage_and_the_second_counts_from_the_first(self, site, time_machine):
        shop = placed("/broken")
        first = timezone.now().replace(microsecond=0)
        time_machine.move_to(first, tick=False)
        ask(shop)
        assert (shop.failing_since, shop.health) == (None, "healthy")

        time_machine.shift(60)
        ask(shop)
        assert (shop.failing_since, shop.health) == (first, "unhealthy")

    def test_one_answer_ends_it(self, site):
        shop = placed(failing_since=timezone.now(), missed=7, missed_since=timezone.now())
        ask(shop)

        assert (shop.failing_since, shop.missed, shop.missed_since, shop.health) == (None, 0, None, "healthy")

    def test_an_answer_between_two_misses_begins_anew(self, site):
        shop = placed("/broken")
        ask(shop)
        type(shop.service).objects.update(health_path="/health")
        ask(shop)
        type(shop.service).objects.update(health_path="/broken")
        ask(shop)

        assert shop.failing_since is None

    def test_tasks_that_run_do_not_end_what_nobody_answers_from_outside(self, site):
        shop = placed("/broken")
        ask(shop)
        ask(shop)
        shop.health = "healthy"
        rules.by_tasks(shop, timezone.now())

        assert shop.failing_since
        assert shop.health == "unhealthy"


class TestMonths:
    def test_each_month_has_one_row_with_what_was_asked_and_answered(self, site, time_machine):
        good, bad = placed(), placed("/broken")
        time_machine.move_to("2026-11-30 12:00:00+01:00")
        ask(good, bad)
        ask(good, bad)
        time_machine.move_to("2026-12-01 00:30:00+01:00")
        ask(good, bad)

        rows = Availability.objects.order_by("month", "placement").values_list("month", "asked", "answered")
        november, december = date(2026, 11, 1), date(2026, 12, 1)
        assert list(rows) == [(november, 2, 2), (november, 2, 0), (december, 1, 1), (december, 1, 0)]

    def test_the_pages_of_the_service_and_of_the_environment_say_it(self, browse, alice, acme):
        shop = placed(customer=acme)
        Availability.objects.create(
            customer=acme, placement=shop, month=selectors.this_month(), asked=30_000, answered=29_999
        )

        page = browse(alice).get(f"/c/acme/services/{shop.service.name}/").content.decode()
        place = browse(alice).get("/c/acme/environments/dev/").content.decode()

        assert "Answered 99.99 % this month" in page
        assert "99.99 % this month" in place


class TestWhoIsAsked:
    def test_public_services_that_were_deployed_in_environments_that_stand(self, site):
        shop = placed()
        placed(exposure="internal")
        placed(nowhere=True)
        gone = placed()
        type(gone.environment).objects.filter(pk=gone.environment_id).update(state="deleting")

        assert asking.batches() == [[shop.pk]]

    @pytest.mark.parametrize(
        ("path", "asked"), [("/*", "/health"), ("/health", "/health"), ("/shop*", "/shop"), ("/shop/*", "/shop/")]
    )
    def test_the_health_path_where_it_comes_to_the_service_else_its_own_path(self, site, path, asked):
        ask(placed(path=path))

        assert [each for _, each in site.asked] == [asked]

    def test_a_service_with_a_host_is_asked_for_by_it(self, site):
        ask(placed(host="shop.example"))

        assert site.asked == [("shop.example", "/health")]


class TestFairTurns:
    def test_the_first_batch_of_each_customer_comes_before_the_second_of_another(self, monkeypatch):
        monkeypatch.setattr(asking, "BATCH", 2)
        big = placed()
        more = [
            placed(customer=big.customer, account=big.environment.account, environment=big.environment)
            for _ in range(3)
        ]
        small = placed()

        assert asking.batches() == [[big.pk, more[0].pk], [small.pk], [more[1].pk, more[2].pk]]

    def test_a_batch_that_hangs_ends_in_time_and_shows_its_trouble(self, site, monkeypatch):
        monkeypatch.setattr(outside, "SECONDS", 0.5)
        first = placed("/hangs")
        rest = [beside(first, "/hangs") for _ in range(9)]
        hold = Hold("outside")
        asking.ask([each.pk for each in (first, *rest)], hold)

        assert hold.trouble
        assert Availability.objects.filter(asked=1, answered=0).count() == 10

    def test_who_finds_the_share_full_is_asked_a_moment_later(self, site, monkeypatch):
        shop, sent = placed(), []
        monkeypatch.setattr(tasks.current_app, "send_task", lambda name, args, **options: sent.append((name, args)))
        key = asking.key_of([shop.pk])
        with turns.shares.hold(key) as hold:
            hold.trouble = True
        with turns.shares.hold(key):
            tasks.ask_addresses([shop.pk])
            other = placed()
            tasks.ask_addresses([other.pk])

        assert sent == [("deployments.ask_addresses", ([shop.pk],))]
        assert Availability.objects.get().placement == other

    def test_the_tick_hands_out_every_batch(self, monkeypatch):
        shop, sent = placed(), []
        monkeypatch.setattr(tasks.current_app, "send_task", lambda name, args, **options: sent.append((name, args)))
        tasks.tick_availability()

        assert sent == [("deployments.ask_addresses", ([shop.pk],))]
