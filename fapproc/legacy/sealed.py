"""What fapfavorites 2.0 encrypted: Fernet tokens in raw bytes, and file names; read only.

password --PBKDF2-HMAC-SHA256--> 32 bytes: 16 that authenticate, 16 that encrypt
token: 0x80, 8 bytes of time, 16 of IV, AES-128-CBC with PKCS7, HMAC-SHA256 over all before
name: AES-256-ECB, under all 32 bytes, of the 32 bytes of a digest, in hex
"""

import hmac
import io
import unicodedata
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.padding import PKCS7

_SALT = bytes.fromhex("da342c39328088f1c818784051952a26")
ITERATIONS = 1_745_202
_IV_AT, _TEXT_AT, _MAC_BYTES, _BLOCK = 9, 25, 32, 16
_LEAST = _TEXT_AT + _BLOCK + _MAC_BYTES
_AT_ONCE = 1 << 16


def keys_of(password: str) -> Iterator[bytes]:
    """The keys that a password may stand for: as it was typed, then as other keyboards type it."""
    forms = (unicodedata.normalize(form, password) for form in ("NFC", "NFD"))
    for text in dict.fromkeys((password, *forms)):
        kdf = PBKDF2HMAC(algorithm=SHA256(), length=32, salt=_SALT, iterations=ITERATIONS)
        yield kdf.derive(text.encode())


def is_whole(token: BinaryIO, size: int, key: bytes) -> bool:
    """Whether a token was made under this key, and is as it was made; reads it once."""
    if size < _LEAST or (size - _LEAST) % _BLOCK:
        return False
    token.seek(0)
    mac = hmac.new(key[:16], digestmod="sha256")
    left = size - _MAC_BYTES
    while left and (some := token.read(min(left, _AT_ONCE))):
        mac.update(some)
        left -= len(some)
    return hmac.compare_digest(mac.digest(), token.read(_MAC_BYTES))


class Clear(io.RawIOBase):
    """The bytes in a token that `is_whole`, opened as they are wanted; never all at once."""

    def __init__(self, token: BinaryIO, size: int, key: bytes) -> None:
        token.seek(_IV_AT)
        vector = token.read(_TEXT_AT - _IV_AT)
        cipher = Cipher(algorithms.AES(key[16:]), modes.CBC(vector))
        self._decryptor, self._unpadder = cipher.decryptor(), PKCS7(8 * _BLOCK).unpadder()
        self._token, self._left = token, size - _TEXT_AT - _MAC_BYTES
        self._ready = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # a Buffer, says typeshed
        """Fill a buffer, as far as one step brings; 0 at the end."""
        while not self._ready and self._left:
            some = self._token.read(min(self._left, _AT_ONCE))
            self._left = self._left - len(some) if some else 0
            self._ready = self._unpadder.update(self._decryptor.update(some))
            if not self._left:
                self._ready += self._unpadder.update(self._decryptor.finalize())
                self._ready += self._unpadder.finalize()
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count


def opened(token: bytes, key: bytes) -> bytes | None:
    """The bytes in a token; None where it was not made under this key, or was changed since."""
    stream = io.BytesIO(token)
    if not is_whole(stream, len(token), key):
        return None
    try:
        return Clear(stream, len(token), key).readall()
    except ValueError:  # the padding: whoever has the key wrote it so
        return None


def name(digest: str, key: bytes) -> str:
    """How a file is called there, without its extension."""
    # The predecessor's own choice: two blocks that are hashes don't repeat.
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305
    return (encryptor.update(bytes.fromhex(digest)) + encryptor.finalize()).hex()
