"""`archive.json` is untrusted: every edit is refused, and none ends in anything but a sentence."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fapproc import description
from fapproc.archive import Archive
from fapproc.description import BACKUP, FILE, Description, Work
from fapproc.durable.folder import DurableFolder
from fapproc.errors import ArchiveHeld, Damaged, FapError, NoArchive, PasswordProblem
from fapproc.jobs import sealing
from fapproc.ours import DATABASE
from fapproc.vault.keys import SUITE, Keys

PASSWORD = "correct horse"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sealed archives of one password, and an open one; each test has copies."""
    folder = tmp_path_factory.mktemp("archives")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("sealed", "other"):
            patch.setenv("FAP_PASSWORD", PASSWORD)
            Archive.open_or_create(folder / name).close()
    Archive.open_or_create(folder / "open").close()
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path


def said(folder: Path) -> Json:
    values: Json = json.loads((folder / FILE).read_text())
    return values


def edit(folder: Path, **changes: Any) -> None:
    (folder / FILE).write_text(json.dumps({**said(folder), **changes}))


def attempt(folder: Path, password: str | None = PASSWORD) -> None:
    with pytest.MonkeyPatch.context() as patch:
        if password is not None:
            patch.setenv("FAP_PASSWORD", password)
        Archive.open(folder).close()


def test_what_was_written_is_read(folder: Path) -> None:
    attempt(folder / "sealed")
    attempt(folder / "open", None)


def _weaker(values: Json) -> Json:
    return {"slots": [{**values["slots"][0], "passes": 1}]}


def _cheaper(values: Json) -> Json:
    return {"slots": [{**values["slots"][0], "memory": 8}]}


def _slot(**changes: Any) -> Callable[[Json], Json]:
    return lambda values: {"slots": [{**values["slots"][0], **changes}]}


