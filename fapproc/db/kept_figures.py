"""Figures that are stored, so that a page costs the same for a million rows as for a thousand.

What each album, each user and the whole archive hold is stored in separate tables, which change in
the same transaction as the rows (`counting.py`). Derived: `recounting.py` counts them from the
rows, for `check` and its repair. No other module reads or writes these tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Table,
    case,
    delete,
    func,
    select,
)

from fapproc.db.dialect import Insert, insert
from fapproc.db.figures import Figures, Spread
from fapproc.db.owners import OWNER, owner, row_of
from fapproc.db.schema import album, album_figures, archive_figure, user, user_figures
from fapproc.db.schema.figures import OF_ALBUMS, OF_USERS
from fapproc.model import FolderKind, UserId

Holder = tuple[()] | tuple[int] | tuple[int, int]
"""Whose a figure is: the archive's, a user's, an album's; users by row number."""

HALF = 32
"""Squares are summed in two halves of so many bits: the sum of all has more than 64."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What the whole archive holds; a figure's values are in `Spread` once they are asked for."""

    images: int = 0
    bytes: int = 0
    bytes_high: int = 0
    bytes_low: int = 0
    thumbs: int = 0
    """Images that have a thumbnail; their bytes, and the squares of these, follow."""
    thumb_bytes: int = 0
    thumb_bytes_high: int = 0
    thumb_bytes_low: int = 0
    sized: int = 0
    """Images whose sides are known; their pixels, and the squares of these, follow."""
    pixels: int = 0
    pixels_high: int = 0
    pixels_low: int = 0
    animated: int = 0
    unsound: int = 0
    sightings: int = 0
    """Places that show an image."""
    seen: int = 0
    """Images that are shown at any place."""
    exact: int = 0
    """Images that are shown at more than one."""
    exact_waiting: int = 0
    failures: int = 0
    """Ids of a source that could not be fetched, or unsound."""
    gone: int = 0
    """Images that are gone at one place of the site at least."""
    grouped: int = 0
    groups: int = 0
    groups_waiting: int = 0


SPREADS = {"bytes": "images", "thumb_bytes": "thumbs", "pixels": "sized"}
"""Figures of which the spread is kept, and the one that says how many images have a value."""
EXTREMES = (*SPREADS, "fetched")
"""Figures of which the smallest and the largest value are kept, under `LEAST` and `MOST`."""
LEAST, MOST = "{}_least", "{}_most"
_TOTALS = tuple(field.name for field in fields(Totals))


def values(connection: Connection) -> dict[str, int]:
    """The archive's figures by name, extremes among them; what is nothing may be missing."""
    rows = connection.execute(select(archive_figure.c.name, archive_figure.c.value))
    return {row[0]: _whole(row[1]) for row in rows}


def totals(found: Mapping[str, int]) -> Totals:
    """What the whole archive holds, of its figures by name."""
    return Totals(**{name: found.get(name, 0) for name in _TOTALS})


def spread(found: Mapping[str, int], figure: str) -> Spread:
    """Total and spread of a figure over all images that have it, of the archive's by name.

    Figures that someone changed may contradict each other: `check` tells that, and stops no page.
    """
    count = found.get(SPREADS[figure], 0)
    if not count:
        return Spread(0, 0, 0, 0, 0.0, 0.0)
    total, high, low = (found.get(f"{figure}{part}", 0) for part in ("", "_high", "_low"))
    squares = (high << HALF) + low
    # Whole numbers to the last step: in floats the difference of two such sums has no digits left.
    variance = (count * squares - total * total) / (count * (count - 1)) if count > 1 else 0.0
    least, most = (found.get(form.format(figure), 0) for form in (LEAST, MOST))
    return Spread(count, total, least, most, total / count, max(variance, 0.0) ** 0.5)


