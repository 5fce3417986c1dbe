"""The images that a crawl still has to fetch, in the site's order: which page is asked for next.

They wait here as numbers and not as requests in Scrapy's queue, which would take a hundred times as
much memory, and from which none could be removed when another page brings its address.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, islice

from fapproc.model import Listed

FRESH_SECONDS = 600.0  # addresses were seen to live for hours; a pause of the site is longer


@dataclass(frozen=True, slots=True)
class Found:
    """An image whose full-size address is known already."""

    image: int
    name: str
    link: str


class Pending:
    """What is still to be fetched; each id comes once a crawl, however many albums list it."""

    def __init__(self) -> None:
        self._waiting: dict[int, str | None] = {}
        self._lent: dict[int, tuple[float, str]] = {}
        self._unused: dict[int, tuple[float, Found]] = {}
        self._under_way: set[int] = set()
        self._album: dict[int, Hashable] = {}
        """By image, the album that listed it first in this crawl."""

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, entries: Iterable[Listed], album: Hashable = None) -> list[int]:
        """Add images of an album; return those that are new to this crawl."""
        fresh = {entry.image: entry.name for entry in entries if entry.image not in self._album}
        self._album |= dict.fromkeys(fresh, album)
        self._waiting |= fresh
        return list(fresh)

    def takes(self, image: int) -> bool:
        """Whether an address that another image's page gives is of use to an image.

        The name on an image's own page is better than the one in a list; so an image whose name the
        list has cut off, or doesn't show, waits for its page.
        """
        return self._waiting.get(image) is not None

    def lend(self, links: Mapping[int, str], now: float) -> None:
        """Take addresses that another page gave; used if the image's own page isn't needed."""
        self._lent |= {image: (now, link) for image, link in links.items() if self.takes(image)}

    def next(self, at_once: int, now: float) -> list[int | Found]:
        """Return what to ask for now, pages or files, so that this many images are under way."""
        room = max(0, at_once - len(self._under_way))
        found: list[int | Found] = []
        for image in list(islice(chain(self._lent, self._waiting), 2 * room)):
            if len(found) == room:
                break
            if image in self._waiting:
                name = self._waiting.pop(image)
                since, link = self._lent.pop(image, (-FRESH_SECONDS, ""))
                is_fresh = name is not None and now - since < FRESH_SECONDS
                found.append(Found(image, name, link) if name and is_fresh else image)
                self._under_way.add(image)
        return found

    def remember(self, found: Found, now: float) -> None:
        """Keep an address that was not used: it may serve when its image is asked for again."""
        self._unused[found.image] = (now, found)

    def put_back(self, image: int) -> None:
        """Put back an image that was not asked for after all: it is the next one."""
        self._under_way.discard(image)
        first = {image: self._recall(image)}
        self._waiting = first | self._waiting

    def again(self, images: Iterable[int]) -> None:
        """Add these once more, after all others."""
        self._waiting |= {image: self._recall(image) for image in images}

    def _recall(self, image: int) -> str | None:
        """Use a remembered address of an image; its name, or None if its page has to be read."""
        since, found = self._unused.pop(image, (0.0, None))
        if found is None:
            return None
        self._lent[image] = (since, found.link)
        return found.name

    def drop(self, images: Iterable[int]) -> list[int]:
        """Remove these; return those that were waiting."""
        return [image for image in images if self._waiting.pop(image, ...) is not ...]

    def elsewhere(
        self, turn: int, failed: Iterable[int] = (), *, untroubled: bool = False
    ) -> int | None:
        """Take an image from elsewhere in the list: its middle, then a quarter of it, and so on.

        Neighbours may have failed for one reason; a site that works, works elsewhere too. So it is
        taken from the album of which the fewest failed.

        Args:
            turn: how many were taken in this way before.
            failed: images that failed.
            untroubled: return none rather than one of an album of which something failed.
        """
        troubles = Counter(self._album.get(image) for image in failed)
        fewest = min((troubles[self._album[image]] for image in self._waiting), default=None)
        if fewest is None or (untroubled and fewest):
            return None
        images = [image for image in self._waiting if troubles[self._album[image]] == fewest]
        place = int(f"{turn + 1:b}"[::-1], 2) / 2 ** (turn + 1).bit_length()
        image = images[int(place * len(images))]
        del self._waiting[image]
        self._under_way.add(image)
        return image

    def settle(self, image: int) -> None:
        """An image was stored, or will not be fetched."""
        self._under_way.discard(image)
