"""What the patches reach is checked before anything is patched."""

import pytest

from provisioning.localaws import checks
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