def of_users(connection: Connection, user_id: UserId | None = None) -> dict[UserId, Figures]:
    """What each user holds, or this one alone, albums included."""
    albums = (
        select(album.c.user_id, func.count().label("albums"))
        .where(album.c.kind == FolderKind.PICTURES)
        .group_by(album.c.user_id)
    )
    query = select(user.c.id, *OWNER, user_figures).outerjoin(
        user_figures, user_figures.c.user_id == user.c.id
    )
    if user_id is not None:
        albums = albums.where(album.c.user_id == row_of(user_id))
        query = query.where(user.c.id == row_of(user_id))
    counts = {row.user_id: row.albums for row in connection.execute(albums)}
    return {
        owner(row): _figures(row, OF_USERS, albums=counts.get(row.id, 0))
        for row in connection.execute(query)
    }


def of_albums(
    connection: Connection, user_id: UserId, album_id: int | None = None
) -> dict[int, Figures]:
    """What each album of a user holds, or this one alone; one without images may be missing."""
    query = select(album_figures).where(album_figures.c.user_id == row_of(user_id))
    if album_id is not None:
        query = query.where(album_figures.c.album_id == album_id)
    return {row.album_id: _figures(row, OF_ALBUMS) for row in connection.execute(query)}


def change(connection: Connection, by: Mapping[Holder, Mapping[str, int]]) -> None:
    """Add to figures of holders; a smallest or largest is kept, or gives way to one beyond it."""
    archive = [{"name": name, "value": value} for name, value in by.get((), {}).items()]
    users = [
        {"user_id": holder[0], **dict.fromkeys(OF_USERS, 0), **figures}
        for holder, figures in by.items()
        if len(holder) == 1
    ]
    albums = [
        {"user_id": holder[0], "album_id": holder[1], **dict.fromkeys(OF_ALBUMS, 0), **figures}
        for holder, figures in by.items()
        if len(holder) == 2
    ]
    for statement, rows in ((_TO_ARCHIVE, archive), (_TO_USERS, users), (_TO_ALBUMS, albums)):
        if rows:
            connection.execute(statement, rows)


def forget_ends(connection: Connection, figure: str) -> None:
    """Forget the smallest and the largest value, as one of these is gone."""
    names = [LEAST.format(figure), MOST.format(figure)]
    connection.execute(delete(archive_figure).where(archive_figure.c.name.in_(names)))


def clear(connection: Connection) -> None:
    """Forget all figures, before they are written anew."""
    for table in (album_figures, user_figures, archive_figure):
        connection.execute(delete(table))


def _adding(table: Table, names: tuple[str, ...]) -> Insert:
    """Add to the figures of a row, or make it."""
    add = insert(table)
    sums = {name: table.c[name] + add.excluded[name] for name in names}
    return add.on_conflict_do_update(index_elements=list(table.primary_key), set_=sums)


def _widening() -> Insert:
    """Add to a figure of the archive; of a smallest and a largest, take the one that is beyond."""
    add = insert(archive_figure)
    value, new = archive_figure.c.value, add.excluded.value
    smaller, larger = case((new < value, new), else_=value), case((new > value, new), else_=value)
    taken: dict[str, ColumnElement[int]] = {
        **{LEAST.format(figure): smaller for figure in EXTREMES},
        **{MOST.format(figure): larger for figure in EXTREMES},
    }
    result = case(taken, value=archive_figure.c.name, else_=value + new)
    return add.on_conflict_do_update(index_elements=["name"], set_={"value": result})


_TO_ARCHIVE = _widening()
_TO_USERS = _adding(user_figures, OF_USERS)
_TO_ALBUMS = _adding(album_figures, OF_ALBUMS)


def _figures(row: Row[Any], names: tuple[str, ...], **others: int) -> Figures:
    held = row._mapping
    return Figures(**{name: _whole(held[name]) for name in names}, **others)


def _whole(value: object) -> int:
    """What a figure's column holds; 0 for nothing, and for what no whole number is.

    SQLite keeps a word or a fraction in a column of numbers; to add to a word is to add to 0 too.
    """
    return value if isinstance(value, int) else 0
