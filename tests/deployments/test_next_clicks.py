"""What can be done next about a service, where people are when they want to: deploy, deploy again, roll back."""

from html import unescape

import pytest

from deployments import states
from deployments.models import Deployment, Release, Service
from deployments.rollouts import services
from deployments.rollouts.preview import Choice, Images
from portal.core.sentences import said
from provisioning.models import Environment
from tests import factories

pytestmark = pytest.mark.django_db
SERVICE, DEPLOY = "/c/acme/services/api/", "/c/acme/services/api/deploy/"


@pytest.fixture
def dev(acme):
    account = factories.AwsAccountFactory(
        customer=acme, access="key", access_key_id="111111111111", secret_access_key="test"
    )
    return factories.EnvironmentFactory(customer=acme, account=account)


@pytest.fixture
def api(acme, dev):
    return factories.ServiceFactory(customer=acme, account=dev.account, name="api")


@pytest.fixture
def run(api):
    """Deploys a release to an environment; it serves there if it succeeds."""

    def ran(environment, tag, state=states.SUCCEEDED, **fields):
        release = Release.objects.filter(service=api, tag=tag).first()
        release = release or factories.ReleaseFactory(service=api, tag=tag)
        placement = api.placements.filter(environment=environment).first()
        placement = placement or factories.PlacementFactory(service=api, environment=environment)
        made = factories.DeploymentFactory(placement=placement, release=release, state=state, **fields)
        placement.latest = made
        placement.release = release if state == states.SUCCEEDED else placement.release
        placement.save()
        return made

    return ran


def other(customer):
    """Another AWS account of the customer."""
    return factories.AwsAccountFactory(customer=customer, account_id="222222222222")


