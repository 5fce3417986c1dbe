"""Groups of fapfavorites 2.0 with their verdicts, and its sensitivities."""

import time
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import duplicates, images, judgements, pairs, settings
from fapproc.db.pairs import PairKey
from fapproc.dedup import verdicts as rules
from fapproc.dedup.method import Kind
from fapproc.dedup.models import MOBILENET_V3_SMALL
from fapproc.dedup.registry import METHODS, methods
from fapproc.errors import UsageProblem
from fapproc.jobs import sensitivity
from fapproc.jobs.recording import GROUPED
from fapproc.legacy.records import OldGroup
from fapproc.model import Verdict


def store(connection: Connection, groups: Sequence[OldGroup]) -> None:
    """Write groups with what was said of their images; one that is in a group stays in that."""
    at = int(time.time())
    stored = images.by_digests(connection, {digest for each in groups for digest in each.verdicts})
    rows = {digest: found.id for digest, found in stored.items()}
    grouped = duplicates.group_numbers(connection, rows.values())
    fresh = [_fresh(each, rows, grouped) for each in groups]
    made = duplicates.new_groups(connection, sum(map(bool, fresh)))
    placed = zip(made, filter(None, fresh), strict=True)
    duplicates.place(connection, {row: number for number, part in placed for row in part})
    now = judgements.memberships_of(connection, rows.values())
    known = pairs.pairs_of(connection, rows.values())
    found: dict[PairKey, float] = {}
    for each in groups:
        said = {
            rows[digest]: verdict
            for digest, verdict in each.verdicts.items()
            if digest in rows and verdict is not Verdict.NEW
        }
        unsaid = {
            row: verdict
            for row, verdict in said.items()
            if row not in now or now[row].verdict is Verdict.NEW
        }
        judgements.set_verdicts(connection, unsaid)
        _set_apart(connection, each, rows, set(unsaid), at)
        for (method, a, b), score in each.pairs.items():
            if a in rows and b in rows:
                low, high = sorted((rows[a], rows[b]))
                found[method, low, high] = score
    pairs.save_pairs(connection, {key: found[key] for key in found.keys() - known})
    settings.write(connection, GROUPED, None)  # the next search makes the groups again


def _fresh(each: OldGroup, rows: Mapping[str, int], grouped: Mapping[int, int]) -> tuple[int, ...]:
    """The images of a group that are in none here; none where that would be no group."""
    found = {rows[digest] for digest in each.verdicts if digest in rows} - grouped.keys()
    return tuple(sorted(found)) if len(found) > 1 else ()


def _set_apart(
    connection: Connection, each: OldGroup, rows: Mapping[str, int], unsaid: set[int], at: int
) -> None:
    """Remember which of a group were judged different pictures, where that is said now."""
    apart = {
        (min(rows[a], rows[b]), max(rows[a], rows[b]))
        for a, b in rules.different(each.verdicts)
        if a in rows and b in rows and not unsaid.isdisjoint((rows[a], rows[b]))
    }
    pairs.change_different(connection, (), apart, at)


def set_sensitivity(archive: Archive, old: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Take over how near is near, unless the archive says so itself; returns what could not be."""
    values = {
        kind: {name: _whole(name, value) for name, value in said.items() if name in METHODS}
        for kind, said in old.items()
    }
    with archive.reading() as connection:
        own = settings.read(connection, sensitivity.NAME)
    if not values or (own is not None and all(own[kind] == values[kind] for kind in values)):
        return []
    if own is not None:
        return ["Sensitivities: the archive keeps its own."]
    try:  # what it says of vectors it says of those of its own network
        sensitivity.change(archive, **values, methods=methods(MOBILENET_V3_SMALL))
    except UsageProblem as error:
        return [f"Sensitivities: {error}"]
    return []


def _whole(name: str, value: float) -> float:
    return int(value) if METHODS[name].kind is Kind.BITS else value
