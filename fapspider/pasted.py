"""Addresses that a person copied from a browser, in place of a name or a number."""

import html
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from fapspider.addresses import unescaped, unescaped_field
from fapspider.site import is_real

_AROUND = " \t\r\n<>\"'"
_HOST_FIRST = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,24}/")
_NUMBER = re.compile(r"[0-9]{1,19}")
_OF_A_USER = ("/profile.php", "/usergallery.php", "/showfavorites.php")


@dataclass(frozen=True, slots=True)
class Pasted:
    """What an address says: whose page it is, and which folder of theirs."""

    host: str
    user: str | None
    user_id: int | None
    folder: int | None = None


def looks_like_address(text: str) -> bool:
    """Whether a text is meant as an address: no name of the site has such a form."""
    text = text.strip(_AROUND).lower()
    is_page = any(page in text for page in ("/profile/", *(f"{page}?" for page in _OF_A_USER)))
    return "://" in text or text.startswith("//") or is_page or _begins_with_host(text)


def read_address(text: str) -> Pasted | None:
    """Read the address of a profile, of favorites, or of one folder of them.

    Scheme, host, the order of what is in the query, and what follows `#` don't matter.

    Returns:
        What it says; None for an address that says nothing of a user.
    """
    text = html.unescape(text.strip(_AROUND))
    whole = text if "://" in text else f"https://{text.removeprefix('//')}"
    try:
        parts = urlsplit(whole)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return None
    path = parts.path.rstrip("/")
    if path.lower().startswith("/profile/"):
        name = unescaped(path.split("/")[2])
        return Pasted(host, name, None) if name.strip() else None
    if path.lower() not in _OF_A_USER:
        return None
    query = _fields(parts.query)
    number = _number(query.get("userid", ""))
    user = query.get("user", "").strip()
    if number is None and not user:
        return None
    is_favorites = path.lower() == "/showfavorites.php"
    folder = _number(query.get("folderid", "")) if is_favorites else None
    return Pasted(host, None if number else user, number, folder)


def _begins_with_host(text: str) -> bool:
    host, slash, _ = text.partition("/")
    return is_real(host.partition(":")[0]) or bool(slash and _HOST_FIRST.match(text))


def _fields(query: str) -> dict[str, str]:
    """What is in a query; of one that comes twice the first."""
    found: dict[str, str] = {}
    for field in query.replace(";", "&").split("&"):
        key, _, value = field.partition("=")
        found.setdefault(unescaped_field(key).lower(), unescaped_field(value))
    return found


def _number(text: str) -> int | None:
    number = int(text) if _NUMBER.fullmatch(text) else 0
    return number if 0 < number < 2**63 else None
