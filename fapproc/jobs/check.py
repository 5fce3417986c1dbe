"""Check: rows against files both ways, references, order, the database; on demand all bytes.

Others may use the archive meanwhile. So whatever looks wrong is checked again before it is
believed, and a file without a row counts as an orphan only if no job can be about to write its row.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from fapproc import ours
from fapproc.archive import Archive
from fapproc.db import images, pruned, recounting, settings, soundness
from fapproc.disk import may_be_link
from fapproc.durable.entry import Entry
from fapproc.errors import Damaged, Unreadable
from fapproc.jobs import reading, spelling
from fapproc.jobs.findings import (
    File,
    Finding,
    Problem,
    Repair,
    files_of,
    is_sound,
    look_at,
    of_database,
)
from fapproc.jobs.survey import misnoted, survey
from fapproc.wording import counted

GRACE_SECONDS = 24 * 3600
"""A file is written, or renewed, seconds before its row; one this old may have been left behind,
unless its program was stopped meanwhile: so two checks must see it, and no program be alive that
had the archive open by then."""

SEEN = "check: unnamed"
"""Setting: files that no row names, as the last check saw them, with their times."""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What was looked at, and what is wrong."""

    findings: tuple[Finding, ...]
    files: int = 0
    """How many were read."""
    bytes: int = 0


def check(
    archive: Archive, *, read_data: bool = False, done: Callable[[int], None] = lambda _: None
) -> CheckReport:
    """Look at everything; nothing is changed.

    Args:
        archive: which.
        read_data: read every file and compare it with its digest, not only its size.
        done: called with the number of images read since its last call.
    """
    found: list[Finding] = []
    try:
        found += _of_rows(archive)
        looked = survey(archive)
    except Damaged as error:
        return CheckReport((*found, of_database(archive, str(error), Repair.NOTHING)))
    suspects = looked.suspects
    read = reading.Reading()
    if read_data:
        read = reading.read_all(archive, done)
        suspects = list(dict.fromkeys([*suspects, *read.unsound]))
    unsound = _confirmed(archive, suspects)
    found += _of_files(archive, unsound, looked.strays, looked.lost)
    for file in misnoted(archive, looked.suspects):
        sentence = f"{file.name} is what was stored, but not of the size that its row says."
        found.append(Finding(Problem.SIZE, file.name, sentence, Repair.MEASURE, file))
    found += _leftovers(archive)
    return CheckReport(tuple(found), read.files, read.bytes)


def _of_rows(archive: Archive) -> Iterator[Finding]:
    with archive.reading() as connection:
        faults = soundness.faults(connection)
        torn = soundness.seal_faults(connection) if archive.sealed else []
    if torn:  # a page that is being written looks torn; nobody writes while we do
        with archive.reading() if archive.read_only else archive.writing() as connection:
            torn = soundness.seal_faults(connection)
    indexes = all("index" in fault for fault in faults)
    for fault in faults:
        yield of_database(archive, fault, Repair.INDEXES if indexes else Repair.NOTHING)
    for fault in torn:
        yield of_database(archive, fault, Repair.NOTHING)
    with archive.reading() as connection:
        yield from spelling.of_rows(archive, connection)
        broken = list(_of_references(connection))
        yield from broken
        if not broken:  # to mend these counts everything again
            for holder in recounting.miscounted(connection):
                sentence = f"The figures of {holder} don't agree with its rows."
                yield Finding(Problem.FIGURES, holder, sentence, Repair.RECOUNT)
        for album in soundness.tangled_albums(connection):
            name = f"album {album[1]} of user {album[0]}"
            sentence = f"In {name} several images have the same position."
            yield Finding(Problem.ORDER, name, sentence, Repair.RENUMBER, album=album)
        for album in soundness.miscounted_albums(connection):
            name = f"album {album[1]} of user {album[0]}"
            sentence = f"{name.capitalize()} is marked as read, but was never read."
            yield Finding(Problem.ALBUM, name, sentence, Repair.REREAD, album=album)


def _of_references(connection: Connection) -> Iterator[Finding]:
    for found in soundness.dangling(connection):
        rows = counted(found.rows, "row")
        sentence = f"{rows} of table {found.table} name a row of {found.parent} that doesn't exist."
        yield Finding(Problem.REFERENCE, found.table, sentence, Repair.MEND)
    if turned := soundness.count_turned_pairs(connection):
        sentence = (
            f"{counted(turned, 'pair')} of possible duplicates are stored in the wrong order."
        )
        yield Finding(Problem.REFERENCE, "pair", sentence, Repair.MEND)


