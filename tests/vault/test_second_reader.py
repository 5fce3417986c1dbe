"""Reads a whole sealed archive as docs/security.md describes it, with nothing of the program."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import sqlcipher3.dbapi2 as sqlcipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from tests.holdings import PASSWORD, fill
from tests.vault.test_sealed import second_reader
from tests.webviewer.shelf import digest, drawn


def hkdf(key: bytes, salt: bytes, info: str) -> bytes:
    extracted = hmac.digest(salt, key, "sha256")
    return hmac.digest(extracted, info.encode() + b"\x01", "sha256")


def compact(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def master_key(said: dict[str, Any], password: str) -> bytes:
    slot = said["slots"][0]
    kdf = Argon2id(
        salt=bytes.fromhex(slot["salt"]),
        length=32,
        iterations=slot["passes"],
        lanes=slot["lanes"],
        memory_cost=slot["memory"],
    )
    bound = {**slot, "wrapped": "", "suite": said["suite"], "archive": said["id"]}
    key, wrapped = kdf.derive(password.encode()), bytes.fromhex(slot["wrapped"])
    return AESGCM(key).decrypt(bytes.fromhex(slot["nonce"]), wrapped, compact(bound))


def test_the_page_is_enough_to_read_an_archive(tmp_path: Path) -> None:
    fill(tmp_path, PASSWORD)
    said = json.loads((tmp_path / "archive.json").read_text())
    master, salt = master_key(said, PASSWORD), bytes.fromhex(said["id"])
    mac = said.pop("mac")
    assert mac == hmac.new(hkdf(master, salt, "archive.json"), compact(said), "sha256").hexdigest()

    connection = sqlcipher.connect(str(tmp_path / said["database"]))
    connection.execute(f"PRAGMA key = \"x'{hkdf(master, salt, 'database').hex()}'\"")
    rows = dict(connection.execute("SELECT digest, thumb_digest FROM image").fetchall())
    connection.close()
    assert set(rows) == {digest(number) for number in range(1, 7)}

    for kind, of in (("blobs", "blob"), ("thumbs", "thumbnail")):
        names, contents = (hkdf(master, salt, f"{of} {use}") for use in ("name", "content"))
        for known, thumb in rows.items():
            name = hmac.new(names, known.encode(), "sha256").hexdigest()
            stored = (tmp_path / kind / name[:2] / name).read_bytes()
            clear = second_reader(stored, contents, kind, known)
            assert hashlib.sha256(clear).hexdigest() == (known if kind == "blobs" else thumb)
    assert hashlib.sha256(drawn(1)).hexdigest() in rows
