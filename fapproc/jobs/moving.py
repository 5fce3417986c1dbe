"""Move the files of an archive to another place: into a bucket, or back into its own folder.

All files are copied and read again at the new place; only then `archive.json` names that place. A
kill before leaves the archive as it was, and the next move goes on with what is there already. The
old files stay: whoever asked for the move removes them after checking the new ones.
"""

import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from fapproc import description as descriptions
from fapproc.archive import Archive
from fapproc.db import founding
from fapproc.errors import UsageProblem
from fapproc.hold import held_alone
from fapproc.jobs import journal, transcode
from fapproc.ours import DATABASE
from fapproc.steps import Begin, unseen
from fapproc.unlocking import unlock
from fapproc.vault import registry
from fapproc.vault.backend import Place
from fapproc.wording import counted


@dataclass(frozen=True, slots=True)
class MovingReport:
    """What a move did."""

    images: int
    before: str
    """Where the files were, and are still, as a person finds them."""
    now: str


def move(folder: Path, url: str, begin: Begin = unseen) -> MovingReport:
    """Move the files of the archive in a folder; it is held alone meanwhile.

    Args:
        folder: the archive's own.
        url: where its files are to lie, as `Description.files`.
        begin: called as each of the two steps begins, copying and reading.

    Raises:
        UsageProblem: they lie there already.
        StorageError: the other place can't be used or written; run it again to go on.
        Damaged: a file is not what was stored; nothing was changed. Repair it first.
        NoArchive, PasswordProblem, ArchiveHeld: as `Archive.open`.
    """
    began = int(time.time())
    found = descriptions.read_existing(folder)  # nothing is made where no archive is
    if found.files == url:  # before a password is asked for
        raise UsageProblem("The pictures of this archive are there already.")
    registry.refuse_taken(replace(found, files=url).place(folder))
    lock = found.lock(folder)
    with ExitStack() as opened:
        opened.enter_context(held_alone(lock))
        before = unlock(folder)
        if before.description.files == url:
            raise UsageProblem("The pictures of this archive are there already.")
        said = replace(before.description, files=url)
        now = replace(before, description=said.authenticated(before.keys))
        registry.create(now.description.place(folder))
        source = opened.enter_context(transcode.held(before))
        source.upgrade()
        target = opened.enter_context(transcode.held(now))
        images, damaged = transcode.copy_files(source, target, begin)
        transcode.refuse_damaged(damaged or transcode.verify(source, target, begin))
        lock.still_alone()
        now.description.settle(folder)
        report = MovingReport(images, where(source), where(target))
        journal.note(target, "move", began, f"{counted(images, 'image')} moved to {report.now}.")
    return report


def refuse_taken(folder: Path, files: str, database: str) -> None:
    """See that nothing of others lies where files and rows of a new archive are to be.

    Raises:
        StorageError: something does, or a place can't be reached.
        NoArchive: this program can't keep any there.
    """
    registry.refuse_taken(Place(files, folder, ""))
    if database != DATABASE:
        founding.refuse_taken(database)


def where(archive: Archive) -> str:
    """The place of an archive's files, for a person: full paths, or a URL."""
    folders = archive.vault.folders()
    return " and ".join(str(each.absolute()) for each in folders) or archive.description.files
