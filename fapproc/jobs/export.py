"""Export: tagged pictures to `tag_export/<lineage>/`, in the clear, under their own names.

Decide first, act second: `plan` is a value that `--dry-run` prints and `export` obeys.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from fapproc import disk, ours
from fapproc.archive import Archive
from fapproc.db import places as place_rows
from fapproc.db import tags
from fapproc.db.images import Stored
from fapproc.errors import Damaged, StorageError
from fapproc.filenames import apart, cut, safe_name, safe_picture_name
from fapproc.jobs import tagging
from fapproc.model import Sighting, Tag, UserId, Verdict
from fapproc.vault.local import LocalFolder
from fapproc.vault.store import Key, Kind


@dataclass(frozen=True, slots=True)
class Copy:
    """One file to write: what, its name below the export folder, and how long it is."""

    key: Key
    name: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Report:
    """Files written, files there already, and a sentence for each picture that is damaged."""

    written: int
    kept: int
    damaged: tuple[str, ...]


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
        renumber: leave nothing else in the folders, and put `00001-` and so on before each name.

    Raises:
        FapError: no such tag.
    """
    with archive.reading() as connection:
        chosen = tags.tree(connection) if tag is None else [tagging.find(connection, tag)]
        copies: list[Copy] = []
        removals: list[Path] = []
        taken: set[str] = set()
        for entry in chosen:
            folder = "/".join(map(safe_name, entry.path.split("/")))
            if renumber:
                removals.extend(_files_in(archive.export_folder / folder))
            ordered = _in_order(connection, tags.images_with(connection, entry.id))
            copies.extend(_copies(folder, ordered, taken, renumber=renumber))
    return Plan(tuple(copies), tuple(removals), tuple(chosen))


def export(archive: Archive, decided: Plan) -> Report:
    """Do what was decided. A file that is there is kept; a damaged picture doesn't stop the others.

    Raises:
        StorageError: the disk is full or can't be written; files written before stay.
    """
    written = kept = 0
    damaged: dict[str, str] = {}
    folder = LocalFolder(archive.export_folder)
    try:
        for copy in decided.copies:
            try:
                data = archive.vault.get(copy.key)
                is_there = folder.read(copy.name) == data
            except Damaged as error:  # or what is there is no file: it is none of ours
                damaged[copy.key.digest] = str(error)
                continue
            if is_there:
                kept += 1
            else:
                folder.write({copy.name: data})
                written += 1
        if not damaged:  # else what is there may be the last that is left of a picture
            named = {folder.path(copy.name) for copy in decided.copies}
            for file in decided.removals:
                if file not in named:
                    _remove(file)
    finally:
        folder.tidy()
    return Report(written, kept, tuple(damaged.values()))


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
    *,
    renumber: bool,
) -> list[Copy]:
    """Name each file; `taken` are the names so far, of other tags too: folders may coincide."""
    copies: list[Copy] = []
    for number, (stored, sighting) in enumerate(ordered, start=1):
        image = stored.image
        name = _file_name(stored, sighting)
        if renumber:
            name = cut(f"{number:05}-{name}")
        for digits in (8, 64):
            if f"{folder}/{name}".casefold() in taken:
                name = apart(name, image.digest[:digits])
        taken.add(f"{folder}/{name}".casefold())
        key = Key(Kind.BLOB, image.digest, image.format)
        copies.append(Copy(key, f"{folder}/{name}", image.bytes))
    return copies


def _file_name(stored: Stored, sighting: Sighting | None) -> str:
    """The picture's own name; its id, or its digest, where it has none."""
    if sighting is None:
        return f"{stored.image.digest[:16]}.{stored.image.format}"
    if sighting.name is None:
        return f"{sighting.place.image}.{stored.image.format}"
    return safe_picture_name(sighting.name, stored.image.format)


def _files_in(folder: Path) -> list[Path]:
    return sorted(file for file in folder.iterdir() if not file.is_dir()) if folder.is_dir() else []


def _remove(file: Path) -> None:
    try:
        disk.remove(file, ours.BY_CONTENT)
    except OSError as error:
        raise StorageError(
            f"{file} can't be removed: {error.strerror}. Give permission."
        ) from error
