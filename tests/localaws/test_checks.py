"""What the patches reach is checked before anything is patched, and is little."""

import ast
from pathlib import Path

import pytest

from provisioning.localaws import checks, control
from provisioning.localaws.checks import MismatchError, Reaches, check


@pytest.fixture(autouse=True)
def _the_right_version(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checks, "version", lambda name: checks.MINISTACK_VERSION)


def test_names_that_exist_pass_dotted_ones_included():
    check([Reaches("os", ("path", "path.join", "environ.get"))])


def test_everything_that_is_missing_is_named():
    with pytest.raises(MismatchError) as error:
        check([Reaches("os", ("path", "_gone")), Reaches("json", ("loads._also_gone",)), Reaches("no_module", ("x",))])

    text = str(error.value)
    assert "os._gone is missing" in text
    assert "json.loads._also_gone is missing" in text
    assert "no_module cannot be imported" in text


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(checks, "version", lambda name: "9.9.9")

    with pytest.raises(MismatchError, match=r"ministack is 9\.9\.9, the patches need 1\.5\.33"):
        check([])


LOCALAWS = control.ROOT / "provisioning" / "localaws"
MOST = 25  # private names of MiniStack; each new one makes its next version dearer


def theirs(tree: ast.AST) -> dict[str, str]:
    """What a module imports of MiniStack: the name it has here, and its own."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    from_them = [node for node in imports if (node.module or "").startswith("ministack")]
    return {alias.asname or alias.name: f"{node.module}.{alias.name}" for node in from_them for alias in node.names}


def reached(file: Path) -> set[str]:
    """The private names of MiniStack that a module uses, however it imports them."""
    tree = ast.parse(file.read_text())
    imported = theirs(tree)
    used = [ast.unparse(node).partition(".") for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    names = {f"{imported[owner]}.{rest}" for owner, _, rest in used if owner in imported} | set(imported.values())
    return {name for name in names if is_private(name)}


def is_private(name: str) -> bool:
    last = name.rpartition(".")[2]
    return last.startswith("_") and not last.startswith("__")


def checked(file: Path) -> set[str]:
    """The names that a module has checked at start, by its `Reaches(...)`."""
    calls = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]
    literal = [call for call in calls if ast.unparse(call.func) == "Reaches"]
    words = [[each.value for each in ast.walk(call) if isinstance(each, ast.Constant)] for call in literal]
    dotted = [(module, name.split(".")) for module, *names in words for name in names]
    return {".".join([module, *parts[:depth]]) for module, parts in dotted for depth in range(1, len(parts) + 1)}


def modules() -> list[Path]:
    return sorted(LOCALAWS.rglob("*.py"))


def test_every_private_name_that_is_used_is_checked_at_start():
    used, known = set().union(*map(reached, modules())), set().union(*map(checked, modules()))

    assert used - known == set()
    assert used, "nothing was found: this test does not look where it should"


def test_few_private_names_are_used():
    """Those used by a name in a string, as `setattr` does, count as well: they have to be checked all the same."""
    names = {name for file in modules() for name in reached(file) | checked(file)}

    assert len({name for name in names if is_private(name)}) <= MOST
