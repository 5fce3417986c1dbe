"""Who may use the viewer: by the token that the shell prints, then by the cookie given for it.

Every program and user of this computer reaches 127.0.0.1, so an address alone opens nothing. The
cookie is signed with a secret of the user's state folder and its name holds the port, for browsers
share cookies among the ports of a host; so an open tab still works after a restart of the viewer.
"""

import contextlib
import os
import secrets
from dataclasses import dataclass, field
from io import FileIO
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Flask, current_app, request, session
from flask.sessions import SecureCookieSessionInterface

from fapproc import disk
from fapproc.config import state_folder
from fapproc.errors import StorageError
from fapproc.voice import tell

TOKEN = "FAP_VIEWER_TOKEN"  # noqa: S105 - the variable's name
PARAMETER = "token"
_FOLDER = "viewer"
_FILE = "secret"
_BYTES = 32
_ENTERED = "entered"


@dataclass(frozen=True, slots=True)
class Access:
    """The token (None: everybody may come in) and the secret with which cookies are signed."""

    token: str | None = field(repr=False)
    secret: bytes = field(repr=False)

    def knows(self, token: str) -> bool:
        """Whether this is the token; it takes the same time for every wrong one."""
        ours = self.token or ""
        return secrets.compare_digest(token.encode(), ours.encode()) and bool(ours)


def access() -> Access:
    """Make the access of this run: with the token of `FAP_VIEWER_TOKEN`, or a new one.

    With an empty one everybody who reaches the viewer may come in; a sentence says so.
    """
    token = os.environ.get(TOKEN)
    if token is None:
        return Access(secrets.token_urlsafe(24), _secret())
    if not token:
        tell(f"Warning: {TOKEN} is empty, so every program and user of this computer can look.")
    return Access(token or None, _secret())


def with_token(address: str, token: str | None) -> str:
    """An address of the viewer with the token in it."""
    return address if token is None else f"{address}?{urlencode({PARAMETER: token})}"


def without_token(address: str) -> str:
    """The same address without the token, with the host."""
    parts = urlsplit(address)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] != PARAMETER]
    return urlunsplit(parts._replace(query=urlencode(kept)))


def enter() -> None:
    """Give the browser that asks its cookie."""
    session[_ENTERED] = True


def has_entered(access: Access) -> bool:
    """Whether this request comes from a browser that was let in, or from a script that may."""
    return access.token is None or _ENTERED in session or shows_token(access)


def shows_token(access: Access) -> bool:
    """Whether a script shows the token itself, in the header `Authorization: Bearer`.

    No page of another site can make a browser send that, so it needs no other proof.
    """
    shown = request.authorization
    return shown is not None and shown.type == "bearer" and access.knows(shown.token or "")


class ByPort(SecureCookieSessionInterface):
    """Cookies whose name holds the port of the viewer."""

    def get_cookie_name(self, app: Flask) -> str:  # noqa: ARG002 - Flask's form
        """The name of the cookie that this request is about."""
        return f"fapviewer-{request.environ['SERVER_PORT']}"


def prepare(app: Flask, access: Access) -> None:
    """Make the application's cookies ours."""
    app.secret_key = access.secret
    app.session_interface = ByPort()
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        # By our own order, after who asks was looked at. No expiry: a tab stays open for days.
        WTF_CSRF_CHECK_DEFAULT=False,
        WTF_CSRF_TIME_LIMIT=None,
    )
    app.extensions[TOKEN] = access


def of_this_viewer() -> Access:
    """The access of the viewer that answers this request."""
    found = current_app.extensions[TOKEN]
    assert isinstance(found, Access)
    return found


def _secret() -> bytes:
    """The secret of the state folder; if it can't be stored, a new one for this run."""
    try:
        folder = state_folder()
        disk.make(folder, 0o700)
        with disk.opened(folder, _FOLDER, make=0o700) as found:
            file = FileIO(found.open(_FILE, os.O_RDWR | os.O_CREAT), "r+")
    except (OSError, StorageError) as error:
        tell(
            "After a restart of the viewer all tabs must be opened again, because its secret "
            f"can't be saved: {error}"
        )
        return secrets.token_bytes(_BYTES)
    with contextlib.closing(file):
        kept = file.read(_BYTES + 1)
        if len(kept) == _BYTES and not _others_may_read(file):
            return kept
        if os.name != "nt":
            os.fchmod(file.fileno(), 0o600)
        new = secrets.token_bytes(_BYTES)
        file.seek(0)
        file.truncate()
        file.write(new)
        return new


def _others_may_read(file: FileIO) -> bool:
    found = os.fstat(file.fileno())
    return os.name != "nt" and (found.st_uid != os.getuid() or bool(found.st_mode & 0o077))