REFUSED: dict[str, tuple[type[FapError], Callable[[Json], Json]]] = {
    "the suite removed": (Damaged, lambda _: {"suite": None}),
    "the suite and the mac removed": (Damaged, lambda _: {"suite": None, "mac": None}),
    "another suite": (Damaged, lambda _: {"suite": "none"}),
    "a suite that is a list": (Damaged, lambda _: {"suite": [SUITE]}),
    "fewer passes": (Damaged, _weaker),
    "less memory": (Damaged, _cheaper),
    "a costly slot": (Damaged, _slot(memory=2**40)),
    "more passes within bounds": (PasswordProblem, _slot(passes=4)),
    "a slot under another name": (PasswordProblem, _slot(name="other")),
    "a slot with a field more": (Damaged, _slot(more=1)),
    "a slot in capital letters": (Damaged, _slot(name="PASSWORD")),
    "no slot": (Damaged, lambda _: {"slots": []}),
    "slots that are none": (Damaged, lambda _: {"slots": None}),
    "seventeen slots": (Damaged, lambda values: {"slots": values["slots"] * 17}),
    "a slot doubled": (Damaged, lambda values: {"slots": values["slots"] * 2}),
    "another database": (Damaged, lambda _: {"database": "/tmp/other.database"}),
    "other files": (Damaged, lambda _: {"files": "/tmp"}),
    "files at a backend": (Damaged, lambda _: {"files": "s3://elsewhere"}),
    "no mac": (Damaged, lambda _: {"mac": None}),
    "an empty mac": (Damaged, lambda _: {"mac": ""}),
    "another mac": (Damaged, lambda _: {"mac": "00" * 32}),
    "a mac beyond ASCII": (Damaged, lambda _: {"mac": "\u00e9"}),
    "a mac with a lone surrogate": (Damaged, lambda _: {"mac": "\ud800"}),
    "a mac that is a number": (Damaged, lambda _: {"mac": 7}),
    "an unknown field": (Damaged, lambda _: {"cipher": "none"}),
    "an id that is none": (Damaged, lambda _: {"id": "x"}),
    "another id": (PasswordProblem, lambda _: {"id": "00" * 16}),
    "a newer format": (NoArchive, lambda _: {"format": 2}),
    "an older format": (Damaged, lambda _: {"format": 0}),
    "a format that is no number": (Damaged, lambda _: {"format": True}),
    "a work of ours": (ArchiveHeld, lambda _: {"work": Work.UNSEAL_MAKE}),
    "an unknown work": (Damaged, lambda _: {"work": "melt"}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_sealed_archive_is_refused_with(name: str, folder: Path) -> None:
    error, change = REFUSED[name]
    edit(folder / "sealed", **change(said(folder / "sealed")))
    with pytest.raises(FapError) as caught:
        attempt(folder / "sealed")
    assert type(caught.value) is error


def test_slots_swapped_between_two_archives_of_one_password_open_neither(folder: Path) -> None:
    one, other = (said(folder / name) for name in ("sealed", "other"))
    edit(folder / "sealed", slots=other["slots"])
    with pytest.raises(PasswordProblem):
        attempt(folder / "sealed")
    edit(folder / "sealed", slots=other["slots"], id=other["id"], mac=one["mac"])
    with pytest.raises(Damaged):
        attempt(folder / "sealed")


def test_the_description_of_another_archive_does_not_open_this_database(folder: Path) -> None:
    shutil.copy(folder / "other" / FILE, folder / "sealed" / FILE)
    with pytest.raises(Damaged):
        attempt(folder / "sealed")


def test_an_open_description_does_not_open_a_sealed_database(folder: Path) -> None:
    shutil.copy(folder / "open" / FILE, folder / "sealed" / FILE)
    with pytest.raises(PasswordProblem):  # who gives a password writes nothing in the clear
        attempt(folder / "sealed")
    with pytest.raises(Damaged):
        attempt(folder / "sealed", None)


def test_a_foreign_work_is_found_out_by_the_command_that_would_go_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for work in (Work.UNSEAL_MAKE, Work.UNSEAL_SWITCH):
        edit(folder / "sealed", work=work)
        monkeypatch.setenv("FAP_PASSWORD", PASSWORD)
        with pytest.raises(Damaged):
            sealing.unseal(folder / "sealed")


OPEN_REFUSED: dict[str, tuple[type[FapError], Json]] = {
    "a suite without slots": (Damaged, {"suite": SUITE}),
    "another database": (Damaged, {"database": "../other"}),
    "other files": (Damaged, {"files": "/"}),
    "files at a backend that is not here": (NoArchive, {"files": "gopher://bucket/archive"}),
    "an unknown field": (Damaged, {"more": None}),
    "a work that has no slots to go on with": (Damaged, {"work": Work.SEAL_MAKE}),
    "a newer format": (NoArchive, {"format": 99}),
    "an id of another length": (Damaged, {"id": "00"}),
    "an id that is a number": (Damaged, {"id": 1}),
    "a mac that nobody wrote": (Damaged, {"mac": "00" * 32}),
}


@pytest.mark.parametrize("name", OPEN_REFUSED)
def test_an_open_archive_is_refused_with(name: str, folder: Path) -> None:
    error, changes = OPEN_REFUSED[name]
    edit(folder / "open", **changes)
    with pytest.raises(FapError) as caught:
        attempt(folder / "open", None)
    assert type(caught.value) is error


def test_a_password_for_an_open_archive_is_refused(folder: Path) -> None:
    with pytest.raises(PasswordProblem, match="is not sealed"):
        attempt(folder / "open")


def test_a_field_that_is_missing_is_noticed(folder: Path) -> None:
    for name in ("sealed", "open"):
        whole = said(folder / name)
        for gone in whole:
            left = {field: value for field, value in whole.items() if field != gone}
            (folder / name / FILE).write_text(json.dumps(left))
            with pytest.raises(Damaged):
                description.read(folder / name)


def test_without_it_its_copy_is_named(folder: Path) -> None:
    (folder / "sealed" / FILE).unlink()
    with pytest.raises(Damaged, match=BACKUP):
        attempt(folder / "sealed")
    (folder / "sealed" / BACKUP).replace(folder / "sealed" / FILE)
    attempt(folder / "sealed")


def test_a_database_without_one_is_left_to_the_predecessor(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"\x80\x05")
    with pytest.raises(NoArchive, match=r"2\.0"):
        Archive.open_or_create(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == [DATABASE]


def test_what_it_was_before_becomes_the_copy(tmp_path: Path) -> None:
    first, second = Description.new(), Description.new()
    first.write(tmp_path)
    second.write(tmp_path)
    assert description.read(tmp_path) == second
    (tmp_path / BACKUP).replace(tmp_path / FILE)
    assert description.read(tmp_path) == first


def test_the_mac_covers_every_field() -> None:
    keys = Keys("00" * 16, bytes(32))
    slot = keys.slot("password", PASSWORD)
    one = Description("00" * 16, SUITE, (slot,))
    others = [
        replace(one, id="11" * 16),
        replace(one, suite=None),
        replace(one, slots=()),
        replace(one, slots=(slot, slot)),
        replace(one, slots=(replace(slot, wrapped="00" * 48),)),
        replace(one, work=Work.SEAL_MAKE),
        replace(one, files="onefile:///elsewhere"),
        replace(one, database="postgresql+psycopg://me@elsewhere/rows"),
    ]
    macs = {each.authenticated(keys).mac for each in (one, *others)}
    assert len(macs) == 1 + len(others)
    assert set(asdict(one)) == {"id", "suite", "slots", "work", "mac", "files", "database"}


LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
JSON = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
QUIET = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def put(folder: Path, data: bytes) -> None:
    DurableFolder(folder).write({FILE: data})


def never_anything_but_a_sentence(folder: Path) -> None:
    try:
        found = description.read(folder)
        if found is not None:
            found.check(Keys(found.id, bytes(32)), folder)
    except FapError:
        pass


@QUIET
@given(data=st.binary(max_size=100))
def test_arbitrary_bytes_end_in_a_sentence(tmp_path: Path, data: bytes) -> None:
    put(tmp_path, data)
    with pytest.raises(FapError):
        description.read(tmp_path)


@QUIET
@given(value=JSON)
def test_arbitrary_json_ends_in_a_sentence(tmp_path: Path, value: Any) -> None:
    put(tmp_path, json.dumps(value).encode())
    with pytest.raises(FapError):
        description.read(tmp_path)


def test_json_nested_without_end_and_endless_numbers_end_in_a_sentence(tmp_path: Path) -> None:
    for data in (b"[" * 100_000, b'{"format":' + b"9" * 10_000 + b"}", b"\xff", b"", b"NaN"):
        put(tmp_path, data)
        with pytest.raises(FapError):
            description.read(tmp_path)


FIELDS = ["format", "id", "suite", "database", "files", "work", "slots", "mac"]
SLOT_FIELDS = ["name", "memory", "passes", "lanes", "salt", "nonce", "wrapped"]


@QUIET
@given(
    fields=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3),
    slot=st.dictionaries(st.sampled_from(SLOT_FIELDS) | st.text(), JSON, max_size=3),
    name=st.sampled_from(["sealed", "open"]),
)
def test_a_changed_description_ends_in_a_sentence(
    tmp_path: Path, made: Path, fields: Json, slot: Json, name: str
) -> None:
    values = said(made / name)
    values["slots"] = [{**each, **slot} for each in values["slots"]]
    put(tmp_path, json.dumps({**values, **fields}).encode())
    never_anything_but_a_sentence(tmp_path)
