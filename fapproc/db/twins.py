"""What a selection asks of an image's groups and of its number of places: is it shown twice?"""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select, tuple_

from fapproc.db.dialect.planning import is_not_among
from fapproc.db.schema import duplicate_group, group_member, image, listing
from fapproc.model import Verdict
from fapproc.selections.selection import Selection, Twins

OTHERS = (Verdict.FALSE, Verdict.ALTERNATE)
"""What was said of pictures that are in a group, and yet others."""


def of_judgements(said: Selection, *, many: bool) -> Iterator[ColumnElement[bool]]:
    """What must hold of a row of `image`; `many` as in `selected.conditions`."""
    member = select(group_member.c.image_id)
    skipped = group_member.c.verdict == Verdict.SKIP
    if not said.dup:  # the set of all that are skipped takes 10 ms to make, to ask of each 1.5 us
        asked = exists().where(group_member.c.image_id == image.c.id, skipped)
        yield is_not_among(image.c.id, member.where(skipped)) if many else ~asked
    if said.duplicates and said.duplicates != (Twins.LOOKALIKE,):
        unjudged = select(group_member.c.group_id).where(group_member.c.verdict == Verdict.NEW)
        marked = select(duplicate_group.c.id).where(duplicate_group.c.to_look.is_(True))
        waits = or_(group_member.c.group_id.in_(unjudged), group_member.c.group_id.in_(marked))
        place = listing.c.image_id
        had = select(place).where(place.is_not(None)).group_by(place)
        twice = had.having(func.count() > 1)
        here = had.group_by(listing.c.user_id, listing.c.album_id).having(func.count() > 1)
        one, other = listing.alias("one"), listing.alias("other")
        albums = [tuple_(each.c.user_id, each.c.album_id) for each in (one, other)]
        shown = (one.c.image_id == image.c.id, other.c.image_id == image.c.id)
        apart = exists().where(*shown, albums[0] < albums[1])
        means = {
            Twins.ALIKE: image.c.id.in_(member),
            Twins.LOOKALIKE: image.c.id.in_(member.where(group_member.c.verdict.not_in(OTHERS))),
            Twins.PLACES: image.c.id.in_(twice),
            Twins.HERE: image.c.id.in_(here),
            Twins.ELSEWHERE: and_(image.c.id.in_(twice), apart),
            Twins.NO: and_(image.c.id.not_in(member), image.c.id.not_in(twice)),
            Twins.WAITING: image.c.id.in_(member.where(waits)),
            Twins.LOOK: image.c.id.in_(member.where(group_member.c.group_id.in_(marked))),
            Twins.JUDGED: image.c.id.in_(member.where(not_(waits))),
        }
        yield or_(*(means[each] for each in said.duplicates))
