"""What the audit log records has words that are marked for translation."""

import re
from pathlib import Path

import pytest
from django.apps import apps

from portal.accounts.audit_words import ACTIONS
from portal.accounts.changes import _words as words_of
from portal.core.work.state import Stateful

ROOT = Path(__file__).resolve().parents[2]
RECORDED = re.compile(r'(?:audit\.record\(\s*|action=)"([a-z_]+\.[a-z_]+)"')
SOURCES = [path for app in ("portal", "provisioning", "deployments", "billing") for path in (ROOT / app).rglob("*.py")]


def recorded() -> set[str]:
    """Every action that is written in the code."""
    return {action for path in SOURCES for action in RECORDED.findall(path.read_text())}


def test_there_is_something_to_look_at():
    assert {"ticket.opened", "deployment.requested"} <= recorded()


@pytest.mark.parametrize("action", sorted(recorded()))
def test_an_action_has_words(action):
    assert words_of(action.replace(".", ": ")) in ACTIONS


TOLD_BY_THEMSELVES = [
    model for model in apps.get_models() if issubclass(model, Stateful) and model.action_of is Stateful.action_of
]


@pytest.mark.parametrize("model", TOLD_BY_THEMSELVES, ids=lambda model: model.__name__)
def test_a_move_has_words(model):
    moves = {action for to in {x for way in model.MOVES.values() for x in way} if (action := model().action_of(to))}

    assert {words_of(action.replace(".", ": ")) for action in moves} <= ACTIONS
