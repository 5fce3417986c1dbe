"""The place that stands for an image outside of its albums, and what is noted of all its places.

Stored in its row, for ordering, for twins and for what is gone.

It is the place that a person keeps, else one that is not skipped, and of these the first by user,
album and position; 0 for an image that is listed nowhere. Derived: `counting.settle` writes it for
all that a transaction touched, `recounting` writes it again for all.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    bindparam,
    select,
    true,
    update,
)

from fapproc.db.bulk import read_many, write_many
from fapproc.db.figures import is_gone
from fapproc.db.schema import image, listing
from fapproc.db.schema.kept import NOTED
from fapproc.model import Verdict

COLUMNS = (image.c.place_user, image.c.place_album, image.c.place_position, image.c.place_site)
_NOTED = tuple(image.c[name] for name in NOTED)
KEPT_FIRST = (Verdict.KEEP, Verdict.NEW, Verdict.ALTERNATE, Verdict.FALSE, Verdict.SKIP)
"""Which place of an image comes first, by what was said of it."""
_RANK: dict[str, int] = {word: at for at, word in enumerate(KEPT_FIRST)}
_NOWHERE = (0, 0, 0, 0)
_BATCH = 5000  # a statement takes 32,766 variables
_LISTED = (
    select(
        image.c.id,
        *COLUMNS,
        *_NOTED,
        listing.c.verdict,
        listing.c.user_id,
        listing.c.album_id,
        listing.c.position,
        listing.c.site_id,
        is_gone(),
    )
    .outerjoin(listing, listing.c.image_id == image.c.id)
    .where(image.c.id.in_(bindparam("these", expanding=True, type_=Integer)))
)
_WRITE = update(image).where(image.c.id == bindparam("this"))
Place = tuple[int, int, int, int]
"""User (row number), album, position, id there."""
Notes = tuple[bool, bool, bool, bool]


class Best(NamedTuple):
    """An image's row number, and what stands at its row: its best place, and notes of all."""

    image: int
    place: Place
    noted: Notes
    """What is noted of its places, as the schema names it."""


def is_here() -> ColumnElement[bool]:
    """Whether a row of `listing` is the best place of a row of `image`."""
    place = (listing.c.user_id, listing.c.album_id, listing.c.position, listing.c.site_id)
    return and_(*(one == other for one, other in zip(COLUMNS, place, strict=True)))


def noted(what: Column[bool]) -> Select[tuple[int]]:
    """The row numbers of the images of which something is noted."""
    these = image.alias("noted")
    return select(these.c.id).where(these.c[what.name].is_(true()))


def some_unlisted(connection: Connection) -> bool:
    """Whether any image is listed nowhere."""
    return (
        connection.execute(select(image.c.id).where(COLUMNS[0] == 0).limit(1)).first() is not None
    )


def keep(connection: Connection, image_ids: Iterable[int]) -> None:
    """Write the best places of these images, where other ones stand."""
    _put(connection, astray(connection, image_ids))


def keep_all(connection: Connection) -> None:
    """Write the best places of all images, where other ones stand."""
    _put(connection, list(all_astray(connection)))


def all_astray(connection: Connection) -> Iterator[Best]:
    """Those of all images at whose rows another place than their best one stands, as they come."""
    for rows in read_many(connection, select(image.c.id).order_by(image.c.id)):
        yield from astray(connection, [row[0] for row in rows])


def _put(connection: Connection, found: Iterable[Best]) -> None:
    names = [column.name for column in (*COLUMNS, *_NOTED)]
    statement = _WRITE.values({name: bindparam(f"new_{name}") for name in names})
    rows = [(*each.place, *each.noted, each.image) for each in found]
    write_many(connection, statement, [*(f"new_{name}" for name in names), "this"], rows)


def astray(connection: Connection, image_ids: Iterable[int]) -> list[Best]:
    """Those of these images at whose rows another place than their best one stands, or a note."""
    these = sorted(image_ids)
    found = []
    for start in range(0, len(these), _BATCH):
        kept: dict[int, Best] = {}
        places = defaultdict[int, list[tuple[int, Place]]](list)
        gone: set[int] = set()
        for row in connection.execute(_LISTED, {"these": these[start : start + _BATCH]}):
            number, place, notes, verdict, listed, is_gone_here = _parts(row)
            kept[number] = Best(number, place, notes)
            if verdict is not None:
                places[number].append((_RANK.get(verdict, len(_RANK)), listed))
            if is_gone_here:
                gone.add(number)
        for number, stands in kept.items():
            here = places[number]
            albums = {place[:2] for _, place in here}
            notes = (len(here) > 1, len(albums) < len(here), len(albums) > 1, number in gone)
            best = Best(number, min(here, default=(0, _NOWHERE))[1], notes)
            if stands != best:
                found.append(best)
    return found


def _parts(row: Sequence[Any]) -> tuple[int, Place, Notes, str | None, Place, bool]:
    """Of a row of `_LISTED` the image, what stands there of it, and one of its places."""
    return row[0], tuple(row[1:5]), tuple(row[5:9]), row[9], tuple(row[10:14]), row[14]
