"""What a backend of the vault is: it keeps files by name, each of them whole or not at all.

A backend knows no picture, no key and no row; and nothing but a backend knows where a file lies.
Names are relative POSIX paths, `blobs/3f/3f60…`, as a `FileLayout` of `store` makes them. What a
backend need not have: a rename, a lock, a condition on a put, a clock that agrees with ours.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from fapproc.durable.entry import Entry

HERE = "."
"""Where the files of an archive lie that has them in its own folder, as `archive.json` says it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the files of an archive lie."""

    url: str
    """As `archive.json` says it: `HERE`, or a URL of a scheme in the registry."""
    folder: Path
    """The archive's own, in which its `archive.json` lies."""
    archive: str
    """The archive's id: where several may lie in one place, it tells whose files these are."""


class Backend(Protocol):
    """Files by name. Several threads may use one backend at once, and several programs a place."""

    def write(self, files: Mapping[str, bytes]) -> None:
        """Store all files durably, each in place of what had its name; then return.

        A crash leaves each name with its former bytes or with all of the new ones. Who writes many
        at once pays once for what they have in common: the sync of a folder, a connection.

        Raises:
            Away: nothing can be stored there now.
            StorageError: something could not be stored; nothing half is left under any name.
        """

    def read(self, name: str) -> bytes | None:
        """The file's bytes; None where it is certain that there is no such file.

        Raises:
            Unreadable: it may be there, and can't be read now.
            Away: nothing can be read there now.
            StorageError: this process lacks what it takes.
        """

    def renew(self, name: str, data: bytes) -> None:
        """Make the file as young as one that is written now; it was just read, and holds `data`.

        Does nothing where that can't be done or the file has gone: `Vault.ensure` looks again.
        """

    def delete(self, name: str) -> bool:
        """Remove the file; False where there is none, or what lies there is no file.

        Raises:
            StorageError: it is there and can't be removed.
        """

    def entry(self, name: str) -> Entry | None:
        """A file's size and time; None where there is none, or nobody can say.

        Who wants its bytes then hears from `read` what is wrong.
        """

    def entries(self, kind: str) -> Iterator[Entry]:
        """Every finished file of a kind, the first part of its name, in no order.

        It is a stream, read in pages, never a list of all; who deletes what it brought misses
        nothing. An entry is the same as `entry` gives, the time to the digit. What lies there
        besides files is among them.
        """

    def obstacle(self, name: str) -> str | None:
        """A sentence on what keeps files from being written under this name; None if nothing does.

        Files of other names can be written all the same.
        """

    def now(self) -> float:
        """The time by the clock that gives files their times, Unix seconds; asked for often."""

    def free(self) -> int | None:
        """How many bytes there is room for; None where there is no end of room, or none tells."""

    def place(self, name: str) -> str:
        """Where a person finds the file of this name, whether it is there or not: a path, a URL."""

    def folders(self) -> Sequence[Path]:
        """The folders of this computer in which files lie, so that no import takes these in."""

    def sweep(self) -> None:
        """Remove what crashes left half written, and nobody writes any more."""


class BackendType(Protocol):
    """What a class of backends can do before there is one."""

    def connect(self, place: Place) -> Backend:
        """Open a backend where an archive says that its files lie.

        Raises:
            StorageError: that can't be reached, is not there, or holds another archive's files: a
                place that is not there looks empty, and a check would take all files for lost.
        """

    def refuse_taken(self, place: Place) -> None:
        """See that nothing of others lies at a place, before an archive is made or moved there.

        Raises:
            StorageError: something does, or it can't be reached.
        """

    def create(self, place: Place) -> None:
        """Make a place ready for an archive that is yet to be made; again is as good as once.

        Raises:
            StorageError: it can't be reached, or something else lies there.
        """
