"""Export: tagged pictures to `tag_export/<lineage>/`, in the clear, under their own names.

Decide first, act second: `plan` is a value that `--dry-run` prints and `export` obeys.
"""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from fapproc import disk, ours
from fapproc.archive import EXPORT, Archive
from fapproc.db import images, tags
from fapproc.db import places as place_rows
from fapproc.db.images import Stored
from fapproc.durable.folder import DurableFolder
from fapproc.errors import Damaged, FapError, NameTooLong
from fapproc.filenames import apart, cut, safe_name, safe_picture_name, twin
from fapproc.jobs import selection
from fapproc.model import Detail, Sighting, Tag, UserId, Verdict
from fapproc.vault.store import Key, Kind, digest_of


@dataclass(frozen=True, slots=True)
class Copy:
    """One file to write: what, its name below the export folder, how long it is, if it is whole."""

    key: Key
    name: str
    bytes: int
    unsound: Detail | None = None


@dataclass(frozen=True, slots=True)
class ExportReport:
    """Files written, there already, and removed, and a sentence for each damaged picture.

    `unsound` are those that are there now though their picture is not whole, by name.
    """

    written: int
    kept: int
    damaged: tuple[str, ...]
    unsound: Mapping[str, Detail] = field(default_factory=dict)
    removed: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """What an export writes, and what it removes when all is written."""

    copies: tuple[Copy, ...]
    removals: tuple[Path, ...]
    tags: tuple[Tag, ...]


def plan(archive: Archive, *, tag: str | None, renumber: bool) -> Plan:
    """Decide what goes where.

    Args:
        archive: what from.
        tag: a path or name of a tag; None for all. Children are folders of their own.
        renumber: put `00001-` and so on before each name, and leave no other copies of pictures
            in the folders; what else lies there is a person's, and stays.

    Raises:
        FapError: no such tag.
    """
    with archive.reading() as connection:
        chosen = tags.tree(connection) if tag is None else [selection.tag(connection, tag)]
        copies: list[Copy] = []
        taken: set[str] = set()
        longest = disk.longest_name(archive.export_folder)
        folders: list[str] = []
        for entry in chosen:
            folder = "/".join(cut(safe_name(part), longest) for part in entry.path.split("/"))
            folders.append(folder)
            ordered = _in_order(connection, tags.images_with(connection, entry.id))
            named = _copies(folder, ordered, taken, longest, renumber=renumber)
            copies.extend(named)
        removals = _stale(archive, connection, folders, copies) if renumber else []
    return Plan(tuple(copies), tuple(removals), tuple(chosen))


def export(archive: Archive, decided: Plan) -> ExportReport:
    """Do what was decided. A file that is there is kept, and so is one that is a person's.

    A damaged picture doesn't stop the others.

    Raises:
        StorageError: the disk is full or can't be written; files written before stay.
    """
    written = removed = 0
    laid: set[str] = set()
    damaged: dict[str, str] = {}
    unsound: dict[str, Detail] = {}
    files = DurableFolder(archive.folder)
    try:
        for copy in decided.copies:
            try:
                name, is_new = _lay(archive, files, copy, laid)
            except Damaged as error:  # or what is there is no file, or a link: it is none of ours
                damaged[copy.key.digest] = str(error)
                continue
            laid.add(twin(name))
            written += is_new
            if copy.unsound is not None:
                unsound[name] = copy.unsound
        if not damaged:  # else what is there may be the last that is left of a picture
            for path in decided.removals:
                name = path.relative_to(archive.folder).as_posix()
                if twin(name) not in laid:
                    removed += files.remove(name, ours.ANY)
    finally:
        files.tidy()
    return ExportReport(written, len(laid) - written, tuple(damaged.values()), unsound, removed)


