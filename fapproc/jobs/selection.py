"""Which images a person means by what was typed: one rule for every command. Reads rows alone."""

from sqlalchemy import Connection

from fapproc.db import images
from fapproc.db.images import Stored
from fapproc.errors import FapError, UsageProblem

SHORTEST = 4
"""So many digits of a digest at least: fewer begin many of some thousand images."""
_DIGITS = frozenset("0123456789abcdef")
_SHOWN = 16
_ALL = "'fapproc print --blobs' lists all images."


def image(connection: Connection, typed: str) -> Stored:
    """Find the image of this digest, or the only one whose digest begins so, in any case.

    Raises:
        UsageProblem: it is neither a digest nor the beginning of one.
        FapError: no image has it, or several have.
    """
    digits = typed.strip().lower()
    if not SHORTEST <= len(digits) <= 64 or not _DIGITS.issuperset(digits):
        raise UsageProblem(
            f"{typed!r} is no digest: type at least {SHORTEST} of its 64 hexadecimal digits. {_ALL}"
        )
    found = images.by_prefix(connection, digits)
    if not found:
        raise FapError(f"No image whose digest begins with {digits}. {_ALL}")
    if len(found) > 1:
        one, other = (each.image.digest for each in found)
        enough = next(n for n in range(_SHOWN, 65) if one[:n] != other[:n])
        raise FapError(
            f"Several images begin with {digits}, {one[:enough]} and {other[:enough]} among them: "
            f"type more digits. {_ALL}"
        )
    return found[0]
