"""What a person said of groups and places, and the log of it that can be undone."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from fapproc.db.owners import row_of
from fapproc.db.schema import (
    decision,
    different_pair,
    duplicate_group,
    former_verdict,
    group_member,
    listing,
)
from fapproc.model import Place, Standing, Verdict


@dataclass(frozen=True, slots=True)
class Decision:
    """One saving of verdicts: what it was about, and what was before and after it (JSON)."""

    id: int
    at: int
    what: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    undone_at: int | None


def standings(connection: Connection) -> dict[int, Standing]:
    """Of every image that is or was in a group, the standing, by row number."""
    former = {
        row.image_id: Standing(row.group_id, Verdict(row.verdict), present=False)
        for row in connection.execute(select(former_verdict))
    }
    return former | {
        row.image_id: Standing(row.group_id, Verdict(row.verdict), present=True)
        for row in connection.execute(select(group_member))
    }


def fingerprint(connection: Connection) -> bytes:
    """A digest of who is in which group, and of what was said of them: each word changes it.

    Straight from the driver: 200,000 rows take a tenth of a second.
    """
    digest = sha256()
    cursor = connection.connection.cursor()
    for table in (group_member, duplicate_group, former_verdict, different_pair):
        cursor.execute(f"SELECT * FROM {table.name} ORDER BY 1, 2")  # noqa: S608 - our names
        while rows := cursor.fetchmany(_STRETCH):
            digest.update(repr(rows).encode())
        digest.update(table.name.encode())
    return digest.digest()


_STRETCH = 1000


def set_verdicts(connection: Connection, verdicts: Mapping[int, Verdict]) -> None:
    """Record what was said of images, for the group they are in, or for when they come back."""
    for number, verdict in verdicts.items():
        member, values = group_member.c.image_id == number, {"verdict": verdict}
        if connection.execute(update(group_member).where(member).values(**values)).rowcount:
            continue
        if verdict is Verdict.NEW:
            this = former_verdict.c.image_id == number
            connection.execute(delete(former_verdict).where(this))
        else:
            statement = insert(former_verdict).values(image_id=number, group_id=0, **values)
            key = ["image_id"]
            connection.execute(statement.on_conflict_do_update(index_elements=key, set_=values))


def set_places(connection: Connection, verdicts: Mapping[Place, Verdict]) -> None:
    """Record what was said of places; a place that has gone is passed over."""
    for place, verdict in verdicts.items():
        connection.execute(
            update(listing)
            .where(
                listing.c.user_id == row_of(place.user),
                listing.c.album_id == place.album,
                listing.c.site_id == place.image,
            )
            .values(verdict=verdict)
        )


def log(
    connection: Connection,
    what: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    at: int,
) -> int:
    """Add a decision to the log; return its number."""
    values = {"what": what, "before": _text(before), "after": _text(after), "at": at}
    made = connection.execute(insert(decision).values(**values).returning(decision.c.id))
    return int(made.scalar_one())


def decisions(connection: Connection, *, limit: int | None = None) -> list[Decision]:
    """The log, the newest first."""
    query = select(decision).order_by(decision.c.id.desc()).limit(limit)
    return [_decision(row) for row in connection.execute(query)]


def set_undone(connection: Connection, number: int, at: int) -> None:
    """Note that a decision was undone."""
    connection.execute(update(decision).where(decision.c.id == number).values(undone_at=at))


def _decision(row: Row[Any]) -> Decision:
    before, after = json.loads(row.before), json.loads(row.after)
    return Decision(row.id, row.at, row.what, before, after, row.undone_at)


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True)
