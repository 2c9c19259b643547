"""Every regular expression of the site takes time in proportion to what it reads: strangers write much of that."""

import ast
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioning.changes import causes
from tests.conftest import ROOT

LENGTH = 200_000  # forms look at a field's length and at its characters side by side, so length protects nothing
SECONDS = 0.3  # what grows with the square of the text takes seconds or minutes for this much, the rest milliseconds
CODE = ("portal", "provisioning", "deployments", "billing")
OF_RE = {"compile", "search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer"}
OF_DJANGO = {"RegexValidator", "RegexField", "re_path"}

# Icons of a package that we chose.
READS_ONLY_OUR_FILES = {"portal/core/templatetags/ui.py"}
# Expressions that their calls do not spell out.
NAMED = {"provisioning/changes/causes.py": [pattern for pattern, _ in causes._ADVICE]}

PIECES = [
    *("a", "A", "0", "é", "-", ".", "_", "/", ":", "@", "=", '"', "'", "*", "?", "(", "<", "\\", "$", "%"),
    *(" ", "\n", "\t ", "\r\n", "\u2028"),
    *("a-", "a.", "a/", "a:", "a@", "a=", "a ", "0 ", "-a", "--", "*.", "a--", "/a", " a", "a.a-", "<a", "(a", "=b:"),
]


def _called(call: ast.Call) -> bool:
    function = call.func
    if isinstance(function, ast.Attribute):
        of_re = isinstance(function.value, ast.Name) and function.value.id == "re"
        return function.attr in OF_DJANGO or (of_re and function.attr in OF_RE)
    return isinstance(function, ast.Name) and function.id in OF_DJANGO


def _written(call: ast.Call) -> str | None:
    """The expression of a call, with a letter for what is filled in; None when it stands elsewhere."""
    said = next((each.value for each in call.keywords if each.arg == "regex"), None) or call.args[0]
    if isinstance(said, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "x" for part in said.values)
    return str(said.value) if isinstance(said, ast.Constant) else None


def _calls() -> Iterator[tuple[str, str | None]]:
    files = [file for folder in CODE for file in Path(ROOT / folder).rglob("*.py") if "migrations" not in file.parts]
    for file in files:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and _called(node):
                yield str(file.relative_to(ROOT)), _written(node)


CALLS = list(_calls())
EXPRESSIONS = sorted(
    {(where, what) for where, what in CALLS if what and where not in READS_ONLY_OUR_FILES}
    | {(where, what) for where, found in NAMED.items() for what in found}
)


def _hostile(expression: str) -> Iterator[str]:
    """Pieces of text repeated, among them the expression's own words, alone and between signs that fit nowhere."""
    for piece in [*PIECES, *re.findall(r"[\w /:<>()=\"-]{2,}", expression.replace("\\", ""))]:
        text = piece * (LENGTH // len(piece))
        yield from (text, f"/{text}!\n")


def test_the_expressions_are_found():
    assert ("portal/accounts/rules.py", "[a-z][a-z0-9]*(-[a-z0-9]+)*") in EXPRESSIONS
    assert ("provisioning/accounts/rules.py", r"[A-Za-z0-9-]{3,64}") in EXPRESSIONS
    assert {where for where, what in CALLS if what is None} == set(NAMED)


@pytest.mark.parametrize(("where", "expression"), EXPRESSIONS)
def test_no_text_keeps_an_expression_busy(where, expression):
    compiled = re.compile(expression, re.DOTALL)
    for text in _hostile(expression):
        started = time.process_time()
        compiled.fullmatch(text)
        compiled.sub("", text)
        assert time.process_time() - started < SECONDS, f"{expression} in {where} on {text[:40]!r}"
