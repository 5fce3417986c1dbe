"""The vault: blobs and thumbnails by digest, verified on the way out.

Under which name, and in which form, a file is stored says a layout; where it lies, a backend.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from fapproc import ours
from fapproc.durable.entry import Entry
from fapproc.errors import Damaged, StorageError, Unreadable
from fapproc.model import Format
from fapproc.vault.backend import Backend

AT_ONCE = 32 * 1024 * 1024
"""So many bytes are written at once: enough to share an fsync, and few to hold."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


class Kind(StrEnum):
    """What a stored file is; also the first part of its name."""

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


class FileLayout(Protocol):
    """How files are stored: under which name, and in which form."""

    is_clear: bool

    def name(self, key: Key) -> str:
        """The file's name, as backends know it."""

    def has_form(self, name: str) -> bool:
        """Whether a name may be of a file that is stored so, and not otherwise."""

    def wrap(self, key: Key, data: bytes) -> bytes:
        """What is written for these bytes."""

    def unwrap(self, key: Key, stored: bytes) -> bytes | None:
        """The bytes that were wrapped; None where that is not what is stored."""

    def size(self, length: int) -> int:
        """How long the file of this many bytes is."""


def digest_of(data: bytes) -> str:
    """Return the sha256 of the bytes, 64 lower-case hex characters."""
    return hashlib.sha256(data).hexdigest()


class Vault:
    """Blobs and thumbnails of one archive."""

    def __init__(self, backend: Backend, layout: FileLayout) -> None:
        self._backend = backend
        self._layout = layout

    def put(self, files: Iterable[tuple[Key, bytes]]) -> dict[Key, str]:
        """Store files durably; one that is there and sound is only renewed.

        An existing file counts as present only after it was read and compared: a leftover of a
        crash or a bad disk is replaced, never trusted. Files are taken one by one and written when
        they are many bytes, so that a generator of large ones needs no more memory than two.

        Returns:
            Those that could not be stored, as something that is not ours lies in their place, each
            with a sentence on it.

        Raises:
            StorageError: a file could not be written; none of this call counts as stored.
        """
        missing: dict[Key, bytes] = {}
        blocked: dict[Key, str] = {}
        for key, data in files:
            name = self._layout.name(key)
            stored = self._readable(name)
            if stored is not None and self._layout.unwrap(key, stored) == data:
                self._backend.renew(name, stored)
            else:
                missing[key] = self._layout.wrap(key, data)
            if sum(map(len, missing.values())) >= AT_ONCE:
                blocked |= self._write(missing)
                missing = {}
        return blocked | self._write(missing)

    def _write(self, files: Mapping[Key, bytes]) -> dict[Key, str]:
        """Write files; where one can't be, all but those in whose places something else lies."""
        named = {self._layout.name(key): data for key, data in files.items()}
        if not named:
            return {}
        try:
            self._backend.write(named)
        except StorageError:
            said = {key: self._backend.obstacle(self._layout.name(key)) for key in files}
            blocked = {key: obstacle for key, obstacle in said.items() if obstacle is not None}
            if not blocked:
                raise
            rest = {key: data for key, data in files.items() if key not in blocked}
            return blocked | self._write(rest)
        return {}

    def ensure(self, files: Iterable[tuple[Key, bytes]]) -> None:
        """Write again what has gone since it was put; by size and name alone, so it takes no time.

        Meant for the transaction that gives files their rows: who drops files without rows does
        so in a transaction too, so what is seen here stays.

        Raises:
            StorageError: a file could not be written.
        """
        self.put((key, data) for key, data in files if not self._looks_put(key, data))

    def _looks_put(self, key: Key, data: bytes) -> bool:
        entry = self._backend.entry(self._layout.name(key))
        return entry is not None and entry.is_regular and entry.bytes == self.size(len(data))

    def _readable(self, name: str) -> bytes | None:
        """A file's bytes where they can be had: what can't be read is replaced, or passed by."""
        try:
            return self._backend.read(name)
        except Unreadable:
            return None

    def get(self, key: Key, *, expect: str | None = None) -> bytes:
        """Read a file whole and verify it.

        Args:
            key: which file.
            expect: the digest of the file itself; a blob's is that of its key.

        Raises:
            Unreadable: it is there, and can't be read now.
            Damaged: the file is missing, or is not what its record says.
        """
        name = self._layout.name(key)
        stored = self._backend.read(name)
        if stored is None:
            raise Damaged(
                f"{name} is missing from the archive: the disk or a tool removed it. "
                "Run 'fapproc check --repair'."
            )
        data = self._layout.unwrap(key, stored)
        if data is None or digest_of(data) != (expect or key.digest):
            raise Damaged(
                f"{name} is not what was stored: the disk or a tool changed it. "
                "Run 'fapproc check --read-data --repair'."
            )
        return data

    def delete(self, key: Key) -> bool:
        """Remove a file; False where there was none. Its row must be gone already."""
        return self._backend.delete(self._layout.name(key))

    def find(self, name: str, key: Key, expect: str) -> bytes | None:
        """The bytes of `key` where the file of this name holds them, under whatever name."""
        stored = self._readable(name)
        data = None if stored is None else self._layout.unwrap(key, stored)
        return data if data is not None and digest_of(data) == expect else None

    def digest(self, name: str) -> str | None:
        """The digest of what a file holds, where that can be told without knowing what it is."""
        stored = self._readable(name)
        return None if stored is None or not self._layout.is_clear else digest_of(stored)

    def keep_aside(self, name: str, other: str) -> bool:
        """Copy a file, as it is stored, durably to another name; False where it can't be read."""
        stored = self._readable(name)
        if stored is not None:
            self._backend.write({other: stored})
        return stored is not None

    def remove(self, name: str) -> bool:
        """Remove a file by its name; False where none is, or the name is not of our form."""
        return ours.STORED.fullmatch(name) is not None and self._backend.delete(name)

    def remove_copy(self, name: str) -> bool:
        """Remove a file, whatever it is called, whose content was just put where it belongs."""
        return self._backend.delete(name)

    def entry(self, name: str) -> Entry | None:
        """A file's size and time; None where there is none, or nobody can say."""
        return self._backend.entry(name)

    def entries(self, *kinds: Kind) -> Iterator[Entry]:
        """Every blob and thumbnail with its size and time, one after the other; or of some kinds.

        What is none of ours and lies among them is told too.
        """
        for kind in kinds or Kind:
            yield from self._backend.entries(kind)

    def others(self) -> Iterator[Entry]:
        """Every file whose name is not of this vault's form: of the other form, or none of ours."""
        return (entry for entry in self.entries() if not self._layout.has_form(entry.name))

    def age(self, entry: Entry) -> float:
        """Seconds since a file was written or renewed, by the clock that gave it its time."""
        return self._backend.now() - entry.changed_at

    def size(self, length: int) -> int:
        """How long the file of this many bytes is."""
        return self._layout.size(length)

    def free(self) -> int | None:
        """How many bytes there is room for; None where nobody can tell."""
        return self._backend.free()

    def place(self, key: Key) -> str:
        """Where a person finds a file, whether it is there or not."""
        return self._backend.place(self.name(key))

    def folders(self) -> Sequence[Path]:
        """The folders of this computer in which files lie."""
        return self._backend.folders()

    def sweep(self) -> None:
        """Remove what crashes left half written."""
        self._backend.sweep()

    def names(self) -> Iterator[str]:
        """The names of every blob and thumbnail."""
        return (entry.name for entry in self.entries())

    def name(self, key: Key) -> str:
        """The name that a file has, whether it is there or not."""
        return self._layout.name(key)
