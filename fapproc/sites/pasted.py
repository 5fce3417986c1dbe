"""Addresses that a person copied from a browser, in place of a name or a number."""

import html
import re
from collections.abc import Callable, Iterable
from urllib.parse import SplitResult, urlsplit

from fapproc.sites.addresses import unescaped_field

_AROUND = " \t\r\n<>\"'"
_HOST_FIRST = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}/")
_NUMBER = re.compile(r"[0-9]{1,19}")


def is_address(text: str, hosts: Iterable[Callable[[str], bool]]) -> bool:
    """Whether a text is meant as an address, of whichever site.

    Args:
        text: what was typed.
        hosts: of each site, whether a host is its own.
    """
    text = text.strip(_AROUND).lower()
    host, slash, _ = text.partition("/")
    is_host = any(has(host.partition(":")[0]) for has in hosts)
    names_host = is_host or bool(slash and _HOST_FIRST.match(text))
    return "://" in text or text.startswith("//") or names_host


def parts_of(text: str) -> SplitResult | None:
    """The parts of an address, which may lack its scheme; None where it can't be read."""
    text = html.unescape(text.strip(_AROUND))
    whole = text if "://" in text else f"https://{text.removeprefix('//')}"
    try:
        parts = urlsplit(whole)
        _ = parts.hostname
    except ValueError:
        return None
    return parts


def host_of(parts: SplitResult) -> str:
    """The host, empty where there is none."""
    return (parts.hostname or "").rstrip(".")


def fields(query: str) -> dict[str, str]:
    """What is in a query; of one that comes twice the first."""
    found: dict[str, str] = {}
    for field in query.replace(";", "&").split("&"):
        key, _, value = field.partition("=")
        found.setdefault(unescaped_field(key).lower(), unescaped_field(value))
    return found


def number(text: str) -> int | None:
    """A positive number that the database can hold."""
    found = int(text) if _NUMBER.fullmatch(text) else 0
    return found if 0 < found < 2**63 else None
