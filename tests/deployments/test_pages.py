"""The pages about services and deployments, as each person meets them."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from deployments import states
from deployments.models import Application, Deployment, Repository, Service
from portal.core.sentences import said
from tests import factories

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def account(acme):
    return factories.AwsAccountFactory(
        customer=acme, access="key", access_key_id="111111111111", secret_access_key="test"
    )


@pytest.fixture
def dev(acme, account):
    return factories.EnvironmentFactory(customer=acme, account=account)


@pytest.fixture
def api(acme, account):
    return factories.ServiceFactory(customer=acme, account=account, name="api")


@pytest.fixture
def deployed(api, dev):
    """api v1, serving in dev."""
    release = factories.ReleaseFactory(service=api, tag="v1")
    placement = factories.PlacementFactory(service=api, environment=dev, release=release, running=2, desired=2)
    deployment = factories.DeploymentFactory(placement=placement, release=release)
    placement.latest = deployment
    placement.save()
    return deployment


def answers(user):
    """Form data that registers a service."""
    return {
        "new_application": "Shop",
        "name": "web",
        "region": "eu-west-1",
        "port": 8080,
        "exposure": "public",
        "path": "/*",
        "health_path": "/health",
        "health_check": "path",
        "start_seconds": 120,
        "deadline_minutes": 15,
        "overlap_seconds": 15,
        "cpu": 128,
        "memory": 256,
        "count": 2,
        "variables": "GREETING=hello",
    } | user


class TestGrid:
    def test_a_cell_shows_what_runs(self, browse, bob, deployed):
        page = browse(bob).get("/c/acme/services/").content.decode()

        assert "<strong>v1</strong>" in page
        assert "2/2" in page

    def test_an_empty_cell_offers_a_deployment_to_those_who_may(self, browse, alice, acme, api, dev):
        link = "/c/acme/services/api/deploy/?environment=dev"
        viewer = factories.member(acme, "viewer")
        factories.ReleaseFactory(service=api)

        assert link in browse(alice).get("/c/acme/services/").content.decode()
        assert link not in browse(viewer).get("/c/acme/services/").content.decode()

    def test_search_finds_a_part_of_a_name(self, browse, bob, acme, account, api):
        factories.ServiceFactory(customer=acme, account=account, name="worker")

        page = browse(bob).get("/c/acme/services/?q=work").content.decode()

        assert "worker" in page
        assert "/services/api/" not in page

    @pytest.mark.parametrize(("show", "seen"), [("unhealthy", False), ("nowhere", False), ("rolling", True)])
    def test_services_can_be_filtered_by_how_they_are(self, browse, bob, deployed, show, seen):
        Deployment.objects.filter(pk=deployed.pk).update(state=states.ROLLING)

        page = browse(bob).get(f"/c/acme/services/?show={show}").content.decode()

        assert ("/services/api/" in page) is seen

    def test_queries_are_constant(self, browse, bob, acme, account, dev, deployed):
        few = queries(browse(bob), "/c/acme/services/")
        for _ in range(20):
            service = factories.ServiceFactory(customer=acme, account=account)
            factories.PlacementFactory(
                service=service, environment=dev, release=factories.ReleaseFactory(service=service)
            )

        assert queries(browse(bob), "/c/acme/services/") == few <= 8


class TestHistory:
    def test_filters_live_in_the_url(self, browse, bob, deployed):
        client = browse(bob)

        assert "api" in client.get("/c/acme/deployments/?service=ap&environment=dev&state=succeeded").content.decode()
        assert "Nothing fits" in client.get("/c/acme/deployments/?state=failed").content.decode()

    def test_queries_are_constant(self, browse, bob, deployed):
        few = queries(browse(bob), "/c/acme/deployments/")
        for _ in range(20):
            factories.DeploymentFactory(placement=deployed.placement, release=deployed.release)

        assert queries(browse(bob), "/c/acme/deployments/") == few <= 8

    def test_htmx_gets_the_list_alone(self, browse, bob, deployed):
        page = browse(bob).get("/c/acme/deployments/", headers=HTMX).content.decode()

        assert page.strip().startswith("<section")


def queries(client, url):
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


class TestRegister:
    def test_a_developer_registers_a_service_with_a_new_application(self, browse, bob, account):
        response = browse(bob).post("/c/acme/services/new/", answers({"account": account.pk}))

        assert response.status_code == 302
        service = Service.objects.get(name="web")
        assert (service.application.name, service.variables) == ("Shop", {"GREETING": "hello"})

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"name": "Web"}, "Use lower-case letters"),
            ({"name": "new"}, "an address of the portal itself"),
            ({"name": "a--b"}, "Use single dashes"),
            ({"path": "/*/*/*/*/*", "host": "*.example.com"}, "at most 5 wildcards"),
            ({"path": "api"}, "Begin with a slash"),
            ({"variables": "nonsense"}, "Line 1: write NAME=value."),
            ({"new_application": ""}, "Choose an application"),
            ({"port": 70_000}, "less than or equal to 65535"),
            (
                {"deadline_minutes": 2, "overlap_seconds": 0},
                "A new task may take 120 s to start: choose 3 minutes or more.",
            ),
            (
                {"deadline_minutes": 7, "overlap_seconds": 300},
                "A new task may take 120 s to start, and runs 300 s beside the old ones: choose 8 minutes or more.",
            ),
            ({"overlap_seconds": 601}, "less than or equal to 600"),
            ({"start_seconds": 400, "exposure": "internal"}, "for an internal service AWS waits no longer"),
            ({"health_check": "command"}, "Write the command that ends with 0"),
            ({"health_check": "command", "health_command": '["a", 1]'}, "Write the list as in a Dockerfile"),
        ],
    )
    def test_what_is_wrong_is_said_beside_the_form(self, browse, bob, account, wrong, sentence):
        response = browse(bob).post("/c/acme/services/new/", answers({"account": account.pk} | wrong), headers=HTMX)

        assert response.status_code == 422
        assert sentence in response.content.decode()
        assert not Service.objects.exists()

    def test_a_taken_name_leaves_no_application_behind(self, browse, bob, acme, api):
        data = answers({"account": api.account.pk, "name": "api", "new_application": "Another", "path": "/x/*"})

        response = browse(bob).post("/c/acme/services/new/", data)

        assert response.status_code == 422
        assert not Application.objects.filter(name="Another").exists()

    def test_one_of_two_is_needed_so_neither_is_called_optional(self, browse, bob, api):
        page = browse(bob).get("/c/acme/services/new/").content.decode()

        for label in ("Application", "Name of the new application"):
            assert re.search(rf"<label[^>]*>{label}</label>", page)
        assert re.search(r'<label[^>]*>Code repository<span class="optional">', page)

    def test_who_has_no_application_yet_is_not_asked_which_one(self, browse, bob, account):
        page = browse(bob).get("/c/acme/services/new/").content.decode()

        assert '<input type="hidden" name="application"' in page
        assert 'name="new_application"' in page

    def test_another_customers_account_is_no_choice(self, browse, bob):
        theirs = factories.AwsAccountFactory()

        assert browse(bob).post("/c/acme/services/new/", answers({"account": theirs.pk})).status_code == 422

    def test_without_an_account_it_says_to_connect_one(self, browse, bob):
        assert "Connect an AWS account first" in browse(bob).get("/c/acme/services/new/").content.decode()


class TestService:
    @pytest.mark.parametrize("tab", ["", "deployments", "releases", "settings", "nonsense"])
    def test_every_tab_opens(self, browse, bob, deployed, tab):
        response = browse(bob).get(f"/c/acme/services/api/?tab={tab}")

        assert response.status_code == 200
        assert "docker push" in response.content.decode()

    def test_a_newer_release_to_the_left_is_offered_for_promotion(self, browse, bob, acme, account, deployed):
        factories.EnvironmentFactory(customer=acme, account=account, slug="qa", kind="qa", name="QA")

        assert "Promote v1" in browse(bob).get("/c/acme/services/api/").content.decode()

    def test_an_older_release_is_not_promoted_over_a_newer_one(self, browse, bob, acme, account, api, deployed):
        production = factories.EnvironmentFactory(
            customer=acme, account=account, slug="production", kind="production", name="Production"
        )
        newer = factories.ReleaseFactory(service=api, tag="v2")
        factories.PlacementFactory(service=api, environment=production, release=newer)

        assert "Promote" not in browse(bob).get("/c/acme/services/api/").content.decode()

    def test_a_repository_that_could_not_be_made_says_why(self, browse, bob, api):
        Repository.objects.update(state="wanted", problem=said("AWS does not allow it."))

        assert "AWS does not allow it." in browse(bob).get("/c/acme/services/api/").content.decode()

    def test_settings_are_changed(self, browse, bob, api):
        data = answers({"memory": 512})

        response = browse(bob).post("/c/acme/services/api/edit/", data)

        assert response.status_code == 302
        api.refresh_from_db()
        assert api.memory == 512

    def test_wrong_settings_are_refused(self, browse, bob, api):
        assert browse(bob).post("/c/acme/services/api/edit/", answers({"count": 0})).status_code == 422


class TestDeploy:
    def test_when_the_repository_cannot_be_read_earlier_releases_are_offered(self, browse, bob, deployed):
        page = browse(bob).get("/c/acme/services/api/deploy/").content.decode()

        assert "The image repository could not be read" in page
        assert deployed.release.digest in page

    def test_it_shows_what_will_change(self, browse, bob, deployed):
        Service.objects.update(memory=512)
        Deployment.objects.update(task_definition_arn="task:1", settings={"memory": 256})
        deployed.placement.task_definition_arn = "task:1"
        deployed.placement.save()

        page = browse(bob).get("/c/acme/services/api/deploy/", headers=HTMX).content.decode()

        assert "<td>Memory (MiB)</td><td>256</td><td>512</td>" in page

    def test_a_deployment_is_queued(self, browse, bob, deployed):
        data = {"image": deployed.release.digest, "environment": "dev", "note": "Again"}

        response = browse(bob).post("/c/acme/services/api/deploy/", data)

        made = Deployment.objects.get(state=states.QUEUED)
        assert response.headers["Location"] == f"/c/acme/deployments/{made.pk}/"
        assert (made.requested_by, made.note) == (bob, "Again")

    def test_a_second_one_at_the_same_time_is_refused(self, browse, bob, deployed):
        data = {"image": deployed.release.digest, "environment": "dev"}
        browse(bob).post("/c/acme/services/api/deploy/", data)

        response = browse(bob).post("/c/acme/services/api/deploy/", data, headers=HTMX)

        assert response.status_code == 422
        assert "already being deployed" in response.content.decode()

    def test_an_unknown_image_is_refused(self, browse, bob, deployed):
        data = {"image": f"sha256:{'f' * 64}", "environment": "dev"}

        assert browse(bob).post("/c/acme/services/api/deploy/", data).status_code == 422


class TestDeployment:
    def test_it_polls_while_it_runs_and_stops_at_the_end(self, browse, bob, deployed):
        client, url = browse(bob), f"/c/acme/deployments/{deployed.pk}/"
        Deployment.objects.update(state=states.ROLLING)

        running = client.get(url, headers=HTMX)
        Deployment.objects.update(state=states.SUCCEEDED)
        ended = client.get(url, headers=HTMX)

        assert (running.status_code, 'hx-trigger="every 2s"' in running.content.decode()) == (200, True)
        assert (ended.status_code, "hx-trigger" in ended.content.decode()) == (286, False)
        assert "toast" in ended.headers["HX-Trigger"]

    def test_it_shows_what_the_watcher_saw(self, browse, bob, deployed):
        seen = {
            "new": {"running": 1, "desired": 2},
            "old": {"running": 2},
            "zones": [{"zone": "eu-west-1a", "healthy": 2, "draining": 1}],
            "tasks": [{"id": "abc", "new": True, "status": "running", "health": "unknown", "zone": "eu-west-1a"}],
            "events": [{"at": "2026-01-01T10:00:00+00:00", "text": "has started 2 tasks"}],
        }
        Deployment.objects.update(observed=seen, state=states.ROLLING, previous=deployed.release)
        deployed.stopped_tasks.create(
            task_arn="arn/x",
            exit_code=3,
            stopped_reason="Task failed ELB health checks in (target-group arn:aws:x)",
            log_lines=["fatal: no"],
        )

        page = browse(bob).get(f"/c/acme/deployments/{deployed.pk}/").content.decode()

        for words in (
            "eu-west-1a",
            "has started 2 tasks",
            "fatal: no",
            "exit code 3",
            "1 of 2",
            "The health check of the load balancer failed.",
        ):
            assert words in page
        assert "arn:aws:x" not in page

    def test_a_developer_cancels_it(self, browse, bob, deployed):
        Deployment.objects.update(state=states.ROLLING)

        browse(bob).post(f"/c/acme/deployments/{deployed.pk}/cancel/")

        deployed.refresh_from_db()
        assert deployed.cancel_requested_by == bob

    def test_what_is_over_cannot_be_canceled(self, browse, bob, deployed):
        response = browse(bob).post(f"/c/acme/deployments/{deployed.pk}/cancel/")

        assert response.status_code == 409
        assert "nothing left to cancel" in response.content.decode()

    def test_an_earlier_release_is_one_click_away(self, browse, bob, api, deployed):
        newer = factories.ReleaseFactory(service=api, tag="v2")
        later = factories.DeploymentFactory(placement=deployed.placement, release=newer)
        deployed.placement.release = newer
        deployed.placement.save()
        client, url = browse(bob), f"/c/acme/deployments/{deployed.pk}/rollback/"

        assert url in client.get(f"/c/acme/deployments/{later.pk}/").content.decode()
        assert client.get(url).status_code == 200
        client.post(url, {"note": "v2 is slow"})

        back = Deployment.objects.get(state=states.QUEUED)
        assert (back.kind, back.release, back.note) == ("rollback", deployed.release, "v2 is slow")


PAGES = (
    ("GET", "/c/acme/services/", "view"),
    ("GET", "/c/acme/services/api/", "view"),
    ("GET", "/c/acme/deployments/", "view"),
    ("GET", "/c/acme/deployments/{pk}/", "view"),
    ("GET", "/c/acme/services/new/", "deploy"),
    ("GET", "/c/acme/services/api/edit/", "deploy"),
    ("GET", "/c/acme/services/api/deploy/", "deploy"),
    ("GET", "/c/acme/deployments/{pk}/rollback/", "deploy"),
    ("POST", "/c/acme/deployments/{pk}/cancel/", "deploy"),
)


@pytest.mark.parametrize(("method", "url", "can"), PAGES)
def test_roles_see_and_do_what_they_may(browse, acme, alice, bob, charlie, erin, fred, deployed, method, url, can):
    Deployment.objects.update(state=states.ROLLING)

    def status(user):
        Deployment.objects.update(cancel_requested_by=None)
        return browse(user).generic(method, url.format(pk=deployed.pk)).status_code

    viewer, billing = factories.member(acme, "viewer"), factories.member(acme, "billing")

    assert status(None) == 302
    assert status(charlie) == 404
    assert {status(user) for user in (alice, bob, erin)} <= {200, 302}
    expected = 200 if can == "view" else 403
    assert {status(user) for user in (viewer, billing, fred)} == {expected}


@pytest.mark.parametrize("url", ["services/api/", "services/api/edit/", "services/api/deploy/"])
def test_another_customers_service_does_not_exist(browse, charlie, deployed, url):
    assert browse(charlie).get(f"/c/other/{url}").status_code == 404


@pytest.mark.parametrize("end", ["", "rollback/", "cancel/"])
def test_another_customers_deployment_does_not_exist(browse, charlie, deployed, end):
    assert browse(charlie).get(f"/c/other/deployments/{deployed.pk}/{end}").status_code == 404