def _confirmed(archive: Archive, suspects: Iterable[File]) -> list[File]:
    """Those that are wrong still, and that the rows of now still name."""
    bad = [file for file in suspects if not is_sound(archive, file)]
    with archive.reading() as connection:
        rows = images.by_ids(connection, _images(bad))
        binned = [each for some in pruned.in_bin(connection, only=_images(bad)) for each in some]
        named = {file for each in (*rows.values(), *binned) for file in files_of(archive, each)}
    return [file for file in bad if file in named]


def _images(files: Iterable[File]) -> set[int]:
    return {file.image for file in files}


def _of_files(
    archive: Archive, unsound: list[File], strays: dict[str, Entry], known_lost: list[File]
) -> Iterator[Finding]:
    gone = [file for file in known_lost if not is_sound(archive, file)]
    for file in set(known_lost) - set(gone):
        sentence = f"{file.name} was lost and is back, undamaged."
        yield Finding(Problem.FOUND, file.name, sentence, Repair.WELCOME, file)
    stray = {name for name, entry in strays.items() if _stays(entry, archive.vault.entry(name))}
    old = {name: strays[name] for name in stray if archive.vault.age(strays[name]) > GRACE_SECONDS}
    seen = _seen_before(archive, old)
    sources = _sources(archive, [*unsound, *gone], stray)
    with archive.reading() as connection:
        some = pruned.in_bin(connection, only=_images(unsound))
        binned = {stored.id for batch in some for stored in batch}
    for file in unsound:
        if file.image not in binned or file in sources:
            yield _fault(archive, file, sources.get(file), stray)
        elif file.is_blob:  # without its thumbnail it can be brought back, and that made again
            yield _of_bin(archive, file)
    for file in gone:
        if file in sources:
            yield _fault(archive, file, sources[file], stray)
        else:
            yield _still_lost(archive, file)
    for name in sorted(stray - set(sources.values())):
        if not (ours.STORED.fullmatch(name) and strays[name].is_regular):
            sentence = f"{name} is not a file of the archive. Move it away."
            yield Finding(Problem.FOREIGN, name, sentence, Repair.NOTHING)
        elif name in old:
            yield _orphan(archive, strays[name], seen)


def _stays(listed: Entry, now: Entry | None) -> bool:
    """Whether a file was neither removed nor renewed since it was listed."""
    return now is not None and now.is_as_old_as(listed)


def _orphan(archive: Archive, entry: Entry, seen: Mapping[str, float]) -> Finding:
    """A file that no row names: whether a program may still give it one."""
    sentence = f"{entry.name} is a file that the database does not name."
    if archive.was_in_use(time.time() - archive.vault.age(entry)):
        sentence += " A program that has had the archive open since then may still need it."
        return Finding(Problem.ORPHAN, entry.name, sentence, Repair.LATER)
    if seen.get(entry.name) != entry.changed_at:
        sentence += " This is the first check that finds it; the next one removes it."
        return Finding(Problem.ORPHAN, entry.name, sentence, Repair.LATER)
    sentence += " A crash left it behind."
    return Finding(Problem.ORPHAN, entry.name, sentence, Repair.DROP)


def _seen_before(archive: Archive, strays: Mapping[str, Entry]) -> dict[str, float]:
    """The times of the files that the last check saw without a row; these are noted now."""
    now = {name: entry.changed_at for name, entry in strays.items()}
    with archive.reading() as connection:
        before: dict[str, float] = settings.read(connection, SEEN) or {}
    if now != before and not archive.read_only:
        with archive.writing() as connection:
            settings.write(connection, SEEN, now or None)
    return before


def _sources(archive: Archive, wanted: list[File], stray: set[str]) -> dict[File, str]:
    """Where the bytes of missing or damaged files lie instead: under a stray or another's name."""
    by_size: dict[int, list[str]] = {}
    for name in sorted({*stray, *(file.name for file in wanted)}):
        if (entry := archive.vault.entry(name)) is not None and entry.bytes:
            by_size.setdefault(entry.bytes, []).append(name)
    found: dict[File, str] = {}
    for file in wanted:
        for name in by_size.get(archive.vault.size(file.bytes), ()):
            if archive.vault.find(name, file.key, file.digest) is not None:
                found[file] = name
                break
    return found


