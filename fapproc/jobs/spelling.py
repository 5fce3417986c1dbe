"""What `check` finds in what rows say: changed names, strange words, JSON that can't be read."""

from collections.abc import Iterator

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import spelling
from fapproc.jobs.findings import Finding, Problem, Repair, rows_at
from fapproc.names import quoted, shown
from fapproc.wording import counted

_RIGHT = {
    "user": "'fapproc read --force' fetches the right one.",
    "album": "'fapproc read --force' fetches the right one.",
    "tag": "'fapproc tag rename' gives it the right one.",
}


def of_rows(archive: Archive, connection: Connection) -> Iterator[Finding]:
    """Findings about names, words and texts in rows."""
    for what, own, other in spelling.changed_names(connection):
        yield Finding(
            Problem.NAME,
            own,
            f"The name of the {what} {quoted(shown(own))} was changed on the disk, or its index "
            f"was, in which it is {quoted(shown(other))}. The index is made again by --repair; "
            f"{_RIGHT[what]}",
            Repair.INDEXES,
        )
    for where, word, count in spelling.strange_words(connection):
        rows = counted(count, "row")
        yield _damage(
            archive, f"In {rows} {where} is {quoted(shown(str(word)))}, which was never written."
        )
    for sentence in spelling.unreadable_texts(connection):
        yield _damage(archive, sentence)


def _damage(archive: Archive, sentence: str) -> Finding:
    told = f"{sentence} The database is damaged: put back {rows_at(archive)} from a backup."
    return Finding(Problem.DATABASE, archive.description.database, told, Repair.NOTHING)
