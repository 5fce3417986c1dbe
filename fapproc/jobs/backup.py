"""Backup: a consistent copy of a live archive in another folder, which is an archive itself.

The rows are copied first, as one state; then every file that these rows name and the folder lacks;
`archive.json` comes last, so that a folder without it is a backup that was not finished. A sealed
archive stays sealed under the same keys. Running it again adds what is new.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fapproc import description as descriptions
from fapproc import disk, ours
from fapproc.archive import Archive
from fapproc.db import images, pruned, soundness
from fapproc.db.images import Stored
from fapproc.durable.folder import DurableFolder, refusal
from fapproc.errors import Damaged, StorageError, Unreadable, UsageProblem
from fapproc.hold import held_alone
from fapproc.jobs.findings import File, files_of, fits, is_sound
from fapproc.lock import FOLDER, Lock
from fapproc.ours import DATABASE
from fapproc.real_paths import real
from fapproc.vault.store import Key

MARK = ".backup"
COPY = f"{DATABASE}.copy"
BATCH = 64
TRIES = 3


@dataclass(frozen=True, slots=True)
class BackupReport:
    """What a backup did; `damaged` holds a sentence for each file that could not be copied."""

    images: int
    copied: int
    kept: int
    bytes: int
    damaged: tuple[str, ...] = ()


def backup(
    archive: Archive,
    folder: Path,
    *,
    read_data: bool = False,
    done: Callable[[int], None] = lambda _: None,
) -> BackupReport:
    """Copy the archive, or what is new in it, to a folder.

    Args:
        archive: what; others may go on using it.
        folder: where to; made if need be.
        read_data: read the files that are there already, not only their sizes.
        done: called with the number of images finished since its last call.

    Raises:
        UsageProblem: the folder lies in the archive, or holds something else.
        ArchiveHeld: someone has the backup open.
        StorageError: the disk is full; run it again to go on.
    """
    root = _check_target(archive, folder)
    with held_alone(Lock(root)):  # nobody may have it open while its rows are replaced
        _refuse_foreign(archive, root)
        DurableFolder(root).write({MARK: _mark(archive)})
        for _ in range(TRIES):
            archive.copy_database(root / COPY)
            with archive.in_folder(root, COPY) as target:
                target.sweep()
                report, failed = _copy_files(archive, target, done, read_data=read_data)
            if not any(_is_gone(archive, file) for file in failed):
                break
            done = lambda _: None  # noqa: E731 - an image left meanwhile: once more, unseen
        with archive.in_folder(root, COPY) as target:
            _verify(target, {file.name for file in failed})
        _finish(archive, root)
    return report


def preview(archive: Archive, folder: Path) -> BackupReport:
    """What a backup would copy, by names and sizes; nothing is written, not even the folder.

    Raises:
        UsageProblem: as `backup`.
        StorageError: the folder can't be made or written.
    """
    root = _outside(archive, folder)
    if (refused := refusal(root)) is not None:
        raise _not_made(folder, refused)
    if root.is_dir():
        _refuse_foreign(archive, root)
    count = copied = kept = size = 0
    with archive.reading() as connection:
        for batch in pruned.with_files(connection, BATCH):
            named = [file for stored in batch for file in _wanted(archive, stored)]
            missing = [file for file in named if not _lies_in(root, archive, file)]
            count, kept = count + len(batch), kept + len(named) - len(missing)
            copied, size = copied + len(missing), size + sum(file.bytes for file in missing)
    return BackupReport(count, copied, kept, size)


def _lies_in(root: Path, archive: Archive, file: File) -> bool:
    path = root / file.name
    return path.is_file() and path.stat().st_size == archive.vault.size(file.bytes)


def _outside(archive: Archive, folder: Path) -> Path:
    root, source = real(folder), real(archive.folder)
    if root == source or source in root.parents:
        raise UsageProblem(f"{folder} is inside the archive. Name a folder outside it.")
    return root


def _check_target(archive: Archive, folder: Path) -> Path:
    root = _outside(archive, folder)
    try:
        disk.make(root, 0o700)
    except OSError as error:
        raise _not_made(folder, error) from error
    return root


def _not_made(folder: Path, error: OSError) -> StorageError:
    return StorageError(f"{folder} can't be made: {error.strerror}. Name another.")


def _refuse_foreign(archive: Archive, root: Path) -> None:
    """Write only to an empty folder, or to a backup of this archive in its present form."""
    found = descriptions.read(root) if (root / descriptions.FILE).exists() else None
    try:
        mark = json.loads(DurableFolder(root).read(MARK) or b"")
    except (Unreadable, ValueError):
        mark = None
    own = archive.description
    ids = {entry["id"] for entry in (mark,) if isinstance(entry, dict) and "id" in entry}
    ids |= {found.id} if found is not None else set()
    made = {FOLDER, ours.TEMPORARY, ours.FORMER_TEMPORARY}  # before anything says what it is
    others = [path for path in root.iterdir() if path.name not in made]
    if ids - {own.id} or (others and not ids):
        raise UsageProblem(
            f"{root} holds something else than a backup of this archive. Name an empty folder."
        )
    suites = {mark.get("suite")} if isinstance(mark, dict) else set()
    suites |= {found.suite} if found is not None else set()
    if suites - {own.suite}:
        form = "open" if archive.sealed else "sealed"
        raise UsageProblem(
            f"The backup in {root} is {form} and the archive is not. Name an empty folder, and "
            "remove the old backup when the new one is complete."
        )


def _mark(archive: Archive) -> bytes:
    said = {"id": archive.description.id, "suite": archive.description.suite}
    return (json.dumps(said) + "\n").encode()


def _copy_files(
    archive: Archive, target: Archive, done: Callable[[int], None], *, read_data: bool
) -> tuple[BackupReport, list[File]]:
    """Copy the files that the copied rows name; one that can't be read doesn't stop the others.

    Returns:
        What was done, and the files that could not be copied.
    """
    count = copied = kept = size = 0
    failed: dict[File, str] = {}
    with target.reading() as connection:
        for batch in pruned.with_files(connection, BATCH):
            named = [file for stored in batch for file in _wanted(target, stored)]
            missing = [file for file in named if not _is_there(target, file, read_data=read_data)]
            blocked = target.vault.put(_read(archive, missing, failed))
            failed |= {file: blocked[file.key] for file in missing if file.key in blocked}
            done_now = [file for file in missing if file not in failed]
            count, kept = count + len(batch), kept + len(named) - len(missing)
            copied, size = copied + len(done_now), size + sum(file.bytes for file in done_now)
            done(len(batch))
    return BackupReport(count, copied, kept, size, tuple(failed.values())), list(failed)


def _read(
    archive: Archive, wanted: Iterable[File], failed: dict[File, str]
) -> Iterator[tuple[Key, bytes]]:
    """The bytes of files, one by one; what is wrong with one is noted."""
    for file in wanted:
        try:
            yield file.key, archive.vault.get(file.key, expect=file.digest)
        except Damaged as error:
            failed[file] = str(error)


def _wanted(target: Archive, stored: Stored) -> Iterator[File]:
    """The files of an image, without a blob that is known to be lost."""
    return (file for file in files_of(target, stored) if not file.lost)


def _is_there(target: Archive, file: File, *, read_data: bool) -> bool:
    if not fits(target, file, target.vault.entry(file.name)):
        return False
    return is_sound(target, file) if read_data else True


def _is_gone(archive: Archive, file: File) -> bool:
    """Whether the archive's rows, since they were copied, name this file no more."""
    with archive.reading() as connection:
        stored = images.by_digest(connection, file.key.digest)
        if stored is None:
            stored = pruned.by_digest(connection, file.key.digest)
    return stored is None or file.name not in {now.name for now in _wanted(archive, stored)}


