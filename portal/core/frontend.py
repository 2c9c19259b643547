"""Front-end files from npm: which of them the site serves, and where the icons lie."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.checks import CheckMessage, Error
from django.core.files.storage import FileSystemStorage

NODE_MODULES = Path(settings.BASE_DIR) / "node_modules"
ICONS = NODE_MODULES / "@tabler" / "icons" / "icons" / "outline"


@dataclass(frozen=True)
class Package:
    """Files of one folder of an npm package, and the static path under which they are served."""

    folder: str
    prefix: str
    files: tuple[str, ...]

    @property
    def storage(self) -> FileSystemStorage:
        storage = FileSystemStorage(location=NODE_MODULES / self.folder)
        storage.prefix = self.prefix  # type: ignore[attr-defined]  # collectstatic and whitenoise read it
        return storage


# The source maps are named in the files themselves: a manifest of hashed names is refused without them.
PACKAGES = (
    Package("@tabler/core/dist/css", "vendor/tabler", ("tabler.min.css", "tabler.min.css.map")),
    Package("@tabler/core/dist/js", "vendor/tabler", ("tabler.min.js", "tabler.min.js.map")),
    Package(
        "@fontsource-variable/inter/files",
        "vendor/inter",
        ("inter-latin-wght-normal.woff2", "inter-latin-ext-wght-normal.woff2"),
    ),
)


class NodeModulesFinder(BaseFinder):
    """Finds exactly the files of PACKAGES; nothing else of node_modules can be reached."""

    def check(self, **kwargs: object) -> list[CheckMessage]:
        missing = [path for path, file in _served() if not file.is_file()]
        if not missing:
            return []
        return [Error(f"Front-end files are missing: {', '.join(missing)}", hint="Run npm ci.", id="portal.E001")]

    def find(self, path: str, find_all: bool = False, **kwargs: object) -> Any:
        found = [str(file) for name, file in _served() if name == path and file.is_file()]
        return found if find_all else next(iter(found), [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        ignored = [*(ignore_patterns or ())]
        for package in PACKAGES:
            for name in package.files:
                if not matches_patterns(name, ignored):
                    yield name, package.storage


def _served() -> Iterator[tuple[str, Path]]:
    for package in PACKAGES:
        for name in package.files:
            yield f"{package.prefix}/{name}", NODE_MODULES / package.folder / name
