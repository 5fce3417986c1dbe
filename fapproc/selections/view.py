"""A view of pictures as a value: which ones, in which order, and how it stands in an address."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from fapproc.errors import UsageProblem
from fapproc.names import quoted
from fapproc.selections import grammar
from fapproc.selections.selection import Selection

_ORDER = re.compile(r"([a-z]+)(?:\(([0-9]{1,9})\))?", re.ASCII)
_ORDER_KEY = "order"
_DUP = "dup"
_DIGITS = 19
"""More than a number within bounds has; what follows changes nothing, but takes time to read."""
_BOUNDED = {"dup": 1, "portrait": 2, "landscape": 2, "tf1": 2, "tf2": 2}
"""What stands in an address as a number up to this one: another is brought to the nearest."""
_TAGS = ("tv1", "tv2")


class Order(StrEnum):
    """How the pictures of a view are arranged."""

    ALBUM = "album"
    """By user, album and the site's order in it."""
    DATE = "date"
    """What came last is first."""
    SIZE = "size"
    PIXELS = "pixels"
    NAME = "name"
    RANDOM = "random"


@dataclass(frozen=True, slots=True)
class View:
    """Which pictures of an album, a tag or all, and in which order."""

    selection: Selection = field(default_factory=lambda: Selection(dup=False))
    order: Order = Order.ALBUM
    seed: int = 0
    """Of the order `random`: the same gives the same order."""

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left out but what was judged `skip`, and twins beside each other."""
        return self.selection == Selection(dup=False)


def parse(
    given: Iterable[tuple[str, str]], known_tags: Iterable[int], order: Order = Order.ALBUM
) -> View:
    """Read a view from the keys and values of an address; keys of others are passed over.

    Numbers out of bounds become the nearest, that of a tag that there is not is none. What was
    judged `skip` is left out where `dup` isn't given.

    Args:
        given: keys and values; empty ones say nothing.
        known_tags: numbers of the tags that there are.
        order: where none is given.

    Raises:
        UsageProblem: another value that can't be, as `grammar.parse`.
    """
    pairs = [(key, text.strip()) for key, text in given if text.strip()]
    known = {str(each) for each in known_tags}
    asked: dict[str, str] = {}
    chosen = []
    for key, text in pairs:
        if key in _BOUNDED:
            asked[key] = _bounded(key, text)
        elif key in _TAGS:
            asked[key] = "0" if _is_number(text) and text not in known else text
        elif key == _ORDER_KEY:
            asked[key] = text
        elif key in grammar.KEYS or key == grammar.MARK:
            chosen.append((key, text))
    arranged = _order(asked.pop(_ORDER_KEY, order))
    asked.setdefault(_DUP, "0")
    return View(grammar.parse([*asked.items(), *chosen]), *arranged)


def pairs(view: View, order: Order = Order.ALBUM) -> list[tuple[str, str]]:
    """A view as keys and values, which `parse` reads back with the same `order` as default."""
    found = [pair for pair in grammar.pairs(view.selection) if pair[0] != _DUP]
    if view.selection.dup:
        found.append((_DUP, "1"))
    if view.order is not order:
        found.append((_ORDER_KEY, written(view)))
    return found


def written(view: View) -> str:
    """The order as it stands in an address."""
    return f"{view.order}({view.seed})" if view.order is Order.RANDOM else str(view.order)


def tag_filters(selection: Selection) -> Mapping[str, int]:
    """What the two filters of tags say, as `tf1 tv1 tf2 tv2`."""
    found = dict.fromkeys(_TAGS, 0) | {"tf1": 1, "tf2": 1}
    tags = [each for each in selection.tags if each.children and isinstance(each.tag, int)]
    for number, each in zip("12", tags, strict=False):
        assert isinstance(each.tag, int)
        found |= {f"tv{number}": each.tag, f"tf{number}": 2 if each.wanted else 0}
    return found


def _bounded(key: str, text: str) -> str:
    if not _is_number(text):
        return text  # a word, or nothing that the grammar knows
    return str(min(max(int(text[:_DIGITS]), 0), _BOUNDED[key]))


def _is_number(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdecimal()


def _order(text: str) -> tuple[Order, int]:
    found = _ORDER.fullmatch(text.lower())
    if found is None or found[1] not in set(Order) or (found[2] and found[1] != Order.RANDOM):
        words = ", ".join(Order)
        raise UsageProblem(f"order is {quoted(text)}. Write one of these: {words}; or random(7).")
    return Order(found[1]), int(found[2] or 0)
