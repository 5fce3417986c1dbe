"""What follows from the pairs of a search: which stand, and how groups change. Reads rows."""

from collections.abc import Mapping

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
    kept = looked.pairs(State.OPEN, State.LEFT)
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
    before = pairs.pairs(connection)
    withdrawn = frozenset(
        key
        for key in before.keys() - now.keys()
        if (key[1] in search.new or key[2] in search.new)
        and compared.tells_of(key)
        and key[1:] not in kept
    )
    changed = {key: score for key, score in now.items() if before.get(key) != score}
    standing = (before.keys() | now.keys()) - withdrawn
    edges = sorted({(a, b) for name, a, b in standing if name != FRAME})
    turned = frozenset((a, b) for name, a, b in standing if name == TURNED)
    groups = regrouping(
        connection,
        edges,
        search.rule,
        search.sensitivity,
        search.encoders,
        search.methods,
        turned,
        refused,
    )
    return Changes(changed, len(now.keys() - before.keys()), withdrawn, groups)
