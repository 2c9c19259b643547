"""Every code has words, every word has a use, and the facts that are given are those that the words name."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.core.sentences import catalogue
from provisioning.aws.errors import AwsProblem, doing
from provisioning.aws.kinds import KINDS
from provisioning.changes.wording import kind_of
from tests.conftest import ROOT

CODE = ("portal", "provisioning", "deployments", "billing")
OF_A_CODE = {"Sentence", "Cause"}  # calls whose first argument is a code
# Codes that are put together: each has a test of its own here.
BUILT = ("aws.to.", "resource.")


def _files() -> Iterator[Path]:
    for folder in CODE:
        yield from (each for each in Path(ROOT / folder).rglob("*.py") if "migrations" not in each.parts)


def _calls(*names: str) -> Iterator[tuple[str, ast.Call]]:
    for file in _files():
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                yield f"{file.relative_to(ROOT)}:{node.lineno}", node


def _literal(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


USES = [
    (where, code, {each.arg for each in call.keywords} if call.func.id == "Sentence" else set())
    for where, call in _calls(*OF_A_CODE)
    if call.args and (code := _literal(call.args[0])) is not None
]
OPERATIONS = sorted(
    {text for _, call in _calls("asking_aws", "_Probe", "AwsProblem") for text in map(_literal, call.args[:2]) if text}
    - KINDS.keys()
)


class _Asked(dict[str, int]):
    """Facts that note which of them are asked for."""

    def __getitem__(self, name: str) -> int:
        self.setdefault(name, 2)
        return 2


def _places(code: str) -> set[str]:
    asked = _Asked()
    assert catalogue()[code] % asked
    return set(asked)


@pytest.mark.parametrize(("where", "code", "facts"), USES, ids=[f"{code}-{where}" for where, code, _ in USES])
def test_a_sentence_has_words_and_the_facts_that_they_name(where, code, facts):
    assert code in catalogue()
    assert facts == _places(code)


def test_no_words_are_left_over():
    used = {code for _, code, _ in USES} | {f"aws.{kind}" for kind in KINDS} | {"said", "unknown"}

    assert sorted(code for code in catalogue() if code not in used and not code.startswith(BUILT)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_problem_at_aws_is_said(kind):
    assert "do it" in str(AwsProblem(kind, "do it").sentence) or kind == "wrong_external_id"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_the_portal_wants_of_aws_has_words(operation):
    assert str(doing(operation)) == operation
    assert not isinstance(doing(operation), str)


def test_no_word_for_what_the_portal_wants_is_left_over():
    wanted = {doing(operation).code for operation in OPERATIONS}
    known = {code for code in catalogue() if code.startswith("aws.to.")}

    assert known - wanted == {"aws.to.change_which_tasks_are_protected_from_being_stopped"}  # asked by a constant


def test_a_resource_is_called_by_its_word():
    assert str(kind_of("AWS::EC2::VPC")) == "network"
    assert kind_of("AWS::Foo::Bar") == "Bar"
