"""The pictures of a view in order, from any one on, without counting those before it.

A view of an album reads the places of the album, whose keys are ids of their source. Any other
view reads images, whose keys are our row numbers, each at the best of its places.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, literal, select

from fapproc.db import best_places, in_album, nothing, of_user, ordered
from fapproc.db.bulk import read_many
from fapproc.db.dialect import numbers, unindexed
from fapproc.db.dialect.planning import unweighed
from fapproc.db.facts import Fact, rare
from fapproc.db.ordered import Place, Source, Stretch
from fapproc.db.schema import image, listing
from fapproc.db.schema.kept import CALLED, PIXELS
from fapproc.db.searched import are_asked
from fapproc.db.selected import Chosen, asks_sets, conditions, is_wide, rarest_first
from fapproc.model import UserId
from fapproc.selections.selection import Selection, Show
from fapproc.selections.view import Order

_PRIME = 2**31 - 1
_MANY = 5_000
"""Of so many rows that are read, those judged `skip` are found sooner than asked for."""
_FEW, _NEAR = 1_000, 10_000
"""Where so few are wanted of some that are in large sets, the nearest so many are looked up in them
first: mostly these have enough, and no set is made."""
_FAR = 5
"""So many times as many, where it follows from those that are found that they will do."""
_OF_PLACES = (Order.ALBUM, Order.NAME)
"""Orders in which an album is read without the rows of its images, if these are asked nothing."""
_NEWEST_FIRST = (Order.DATE, Order.SIZE, Order.PIXELS)
"""Orders that begin with the largest."""


@dataclass(frozen=True, slots=True)
class Grid:
    """What a view shows, with every name looked up: of one album, or of all images."""

    chosen: Chosen
    order: Order
    seed: int
    album: tuple[UserId, int] | None = None
    wide: bool = False
    """Whether it has many of all images, as `selected.is_wide` says, or is of a small album."""
    sought: Fact = Fact.DATE
    """What images are sought by: as few are so, or by days."""
    unlisted: bool = False
    """Whether some images are listed nowhere: they have no name to be found by."""
    owner: int | None = None
    """The row number of the user whose pictures alone these are, where `of_user` reads them."""


def of(
    connection: Connection,
    chosen: Chosen,
    order: Order,
    seed: int = 0,
    album: tuple[UserId, int] | None = None,
) -> Grid:
    """What a view shows, with how it is to be read."""
    if album is not None:
        wide = in_album.is_small(connection, album) or is_wide(connection, chosen)
        return Grid(chosen, order, seed, album, wide=wide)
    chosen = rarest_first(connection, chosen)
    unlisted = order is Order.NAME and best_places.some_unlisted(connection)
    wide, few = is_wide(connection, chosen), rare(connection, chosen.selection)
    owner = None if few else of_user.row(connection, chosen, order)  # few are sooner sought
    sought = Fact.DATE | few
    return Grid(chosen, order, seed, wide=wide, sought=sought, unlisted=unlisted, owner=owner)


def keys_from(
    connection: Connection,
    grid: Grid,
    *,
    after: Sequence[Any] | None = None,
    backward: bool = False,
    limit: int,
) -> list[int]:
    """Keys of some pictures, in their order.

    Args:
        connection: that reads.
        grid: what is shown.
        after: where to go on, as `place_of` says of a picture; None for the beginning.
        backward: those before it instead, the nearest first.
        limit: how many at most.
    """
    if nothing.is_meant(connection, grid.chosen):
        return []
    stretch = Stretch(falls=(grid.order in _NEWEST_FIRST) is not backward, after=after)
    found: list[int] = []
    if limit <= _FEW and _asks_sets(grid):
        found, end = _nearest(connection, grid, stretch, limit)
        if end is None or len(found) == limit:
            return found
        stretch = replace(stretch, after=end)
    few = grid.owner is not None and limit <= _FEW and of_user.are_looked_up(grid.chosen)
    asking = _asking(connection, grid, limit)
    sources = _sources(connection, asking, many=limit > _MANY, few=few)
    return found + ordered.keys(connection, sources, stretch, limit - len(found))


def _nearest(
    connection: Connection, grid: Grid, stretch: Stretch, limit: int
) -> tuple[list[int], Place | None]:
    """Keys of those that are wanted of the nearest `_NEAR`, or of more if these have some.

    And where they end; None if none is behind them.
    """
    every = _every(connection, grid)
    near = _sources(connection, replace(grid, wide=True, sought=Fact.DATE), few=True)
    found: list[int] = []
    seen, more = 0, _NEAR
    while True:
        end = ordered.place_of_last(connection, every, stretch, more)
        here = replace(stretch, upto=end)
        found += ordered.keys(connection, near, here, limit - len(found))
        seen += more
        if end is None or len(found) == limit or not found:
            return found, end
        more = seen * (limit - len(found)) // len(found) + _NEAR
        if seen + more > _FAR * _NEAR:
            return found, end
        stretch = replace(stretch, after=end)


def _every(connection: Connection, grid: Grid) -> Sequence[Source]:
    """All pictures in the order of a view, whatever it asks for, but of its user alone."""
    if grid.owner is not None:
        return of_user.every(connection, grid.owner, grid.order)
    return [Source(select(image.c.id), *_columns(grid))]


def _sources(
    connection: Connection, grid: Grid, *, many: bool = False, few: bool = False
) -> Sequence[Source]:
    """The pictures of a view; `many` and `few` as in `selected.conditions`."""
    if grid.owner is not None:
        return of_user.sources(connection, grid.owner, grid.chosen, grid.order, few=few, many=many)
    query = _shown(grid, many=many, few=few, rows=grid.order not in _OF_PLACES)
    return [Source(query, *_columns(grid))]


def keys(
    connection: Connection, grid: Grid, *, limit: int | None = None
) -> Iterator[Sequence[int]]:
    """The keys of all pictures of a view in its order, in stretches; the rest is read later."""
    key, columns = _columns(grid)
    directed = ordered.directed(columns, falls=grid.order in _NEWEST_FIRST)
    query = _shown(grid).with_only_columns(key).order_by(*directed).limit(limit)
    for some in read_many(connection, query, first=1):
        yield [row[0] for row in some]


def place_of(connection: Connection, grid: Grid, key: int) -> tuple[Any, ...] | None:
    """Where a picture stands; None where the view hasn't it."""
    which, columns = _columns(grid)
    query = _shown(replace(_asked(grid), wide=True), few=True).with_only_columns(*columns)
    found = connection.execute(query.where(which == key).limit(1)).first()
    return None if found is None else tuple(found)


