"""Repair: carry out what `check` planned and what needs no network; verdicts are never lost.

Each step checks again before it changes anything, inside a writing transaction if it concerns a
row, because others may have used the archive since. Any step may be repeated.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Connection

from fapproc import ours
from fapproc.archive import Archive
from fapproc.db import images, pruned, recounting, soundness
from fapproc.db.images import Stored
from fapproc.durable.folder import DurableFolder
from fapproc.errors import Away, NoRoom, StorageError, Unreadable
from fapproc.jobs import derive
from fapproc.jobs.check import GRACE_SECONDS
from fapproc.jobs.findings import File, Finding, Problem, Repair, files_of, is_sound, look_at
from fapproc.vault.store import Key, Vault


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one finding: whether its repair was done."""

    finding: Finding
    done: bool


def repair(archive: Archive, findings: Sequence[Finding]) -> list[Step]:
    """Do what was decided, in an order in which no step spoils what another needs."""
    chosen = {way: [entry for entry in findings if entry.repair is way] for way in Repair}
    steps: list[Step] = []
    for way, act in _ACTS.items():
        if chosen[way]:
            steps += act(archive, chosen[way])
    steps += [Step(entry, done=True) for entry in (*chosen[Repair.LATER], *chosen[Repair.LEAVE])]
    left = [*chosen[Repair.WAIT], *chosen[Repair.NOTHING]]
    return steps + [Step(entry, done=False) for entry in left]


def _rebuild_indexes(archive: Archive, found: Sequence[Finding]) -> list[Step]:
    with archive.writing() as connection:
        soundness.rebuild_indexes(connection)
    with archive.reading() as connection:
        sound = not soundness.faults(connection)
    return [Step(entry, done=sound) for entry in found]


def _mend(archive: Archive, found: Sequence[Finding]) -> list[Step]:
    with archive.writing() as connection:
        soundness.mend(connection)
        soundness.drop_turned_pairs(connection)
        recounting.recount(connection)
        left = {dangling.table for dangling in soundness.dangling(connection)}
    return [Step(entry, done=entry.name not in left) for entry in found]


def _measure(archive: Archive, found: Sequence[Finding]) -> list[Step]:
    """Note the sizes of files that are what their digests say: before anything is counted."""
    for entry in found:
        file = _file(entry)
        with archive.writing() as connection:
            if is_sound(archive, file):
                data = archive.vault.get(file.key, expect=file.digest)
                soundness.set_size(connection, file.image, len(data), thumb=not file.is_blob)
    return [Step(entry, done=is_sound(archive, _file(entry))) for entry in found]


def _recount(archive: Archive, found: Sequence[Finding]) -> list[Step]:
    with archive.writing() as connection:
        recounting.recount(connection)
        left = recounting.miscounted(connection)
    return [Step(entry, done=entry.name not in left) for entry in found]


def _renumber(archive: Archive, found: Sequence[Finding]) -> list[Step]:
    with archive.writing() as connection:
        for entry in found:
            if entry.album is not None:
                soundness.untangle(connection, *entry.album)
    return [Step(entry, done=True) for entry in found]


def _reread(archive: Archive, found: Sequence[Finding]) -> list[Step]:
    with archive.writing() as connection:
        for entry in found:
            if entry.album is not None:
                soundness.recount(connection, *entry.album)
    return [Step(entry, done=True) for entry in found]


def _put_back(archive: Archive, found: Sequence[Finding]) -> list[Step]:
    """Give files their bytes again that lie elsewhere.

    Where they lie under another file's name, that one is about to be overwritten with its own: so
    they are copied aside first, and a crash in between leaves them where the next check finds them.
    """
    vault = archive.vault
    targets = {entry.name for entry in found}
    aside = {entry.source: entry.source + ours.ASIDE for entry in found if entry.source in targets}
    only_there = {
        name for name, other in aside.items() if not _is_written(vault.keep_aside, name, other)
    }
    steps: list[Step] = []
    for entry in found:
        file = _file(entry)
        data = None
        if entry.name not in only_there:
            data = vault.find(aside.get(entry.source, entry.source), file.key, file.digest)
        done = data is not None and _is_written(_put, vault, file.key, data)
        if done:
            _welcome(archive, [entry])
        steps.append(Step(entry, done=done))
    used = {step.finding.source for step in steps if step.done} - targets
    _drop_unnamed(archive, {*used, *aside.values()}, archive.vault.remove_copy)
    return steps


def _put(vault: Vault, key: Key, data: bytes) -> bool:
    return not vault.put([(key, data)])


def _is_written(write: Callable[..., bool], *what: object) -> bool:
    """Write a file; False where the disk refuses, which is no reason to leave the others."""
    try:
        return write(*what)
    except (Away, NoRoom):
        raise
    except StorageError:
        return False


def _welcome(archive: Archive, found: Sequence[Finding]) -> list[Step]:
    steps: list[Step] = []
    for entry in found:
        file = _file(entry)
        with archive.writing() as connection:
            sound = is_sound(archive, file)
            if sound and file.is_blob:
                soundness.set_lost(connection, file.image, None)
        steps.append(Step(entry, done=sound))
    return steps


