"""What the vault holds, whatever keeps its files: over all backends, open and sealed."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fapproc.errors import Damaged
from fapproc.model import Format
from fapproc.vault.backend import HERE, Backend, Place
from fapproc.vault.layouts import OpenLayout
from fapproc.vault.local import LocalBackend
from fapproc.vault.store import FileLayout, Key, Kind, Vault, digest_of
from tests.vault.grounds import AGE, ARCHIVE, LAYOUTS, Ground


def key(data: bytes, kind: Kind = Kind.BLOB) -> Key:
    return Key(kind, digest_of(data), Format.JPG)


@pytest.fixture(params=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> FileLayout:
    return LAYOUTS[request.param]()


@pytest.fixture
def vault(ground: Ground, layout: FileLayout) -> Vault:
    return Vault(ground.connect(), layout)


def local(folder: Path, layout: FileLayout) -> Vault:
    return Vault(LocalBackend.connect(Place(HERE, folder, ARCHIVE)), layout)


def put(vault: Vault, *contents: bytes) -> None:
    vault.put((key(data), data) for data in contents)


def test_what_was_put_is_got(vault: Vault) -> None:
    put(vault, b"one", b"two", b"")
    assert [vault.get(key(data)) for data in (b"one", b"two", b"")] == [b"one", b"two", b""]


def test_an_open_name_is_made_of_kind_digest_and_format_alone(tmp_path: Path) -> None:
    vault = local(tmp_path, OpenLayout())
    put(vault, b"one")
    digest = digest_of(b"one")
    assert list(vault.names()) == [f"blobs/{digest[:2]}/{digest}.jpg"]


def test_a_sealed_name_tells_neither_digest_nor_format_nor_which_are_pairs(tmp_path: Path) -> None:
    vault = local(tmp_path, LAYOUTS["sealed"]())
    thumb = Key(Kind.THUMB, digest_of(b"one"), Format.WEBP)
    vault.put([(key(b"one"), b"one"), (thumb, b"small")])
    blob, small = vault.name(key(b"one")), vault.name(thumb)
    assert sorted(vault.names()) == sorted([blob, small])
    assert blob.rpartition("/")[2] != small.rpartition("/")[2]
    assert "." not in blob + small
    assert digest_of(b"one")[:8] not in blob + small


def test_blobs_and_thumbnails_are_named_and_other_files_are_not(
    tmp_path: Path, layout: FileLayout
) -> None:
    vault = local(tmp_path, layout)
    thumb = Key(Kind.THUMB, digest_of(b"one"), Format.WEBP)
    vault.put([(key(b"one"), b"one"), (thumb, b"small")])
    (tmp_path / "archive.json").write_bytes(b"{}")
    (tmp_path / "thumbs" / ".unfinished" / f"half-{32 * '0'}").write_bytes(b"half")
    assert sorted(vault.names()) == sorted([vault.name(key(b"one")), vault.name(thumb)])


class Overtaken(LocalBackend):
    """A folder in which somebody lays something in the place of a file before each write."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.next: list[str] = []

    def write(self, files: Mapping[str, bytes]) -> None:
        """Lay it, then write."""
        if self.next:
            self.path(self.next.pop()).mkdir(parents=True)
        super().write(files)


def test_what_is_laid_in_the_way_of_the_rest_while_that_is_written_is_told_too(
    tmp_path: Path,
) -> None:
    backend = Overtaken.connect(Place(HERE, tmp_path, ARCHIVE))
    vault = Vault(backend, OpenLayout())
    backend.next = [vault.name(key(data)) for data in (b"two", b"one")]
    blocked = vault.put((key(data), data) for data in (b"one", b"two", b"three"))
    assert blocked.keys() == {key(b"one"), key(b"two")}
    assert vault.get(key(b"three")) == b"three"


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


