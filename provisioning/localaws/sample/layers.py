"""Image layers as bytes that depend on their content only. Standard library only."""

import gzip
import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass

from provisioning.localaws.ecr.registry import digest_of


@dataclass(frozen=True)
class Layer:
    """A gzipped tar, and the digest of the tar itself, which the image's config names."""

    content: bytes
    diff_id: str

    @property
    def digest(self) -> str:
        return digest_of(self.content)


@dataclass(frozen=True)
class File:
    content: bytes
    executable: bool = False


def build_layer(files: Mapping[str, File]) -> Layer:
    """A layer with the files at their absolute paths, in one order and without times or owners."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for path in sorted(files):
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size = len(files[path].content)
            entry.mode = 0o755 if files[path].executable else 0o644
            archive.addfile(entry, io.BytesIO(files[path].content))
    tar = buffer.getvalue()
    return Layer(gzip.compress(tar, compresslevel=6, mtime=0), digest_of(tar))
