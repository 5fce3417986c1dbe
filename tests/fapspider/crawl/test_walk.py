"""Whatever a folder's history, its album has the site's order and all that was ever seen."""

from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from fapproc.jobs.crawl import merge_end, merge_order
from fapproc.model import Album, FolderKind, Listed, UserId
from fapspider.crawl.walk import EMPTY_PAGES_AT_END, Walk

ALBUM = Album(UserId(5), 11, "lakes", FolderKind.PICTURES)
Pages = list[list[int]]


class Reader:
    """An album as its rows would be, and how many pages each reading of it took."""

    def __init__(self) -> None:
        self.album = ALBUM
        self.order: list[int] = []
        self.asked: list[int] = []

    def read(self, pages: Pages, *, whole: bool = False, most: int = 1000) -> None:
        """Read the folder to its end, or until so many pages were asked for: a kill."""
        walk = Walk(self.album, whole=whole)
        self.asked = []
        while not walk.is_over:
            if len(self.asked) == most:
                return
            self.asked.append(walk.page)
            ids = pages[walk.page] if walk.page < len(pages) else []
            known = bool(ids) and ids[0] in self.order
            fresh = [entry.image for entry in walk.take(listed(ids), known=known)]
            self.order += [image for image in fresh if image not in self.order]
        merge = merge_order if walk.is_whole else merge_end
        self.order = merge(self.order, list(walk.listed))
        self.album = replace(self.album, pages=walk.pages, listed_at=1)


def listed(ids: Sequence[int]) -> list[Listed]:
    return [Listed(number, None) for number in ids]


def cut(ids: Sequence[int], size: int, gaps: Sequence[int]) -> Pages:
    """Pages of this size, with one or two empty ones before some of them."""
    pages: Pages = []
    for number, start in enumerate(range(0, len(ids), size)):
        pages += [[] for _ in range(gaps[number] if number < len(gaps) else 0)]
        pages.append(list(ids[start : start + size]))
    return pages


TIMES = st.lists(
    st.tuples(
        st.integers(0, 12),  # how many were added
        st.sets(st.integers(0, 60)),  # which left
        st.lists(st.integers(0, 2), max_size=6),  # empty pages before each page
        st.none() | st.integers(0, 8),  # killed after so many pages
    ),
    max_size=6,
)


@given(TIMES, st.integers(1, 5))
def test_an_album_keeps_the_site_s_order_and_all_ids_ever_seen(
    times: list[tuple[int, set[int], list[int], int | None]], size: int
) -> None:
    reader = Reader()
    site: list[int] = []
    newest, seen = 0, set[int]()
    for added, left, gaps, killed in times:
        site = [image for image in site if image not in left]
        site += range(newest, newest + added)
        newest += added
        pages = cut(site, size, gaps)
        if killed is not None:
            reader.read(pages, most=killed)
            seen |= set(reader.order)
        reader.read(pages)
        seen |= set(site)
        # Ids are numbered as the site added them, so its order is theirs, vanished ones included.
        assert reader.order == sorted(seen)


@given(st.integers(10, 60), st.integers(0, 9), st.integers(1, 4))
def test_a_known_album_costs_the_pages_at_its_end(count: int, added: int, size: int) -> None:
    reader = Reader()
    reader.read(cut(range(count), size, []))
    before = reader.album.pages
    pages = cut(range(count + added), size, [])
    reader.read(pages)
    new = len(pages) - before
    assert reader.asked == list(range(before - 1, before + new + EMPTY_PAGES_AT_END))
    reader.read(pages, whole=True)
    assert len(reader.asked) == len(pages) + EMPTY_PAGES_AT_END


def test_the_way_back_goes_on_until_a_page_begins_with_a_known_image() -> None:
    reader = Reader()
    reader.read([[1], [2], [3], [4]])
    reader.read([[1], [5], [6], [], [7], [8]])
    assert reader.asked == [3, 2, 1, 0, 4, 5, 6, 7, 8]
    assert reader.order == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_site_that_repeats_its_last_page_for_ever_comes_to_an_end() -> None:
    walk = Walk(ALBUM, whole=True)
    while not walk.is_over:
        walk.take(listed([1, 2] if walk.page == 0 else [3]))
    assert (walk.page, walk.pages, list(walk.listed)) == (5, 2, [1, 2, 3])


def test_an_image_that_was_put_back_at_the_end_is_where_the_site_has_it() -> None:
    assert merge_end([1, 9, 2, 3, 4], [4, 9, 5]) == [1, 2, 3, 4, 9, 5]
