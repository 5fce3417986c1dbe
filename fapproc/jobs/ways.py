"""In what way images of a group are the same picture, two by two, in words.

For most pairs a second look says it; size and encoding come from facts. Values in, words out.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt

from fapproc.looks import Look
from fapproc.model import Group, Image

_AS_LARGE = 0.97
"""A side that is smaller by less is as long: programs round."""
_REFUSED = "not the same picture when laid over each other"


@dataclass(frozen=True, slots=True)
class Way:
    """Two images of a group, by digest, and in what way they are the same, or that they aren't."""

    a: str
    b: str
    words: tuple[str, ...]


def ways(
    group: Group,
    images: Mapping[str, Image],
    name: Callable[[str], str] = lambda digest: digest[:8],
) -> list[Way]:
    """What is known of the images of a group, two by two.

    Args:
        group: which.
        images: those of it whose facts are to be told, by digest.
        name: how an image is called in the words.
    """
    found = {frozenset({seen.a, seen.b}): (seen.a, seen.b, seen.look) for seen in group.looks}
    for a, b in _same(group):
        found.setdefault(frozenset({a, b}), (a, b, Look(1.0, same=True)))
    told = (Way(a, b, tuple(_words(look, a, b, images, name))) for a, b, look in found.values())
    return [way for way in told if way.words]


def _same(group: Group) -> Iterator[tuple[str, str]]:
    """Images that are the same but for size and quality, each with the next."""
    for each in group.sameness.classes if group.sameness else ():
        yield from pairwise(each)


def _words(
    look: Look, a: str, b: str, images: Mapping[str, Image], name: Callable[[str], str]
) -> Iterator[str]:
    if not look.same:
        yield _REFUSED
        return
    said = look.named(name(a), name(b))
    yield from said
    one, other = (images[each].facts if each in images else None for each in (a, b))
    if one is None or other is None or look.part_of_first or look.part_of_second:
        return
    share = sqrt(other.width * other.height / (one.width * one.height))
    if min(share, 1 / share) < _AS_LARGE:
        smaller = b if share < 1 else a
        yield f"{name(smaller)} is smaller, {min(share, 1 / share):.0%} as wide"
    elif not said:
        yield "saved again"
