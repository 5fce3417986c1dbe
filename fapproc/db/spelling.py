"""Whether rows say what was written: no page check notices a changed letter in an open database.

An index notices it, as it holds the same once more. Of words that this program knows all, any other
one is damage; of JSON, what can't be read.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum

from sqlalchemy import Column, Connection, and_, func, select

from fapproc.db import decisions
from fapproc.db.bulk import read_many
from fapproc.db.decisions import Kind
from fapproc.db.dialect.engines import driver_of
from fapproc.db.pruned import State
from fapproc.db.schema import (
    album,
    decision,
    former_verdict,
    gone,
    group_member,
    image,
    listing,
    observation,
    pruned,
    setting,
    tag,
    user,
)
from fapproc.model import Detail, FolderKind, Format, Level, Reason, Verdict

_NAMES = {user: "user", album: "album", tag: "tag"}
"""Tables whose names have an index, which holds them as they were written."""
_WORDS: dict[Column[str], type[StrEnum]] = {
    album.c.kind: FolderKind,
    listing.c.verdict: Verdict,
    listing.c.reason: Reason,
    listing.c.detail: Detail,
    image.c.format: Format,
    image.c.thumb_format: Format,
    image.c.unsound: Detail,
    group_member.c.verdict: Verdict,
    former_verdict.c.verdict: Verdict,
    observation.c.level: Level,
    gone.c.level: Level,
    decision.c.kind: Kind,
    pruned.c.state: State,
    pruned.c.format: Format,
    pruned.c.thumb_format: Format,
}
_TEXTS = {setting.c.value: setting.c.name, pruned.c.parcel: pruned.c.digest}
"""Columns of JSON, with what names their rows."""


def changed_names(connection: Connection) -> Iterator[tuple[str, str, str]]:
    """What has a name (`album`), the name in its row, and in the index, where these differ."""
    for table, word in _NAMES.items():
        for own, other in driver_of(connection).unlike_index(connection, table.name, "name"):
            yield word, own, other


def strange_words(connection: Connection) -> Iterator[tuple[str, str, int]]:
    """Table and column, a word there that this program never writes, and in how many rows."""
    for column, words in _WORDS.items():
        strange = and_(column.is_not(None), column.not_in([str(word) for word in words]))
        query = select(column, func.count()).where(strange).group_by(column)
        for word, count in connection.execute(query):
            yield f"{column.table.name}.{column.name}", word, count


def unreadable_texts(connection: Connection) -> Iterator[str]:
    """A sentence for each row whose JSON can't be read."""
    for column, named in _TEXTS.items():
        query = select(named, column).where(column.is_not(None))
        for rows in read_many(connection, query):
            for name, text in rows:
                with suppress(ValueError):
                    json.loads(text)
                    continue
                yield f"What {column.table.name} says of {name} can't be read."
    for number, error in decisions.unreadable(connection):
        yield f"Decision {number} of the log can't be read ({error})."
