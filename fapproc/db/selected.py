"""The images that a selection means, as a statement: none of them is held in memory."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    Select,
    exists,
    func,
    select,
)

from fapproc.db.best_places import noted
from fapproc.db.bulk import read_many
from fapproc.db.dialect import contains, numbers, unindexed
from fapproc.db.dialect.planning import Lookup, is_not_among
from fapproc.db.facts import ANY, FEW, Fact, in_rows, of_facts, shown
from fapproc.db.owners import OWNER, is_of_albums, owner, row_of
from fapproc.db.schema import group_member, image, image_tag, listing, user
from fapproc.db.schema.kept import CALLED
from fapproc.db.searched import Word, is_mentioned, mentions
from fapproc.db.twins import is_in, of_judgements, one_set
from fapproc.model import Place, UserId, Verdict
from fapproc.selections.selection import Selection, Show

_AT_ONCE = 1 << 14
"""If none of so many images is meant, the first that is meant is sought in a narrow index: it has
all facts that a million rows are asked for, and is read in a third of the time."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A selection in which every name is looked up."""

    selection: Selection
    images: Sequence[int] | None = None
    """Row numbers of the images that were named, if any were."""
    users: Sequence[UserId] | None = None
    albums: Sequence[tuple[UserId, int]] | None = None
    tags: Sequence[tuple[frozenset[int], bool]] = ()
    """Ids of tags of which an image has any, or has none (False)."""
    words: Sequence[Word] = ()
    asked: Sequence[Word] = ()
    """Others, for which each image is asked, as `searched.are_asked` advises."""


def images_of(chosen: Chosen) -> Select[tuple[int]]:
    """The row numbers of the images that are meant, in no order."""
    return select(image.c.id).where(*conditions(chosen))


def count(connection: Connection, chosen: Chosen) -> int:
    """How many images are meant."""
    query = select(func.count()).select_from(image).where(*conditions(chosen))
    return int(connection.execute(query).scalar_one())


def count_rows(connection: Connection, rows: Select[Any] | CompoundSelect[Any]) -> int:
    """How many rows a query has."""
    query = select(func.count()).select_from(rows.subquery())
    return int(connection.execute(query).scalar_one())


FACTS = (
    image.c.id,
    image.c.digest,
    image.c.bytes,
    image.c.format,
    image.c.fetched_at,
    image.c.width,
    image.c.height,
    image.c.animated,
    image.c.orientation,
    image.c.unsound,
    image.c.lost_at,
)
"""What `read` gives of each image."""
THUMBNAIL = (image.c.thumb_bytes, image.c.thumb_digest, image.c.thumb_format)


def read(
    connection: Connection,
    chosen: Chosen,
    more: Sequence[Column[Any]] = (),
    limit: int | None = None,
) -> Iterator[Sequence[tuple[Any, ...]]]:
    """Rows of the images that are meant, by row number; a few at first, so that none waits.

    `more`: columns behind those of `FACTS`.
    """
    asked = select(*FACTS, *more).order_by(image.c.id)
    sought = in_rows(chosen.selection)
    query = asked.where(*conditions(chosen, sought=sought))
    sets = chain(_named(chosen), _sets(chosen), _listed(chosen))
    if next(sets, None) is not None:  # it begins with these, which are found but once
        yield from read_many(connection, query.limit(limit), first=1)
        return
    is_of_twins, first_ones = bool(chosen.selection.duplicates), query
    if is_of_twins:  # to find all of a million at once takes 0.2 s, which the first would wait for
        first_ones = asked.where(*conditions(chosen, sought=sought, few=True))
    count = 0
    for rows in read_many(
        connection, first_ones.where(image.c.id <= _AT_ONCE).limit(limit), first=1
    ):
        count += len(rows)
        yield rows
    after: int | None = _AT_ONCE
    if not count and not is_of_twins:
        holds = conditions(chosen, sought=ANY)
        lowest = select(func.min(unindexed(image.c.id))).where(*holds)
        first = connection.execute(lowest).scalar()
        after = None if first is None else first - 1
    rest = None if limit is None else limit - count
    if after is not None and rest != 0:
        yield from read_many(connection, query.where(image.c.id > after).limit(rest), first=1)


