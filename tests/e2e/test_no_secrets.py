"""Everything secret goes through the running portal once, and is in no log line and no audit event afterwards."""

import json
import re
from collections.abc import Mapping

import pytest
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder

from portal.core.models import AuditEvent, Step
from portal.core.sentences import Sentence
from provisioning.models import AwsAccount
from tests.configuration.page import Page
from tests.e2e.conftest import ON_SQLITE
from tests.e2e.olivia import PASSWORD, Olivia, until
from tests.e2e.visitor import Visitor, moved_on

pytestmark = [pytest.mark.redis, pytest.mark.localaws, pytest.mark.xdist_group("e2e"), ON_SQLITE]

KEY_ID, KEY = "AKIAQ3EGTESTKEYID234", "u8Wq/secret+access/key/of/a/test/2Zr9xYpL"
TYPED, CHOSEN = "a-password-typed-wrongly-41", "a password chosen by the invited 42"
VALUE = "the-value-of-a-configuration-secret-43"


class WithSentences(DjangoJSONEncoder):
    """Sentences as they are stored."""

    def default(self, value: object) -> object:
        return value.as_json() if isinstance(value, Sentence) else super().default(value)


def written(olivia: Olivia) -> dict[str, str]:
    """All that the portal keeps for others to read: its programs' logs, the audit log, the steps of its work."""
    rows = [*AuditEvent.objects.values(), *Step.objects.values()]
    return {**olivia.stack.logs, "audit": json.dumps(rows, cls=WithSentences, ensure_ascii=False)}


def leaks(texts: Mapping[str, str], secrets: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Which secret is in which text, with the line it is in."""
    return [
        (secret, name, line[:300])
        for name, text in texts.items()
        for line in text.splitlines()
        for secret, value in secrets.items()
        if value in line
    ]


def test_access_keys_and_external_ids_stay_out(olivia: Olivia):
    olivia.connect(name="By key", account_id="222222222222", access_key_id=KEY_ID, secret_access_key=KEY)
    path = olivia.connect(name="By role", account_id="333333333333", access="role", role_name="no-such-role")
    by_role = AwsAccount.objects.get(account_id="333333333333")

    texts = written(olivia)

    assert by_role.state == "failing"
    assert f"POST {path}test/" in texts["web"]
    assert "aws_account.tested" in texts["audit"]
    own = olivia.stack.environment["PORTAL_AWS_SECRET_ACCESS_KEY"]
    wanted = {"key id": KEY_ID, "key": KEY, "external id": by_role.external_id, "own key": own}
    assert leaks(texts, wanted) == []


def test_invitations_and_what_the_invited_choose_stay_out(olivia: Olivia):
    page = olivia.browser.fill(f"{olivia.home}/people/invite/", email="ivan@acme.example", role="viewer")
    found = re.search(r"/invitations/([\w-]{20,})/", page.text)
    assert found
    mail = olivia.stack.folder / "mail"
    until(lambda: any(found[1] in each.read_text() for each in mail.glob("*")))
    invited = Visitor(olivia.stack.url)
    moved_on(invited.fill(found[0], name="Ivan", password=CHOSEN))
    again = invited.open(found[0])

    texts = written(olivia)

    assert again.status_code == 410
    assert "/invitations/" in texts["web"]
    assert "membership.created" in texts["audit"]
    assert leaks(texts, {"token": found[1], "password": CHOSEN} | cookies(invited)) == []


def test_passwords_and_sessions_stay_out(olivia: Olivia):
    refused = Visitor(olivia.stack.url).log_in("olivia@acme.example", TYPED)

    texts = written(olivia)

    assert "not correct" in refused.text
    assert "POST /account/login/" in texts["web"]
    wanted = {"typed": TYPED, "right": PASSWORD, "secret key": settings.SECRET_KEY, "field key": settings.FIELD_KEYS[0]}
    assert leaks(texts, wanted | cookies(olivia.browser)) == []


def test_the_key_of_a_forgotten_password_stays_out(olivia: Olivia):
    visitor = Visitor(olivia.stack.url)
    visitor.fill("/account/password/reset/", email="olivia@acme.example")
    mail = olivia.stack.folder / "mail"
    mails = "".join(each.read_text() for each in mail.glob("*")).replace("=\n", "")
    found = re.search(r"/account/password/reset/key/([\w-]+)/", mails)
    assert found
    opened = visitor.open(found[0])

    texts = written(olivia)

    assert opened.ok
    assert "/password/reset/key/" in texts["web"]
    assert leaks(texts, {"reset key": found[1]}) == []


@pytest.mark.consul
def test_secret_values_of_configuration_stay_out(olivia: Olivia):
    service, environment = olivia.register(), olivia.environment()
    place = f"{olivia.home}/configuration/{service.name}/{environment.slug}/"
    keys = olivia.browser.open(place)
    room = next(one.name.removesuffix("-key") for one in Page(keys.text).fields if one.name.endswith("-key"))
    entered = {f"{room}-key": "database/password", f"{room}-value": VALUE, f"{room}-secret": "on"}
    review = olivia.browser.submit(f"{place}review/", keys, **entered)
    moved_on(olivia.browser.submit(f"{place}save/", review, reason="The new database"))
    revealed = olivia.browser.press(f"{place}reveal/", key="database/password")

    texts = written(olivia)

    assert VALUE in revealed.text
    assert "database/password" in texts["audit"]
    assert leaks(texts, {"value": VALUE}) == []


def cookies(visitor: Visitor) -> dict[str, str]:
    return {f"cookie {cookie.name}": str(cookie.value) for cookie in visitor.session.cookies}
