"""What takes long says how many steps it has before it begins, and each when it is done."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from fapproc.archive import Archive
from fapproc.db import copying, creating, images
from fapproc.db.engine import Database
from fapproc.jobs import pruning, sealing, transcode
from fapproc.ours import DATABASE
from fapproc.steps import Done, time_left
from tests.holdings import PASSWORD, fill, skip


class Told:
    """A `Begin` that remembers: what began, how many steps it was to have, and had."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, int, int]] = []

    @contextmanager
    def __call__(self, what: str, total: int) -> Iterator[Done]:
        done: list[int] = []
        yield done.append
        self.steps.append((what, total, sum(done)))


def test_sealing_counts_images_those_in_the_bin_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "archive"
    fill(folder)
    with Archive.open(folder) as archive:
        with archive.reading() as connection:
            digests = sorted(images.digests(connection).values())
        skip(archive, digests[0], digests[1])
        pruning.prune(archive, pruning.plan(archive))
        count = transcode.count(archive)
        assert count == len(digests)
    monkeypatch.setenv("FAP_PASSWORD", PASSWORD)
    told = Told()
    sealing.seal(folder, told)
    monkeypatch.setenv("FAP_PASSWORD", PASSWORD)
    sealing.unseal(folder, told)
    assert told.steps == 2 * [("Writing", count, count), ("Reading it again", count, count)]


@pytest.mark.sqlite
def test_copying_counts_each_row_when_it_is_written_and_when_it_is_compared(
    tmp_path: Path,
) -> None:
    fill(tmp_path / "archive")
    told = Told()
    (tmp_path / "copy").touch()
    with (
        closing(Database(tmp_path / "archive" / DATABASE)) as source,
        closing(Database(tmp_path / "copy")) as target,
        source.reading() as read,
        target.writing() as written,
    ):
        creating.create(written)
        copying.copy_rows(read, written, told)
        rows = 2 * copying.count_rows(read)
    assert told.steps == [("Copying rows", rows, rows)] and rows > 0


def test_the_time_left_is_known_once_a_part_or_a_minute_is_over() -> None:
    assert time_left(None, 100.0) is None and time_left(0.0, 100.0) is None
    assert time_left(0.002, 10.0) is None  # when workers have just begun
    assert time_left(0.002, 60.0) == pytest.approx(29_940)
    assert time_left(0.5, 1.0) == 1.0