def read_these(connection: Connection, image_ids: Sequence[int]) -> Sequence[tuple[Any, ...]]:
    """The same of images by row number, in the order in which they are given."""
    query = select(*FACTS).where(image.c.id.in_(numbers(image_ids)))
    found = {row[0]: row for rows in read_many(connection, query) for row in rows}
    return [found[each] for each in image_ids if each in found]


def places_chosen(
    connection: Connection, chosen: Chosen, image_ids: Iterable[int]
) -> dict[int, list[Place]]:
    """Of each of these images the places that a selection asks for: all where it asks for none."""
    query = select(listing.c.image_id, *OWNER, listing.c.album_id, listing.c.site_id)
    query = query.join(user, user.c.id == listing.c.user_id)
    shown = listing.c.image_id.in_(numbers(image_ids))
    found: dict[int, list[Place]] = {}
    for row in connection.execute(query.where(shown, *place_conditions(chosen))):
        found.setdefault(row.image_id, []).append(Place(owner(row), row.album_id, row.site_id))
    return found


def conditions(
    chosen: Chosen,
    *,
    wide: bool = False,
    sought: Fact = Fact.DATE,
    many: bool = False,
    few: bool = False,
) -> list[ColumnElement[bool]]:
    """What must hold of a row of `image`; there is always something, as an upsert needs it.

    `wide`: whether the query is to begin with no set that an image must be in, as each is large.
    `sought`: by which facts images are sought, as few are so, or the first is wanted: a view has
    indexes in its own order, and what is sought by its date is not in the order of rows.
    `many`: so many are read that those judged `skip` are found once, and not asked for of each.
    `few`: so few are read that each is looked up in large sets, as of tags and groups: in those
    that it may not be in, and, if the query is `wide`, in those that it must be in.
    """
    found = image_conditions(chosen, wide=wide, sought=sought, many=many, few=few)
    return [*found, *(is_in(each, wide=wide, few=few) for each in _listed(chosen))]


def image_conditions(
    chosen: Chosen,
    *,
    wide: bool = False,
    sought: Fact = Fact.DATE,
    many: bool = False,
    few: bool = False,
    some: bool = False,
    number: Column[Any] = image.c.id,
) -> list[ColumnElement[bool]]:
    """The same, without what must hold at one of its places.

    `some`: the query begins with some images of all, each of which is looked for among twins.
    `number`: the column of row numbers, where these are all that is looked at.
    """
    said = chosen.selection
    found: list[ColumnElement[bool]] = [unindexed(number) > 0]
    found += [is_in(each, wide=wide) for each in _named(chosen)]
    found += [is_in(each, wide=wide, few=few, number=number) for each in _sets(chosen)]
    found += [is_mentioned(word) for word in chosen.asked]
    without = [_carriers(ids) for ids, wanted in chosen.tags if not wanted]
    lookup = Lookup.of(few=few)
    found += [is_not_among(number, each, lookup) for each in without]
    found += of_facts(said, sought)
    found += of_judgements(said, many=many, few=few, some=some, number=number)
    found += shown(said.tagged, exists().where(image_tag.c.image_id == number))
    if said.gone is Show.HIDE:
        found.append(is_not_among(number, noted(image.c.gone), lookup))
    return found


def asks_numbers(chosen: Chosen) -> bool:
    """Whether an image's row number is all that is asked of it: for its tags, groups and notes.

    Besides there are its places.
    """
    said = replace(chosen.selection, tags=(), names=(), place_verdicts=(), verdicts=())
    said = replace(said, users=(), duplicates=(), gone=Show.ALLOW)
    return replace(said, tagged=Show.ALLOW, dup=True) == Selection()


