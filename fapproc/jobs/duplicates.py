"""Find near-duplicates: encodings -> search -> decision -> groups, recorded with what was judged.

The route of `find_duplicates` is the whole job; each step is a function of values in `dedup`.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import duplicates, images
from fapproc.db.duplicates import Member, PairKey
from fapproc.dedup import fusion, groups, perceptual, search
from fapproc.dedup.method import HASHES, radii, sensitivities
from fapproc.dedup.pairs import Pairs
from fapproc.model import Sensitivity


@dataclass(frozen=True, slots=True)
class Report:
    """Images and groups now, groups that wait for a verdict, and what this search changed."""

    images: int
    groups: int
    need_action: int
    new_pairs: int
    withdrawn_pairs: int
    new_images: int


@dataclass(frozen=True, slots=True)
class Encodings:
    """All codes of the present encoders; `codes[method][k]` is that of image `ids[k]`."""

    ids: NDArray[np.int64]
    animated: NDArray[np.bool_]
    codes: Mapping[str, NDArray[np.uint64]]


@dataclass(frozen=True, slots=True)
class Regrouping:
    """Who goes where: members by present group, members of groups to be made, who leaves."""

    into: Mapping[int, tuple[int, ...]]
    fresh: tuple[tuple[int, ...], ...]
    leave: frozenset[int]


def find_duplicates(archive: Archive, *, rule: str = "union") -> Report:
    """Find all near-duplicates and record them; verdicts stay with their images.

    Raises:
        UsageProblem: no such rule.
    """
    sensitivity = sensitivities()
    encodings = read_encodings(archive)
    wanted = radii(sensitivity)
    found = {
        name: search.pairs(HASHES[name].kind, encodings.codes[name], radius)
        for name, radius in wanted.items()
        if name in HASHES
    }
    pairs = decide(encodings, found, sensitivity, rule)
    return record(archive, pairs, frozenset(encodings.ids.tolist()))


def read_encodings(archive: Archive) -> Encodings:
    """Read the codes of every image that has them all."""
    with archive.reading() as connection:
        moving = images.animated(connection)
        by_method = {name: dict(_codes(connection, name)) for name in HASHES}
    complete = set.intersection(*(set(codes) for codes in by_method.values()))
    ids = np.array(sorted(complete), dtype=np.int64)
    codes = {
        name: np.array([int.from_bytes(known[i], "big") for i in ids.tolist()], dtype=np.uint64)
        for name, known in by_method.items()
    }
    return Encodings(ids, np.isin(ids, list(moving)), codes)


def decide(
    encodings: Encodings,
    found: Mapping[str, Pairs],
    sensitivity: Sensitivity,
    rule: str,
) -> dict[PairKey, float]:
    """Which pairs are accepted, by method and row numbers, with their scores."""
    accepted = fusion.decide(found, encodings.animated, sensitivity, rule)
    ids = encodings.ids.tolist()
    return {(pair.method, ids[pair.i], ids[pair.j]): pair.score for pair in accepted}


def record(archive: Archive, pairs: Mapping[PairKey, float], compared: Collection[int]) -> Report:
    """Make the pairs of the compared images these, and the groups what follows from all pairs.

    Of an image that lacks its codes nothing is known now: its pairs and its group stay. After a
    library's update that is every image, until it is processed again.
    """
    with archive.writing() as connection:
        kept = set(images.digests(connection))  # an image may have gone since the search began
        now = {key: score for key, score in pairs.items() if key[1] in kept and key[2] in kept}
        before = duplicates.pairs(connection)
        changed = {key: score for key, score in now.items() if before.get(key) != score}
        absent = before.keys() - now.keys()
        withdrawn = {key for key in absent if key[1] in compared and key[2] in compared}
        duplicates.withdraw_pairs(connection, withdrawn)
        duplicates.save_pairs(connection, changed)
        known = duplicates.members(connection)
        plan = regroup(components((before.keys() | now.keys()) - withdrawn), known)
        _apply(connection, plan)
        count, number, need_action = duplicates.count_groups(connection)
        grouped = duplicates.members(connection).keys()
    fresh = len(changed.keys() - before.keys())
    return Report(count, number, need_action, fresh, len(withdrawn), len(grouped - known.keys()))


def components(pairs: Iterable[PairKey]) -> list[tuple[int, ...]]:
    """Images connected by pairs, each component in order, the components by their lowest."""
    edges = sorted({(a, b) for _, a, b in pairs})
    ids = np.unique(np.array(edges, dtype=np.int64).reshape(-1, 2))
    ends = np.searchsorted(ids, np.array(edges, dtype=np.int64).reshape(-1, 2))
    labels = groups.connected(len(ids), ends[:, 0], ends[:, 1])
    return [tuple(int(ids[k]) for k in part) for part in groups.members(labels)]


def regroup(parts: Iterable[tuple[int, ...]], known: Mapping[int, Member]) -> Regrouping:
    """Give each component the oldest group of its members, so that links to groups stay true.

    A group that falls apart keeps its number for the component with its lowest image.
    """
    into: dict[int, tuple[int, ...]] = {}
    fresh: list[tuple[int, ...]] = []
    grouped: set[int] = set()
    for part in parts:
        grouped.update(part)
        numbers = {known[image].group_id for image in part if image in known} - into.keys()
        if numbers:
            into[min(numbers)] = part
        else:
            fresh.append(part)
    return Regrouping(into, tuple(fresh), frozenset(known.keys() - grouped))


def _apply(connection: Connection, plan: Regrouping) -> None:
    duplicates.release(connection, plan.leave)
    for part in plan.fresh:
        number = duplicates.new_group(connection)
        for image in part:
            duplicates.place(connection, image, number)
    for number, part in plan.into.items():
        for image in part:
            duplicates.place(connection, image, number)
    duplicates.drop_small_groups(connection)


def _codes(connection: Connection, method: str) -> list[tuple[int, bytes]]:
    number = images.encoder_id(connection, method, perceptual.versions())
    return [] if number is None else images.codes(connection, number)
