"""What a selection asks of an image's groups and of its places: is it shown twice?"""

from collections.abc import Iterator
from functools import partial
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    not_,
    or_,
    select,
)

from fapproc.db.best_places import noted
from fapproc.db.dialect.planning import Lookup, is_among, is_not_among
from fapproc.db.schema import duplicate_group, group_member, image
from fapproc.model import Verdict
from fapproc.selections.selection import Selection, Twins

OTHERS = (Verdict.FALSE, Verdict.ALTERNATE)
"""What was said of pictures that are in a group, and yet others."""
_LOOKALIKES = select(group_member.c.image_id).where(group_member.c.verdict.not_in(OTHERS))
NOTED = {
    Twins.PLACES: image.c.shared,
    Twins.HERE: image.c.here,
    Twins.ELSEWHERE: image.c.elsewhere,
}
"""What says that an image is such a twin."""
_ALONE = [(each,) for each in NOTED]


def is_in(
    these: Select[Any] | CompoundSelect[Any],
    *,
    wide: bool = False,
    few: bool = False,
    number: Column[Any] = image.c.id,
) -> ColumnElement[bool]:
    """Whether an image is in a set of row numbers; the rest as in `selected.conditions`."""
    return is_among(number, these, few=few) if wide else number.in_(these)


def one_set(said: Selection) -> Select[tuple[int]] | None:
    """The row numbers of the twins that are asked for, where these are one set as it is kept."""
    if said.duplicates == (Twins.LOOKALIKE,):
        return _LOOKALIKES
    return noted(NOTED[said.duplicates[0]]) if said.duplicates in _ALONE else None


def of_judgements(
    said: Selection, *, many: bool, few: bool, some: bool, number: Column[Any]
) -> Iterator[ColumnElement[bool]]:
    """What must hold of an image; the rest as in `selected.conditions`."""
    member = select(group_member.c.image_id)
    skipped = group_member.c.verdict == Verdict.SKIP
    if not said.dup:  # the set of all that are skipped takes 10 ms to make, to ask of each 1.5 us
        lookup = Lookup.TABLE if many else Lookup.EACH
        yield is_not_among(number, member.where(skipped), lookup)
    if said.duplicates and one_set(said) is None:
        unjudged = select(group_member.c.group_id).where(group_member.c.verdict == Verdict.NEW)
        marked = select(duplicate_group.c.id).where(duplicate_group.c.to_look.is_(True))
        waits = or_(group_member.c.group_id.in_(unjudged), group_member.c.group_id.in_(marked))
        within = partial(is_in, wide=few or some, few=few, number=number)
        lookup, shared = Lookup.of(few=few), noted(image.c.shared)
        means = {
            Twins.ALIKE: within(member),
            Twins.LOOKALIKE: within(_LOOKALIKES),
            **{each: within(noted(what)) for each, what in NOTED.items()},
            Twins.NO: and_(*(is_not_among(number, each, lookup) for each in (member, shared))),
            Twins.WAITING: within(member.where(waits)),
            Twins.LOOK: within(member.where(group_member.c.group_id.in_(marked))),
            Twins.JUDGED: within(member.where(not_(waits))),
        }
        yield or_(*(means[each] for each in said.duplicates))