def is_wide(connection: Connection, chosen: Chosen) -> bool:
    """Whether all sets that an image must be in are large: none is worth to begin with.

    That is to look up each of its images, and to sort them, where one may go through all in order.
    """
    sets = chain(_named(chosen), _sets(chosen), _listed(chosen))
    return any(True for _ in sets) and not is_narrow(connection, chosen)


def is_narrow(connection: Connection, chosen: Chosen) -> bool:
    """Whether some set that an image must be in is small, or is found in most of the time."""
    if chosen.selection.gone is Show.ONLY or chosen.words:
        return True
    sets = chain(_named(chosen), _sets(chosen), _listed(chosen, roughly=True))
    return any(count_rows(connection, each.limit(FEW)) < FEW for each in sets)


def asks_sets(chosen: Chosen) -> bool:
    """Whether an image must be in sets, those of places apart."""
    return bool(chosen.selection.duplicates) or any(True for _ in _sets(chosen))


def rarest_first(connection: Connection, chosen: Chosen) -> Chosen:
    """The same, but tags that few images have come first: SQLite begins with the first one."""
    if len(chosen.tags) < 2:
        return chosen
    many = {ids: count_rows(connection, _carriers(ids).limit(FEW)) for ids, _ in chosen.tags}
    return replace(chosen, tags=sorted(chosen.tags, key=lambda each: many[each[0]]))


def _named(chosen: Chosen) -> Iterator[Select[Any] | CompoundSelect[Any]]:
    """Row numbers of images that were typed or found, sets that an image must be in each of."""
    if chosen.images is not None:
        yield numbers(chosen.images)
    yield from (mentions(word) for word in chosen.words)


def _sets(chosen: Chosen) -> Iterator[Select[Any]]:
    """The same of images with a tag, a verdict and so on."""
    said = chosen.selection
    yield from (_carriers(ids) for ids, wanted in chosen.tags if wanted)
    member = select(group_member.c.image_id)
    if said.verdicts:
        yield member.where(group_member.c.verdict.in_(said.verdicts))
    if (twins := one_set(said)) is not None:
        yield twins
    if said.gone is Show.ONLY:
        yield noted(image.c.gone)


def _carriers(tags: Iterable[int]) -> Select[tuple[int]]:
    return select(image_tag.c.image_id).where(image_tag.c.tag_id.in_(tags))


def _listed(chosen: Chosen, *, roughly: bool = False) -> Iterator[Select[Any]]:
    """The same of images at places; `roughly`: rows of an index of places, about as many."""
    said, places = chosen.selection, place_conditions(chosen)
    if roughly and places and not (said.names or said.place_verdicts):
        yield select(listing.c.position).where(*_whose(chosen))
    elif places:
        shown = listing.c.image_id  # names have an index of their own
        there = unindexed(shown) if said.names else shown
        yield select(shown).where(there.is_not(None), *places)


def place_conditions(chosen: Chosen) -> list[ColumnElement[bool]]:
    """What must hold of one place of an image; empty where nothing is asked of places."""
    whose, said = _whose(chosen), chosen.selection
    return [*whose, *_said_of_places(said if whose else replace(said, dup=True))]


def _said_of_places(said: Selection) -> list[ColumnElement[bool]]:
    """The same, but for whose it is; of places that are asked for."""
    found = [] if said.dup else [listing.c.verdict != Verdict.SKIP]
    if said.place_verdicts:
        found.append(listing.c.verdict.in_(said.place_verdicts))
    return [*found, *(contains(CALLED, part, is_lower=True) for part in said.names)]


def _whose(chosen: Chosen) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if chosen.users is not None:
        found.append(listing.c.user_id.in_([row_of(each) for each in chosen.users]))
    if chosen.albums is not None:
        here = (listing.c.user_id, listing.c.album_id)
        found.append(is_of_albums(*here, chosen.albums))
    return found
