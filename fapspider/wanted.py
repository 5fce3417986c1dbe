"""The images that a crawl still wants, in the site's order: whose page is asked for next.

They wait here as numbers and not as requests in Scrapy's queue, which would take a hundred times
the room, and from which none could be taken back whose address another page has brought.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fapproc.model import Listed


@dataclass(frozen=True, slots=True)
class Found:
    """An image whose full-size address stood on another image's page."""

    image: int
    name: str
    link: str


class Wanted:
    """What is still to be had; each id comes once a crawl, however many albums list it."""

    def __init__(self) -> None:
        self._waiting: dict[int, str | None] = {}
        self._under_way: set[int] = set()
        self._seen: set[int] = set()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, entries: Iterable[Listed]) -> int:
        """Want these images too; return how many of them are new to this crawl."""
        fresh = {entry.image: entry.name for entry in entries if entry.image not in self._seen}
        self._seen.update(fresh)
        self._waiting |= fresh
        return len(fresh)

    def next(self, at_once: int) -> list[int]:
        """The images whose page is to be asked for now, so that this many are under way."""
        room = max(0, at_once - len(self._under_way))
        images = [image for image, _ in zip(self._waiting, range(room), strict=False)]
        for image in images:
            del self._waiting[image]
        self._under_way.update(images)
        return images

    def came(self, image: int) -> None:
        """The page of an image came, or will not come."""
        self._under_way.discard(image)

    def take(self, links: Mapping[int, str]) -> list[Found]:
        """Those whose address is among these and whose name the list showed whole: no page needed.

        What a page says is an image's name comes before what a list says of it; so an image whose
        name the list cut, or did not show, is left to wait for its page.
        """
        found = [
            Found(image, name, link)
            for image, link in links.items()
            if (name := self._waiting.get(image)) is not None
        ]
        for one in found:
            del self._waiting[one.image]
        return found
