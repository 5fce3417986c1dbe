"""`cookies.txt` as browsers' extensions really write it: text in, cookies out.

The Netscape format has seven fields between tabs: domain, whether subdomains are meant, path,
whether https alone, when it ends, name, value. Exports have a byte order mark, no header, spaces in
place of tabs, no value, 'Session' for a date, or a flag that contradicts the domain's dot. So each
line is read for itself, and one that can't be is counted.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from http.cookiejar import Cookie

from w3lib.encoding import read_bom

from fapproc.sites.charset import as_text

_HTTP_ONLY = "#HttpOnly_"
_TRUE, _FALSE = "TRUE", "FALSE"
_FIELDS = 7
_END_OF_LINE = re.compile(r"\r\n?|\n")  # and no other sign: a value may hold them
_LATEST = 1 << 40  # seconds; what is later was given in smaller units, and never ends


@dataclass(frozen=True, slots=True)
class Export:
    """What a file holds: its cookies, and how many of its lines are none."""

    cookies: tuple[Cookie, ...]
    bad: int


def read_export(data: bytes) -> Export:
    """Read a whole file."""
    codec, mark = read_bom(data)
    is_wide = codec is not None and mark is not None and codec != "utf-8"
    text = data.decode(codec or "utf-8", "replace") if is_wide else as_text(data)
    cookies: dict[tuple[str, str, str], Cookie] = {}
    bad = 0
    for line in _END_OF_LINE.split(text.lstrip("\ufeff")):
        bare = line.strip("\r\n ").removeprefix(_HTTP_ONLY)
        if not bare.strip() or bare.startswith("#"):
            continue
        cookie = _cookie(bare)
        if cookie is None:
            bad += 1
        else:
            cookies[cookie.domain, cookie.path, cookie.name] = cookie
    return Export(tuple(cookies.values()), bad)


def _cookie(line: str) -> Cookie | None:
    fields = line.split("\t") if "\t" in line else line.split(None, _FIELDS - 1)
    fields = [field.strip() for field in fields]
    if len(fields) == _FIELDS - 1:
        # Either the value is empty and its tab was cut off, or there is no date.
        fields = [*fields, ""] if _is_date(fields[4]) else [*fields[:4], "", *fields[4:]]
    if len(fields) != _FIELDS:
        return None
    domain, below, path, secure, ends, name, value = fields
    below, secure = below.upper(), secure.upper()
    host = domain.removeprefix(".").casefold()
    flags_known = {below, secure} <= {_TRUE, _FALSE}
    sendable = name + value
    if not (host and flags_known and name and sendable.isprintable()) or " " in host:
        return None
    is_address = not any(letter.isalpha() for letter in host)
    is_domain = not is_address and (domain.startswith(".") or below == _TRUE)
    expires = _date(ends)
    return Cookie(
        version=0,
        name=name,
        value=value,
        port=None,
        port_specified=False,
        domain=f".{host}" if is_domain else host,
        domain_specified=is_domain,
        domain_initial_dot=is_domain,
        path=path if path.startswith("/") else "/",
        path_specified=True,
        secure=secure == _TRUE,
        expires=expires,
        discard=expires is None,
        comment=None,
        comment_url=None,
        rest={},
    )


def _is_date(text: str) -> bool:
    number = text.removeprefix("-").replace(".", "", 1)
    return text.casefold() in {"", "session"} or (number.isascii() and number.isdigit())


def _date(text: str) -> int | None:
    """When a cookie ends; None for one of a session, and for what is no date."""
    with suppress(ValueError):
        seconds = float(text)
        return int(seconds) if 0 < seconds < _LATEST else None
    return None
