"""How files are stored: open, as they are, or sealed. The names that they get, and their bytes.

In an open archive a name is a function of digest and format: `blobs/ca/ca97….jpg`. In a sealed one
it is an HMAC of the digest, under one key for blobs and another for thumbnails, so that pairs don't
show: `blobs/3f/3f60…`. Nothing of the site is ever part of a name.
"""

import hmac

from fapproc import ours
from fapproc.vault.keys import Keys, Purpose
from fapproc.vault.store import Key, Kind


class OpenLayout:
    """Files as they are, under their digest and extension."""

    is_clear = True

    def name(self, key: Key) -> str:
        """Digest and extension, in a folder of the digest's first two digits."""
        return f"{key.kind}/{key.digest[:2]}/{key.digest}.{key.format}"

    def has_form(self, name: str) -> bool:
        """It has an extension."""
        return ours.OPEN.fullmatch(name) is not None

    def wrap(self, key: Key, data: bytes) -> bytes:  # noqa: ARG002 - one form for every key
        """The bytes themselves."""
        return data

    def unwrap(self, key: Key, stored: bytes) -> bytes | None:  # noqa: ARG002 - the same
        """The bytes themselves."""
        return stored

    def size(self, length: int) -> int:
        """The same."""
        return length


class SealedLayout:
    """Files encrypted and bound to kind and digest, under a name that tells neither."""

    is_clear = False

    def __init__(self, keys: Keys) -> None:
        self._names = {
            Kind.BLOB: keys.subkey(Purpose.BLOB_NAME),
            Kind.THUMB: keys.subkey(Purpose.THUMB_NAME),
        }
        self._contents = {
            Kind.BLOB: keys.subkey(Purpose.BLOB),
            Kind.THUMB: keys.subkey(Purpose.THUMB),
        }

    def name(self, key: Key) -> str:
        """An HMAC of the digest, without an extension."""
        name = hmac.digest(self._names[key.kind], key.digest.encode(), "sha256").hex()
        return f"{key.kind}/{name[:2]}/{name}"

    def has_form(self, name: str) -> bool:
        """It has no extension."""
        return ours.SEALED.fullmatch(name) is not None

    def wrap(self, key: Key, data: bytes) -> bytes:
        """A sealed file."""
        from fapproc.vault import sealed  # loads what encrypts, which an open archive never needs

        return sealed.seal(data, self._contents[key.kind], f"{key.kind}/{key.digest}")

    def unwrap(self, key: Key, stored: bytes) -> bytes | None:
        """What was sealed for this kind and digest, verified whole."""
        from fapproc.vault import sealed

        try:
            return sealed.unseal(stored, self._contents[key.kind], f"{key.kind}/{key.digest}")
        except sealed.NotSealed:
            return None

    def size(self, length: int) -> int:
        """That and what sealing adds."""
        from fapproc.vault import sealed

        return sealed.size_of(length)
