"""An archive is the same wherever its files lie: sealed, checked, mended, backed up."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from fapproc import description
from fapproc.db import images
from fapproc.description import Description
from fapproc.errors import Damaged, StorageError
from fapproc.jobs import sealing
from fapproc.jobs.backup import backup
from fapproc.jobs.check import check
from fapproc.jobs.findings import File, files_of
from fapproc.jobs.repair import repair
from fapproc.vault.backend import HERE, Backend
from tests.holdings import PASSWORD, begin, content_of, fill, given, opened
from tests.vault import object_storage
from tests.vault.between import between
from tests.vault.grounds import GROUNDS, Ground, register
from tests.vault.in_one_file import OneFile


@dataclass(frozen=True)
class Kept:
    """An archive that is filled, and the ground on which its files lie."""

    folder: Path
    ground: Ground

    @property
    def backend(self) -> Backend:
        """Its backend, to do damage with."""
        return self.ground.connect()

    def files(self) -> list[File]:
        """What its rows name: blob and thumbnail of each image in turn."""
        with opened(self.folder, None) as archive, archive.reading() as connection:
            rows = images.every(connection)
            return [file for stored in rows for file in files_of(archive, stored)]

    def mended(self) -> list[tuple[str, str, bool]]:
        """Check and repair; kind and name of each finding, and whether it is done."""
        with opened(self.folder, None) as archive:
            steps = repair(archive, check(archive, read_data=True).findings)
        return [(step.finding.kind, step.finding.name, step.done) for step in steps]


@pytest.fixture(params=GROUNDS)
def kept(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    register(monkeypatch, request.param)
    return _filled(tmp_path / "archive", request.param)


def _filled(folder: Path, scheme: str) -> Kept:
    new = Description.new()
    folder.mkdir()
    ground = GROUNDS[scheme](folder, new.id)
    begin(folder, new, ground.place.url)
    fill(folder)
    return Kept(folder, ground)


def test_it_is_sealed_backed_up_and_unsealed_and_all_is_in_it_each_time(
    kept: Kept, tmp_path: Path
) -> None:
    before = content_of(kept.folder, None)
    clear = {file.name for file in kept.files()}
    with given(PASSWORD):
        report = sealing.seal(kept.folder)
    assert (report.removed, report.left, report.damaged.count) == (len(clear), (), 0)
    with opened(kept.folder, PASSWORD) as archive:
        assert not clear & set(archive.vault.names())
        assert check(archive, read_data=True).findings == ()
        assert backup(archive, tmp_path / "copy").copied == len(clear)
    assert content_of(kept.folder, PASSWORD) == before
    assert content_of(tmp_path / "copy", PASSWORD) == before
    copied = description.read(tmp_path / "copy")
    assert copied is not None and copied.files == HERE
    with given(PASSWORD):
        sealing.unseal(kept.folder)
    assert content_of(kept.folder, None) == before
    with opened(kept.folder, None) as archive:
        assert check(archive, read_data=True).findings == ()
        assert set(archive.vault.names()) == clear


def test_what_was_done_to_its_files_is_found_and_mended(kept: Kept) -> None:
    (missing, _, cut, _, moved, thumb, *_), backend = kept.files(), kept.backend
    orphan, young, foreign = (f"blobs/ab/ab{n}{'0' * 61}.png" for n in "123")
    foreign = foreign.replace(".png", " of mine.png")
    backend.delete(missing.name)
    stored = backend.read(cut.name)
    away = backend.read(moved.name)
    assert stored is not None and away is not None
    backend.write({cut.name: stored[:-3], f"{moved.name} (copy)": away})
    backend.delete(moved.name)
    backend.delete(thumb.name)
    backend.write(dict.fromkeys((orphan, young, foreign), b"left behind"))
    kept.ground.age(orphan)
    found = {
        ("missing-blob", missing.name, True),
        ("changed", cut.name, True),
        ("renamed", moved.name, True),
        ("missing-thumbnail", thumb.name, True),
        ("orphan", orphan, True),
        ("foreign", foreign, False),
    }
    assert set(kept.mended()) == found
    assert backend.entry(orphan) is not None  # one check more must see it so
    left = {("lost", missing.name, False), ("lost", cut.name, False)}
    assert set(kept.mended()) == {*left, ("orphan", orphan, True), ("foreign", foreign, False)}
    assert backend.entry(orphan) is None
    assert backend.entry(young) is not None
    assert set(kept.mended()) == {*left, ("foreign", foreign, False)}


def test_a_file_that_gets_young_again_between_two_checks_is_no_orphan(kept: Kept) -> None:
    orphan = f"blobs/ab/ab{'0' * 62}.png"
    kept.backend.write({orphan: b"about to get its row"})
    kept.ground.age(orphan)
    assert kept.mended() == [("orphan", orphan, True)]
    kept.backend.renew(orphan, b"about to get its row")
    assert kept.mended() == []
    assert kept.backend.entry(orphan) is not None


def test_a_file_whose_time_a_listing_tells_with_another_second_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch)
    kept = _filled(tmp_path / "archive", "s3")
    orphan = f"blobs/ab/ab{'0' * 62}.png"
    kept.backend.write({orphan: b"left behind"})
    kept.ground.age(orphan)
    with between(object_storage.served()) as way:
        monkeypatch.setenv("AWS_ENDPOINT_URL", way.address)
        way.ahead = 1
        assert kept.mended() == [("orphan", orphan, True)]


def test_pictures_without_a_database_are_no_new_archive(kept: Kept) -> None:
    (kept.folder / "imagefap.database").unlink()
    with pytest.raises(Damaged, match="is missing"):
        opened(kept.folder, None)


def test_a_place_that_is_not_there_is_told_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch)
    kept = _filled(tmp_path / "archive", "onefile")
    path = Path(kept.ground.place.url.partition("://")[2])
    path.rename(tmp_path / "unplugged")
    with pytest.raises(StorageError, match="Is its disk connected"):
        opened(kept.folder, None)
    OneFile.make(path, "00" * 16)
    with pytest.raises(StorageError, match="files of another archive"):
        opened(kept.folder, None)
    (tmp_path / "unplugged").replace(path)
    assert kept.mended() == []


def test_files_of_a_sealed_archive_can_not_be_said_to_lie_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch)
    kept = _filled(tmp_path / "archive", "file")
    with given(PASSWORD):
        sealing.seal(kept.folder)
    said = json.loads((kept.folder / "archive.json").read_text())
    url = OneFile.make(tmp_path / "other", said["id"])
    (kept.folder / "archive.json").write_text(json.dumps(said | {"files": url}))
    with pytest.raises(Damaged, match="is damaged"):
        opened(kept.folder, PASSWORD)
