"""The queues of mail and documents, as engineers see them."""

import django_rq
import pytest
from django.utils import timezone
from rq import SimpleWorker

from portal.accounts.models import Invitation
from portal.core import outbox
from portal.core.models import Outgoing
from tests import factories


def look_up(pk: int) -> str:
    """A job that fails until there is such an invitation."""
    return str(Invitation.objects.get(pk=pk))


@pytest.fixture
def failed_job(redis_queue, db):
    """A job about an invitation that does not exist."""
    queue = django_rq.get_queue("documents", commit_mode="auto")
    job = queue.enqueue(look_up, 4711, description="Invitation 4711")
    SimpleWorker(["documents"], connection=redis_queue).work(burst=True)
    return job


@pytest.mark.redis
def test_a_failed_job_is_shown_with_its_error(failed_job, browse, erin):
    page = browse(erin).get("/staff/queues/").content.decode()

    assert "Invitation 4711" in page
    assert "Invitation matching query does not exist" in page


@pytest.mark.redis
def test_a_failed_job_is_tried_again(failed_job, redis_queue, browse, erin):
    factories.InvitationFactory(pk=4711)

    browse(erin).post(f"/staff/queues/documents/{failed_job.id}/retry/")
    SimpleWorker(["documents"], connection=redis_queue).work(burst=True)

    assert failed_job.get_status(refresh=True) == "finished"


@pytest.mark.redis
def test_a_job_that_is_not_there_cannot_be_tried_again(redis_queue, browse, erin):
    assert browse(erin).post("/staff/queues/documents/nothing/retry/").status_code == 404


def test_the_page_says_that_redis_is_away(browse, erin):
    response = browse(erin).get("/staff/queues/")

    assert response.status_code == 200
    assert "Redis does not answer" in response.content.decode()


@pytest.fixture
def stopped(acme):
    """A mail that failed too often."""
    row = outbox.put("accounts.invitation", outbox.MAIL, factories.InvitationFactory(customer=acme), token="t")
    Outgoing.objects.filter(pk=row.pk).update(
        stopped_at=timezone.now(), attempts=10, problem="ConnectionRefusedError: no mail server"
    )
    return row


def test_what_stopped_is_shown_with_its_problem_and_sent_again(stopped, browse, erin):
    page = browse(erin).get("/staff/queues/").content.decode()
    assert "ConnectionRefusedError: no mail server" in page
    assert f"/staff/queues/outgoing/{stopped.pk}/again/" in page

    browse(erin).post(f"/staff/queues/outgoing/{stopped.pk}/again/")

    stopped.refresh_from_db()
    assert (stopped.stopped_at, stopped.attempts) == (None, 0)
    assert "no mail server" not in browse(erin).get("/staff/queues/").content.decode()


def test_what_is_not_there_cannot_be_sent_again(browse, erin, db):
    assert browse(erin).post("/staff/queues/outgoing/4711/again/").status_code == 404
