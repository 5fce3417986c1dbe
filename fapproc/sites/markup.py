"""HTML of a site, parsed within limits, and the small things that all readers ask of it.

The parser stops in silence where tags are nested 2,048 deep, and takes time in the square of the
attributes that one tag has (libxml2 2.14). So a page is looked at before and after: what is beyond
any page of a site is an error, never a page that is shorter than it was.
"""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from lxml.etree import XPath
from parsel import Selector

from fapproc.sites.pages import PageChanged

MOST_BYTES = 4 * 1024 * 1024
"""The largest page that is read; those of the site have some 100 kB."""
MOST_TAGS = 100_000
"""A list of 1,000 images has about 25,000."""
MOST_ATTRIBUTES = 100
"""Those of the site have up to ten; 4 MiB of tags with 480 each took a second to parse."""
MOST_DEPTH = 256
LONGEST_NAME = 1_000
"""Characters; the site takes some hundred."""
_LONG_TAG = 200  # characters; a shorter one can't have so many attributes

_LONGEST_ADDRESS = 8_192
_MAX_ID = 2**63 - 1
# One tag, as a browser finds its end: `>` counts outside of quoted values only.
_TAG = re.compile(r"""<[a-zA-Z](?:[^>=]++|=\s*"[^"]*"|=\s*'[^']*'|=)*+""")
_QUOTED = re.compile(r"""=\s*(?:"[^"]*"|'[^']*')""")
_BETWEEN_ATTRIBUTES = re.compile(r"[\s/\"']+")
_NUMBER = re.compile(r"[0-9]{1,19}")
_TEXT = XPath("string()")
_IS_TOO_DEEP = XPath(f"boolean({'/*' * (MOST_DEPTH + 1)})")


def parse(html: str) -> Selector:
    """Parse a page, in time that goes with its length.

    Raises:
        PageChanged: it is larger, fuller or deeper than any page of the site.
    """
    if len(html) > MOST_BYTES:
        raise PageChanged(f"more than {MOST_BYTES:,} characters on it")
    if html.count("<") > MOST_TAGS:
        raise PageChanged(f"more than {MOST_TAGS:,} tags on it")
    for tag in _TAG.finditer(html):
        if tag.end() - tag.start() > _LONG_TAG and _attributes(tag[0]) > MOST_ATTRIBUTES:
            raise PageChanged(f"a tag of more than {MOST_ATTRIBUTES} attributes on it")
    # Left to guess, the parser takes a page that is JSON for JSON.
    page = Selector(html, type="html")
    if _IS_TOO_DEEP(page.root):
        raise PageChanged(f"tags nested more than {MOST_DEPTH} deep on it")
    return page


def attribute(node: Any, name: str) -> str:
    """An attribute of a node, empty where there is none; `attrib` fails on odd names of others."""
    return str(node.get(name, ""))


def text(node: Any) -> str:
    """All text of a node, without white space around it."""
    return str(_TEXT(node)).strip()


def name(written: str) -> str | None:
    """A name without white space around it, None for none; one without measure is cut."""
    return written.strip()[:LONGEST_NAME] or None


def number(digits: str) -> int | None:
    """A positive number that the database can hold."""
    found = int(digits) if _NUMBER.fullmatch(digits) else 0
    return found if 0 < found <= _MAX_ID else None


def query_id(url: str, key: str) -> int | None:
    """The positive number that a query parameter holds; None also where the address is none."""
    if len(url) > _LONGEST_ADDRESS:
        return None
    try:
        values = parse_qs(urlsplit(url).query).get(key, [])
    except ValueError:
        return None
    return number(values[0]) if values else None


def _attributes(tag: str) -> int:
    return len(_BETWEEN_ATTRIBUTES.findall(_QUOTED.sub(" ", tag)))
