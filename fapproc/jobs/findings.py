"""What `check` finds, as values: the plan of a repair is the list of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from fapproc.archive import Archive
from fapproc.db.images import Stored
from fapproc.durable.entry import Entry
from fapproc.errors import Damaged
from fapproc.model import UserId
from fapproc.vault.store import Key, Kind


class Problem(StrEnum):
    """What is wrong; docs/check.md explains each."""

    MISSING_BLOB = "missing-blob"
    MISSING_THUMBNAIL = "missing-thumbnail"
    EMPTY = "empty"
    CHANGED = "changed"
    UNREADABLE = "unreadable"
    SWAPPED = "swapped"
    RENAMED = "renamed"
    LOST = "lost"
    FOUND = "found-again"
    ORPHAN = "orphan"
    FOREIGN = "foreign"
    LEFTOVER = "leftover"
    ORDER = "order"
    ALBUM = "album"
    REFERENCE = "reference"
    NAME = "name"
    SIZE = "size"
    FIGURES = "figures"
    DATABASE = "database"


class Repair(StrEnum):
    """What `--repair` does about a finding."""

    PUT_BACK = "put back under its name"
    FETCH = "marked as lost"
    DERIVE = "made again"
    UNMADE = "noted that no picture can be made of its image"
    PENDING = "left until its image is back"
    WELCOME = "no longer marked as lost"
    DROP = "removed"
    RENUMBER = "put in order"
    REREAD = "to be read again by the next crawl"
    MEND = "mended"
    MEASURE = "noted as it is"
    RECOUNT = "counted again"
    INDEXES = "indexes rebuilt"
    EMPTY = "taken out of the bin"
    LEAVE = "left alone: it is not part of the archive"
    LATER = "left for the next check"
    WAIT = "left as it is until it can be read"
    NOTHING = "nothing that this program can do"

    @property
    def heals(self) -> bool:
        """Whether all is well afterwards, without the site or the person."""
        return self.acts and self is not Repair.FETCH

    @property
    def acts(self) -> bool:
        """Whether `--repair` does anything about it, now or in a later check."""
        return self not in {Repair.WAIT, Repair.NOTHING}


@dataclass(frozen=True, slots=True)
class File:
    """A file that a row says is there: of which image, what it holds, and where it lies."""

    image: int
    key: Key
    digest: str
    bytes: int
    name: str
    lost: bool = False
    """Its image is marked as lost already, so that its absence is known."""

    @property
    def is_blob(self) -> bool:
        """Whether it is the image itself, which nothing else can bring back."""
        return self.key.kind is Kind.BLOB


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: its kind, the file or row, a sentence, and what would repair it."""

    kind: Problem
    name: str
    sentence: str
    repair: Repair
    file: File | None = None
    source: str = ""
    """Where the file's bytes lie instead."""
    album: tuple[UserId, int] | None = None


def files_of(archive: Archive, stored: Stored) -> Iterator[File]:
    """The files that an image's row says are there."""
    image, vault = stored.image, archive.vault
    key = Key(Kind.BLOB, image.digest, image.format)
    lost = image.lost_at is not None
    yield File(stored.id, key, image.digest, image.bytes, vault.name(key), lost)
    if image.thumb_format is not None:
        key = Key(Kind.THUMB, image.digest, image.thumb_format)
        yield File(
            stored.id, key, image.thumb_digest or "", image.thumb_bytes or 0, vault.name(key)
        )


def rows_at(archive: Archive) -> str:
    """The rows of an archive, as a person finds them in a backup, or on their server."""
    where = archive.description
    return f"the rows at {where.database}" if where.is_on_server else where.database


def of_database(archive: Archive, fault: str, repair: Repair) -> Finding:
    """The finding of a fault of the database itself."""
    sentence = f"The database is damaged: {fault.rstrip('.')}."
    if repair is Repair.NOTHING:
        sentence += f" Put back {rows_at(archive)} from a backup."
    return Finding(Problem.DATABASE, archive.description.database, sentence, repair)


def look_at(archive: Archive, file: File) -> Damaged | None:
    """Read a file; None where it holds what its row says, else what is wrong with it."""
    try:
        archive.vault.get(file.key, expect=file.digest)
    except Damaged as error:
        return error
    return None


def is_sound(archive: Archive, file: File) -> bool:
    """Read a file and see whether it holds what its row says."""
    return look_at(archive, file) is None


def fits(archive: Archive, file: File, entry: Entry | None) -> bool:
    """Whether what the folder shows under a file's name may be it: a file, of the right size."""
    return entry is not None and entry.is_regular and entry.bytes == archive.vault.size(file.bytes)