def flipped(stored: bytes) -> bytes:
    data = bytearray(stored)
    data[len(data) // 2] ^= 1
    return bytes(data)


DAMAGE: dict[str, Callable[[bytes], bytes | None]] = {
    "a flipped bit": flipped,
    "a lost end": lambda stored: stored[:3],
    "an empty file": lambda _: b"",
    "something appended": lambda stored: stored + b"\0",
    "another file's bytes": lambda _: b"another picture",
    "no file": lambda _: None,
}


def spoil(backend: Backend, name: str, change: Callable[[bytes], bytes | None]) -> None:
    """Change what is stored under a name, or remove it, behind the vault's back."""
    stored = backend.read(name)
    assert stored is not None
    changed = change(stored)
    if changed is None:
        assert backend.delete(name)
    else:
        backend.write({name: changed})


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_told_and_never_returned(vault: Vault, ground: Ground, damage: str) -> None:
    put(vault, b"a picture", b"another picture")
    spoil(ground.connect(), vault.name(key(b"a picture")), DAMAGE[damage])
    with pytest.raises(Damaged) as told:
        vault.get(key(b"a picture"))
    assert vault.name(key(b"a picture")) in str(told.value)
    assert vault.get(key(b"another picture")) == b"another picture"


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_put_over_a_damaged_file_repairs_it(vault: Vault, ground: Ground, damage: str) -> None:
    put(vault, b"a picture")
    spoil(ground.connect(), vault.name(key(b"a picture")), DAMAGE[damage])
    put(vault, b"a picture")
    assert vault.get(key(b"a picture")) == b"a picture"


@pytest.mark.parametrize("change", ["no file", "a lost end"])
def test_what_has_gone_since_it_was_put_is_put_again(
    vault: Vault, ground: Ground, change: str
) -> None:
    put(vault, b"a picture", b"another picture")
    name, other = (vault.name(key(data)) for data in (b"a picture", b"another picture"))
    spoil(ground.connect(), name, DAMAGE[change])
    ground.age(other)
    before = vault.entry(other)
    vault.ensure((key(data), data) for data in (b"a picture", b"another picture"))
    assert vault.get(key(b"a picture")) == b"a picture"
    assert vault.entry(other) == before  # size and name are enough: it was not even read


def test_a_link_in_a_files_place_is_replaced_though_it_looks_as_long(
    tmp_path: Path, layout: FileLayout
) -> None:
    vault = local(tmp_path, layout)
    put(vault, b"a picture")
    file = tmp_path / vault.name(key(b"a picture"))
    length = file.stat().st_size
    file.unlink()
    file.symlink_to("x" * length)
    vault.ensure([(key(b"a picture"), b"a picture")])
    assert vault.get(key(b"a picture")) == b"a picture"
    assert not file.is_symlink()


def test_a_put_of_a_sound_file_makes_it_young(vault: Vault, ground: Ground) -> None:
    put(vault, b"a picture")
    name = vault.name(key(b"a picture"))
    ground.age(name)
    put(vault, b"a picture")
    entry = vault.entry(name)
    assert entry is not None
    assert vault.age(entry) < AGE / 2


def test_a_put_of_a_sound_file_writes_nothing_on_a_disk(tmp_path: Path, layout: FileLayout) -> None:
    vault = local(tmp_path, layout)
    put(vault, b"a picture")
    file = tmp_path / vault.name(key(b"a picture"))
    before = file.stat().st_ino
    put(vault, b"a picture")
    assert file.stat().st_ino == before


def test_files_of_the_other_form_are_told_from_those_of_this_one(ground: Ground) -> None:
    open_, sealed = (Vault(ground.connect(), LAYOUTS[form]()) for form in LAYOUTS)
    put(open_, b"one", b"two")
    put(sealed, b"one")
    aside = open_.name(key(b"one")) + ".aside"
    assert open_.keep_aside(open_.name(key(b"one")), aside)
    clear = {open_.name(key(data)) for data in (b"one", b"two")}
    shut = {sealed.name(key(b"one"))}
    assert {entry.name for entry in open_.others()} == shut | {aside}
    assert {entry.name for entry in sealed.others()} == clear | {aside}


def test_what_is_called_otherwise_than_our_files_is_not_removed(
    vault: Vault, ground: Ground
) -> None:
    ground.connect().write({"blobs/ab/letter.jpg": b"mine"})
    assert not vault.remove("blobs/ab/letter.jpg")
    assert list(vault.names()) == ["blobs/ab/letter.jpg"]


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
    vault = local(tmp_path_factory.mktemp("vault"), OpenLayout())
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
