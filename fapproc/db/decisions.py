"""The log of decisions that can be undone."""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, exists, func, or_, select, update

from fapproc.db.dialect import contains, insert, numbers
from fapproc.db.logged import LoggedState, TagState
from fapproc.db.pruned import State
from fapproc.db.schema import decision, pruned
from fapproc.errors import Damaged

_AT_ONCE = 20
"""Rows that are held while all are read: of a million images one may have 8 MB."""
_HAS_IN_BIN = exists().where(pruned.c.state == State.BIN, pruned.c.decision_id == decision.c.id)


class Kind(StrEnum):
    """What a decision was about."""

    VERDICTS = "verdicts"
    TAGS = "tags"
    PRUNED = "pruned"


_CAN_BE_UNDONE = decision.c.undone_at.is_(None) & or_(decision.c.kind != Kind.PRUNED, _HAS_IN_BIN)


@dataclass(frozen=True, slots=True)
class Head:
    """What a decision is called, without what was before and after it: that may be 20 MB."""

    id: int
    kind: str
    what: str
    can_be_undone: bool
    """It stands, and nothing that it needs is gone; whether it can be read is not known."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided: what it was about, and what was before and after it.

    `before` and `after` hold verdicts, and nothing where it was about something else.
    """

    id: int
    at: int
    what: str
    before: LoggedState
    after: LoggedState
    undone_at: int | None
    kind: Kind = Kind.VERDICTS
    tags_before: TagState = field(default_factory=TagState)
    tags_after: TagState = field(default_factory=TagState)
    pruned: frozenset[str] = frozenset()
    """Digests."""
    is_final: bool = False
    """Whether nothing can undo it: of what it pruned, nothing is in the bin any more."""

    @property
    def about(self) -> frozenset[str]:
        """Digests of images, and tags by `#id`: a later decision about the same goes first."""
        states = (self.tags_before, self.tags_after)
        tags = {f"#{each}" for state in states for each in (*state.tags, *state.images)}
        return self.before.digests | self.pruned | tags

    @property
    def remade(self) -> frozenset[int]:
        """Tags that it made or deleted: their ids may name others since, as the lowest is taken."""
        old, new = self.tags_before.tags, self.tags_after.tags
        either = old.keys() | new.keys()
        return frozenset(tag for tag in either if old.get(tag) is None or new.get(tag) is None)


def log(connection: Connection, what: str, before: LoggedState, after: LoggedState, at: int) -> int:
    """Add a decision to the log; return its number."""
    return _log(connection, Kind.VERDICTS, what, before.to_json(), after.to_json(), at)


def log_tags(connection: Connection, what: str, before: TagState, after: TagState, at: int) -> int:
    """Add a decision about tags to the log; return its number."""
    return _log(connection, Kind.TAGS, what, before.to_json(), after.to_json(), at)


def log_pruned(connection: Connection, what: str, digests: Iterable[str], at: int) -> int:
    """Add to the log that images were pruned; return its number, by which the bin knows them."""
    return _log(connection, Kind.PRUNED, what, json.dumps(sorted(digests)), "[]", at)


def _log(connection: Connection, kind: Kind, what: str, before: str, after: str, at: int) -> int:
    values = {"kind": kind, "what": what, "before": before, "after": after, "at": at}
    made = connection.execute(insert(decision).values(**values).returning(decision.c.id))
    return int(made.scalar_one())


def every(
    connection: Connection, *, limit: int | None = None, before: int | None = None
) -> list[Decision]:
    """The log, the newest first; of those before a number, where there is one.

    Raises:
        Damaged: a decision can't be read.
    """
    query = select(decision).order_by(decision.c.id.desc()).limit(limit)
    earlier = query if before is None else query.where(decision.c.id < before)
    return _read(connection, connection.execute(earlier))


def standing(connection: Connection, *, since: int = 0, limit: int | None = None) -> list[Decision]:
    """Those from this number on that were not undone, the newest first.

    Raises:
        Damaged: one of them can't be read.
    """
    wanted = (decision.c.id >= since) & decision.c.undone_at.is_(None)
    query = select(decision).where(wanted).order_by(decision.c.id.desc()).limit(limit)
    return _read(connection, connection.execute(query))


def last(connection: Connection) -> Head | None:
    """The head of the newest."""
    named = decision.c.id, decision.c.kind, decision.c.what
    query = select(*named, _CAN_BE_UNDONE).order_by(decision.c.id.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else Head(*row)


def last_about(connection: Connection, digest: str) -> Decision | None:
    """The last that stands and is about verdicts, of those that name an image.

    The engine looks for the name, and what doesn't have it is not read: one may be of many images.

    Raises:
        Damaged: it can't be read.
    """
    stands = (decision.c.kind == Kind.VERDICTS) & decision.c.undone_at.is_(None)
    names = contains(decision.c.before, digest, is_lower=True)
    query = select(decision).where(stands, names).order_by(decision.c.id.desc()).limit(1)
    return next(iter(_read(connection, connection.execute(query))), None)


def last_to_undo(connection: Connection) -> int | None:
    """The number of the last that stands and can be undone."""
    number: int | None = connection.execute(
        select(func.max(decision.c.id)).where(_CAN_BE_UNDONE)
    ).scalar_one()
    return number


def set_undone(connection: Connection, number: int, at: int) -> None:
    """Note that a decision was undone."""
    connection.execute(update(decision).where(decision.c.id == number).values(undone_at=at))


def unreadable(connection: Connection) -> Iterator[tuple[int, ValueError]]:
    """The number of each that can't be read, and why."""
    query = select(decision).execution_options(yield_per=_AT_ONCE)
    for row in connection.execute(query):
        try:
            _decision(row)
        except ValueError as error:
            yield row.id, error


def _in_bin(connection: Connection, asked: Collection[int]) -> set[int]:
    """Of which of these decisions anything is in the bin."""
    if not asked:
        return set()
    query = select(decision.c.id).where(decision.c.id.in_(numbers(asked)), _HAS_IN_BIN)
    return set(connection.scalars(query))


def _read(connection: Connection, rows: Iterable[Row[Any]]) -> list[Decision]:
    found: list[Decision] = []
    read = list(rows)
    in_bin = _in_bin(connection, [row.id for row in read if row.kind == Kind.PRUNED])
    for row in read:
        try:
            found.append(_decision(row, in_bin))
        except ValueError as error:
            raise Damaged(
                f"Decision {row.id} of the log can't be read ({error}). 'fapproc check' shows "
                "what else is damaged."
            ) from error
    return found


def _decision(row: Row[Any], in_bin: Collection[int] = ()) -> Decision:
    """What a row says; a ValueError where that is no decision."""
    kind, texts = Kind(row.kind), (row.before, row.after)
    head = (row.id, row.at, row.what)
    nothing = LoggedState.nothing()
    if kind is Kind.TAGS:
        old, new = map(TagState.from_json, texts)
        return Decision(*head, nothing, nothing, row.undone_at, kind, old, new)
    if kind is Kind.PRUNED:
        digests = _digests(row.before)
        made = Decision(*head, nothing, nothing, row.undone_at, kind, pruned=digests)
        return replace(made, is_final=row.undone_at is None and row.id not in in_bin)
    before, after = map(LoggedState.from_json, texts)
    return Decision(*head, before, after, row.undone_at)


def _digests(text: str) -> frozenset[str]:
    try:
        return frozenset(json.loads(text))
    except TypeError as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error
