"""Possible duplicates in an order that asks for all of them: kept while the same ones are there.

What stands of them is asked each time. A verdict changes no order, so the next ten of 50,000 groups
cost as little as they do in the order in which groups were found.
"""

from array import array
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from threading import Lock

from sqlalchemy import Connection

from fapproc.db import kept_figures, queue
from fapproc.db.queue import Stretch
from fapproc.queues import Order, Queue

_FIRST = 100
"""How many are asked about at first; then four times as many, and so on."""
Numbers = Sequence[int]


class Ranks:
    """Numbers of groups, and of images at several places, by order: 8 bytes each."""

    def __init__(self) -> None:
        """Nothing is ranked yet."""
        self._kept: dict[tuple[str, Order], tuple[object, array[int]]] = {}
        self._turn = Lock()

    def groups(
        self, connection: Connection, which: Queue, stretch: Stretch, order: Order
    ) -> list[int]:
        """The numbers of groups, in this order."""
        if order is Order.FOUND:
            return queue.groups(connection, which, stretch)
        held = kept_figures.totals(kept_figures.values(connection))
        stands = (held.groups, held.grouped, queue.newest_group(connection))
        ranked = self._of("groups", order, stands, lambda: queue.ranked_groups(connection, order))
        return _taken(ranked, stretch, lambda some: queue.groups_among(connection, which, some))

    def images(
        self,
        connection: Connection,
        which: Queue,
        stretch: Stretch,
        order: Order,
        *,
        but_of_groups: bool = False,
    ) -> list[int]:
        """The row numbers of images at several places, in this order; as `queue.images` has it."""
        if order is Order.FOUND:
            return queue.images(connection, which, stretch, but_of_groups=but_of_groups)
        held = kept_figures.totals(kept_figures.values(connection))
        stands = (held.exact, held.sightings, held.images, queue.newest_image(connection))
        ranked = self._of("images", order, stands, lambda: queue.ranked_images(connection, order))

        def there(some: Numbers) -> set[int]:
            return queue.images_among(connection, which, some, but_of_groups=but_of_groups)

        return _taken(ranked, stretch, there)

    def _of(
        self, what: str, order: Order, stands: object, rank: Callable[[], Iterable[Numbers]]
    ) -> "array[int]":
        with self._turn:
            kept = self._kept.get((what, order))
            if kept is not None and kept[0] == stands:
                return kept[1]
            found = array("q")
            for some in rank():
                found.extend(some)
            self._kept[what, order] = stands, found
            return found


def _taken(
    ranked: "array[int]", stretch: Stretch, there: Callable[[Numbers], Collection[int]]
) -> list[int]:
    """A stretch of what is there of a ranked list."""
    at = 0
    if stretch.after is not None:
        with suppress(ValueError):
            at = ranked.index(stretch.after) + (not stretch.included)
    end = len(ranked) if stretch.limit is None else stretch.offset + stretch.limit
    found: list[int] = []
    size = _FIRST
    while len(found) < end and at < len(ranked):
        some = ranked[at : at + size].tolist()
        kept = there(some)
        found += [number for number in some if number in kept]
        at, size = at + size, 4 * size
    return found[stretch.offset : end]
