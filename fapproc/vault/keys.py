"""Keys of a sealed archive: password slots around one random master key, and subkeys by purpose.

    password --Argon2id--> key of a slot --AES-256-GCM--> master key --HKDF-SHA256--> subkeys

Several slots wrap the same master key, so a change of password re-wraps 32 bytes and touches no
file. Each slot authenticates the suite, the archive's id and its own parameters; parameters below
the floor or above the ceiling are refused before they cost anything. Models: borg 2 (Argon2id
parameters, RFC 9106 second choice), restic (several slots), gocryptfs (readable purposes, weak
parameters refused). All primitives are those of `cryptography`, which is loaded when there is
something to unlock: that takes 30 ms, and an open archive has nothing. Knows no files.
"""

import hmac
import json
import re
import secrets
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from fapproc.errors import Damaged, PasswordProblem
from fapproc.vault import recovery

SUITE = "fapfavorites-1: argon2id, hkdf-sha256, aes-256-gcm, sqlcipher-4"
KEY_BYTES = 32
SALT_BYTES = 16
NONCE_BYTES = 12
TAG_BYTES = 16
MOST_SLOTS = 16
SLOT_NAME = re.compile(r"[a-z0-9][a-z0-9 _-]{0,39}")


class Purpose(StrEnum):
    """What a subkey is for; the text is part of its derivation and stays for ever."""

    DATABASE = "database"
    BLOB = "blob content"
    THUMB = "thumbnail content"
    BLOB_NAME = "blob name"
    THUMB_NAME = "thumbnail name"
    DESCRIPTION = "archive.json"
    ADDRESS = "words in addresses of the viewer"
    LOCK = "names of locks"
    CLUSTER = "what workers of a cluster hear and answer"


@dataclass(frozen=True, slots=True)
class Cost:
    """What Argon2id is made to spend: memory in KiB, passes over it, lanes."""

    memory: int = 64 * 1024
    passes: int = 3
    lanes: int = 4

    def check(self) -> None:
        """Refuse what is weaker than the floor, or would cost more than anyone meant.

        Raises:
            Damaged: someone changed the parameters of a slot.
        """
        strong = self.memory >= 64 * 1024 and self.passes >= 3 and 1 <= self.lanes <= 16
        bounded = self.memory <= 2 * 1024 * 1024 and self.passes <= 20
        if not (strong and bounded):
            raise Damaged(
                "archive.json asks for a password check that this program never wrote "
                f"({self.memory} KiB, {self.passes} passes, {self.lanes} lanes): someone changed "
                "it."
            )


@dataclass(frozen=True, slots=True)
class Slot:
    """One password, or recovery key, and the master key as it wraps it. Bytes are in hex."""

    name: str
    memory: int
    passes: int
    lanes: int
    salt: str
    nonce: str
    wrapped: str

    @property
    def cost(self) -> Cost:
        """What opening the slot costs."""
        return Cost(self.memory, self.passes, self.lanes)

    @classmethod
    def read(cls, value: Any) -> Self:
        """Read a slot from untrusted JSON.

        Raises:
            Damaged: it is none, or its parameters are out of bounds.
        """
        try:
            slot = cls(**value)
            well_formed = (
                SLOT_NAME.fullmatch(slot.name) is not None
                and all(type(number) is int for number in (slot.memory, slot.passes, slot.lanes))
                and len(bytes.fromhex(slot.salt)) == SALT_BYTES
                and len(bytes.fromhex(slot.nonce)) == NONCE_BYTES
                and len(bytes.fromhex(slot.wrapped)) == KEY_BYTES + TAG_BYTES
            )
        except (TypeError, ValueError):
            well_formed = False
        if not well_formed:
            raise Damaged("archive.json has a password slot that can't be used.")
        slot.cost.check()
        return slot


class Keys:
    """The master key of an opened archive. It is never written or printed.

    It is handed on to a process of our own alone, over a pipe that both have from its start.
    """

    def __init__(self, archive_id: str, master: bytes) -> None:
        self._id = archive_id
        self._master = master

    @classmethod
    def new(cls, archive_id: str) -> Self:
        """A random master key for a new archive."""
        return cls(archive_id, secrets.token_bytes(KEY_BYTES))

    @classmethod
    def unlock(cls, archive_id: str, slots: list[Slot], password: str) -> tuple[Self, Slot]:
        """Find the slot that this password, or recovery key in whatever way it is typed, opens.

        Raises:
            PasswordProblem: it opens none.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        written = recovery.read(password)
        for slot in slots:
            text = (written if slot.name == recovery.NAME else None) or password
            key = _key_of(text, bytes.fromhex(slot.salt), slot.cost)
            bound = _bound(archive_id, slot)
            try:
                wrapped, nonce = bytes.fromhex(slot.wrapped), bytes.fromhex(slot.nonce)
                return cls(archive_id, AESGCM(key).decrypt(nonce, wrapped, bound)), slot
            except InvalidTag:
                continue
        why = recovery.fault(password) or "The password is wrong."
        raise PasswordProblem(f"{why} Nothing was changed; try again.")

    def slot(self, name: str, password: str, cost: Cost | None = None) -> Slot:
        """Wrap the master key with a password, under a fresh salt."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        cost = cost or Cost()
        salt, nonce = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(NONCE_BYTES)
        slot = Slot(name, cost.memory, cost.passes, cost.lanes, salt.hex(), nonce.hex(), "")
        bound = _bound(self._id, slot)
        wrapped = AESGCM(_key_of(password, salt, cost)).encrypt(nonce, self._master, bound)
        return Slot(**{**asdict(slot), "wrapped": wrapped.hex()})

    def subkey(self, purpose: Purpose) -> bytes:
        """The 32-byte key for one purpose; none tells anything of another, or of the master."""
        return derive(self._master, salt=bytes.fromhex(self._id), info=purpose.encode())

    def mac(self, description: Mapping[str, Any]) -> str:
        """Authenticate all that `archive.json` says, in hex."""
        text = json.dumps(description, sort_keys=True, separators=(",", ":")).encode()
        return hmac.digest(self.subkey(Purpose.DESCRIPTION), text, "sha256").hex()


def derive(key: bytes, *, salt: bytes, info: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869) to 32 bytes."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=info).derive(key)


def _key_of(password: str, salt: bytes, cost: Cost) -> bytes:
    """Argon2id of the password as it is typed anywhere: NFC, so that é is é on every keyboard."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    text = unicodedata.normalize("NFC", password).encode()
    kdf = Argon2id(
        salt=salt,
        length=KEY_BYTES,
        iterations=cost.passes,
        lanes=cost.lanes,
        memory_cost=cost.memory,
    )
    return kdf.derive(text)


def _bound(archive_id: str, slot: Slot) -> bytes:
    """What a slot authenticates besides the master key: all but the wrapped key itself."""
    values = {**asdict(slot), "wrapped": "", "suite": SUITE, "archive": archive_id}
    return json.dumps(values, sort_keys=True, separators=(",", ":")).encode()
