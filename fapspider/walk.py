"""How a crawl goes through the pages of one folder, and when it knows that it is at the end."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from fapproc.model import Album

EMPTY_PAGES_AT_END = 3  # the site shows one or two empty pages in the middle of a folder


@dataclass(frozen=True, slots=True)
class Walk:
    """How far the pages of one folder were read."""

    album: Album
    page: int = 0
    empty: int = 0
    pages: int = 0
    listed: tuple[int, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether the folder's end was reached: three empty pages in a row."""
        return self.empty >= EMPTY_PAGES_AT_END

    def step(self, fresh: Sequence[int]) -> "Walk":
        """The walk after a page that brought these ids; one that brings none counts as empty.

        So a site that repeats its last page for ever comes to an end too.
        """
        page = self.page + 1
        if not fresh:
            return replace(self, page=page, empty=self.empty + 1)
        return replace(self, page=page, empty=0, pages=page, listed=(*self.listed, *fresh))
