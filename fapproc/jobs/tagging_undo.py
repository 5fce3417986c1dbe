"""Undo decisions about tags, and find which given tags later decisions have left alone."""

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from sqlalchemy import Connection

from fapproc.db import images, pruned, tags
from fapproc.db.decisions import Decision
from fapproc.db.dialect import numbers
from fapproc.errors import UsageProblem
from fapproc.jobs.tagging import childless, refuse_elsewhere


@dataclass(frozen=True, slots=True)
class TagsSince:
    """What later decisions have said of tags, which the undo of an earlier one leaves alone."""

    remade: Set[int]
    """Tags that were made or deleted: their ids may name others by now."""
    given: Mapping[int, Set[int]]
    """By tag, the row numbers of images that got it."""

    def settle(self, image: int, tag: int) -> bool:
        """Whether a tag of an image is no matter of the earlier decision any more."""
        return tag in self.remade or image in self.given.get(tag, ())


def since(connection: Connection, later: Sequence[Decision]) -> TagsSince:
    """What these decisions have said of tags."""
    said = [pair for each in later for pair in each.after.tags]
    rows = images.numbers_of(connection, [digest for digest, _ in said])
    given = defaultdict[int, set[int]](set)
    for digest, tag in said:
        if digest in rows:
            given[tag].add(rows[digest])
    for each in later:
        for tag, found in each.tags_after.images.items():
            given[tag].update(found)
    return TagsSince({tag for each in later for tag in each.remade}, given)


def restore(connection: Connection, decision: Decision) -> None:
    """Make the rows say of tags what was so before a decision, of images in the bin too.

    Raises:
        UsageProblem: it doesn't fit to the tags of now; nothing may be written then.
    """
    before = decision.tags_before
    made = {number for number, said in before.tags.items() if said is None}
    for found in reversed([tag for tag in tags.lines(connection) if tag.id in made]):
        childless(connection, found.id)
        tags.delete_tag(connection, found.id)
    for number, said in before.tags.items():
        if said is not None:
            _put_back(connection, number, *said)
    for number, these in decision.tags_after.images.items():
        tags.clear(connection, [number], numbers(these))
        pruned.retag(connection, number, these, carried=False)
    for number, these in before.images.items():
        if tags.branch(connection, number):
            tags.apply(connection, number, numbers(these))
            pruned.retag(connection, number, these, carried=True)


def _put_back(connection: Connection, number: int, name: str, parent: int | None) -> None:
    """Give a tag its name and its place again; make it again, where it was deleted."""
    refuse_elsewhere(connection, name, besides=number)
    above = [] if parent is None else tags.branch(connection, parent)[:1]
    if parent is not None and not above:
        raise UsageProblem(f"The tag that {name} stood under is gone. Undo its deletion first.")
    under = {tag.id for tag in tags.branch(connection, number)}
    if parent in under:
        raise UsageProblem(
            f"{name} stood under {above[0].name}, which is under it now. Move that first."
        )
    tags.put(connection, number, name, parent)
