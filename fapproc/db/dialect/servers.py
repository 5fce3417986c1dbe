"""What may be the URL of a database on a server: it names one host, no password and no file.

An archive that one was given says it, so it must not let this program read files or connect without
a check. Nothing here loads a driver.
"""

import re
from ipaddress import ip_address
from pathlib import PurePosixPath

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from fapproc.errors import UsageProblem

FORM = "postgresql+psycopg://USER@HOST/NAME"
_OPTIONS = frozenset({"host", "sslmode", "sslrootcert"})
"""None names a file: of `sslkey` libpq loads what may be a library and runs it."""
_CHECKED = "verify-full"
_SYSTEM = "system"
_HOST = re.compile(r"[\w.:%-]+")
_SOCKET = re.compile(r"/[^,\0]*")
"""libpq would try the hosts of a list in turn, and this computer's socket be checked for all."""


def scheme(url: str) -> str:
    """What stands before `://`; nothing where that is missing."""
    before, mark, _ = url.partition("://")
    return before if mark else ""


def parsed(url: str) -> URL:
    """The parts of a URL.

    Raises:
        UsageProblem: it holds a password, lacks a host or a name, has several hosts, an option that
            is none of ours, or lets a connection to another computer go unchecked.
    """
    try:
        found = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise UsageProblem(f"This is no URL of a database: give {FORM}.") from error
    if found.password is not None or found.query.keys() & {"password", "passfile"}:
        raise UsageProblem(
            "The URL of a database may hold no password, as it is written into archive.json and "
            "shown in messages. Put the password into ~/.pgpass, or name another such file in "
            "PGPASSFILE."
        )
    if strange := sorted(found.query.keys() - _OPTIONS):
        raise UsageProblem(
            f"The URL of a database takes no {strange[0]}, only {', '.join(sorted(_OPTIONS))}."
        )
    if not _host(found) or not found.database:
        raise UsageProblem(
            f"{url} names no {'database' if _host(found) else 'host'}: give {FORM}. For a socket "
            "of this computer give postgresql+psycopg:///NAME?host=/FOLDER."
        )
    if not _is_one_host(found):
        raise UsageProblem(f"{url} must name one host, or the folder of one socket: give {FORM}.")
    if found.query.get("sslrootcert", _SYSTEM) != _SYSTEM:
        raise UsageProblem(
            f"The URL of a database names no file: sslrootcert can only be {_SYSTEM}. Put the "
            "issuer's certificate into ~/.postgresql/root.crt, or name its file in PGSSLROOTCERT."
        )
    if not is_near(found) and found.query.get("sslmode", _CHECKED) != _CHECKED:
        raise UsageProblem(
            f"{_host(found)} is another computer: its connection must be encrypted and its name "
            f"checked, so sslmode can only be {_CHECKED} (which it is if you leave it out)."
        )
    return found


def parameters(url: URL) -> dict[str, str | int]:
    """What a URL says, by the names of libpq."""
    said: dict[str, str | int] = {key: str(value) for key, value in url.query.items()}
    said |= {"host": _host(url), "dbname": str(url.database)}
    if url.username:
        said["user"] = url.username
    if url.port:
        said["port"] = url.port
    if not is_near(url):
        said["sslmode"] = _CHECKED
    return said


def is_near(url: URL) -> bool:
    """Whether it is on this computer: a socket, or a loopback address."""
    host = _host(url)
    if PurePosixPath(host).is_absolute() or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_one_host(url: URL) -> bool:
    if url.host:
        return "host" not in url.query and _HOST.fullmatch(url.host) is not None
    return _SOCKET.fullmatch(_host(url)) is not None


def _host(url: URL) -> str:
    return url.host or str(url.query.get("host", ""))
