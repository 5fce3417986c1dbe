"""What follows from the pairs of a search: which stand, and how groups change. Reads rows."""

from array import array
from collections.abc import Mapping

import numpy as np
from sqlalchemy import Connection

from fapproc.db import judgements, pairs, settings
from fapproc.db.pairs import PairKey
from fapproc.dedup.motion import FRAME
from fapproc.dedup.regrouping import Regrouping
from fapproc.dedup.turns import TURNED
from fapproc.jobs.comparing import Compared, Found, Search
from fapproc.jobs.forecast import GroupForecast, forecast
from fapproc.jobs.grouping import regrouping
from fapproc.jobs.looked import Looked, State
from fapproc.jobs.recording import GROUPED, Changes

_NOTHING = Regrouping({}, (), frozenset())


def decided(
    search: Search,
    found: Found,
    looked: Looked,
    compared: Compared,
    began: frozenset[int],
    connection: Connection,
) -> tuple[Changes, tuple[GroupForecast, frozenset[int]]]:
    """What follows from a search, how groups will stand then, and which a look took pairs of."""
    accepted = {**found.stands, **found.asked.scores(looked.accepted)}
    kept = looked.pairs(State.OPEN, State.LEFT, State.UNSEEN)
    refused = looked.pairs(State.OTHER)
    changes = plan(connection, search, accepted, compared, kept, refused)
    lost = {key[1] for key in changes.withdrawn if key[1:] in refused}
    now = judgements.memberships(connection) if lost else {}
    reweighed = frozenset(now[image].group_id for image in lost if image in now)
    return changes, (forecast(connection, changes.groups, began), reweighed)


def plan(
    connection: Connection,
    search: Search,
    found: Mapping[PairKey, float],
    compared: Compared,
    kept: frozenset[tuple[int, int]] = frozenset(),
    refused: frozenset[tuple[int, int]] = frozenset(),
) -> Changes:
    """What follows from the pairs that were found; against those `kept` nothing speaks.

    Those `refused` were called different by a second look.

    Of an image that lacks its codes nothing is known now: its pairs and its group stay. After a
    library's update that is every image, until it is processed again; with another network its
    pairs by vectors, until it has a vector of that.
    """
    # An image may have gone since the search began.
    there = pairs.comparable(connection, {end for key in found for end in key[1:]})
    now = {key: score for key, score in found.items() if key[1] in there and key[2] in there}
    if not (search.new or now) and settings.read(connection, GROUPED) == pairs.count(connection):
        return Changes({}, 0, frozenset(), _NOTHING)
    withdrawn: set[PairKey] = set()
    stored: dict[PairKey, float] = {}
    turned = set[tuple[int, int]]()
    ends = array("q")  # 16 bytes a pair: there may be millions
    for name, a, b, score in pairs.every(connection):
        key = (name, a, b)
        if key in now:
            stored[key] = score
        elif (
            (a in search.new or b in search.new) and compared.tells_of(key) and key[1:] not in kept
        ):
            withdrawn.add(key)
        else:
            _note(key, ends, turned)
    for key in now:
        _note(key, ends, turned)
    changed = {key: score for key, score in now.items() if stored.get(key) != score}
    edges = np.unique(np.array(ends, dtype=np.int64).reshape(-1, 2), axis=0)
    groups = regrouping(
        connection,
        edges,
        search.rule,
        search.sensitivity,
        search.encoders,
        search.methods,
        frozenset(turned),
        refused,
    )
    return Changes(changed, len(now) - len(stored), frozenset(withdrawn), groups)


def _note(key: PairKey, ends: "array[int]", turned: set[tuple[int, int]]) -> None:
    """Note the two images of a pair that stands; two that go on alike are in no group for that."""
    name, a, b = key
    if name != FRAME:
        ends.extend((a, b))
    if name == TURNED:
        turned.add((a, b))
