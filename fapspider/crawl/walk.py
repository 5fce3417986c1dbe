"""How a crawl reads the pages of one folder, and when it knows that it is at the end.

The site adds images at the end of a folder only. So one that was read before is read from its last
page backwards until a page begins with an image that is known, and from there on to the end: what
lies before can't be new. Images that left the site move what follows them to earlier pages, never
to later ones, so nothing new is passed by.
"""

from collections.abc import Sequence

from fapproc.model import Album, Listed

EMPTY_PAGES_AT_END = 3  # the site shows one or two empty pages in the middle of a folder


class Walk:
    """One way through one folder; the one request that is under way carries it."""

    def __init__(self, album: Album, *, whole: bool, turn: tuple[int, int] = (1, 1)) -> None:
        self.album = album
        self.turn = turn
        """Which of how many folders this is, for progress."""
        self.page = 0 if whole or not album.listed_at else max(0, album.pages - 1)
        """The page that is asked for next, from 0."""
        self.is_backwards = self.page > 0
        """Whether a page that begins with a known image is still looked for."""
        self.pages = 0
        """The last page that had images, counted from 1."""
        self.listed: dict[int, None] = {}
        """The ids of all pages so far, in the site's order."""
        self.is_whole = not self.is_backwards
        """Whether these are the ids of the whole folder, not only of its end."""
        self._empty = 0
        self._held: list[Sequence[Listed]] = []

    @property
    def is_over(self) -> bool:
        """Whether the folder's end was reached: three pages in a row that bring nothing new."""
        return not self.is_backwards and self._empty >= EMPTY_PAGES_AT_END

    def take(self, page: Sequence[Listed], *, known: bool = False) -> list[Listed]:
        """Add the page that was asked for; return what is to be recorded now, in order.

        Backwards, pages are held until a page begins with a `known` image, or is the first: if the
        crawl is stopped before, the next one must find none of them known.
        """
        if not self.is_backwards:
            return self._forwards(page)
        self._held.append(page)
        if self.page > 0 and not known:
            self.page -= 1
            return []
        self.is_backwards = False
        self.is_whole = self.page == 0
        return [entry for held in reversed(self._held) for entry in self._forwards(held)]

    def _forwards(self, page: Sequence[Listed]) -> list[Listed]:
        """Go one page on; one that brings no new id counts as empty.

        So a site that repeats its last page for ever comes to an end too.
        """
        fresh = [entry for entry in page if entry.image not in self.listed]
        self.listed.update((entry.image, None) for entry in fresh)
        self.page += 1
        self._empty = 0 if fresh else self._empty + 1
        if fresh:
            self.pages = self.page
        return fresh
