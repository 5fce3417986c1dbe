"""Pages of the site: text in, values out. No Scrapy, no requests, no files.

Each reader knows its page by landmarks; a page without them is an error that names what is
missing, never an empty list. Where sources of the markup disagree (attribute order, quotes,
`class'x'` without `=`, one line or several), a parser of HTML makes them one.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from lxml.etree import XPath
from parsel import Selector

from fapproc.errors import SiteError
from fapproc.model import Folder, FolderKind, Listed

_MAX_ID = 2**63 - 1
_FULL_SIZE = re.compile(r"[^?#]*/images/full/(?:[^?#]*/)?([0-9]+)\.[^/?#]*(?:[?#]|$)")
_NAMED_LINKS = "a[name][href*='/photo/']"
# Photo pages are most of a crawl: paths that are compiled once, on lxml's own nodes, read them in a
# third of the time that selectors take.
_TITLE = XPath("//title/text()")
_DESCRIPTION = XPath("//meta[@name='description']/@content")
_WINDOW = XPath(
    "//*[self::a or self::input]"
    "[@imageid or contains(@href, '/images/full/') or contains(@original, '/images/full/')]"
)
_DATA = XPath("//script[@type='application/ld+json']/text()")
_MAIN = XPath("//*[@id='mainPhoto' or @itemprop='contentUrl']")
_WRITTEN = XPath("@data-src|@src|@content|@href")
_TEXTS = XPath("descendant-or-self::text()")
_PHOTO_LANDMARK = XPath("//*[@id='_navi_cavi' or @id='imageid_input' or @id='mainPhoto']")


class PageChanged(SiteError):
    """A page has none of the landmarks that it is known by."""


class PageGone(SiteError):
    """The page says that what it was for does not exist."""


@dataclass(frozen=True, slots=True)
class FoldersPage:
    """One page of a user's list of folders; `owner` in the site's own spelling."""

    owner: str | None
    folders: tuple[Folder, ...]


@dataclass(frozen=True, slots=True)
class FolderPage:
    """One page of one folder; `images` in the page's order, without repeats."""

    kind: FolderKind
    images: tuple[Listed, ...]


@dataclass(frozen=True, slots=True)
class PhotoPage:
    """The page of one image: its name, and addresses of its full-size file, the best first."""

    name: str | None
    links: tuple[str, ...]
    others: Mapping[int, str] = field(default_factory=dict)
    """Addresses of the clean copies of other images that the page carries, by their ids."""


def read_profile(html: str) -> int | None:
    """Read a user's profile page; return the user's id, or None where the page names none.

    The id counts only if the page's own favorites link is there exactly once: other users may be
    linked too.
    """
    links = _parse(html).css("a.blk_header[href*='showfavorites.php']::attr(href)").getall()
    found = {number for link in links if (number := _query_id(link, "userid"))}
    return found.pop() if len(found) == 1 else None


def read_folders(html: str, user_id: int) -> FoldersPage:
    """Read one page of a user's list of folders.

    Raises:
        PageChanged: neither the owner nor any folder nor an (empty) list of them is on the page.
    """
    page = _parse(html)
    owner = _owner(page)
    cells = page.css("td.blk_favorites a[href*='folderid=']")
    links = cells or page.css("a[href*='showfavorites.php'][href*='folderid=']")
    names: dict[int, str] = {}
    for link in links:
        href = _attribute(link, "href")
        folder = _query_id(href, "folderid")
        if folder and _query_id(href, "userid") in {user_id, None}:
            names[folder] = names.get(folder) or _text(link)
    if not names and owner is None and not _has_favorites_landmark(page):
        raise PageChanged("no owner, no folder and no list of folders on it")
    return FoldersPage(owner, tuple(Folder(number, name) for number, name in names.items()))


def read_folder(html: str) -> FolderPage:
    """Read one page of a folder: what it holds, and the images that it lists.

    Raises:
        PageChanged: no landmark of a folder is on the page.
    """
    page = _parse(html)
    header = " ".join(page.css("td.blk_favorites_hdr ::text").getall())
    if page.css("tr[id^='gid-']") or "Gallery Name" in header:
        return FolderPage(FolderKind.GALLERIES, ())
    images: dict[int, Listed] = {}
    for number, cell in _image_cells(page):
        images.setdefault(number, Listed(number, _listed_name(cell)))
    if not images and _owner(page) is None and not _has_favorites_landmark(page):
        raise PageChanged("no image, no header and no pager of a folder on it")
    return FolderPage(FolderKind.PICTURES, tuple(images.values()))


def read_photo(html: str, image: int) -> PhotoPage:
    """Read the page of one image.

    Names, the first that is there: meta description, title. Addresses, in this order: `href`
    beside `framed`, `original`, JSON-LD, the main picture; the first two are the clean copy, the
    others may carry a frame since 2023. A page carries up to 24 neighbours: only what belongs to
    this id counts.

    Raises:
        PageGone: the page says that there is no such image.
        PageChanged: no name, no address and no landmark of a photo is on the page.
    """
    page = _parse(html).root
    window = _WINDOW(page)
    links = tuple(dict.fromkeys(_full_size_links(page, window, image)))
    title = " ".join(_TITLE(page))
    if not links and ("you are trying to access does not exist" in html or _is_nameless(title)):
        raise PageGone("the site says that there is no such image")
    name = _described_name(page) or _titled_name(title)
    if not links and name is None and not _PHOTO_LANDMARK(page):
        raise PageChanged("no name, no address and no window of a photo on it")
    return PhotoPage(name, links, _others(window, image))


