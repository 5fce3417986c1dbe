"""Sealed files: encrypted, and bound to what they are.

The format, in enough detail for a second reader:

    offset 0    8 bytes   magic and version, b"FAPSEAL1"
    offset 8   16 bytes   random salt
    offset 24             chunks: AES-256-GCM of 65,536 bytes each (the last one of 0 to 65,536),
                          each followed by its tag of 16 bytes

    file key = HKDF-SHA256(subkey of the kind, salt, info = magic + kind + b"/" + digest)
    nonce of chunk k = k as 11 bytes, big-endian, then 1 for the last chunk, else 0

`kind` is `blobs` or `thumbs`, `digest` the image's, 64 hex characters. The key of a file is its
own, so a counter is a safe nonce; a file under another name or of another kind, cut, extended or
re-ordered does not open. Models: age v1, Tink streaming AEAD. Bytes in, bytes out.
"""

import secrets
import threading

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fapproc.vault.keys import SALT_BYTES, TAG_BYTES, derive

MAGIC = b"FAPSEAL1"
CHUNK = 64 * 1024
HEADER = len(MAGIC) + SALT_BYTES
REUSED = 1024 * 1024
_local = threading.local()  # a buffer for each thread


class NotSealed(Exception):
    """The bytes are no file sealed under this key for this purpose."""


def seal(data: bytes, key: bytes, bound: str) -> bytes:
    """Encrypt the bytes of one file.

    Args:
        data: the clear bytes.
        key: the subkey of the file's kind.
        bound: what the file is, `kind/digest`; only the same opens it again.
    """
    salt = secrets.token_bytes(SALT_BYTES)
    cipher = _cipher(key, salt, bound)
    parts = [MAGIC, salt]
    last = max(0, (len(data) - 1) // CHUNK)
    for number in range(last + 1):
        chunk = data[number * CHUNK : (number + 1) * CHUNK]
        parts.append(cipher.encrypt(_nonce(number, last=number == last), chunk, None))
    return b"".join(parts)


def unseal(stored: bytes, key: bytes, bound: str) -> bytes:
    """Decrypt what `seal` made; the whole file is verified before a byte is returned.

    Raises:
        NotSealed: another key, kind or digest, or any bit of it was changed, cut or added.
    """
    if stored[: len(MAGIC)] != MAGIC or len(stored) < HEADER + TAG_BYTES:
        raise NotSealed("not a sealed file")
    cipher = _cipher(key, stored[len(MAGIC) : HEADER], bound)
    whole = CHUNK + TAG_BYTES
    last = (len(stored) - HEADER - 1) // whole
    tail = len(stored) - HEADER - last * whole - TAG_BYTES
    if tail < 0 or (last and not tail):  # seal writes an empty chunk for an empty file alone
        raise NotSealed("cut within a chunk, or an empty last one")
    size = last * CHUNK + tail
    sealed, into = memoryview(stored), _room(size)
    try:
        for number in range(last + 1):
            chunk = sealed[HEADER + number * whole :][:whole]
            room = into[number * CHUNK : number * CHUNK + len(chunk) - TAG_BYTES]
            cipher.decrypt_into(_nonce(number, last=number == last), chunk, None, room)
    except InvalidTag as error:
        raise NotSealed("changed, or sealed for another place") from error
    return bytes(into[:size])


def _room(size: int) -> memoryview:
    """Room for the clear bytes: fresh memory for each file costs more than the cipher does."""
    if size > REUSED:
        return memoryview(bytearray(size))
    if not hasattr(_local, "room"):
        _local.room = bytearray(REUSED)
    return memoryview(_local.room)


def size_of(length: int) -> int:
    """How long the sealed file of this many bytes is."""
    return HEADER + length + TAG_BYTES * max(1, -(-length // CHUNK))


def _cipher(key: bytes, salt: bytes, bound: str) -> AESGCM:
    return AESGCM(derive(key, salt=salt, info=MAGIC + bound.encode()))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])