def _mark(archive: Archive, found: Sequence[Finding]) -> list[Step]:
    """Mark images as lost. A crawl that has just brought the bytes again was quicker."""
    at = int(time.time())
    return _give_up(archive, found, partial(soundness.set_lost, at=at))


def _empty(archive: Archive, found: Sequence[Finding]) -> list[Step]:
    """Take out of the bin what can't be brought back."""
    return _give_up(archive, found, lambda connection, image: pruned.leave(connection, [image]))


def _give_up(
    archive: Archive, found: Sequence[Finding], note: Callable[[Connection, int], None]
) -> list[Step]:
    """Note of images that their files are no good, by row numbers.

    A file that can't be read any more, since it was found damaged or missing, is not given up.
    """
    steps: list[Step] = []
    for entry in found:
        file = _file(entry)
        with archive.writing() as connection:
            trouble = look_at(archive, file)
            known = not isinstance(trouble, Unreadable)
            if trouble is not None and known:
                note(connection, file.image)
        steps.append(Step(entry, done=known))
    return steps


def _derive(archive: Archive, found: Sequence[Finding]) -> list[Step]:
    """Forget thumbnails that are gone and make them again, where that can be."""
    for entry in found:
        file = _file(entry)
        with archive.writing() as connection:
            now = images.by_ids(connection, [file.image]).get(file.image)
            if now is not None and now.image.thumb_digest == file.digest:
                if is_sound(archive, file):
                    continue
                soundness.forget_thumb(connection, file.image)
    wanted = {_file(entry).image for entry in found}
    derive.derive(archive, parts={derive.Part.THUMBS}, only=wanted)
    with archive.reading() as connection:
        now_there = images.by_ids(connection, wanted)
    return [_derived(archive, entry, now_there.get(_file(entry).image)) for entry in found]


def _derived(archive: Archive, entry: Finding, stored: Stored | None) -> Step:
    """What became of a thumbnail: made, or not and why."""
    if stored is None:  # its image was taken out meanwhile
        return Step(replace(entry, repair=Repair.LATER), done=True)
    thumbs = [file for file in files_of(archive, stored) if not file.is_blob]
    if thumbs:
        return Step(entry, done=all(is_sound(archive, file) for file in thumbs))
    if stored.image.lost_at is not None:
        return Step(replace(entry, repair=Repair.PENDING), done=True)
    if stored.image.unsound is not None:
        return Step(replace(entry, repair=Repair.UNMADE), done=True)
    return Step(entry, done=False)


def _drop(archive: Archive, found: Sequence[Finding]) -> list[Step]:
    folder = DurableFolder(archive.folder)
    halves = [entry.name for entry in found if entry.kind is Problem.LEFTOVER]
    kept = {
        name
        for name in halves
        if not _is_dropped(partial(folder.remove, form=ours.DATABASE_COPY), name)
    }
    orphans = {entry.name for entry in found} - set(halves)
    kept |= _drop_unnamed(archive, orphans, archive.vault.remove, age=GRACE_SECONDS)
    return [Step(entry, done=entry.name not in kept) for entry in found]


def _drop_unnamed(
    archive: Archive, names: Iterable[str], remove: Callable[[str], bool], *, age: float = 0
) -> set[str]:
    """Remove files that no row names, and return those that had to be kept.

    A put renews a file, or writes it, before its row comes; and no row can come while this writes.
    In a sealed archive a name tells no digest, so the rows tell their names.
    """
    doomed = set(names)
    kept: set[str] = set()
    if not doomed:
        return kept
    with archive.writing() as connection:
        for batch in pruned.with_files(connection):
            for stored in batch:
                kept |= {file.name for file in files_of(archive, stored)} & doomed
        for name in doomed - kept:
            entry = archive.vault.entry(name)
            if entry is None:
                continue
            seconds = archive.vault.age(entry)
            young = age and seconds < age
            owned = age and archive.was_in_use(time.time() - seconds)
            if young or owned or not _is_dropped(remove, name):
                kept.add(name)
    return kept


def _is_dropped(remove: Callable[[str], bool], name: str) -> bool:
    """Remove a file; False where the disk refuses, which is no reason to leave the others."""
    try:
        remove(name)
    except Away:
        raise
    except StorageError:
        return False
    return True


def _file(entry: Finding) -> File:
    if entry.file is None:
        raise TypeError(f"{entry.kind} is about no file")
    return entry.file


_ACTS: dict[Repair, Callable[[Archive, Sequence[Finding]], list[Step]]] = {
    Repair.INDEXES: _rebuild_indexes,
    Repair.MEND: _mend,
    Repair.MEASURE: _measure,
    Repair.RECOUNT: _recount,
    Repair.RENUMBER: _renumber,
    Repair.REREAD: _reread,
    Repair.PUT_BACK: _put_back,
    Repair.WELCOME: _welcome,
    Repair.FETCH: _mark,
    Repair.DERIVE: _derive,
    Repair.EMPTY: _empty,
    Repair.DROP: _drop,
}
