"""The deploy and rollback pages with a real image repository behind them."""

import pytest

from deployments import states
from deployments.models import Deployment
from tests.deployments.cloud import Site, finish

pytestmark = [pytest.mark.localaws, pytest.mark.django_db]


@pytest.fixture
def url(quick_site: Site):
    return f"/c/acme/services/{quick_site.service.name}/"


def test_a_pushed_image_can_be_chosen_and_serves(browse, bob, quick_site: Site, url):
    digest = quick_site.push("v1")
    client = browse(bob)

    assert f"v1 · {digest[7:19]}" in client.get(f"{url}deploy/").content.decode()
    client.post(f"{url}deploy/", {"image": digest, "environment": "dev"})

    deployment = finish(Deployment.objects.get())
    assert (deployment.state, deployment.release.name) == (states.SUCCEEDED, "v1")
    assert quick_site.answer()["version"] == "v1"
    assert f"/{quick_site.service.name}/</a>" in client.get(url).content.decode()


def test_without_an_image_the_deploy_page_says_how_to_push_one(browse, bob, quick_site: Site, url):
    assert "Push an image first" in browse(bob).get(f"{url}deploy/").content.decode()


def test_going_back_to_an_image_that_is_gone_is_refused_with_the_reason(browse, bob, quick_site: Site):
    first = quick_site.deploy("v1")
    quick_site.deploy("v2")
    quick_site.session.client("ecr").batch_delete_image(
        repositoryName=quick_site.service.repository.name, imageIds=[{"imageDigest": first.release.digest}]
    )
    client, back = browse(bob), f"/c/acme/deployments/{first.pk}/rollback/"

    page = client.get(back).content.decode()
    refused = client.post(back, {})

    sentence = f"The image of v1 is not in {quick_site.service.repository.name}: push it again."
    assert sentence in page
    assert sentence in refused.content.decode()
    assert 'disabled aria-describedby="plan"' in page
    assert (refused.status_code, Deployment.objects.count()) == (422, 2)


def test_a_setting_that_changed_since_the_last_rollout_is_shown(browse, bob, quick_site: Site, url):
    quick_site.deploy("v1")
    quick_site.service.variables = {"GREETING": "hello"}
    quick_site.service.save()

    page = browse(bob).get(f"{url}deploy/").content.decode()

    assert "<td>Variable GREETING</td><td>–</td><td>set</td>" in page
    assert "<td>Memory (MiB)</td>" not in page
