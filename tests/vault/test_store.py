"""What every backend of the vault must hold; a new one is one more line in `BACKENDS`."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fapproc.durable.folder import DurableFolder
from fapproc.errors import Damaged
from fapproc.model import Format
from fapproc.vault.keys import Keys
from fapproc.vault.store import FileLayout, Key, Kind, OpenLayout, SealedLayout, Vault, digest_of

BACKENDS: dict[str, Callable[[Path], DurableFolder]] = {"file": DurableFolder}
LAYOUTS: dict[str, Callable[[], FileLayout]] = {
    "open": OpenLayout,
    "sealed": lambda: SealedLayout(Keys.new("5e" * 16)),
}


def key(data: bytes, kind: Kind = Kind.BLOB) -> Key:
    return Key(kind, digest_of(data), Format.JPG)


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> FileLayout:
    return LAYOUTS[request.param]()


@pytest.fixture(params=BACKENDS)
def vault(request: pytest.FixtureRequest, tmp_path: Path, layout: FileLayout) -> Vault:
    return Vault(BACKENDS[request.param](tmp_path / "vault"), layout)


def put(vault: Vault, *contents: bytes) -> None:
    vault.put((key(data), data) for data in contents)


def test_what_was_put_is_got(vault: Vault) -> None:
    put(vault, b"one", b"two", b"")
    assert [vault.get(key(data)) for data in (b"one", b"two", b"")] == [b"one", b"two", b""]


def test_an_open_name_is_made_of_kind_digest_and_format_alone(tmp_path: Path) -> None:
    vault = Vault(DurableFolder(tmp_path), OpenLayout())
    put(vault, b"one")
    digest = digest_of(b"one")
    assert list(vault.names()) == [f"blobs/{digest[:2]}/{digest}.jpg"]


def test_a_sealed_name_tells_neither_digest_nor_format_nor_which_are_pairs(tmp_path: Path) -> None:
    vault = Vault(DurableFolder(tmp_path), LAYOUTS["sealed"]())
    thumb = Key(Kind.THUMB, digest_of(b"one"), Format.WEBP)
    vault.put([(key(b"one"), b"one"), (thumb, b"small")])
    blob, small = vault.name(key(b"one")), vault.name(thumb)
    assert sorted(vault.names()) == sorted([blob, small])
    assert blob.rpartition("/")[2] != small.rpartition("/")[2]
    assert "." not in blob + small
    assert digest_of(b"one")[:8] not in blob + small


def test_blobs_and_thumbnails_are_named_and_other_files_are_not(vault: Vault) -> None:
    thumb = Key(Kind.THUMB, digest_of(b"one"), Format.WEBP)
    vault.put([(key(b"one"), b"one"), (thumb, b"small")])
    root = vault.path(thumb).parents[2]
    (root / "archive.json").write_bytes(b"{}")
    (root / "thumbs" / ".unfinished" / f"half-{32 * '0'}").write_bytes(b"half")
    assert sorted(vault.names()) == sorted([vault.name(key(b"one")), vault.name(thumb)])


def test_an_empty_vault_has_no_names(vault: Vault) -> None:
    assert list(vault.names()) == []
    vault.sweep()


def test_nothing_put_makes_nothing(vault: Vault) -> None:
    vault.put([])
    assert list(vault.names()) == []


def test_a_thumbnail_is_held_against_the_digest_of_its_row(vault: Vault) -> None:
    thumb = Key(Kind.THUMB, digest_of(b"one"), Format.JPG)
    vault.put([(thumb, b"small")])
    assert vault.get(thumb, expect=digest_of(b"small")) == b"small"
    with pytest.raises(Damaged):
        vault.get(thumb, expect=digest_of(b"other"))


def flipped(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "a flipped bit": flipped,
    "a lost end": lambda file: os.truncate(file, 3),
    "an empty file": lambda file: os.truncate(file, 0),
    "something appended": lambda file: file.write_bytes(file.read_bytes() + b"\0"),
    "another file's bytes": lambda file: file.write_bytes(b"another picture"),
    "no file": Path.unlink,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_told_and_never_returned(vault: Vault, damage: str) -> None:
    put(vault, b"a picture", b"another picture")
    DAMAGE[damage](vault.path(key(b"a picture")))
    with pytest.raises(Damaged) as told:
        vault.get(key(b"a picture"))
    assert vault.name(key(b"a picture")) in str(told.value)
    assert vault.get(key(b"another picture")) == b"another picture"


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_put_over_a_damaged_file_repairs_it(vault: Vault, damage: str) -> None:
    put(vault, b"a picture")
    DAMAGE[damage](vault.path(key(b"a picture")))
    put(vault, b"a picture")
    assert vault.get(key(b"a picture")) == b"a picture"


def linked(file: Path) -> None:
    """Put a link in its place that looks as long, and leads nowhere."""
    length = file.stat().st_size
    file.unlink()
    file.symlink_to("x" * length)


GONE: dict[str, Callable[[Path], object]] = {
    "no file": Path.unlink,
    "a lost end": lambda file: os.truncate(file, file.stat().st_size - 1),
    "a link as long": linked,
}


@pytest.mark.parametrize("change", GONE)
def test_what_has_gone_since_it_was_put_is_put_again(vault: Vault, change: str) -> None:
    put(vault, b"a picture", b"another picture")
    path, other = (vault.path(key(data)) for data in (b"a picture", b"another picture"))
    GONE[change](path)
    os.utime(other, (1, 1))
    vault.ensure((key(data), data) for data in (b"a picture", b"another picture"))
    assert vault.get(key(b"a picture")) == b"a picture"
    assert not path.is_symlink()
    assert other.stat().st_mtime == 1  # size and name are enough: it was not even read


def test_a_put_of_a_sound_file_renews_its_time_and_writes_nothing(vault: Vault) -> None:
    put(vault, b"a picture")
    file = vault.path(key(b"a picture"))
    os.utime(file, (1, 1))
    before = file.stat()
    put(vault, b"a picture")
    after = file.stat()
    assert after.st_ino == before.st_ino
    assert time.time() - after.st_mtime < 60


def test_a_deleted_file_is_gone_and_the_others_stay(vault: Vault) -> None:
    put(vault, b"one", b"two")
    assert vault.delete(key(b"one"))
    assert not vault.delete(key(b"one"))
    assert list(vault.names()) == [vault.name(key(b"two"))]
    with pytest.raises(Damaged, match="is missing"):
        vault.get(key(b"one"))


@pytest.mark.parametrize(
    "digest", ["", "ab", "../" + "a" * 61, "A" * 64, "a" * 64 + "\n", "g" * 64, "a" * 65]
)
def test_what_is_no_digest_names_no_file(digest: str) -> None:
    with pytest.raises(ValueError, match="not a digest"):
        Key(Kind.BLOB, digest, Format.JPG)


@given(st.lists(st.tuples(st.sampled_from(["put", "delete"]), st.binary(max_size=3)), max_size=12))
def test_a_vault_holds_what_was_put_and_not_deleted_since(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, bytes]]
) -> None:
    vault = Vault(DurableFolder(tmp_path_factory.mktemp("vault")), OpenLayout())
    held: set[bytes] = set()
    for step, data in steps:
        if step == "put":
            put(vault, data)
            held.add(data)
        else:
            assert vault.delete(key(data)) == (data in held)
            held.discard(data)
    assert sorted(vault.names()) == sorted(vault.name(key(data)) for data in held)
    assert all(vault.get(key(data)) == data for data in held)
