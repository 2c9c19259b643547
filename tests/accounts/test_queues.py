"""The queues of mail and documents, as engineers see them."""

import django_rq
import pytest
from rq import SimpleWorker

from portal.accounts.jobs import send_invitation
from portal.core.encryption import encrypt
from tests import factories


@pytest.fixture
def failed_job(redis_queue, db):
    """The mail of an invitation that does not exist."""
    queue = django_rq.get_queue("documents", commit_mode="auto")
    job = queue.enqueue(send_invitation, 4711, encrypt("t"), description="Invitation 4711")
    SimpleWorker(["documents"], connection=redis_queue).work(burst=True)
    return job


@pytest.mark.redis
def test_a_failed_job_is_shown_with_its_error(failed_job, browse, erin):
    page = browse(erin).get("/staff/queues/").content.decode()

    assert "Invitation 4711" in page
    assert "Invitation matching query does not exist" in page


@pytest.mark.redis
def test_a_failed_job_is_tried_again(failed_job, redis_queue, browse, erin, mailoutbox):
    factories.InvitationFactory(pk=4711)

    browse(erin).post(f"/staff/queues/documents/{failed_job.id}/retry/")
    SimpleWorker(["documents"], connection=redis_queue).work(burst=True)

    assert len(mailoutbox) == 1


@pytest.mark.redis
def test_a_job_that_is_not_there_cannot_be_tried_again(redis_queue, browse, erin):
    assert browse(erin).post("/staff/queues/documents/nothing/retry/").status_code == 404


def test_the_page_says_that_redis_is_away(browse, erin):
    response = browse(erin).get("/staff/queues/")

    assert response.status_code == 200
    assert "Redis does not answer" in response.content.decode()
