"""What a selection asks of an image's groups and of its number of places: is it shown twice?"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    exists,
    func,
    not_,
    or_,
    select,
    true,
    tuple_,
    union_all,
)

from fapproc.db import kept_figures
from fapproc.db.dialect import unindexed
from fapproc.db.dialect.planning import Lookup, is_among, is_not_among
from fapproc.db.schema import duplicate_group, group_member, image, listing
from fapproc.model import Verdict
from fapproc.selections.selection import Selection, Twins

_FEW = 100_000
"""So many places are looked up in the time in which an index of a million is read, 0.2 s."""
OTHERS = (Verdict.FALSE, Verdict.ALTERNATE)
"""What was said of pictures that are in a group, and yet others."""


def is_in(
    these: Select[Any] | CompoundSelect[Any],
    *,
    wide: bool = False,
    few: bool = False,
    number: Column[Any] = image.c.id,
) -> ColumnElement[bool]:
    """Whether an image is in a set of row numbers; the rest as in `selected.conditions`."""
    return is_among(number, these, few=few) if wide else number.in_(these)


def of_judgements(
    said: Selection, *, many: bool, few: bool, some: bool, number: Column[Any]
) -> Iterator[ColumnElement[bool]]:
    """What must hold of an image; the rest as in `selected.conditions`."""
    member = select(group_member.c.image_id)
    skipped = group_member.c.verdict == Verdict.SKIP
    if not said.dup:  # the set of all that are skipped takes 10 ms to make, to ask of each 1.5 us
        lookup = Lookup.TABLE if many else Lookup.EACH
        yield is_not_among(number, member.where(skipped), lookup)
    if said.duplicates and said.duplicates != (Twins.LOOKALIKE,):
        unjudged = select(group_member.c.group_id).where(group_member.c.verdict == Verdict.NEW)
        marked = select(duplicate_group.c.id).where(duplicate_group.c.to_look.is_(True))
        waits = or_(group_member.c.group_id.in_(unjudged), group_member.c.group_id.in_(marked))
        place = listing.c.image_id
        had = select(place).where(place.is_not(None)).group_by(place)
        twice_here = had.group_by(listing.c.user_id, listing.c.album_id).having(func.count() > 1)
        album = tuple_(listing.c.user_id, listing.c.album_id)
        are_few = kept_figures.places_with_doubles() <= _FEW
        here = union_all(  # of which the database goes through one
            twice_here.where(are_few, album.in_(kept_figures.albums_with_doubles())),
            twice_here.where(not_(are_few)),
        )
        twice = _shared(few=few, some=some)
        one, other = listing.alias("one"), listing.alias("other")
        albums = [tuple_(each.c.user_id, each.c.album_id) for each in (one, other)]
        shown = (one.c.image_id == image.c.id, other.c.image_id == image.c.id)
        apart = exists().where(*shown, albums[0] < albums[1])
        within, lookup = partial(is_in, wide=few or some, few=few), Lookup.of(few=few)
        means = {
            Twins.ALIKE: within(member),
            Twins.LOOKALIKE: within(member.where(group_member.c.verdict.not_in(OTHERS))),
            Twins.PLACES: twice,
            Twins.HERE: and_(twice, within(twice_here)) if few else within(here),
            Twins.ELSEWHERE: and_(twice, apart),
            Twins.NO: and_(is_not_among(image.c.id, member, lookup), ~image.c.shared),
            Twins.WAITING: within(member.where(waits)),
            Twins.LOOK: within(member.where(group_member.c.group_id.in_(marked))),
            Twins.JUDGED: within(member.where(not_(waits))),
        }
        yield or_(*(means[each] for each in said.duplicates))


def _shared(*, few: bool, some: bool) -> ColumnElement[bool]:
    """Whether an image stands at several places: by its row, or among those that are noted."""
    if few:
        return unindexed(image.c.shared).is_(true())
    noted = image.alias("noted")
    return is_in(select(noted.c.id).where(noted.c.shared.is_(true())), wide=some)
