"""Profiles, lists of folders, and pages of one folder."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from typing import Any

from lxml.etree import XPath
from parsel import Selector

from fapproc.model import Folder, FolderKind, Listed
from fapproc.sites.addresses import unescaped, unescaped_field
from fapproc.sites.markup import attribute, name, number, parse, query_id, text
from fapproc.sites.pages import FolderPage, FoldersPage, PageChanged

MOST_IDS = 5_000
"""Images or folders of one page; the site has shown 1,000 at most, and to leave one out is worse
than to read none."""
_FONTS = XPath("descendant-or-self::font[position() > last() - 40]")
_HOLDS_A_CELL = XPath("boolean(.//*[starts-with(@id, 'img-')])")
_GALLERY_HEADER = (
    "//td[contains(concat(' ', @class, ' '), ' blk_favorites_hdr ')]"
    "//text()[contains(., 'Gallery Name')]"
)
_LINK = "a[name][href*='/photo/']"
_OWN_TABLE = XPath("ancestor::table[1]")
_TABLES = XPath("ancestor::table")
_SIZE = re.compile(r"[0-9]+\s*x\s*[0-9]+")
_PROFILE = re.compile(r"/profile(?:(\.php\?user=)|/)")


def read_profile(html: str) -> int | None:
    """Read a user's profile page; return the user's id, or None where the page names none.

    The id counts only if the page's own favorites link is there exactly once: other users may be
    linked too.

    Raises:
        PageChanged: it is no page that can be read.
    """
    links = parse(html).css("a.blk_header[href*='showfavorites.php']::attr(href)").getall()
    found = {number for link in links if (number := query_id(link, "userid"))}
    return found.pop() if len(found) == 1 else None


def read_folders(html: str, user_id: int) -> FoldersPage:
    """Read one page of a user's list of folders.

    Raises:
        PageChanged: neither the owner nor any folder nor an (empty) list of them is on the page.
    """
    page = parse(html)
    owner = _owner(page)
    cells = page.css("td.blk_favorites a[href*='folderid=']")
    links = cells or page.css("a[href*='showfavorites.php'][href*='folderid=']")
    names: dict[int, str] = {}
    for link in _few([link.root for link in links]):
        href = attribute(link, "href")
        folder = query_id(href, "folderid")
        if folder and query_id(href, "userid") in {user_id, None}:
            names[folder] = names.get(folder) or name(text(link)) or ""
    if not names and owner is None and not _has_favorites_landmark(page):
        raise PageChanged("no owner, no folder and no list of folders on it")
    return FoldersPage(owner, tuple(Folder(folder, called) for folder, called in names.items()))


def read_folder(html: str) -> FolderPage:
    """Read one page of a folder: what it holds, and the images that it lists.

    Raises:
        PageChanged: no landmark of a folder is on the page.
    """
    page = parse(html)
    if page.css("tr[id^='gid-']") or page.xpath(_GALLERY_HEADER):
        return FolderPage(FolderKind.GALLERIES, ())
    images: dict[int, Listed] = {}
    for image, cell in _image_cells(page):
        if image not in images:
            images[image] = Listed(image, _listed_name(cell))
    if not images and _owner(page) is None and not _has_favorites_landmark(page):
        raise PageChanged("no image, no header and no pager of a folder on it")
    return FolderPage(FolderKind.PICTURES, tuple(images.values()))


def is_list(html: str) -> bool:
    """Whether a page has the landmarks of a profile, of a list of folders, or of a folder."""
    readers: tuple[Callable[[], object], ...] = (
        lambda: read_profile(html),
        lambda: read_folders(html, 0),
        lambda: read_folder(html),
    )
    for read in readers:
        with suppress(PageChanged):
            if read() is not None:
                return True
    return False


def _few(found: Sequence[Any]) -> Sequence[Any]:
    if len(found) > MOST_IDS:
        raise PageChanged(f"more than {MOST_IDS:,} entries on it")
    return found


def _owner(page: Selector) -> str | None:
    """The owner's name from the link to the profile, whole: it may hold a bare `&`.

    A `+` is a space in a query, and none in a path, unless the link's own text says otherwise; so
    is a name read that was escaped twice.
    """
    for selector in ("a.blk_header", "td.blk_header a"):
        for link in page.css(f"{selector}[href*='profile']"):
            written = attribute(link.root, "href")
            found = _PROFILE.search(written)
            if found is None or found.end() == len(written):
                continue
            escaped = written[found.end() :]
            plain, field = unescaped(escaped).strip(), unescaped_field(escaped).strip()
            ways = (field, plain) if found[1] else (plain, field)
            said = text(link.root)
            as_said = (way for way in (*ways, unescaped_field(plain)) if way == said)
            return name(next(as_said, ways[0]))
    return None


def _has_favorites_landmark(page: Selector) -> bool:
    marks = "#tgl_all, a.blk_favorites, td.blk_favorites, font.blk_favorites, td.blk_favorites_hdr"
    return bool(page.css(marks))


def _image_cells(page: Selector) -> Iterator[tuple[int, Any]]:
    """Ids of a folder page with the cell of each: by cell, else by the link's name."""
    cells = [cell.root for cell in page.css("[id^='img-']")]
    for cell in _few(cells):
        if image := number(attribute(cell, "id").removeprefix("img-")):
            yield image, cell
    if cells:
        return
    links = _few([link.root for link in page.css(_LINK)])
    held = Counter(table for link in links for table in _TABLES(link))
    for link in links:
        if image := number(attribute(link, "name")):
            # A table with one image is that image's, and so are its texts.
            own = [table for table in _OWN_TABLE(link) if held[table] == 1]
            yield image, own[0] if own else link


def _listed_name(cell: Any) -> str | None:
    """The name under a thumbnail: the text before `WxH`; None if it is cut with dots.

    The last such pair counts: a name, too, may look like a size. A cell that was never closed
    holds those after it, and their names: it has none of its own then.
    """
    if _HOLDS_A_CELL(cell):
        return None
    texts = [text(font) for font in _FONTS(cell)]
    for before, size in reversed(list(pairwise(texts))):
        if _SIZE.fullmatch(size):
            return None if before.endswith(("..", "…")) else name(before)
    return None
