"""Images of a selection, each with its names, places and tags, streamed in constant memory."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import grids, selected, tags, where
from fapproc.db.selected import Chosen
from fapproc.db.where import Where
from fapproc.errors import Damaged
from fapproc.jobs import selection as selections
from fapproc.selections.selection import Selection
from fapproc.selections.view import View
from fapproc.vault.store import Key, Kind


class Found(NamedTuple):
    """An image as `list` tells it; a tuple, as there may be millions."""

    digest: str
    bytes: int
    format: str
    fetched_at: int
    width: int | None
    height: int | None
    animated: bool | None
    orientation: int | None
    unsound: str | None
    lost_at: int | None
    places: Sequence[Where]
    tags: Sequence[str]


def images(
    archive: Archive,
    selection: Selection,
    told: Callable[[Found], str],
    *,
    bare: bool = False,
    order: View | None = None,
    limit: int | None = None,
) -> Iterator[list[str]]:
    """The images of a selection in the order of arrival, in stretches.

    Args:
        archive: which.
        selection: which of its images.
        told: what is made of each; what makes no sense of a row is known as damage here.
        bare: without places and tags.
        order: in the order of this view instead.
        limit: so many at most.

    Raises:
        FapError: the selection names what isn't there.
    """
    with archive.reading() as connection:
        chosen = selections.resolve(connection, selection)
        paths = tags.paths(connection)
        known = where.names(connection)
        for rows in _rows(connection, chosen, order, limit):
            numbers = [] if bare else [row[0] for row in rows]
            places = where.places_of(connection, numbers, known)
            tagged = tags.tags_of(connection, numbers, paths)
            if any(None in row[1:4] for row in rows):
                raise Damaged(
                    "The database has an image without a digest, a size or a format. "
                    "'fapproc check' shows more; restore it from a copy."
                )
            yield [
                told(Found._make([*row[1:], places.get(row[0], ()), tagged.get(row[0], ())]))
                for row in rows
            ]


def _rows(
    connection: Connection, chosen: Chosen, order: View | None, limit: int | None
) -> Iterator[Sequence[tuple[Any, ...]]]:
    if order is None:
        yield from selected.read(connection, chosen, limit=limit)
        return
    grid = grids.of(connection, chosen, order.order, order.seed)
    for some in grids.keys(connection, grid, limit=limit):
        yield selected.read_these(connection, some)


def files(archive: Archive, selection: Selection, *, thumbs: bool = False) -> Iterator[str]:
    """Where the files of the images of a selection lie; of thumbnails, where there are any.

    Raises:
        FapError: the selection names what isn't there.
    """
    with archive.reading() as connection:
        for batch in selections.batches(connection, selection):
            for stored in batch:
                image = stored.image
                if not thumbs:
                    yield archive.vault.place(Key(Kind.BLOB, image.digest, image.format))
                elif image.thumb_format is not None:
                    yield archive.vault.place(Key(Kind.THUMB, image.digest, image.thumb_format))
