"""Every page in the pseudo-locale: no word on it that was not marked for translation."""

import pytest
from django.utils import translation

from tests.access.addresses import Address, addresses
from tests.access.test_walk import OPEN, verdict
from tests.access.world import World
from tests.words import pseudo
from tests.words.pages import unmarked, words_of_rows

pytestmark = pytest.mark.gettext
WHO = ("owner", "engineer", "finance", "viewer", "anonymous")


@pytest.fixture(scope="session")
def pseudo_locale(tmp_path_factory):
    """The pseudo-locale, made once."""
    directory = tmp_path_factory.mktemp("locale")
    pseudo.make(directory)
    return directory


@pytest.fixture
def in_pseudo(pseudo_locale, settings):
    """Everything is said in the pseudo-locale."""
    languages = [(pseudo.LANGUAGE, "Pseudo")]
    settings.LOCALE_PATHS, settings.LANGUAGE_CODE, settings.LANGUAGES = [pseudo_locale], pseudo.LANGUAGE, languages
    with translation.override(pseudo.LANGUAGE):
        yield


@pytest.mark.parametrize("address", list(addresses()), ids=lambda address: address.name or address.route)
def test_every_word_of_a_page_is_marked(address: Address, world: World, browse, in_pseudo):
    url, data = world.url(address), words_of_rows()
    wrong = {}
    for who in WHO:
        if verdict(address, world.people[who], world) != OPEN:
            continue
        for method in ("get", "post"):
            client = browse(world.people[who])
            client.raise_request_exception = False
            answer = getattr(client, method)(url)
            if answer.headers.get("Content-Type", "").startswith("text/html") and answer.content:
                wrong |= dict.fromkeys(unmarked(answer.content.decode(), data), f"{method} as {who}")
    assert not wrong, "\n".join(f"{words}: {where}" for words, where in wrong.items())
