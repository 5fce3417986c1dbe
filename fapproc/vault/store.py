"""The vault: blobs and thumbnails by digest, verified on the way out.

A name on disk is a function of digest and format: `blobs/ca/ca97….jpg`, `thumbs/ca/ca97….webp`.
Nothing of the site is ever part of a name.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from fapproc.errors import Damaged
from fapproc.model import Format
from fapproc.vault.local import LocalFolder

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Kind(StrEnum):
    """What a stored file is; also its folder."""

    BLOB = "blobs"
    THUMB = "thumbs"


@dataclass(frozen=True, slots=True)
class Key:
    """What a stored file is known by: its kind, the digest of its image, its own format."""

    kind: Kind
    digest: str
    format: Format

    def __post_init__(self) -> None:
        if not _DIGEST.fullmatch(self.digest):
            raise ValueError(f"not a digest: {self.digest!r}")

    @property
    def name(self) -> str:
        """The file's name in an open archive, relative to the archive's folder."""
        return f"{self.kind}/{self.digest[:2]}/{self.digest}.{self.format}"


def digest_of(data: bytes) -> str:
    """Return the sha256 of the bytes, 64 lower-case hex characters."""
    return hashlib.sha256(data).hexdigest()


class Vault:
    """Blobs and thumbnails of one archive."""

    def __init__(self, backend: LocalFolder) -> None:
        self._backend = backend

    def put(self, files: Iterable[tuple[Key, bytes]]) -> None:
        """Store files durably; one that is there and sound is only renewed.

        An existing file counts as present only after it was read and compared: a leftover of a
        crash or a bad disk is replaced, never trusted.

        Raises:
            StorageError: a file could not be written; none of this call counts as stored.
        """
        missing: dict[str, bytes] = {}
        for key, data in files:
            if self._backend.read(key.name) == data:
                self._backend.renew(key.name)
            else:
                missing[key.name] = data
        if missing:
            self._backend.write(missing)

    def get(self, key: Key, *, expect: str | None = None) -> bytes:
        """Read a file whole and verify it.

        Args:
            key: which file.
            expect: the digest of the file itself; a blob's is that of its key.

        Raises:
            Damaged: the file is missing, or is not what its record says.
        """
        data = self._backend.read(key.name)
        if data is None:
            raise Damaged(
                f"{key.name} is missing from the archive: the disk or a tool removed it. "
                "Crawl its album again with force to get it back."
            )
        found = digest_of(data)
        if found != (expect or key.digest):
            raise Damaged(
                f"{key.name} reads back as {found[:12]}…: the disk or a tool changed it. "
                "Restore it from a copy, or crawl its album again with force."
            )
        return data

    def delete(self, key: Key) -> bool:
        """Remove a file; False where there was none. Its row must be gone already."""
        return self._backend.delete(key.name)

    def sweep(self) -> None:
        """Remove what crashes left half written."""
        self._backend.sweep()

    def names(self) -> Iterator[str]:
        """The names of every blob and thumbnail on disk."""
        for name in self._backend.names():
            if name.split("/", 1)[0] in set(Kind):
                yield name

    def path(self, key: Key) -> Path:
        """Where a file lies on this computer."""
        return self._backend.path(key.name)
