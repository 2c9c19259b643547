"""A layer with this machine's own Python, so that the sample runs in a container without pulling a base image.

Linux only: the interpreter, the shared libraries it names, and the standard modules that the sample imports.
Standard library only.
"""

import platform
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from functools import cache
from modulefinder import ModuleFinder
from pathlib import Path

from provisioning.localaws.ecr.registry import digest_of
from provisioning.localaws.sample.layers import File, Layer, build_layer

CACHE = Path(".dev") / "sample-interpreter"

# Optional for the sample, and megabytes of libraries.
LEFT_OUT = (
    *("ssl", "_ssl", "_hashlib", "bz2", "lzma", "decimal", "_decimal", "_pydecimal", "statistics"),
    *("pickle", "csv", "pdb", "code", "unittest", "doctest", "tkinter", "pydoc", "readline", "rlcompleter"),
)
# Loaded by name while Python starts, where an analysis of imports does not see them.
ALWAYS = ("encodings", "encodings.aliases", "encodings.utf_8", "encodings.ascii", "encodings.latin_1", "encodings.idna")


def executable() -> Path:
    """The interpreter behind the virtual environment, if this is one."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return (Path(sys.base_prefix) / "bin" / version).resolve()


def interpreter_layer(program: Path) -> Layer:
    """The layer for `program`, cached in .dev because it takes seconds to make and never changes."""
    key = digest_of(f"{sys.version}{platform.machine()}{program.read_text()}{Path(__file__).read_text()}".encode())
    layer_file, diff_file = CACHE / f"{key[7:23]}.tar.gz", CACHE / f"{key[7:23]}.diff-id"
    if diff_file.exists():
        return Layer(layer_file.read_bytes(), diff_file.read_text())
    layer = build_layer(_files(program))
    CACHE.mkdir(parents=True, exist_ok=True)
    _write_whole(layer_file, layer.content)
    _write_whole(diff_file, layer.diff_id.encode())
    return layer


def _write_whole(path: Path, content: bytes) -> None:
    """So that another process never reads half a file."""
    partial = path.with_suffix(f".{digest_of(content)[7:15]}.part")
    partial.write_bytes(content)
    partial.replace(path)


def _files(program: Path) -> dict[str, File]:
    modules = _modules(program)
    extensions = [module for module in modules if module.suffix == ".so"]
    libraries = _libraries((executable(), *extensions))
    binaries = {str(path): File(path.resolve().read_bytes(), executable=True) for path in (executable(), *libraries)}
    return binaries | {str(path): File(path.read_bytes()) for path in modules}


def _modules(program: Path) -> set[Path]:
    """The files of the standard library that the program reaches."""
    standard = sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix, "base": sys.base_prefix})
    finder = ModuleFinder(path=[standard, f"{standard}/lib-dynload"], excludes=list(LEFT_OUT))
    finder.run_script(str(program))
    for name in ALWAYS:
        finder.import_hook(name)
    files = (getattr(module, "__file__", None) for module in finder.modules.values())
    return {Path(file) for file in files if file and Path(file).is_relative_to(standard)}


def _libraries(binaries: Iterable[Path]) -> set[Path]:
    return {library for binary in binaries for library in _needed(binary)}


@cache
def _needed(binary: Path) -> frozenset[Path]:
    """The shared libraries that the dynamic linker would load, the linker itself included."""
    listed = subprocess.run(["ldd", str(binary)], capture_output=True, text=True, check=True).stdout
    return frozenset(Path(found) for found in re.findall(r"(?<!\S)(/\S++) \(0x", listed))
