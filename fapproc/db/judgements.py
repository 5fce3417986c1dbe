"""The verdicts of a person on images in groups and on places."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from hashlib import sha256

from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from fapproc.db import counting
from fapproc.db.bulk import read_many, write_many
from fapproc.db.dialect import insert, numbers
from fapproc.db.owners import row_of
from fapproc.db.schema import (
    different_pair,
    duplicate_group,
    former_verdict,
    group_member,
    listing,
)
from fapproc.model import Membership, Place, Verdict


def memberships(connection: Connection) -> dict[int, Membership]:
    """Of every image that is or was in a group, the membership, by row number."""
    former = {
        row.image_id: Membership(row.group_id, Verdict(row.verdict), present=False)
        for row in connection.execute(select(former_verdict))
    }
    return former | {
        row.image_id: Membership(row.group_id, Verdict(row.verdict), present=True)
        for row in connection.execute(select(group_member))
    }


def memberships_of(connection: Connection, image_ids: Collection[int]) -> dict[int, Membership]:
    """The same of these images alone."""
    found: dict[int, Membership] = {}
    for table in (former_verdict, group_member):
        these = select(table).where(table.c.image_id.in_(numbers(image_ids)))
        for row in connection.execute(these):
            present = table is group_member
            found[row.image_id] = Membership(row.group_id, Verdict(row.verdict), present=present)
    return found


def verdicts_of(connection: Connection, image_ids: Collection[int]) -> dict[int, Verdict]:
    """What was said of those of these images that are in a group."""
    query = select(group_member.c.image_id, group_member.c.verdict)
    chosen = query.where(group_member.c.image_id.in_(numbers(image_ids)))
    return {row[0]: Verdict(row[1]) for row in connection.execute(chosen)}


def together(connection: Connection) -> Iterator[tuple[Sequence[int], Sequence[int]]]:
    """Every image of which a person said something in its group, and the group; in stretches."""
    judged = select(group_member.c.image_id, group_member.c.group_id).where(
        group_member.c.verdict != Verdict.NEW
    )
    for rows in read_many(connection, judged):
        images, groups = zip(*rows, strict=True)
        yield images, groups


def fingerprint(connection: Connection) -> bytes:
    """A digest of who is in which group, and of what was said of them: each word changes it.

    Straight from the driver: 200,000 rows take a tenth of a second.
    """
    digest = sha256()
    for table in (group_member, duplicate_group, former_verdict, different_pair):
        for rows in read_many(connection, select(table).order_by(*table.primary_key)):
            digest.update(repr(rows).encode())
        digest.update(table.name.encode())
    return digest.digest()


def different_images(connection: Connection) -> set[int]:
    """Every image that was called different from another one."""
    return {number for row in connection.execute(select(different_pair)) for number in row[:2]}


def called_different(
    connection: Connection, image_ids: Iterable[int]
) -> list[tuple[int, int, Verdict, Verdict]]:
    """Pairs with one of these images that were called different, with what is said of either."""
    ids = list(image_ids)
    ends = or_(different_pair.c.a_id.in_(ids), different_pair.c.b_id.in_(ids))
    query = select(different_pair.c.a_id, different_pair.c.b_id).where(ends)
    found = [(row[0], row[1]) for row in connection.execute(query)]
    of = {number for pair in found for number in pair}
    said = {
        row.image_id: Verdict(row.verdict)
        for table in (former_verdict, group_member)
        for row in connection.execute(
            select(table.c.image_id, table.c.verdict).where(table.c.image_id.in_(of))
        )
    }
    return [(a, b, said.get(a, Verdict.NEW), said.get(b, Verdict.NEW)) for a, b in found]


def set_verdicts(connection: Connection, verdicts: Mapping[int, Verdict]) -> None:
    """Record what was said of images, for the group they are in, or for when they come back."""
    counting.touch_groups_of(connection, verdicts.keys())
    grouped = group_member.c.image_id.in_(numbers(verdicts))
    there = set(connection.scalars(select(group_member.c.image_id).where(grouped)))
    member = group_member.c.image_id == bindparam("this")
    statement = update(group_member).where(member).values(verdict=bindparam("said"))
    rows = [(verdict, number) for number, verdict in verdicts.items() if number in there]
    write_many(connection, statement, ("said", "this"), rows)
    for number in verdicts.keys() - there:
        this, values = former_verdict.c.image_id == number, {"verdict": verdicts[number]}
        if verdicts[number] is Verdict.NEW:
            connection.execute(delete(former_verdict).where(this))
        else:
            former = insert(former_verdict).values(image_id=number, group_id=0, **values)
            key = ["image_id"]
            connection.execute(former.on_conflict_do_update(index_elements=key, set_=values))


def set_places(connection: Connection, verdicts: Mapping[Place, Verdict]) -> None:
    """Record what was said of places; a place that has gone is passed over."""
    counting.touch(connection, sites={place.image for place in verdicts})
    users = {place.user for place in verdicts}
    rows = {each: connection.execute(select(row_of(each))).scalar() for each in users}
    statement = update(listing).where(
        listing.c.user_id == bindparam("user"),
        listing.c.album_id == bindparam("album"),
        listing.c.site_id == bindparam("site"),
    )
    said = [
        (verdict, rows[place.user], place.album, place.image) for place, verdict in verdicts.items()
    ]
    named = statement.values(verdict=bindparam("said"))
    write_many(connection, named, ("said", "user", "album", "site"), said)


def count_verdicts(connection: Connection) -> dict[Verdict, int]:
    """How many images that are in groups have each verdict."""
    query = select(group_member.c.verdict, func.count()).group_by(group_member.c.verdict)
    found = {Verdict(row[0]): row[1] for row in connection.execute(query)}
    return {verdict: found.get(verdict, 0) for verdict in Verdict}


def count_members(connection: Connection, groups: Collection[int]) -> tuple[int, int]:
    """How many images these groups have, and of how many of them something was said."""
    judged = func.count().filter(group_member.c.verdict != Verdict.NEW)
    query = select(func.count(), judged).where(group_member.c.group_id.in_(numbers(groups)))
    images, said = connection.execute(query).one()
    return int(images), int(said)


def forget(connection: Connection, groups: Collection[int], *, everything: bool) -> None:
    """Remove groups, with what was said of their images; of all images, where that is meant.

    Whatever was said of these before goes too: else it would come back with the next search.
    """
    counting.touch(connection, groups=groups)
    members = select(group_member.c.image_id).where(group_member.c.group_id.in_(numbers(groups)))
    former, apart = delete(former_verdict), delete(different_pair)
    if not everything:
        former = former.where(former_verdict.c.image_id.in_(members))
        apart = apart.where(different_pair.c.a_id.in_(members), different_pair.c.b_id.in_(members))
    connection.execute(former)
    connection.execute(apart)
    these = duplicate_group.c.id.in_(numbers(groups))
    connection.execute(delete(group_member).where(group_member.c.group_id.in_(numbers(groups))))
    connection.execute(delete(duplicate_group).where(these))
