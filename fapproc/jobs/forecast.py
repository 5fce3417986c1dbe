"""How groups will look once the changes of a search are made. Reads rows, writes none."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from fapproc.db import duplicates, judgements, pairs
from fapproc.dedup.regrouping import Regrouping
from fapproc.model import Membership, Verdict


@dataclass(frozen=True, slots=True)
class GroupForecast:
    """Images in groups, groups, those that wait for a verdict; digests of images new in groups."""

    images: int
    groups: int
    need_action: int
    new_digests: tuple[str, ...]


def grouped(connection: Connection) -> frozenset[int]:
    """The images that are in groups now, by row number."""
    memberships = judgements.memberships(connection)
    return frozenset(image for image, each in memberships.items() if each.present)


def forecast(connection: Connection, groups: Regrouping, began: Collection[int]) -> GroupForecast:
    """Say how the groups will stand.

    Args:
        connection: to read from.
        groups: the changes.
        began: the images that were in groups when the search began; the others are new there.
    """
    before = judgements.memberships(connection)
    after = _memberships(before, groups)
    sizes: dict[int, int] = {}
    for membership in after.values():
        sizes[membership.group_id] = sizes.get(membership.group_id, 0) + 1
    inside = {image: each for image, each in after.items() if sizes[each.group_id] > 1}
    waiting = {each.group_id for each in inside.values() if each.verdict is Verdict.NEW}
    waiting |= duplicates.to_look(connection) & sizes.keys()
    waiting |= {after[group[0]].group_id for group in groups.to_look}
    digests = pairs.digests_of(connection, sorted(inside.keys() - set(began)))
    return GroupForecast(
        images=len(inside),
        groups=len({each.group_id for each in inside.values()}),
        need_action=len(waiting),
        new_digests=tuple(digests[image] for image in sorted(digests)),
    )


def _memberships(before: Mapping[int, Membership], groups: Regrouping) -> dict[int, Membership]:
    after = {
        image: each for image, each in before.items() if each.present and image not in groups.leave
    }
    made = [*groups.into.items(), *((-n, part) for n, part in enumerate(groups.fresh, start=1))]
    for number, part in made:
        for image in part:
            verdict = before[image].verdict if image in before else Verdict.NEW
            after[image] = Membership(number, verdict)
    return after
