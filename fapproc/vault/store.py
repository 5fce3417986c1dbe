"""The vault: blobs and thumbnails by digest, verified on the way out.

In an open archive a name on disk is a function of digest and format: `blobs/ca/ca97….jpg`. In a
sealed one it is an HMAC of the digest, under one key for blobs and another for thumbnails, so that
pairs don't show: `blobs/3f/3f60…`. Nothing of the site is ever part of a name.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from fapproc import ours
from fapproc.durable.folder import DurableFolder, Entry
from fapproc.errors import Damaged, Unreadable
from fapproc.model import Format
from fapproc.vault import sealed
from fapproc.vault.keys import Keys, Purpose

AT_ONCE = 32 * 1024 * 1024
"""So many bytes are written at once: enough to share an fsync, and few to hold."""
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


class FileLayout(Protocol):
    """How files lie on disk: under which name, and in which form."""

    is_clear: bool

    def name(self, key: Key) -> str:
        """The file's name, relative to the archive's folder."""

    def wrap(self, key: Key, data: bytes) -> bytes:
        """What is written for these bytes."""

    def unwrap(self, key: Key, stored: bytes) -> bytes | None:
        """The bytes that were wrapped; None where that is not what is stored."""

    def size(self, length: int) -> int:
        """How long the file of this many bytes is."""


class OpenLayout:
    """Files as they are, under their digest and extension."""

    is_clear = True

    def name(self, key: Key) -> str:
        """Digest and extension, in a folder of the digest's first two digits."""
        return f"{key.kind}/{key.digest[:2]}/{key.digest}.{key.format}"

    def wrap(self, key: Key, data: bytes) -> bytes:  # noqa: ARG002 - one form for every key
        """The bytes themselves."""
        return data

    def unwrap(self, key: Key, stored: bytes) -> bytes | None:  # noqa: ARG002 - the same
        """The bytes themselves."""
        return stored

    def size(self, length: int) -> int:
        """The same."""
        return length


class SealedLayout:
    """Files encrypted and bound to kind and digest, under a name that tells neither."""

    is_clear = False

    def __init__(self, keys: Keys) -> None:
        self._names = {
            Kind.BLOB: keys.subkey(Purpose.BLOB_NAME),
            Kind.THUMB: keys.subkey(Purpose.THUMB_NAME),
        }
        self._contents = {
            Kind.BLOB: keys.subkey(Purpose.BLOB),
            Kind.THUMB: keys.subkey(Purpose.THUMB),
        }

    def name(self, key: Key) -> str:
        """An HMAC of the digest, without an extension."""
        name = hmac.digest(self._names[key.kind], key.digest.encode(), "sha256").hex()
        return f"{key.kind}/{name[:2]}/{name}"

    def wrap(self, key: Key, data: bytes) -> bytes:
        """A sealed file."""
        return sealed.seal(data, self._contents[key.kind], f"{key.kind}/{key.digest}")

    def unwrap(self, key: Key, stored: bytes) -> bytes | None:
        """What was sealed for this kind and digest, verified whole."""
        try:
            return sealed.unseal(stored, self._contents[key.kind], f"{key.kind}/{key.digest}")
        except sealed.NotSealed:
            return None

    def size(self, length: int) -> int:
        """That and what sealing adds."""
        return sealed.size_of(length)


def digest_of(data: bytes) -> str:
    """Return the sha256 of the bytes, 64 lower-case hex characters."""
    return hashlib.sha256(data).hexdigest()


class Vault:
    """Blobs and thumbnails of one archive."""

    def __init__(self, backend: DurableFolder, layout: FileLayout) -> None:
        self._backend = backend
        self._layout = layout

    def put(self, files: Iterable[tuple[Key, bytes]]) -> frozenset[Key]:
        """Store files durably; one that is there and sound is only renewed.

        An existing file counts as present only after it was read and compared: a leftover of a
        crash or a bad disk is replaced, never trusted. Files are taken one by one and written when
        they are many bytes, so that a generator of large ones needs no more memory than two.

        Returns:
            Those that could not be stored, as something that is not ours lies in their place.

        Raises:
            StorageError: a file could not be written; none of this call counts as stored.
        """
        missing: dict[str, bytes] = {}
        blocked: set[Key] = set()
        for key, data in files:
            name = self._layout.name(key)
            if self._holds(name, key, data):
                self._backend.renew(name)
            elif self._backend.is_blocked(name):
                blocked.add(key)
            else:
                missing[name] = self._layout.wrap(key, data)
            if sum(map(len, missing.values())) >= AT_ONCE:
                self._backend.write(missing)
                missing = {}
        if missing:
            self._backend.write(missing)
        return frozenset(blocked)

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

    def _holds(self, name: str, key: Key, data: bytes) -> bool:
        stored = self._readable(name)
        return stored is not None and self._layout.unwrap(key, stored) == data

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
        """Copy a file, as it is stored, durably to another name; False where it can't be had."""
        stored = self._readable(name)
        if stored is not None:
            self._backend.write({other: stored})
        return stored is not None

    def remove(self, name: str) -> bool:
        """Remove a file by its name on disk; False where none is, or it is none of ours."""
        return self._backend.delete(name)

    def remove_copy(self, name: str) -> bool:
        """Remove a file, whatever it is called, whose content was just put where it belongs."""
        return self._backend.remove(name, ours.ANY)

    def remove_database_copy(self, name: str) -> bool:
        """Remove a copy of the database that lies beside it; False where none is."""
        return self._backend.remove(name, ours.DATABASE_COPY)

    def entry(self, name: str) -> Entry | None:
        """A file's size and time; None where there is none, or the disk doesn't say."""
        return self._backend.entry(name)

    def entries(self) -> Iterator[Entry]:
        """Every blob and thumbnail on disk with its size and time."""
        for kind in Kind:
            yield from self._backend.entries(kind)

    def size(self, length: int) -> int:
        """How long the file of this many bytes is on disk."""
        return self._layout.size(length)

    def sweep(self) -> None:
        """Remove what crashes left half written."""
        self._backend.sweep()

    def names(self) -> Iterator[str]:
        """The names of every blob and thumbnail on disk."""
        return (entry.name for entry in self.entries())

    def name(self, key: Key) -> str:
        """The name that a file has on disk, whether it is there or not."""
        return self._layout.name(key)

    def path(self, key: Key) -> Path:
        """Where a file lies on this computer."""
        return self._backend.path(self._layout.name(key))
