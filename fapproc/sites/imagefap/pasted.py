"""Addresses of the site's pages as a person copies them from a browser."""

from fapproc.sites.addresses import unescaped
from fapproc.sites.pasted import fields, host_of, number, parts_of
from fapproc.sites.site import Pasted

_OF_A_USER = ("/profile.php", "/usergallery.php", "/showfavorites.php")


def looks_pasted(text: str) -> bool:
    """Whether a text holds a page of the site, with or without a host before it."""
    text = text.lower()
    return any(page in text for page in ("/profile/", *(f"{page}?" for page in _OF_A_USER)))


def read_pasted(text: str) -> Pasted | None:
    """Read the address of a profile, of favorites, or of one folder of them.

    Scheme, host, the order of what is in the query, and what follows `#` don't matter.

    Returns:
        What it says; None for an address that says nothing of a user.
    """
    if (parts := parts_of(text)) is None:
        return None
    host, path = host_of(parts), parts.path.rstrip("/")
    if path.lower().startswith("/profile/"):
        name = unescaped(path.split("/")[2])
        return Pasted(host, name, None) if name.strip() else None
    if path.lower() not in _OF_A_USER:
        return None
    query = fields(parts.query)
    user_id = number(query.get("userid", ""))
    user = query.get("user", "").strip()
    if user_id is None and not user:
        return None
    is_favorites = path.lower() == "/showfavorites.php"
    folder = number(query.get("folderid", "")) if is_favorites else None
    return Pasted(host, None if user_id else user, user_id, folder)
