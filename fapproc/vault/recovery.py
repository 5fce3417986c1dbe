"""Recovery keys: 160 random bits that a person writes down, and types again in whatever way.

    WXYZ-2345-…   8 groups of the key, and since November 2026 a ninth that is their checksum

Letters and the digits 2 to 7 (Base32), so that none looks like another; in any case, with dashes,
spaces or neither. What is wrapped with is the written form.
"""

import hashlib
import re
import secrets
from base64 import b32encode

NAME = "recovery"
"""Of the slot."""
_BYTES = 20
_LETTERS = 32
_CHECK = 4
_GAPS = re.compile(r"[\s\-\u2010-\u2015\u2212]+")
_LOOKS = re.compile(r"[A-Z0-9]+")
_BASE32 = re.compile(r"[A-Z2-7]+")
_SEEN_AS = str.maketrans("018", "OIB")
"""Digits that Base32 lacks, and the letters that were meant."""
_NEARLY = range(_LETTERS - 4, _LETTERS + _CHECK + 5)


def new() -> str:
    """A new key, as it is shown."""
    letters = b32encode(secrets.token_bytes(_BYTES)).decode()
    return _written(letters + _checksum(letters))


def read(typed: str) -> str | None:
    """The key as it is written, if what was typed may be one."""
    letters = _GAPS.sub("", typed).upper().translate(_SEEN_AS)
    if len(letters) not in (_LETTERS, _LETTERS + _CHECK) or not _BASE32.fullmatch(letters):
        return None
    return _written(letters)


def fault(typed: str) -> str | None:
    """What is wrong with a typed key that opened nothing; None where it looks like none at all."""
    letters = _GAPS.sub("", typed).upper()
    nearly = len(letters) in _NEARLY and _LOOKS.fullmatch(letters) and "-" in typed
    if read(typed) is None and not nearly:
        return None
    letters = letters.translate(_SEEN_AS)
    whole = _LETTERS + _CHECK
    if len(letters) == _LETTERS:
        return (
            "This recovery key does not open this archive: it belongs to another one, or was "
            "replaced."
        )
    if len(letters) != whole:
        return f"A recovery key has {whole} letters and digits, and this has {len(letters)}."
    if letters[_LETTERS:] != _checksum(letters[:_LETTERS]):
        return "This recovery key has a typing mistake: its last group does not fit the others."
    return "This recovery key is typed correctly, but belongs to another archive, or was replaced."


def _checksum(letters: str) -> str:
    return b32encode(hashlib.sha256(letters.encode()).digest()[:5]).decode()[:_CHECK]


def _written(letters: str) -> str:
    return "-".join(letters[start : start + 4] for start in range(0, len(letters), 4))