def _lay(
    archive: Archive, files: DurableFolder, copy: Copy, laid: Collection[str]
) -> tuple[str, bool]:
    """Write a copy, unless it is there; returns its name, and whether it was written.

    Where a person's own file has the name, or the disk wants a shorter one, it gets another.
    """
    data = archive.vault.get(copy.key)
    folder, _, last = f"{EXPORT}/{copy.name}".rpartition("/")
    digest, longest = copy.key.digest, disk.longest_name(archive.export_folder)
    short = f"{_shorter(folder)}/{apart(last, digest[:16], disk.SHORTEST_LIMIT)}"
    for names in ([f"{folder}/{last}", f"{folder}/{apart(last, digest[:8], longest)}"], [short]):
        free = (name for name in names if twin(name) not in laid)
        name = next((name for name in free if _is_free(archive, files, name, data)), None)
        if name is None:
            place = files.path(names[0])
            raise Damaged(f"{place} can't be written: a file of yours lies there. Move it away.")
        with suppress(NameTooLong):
            return name, _is_written(files, name, data)
    raise NameTooLong(f"{files.path(short)} is too long a name for its disk.")


def _is_free(archive: Archive, files: DurableFolder, name: str, data: bytes) -> bool:
    """Whether nothing lies under a name, or a copy of a picture of the archive."""
    there = files.read(name)
    if there is None or there == data:
        return True
    with archive.reading() as connection:
        return _is_known(connection, there)


def _is_known(connection: Connection, data: bytes) -> bool:
    return images.by_digest(connection, digest_of(data)) is not None


def _shorter(folder: str) -> str:
    return "/".join(cut(part, disk.SHORTEST_LIMIT) for part in folder.split("/"))


def _is_written(files: DurableFolder, name: str, data: bytes) -> bool:
    if files.read(name) == data:
        return False
    files.write({name: data})
    return True


def _stale(
    archive: Archive, connection: Connection, folders: Sequence[str], copies: Sequence[Copy]
) -> list[Path]:
    """Files in the folders that no copy stands for: pictures of the archive, to the byte."""
    named = {twin(copy.name) for copy in copies}
    files = DurableFolder(archive.folder)
    stale: list[Path] = []
    for folder in dict.fromkeys([*folders, *map(_shorter, folders)]):
        for name in files.files_in(f"{EXPORT}/{folder}"):
            if twin(name.removeprefix(f"{EXPORT}/")) in named:
                continue
            with suppress(FapError):  # what can't be read is none that we could tell
                data = files.read(name)
                if data is not None and _is_known(connection, data):
                    stale.append(archive.folder / name)
    return sorted(stale)


def _in_order(
    connection: Connection, found: Sequence[Stored]
) -> list[tuple[Stored, Sighting | None]]:
    """Images by the first place that the person wants to keep, else by their first place."""
    seen = place_rows.sightings_of(connection, [stored.id for stored in found])
    placed = [(stored, _first_place(seen[stored.id])) for stored in found]
    return sorted(placed, key=lambda pair: _rank(pair[1]))


def _first_place(sightings: Sequence[Sighting]) -> Sighting | None:
    kept = [sighting for sighting in sightings if sighting.verdict is Verdict.KEEP]
    return next(iter(kept or sightings), None)


def _rank(sighting: Sighting | None) -> tuple[bool, UserId, int, int]:
    if sighting is None:
        return (True, UserId(0), 0, 0)
    return (False, sighting.place.user, sighting.place.album, sighting.position)


def _copies(
    folder: str,
    ordered: Sequence[tuple[Stored, Sighting | None]],
    taken: set[str],
    longest: int,
    *,
    renumber: bool,
) -> list[Copy]:
    """Name each file; `taken` are the names so far, of other tags too: folders may coincide."""
    copies: list[Copy] = []
    for number, (stored, sighting) in enumerate(ordered, start=1):
        image = stored.image
        name = _file_name(stored, sighting)
        name = cut(f"{number:05}-{name}" if renumber else name, longest)
        for digits in (8, 64):
            if twin(f"{folder}/{name}") in taken:
                name = apart(name, image.digest[:digits], longest)
        taken.add(twin(f"{folder}/{name}"))
        key = Key(Kind.BLOB, image.digest, image.format)
        copies.append(Copy(key, f"{folder}/{name}", image.bytes, image.unsound))
    return copies


def _file_name(stored: Stored, sighting: Sighting | None) -> str:
    """The picture's own name; its id, or its digest, where it has none."""
    if sighting is None:
        return f"{stored.image.digest[:16]}.{stored.image.format}"
    if sighting.name is None:
        return f"{sighting.place.image}.{stored.image.format}"
    return safe_picture_name(sighting.name, stored.image.format)
