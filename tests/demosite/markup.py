"""The ways the site writes its pages: one dataclass of switches, and the named variants."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass

REAL = "https://www.imagefap.com"
REAL_CDN = "https://cdn.imagefap.com"

Attributes = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Markup:
    """Switches; the defaults are the markup that satisfies every known tool."""

    class_quote: str = "'"
    quote: str = '"'
    oneline: bool = False
    amp: bool = False
    """`&amp;` instead of a bare `&` in addresses."""
    href_first: bool = False
    broken_class: bool = False
    """Folder links carry `class'blk_galleries'`, without the equals sign."""
    addresses: tuple[str, ...] = ("href", "framed", "original")
    """Which addresses an entry of the photo page's window has, in order."""
    lists_itself: bool = True
    """Whether the window of a photo page holds the photo itself."""
    old_main: bool = False
    """The main picture is the clean full-size file, as before mid-2023, in `src`."""
    side_list: bool = False
    """Folder pages list all folders of the owner, the selected one in bold."""
    old_title: bool = False
    """No meta description, the name only in a title of the older form."""
    tgl_all: bool = True
    """The hidden list of folder ids."""
    neighbours: bool = True
    """Whether the window of a photo page holds other photos."""

    @property
    def has_full_size(self) -> bool:
        """Whether photo pages give the address of the clean full-size file at all."""
        in_window = self.lists_itself and bool({"href", "original"} & set(self.addresses))
        return in_window or self.old_main


MARKUPS: dict[str, Markup] = {
    "plain": Markup(),
    "single-quotes": Markup(quote="'"),
    "double-quotes": Markup(class_quote='"'),
    "oneline": Markup(oneline=True),
    "amp": Markup(amp=True),
    "href-first": Markup(href_first=True),
    "malformed": Markup(href_first=True, broken_class=True),
    "original-only": Markup(addresses=("original",)),
    "href-only": Markup(addresses=("href", "framed")),
    "original-first": Markup(addresses=("original", "href", "framed")),
    "framed-only-main": Markup(lists_itself=False),
    "old-main": Markup(lists_itself=False, old_main=True),
    "list-bold": Markup(side_list=True),
    "old-title": Markup(old_title=True),
    "no-tgl": Markup(tgl_all=False),
    "no-neighbours": Markup(neighbours=False),
}


def escape(text: str) -> str:
    """Text as it stands in a page."""
    return html.escape(text, quote=True)


def link(markup: Markup, address: str) -> str:
    """An address as it stands in an attribute."""
    return escape(address) if markup.amp else address


def tag(markup: Markup, name: str, attributes: Attributes, inner: str | None = None) -> str:
    """An element whose attribute values are already escaped; without `inner`, an open tag."""
    parts = [name]
    for key, value in attributes:
        quote = markup.class_quote if key == "class" else markup.quote
        parts.append(f"{key}={quote}{value}{quote}")
    opened = f"<{' '.join(parts)}>"
    return opened if inner is None else f"{opened}{inner}</{name}>"


def block_link(markup: Markup, css: str, address: str, inner: str, style: str) -> str:
    """A link of the site's block style: class, address, style, in the order of the variant."""
    href, look = ("href", link(markup, address)), ("style", style)
    if markup.broken_class and css == "blk_galleries":
        return f"{tag(markup, 'a', [href])[:-1]} class'{css}'>{inner}</a>"
    first = [href, ("class", css)] if markup.href_first else [("class", css), href]
    return tag(markup, "a", [*first, look], inner)


def document(markup: Markup, title: str, lines: Iterable[str], head: Iterable[str] = ()) -> str:
    """A whole page of lines; the title is already escaped."""
    top = ["<!DOCTYPE html>", "<html><head>", '<meta charset="utf-8">', f"<title>{title}</title>"]
    whole = [*top, *head, "</head><body>", *lines, "</body></html>", ""]
    return ("" if markup.oneline else "\n").join(whole)