def _parse(html: str) -> Selector:
    return Selector(html, type="html")  # left to guess, it takes a page that is JSON for JSON


def _query_id(url: str, key: str) -> int | None:
    """The positive number that a query parameter holds; None also where the address is none."""
    try:
        values = parse_qs(urlsplit(url).query).get(key, [])
    except ValueError:
        return None
    return _number(values[0]) if values else None


def _number(text: str) -> int | None:
    found = int(text) if re.fullmatch(r"[0-9]{1,19}", text) else 0
    return found if 0 < found <= _MAX_ID else None


def _attribute(node: Selector, name: str) -> str:
    """An attribute, empty where there is none; `attrib` fails on odd names of others."""
    return str(node.root.get(name, ""))


def _text(node: Selector) -> str:
    return "".join(node.css("::text").getall()).strip()


def _owner(page: Selector) -> str | None:
    """The owner's name from the link to the profile, whole: it may hold a bare `&`."""
    for selector in ("a.blk_header", "td.blk_header a"):
        for href in page.css(f"{selector}[href*='profile']::attr(href)").getall():
            found = re.search(r"/profile(?:\.php\?user=|/)(.+)", href, re.DOTALL)
            if found:
                return unquote(found[1]).strip()
    return None


def _has_favorites_landmark(page: Selector) -> bool:
    marks = "#tgl_all, a.blk_favorites, td.blk_favorites, font.blk_favorites, td.blk_favorites_hdr"
    return bool(page.css(marks))


def _image_cells(page: Selector) -> Iterator[tuple[int, Selector]]:
    """Ids of a folder page with the cell of each: by cell, else by the link's name."""
    cells = page.css("[id^='img-']")
    for cell in cells:
        if number := _number(_attribute(cell, "id").removeprefix("img-")):
            yield number, cell
    if cells:
        return
    for link in page.css(_NAMED_LINKS):
        if number := _number(_attribute(link, "name")):
            own = [table for table in link.xpath("ancestor::table[1]") if _holds_one(table)]
            yield number, own[0] if own else link


def _holds_one(table: Selector) -> bool:
    """Whether a table is that of one image, and its texts that image's."""
    return len(table.css(_NAMED_LINKS)) == 1


def _listed_name(cell: Selector) -> str | None:
    """The name under a thumbnail: the text before `WxH`; None if it is cut with dots.

    The last such pair counts: a name, too, may look like a size.
    """
    texts = [_text(font) for font in cell.css("font")]
    for before, text in reversed(list(pairwise(texts))):
        if re.fullmatch(r"\d+\s*x\s*\d+", text):
            return None if before.endswith(("..", "…")) else before or None
    return None


def _described_name(page: Any) -> str | None:
    for text in _DESCRIPTION(page):
        found = re.search(r"View this hot (.*) porn pic uploaded by", text, re.DOTALL)
        if found and found[1].strip():
            return found[1].strip()
    return None


def _titled_name(title: str) -> str | None:
    """The name in the title, in the forms of 2025 and 2021; greedy, as names may hold the words."""
    for pattern in (r"(.*)\bPorn Pic\b", r"(.*) in gallery .* uploaded by", r"(.*)\buploaded by"):
        found = re.match(pattern, title, re.DOTALL)
        if found:
            name = re.sub(r"\(Picture \d+\)\s*$", "", found[1]).strip()
            return name or None
    return None


def _is_nameless(title: str) -> bool:
    """Whether the title is that of a removed image: a picture of nothing, uploaded by nobody."""
    return re.search(r"^\s*\(Picture \d+\) uploaded by\s+on ImageFap", title) is not None


def _full_size_links(page: Any, window: list[Any], image: int) -> Iterator[str]:
    anchors = [link for link in window if _belongs(link, image)]
    yield from _clean_copies(anchors)
    yield from (href for link in anchors if _is_full_size(href := link.get("href", "")))
    for text in _DATA(page):
        yield from (link for link in _content_urls(text) if _names(link, image))
    main = _MAIN(page)
    written = [text.strip() for path in (_WRITTEN, _TEXTS) for node in main for text in path(node)]
    yield from (candidate for candidate in written if _names(candidate, image))


def _clean_copies(anchors: list[Any]) -> Iterator[str]:
    """Addresses of the picture without a frame: `href` beside `framed`, then `original`."""
    for attribute, needed in (("href", "framed"), ("original", "original")):
        for link in anchors:
            if link.get(needed) and _is_full_size(address := link.get(attribute, "")):
                yield address


def _others(window: list[Any], image: int) -> dict[int, str]:
    """Clean copies of other images; both the number beside an address and in it must agree."""
    found: dict[int, str] = {}
    for link in window:
        number = _number(link.get("imageid", "").strip())
        if number and number != image:
            address = next(_clean_copies([link]), "")
            if _names(address, number):
                found.setdefault(number, address)
    return found


def _belongs(link: Any, image: int) -> bool:
    """Whether a link of the window is that of this image: by its number, else by its file name."""
    if number := link.get("imageid", "").strip():
        return bool(number == str(image))
    return any(_names(link.get(key, ""), image) for key in ("href", "original"))


def _is_full_size(url: str) -> bool:
    return "/images/full/" in url


def _names(url: str, image: int) -> bool:
    """Whether an address is that of this image's full-size file, which carries its number."""
    found = _FULL_SIZE.match(url)
    return found is not None and found[1] == str(image)


def _content_urls(text: str) -> Iterator[str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return
    for entry in found if isinstance(found, list) else [found]:
        if isinstance(entry, dict) and isinstance(entry.get("contentUrl"), str):
            yield entry["contentUrl"]
