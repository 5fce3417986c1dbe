"""Albums of the local disk: where the folder of each was, and which have the same pictures."""

from collections.abc import Iterable, Iterator
from itertools import islice

from sqlalchemy import Connection, String, cast, delete, func, literal, select

from fapproc.db import settings
from fapproc.db.owners import row_of
from fapproc.db.schema import album, image, listing, setting
from fapproc.model import LOCAL_DISK

_PLACE = "place "
_BATCH = 500


def places(connection: Connection) -> dict[int, str]:
    """Where each album's folder or ZIP file was when it was imported last, by the album's id."""
    found = settings.beginning_with(connection, _PLACE)
    return {int(name.removeprefix(_PLACE)): place for name, place in found.items()}


def set_place(connection: Connection, album_id: int, place: str) -> None:
    """Remember where an album's folder is."""
    settings.write(connection, f"{_PLACE}{album_id}", place)


def forget_places_of_nothing(connection: Connection) -> None:
    """Forget where the folders of albums were that are no more."""
    there = select(literal(_PLACE) + cast(album.c.id, String)).where(
        album.c.user_id == row_of(LOCAL_DISK)
    )
    is_place = setting.c.name.startswith(_PLACE)
    connection.execute(delete(setting).where(is_place, setting.c.name.not_in(there)))


def shared(connection: Connection, digests: Iterable[str]) -> dict[int, int]:
    """How many of these images each album shows that shows any, by the album's id."""
    found: dict[int, int] = {}
    wanted = iter(dict.fromkeys(digests))
    while some := tuple(islice(wanted, _BATCH)):
        for number, count in _count(connection, some):
            found[number] = found.get(number, 0) + count
    return found


def shown(connection: Connection, album_id: int) -> int:
    """How many images an album shows."""
    count = select(func.count(listing.c.image_id.distinct()))
    mine = (listing.c.user_id == row_of(LOCAL_DISK), listing.c.album_id == album_id)
    return int(connection.execute(count.where(*mine)).scalar_one())


def _count(connection: Connection, digests: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    query = (
        select(listing.c.album_id, func.count(listing.c.image_id.distinct()))
        .join(image, image.c.id == listing.c.image_id)
        .where(listing.c.user_id == row_of(LOCAL_DISK), image.c.digest.in_(digests))
        .group_by(listing.c.album_id)
    )
    for row in connection.execute(query):
        yield row[0], row[1]
