"""A language made of all that is marked for translation: what a page says outside of its brackets was not marked.

`bin/pseudo-locale DIRECTORY` writes it, for LOCALE_PATHS; needs GNU gettext.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import allauth
import django
from django.conf import settings
from django.contrib import auth

LANGUAGE = "en-xa"  # its region is one of those that are nobody's
OPEN, CLOSE = "⟦", "⟧"
BRACKETS = f"printf '{OPEN}'; cat; printf '{CLOSE}'"
PLURALS = "nplurals=2; plural=(n != 1);"  # which gettext leaves open for a language it does not know
SPEAKING = ("portal", "provisioning", "deployments", "billing", "templates")
SILENT = shutil.ignore_patterns("demo", "localaws", "stacks", "migrations", "__pycache__")
LIBRARIES = (django, auth, allauth)  # their own sentences are shown, too


def make(directory: Path) -> None:
    """Extracts every sentence, puts it between brackets, compiles."""
    folder = directory / "en_XA" / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    own, work = folder / "django.po", folder / "all.po"
    _extract(own)
    _run("msgcat", "--use-first", "-o", str(work), str(own), *(str(_english(library)) for library in LIBRARIES))
    _run("msgen", "-o", str(own), str(work))
    _run("msgfilter", "--keep-header", "-i", str(own), "-o", str(work), "sh", "-c", BRACKETS)
    _run("msgfmt", "-o", str(folder / "django.mo"), str(work))


def _extract(to: Path) -> None:
    """From a copy: makemessages writes files beside the templates it reads."""
    with TemporaryDirectory() as name:
        copy = Path(name)
        for each in SPEAKING:
            shutil.copytree(settings.BASE_DIR / each, copy / each, ignore=SILENT)
        (copy / "locale").mkdir()
        _run(sys.executable, "-m", "django", "makemessages", "-l", "en_XA", "--no-obsolete", "-v", "0", cwd=copy)
        said = (copy / "locale/en_XA/LC_MESSAGES/django.po").read_text()
        to.write_text(said.replace("nplurals=INTEGER; plural=EXPRESSION;", PLURALS))


def _english(library: ModuleType) -> Path:
    """The library's own sentences."""
    folder = Path(str(library.__file__)).parent
    found = [*folder.glob("conf/locale/en/LC_MESSAGES/django.po"), *folder.glob("locale/en/LC_MESSAGES/django.po")]
    return found[0]


def _run(*command: str, cwd: Path | None = None) -> None:
    surroundings = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    done = subprocess.run(command, cwd=cwd, env=surroundings, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]}: {done.stderr[-2000:]}")