def opened(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


class TestRollBack:
    def test_it_is_two_clicks_from_the_services_page(self, browse, bob, dev, run):
        first, _ = run(dev, "v1"), run(dev, "v2")
        client, back = browse(bob), f"/c/acme/deployments/{first.pk}/rollback/"

        assert opened(client, SERVICE).count(f'href="{back}"') == 2  # in the lane, and in the row of v1
        assert client.post(back).status_code == 302
        assert Deployment.objects.latest("pk").release == first.release

    def test_it_never_leads_on_to_a_newer_release(self, browse, bob, dev, run):
        run(dev, "v1"), run(dev, "v2"), run(dev, "v1", kind="rollback")

        assert "/rollback/" not in opened(browse(bob), SERVICE)

    def test_it_is_near_the_top_of_what_failed(self, browse, bob, dev, run):
        first, _ = run(dev, "v1"), run(dev, "v2")
        failed = run(dev, "v3", states.FAILED)

        page = opened(browse(bob), f"/c/acme/deployments/{failed.pk}/")

        assert page.index("Roll back to v1") < page.index("Steps")
        assert f"/c/acme/deployments/{first.pk}/rollback/" in page

    def test_it_is_not_offered_to_those_who_may_not(self, browse, acme, dev, run):
        run(dev, "v1"), run(dev, "v2")

        assert "/rollback/" not in opened(browse(factories.member(acme, "viewer")), SERVICE)


class TestDeployAgain:
    @pytest.mark.parametrize("state", [states.FAILED, states.ROLLED_BACK, states.CANCELED, states.ERRORED])
    def test_what_did_not_work_is_deployed_again_with_two_clicks(self, browse, bob, dev, run, state):
        run(dev, "v1")
        failed = run(dev, "v2", state, note="New checkout & more")
        client = browse(bob)
        again = (
            f"{DEPLOY}?image={failed.release.digest.replace(':', '%3A')}"
            "&environment=dev&note=New%20checkout%20%26%20more"
        )

        assert again in opened(client, f"/c/acme/deployments/{failed.pk}/")
        assert again in opened(client, SERVICE)
        page = opened(client, again)
        assert f'<option value="{failed.release.digest}" selected>' in page
        assert 'value="New checkout & more"' in page

    def test_what_works_is_not_deployed_again(self, browse, bob, dev, run):
        assert "Deploy again" not in opened(browse(bob), f"/c/acme/deployments/{run(dev, 'v1').pk}/")

    def test_an_image_is_a_choice_however_many_were_pushed_since(self, browse, bob, api, dev, monkeypatch):
        old = factories.ReleaseFactory(service=api, tag="v1")
        monkeypatch.setattr("deployments.rollouts.preview.offered", lambda *_: ())

        assert f'<option value="{old.digest}" selected>' in opened(browse(bob), f"{DEPLOY}?image={old.digest}")


class TestChosenImage:
    def test_what_was_rolled_back_anywhere_is_not_chosen(self, browse, bob, acme, dev, run):
        production = factories.EnvironmentFactory(
            customer=acme, account=dev.account, slug="production", kind="production", name="Production"
        )
        good, bad = run(production, "v1"), run(production, "v2", states.ROLLED_BACK)

        page = opened(browse(bob), DEPLOY)

        assert f'<option value="{good.release.digest}" selected>' in page
        assert f'<option value="{bad.release.digest}">' in page

    def test_whoever_chooses_it_all_the_same_is_warned_with_a_link(self, browse, bob, acme, dev, run):
        production = factories.EnvironmentFactory(
            customer=acme, account=dev.account, slug="production", kind="production", name="Production"
        )
        bad = run(production, "v2", states.ROLLED_BACK, reason=said("v2 was rolled back. It does not answer."))

        page = opened(browse(bob), f"{DEPLOY}?image={bad.release.digest}&environment=dev")

        warning = "It did not work in Production. v2 was rolled back. It does not answer."
        assert f'<a href="/c/acme/deployments/{bad.pk}/">{warning}</a>' in page

    def test_what_worked_at_a_later_try_is_chosen(self, browse, bob, dev, run):
        run(dev, "v1"), run(dev, "v2", states.FAILED)
        mended = run(dev, "v2")

        assert f'<option value="{mended.release.digest}" selected>' in opened(browse(bob), DEPLOY)

    def test_the_first_environment_that_can_fetch_the_image_is_chosen(self, browse, bob, acme, api, dev, run):
        api.account = other(acme)
        factories.EnvironmentFactory(
            customer=acme, account=api.account, slug="production", kind="production", name="Production"
        )
        api.save()
        factories.ReleaseFactory(service=api)

        assert '<option value="production" selected>' in opened(browse(bob), DEPLOY)


class TestMovedTags:
    def test_a_release_whose_tag_named_another_bears_its_digest_too(self, api):
        factories.ReleaseFactory(service=api, tag="latest")
        image = Pushed("sha256:" + "ab" * 32, ("latest",))

        assert services.release_of(api, image).name == "latest abababab"

    def test_what_will_change_tells_the_two_apart_and_warns(self, browse, bob, api, dev, run, monkeypatch):
        run(dev, "latest")
        moved = "sha256:" + "ab" * 32
        listed = Images((Choice(moved, "latest", ("latest",), None),))
        monkeypatch.setattr("deployments.rollouts.preview.listed", lambda _: listed)

        page = opened(browse(bob), f"{DEPLOY}?image={moved}")

        assert "<td>latest</td><td>latest abababab</td>" in page
        assert "latest was another image before" in page


class Pushed:
    def __init__(self, digest, tags):
        self.digest, self.tags, self.pushed_at = digest, tags, None


class TestPushed:
    def test_the_services_page_asks_for_what_was_pushed(self, browse, bob, api):
        assert f'hx-get="{SERVICE}pushed/" hx-trigger="load"' in opened(browse(bob), SERVICE)

    def test_what_was_not_deployed_yet_is_shown_with_a_way_to_deploy_it(self, browse, bob, dev, run, monkeypatch):
        old = run(dev, "v1")
        new = [Pushed(f"sha256:{number:a>64}", (f"v{number}",)) for number in range(29, 20, -1)]
        pushed = [*new, Pushed(old.release.digest, ("v1",))]
        monkeypatch.setattr("deployments.rollouts.preview.offered", lambda *_: pushed)

        page = opened(browse(bob), f"{SERVICE}pushed/")

        assert [f"<strong>v{number}</strong>" in page for number in (29, 25, 24, 1)] == [True, True, False, False]
        assert page.count(f"{DEPLOY}?image=sha256%3A") == 5

    def test_who_may_not_deploy_is_shown_no_way(self, browse, acme, api, dev, monkeypatch):
        monkeypatch.setattr("deployments.rollouts.preview.offered", lambda *_: [Pushed("sha256:" + "a" * 64, ("v1",))])

        page = opened(browse(factories.member(acme, "viewer")), f"{SERVICE}pushed/")

        assert ("<strong>v1</strong>" in page, DEPLOY in page) == (True, False)

    def test_it_says_when_aws_does_not_answer(self, browse, bob, api):
        assert "What was pushed cannot be shown now" in opened(browse(bob), f"{SERVICE}pushed/")

    def test_the_commands_work_each_time(self, browse, bob, api):
        page = opened(browse(bob), SERVICE)

        assert "TAG=$(git rev-parse --short HEAD 2>/dev/null || date +%Y%m%d-%H%M%S)" in page
        assert f"docker push {api.repository.uri}:$TAG" in page


class TestWhereItCannotWork:
    def test_without_an_image_nothing_is_offered(self, browse, bob, api, dev):
        client, link = browse(bob), f"{DEPLOY}?environment="

        assert link not in opened(client, "/c/acme/services/")
        assert link not in opened(client, SERVICE)

    def test_in_another_account_nothing_is_offered(self, browse, bob, acme, api, dev):
        factories.ReleaseFactory(service=api)
        factories.EnvironmentFactory(customer=acme, account=other(acme), slug="far", name="Far")
        client = browse(bob)

        for page in (opened(client, "/c/acme/services/"), opened(client, SERVICE)):
            assert (f"{DEPLOY}?environment=dev" in page, f"{DEPLOY}?environment=far" in page) == (True, False)

    def test_it_is_offered_where_ones_role_there_allows_it(self, browse, acme, api, dev):
        qa = factories.EnvironmentFactory(customer=acme, account=dev.account, slug="qa", kind="qa", name="QA")
        factories.ReleaseFactory(service=api)
        member = factories.member(acme, "viewer")
        member.memberships.update(environment_roles={str(qa.pk): "developer"})
        client = browse(member)

        for page in (opened(client, "/c/acme/services/"), opened(client, SERVICE)):
            assert (f"{DEPLOY}?environment=dev" in page, f"{DEPLOY}?environment=qa" in page) == (False, True)


class TestManyEnvironments:
    @pytest.fixture
    def many(self, acme, dev):
        for number in range(20):
            factories.EnvironmentFactory(
                customer=acme, account=dev.account, slug=f"e{number}", kind="qa", name=f"Stage {number:02}"
            )

    def lanes(self, page):
        return page.count('<h2 class="card-title">Stage')

    def test_a_service_shows_six_at_a_time(self, browse, bob, api, many):
        page = opened(browse(bob), SERVICE)

        assert self.lanes(page) == 5  # and Development
        assert "Environments 1 to 6 of 21" in page

    def test_one_is_found_by_its_name(self, browse, bob, api, many):
        assert self.lanes(opened(browse(bob), f"{SERVICE}?environment=stage+19")) == 1

    def test_what_runs_to_the_left_is_promoted_from_window_to_window(self, browse, bob, acme, api, many, run):
        left = Environment.objects.get(slug="e4")
        ahead = run(left, "v7")

        page = opened(browse(bob), f"{SERVICE}?columns=2")

        assert f"{DEPLOY}?environment=e5&image={ahead.release.digest.replace(':', '%3A')}" in page


class TestSearch:
    def test_names_come_before_applications_and_trouble_first_only_without_a_search(self, browse, bob, acme, dev):
        shop = factories.ApplicationFactory(customer=acme, name="Webshop")
        for name in ("cart", "myshop", "shopfront", "shop"):
            factories.ServiceFactory(customer=acme, account=dev.account, application=shop, name=name)
        cart = Service.objects.get(name="cart")
        release = factories.ReleaseFactory(service=cart)
        factories.PlacementFactory(
            service=cart, environment=dev, release=release, failing_since=release.created_at, health="unhealthy"
        )
        client = browse(bob)

        assert self.names(opened(client, "/c/acme/services/?q=shop")) == ["shop", "shopfront", "myshop", "cart"]
        assert self.names(opened(client, "/c/acme/services/")) == ["cart", "myshop", "shop", "shopfront"]

    def names(self, page):
        return [part.split("/")[0] for part in page.split('class="fw-bold" href="/c/acme/services/')[1:]]
