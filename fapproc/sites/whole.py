"""Whether a page is there to its end."""

import re
from collections import Counter

from fapproc.sites.markup import MOST_TAGS

_BEGINS = re.compile(r"<html\b", re.IGNORECASE)
_ENDS = re.compile(r"</(?:html|body)\b", re.IGNORECASE)
_NEEDS_AN_END = re.compile(
    r"<(/?)(table|ul|ol|div|form|select|script|style|title|a)\b", re.IGNORECASE
)


def is_cut_off(html: str) -> bool:
    """Whether a page begins as one and ends in its middle; the site has sent such pages.

    A page is whole if it says its end, whatever follows that, or if nothing that it opened is left
    open: `</html>` may be left out.
    """
    if not _BEGINS.search(html[:1000]) or _ENDS.search(html) or html.count("<") > MOST_TAGS:
        return False  # one with so many is no page, whole or not
    if html.rfind("<") > html.rfind(">"):
        return True
    open_: Counter[str] = Counter()
    for tag in _NEEDS_AN_END.finditer(html):
        open_[tag[2].lower()] += -1 if tag[1] else 1
    return any(count > 0 for count in open_.values())
