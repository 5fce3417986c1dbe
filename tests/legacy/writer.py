"""Writes databases of fapfavorites 2.0, open and encrypted, as its own code did."""

import hmac
import pickle
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from fapproc.legacy import sealed
from tests.shelves import small

AT = 1_690_000_000
PASSWORD = "correct-horse"
MODULE = "fapfavorites.fapdata"


class Level(Enum):
    """What it called the step at which an image was gone."""

    IMAGE_PAGE = 1
    URL_EXTRACTION = 2
    FULL_RES = 3


Level.__module__, Level.__qualname__ = MODULE, "_FailureLevel"

NEAR: dict[str, float] = {"percept": 5, "average": 1, "diff": 4, "wavelet": 1, "cnn": 0.95}
STILL: dict[str, float] = {"percept": 3, "average": -1, "diff": 1, "wavelet": -1, "cnn": 0.97}
Place = tuple[int, int, int]


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def vector(seed: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(seed).standard_normal(576).astype(np.float32)


@dataclass
class Old:
    """A database in the making; what is in it is its own dictionary, to be changed at will."""

    parts: dict[str, Any] = field(
        default_factory=lambda: {
            "configs": {
                "duplicates_sensitivity_regular": dict(NEAR),
                "duplicates_sensitivity_animated": dict(STILL),
            },
            **{name: {} for name in ("users", "favorites", "tags", "blobs", "image_ids_index")},
            "duplicates_registry": {},
            "duplicates_key_index": {},
        }
    )
    files: dict[str, bytes] = field(default_factory=dict)

    def user(self, number: int, name: str, *, albums: int = AT, finished: int = AT) -> None:
        times = {"date_albums": albums, "date_finished": finished, "date_audit": 0}
        self.parts["users"][number] = {"name": name, **times}

    def album(
        self,
        user: int,
        number: int,
        images: Sequence[int],
        failed: set[tuple[int, int, str | None, str | None]] | None = None,
        name: str = "lakes",
        at: int = AT,
    ) -> None:
        self.parts["favorites"].setdefault(user, {})[number] = {
            "name": name,
            "pages": 1,
            "date_blobs": at,
            "images": list(images),
            "failed_images": failed or set(),
        }

    def picture(
        self, data: bytes, places: Mapping[Place, tuple[str, str]], *, tags: Sequence[int] = ()
    ) -> str:
        """Add a picture with hashes and a vector; the file is laid beside when it is written."""
        sha, seed = digest(data), len(self.files)
        self.files[sha] = data
        self.parts["blobs"][sha] = {
            "loc": dict(places),
            "tags": set(tags),
            "sz": len(data),
            "sz_thumb": 10,
            "ext": "png",
            **{name: f"{seed:08x}{number:08x}" for number, name in enumerate([*NEAR][:4])},
            "cnn": vector(seed),
            "width": 24,
            "height": 18,
            "animated": False,
            "date": AT + seed,
            "gone": {},
        }
        self.parts["image_ids_index"] |= {place[2]: sha for place in places}
        return sha

    def group(self, verdicts: Mapping[str, str], score: float = 2) -> None:
        key = tuple(sorted(verdicts))
        pairs = dict.fromkeys(pairwise(key), score)
        self.parts["duplicates_registry"][key] = {
            "sources": {"percept": pairs, "cnn": dict.fromkeys(pairs, np.float32(0.975))},
            "verdicts": dict(verdicts),
        }
        self.parts["duplicates_key_index"] |= dict.fromkeys(key, key)

    def write(self, folder: Path, password: str | None = None, protocol: int = -1) -> Path:
        """Lay database and pictures into a folder."""
        return lay(folder, pickled(self.parts, protocol), self.files, password)


def lay(
    folder: Path, database: bytes, files: Mapping[str, bytes], password: str | None = None
) -> Path:
    """Write the bytes of a database and its pictures as it did."""
    (folder / "blobs").mkdir(parents=True)
    key = None if password is None else next(sealed.keys_of(password))
    (folder / "imagefap.database").write_bytes(database if key is None else token(database, key))
    for sha, data in files.items():
        stem = sha if key is None else sealed.name(sha, key)
        held = data if key is None else token(data, key)
        (folder / "blobs" / f"{stem}.png").write_bytes(held)
    return folder


def pickled(value: object, protocol: int = -1) -> bytes:
    """A pickle in which the level's class is where its own code had it."""
    with _importable():
        return pickle.dumps(value, protocol)


def by_numpy_1(database: bytes) -> bytes:
    """A pickle as NumPy 1 would have written it: other names of the same length in their frame."""
    new, old = b"\x8c\x13numpy._core.numeric", b"\x8c\x12numpy.core.numeric"
    assert new in database
    changed = database.replace(new, old)
    changed = changed.replace(b"\x8c\x16numpy._core.multiarray", b"\x8c\x15numpy.core.multiarray")
    length = int.from_bytes(database[3:11], "little") - (len(database) - len(changed))
    return changed[:3] + length.to_bytes(8, "little") + changed[11:]


def token(data: bytes, key: bytes) -> bytes:
    """A Fernet token in raw bytes."""
    padder = PKCS7(128).padder()
    text = padder.update(data) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key[16:]), modes.CBC(bytes(16))).encryptor()
    head = b"\x80" + AT.to_bytes(8, "big") + bytes(16)
    whole = head + encryptor.update(text) + encryptor.finalize()
    return whole + hmac.digest(key[:16], whole, "sha256")


def old_archive() -> Old:
    """Two users, the disk and five pictures, with one of everything."""
    old = Old()
    old.user(7700, "Ann")
    old.user(8800, "Ben & Co", finished=0)
    old.user(1, "LOCAL DISK")
    wide = 1 << 100
    failed = {(1009, AT + 9, "gone.png", "https://x.invalid/9"), (1008, AT + 8, None, None)}
    old.album(7700, 111, [1003, 1001, 1002], failed, name="lakes")
    old.album(8800, 222, [1001, 2001], name="été\x1b]52")
    old.album(1, wide, [wide + 1], name="sub")
    first = {(7700, 111, 1001): ("a.png", "keep"), (8800, 222, 1001): ("b.png", "skip")}
    one = old.picture(small(1), first, tags=[2])
    two = old.picture(small(2), {(7700, 111, 1002): ("c.png", "new")}, tags=[1, 2])
    three = old.picture(small(3), {(7700, 111, 1003): ("d.png", "new")})
    four = old.picture(small(4), {(8800, 222, 2001): ("e.png", "new")})
    old.picture(small(5), {(1, wide, wide + 1): ("f.png", "new")})
    old.parts["blobs"][two]["gone"] = {1002: (AT, Level.FULL_RES, "https://x.invalid/2")}
    inner = {2: {"name": "Lakes", "tags": {}}}
    old.parts["tags"] = {1: {"name": "Water", "tags": inner}, 3: {"name": "Été", "tags": {}}}
    old.group({one: "keep", two: "skip"})
    old.group({three: "false", four: "false"})
    return old


@contextmanager
def _importable() -> Iterator[None]:
    module = ModuleType(MODULE)
    module._FailureLevel = Level  # type: ignore[attr-defined]  # as pickle looks for it
    package = ModuleType("fapfavorites")
    before = {name: sys.modules.get(name) for name in ("fapfavorites", MODULE)}
    sys.modules |= {"fapfavorites": package, MODULE: module}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del sys.modules[name]
            else:
                sys.modules[name] = value
