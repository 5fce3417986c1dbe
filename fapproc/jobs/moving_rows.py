"""Move the rows of an archive to another database: onto a server, or back into a file.

All rows are copied as one state and compared; only then `archive.json` names the new place. A kill
before leaves the archive as it was, and the next move onto that server goes on with the rows that
are there and are still the same. The old rows stay: whoever asked for the move removes them after
checking the new ones. Those on a server say that they were left, as other computers that know the
archive would go on with them.
"""

import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from fapproc import description as descriptions
from fapproc.db import founding, kept_figures
from fapproc.errors import UsageProblem
from fapproc.hold import held_alone
from fapproc.jobs import journal, sealing, transcode
from fapproc.ours import DATABASE
from fapproc.steps import Begin, unseen
from fapproc.unlocking import unlock
from fapproc.wording import counted


@dataclass(frozen=True, slots=True)
class RowsReport:
    """What a move of rows did."""

    images: int
    before: str
    """Where the rows were, and are still, as a person finds them."""
    now: str
    sealed: bool
    """Whether its pictures are encrypted."""


def move_rows(folder: Path, database: str, begin: Begin = unseen) -> RowsReport:
    """Move the rows of the archive in a folder; it is held alone meanwhile.

    Args:
        folder: the archive's own.
        database: where its rows are to be, as `Description.database`.
        begin: called as the copying begins, whose steps are rows.

    Raises:
        UsageProblem: they are there already.
        StorageError: the other database can't be used; run it again to go on.
        Damaged: other rows are there than were read; nothing was changed.
        NoArchive, PasswordProblem, ArchiveHeld: as `Archive.open`.
    """
    began = int(time.time())
    found = descriptions.read_existing(folder)  # nothing is made where no archive is
    if found.database == database:  # before a password is asked for
        raise UsageProblem("The rows of this archive are there already.")
    if database != DATABASE:
        founding.refuse_taken(database, found.id)
    lock = found.lock(folder)
    with ExitStack() as opened:
        opened.enter_context(held_alone(lock))
        before = unlock(folder)
        if before.description.database == database:
            raise UsageProblem("The rows of this archive are there already.")
        said = replace(before.description, database=database)
        now = replace(before, description=said.authenticated(before.keys))
        source = opened.enter_context(transcode.held(before))
        source.refuse_lost()
        source.upgrade()
        with source.reading() as connection:
            images = kept_figures.totals(kept_figures.values(connection)).images
        if said.is_on_server:
            source.copy_to_server(database, begin)
        else:
            source.copy_database(folder / sealing.OTHER, begin)
            sealing.put_in_place(folder)
        lock.still_alone()
        now.description.settle(folder)
        if before.description.is_on_server:
            founding.leave(before.description.database, said.id)
        target = opened.enter_context(transcode.held(now))
        target.refuse_lost()
        report = RowsReport(
            images,
            _where(folder, before.description.database),
            _where(folder, database),
            said.sealed,
        )
        told = f"Rows of {counted(images, 'image')} moved to {report.now}."
        journal.note(target, "move", began, told)
    return report


def _where(folder: Path, database: str) -> str:
    """The place of rows, for a person."""
    return str(folder / DATABASE) if database == DATABASE else database