def place_of_shown(connection: Connection, grid: Grid, key: int) -> tuple[Any, ...] | None:
    """The same of one that the view is known to have: what it asks for is not looked at again."""
    return place_of(connection, replace(grid, chosen=Chosen(Selection()), wide=False), key)


def images_of(grid: Grid, without: Sequence[int] = ()) -> Select[tuple[int]]:
    """The row numbers of the images that a view has, but for some; in no order."""
    everywhere = grid if grid.album is not None else replace(grid, order=Order.DATE)
    query = _shown(everywhere).with_only_columns(image.c.id)
    return query.where(image.c.id.not_in(numbers(without))) if without else query


def count_before(connection: Connection, grid: Grid, place: Sequence[Any]) -> int:
    """How many pictures stand before one, of which `place_of` said where it stands."""
    _, columns = _columns(grid)
    earlier = ordered.beyond(columns, place, larger=grid.order in _NEWEST_FIRST)
    query = _shown(grid).with_only_columns(func.count()).where(*earlier)
    return int(connection.execute(query).scalar_one())


def count(connection: Connection, grid: Grid) -> int:
    """How many pictures a view has."""
    if nothing.is_meant(connection, grid.chosen):
        return 0
    # By date no place is asked for.
    grid = replace(grid, order=Order.DATE) if grid.album is None else _asked(grid)
    query = _shown(grid, rows=False).with_only_columns(func.count())
    return int(connection.execute(query).scalar_one())


def newest(connection: Connection) -> int:
    """The row number of the image that came last; 0 where there is none."""
    return connection.execute(select(func.max(image.c.id))).scalar() or 0


def count_newer(connection: Connection, grid: Grid, image_id: int) -> int:
    """How many pictures of a view came after an image, by its row number."""
    query = _shown(_asked(grid)).with_only_columns(func.count()).where(image.c.id > image_id)
    return int(connection.execute(query).scalar_one())


