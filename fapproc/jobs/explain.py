"""Why two images are together or not: each method, the rule, a second look, the verdicts."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import duplicates, images, looks, paired, pairs
from fapproc.dedup import fusion, reasons
from fapproc.dedup.evidence import weigh
from fapproc.dedup.method import OFF, Kind, Method, VectorMethod
from fapproc.dedup.models import DEFAULT, Model
from fapproc.dedup.motion import FRAME
from fapproc.dedup.second_look import LOOKER
from fapproc.errors import UsageProblem
from fapproc.jobs import encodings, selection, sensitivity
from fapproc.jobs.comparing import Search, configure
from fapproc.jobs.second_look import look_at
from fapproc.looks import Look
from fapproc.wording import short

_AT_ONCE = 500
"""Of so many images the pairs are read together."""


@dataclass(frozen=True, slots=True)
class MethodResult:
    """What one method says: its score, None where a code is missing, and its sensitivity."""

    method: str
    score: float | None
    sensitivity: float
    near: bool
    supports: bool
    silent: bool
    """Whether what it says of these two counts for nothing: it can't tell them from others."""
    kind: Kind = Kind.BITS
    origin: str = "default"
    """Where its sensitivity is from: `default`, `setting` or `archive`."""

    @property
    def is_off(self) -> bool:
        """Whether the method is switched off for these two."""
        return self.sensitivity == OFF


@dataclass(frozen=True, slots=True)
class Explanation:
    """Two images, and everything that decides whether they are in one group."""

    a: str
    b: str
    rule: str
    model: str
    """The network whose vectors are compared; of several methods, one after the other."""
    methods: tuple[MethodResult, ...]
    animated: bool
    accepted: bool | None
    """None where an image has no codes."""
    reasons: tuple[str, ...]
    different: bool
    """Whether a person said that they are not one picture."""
    groups: tuple[int | None, int | None]
    chain: tuple[str, ...]
    """The shortest way from the one to the other over pairs that were accepted, if there is one."""
    look: Look | str
    """What is seen where the two are laid over each other, `a` first; or why nothing is."""

    @property
    def together(self) -> bool:
        """Whether they are in one group now."""
        return self.groups[0] is not None and self.groups[0] == self.groups[1]


def explain(
    archive: Archive,
    one: str,
    other: str,
    *,
    rule: str = fusion.DEFAULT,
    model: Model = DEFAULT,
) -> Explanation:
    """Explain two images by their digests, or by beginnings of these that no other image has.

    `model` is the network that the settings choose, as in `find_duplicates`.

    Raises:
        UsageProblem: no such rule, no digest, or twice the same image.
        FapError: no such image, or several.
    """
    fusion.rule(rule)
    with archive.reading() as connection:
        found = [selection.image(connection, typed) for typed in (one, other)]
        (a, a_id), (b, b_id) = sorted((each.image.digest, each.id) for each in found)
        if a == b:
            raise UsageProblem(f"{one} and {other} are the same image. Name two different ones.")
    seen = look_at(archive, a, b)
    with archive.reading() as connection:
        search = configure(connection, rule, model)
        methods, accepted, why, moving = _weigh(connection, a_id, b_id, search, seen)
        groups = duplicates.group_numbers(connection, [a_id, b_id])
        chain = _chain(connection, a_id, b_id)
        names = pairs.digests_of(connection, chain)
        return Explanation(
            a=a,
            b=b,
            rule=rule,
            model=", ".join(
                one.network for one in search.methods.values() if isinstance(one, VectorMethod)
            ),
            methods=methods,
            animated=moving,
            accepted=accepted,
            reasons=why,
            different=bool(pairs.different_among(connection, [a_id, b_id])),
            groups=(groups.get(a_id), groups.get(b_id)),
            chain=tuple(names[image] for image in chain),
            look=seen,
        )


def _weigh(
    connection: Connection, a_id: int, b_id: int, search: Search, seen: Look | str
) -> tuple[tuple[MethodResult, ...], bool | None, tuple[str, ...], bool]:
    in_force = search.sensitivity
    origin = sensitivity.origins(connection, search.methods)
    known = encodings.read_some(connection, search.encoders, sorted((a_id, b_id)))
    if len(known.ids) < 2:
        missing = [n for n in (a_id, b_id) if n not in known.ids]
        found = images.by_ids(connection, missing).values()
        listed = " and ".join(sorted(short(each.image.digest) for each in found))
        said = tuple(
            _said(one, origin[name], in_force.regular.get(name, OFF), None)
            for name, one in search.methods.items()
        )
        reason = "not processed by this version, so not compared. Run 'fapproc process'"
        if any(each.image.unsound for each in found):
            reason = "unsound, so not compared; 'fapproc failures' shows more"
        return said, None, (f"{listed}: {reason}",), False
    couple = min(a_id, b_id), max(a_id, b_id)
    was_looked_at = couple in looks.verdicts(connection, LOOKER, couple[:1])
    evidence = weigh(
        known.encoded,
        np.array([0]),
        np.array([1]),
        in_force,
        search.methods,
        np.array([was_looked_at]),
    )
    accepted, why = reasons.explain(evidence, 0, search.rule)
    divided = fusion.divide(evidence, search.rule)
    if divided.asked[0]:
        accepted = bool(divided.trusted[0]) if isinstance(seen, str) else seen.same
    moving = bool(evidence.moving[0])
    given = in_force.animated if moving else in_force.regular
    silent = evidence.silent[0] & (search.rule != "union")
    near, loose = evidence.near[0] & ~silent, evidence.loose[0] & ~silent
    words = {
        method.name: (
            float(evidence.scores[0, column]),
            near[column],
            loose[column],
            silent[column],
        )
        for column, method in enumerate(evidence.methods)
        if not np.isnan(evidence.scores[0, column])
    }
    said = tuple(
        _said(one, origin[name], given.get(name, OFF), words.get(name))
        for name, one in search.methods.items()
    )
    return said, accepted, tuple(why), moving


def _said(
    method: Method, origin: str, bound: float, word: tuple[float, *tuple[np.bool_, ...]] | None
) -> MethodResult:
    """What a method says: its score, if that is near, supports others, or counts for nothing."""
    score, *said = word or (None, False, False, False)
    near, supports, silent = map(bool, said)
    return MethodResult(method.name, score, bound, near, supports, silent, method.kind, origin)


def _chain(connection: Connection, start: int, end: int) -> Sequence[int]:
    """The shortest way over pairs, found from the start outwards; empty if there is none.

    Pairs are read of the images that were come to, and of no others.
    """
    came_from: dict[int, int] = {start: start}
    waiting = deque([start])
    while waiting and end not in came_from:
        some = [waiting.popleft() for _ in range(min(_AT_ONCE, len(waiting)))]
        beside = paired.beside(connection, some, without=FRAME)
        for image in some:
            for other in sorted(beside.get(image, ())):
                if other not in came_from:
                    came_from[other] = image
                    waiting.append(other)
    if end not in came_from:
        return []
    way = [end]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return way[::-1]
