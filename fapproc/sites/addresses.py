"""Addresses as pages of a site write them: read and joined by one set of rules. Values only."""

import re
from urllib.parse import urljoin

from fapproc.sites.charset import as_text

_NOT_SENT = re.compile(r"[\t\n\r]+")
_OUTSIDE = "".join(map(chr, range(0x21)))  # a browser takes no notice of it around an address
_ESCAPED = re.compile(r"(?:%[0-9a-fA-F]{2})+")


def joined(link: str, page: str) -> str:
    """The address that a link on a page leads to, as a browser reads it.

    Args:
        link: what the page says: whole, without the scheme, from the root, or relative.
        page: the page's own address, or its `<base>`.

    Returns:
        The whole address; what is no address is returned as it is, for `Site` to refuse.
    """
    link = _NOT_SENT.sub("", link.strip(_OUTSIDE))
    try:
        return urljoin(page, link)
    except ValueError:
        return link


def unescaped(text: str) -> str:
    """Text of an address, its escaped bytes as UTF-8, or as what old pages have instead.

    `%FC` alone is no UTF-8: it is what a page in Windows-1252 wrote for an ü.
    """
    return _ESCAPED.sub(lambda found: as_text(bytes.fromhex(found[0].replace("%", ""))), text)


def unescaped_field(text: str) -> str:
    """Text of a field of a query: `+` stands for a space there, and in no other part."""
    return unescaped(text.replace("+", " "))