def _verify(target: Archive, failed: set[str]) -> None:
    """Open what was copied and see that its rows find their files.

    Raises:
        Damaged: the disk did not keep what was written.
    """
    with target.reading() as connection:
        if faults := soundness.faults(connection):
            raise Damaged(
                f"The copied database in {target.folder} is damaged: {faults[0]}. Run it again."
            )
        for batch in pruned.with_files(connection):
            for file in (file for stored in batch for file in _wanted(target, stored)):
                if file.name not in failed and not _is_there(target, file, read_data=False):
                    raise Damaged(f"{file.name} is missing from {target.folder}. Run it again.")


def _finish(archive: Archive, root: Path) -> None:
    """Put the copied rows in place of older ones, whose log is not theirs; `archive.json` last."""
    with disk.opened(root) as place:
        for leftover in ours.LOGS:
            place.remove(f"{DATABASE}{leftover}", ours.DATABASE_LOG)
            place.remove(f"{COPY}{leftover}", ours.DATABASE_COPY)
        place.rename(COPY, place, DATABASE)
        place.sync()
    now = descriptions.read(archive.folder)
    said = archive.as_copy(now if now is not None else archive.description)
    said.write(root)
    said.write(root)  # so that the copy beside it knows no password that was changed since
    DurableFolder(root).tidy()
