"""Record what a search decided; `Basis` tells whether the rows that it relied on are unchanged.

Deciding takes ten times as long as writing. So it is done while others may write, and what they
wrote meanwhile is noticed before anything is changed.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Connection

from fapproc.archive import Archive
from fapproc.db import duplicates, hidden, judgements, pairs, settings
from fapproc.db import nearest as nearest_ones
from fapproc.db.pairs import PairKey
from fapproc.dedup.regrouping import Regrouping

COMPARED, GROUPED = "compared", "grouped"
"""Settings: how images were compared, and of how many pairs the groups were made."""

TRIES = 3
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Changes:
    """What a search changes: pairs with their scores, pairs that no longer hold, groups."""

    found: Mapping[PairKey, float]
    fresh: int
    withdrawn: frozenset[PairKey]
    groups: Regrouping


@dataclass(frozen=True, slots=True)
class Basis:
    """The state of the rows that groups are made of: equal to that of later if nothing changed.

    Pairs are only taken away while a search holds its job, with their images or by a repair; so
    how many there are tells.
    """

    judged: bytes
    pairs: int
    images: tuple[int, str | None]

    @classmethod
    def of(cls, connection: Connection, last: int) -> "Basis":
        """The state now, of images up to the row number `last`: those that are new don't matter."""
        judged = judgements.fingerprint(connection)
        return cls(judged, pairs.count(connection), pairs.images_up_to(connection, last))


def decide_and_write(
    archive: Archive,
    decide: Callable[[Connection], tuple[Changes, T]],
    write: Callable[[Connection, Changes], None] | None,
) -> tuple[Changes, T]:
    """Decide while others may write, then write.

    Where they wrote of groups meanwhile it is decided again; at last, if they always do, while
    they wait.

    Args:
        archive: whose groups.
        decide: says what changes, and what more is to be known of it.
        write: writes what was decided; None if nothing is to be changed.
    """
    for tries_left in reversed(range(TRIES)):
        with archive.reading() as connection:
            last = pairs.last_image(connection)
            basis = Basis.of(connection, last)
            decided = decide(connection)
        if write is None:
            break
        with archive.writing() as connection:
            is_stale = Basis.of(connection, last) != basis
            if is_stale and tries_left:
                continue
            if is_stale:
                decided = decide(connection)
            write(connection, decided[0])
            break
    return decided


def record(
    connection: Connection,
    changes: Changes,
    *,
    compared: Mapping[int, int],
    renewed: Collection[int],
    nearest: Collection[int],
    conditions: Mapping[str, object],
    again: bool,
) -> None:
    """Write what was decided.

    Args:
        connection: in a writing transaction.
        changes: what was decided.
        compared: the images that were compared, each with the mask of its encoders.
        renewed: those of them that were compared with codes that are new.
        nearest: images whose nearest were looked at.
        conditions: under which they were.
        again: whether what was compared before counts no more.
    """
    pairs.withdraw_pairs(connection, changes.withdrawn)
    pairs.save_pairs(connection, changes.found)
    groups = changes.groups
    duplicates.release(connection, groups.leave)
    numbers = duplicates.new_groups(connection, len(groups.fresh))
    made = [*groups.into.items(), *zip(numbers, groups.fresh, strict=True)]
    duplicates.place(connection, {image: number for number, part in made for image in part})
    for number, part in made:
        if part in groups.to_look:
            duplicates.want_look(connection, number, wanted=True)
    duplicates.drop_small_groups(connection)
    duplicates.forget_lone_places(connection)
    hidden.settle(connection)
    if again:
        pairs.forget_compared(connection)
    if compared:
        there = pairs.comparable(connection, compared)  # one may have gone meanwhile
        masks = {number: mask for number, mask in compared.items() if number in there}
        pairs.save_compared(connection, masks)
        nearest_ones.want(connection, there.intersection(renewed))
    nearest_ones.settle(connection, nearest)
    if compared or again:
        settings.write(connection, COMPARED, conditions)
    settings.write(connection, GROUPED, pairs.count(connection))
