"""Inviting people and joining by an invitation."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localtime
from rq import SimpleWorker

from portal.accounts import services
from portal.accounts.models import Invitation, Membership, User
from portal.accounts.views import joining, people
from portal.core import outbox
from portal.core.errors import UserError
from portal.core.limits import Limit
from portal.core.models import AuditEvent, Outgoing
from tests import factories
from tests.callers import by

PASSWORD = "a long enough sentence"


@pytest.fixture
def invited(acme, alice):
    """dave@acme.example is invited as developer: the invitation and its link."""
    invitation, token = services.invite(acme, "Dave@Acme.example", "developer", by(alice))
    return invitation, reverse("invitation", args=[token])


def link_in(response) -> str:
    return re.search(r"/invitations/[\w-]+/", response.content.decode()).group()


def test_owner_invites_and_sees_the_link_once(browse, acme, alice):
    response = browse(alice).post(f"/c/{acme.slug}/people/invite/", {"email": "Dave@acme.example", "role": "viewer"})

    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role, invitation.invited_by) == ("dave@acme.example", "viewer", alice)
    token = link_in(response).split("/")[2]
    assert invitation.token_hash == services.hash_of(token)
    assert token not in browse(alice).get(f"/c/{acme.slug}/people/").content.decode()
    assert "no-store" in response["Cache-Control"]


def test_an_invitation_lasts_seven_days(invited):
    invitation, _ = invited

    assert abs(invitation.expires_at - timezone.now() - timedelta(days=7)) < timedelta(minutes=1)


def deliver() -> Outgoing:
    """A worker takes the only row that waits."""
    row = Outgoing.waiting.get()
    outbox.deliver(row.pk, row.seq)
    row.refresh_from_db()
    return row


def test_with_redis_away_the_invitation_is_made_its_mail_waits_and_a_tick_sends_it(
    browse, acme, alice, redis_away, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        response = browse(alice).post(
            f"/c/{acme.slug}/people/invite/", {"email": "dave@acme.example", "role": "viewer"}
        )

    assert "A mail with this link is on its way" in response.content.decode()
    assert mail.outbox == []
    assert deliver().done_at
    assert link_in(response) in mail.outbox[0].body


@pytest.mark.redis
def test_a_worker_mails_the_link_and_the_queue_never_holds_the_token(
    redis_queue, browse, acme, alice, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        response = browse(alice).post(
            f"/c/{acme.slug}/people/invite/", {"email": "dave@acme.example", "role": "viewer"}
        )
    link = link_in(response)
    (key,) = [key for key in redis_queue.keys("rq:job:*") if redis_queue.type(key) == b"hash"]
    held = b"".join(redis_queue.hgetall(key).values())
    SimpleWorker(["mail"], connection=redis_queue).work(burst=True)

    (sent,) = mail.outbox
    assert sent.to == ["dave@acme.example"]
    assert link in sent.body
    assert link.split("/")[2].encode() not in held


def test_the_database_holds_the_token_encrypted_and_not_at_all_once_the_mail_is_sent(invited):
    token = invited[1].split("/")[2]

    with connection.cursor() as cursor:
        cursor.execute("SELECT payload FROM core_outgoing")
        (held,) = cursor.fetchone()

    assert token not in held
    assert outbox.payload_of(Outgoing.objects.get()) == {"token": token}
    assert deliver().payload == "{}"


def test_the_mail_says_who_invites_to_what_and_until_when(settings, invited):
    settings.PORTAL_URL = "https://portal.example/"

    deliver()

    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == (["dave@acme.example"], "Alice invites you to Acme at in4it")
    assert f"https://portal.example{invited[1]}" in sent.body
    assert f"until {localtime(invited[0].expires_at):%-d %B %Y}" in sent.body


def test_a_mail_that_is_sent_twice_has_the_same_message_id_both_times(settings, invited):
    settings.DEFAULT_FROM_EMAIL = "in4it <portal@mail.in4it.example>"
    row = Outgoing.objects.get()

    for _ in range(2):
        outbox.how_to_deliver(row.kind)(row)

    assert [sent.extra_headers["Message-ID"] for sent in mail.outbox] == [f"<{row.key}@mail.in4it.example>"] * 2


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"accepted_at": timezone.now()}, "was accepted"),
        ({"revoked_at": timezone.now()}, "was withdrawn"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "expired"),
    ],
)
def test_nobody_is_mailed_a_link_that_is_of_no_use_any_more(invited, change, why):
    Invitation.objects.update(**change)

    row = deliver()

    assert mail.outbox == []
    assert row.stopped_at
    assert f"The invitation {why} before this mail could be sent: nobody wants it any more." in str(row.problem)


def test_an_invitation_that_is_gone_is_not_mailed(invited):
    Invitation.objects.all().delete()

    assert "The invitation does not exist any more" in str(deliver().problem)
    assert mail.outbox == []


def test_an_invitation_that_is_not_made_leaves_no_mail_behind(acme, alice, bob):
    with pytest.raises(UserError):
        services.invite(acme, "bob@acme.example", "viewer", by(alice))

    assert not Outgoing.objects.exists()


def test_a_member_is_not_invited_again(browse, acme, alice, bob):
    response = browse(alice).post(f"/c/{acme.slug}/people/invite/", {"email": "BOB@acme.example", "role": "viewer"})

    assert response.status_code == 422
    assert "is already a member of Acme" in response.content.decode()


def test_inviting_again_withdraws_the_earlier_link(client, invited, acme, alice):
    _, earlier = invited

    services.invite(acme, "dave@acme.example", "owner", by(alice))

    assert client.get(earlier).status_code == 410


def test_somebody_new_joins_with_name_and_password(client, invited, acme):
    _, url = invited

    response = client.post(url, {"name": "Dave", "password": PASSWORD})

    user = User.objects.get(email="dave@acme.example")
    assert user.check_password(PASSWORD)
    assert Membership.objects.get(user=user).role == "developer"
    assert response["Location"] == f"/c/{acme.slug}/"
    assert client.get(f"/c/{acme.slug}/people/").status_code == 200


def test_a_weak_password_is_refused_with_the_rule(client, invited):
    _, url = invited

    response = client.post(url, {"name": "Dave", "password": "short"})

    assert response.status_code == 422
    assert "at least 12 characters" in response.content.decode()
    assert not User.objects.filter(email="dave@acme.example").exists()


def test_an_existing_user_logs_in_first_then_joins(browse, client, invited, acme):
    _, url = invited
    dave = factories.UserFactory(email="dave@acme.example")

    anonymous = client.get(url).content.decode()
    response = browse(dave).post(url)

    assert f"/account/login/?next={url}" in anonymous
    assert Membership.objects.get(user=dave).customer == acme
    assert response["Location"] == f"/c/{acme.slug}/"


def test_an_anonymous_person_cannot_join_as_an_existing_user(client, invited):
    _, url = invited
    dave = factories.UserFactory(email="dave@acme.example")

    client.post(url, {"name": "Mallory", "password": PASSWORD})

    dave.refresh_from_db()
    assert not dave.check_password(PASSWORD)
    assert not Membership.objects.filter(user=dave).exists()


@pytest.mark.parametrize("dave_has_an_account", [True, False])
def test_another_user_cannot_take_the_invitation(browse, charlie, invited, dave_has_an_account):
    _, url = invited
    if dave_has_an_account:
        factories.UserFactory(email="dave@acme.example")

    response = browse(charlie).post(url, {"name": "Dave", "password": PASSWORD})

    assert "This invitation is for somebody else" in response.content.decode()
    assert Invitation.objects.get().accepted_at is None


def test_a_link_works_once(client, browse, invited):
    _, url = invited
    client.post(url, {"name": "Dave", "password": PASSWORD})

    response = browse(None).get(url)

    assert response.status_code == 410
    assert "has been used already" in response.content.decode()


def test_an_expired_link_says_so(client, invited):
    invitation, url = invited
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now())

    response = client.get(url)

    assert response.status_code == 410
    assert "has expired" in response.content.decode()


def test_a_wrong_link_says_so(client, db):
    response = client.get("/invitations/not-a-token/")

    assert response.status_code == 404
    assert "is not known" in response.content.decode()


def test_a_withdrawn_link_says_so(browse, client, invited, acme, alice):
    invitation, url = invited

    browse(alice).post(f"/c/{acme.slug}/people/invitations/{invitation.pk}/revoke/")

    response = client.get(url)
    assert response.status_code == 410
    assert "was withdrawn" in response.content.decode()


def test_two_acceptances_at_once_make_one_membership(invited, acme):
    invitation, _ = invited
    services.join(invitation, factories.UserFactory())

    with pytest.raises(UserError, match="just been used"):
        services.join(invitation, factories.UserFactory())

    assert Membership.objects.filter(customer=acme, role="developer").count() == 1


def test_an_address_that_tries_many_links_is_held_off(client, db):
    answers = [client.get(f"/invitations/guess-{n}/").status_code for n in range(joining.TRIES.most + 1)]

    assert answers == [404] * joining.TRIES.most + [429]


def test_no_token_is_in_the_audit_log(client, invited):
    _, url = invited
    client.post(url, {"name": "Dave", "password": PASSWORD})

    written = str(list(AuditEvent.objects.values()))

    assert set(AuditEvent.objects.values_list("action", flat=True)) == {
        "invitation.created",
        "user.created",
        "membership.created",
    }
    assert url.split("/")[2] not in written
    assert PASSWORD not in written


def test_a_name_with_a_line_break_does_not_stop_the_mail(acme):
    inviter = factories.UserFactory(name="Mallory\r\nBcc: all@example.com")
    services.invite(acme, "dave@acme.example", "viewer", by(inviter))

    deliver()

    assert mail.outbox[0].subject == "Mallory Bcc: all@example.com invites you to Acme at in4it"


def test_nobody_fills_mailboxes_with_invitations(browse, acme, alice, monkeypatch):
    monkeypatch.setattr(people, "INVITATIONS", Limit("invitations", most=1, seconds=60))
    client = browse(alice)

    answers = [
        client.post(f"/c/{acme.slug}/people/invite/", {"email": f"dave{n}@acme.example", "role": "viewer"})
        for n in range(2)
    ]

    assert [answer.status_code for answer in answers] == [200, 422]
    assert "You sent more than 1 invitations in 1 minutes" in answers[1].content.decode()
    assert Invitation.objects.count() == 1


def test_staff_cannot_be_invited_not_even_by_themselves(browse, acme, erin):
    answer = browse(erin).post(f"/c/{acme.slug}/people/invite/", {"email": erin.email, "role": "viewer"})

    assert answer.status_code == 422
    assert "works at in4it and sees Acme already" in answer.content.decode()
    assert not Invitation.objects.exists()
