"""Vocabulary of what a person goes through: which duplicates, in which order, and how far."""

from dataclasses import dataclass
from enum import StrEnum


class Queue(StrEnum):
    """Which possible duplicates: those that wait for a word, ask for a second look, or neither."""

    WAITING = "waiting"
    LOOK = "look"
    JUDGED = "judged"
    ALL = "all"


class Order(StrEnum):
    """In which order possible duplicates are gone through; of equals the first found is first."""

    FOUND = "found"
    """As they were found."""
    ALIKE = "alike"
    """The two that agree best first; images at several places are the same, so as found."""
    SAVING = "saving"
    """What all but the largest file take, most first; of an image, what storing it once saves."""
    IMAGES = "images"
    """Most images, or places, first."""


class Kind(StrEnum):
    """Possible duplicates of one kind: groups that look alike, or one image at several places."""

    ALIKE = "alike"
    PLACES = "places"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a person is: an image of what was looked at last, and what was gone through."""

    digest: str
    kind: Kind | None = None
    """None: groups, and after these images at several places."""
    state: Queue = Queue.WAITING
    order: Order = Order.FOUND