def _columns(grid: Grid) -> tuple[ColumnElement[int], Sequence[ColumnElement[Any]]]:
    """The key of a picture, and what it is ordered by; no two pictures stand at one place."""
    key: ColumnElement[int] = image.c.id if grid.album is None else listing.c.site_id
    if grid.order is Order.ALBUM and grid.album is None:
        return key, (*best_places.COLUMNS, key)
    if grid.order is Order.NAME and grid.album is None and not grid.unlisted:
        return key, (CALLED, listing.c.image_id)  # the image's number, as the index has it
    first: Mapping[Order, ColumnElement[Any]] = {
        Order.ALBUM: listing.c.position,
        Order.DATE: image.c.fetched_at,
        Order.SIZE: image.c.bytes if _is_by_shape(grid) else unindexed(image.c.bytes),
        Order.PIXELS: PIXELS if _is_by_shape(grid) else unindexed(PIXELS),
        Order.NAME: CALLED if grid.album is not None else _called(),
        Order.RANDOM: _shuffled(grid.seed),
    }
    return key, (first[grid.order], key)


def _asks_sets(grid: Grid) -> bool:
    """Whether it is in an order of all images, and asks for such as few are, or as are in sets."""
    chosen, said = grid.chosen, grid.chosen.selection
    if grid.owner is not None:
        rows = (said.tagged, said.animated, said.gone) != (Show.ALLOW,) * 3
        return rows or bool(chosen.tags) or asks_sets(chosen)
    # In the order of albums those of a user stand together: mostly far away.
    mixed = chosen.users is None and chosen.albums is None
    in_order = grid.order is Order.DATE or (grid.order is Order.ALBUM and mixed)
    sets = grid.wide or bool(said.duplicates) or said.gone is Show.ONLY
    asked = sets or grid.sought != Fact.DATE
    return grid.album is None and in_order and asked and not said.words and chosen.images is None


def _is_by_shape(grid: Grid) -> bool:
    """Whether the indexes of size and pixels hold what the view asks of an image's row."""
    said = grid.chosen.selection
    return not (said.formats or said.size or said.date or said.unsound is not Show.ALLOW)


def _asked(grid: Grid) -> Grid:
    """The same, but each image is asked for the words."""
    chosen = grid.chosen
    return replace(grid, chosen=replace(chosen, words=(), asked=chosen.words))


def _asking(connection: Connection, grid: Grid, limit: int) -> Grid:
    """The same, in which images are asked for those words for which that takes less."""
    if not grid.chosen.words:
        return grid
    if grid.album is not None:
        return _asked(grid)
    advised = are_asked(connection, grid.chosen.words, limit)
    each = list(zip(grid.chosen.words, advised, strict=True))
    found = tuple(word for word, asked in each if not asked)
    asked = tuple(word for word, asked in each if asked)
    chosen = replace(grid.chosen, words=found, asked=asked)
    return replace(grid, chosen=chosen, wide=is_wide(connection, chosen))


def _shown(grid: Grid, *, many: bool = False, few: bool = False, rows: bool = True) -> Select[Any]:
    """The pictures of a view, in no order yet; `many` and `few` as in `selected.conditions`.

    `rows`: whether the statement names columns of `image`, in which case they have to be there.
    """
    if grid.album is not None:
        return in_album.shown(grid.album, grid.chosen, rows=rows, wide=grid.wide)
    asked = conditions(grid.chosen, wide=grid.wide, many=many, few=few, sought=grid.sought)
    shown = select(image.c.id).where(*asked)
    if grid.order is Order.NAME and not grid.unlisted:
        # Names are gone through in their order, and the images follow.
        of = unindexed(listing.c.image_id)
        here = unweighed(best_places.is_here())
        found = listing.join(image, and_(image.c.id == of, here))
        return shown.select_from(found)
    return shown


def _called() -> ColumnElement[Any]:
    """What an image is called where it stands; an unlisted one nothing."""
    here = select(CALLED).where(best_places.is_here()).correlate(image).scalar_subquery()
    return func.coalesce(here, "")


def _shuffled(seed: int) -> ColumnElement[int]:
    """A number for each image, as if thrown: no product here is beyond 63 bits."""
    factor = (seed * 48_271 + 1_000_003) % (_PRIME - 1) + 1
    once = image.c.id * literal(factor) % literal(_PRIME)
    return once * once % literal(_PRIME)
