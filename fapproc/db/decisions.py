"""The log of decisions that can be undone, and the form in which changes are stored in it.

Whatever was once written must stay readable: `LoggedState.from_json` reads every former form,
`to_json` writes the newest.
"""

import json
import sys
import zlib
from array import array
from base64 import b64decode, b64encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import accumulate, pairwise
from typing import Any, Self

from sqlalchemy import Connection, Row, func, select, update

from fapproc.db.dialect import insert, numbers
from fapproc.db.pruned import State
from fapproc.db.schema import decision, pruned
from fapproc.errors import Damaged
from fapproc.model import Place, UserId, Verdict

_FIRST_FORM = 1
"""Its texts don't name a form; those of a later one do, in `form`."""
_WITH_TAGS = 2
_LISTED = 100
"""So many row numbers are kept as a list at most; more as the packed gaps between them."""


@dataclass(frozen=True, slots=True)
class PlaceVerdict:
    """What was said of an image at one place."""

    digest: str
    place: Place
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class LoggedState:
    """What was said of some images at one time, by digests and places: these outlive row numbers.

    `different` are the pairs (a < b) that were called different pictures; `to_look`: the group's
    verdicts wanted a second look. `tags`: which images were given which tags with it, by id.
    """

    verdicts: Mapping[str, Verdict]
    places: frozenset[PlaceVerdict]
    different: frozenset[tuple[str, str]]
    to_look: bool
    tags: frozenset[tuple[str, int]] = frozenset()

    @property
    def digests(self) -> frozenset[str]:
        """The images of which anything was said."""
        return frozenset(self.verdicts).union(said.digest for said in self.places)

    def to_json(self) -> str:
        """Write it down; equal states are equal texts."""
        places = [
            [said.digest, str(said.place.user), said.place.album, said.place.image, said.verdict]
            for said in self.places
        ]
        form: dict[str, object] = {
            "verdicts": dict(self.verdicts),
            "places": sorted(places),
            "different": sorted(map(list, self.different)),
            "to_look": self.to_look,
        }
        if self.tags:
            form |= {"form": _WITH_TAGS, "tags": sorted(map(list, self.tags))}
        return json.dumps(form, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` has written, today or in any release.

        Raises:
            ValueError: it is none of that.
        """
        try:
            form = json.loads(text)
            number = form.get("form", _FIRST_FORM)
            if number not in {_FIRST_FORM, _WITH_TAGS}:
                raise ValueError(f"form {number}")
            tags = form["tags"] if number == _WITH_TAGS else ()
            return cls(
                verdicts={digest: Verdict(said) for digest, said in form["verdicts"].items()},
                places=frozenset(
                    PlaceVerdict(digest, Place(UserId.parse(user), album, image), Verdict(said))
                    for digest, user, album, image, said in form["places"]
                ),
                different=frozenset((a, b) for a, b in form["different"]),
                to_look=form["to_look"],
                tags=frozenset((digest, tag) for digest, tag in tags),
            )
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error

    @classmethod
    def nothing(cls) -> Self:
        """Nothing was said."""
        return cls({}, frozenset(), frozenset(), to_look=False)


class Kind(StrEnum):
    """What a decision was about."""

    VERDICTS = "verdicts"
    TAGS = "tags"
    PRUNED = "pruned"


@dataclass(frozen=True, slots=True)
class TagState:
    """What a decision found or left of tags, by their ids.

    `tags`: name and the id above; None where there is no such tag. `images`: row numbers, which are
    given once, of images that have a tag in this state and not in the other one.
    """

    tags: Mapping[int, tuple[str, int | None] | None] = field(default_factory=dict)
    images: Mapping[int, Sequence[int]] = field(default_factory=dict)

    def to_json(self) -> str:
        """Write it down."""
        images = {tag: _packed(found) for tag, found in self.images.items()}
        return json.dumps({"tags": dict(self.tags), "images": images}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` has written.

        Raises:
            ValueError: it is none of that.
        """
        try:
            form = json.loads(text)
            return cls(
                {
                    int(tag): None if row is None else (row[0], row[1])
                    for tag, row in form["tags"].items()
                },
                {int(tag): _unpacked(found) for tag, found in form["images"].items()},
            )
        except (AttributeError, IndexError, KeyError, TypeError, zlib.error) as error:
            raise ValueError(f"{type(error).__name__}: {error}") from error


def _packed(images: Sequence[int]) -> str | list[int]:
    """Of a million images a list is 8 MB; their gaps are some kB, or 0.2 MB of each second one."""
    found = sorted(images)
    if len(found) <= _LISTED:
        return found
    gaps = array("q", (there - here for here, there in pairwise([0, *found])))
    if sys.byteorder == "big":
        gaps.byteswap()
    return b64encode(zlib.compress(gaps.tobytes())).decode()


def _unpacked(found: str | list[int]) -> list[int]:
    """What `_packed` was given; a list, of any length, is what the first release wrote."""
    if isinstance(found, list):
        return [int(each) for each in found]
    gaps = array("q", zlib.decompress(b64decode(found)))
    if sys.byteorder == "big":
        gaps.byteswap()
    return list(accumulate(gaps))


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


def last_to_undo(connection: Connection) -> int | None:
    """The number of the last that stands and can be undone."""
    in_bin = _in_bin(connection)
    can = (decision.c.kind != Kind.PRUNED) | decision.c.id.in_(numbers(in_bin))
    stands = select(func.max(decision.c.id)).where(decision.c.undone_at.is_(None), can)
    number: int | None = connection.execute(stands).scalar_one()
    return number


def set_undone(connection: Connection, number: int, at: int) -> None:
    """Note that a decision was undone."""
    connection.execute(update(decision).where(decision.c.id == number).values(undone_at=at))


def _in_bin(connection: Connection) -> set[int]:
    return set(connection.scalars(select(pruned.c.decision_id).where(pruned.c.state == State.BIN)))


def _read(connection: Connection, rows: Iterable[Row[Any]]) -> list[Decision]:
    found: list[Decision] = []
    in_bin = _in_bin(connection)
    for row in rows:
        try:
            found.append(of_row(row, in_bin))
        except ValueError as error:
            raise Damaged(
                f"Decision {row.id} of the log can't be read ({error}). 'fapproc check' shows "
                "what else is damaged."
            ) from error
    return found


def of_row(row: Row[Any], in_bin: Collection[int] = ()) -> Decision:
    """What a row says, in which whatever is no decision raises a ValueError."""
    kind, texts = Kind(row.kind), (row.before, row.after)
    head = (row.id, row.at, row.what)
    nothing = LoggedState.nothing()
    if kind is Kind.TAGS:
        old, new = map(TagState.from_json, texts)
        return Decision(*head, nothing, nothing, row.undone_at, kind, old, new)
    if kind is Kind.PRUNED:
        digests = frozenset(json.loads(row.before))
        made = Decision(*head, nothing, nothing, row.undone_at, kind, pruned=digests)
        return replace(made, is_final=row.undone_at is None and row.id not in in_bin)
    before, after = map(LoggedState.from_json, texts)
    return Decision(*head, before, after, row.undone_at)
