"""The page of one image: its name, and where its full-size file and those of others are."""

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from lxml.etree import XPath

from fapproc.sites.addresses import joined
from fapproc.sites.markup import name, number, parse
from fapproc.sites.pages import PageChanged, PageGone, PhotoPage

MOST_NEIGHBOURS = 200
"""A page of the site has 24."""
_MOST_WRITTEN = 100  # places that may say where the main picture is
_FULL_SIZE = "images/full/"
# Photo pages are most of a crawl: paths that are compiled once, on lxml's own nodes, read them in a
# third of the time that selectors take.
_TITLE = XPath("//title/text()")
_DESCRIPTION = XPath("//meta[@name='description']/@content")
_BASE = XPath("string(//base/@href)")
_WINDOW = XPath(
    "//*[self::a or self::input]"
    "[@imageid or contains(@href, 'images/full/') or contains(@original, 'images/full/')]"
)
_DATA = XPath("//script[@type='application/ld+json']/text()")
_MAIN = XPath("//*[@id='mainPhoto' or @itemprop='contentUrl']")
_WRITTEN = XPath("@data-src|@src|@content|@href")
_PHOTO_LANDMARK = XPath("//*[@id='_navi_cavi' or @id='imageid_input' or @id='mainPhoto']")
_PICTURE_OF = re.compile(r"\bPorn Pic\b")
_UPLOADED = re.compile(r"\buploaded by\b")
_PICTURE_NUMBER = re.compile(r"\(Picture [0-9]+\)")
_NAMELESS = re.compile(r"\s*\(Picture [0-9]+\) uploaded by\s+on ImageFap")


def read_photo(html: str, image: int, url: str = "") -> PhotoPage:
    """Read the page of one image, which has this address; without it links stay as they are.

    Names, the first that is there: meta description, title. Addresses, in this order: `href`
    beside `framed`, `original`, JSON-LD, the main picture; the first two are the clean copy, the
    others may carry a frame since 2023. A page carries up to 24 neighbours: only what belongs to
    this id counts.

    Raises:
        PageGone: the page says that there is no such image.
        PageChanged: no name, no address and no landmark of a photo is on the page.
    """
    page = parse(html).root
    window = _WINDOW(page)
    base = joined(_BASE(page), url)
    found = dict.fromkeys(_full_size_links(page, window, image))
    links = tuple(dict.fromkeys(joined(link, base) for link in found))
    title = " ".join(_TITLE(page))
    if not links and ("you are trying to access does not exist" in html or _is_nameless(title)):
        raise PageGone("the site says that there is no such image")
    called = _described_name(page) or _titled_name(title)
    if not links and called is None and not _PHOTO_LANDMARK(page):
        raise PageChanged("no name, no address and no window of a photo on it")
    others = islice(_others(window, image), MOST_NEIGHBOURS)
    return PhotoPage(called, links, {other: joined(link, base) for other, link in others})


def _described_name(page: Any) -> str | None:
    for text in _DESCRIPTION(page):
        found = _between(text, "View this hot ", " porn pic uploaded by")
        if found and found.strip():
            return name(found)
    return None


def _titled_name(title: str) -> str | None:
    """The name in the title, in the forms of 2025 and 2021; greedy, as names may hold the words."""
    end = _last(_PICTURE_OF, title)
    if end < 0:
        uploaded = title.rfind(" uploaded by")
        end = title.rfind(" in gallery ", 0, uploaded) if uploaded > 0 else -1
    if end < 0:
        end = _last(_UPLOADED, title)
    if end < 0:
        return None
    found = title[:end].rstrip()
    numbered = found.rfind("(Picture ")
    if numbered >= 0 and _PICTURE_NUMBER.fullmatch(found, numbered):
        found = found[:numbered]
    return name(found)


def _between(text: str, start: str, end: str) -> str | None:
    """What is between the first of one and the last of the other, as names may hold both."""
    at = text.find(start)
    to = text.rfind(end)
    return text[at + len(start) : to] if 0 <= at <= to - len(start) else None


def _last(words: re.Pattern[str], text: str) -> int:
    """Where the words begin for the last time; -1 where they don't."""
    return max((found.start() for found in words.finditer(text)), default=-1)


def _is_nameless(title: str) -> bool:
    """Whether the title is that of a removed image: a picture of nothing, uploaded by nobody."""
    return _NAMELESS.match(title) is not None


def _full_size_links(page: Any, window: list[Any], image: int) -> Iterator[str]:
    anchors = [link for link in window if _belongs(link, image)]
    yield from _clean_copies(anchors)
    yield from (href for link in anchors if _is_full_size(href := link.get("href", "")))
    for text in _DATA(page):
        yield from (link for link in _content_urls(text) if _names(link, image))
    main = _MAIN(page)[:_MOST_WRITTEN]
    written = [text for node in main for text in _WRITTEN(node)]
    written += [node.text or "" for node in main]
    yield from (link for text in written if _names(link := text.strip(), image))


def _clean_copies(anchors: list[Any]) -> Iterator[str]:
    """Addresses of the picture without a frame: `href` beside `framed`, then `original`."""
    for attribute, needed in (("href", "framed"), ("original", "original")):
        for link in anchors:
            if link.get(needed) and _is_full_size(address := link.get(attribute, "")):
                yield address


def _others(window: list[Any], image: int) -> Iterator[tuple[int, str]]:
    """Clean copies of other images; both the number beside an address and in it must agree."""
    seen = {image}
    for link in window:
        other = number(link.get("imageid", "").strip())
        if other and other not in seen:
            address = next(_clean_copies([link]), "")
            if _names(address, other):
                seen.add(other)
                yield other, address


def _belongs(link: Any, image: int) -> bool:
    """Whether a link of the window is that of this image: by its number, else by its file name."""
    if of := link.get("imageid", "").strip():
        return bool(of == str(image))
    return any(_names(link.get(key, ""), image) for key in ("href", "original"))


def _is_full_size(url: str) -> bool:
    return _FULL_SIZE in url


def _names(url: str, image: int) -> bool:
    """Whether an address is that of this image's full-size file, which carries its number."""
    path = url.partition("#")[0].partition("?")[0]
    folder, slash, file = path.rpartition("/")
    digits, dot, _ = file.partition(".")
    return bool(slash and dot) and _FULL_SIZE in folder + slash and digits == str(image)


def _content_urls(text: str) -> Iterator[str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return
    for entry in found if isinstance(found, list) else [found]:
        if isinstance(entry, dict) and isinstance(entry.get("contentUrl"), str):
            yield entry["contentUrl"]
