"""Whose a row is: a user has a number given by its source, and a row number of ours.

Other tables use the row number, which never leaves `db/`; outside a user is a `UserId`.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    and_,
    bindparam,
    column,
    false,
    or_,
    select,
    tuple_,
    values,
)

from fapproc.db.dialect import WORD
from fapproc.db.schema import user
from fapproc.model import UserId
from fapproc.sources import Source

HASHED = 2**40
"""Album ids of the disk are hashes of 63 bits, of which one in eight million is lower than this;
those of the site have nine digits."""

_owner = user.alias("owner")  # so that a statement on users may ask for one

OWNER = (user.c.source, user.c.number)
"""The columns that `owner` reads."""

BY_NUMBER = (user.c.number, user.c.source)
"""The order in which users are told."""


def owner(row: Row[*tuple[Any, ...]]) -> UserId:
    """Who a row with the columns `OWNER` is about."""
    return UserId(row.number, Source(row.source))


def row_of(user_id: UserId) -> ColumnElement[int]:
    """The row number of a user, to be asked for inside of a statement."""
    return _row(user_id.source, user_id.number)


def given_row() -> ColumnElement[int]:
    """The same in a statement that is built once: who it is about is `given` when it is run."""
    return _row(bindparam("of_source", type_=WORD), bindparam("of_number", type_=BigInteger))


def given(user_id: UserId) -> dict[str, object]:
    """The parameters of a statement with a `given_row`."""
    return {"of_source": user_id.source, "of_number": user_id.number}


def _row(source: object, number: object) -> ColumnElement[int]:
    mine = (_owner.c.source == source, _owner.c.number == number)
    return select(_owner.c.id).where(*mine).scalar_subquery()


def is_of(row: ColumnElement[int], source: Source) -> ColumnElement[bool]:
    """Whether the user of this row number belongs to a source."""
    return _source_of(row) == source


def is_online(row: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether the user of this row number belongs to a source that can be asked again."""
    return _source_of(row) != Source.DISK


def same_source(one: ColumnElement[int], other: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether the users of two row numbers belong to one source."""
    # Of most the users are the same: two look-ups less.
    return or_(one == other, _source_of(one) == _source_of(other))


def _source_of(row: ColumnElement[int]) -> ColumnElement[str]:
    # All other tables are those of the statement around, however deep this stands in it: left to
    # itself, SQLAlchemy asks the next statement alone, and takes another row for the one meant.
    source = select(_owner.c.source).where(_owner.c.id == row)
    return source.correlate_except(_owner).scalar_subquery()


def is_of_albums(
    row: ColumnElement[int], album: ColumnElement[int], albums: Sequence[tuple[UserId, int]]
) -> ColumnElement[bool]:
    """Whether the user of this row number has one of these albums, and it is this one.

    However many there are: in a chain of `or` SQLite takes less than 900.
    """
    if not albums:
        return false()
    columns = (column("source", WORD), column("number", BigInteger), column("album", BigInteger))
    data = [(str(whose.source), whose.number, number) for whose, number in albums]
    meant = values(*columns).data(data).cte()
    mine = and_(_owner.c.source == meant.c.source, _owner.c.number == meant.c.number)
    return tuple_(row, album).in_(select(_owner.c.id, meant.c.album).join(meant, mine))
