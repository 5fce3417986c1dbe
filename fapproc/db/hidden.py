"""No picture is hidden for one that isn't there any more.

`skip` means: the same picture is shown elsewhere. That may go, with its album or by an undo, and
then nobody would see the last copy in an album, nor have it exported, nor be asked about it.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, exists, select, update

from fapproc.db import counting, duplicates
from fapproc.db.dialect import numbers
from fapproc.db.schema import duplicate_group, group_member, listing
from fapproc.db.schema.kept import IS_SKIPPED
from fapproc.model import Verdict

_OTHER = listing.alias("other")


def beside(connection: Connection, these: Collection[int]) -> list[int]:
    """The images in the groups of these, by row number: some may be hidden for them."""
    here = select(group_member.c.group_id).where(group_member.c.image_id.in_(numbers(these)))
    query = select(group_member.c.image_id).where(group_member.c.group_id.in_(here))
    return list(connection.scalars(query))


def settle(connection: Connection, only: Collection[int] | None = None) -> None:
    """Let an image that isn't `skip` be shown at its places, and a group in which all are, wait.

    Args:
        connection: in a writing transaction.
        only: the images of which that may be so, by row number; None: any.
    """
    _show(connection, only)
    for group in list(connection.scalars(_all_skipped(only))):
        duplicates.want_look(connection, group, wanted=True)


def _show(connection: Connection, only: Collection[int] | None) -> None:
    this = listing.c.image_id
    elsewhere = exists().where(_OTHER.c.image_id == this, _OTHER.c.verdict != Verdict.SKIP)
    skipped = exists().where(group_member.c.image_id == this, _skips())
    unseen = (IS_SKIPPED, this.is_not(None), ~elsewhere, ~skipped)
    query = select(this).where(*unseen).distinct()
    if only is not None:
        query = query.where(this.in_(numbers(only)))
    if found := list(connection.scalars(query)):
        counting.touch_places_of(connection, found)
        these = update(listing).where(this.in_(numbers(found)))
        connection.execute(these.values(verdict=Verdict.NEW))


def _all_skipped(only: Collection[int] | None) -> Select[Any]:
    member = group_member.alias("member")
    others = exists().where(member.c.group_id == duplicate_group.c.id, ~_skips(member))
    query = select(duplicate_group.c.id).where(duplicate_group.c.to_look.is_(False), ~others)
    if only is not None:
        here = select(group_member.c.group_id).where(group_member.c.image_id.in_(numbers(only)))
        query = query.where(duplicate_group.c.id.in_(here))
    return query


def _skips(member: FromClause = group_member) -> ColumnElement[bool]:
    verdict: ColumnElement[str] = member.c.verdict
    return verdict == Verdict.SKIP
