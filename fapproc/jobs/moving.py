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
from fapproc.errors import UsageProblem
from fapproc.hold import held_alone
from fapproc.jobs import journal, transcode
from fapproc.unlocking import unlock
from fapproc.vault import registry
from fapproc.wording import counted


@dataclass(frozen=True, slots=True)
class MovingReport:
    """What a move did."""

    images: int
    before: str
    """Where the files were, and are still, as a person finds them."""
    now: str


def move(folder: Path, url: str, done: transcode.Done = lambda _: None) -> MovingReport:
    """Move the files of the archive in a folder; it is held alone meanwhile.

    Args:
        folder: the archive's own.
        url: where its files are to lie, as `Description.files`.
        done: called with the number of images finished since its last call.

    Raises:
        UsageProblem: they lie there already.
        StorageError: the other place can't be used or written; run it again to go on.
        Damaged: a file is not what was stored; nothing was changed. Repair it first.
        NoArchive, PasswordProblem, ArchiveHeld: as `Archive.open`.
    """
    began = int(time.time())
    lock = descriptions.read_existing(folder).lock(folder)  # nothing is made where no archive is
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
        images, damaged = transcode.copy_files(source, target, done)
        transcode.refuse_damaged(damaged or transcode.verify(source, target))
        lock.still_alone()
        now.description.settle(folder)
        report = MovingReport(images, where(source), where(target))
        journal.note(target, "move", began, f"{counted(images, 'image')} moved to {report.now}.")
    return report


def where(archive: Archive) -> str:
    """The place of an archive's files, for a person: full paths, or a URL."""
    folders = archive.vault.folders()
    return " and ".join(str(each.absolute()) for each in folders) or archive.description.files
