"""The folder of fapfavorites 2.0: its database, and the pictures beside it. Nothing is written."""

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Self

from fapproc import disk, ours
from fapproc.durable.regular import LARGEST, read_regular
from fapproc.errors import (
    Damaged,
    NoArchive,
    PasswordProblem,
    StorageError,
    Unreadable,
    UsageProblem,
)
from fapproc.legacy import pickles, sealed, shape
from fapproc.legacy.records import OldDatabase, OldImage
from fapproc.legacy.stand_ins import NotPlain

_TOKEN_ADDS = 1024
_PACKED = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"x\x9c", b"x\xda", b"x\x01", b"x^", b"PK\x03\x04")
"""How gzip, bzip2, xz, zlib and zip begin."""


@dataclass(frozen=True, slots=True)
class OldFolder:
    """A folder with a database of the predecessor, and the key that opens it if it is encrypted."""

    folder: Path
    fingerprint: str
    """The digest of the database's file."""
    key: bytes | None = field(default=None, repr=False)

    @classmethod
    def open(cls, folder: Path, ask: Callable[[], str]) -> Self:
        """Find the database in a folder; `ask` is called for the password of an encrypted one.

        Raises:
            NoArchive: none is there.
            UsageProblem: it is an archive of this program.
            PasswordProblem: the password is another.
            Damaged: what is there is no such database.
            StorageError: it can't be read.
        """
        if (folder / "archive.json").exists():
            raise UsageProblem(
                f"{folder} holds an archive of this program already. Open it with -d {folder}."
            )
        with _opened(folder) as (stream, size):
            head = stream.read(8)
            stream.seek(0)
            fingerprint = file_digest(stream, "sha256").hexdigest()
            if head[:1] == b"\x80" and head[1:2] in b"\2\3\4\5":
                return cls(folder, fingerprint)
            if head[:2] != b"\x80\0":
                why = "it is compressed" if head.startswith(_PACKED) else "it begins otherwise"
                raise _no_database(folder, why)
            for key in sealed.keys_of(ask()):
                if sealed.is_whole(stream, size, key):
                    return cls(folder, fingerprint, key)
        raise PasswordProblem(
            f"The password does not open {folder / ours.DATABASE}: it is wrong, or the file is "
            "damaged. Nothing was changed; try again."
        )

    def read(self) -> OldDatabase:
        """Read the database; nothing that it names is run.

        Raises:
            Damaged: it is not what the predecessor writes.
            StorageError: it can't be read.
        """
        with _opened(self.folder) as (stream, size):
            clear: io.BufferedReader = stream
            if self.key is not None:
                clear = io.BufferedReader(sealed.Clear(stream, size, self.key))
            try:
                return shape.database(*pickles.read(clear, size))
            except NotPlain as error:
                raise _no_database(self.folder, str(error)) from error
            except ValueError as error:  # the padding of what is encrypted
                raise _no_database(self.folder, "it is not what was encrypted") from error

    def picture(self, image: OldImage) -> bytes:
        """The bytes of an image, verified by its digest.

        Raises:
            Unreadable: its file is there and can't be read.
            Damaged: its file is missing, or holds something else.
        """
        name = self._name(image)
        try:
            data = read_regular(self.folder / name, most=LARGEST + _TOKEN_ADDS)
        except FileNotFoundError:
            raise Damaged(f"{name} is missing.") from None
        except OSError as error:
            raise Unreadable(f"{name} can't be read: {error.strerror}.") from error
        clear = data if self.key is None else sealed.opened(data, self.key)
        if clear is None or sha256(clear).hexdigest() != image.digest:
            raise Damaged(f"{name} is not what was stored: its digest is different.")
        return clear

    def _name(self, image: OldImage) -> str:
        stem = image.digest if self.key is None else sealed.name(image.digest, self.key)
        return f"{disk.LINKABLE[0]}/{stem}.{image.extension}"


@contextmanager
def _opened(folder: Path) -> Iterator[tuple[io.BufferedReader, int]]:
    path = folder / ours.DATABASE
    try:
        opened = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except (FileNotFoundError, NotADirectoryError):
        raise NoArchive(
            f"No database of fapfavorites 2.0 in {folder}: there is no {ours.DATABASE}. Name the "
            "folder that it lies in, beside blobs and thumbs."
        ) from None
    except OSError as error:
        raise _unreadable(path, error) from error
    with os.fdopen(opened, "rb") as stream:
        try:
            found = os.fstat(opened)
            disk.refuse_other(found, str(path))
        except OSError as error:
            raise _unreadable(path, error) from error
        yield stream, found.st_size


def _unreadable(path: Path, error: OSError) -> StorageError:
    return StorageError(f"{path} can't be read: {error.strerror}. Give permission, or copy it.")


def _no_database(folder: Path, why: str) -> Damaged:
    return Damaged(
        f"{folder / ours.DATABASE} is not a database of fapfavorites 2.0: {why}. Nothing in it "
        "was run or imported; restore it from a copy."
    )
