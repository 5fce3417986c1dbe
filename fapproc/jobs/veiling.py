"""Encrypts words in addresses of a sealed archive, because browsers keep addresses on disk.

AES-256-GCM under a key of its own, padded to a multiple of 32 bytes, so that not even the length
shows. For an open archive the words stay as they are.
"""

import base64
import binascii
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fapproc.archive import Archive
from fapproc.vault.keys import NONCE_BYTES, Purpose

_FILLED = 32


def veiled(archive: Archive, text: str) -> str:
    """A word as it stands in an address."""
    key = _key(archive)
    if key is None:
        return text
    data = text.encode()
    nonce = secrets.token_bytes(NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, data + bytes(-len(data) % _FILLED), None)
    return base64.urlsafe_b64encode(nonce + sealed).decode().rstrip("=")


def unveiled(archive: Archive, text: str) -> str | None:
    """The word that stands in an address; None for what `veiled` has not written."""
    key = _key(archive)
    if key is None:
        return text
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        nonce, sealed = data[:NONCE_BYTES], data[NONCE_BYTES:]
        return AESGCM(key).decrypt(nonce, sealed, None).rstrip(b"\0").decode()
    except (binascii.Error, InvalidTag, ValueError):
        return None


def _key(archive: Archive) -> bytes | None:
    keys = archive.unlocked.keys
    return keys.subkey(Purpose.ADDRESS) if keys else None