def _fault(archive: Archive, file: File, source: str | None, stray: set[str]) -> Finding:
    """Name what is wrong with a file, and what would repair it."""
    entry = archive.vault.entry(file.name)
    if source is not None:
        kind = Problem.RENAMED if source in stray else Problem.SWAPPED
        sentence = f"What belongs in {file.name} is in {source}."
        return Finding(kind, file.name, sentence, Repair.PUT_BACK, file, source)
    repair = Repair.FETCH if file.is_blob else Repair.DERIVE
    if isinstance(trouble := look_at(archive, file), Unreadable):
        return _unreadable(file, trouble)
    if entry is None:
        kind = Problem.MISSING_BLOB if file.is_blob else Problem.MISSING_THUMBNAIL
        sentence = f"{file.name} is missing."
    elif not entry.bytes:
        kind, sentence = Problem.EMPTY, f"{file.name} is empty."
    elif (other := _holds(archive, file)) is not None:
        kind, sentence = Problem.SWAPPED, f"{file.name} holds what belongs in {other}."
    else:
        kind, sentence = Problem.CHANGED, f"{file.name} is not what was stored."
    if repair is Repair.FETCH:
        sentence += " " + _way_back(archive, file)
    return Finding(kind, file.name, sentence, repair, file)


def _of_bin(archive: Archive, file: File) -> Finding:
    """What is wrong with a file that lies in the bin, and is wanted by nobody but `undo`."""
    if isinstance(trouble := look_at(archive, file), Unreadable):
        return _unreadable(file, trouble)
    kind = Problem.CHANGED if archive.vault.entry(file.name) else Problem.MISSING_BLOB
    sentence = (
        f"{file.name} is in the bin and is not what was stored: 'fapproc undo' can't bring it back."
    )
    return Finding(kind, file.name, sentence, Repair.EMPTY, file)


def _unreadable(file: File, trouble: Unreadable) -> Finding:
    """What can't be read now is not lost: an image waits; a thumbnail can be made all the same."""
    if not file.is_blob:
        return Finding(Problem.UNREADABLE, file.name, str(trouble), Repair.DERIVE, file)
    sentence = f"{trouble} It does not count as lost while something is in its place."
    return Finding(Problem.UNREADABLE, file.name, sentence, Repair.WAIT, file)


def _holds(archive: Archive, file: File) -> str | None:
    """The name of the image whose bytes lie in this file, which in a sealed one nobody can tell."""
    digest = archive.vault.digest(file.name)
    if digest is None:
        return None
    with archive.reading() as connection:
        stored = images.by_digest(connection, digest)
    return None if stored is None else next(files_of(archive, stored)).name


def _still_lost(archive: Archive, file: File) -> Finding:
    sentence = f"{file.name} is lost. {_way_back(archive, file)}"
    return Finding(Problem.LOST, file.name, sentence, Repair.NOTHING, file)


def _way_back(archive: Archive, file: File) -> str:
    """Who can bring an image again."""
    with archive.reading() as connection:
        users = soundness.on_site(connection, file.image)
    if users:
        return (
            f"'fapproc read --id {users[0]}' fetches it again once it is marked by --repair; a "
            "backup may hold it too."
        )
    return "It is not listed on the site: import the same file again, or copy it from a backup."


def _leftovers(archive: Archive) -> Iterator[Finding]:
    for path in sorted(archive.folder.iterdir()):
        name, is_file = path.name, path.is_file() and not path.is_symlink()
        if ours.DATABASE_COPY.fullmatch(name) and is_file:
            if not ours.WHOLE_COPY.fullmatch(name):
                sentence = f"{name} is a copy of the database that was never finished."
                yield Finding(Problem.LEFTOVER, name, sentence, Repair.DROP)
        elif ours.DATABASE_COPY.fullmatch(name):
            sentence = f"{name} is not a file of the archive. Move it away."
            yield Finding(Problem.FOREIGN, name, sentence, Repair.NOTHING)
        elif not ours.is_ours(name) or (path.is_symlink() and not may_be_link(name)):
            sentence = f"{name} is in the archive's folder but is not one of its files."
            yield Finding(Problem.FOREIGN, name, sentence, Repair.LEAVE)
