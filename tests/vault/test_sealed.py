import hashlib
import hmac
import json
import random
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from fapproc.vault import sealed
from fapproc.vault.sealed import NotSealed, seal, unseal

KEY = bytes(range(32))
BOUND = "blobs/" + "ab" * 32
CHUNK = 65_536
WHOLE = CHUNK + 16
SIZES = [0, 1, 15, 16, 17, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK - 1, 2 * CHUNK, 2 * CHUNK + 1]
SIZES += [3 * CHUNK, 1_000_000]
VECTORS = Path(__file__).parent / "vectors"


def data(size: int) -> bytes:
    return random.Random(size).randbytes(size)


def second_reader(stored: bytes, key: bytes, kind: str, digest: str) -> bytes:
    """Reads the format as the docstring of `sealed` and docs/security.md have it, from nothing."""
    magic, salt, rest = stored[:8], stored[8:24], stored[24:]
    if magic != b"FAPSEAL1":
        raise ValueError("magic")
    # HKDF-SHA256 by RFC 5869: extract, then one block of expand.
    extracted = hmac.new(salt, key, hashlib.sha256).digest()
    info = magic + f"{kind}/{digest}".encode()
    file_key = hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()
    clear = []
    number = 0
    while True:
        chunk, rest = rest[:WHOLE], rest[WHOLE:]
        nonce = number.to_bytes(11, "big") + (b"\x00" if rest else b"\x01")
        clear.append(AESGCM(file_key).decrypt(nonce, chunk, None))
        number += 1
        if not rest:
            return b"".join(clear)


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_is_unsealed(size: int) -> None:
    stored = seal(data(size), KEY, BOUND)
    assert unseal(stored, KEY, BOUND) == data(size)
    assert len(stored) == 24 + size + 16 * max(1, -(-size // CHUNK))


@pytest.mark.parametrize("size", SIZES)
def test_a_second_reader_written_from_the_format_opens_it(size: int) -> None:
    kind, digest = BOUND.split("/")
    assert second_reader(seal(data(size), KEY, BOUND), KEY, kind, digest) == data(size)


@pytest.mark.parametrize("vector", sorted(VECTORS.glob("*.sealed.hex")), ids=lambda file: file.stem)
def test_files_sealed_by_earlier_versions_still_open(vector: Path) -> None:
    said = json.loads(vector.with_name("sealed.json").read_text())[vector.name]
    stored = bytes.fromhex(vector.read_text())
    clear = unseal(stored, bytes.fromhex(said["key"]), f"{said['kind']}/{said['digest']}")
    assert hashlib.sha256(clear).hexdigest() == said["sha256"]
    assert clear == second_reader(stored, bytes.fromhex(said["key"]), said["kind"], said["digest"])


def test_two_seals_of_the_same_bytes_share_nothing_but_the_magic() -> None:
    first, second = seal(bytes(CHUNK), KEY, BOUND), seal(bytes(CHUNK), KEY, BOUND)
    assert first[:8] == second[:8] == b"FAPSEAL1"
    blocks = [{file[n : n + 16] for n in range(8, len(file), 16)} for file in (first, second)]
    assert not blocks[0] & blocks[1]


def refused(stored: bytes, key: bytes = KEY, bound: str = BOUND) -> None:
    with pytest.raises(NotSealed):
        unseal(stored, key, bound)


@pytest.mark.parametrize("size", [0, 100, CHUNK, CHUNK + 1])
def test_a_flipped_bit_anywhere_is_noticed(size: int) -> None:
    stored = seal(data(size), KEY, BOUND)
    chance = random.Random(1)
    edges = [*range(48), *range(len(stored) - 20, len(stored))]
    seams = [24 + CHUNK + n for n in range(-2, 20) if 24 + CHUNK + n < len(stored)]
    for place in {*edges, *seams, *(chance.randrange(len(stored)) for _ in range(200))}:
        if place < len(stored):
            changed = bytearray(stored)
            changed[place] ^= 1 << chance.randrange(8)
            refused(bytes(changed))


@pytest.mark.parametrize("size", [0, 100, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_a_file_cut_anywhere_does_not_open(size: int) -> None:
    stored = seal(data(size), KEY, BOUND)
    seams = [24 + WHOLE * n + d for n in range(4) for d in (-1, 0, 1, 15, 16, 17)]
    sampled = [random.Random(2).randrange(len(stored)) for _ in range(50)]
    for length in {*range(60), len(stored) - 1, *seams, *sampled}:
        if 0 <= length < len(stored):
            refused(stored[:length])


@pytest.mark.parametrize("size", [0, 100, CHUNK, CHUNK + 1])
def test_an_extended_file_does_not_open(size: int) -> None:
    stored = seal(data(size), KEY, BOUND)
    for more in (b"\0", bytes(16), bytes(WHOLE), stored, stored[24:], stored[-16:]):
        refused(stored + more)
    refused(b"\0" + stored)


def chunks(stored: bytes) -> tuple[bytes, list[bytes]]:
    return stored[:24], [stored[n : n + WHOLE] for n in range(24, len(stored), WHOLE)]


def test_chunks_swapped_removed_doubled_or_taken_from_another_file_are_noticed() -> None:
    head, (a, b, c, d) = chunks(seal(data(4 * CHUNK), KEY, BOUND))
    other_head, other = chunks(seal(data(4 * CHUNK), KEY, BOUND))
    orders = [(b, a, c, d), (a, c, b, d), (a, b, d, c), (d, b, c, a), (a, b, c), (b, c, d)]
    orders += [(a, c, d), (a, a, b, c, d), (a, b, c, d, d), (d,), (a,), (other[0], b, c, d)]
    for order in orders:
        refused(head + b"".join(order))
    refused(other_head + a + b + c + d)
    assert unseal(head + a + b + c + d, KEY, BOUND) == data(4 * CHUNK)


def test_an_empty_last_chunk_after_others_is_no_file_of_ours() -> None:
    salt = bytes(16)
    cipher = sealed._cipher(KEY, salt, BOUND)
    made = sealed.MAGIC + salt + cipher.encrypt(sealed._nonce(0, last=False), bytes(CHUNK), None)
    refused(made + cipher.encrypt(sealed._nonce(1, last=True), b"", None))


def test_another_kind_digest_or_key_does_not_open_it() -> None:
    stored = seal(b"a picture", KEY, BOUND)
    refused(stored, bound=BOUND.replace("blobs", "thumbs"))
    refused(stored, bound=BOUND.replace("ab", "cd"))
    refused(stored, key=bytes(32))


@given(st.binary(max_size=300) | st.binary(max_size=300).map(lambda rest: b"FAPSEAL1" + rest))
def test_no_bytes_raise_anything_but_not_sealed(stored: bytes) -> None:
    refused(stored)


@given(st.binary(max_size=200), st.text(max_size=70))
def test_any_bytes_come_back_under_what_they_were_bound_to(clear: bytes, bound: str) -> None:
    assert unseal(seal(clear, KEY, bound), KEY, bound) == clear
