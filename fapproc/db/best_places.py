"""The place that stands for an image outside of its albums, and whether there are more.

Stored in its row, for ordering and for twins.

It is the place that a person keeps, else one that is not skipped, and of these the first by user,
album and position; 0 for an image that is listed nowhere. Derived: `counting.settle` writes it for
all that a transaction touched, `recounting` writes it again for all.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Integer, and_, bindparam, select, update

from fapproc.db.bulk import read_many, write_many
from fapproc.db.schema import image, listing
from fapproc.model import Verdict

COLUMNS = (image.c.place_user, image.c.place_album, image.c.place_position, image.c.place_site)
KEPT_FIRST = (Verdict.KEEP, Verdict.NEW, Verdict.ALTERNATE, Verdict.FALSE, Verdict.SKIP)
"""Which place of an image comes first, by what was said of it."""
_RANK: dict[str, int] = {word: at for at, word in enumerate(KEPT_FIRST)}
_NOWHERE = (0, 0, 0, 0)
_BATCH = 5000  # a statement takes 32,766 variables
_LISTED = (
    select(
        image.c.id,
        *COLUMNS,
        image.c.shared,
        listing.c.verdict,
        listing.c.user_id,
        listing.c.album_id,
        listing.c.position,
        listing.c.site_id,
    )
    .outerjoin(listing, listing.c.image_id == image.c.id)
    .where(image.c.id.in_(bindparam("these", expanding=True, type_=Integer)))
)
_WRITE = update(image).where(image.c.id == bindparam("this"))


class Best(NamedTuple):
    """An image's row number, and its best place: user (row number), album, position, id there."""

    image: int
    place: tuple[int, int, int, int]
    shared: bool
    """Whether it stands at other places too."""


def is_here() -> ColumnElement[bool]:
    """Whether a row of `listing` is the best place of a row of `image`."""
    place = (listing.c.user_id, listing.c.album_id, listing.c.position, listing.c.site_id)
    return and_(*(one == other for one, other in zip(COLUMNS, place, strict=True)))


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
    names = [column.name for column in (*COLUMNS, image.c.shared)]
    statement = _WRITE.values({name: bindparam(f"new_{name}") for name in names})
    rows = [(*each.place, each.shared, each.image) for each in found]
    write_many(connection, statement, [*(f"new_{name}" for name in names), "this"], rows)


def astray(connection: Connection, image_ids: Iterable[int]) -> list[Best]:
    """Those of these images at whose rows another place than their best one stands."""
    these = sorted(image_ids)
    found = []
    for start in range(0, len(these), _BATCH):
        kept: dict[int, tuple[Any, ...]] = {}
        best: dict[int, tuple[Any, ...]] = {}
        many = Counter[int]()
        for row in connection.execute(_LISTED, {"these": these[start : start + _BATCH]}):
            number = row[0]
            kept[number] = tuple(row[1:6])
            if row[7] is not None:
                here = (_RANK.get(row[6], len(_RANK)), *row[7:])
                best[number] = min(best.get(number, here), here)
                many[number] += 1
        for number, stands in kept.items():
            place = best[number][1:] if number in best else _NOWHERE
            shared = many[number] > 1
            if stands != (*place, shared):
                found.append(Best(number, (place[0], place[1], place[2], place[3]), shared))
    return found
