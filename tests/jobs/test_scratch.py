"""The private folder of a cluster, and what is left of those whose makers are dead."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from fapproc.jobs.scratch import CERTIFICATE, scratch

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no file tells there who is dead")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    return place


def left(place: Path, name: str = "fapproc-cluster-of_a_dead_one") -> Path:
    """What a command leaves that is killed."""
    folder = place / name
    dasks = folder / "dask-scratch-space"
    dasks.mkdir(parents=True)
    folder.chmod(0o700)
    for file in (folder / CERTIFICATE, folder / "held", dasks / "global.lock"):
        file.touch()
    for working in ("worker-abc", "scheduler-x_1"):
        (dasks / working).mkdir()
        (dasks / f"{working}.dirlock").touch()
    return folder


def test_it_is_private_and_goes_with_its_maker(place: Path) -> None:
    with scratch() as folder:
        assert folder.parent == place
        assert folder.stat().st_mode & 0o777 == 0o700
        assert [each.name for each in folder.iterdir()] == ["held"]
    assert not folder.exists()


def test_what_a_dead_one_left_is_removed_and_a_living_one_s_stays(place: Path) -> None:
    left(place)
    with scratch() as first:
        (first / CERTIFICATE).touch()
        with scratch() as second:
            assert {*place.iterdir()} == {first, second}
            assert (first / CERTIFICATE).exists()


def test_one_that_another_command_removes_meanwhile_keeps_none_of_the_others(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        left(place, f"fapproc-cluster-{number}")
    order = [each.name for each in os.scandir(place)]
    remove = os.rmdir

    def both(path: str, *, dir_fd: int | None = None) -> None:
        remove(path, dir_fd=dir_fd)
        if path == order[0]:
            shutil.rmtree(place / order[1])

    monkeypatch.setattr(os, "rmdir", both)
    with scratch() as folder:
        assert [*place.iterdir()] == [folder]


def test_what_is_not_known_to_be_ours_stays(place: Path, tmp_path: Path) -> None:
    others = left(place, "fapproc-cluster-others")
    others.chmod(0o750)
    unmarked = left(place, "fapproc-cluster-unmarked")
    (unmarked / "held").unlink()
    elsewhere = left(tmp_path, "fapproc-cluster-elsewhere")
    (place / "fapproc-cluster-link").symlink_to(elsewhere)
    named = left(place, "somebody's")
    before = sorted([*place.rglob("*"), *elsewhere.rglob("*")])
    with scratch():
        pass
    assert sorted([*place.rglob("*"), *elsewhere.rglob("*")]) == before
    assert named.exists()


def test_what_a_stranger_put_into_one_stays_and_the_key_goes(place: Path) -> None:
    folder = left(place)
    notes = [folder / "notes", folder / "dask-scratch-space" / "worker-abc" / "notes"]
    for file in notes:
        file.touch()
    with scratch():
        pass
    assert [each for each in folder.rglob("*") if each.is_file()] == notes
