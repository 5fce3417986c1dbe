"""The look at names and sizes that `check` begins with, and what it holds in memory."""

import random
import tracemalloc
from pathlib import Path

import pytest

from fapproc.archive import Archive
from fapproc.db import schema
from fapproc.description import Description
from fapproc.jobs.survey import survey
from fapproc.model import Format
from fapproc.vault.store import Key, Kind, digest_of
from tests.holdings import begin, opened
from tests.vault.grounds import GROUNDS, register
from tests.vault.in_one_file import OneFile


def filled(folder: Path, count: int) -> Archive:
    """An archive of so many images of three bytes each, whose files lie in one file."""
    new = Description.new()
    folder.mkdir()
    place = GROUNDS["onefile"](folder, new.id).place
    begin(folder, new, place.url)
    digests = [digest_of(str(number).encode()) for number in range(count)]
    rows = [{"digest": d, "bytes": 3, "format": "jpg", "fetched_at": 1} for d in digests]
    archive = opened(folder, None)
    with archive.writing() as connection:
        connection.execute(schema.image.insert(), rows)
    files = {archive.vault.name(Key(Kind.BLOB, digest, Format.JPG)): b"abc" for digest in digests}
    OneFile.connect(place).write(files)
    return archive


def test_a_file_more_costs_a_few_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    register(monkeypatch)
    peaks = []
    for count in (2000, 6000):
        with filled(tmp_path / str(count), count) as archive:
            survey(archive)  # what is made once is no file's
            tracemalloc.start()
            found = survey(archive)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert (found.suspects, found.strays, found.lost) == ([], {}, [])
    assert (peaks[1] - peaks[0]) / 4000 < 100


def test_what_is_not_as_its_row_says_is_a_suspect_and_what_no_row_names_a_stray(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(monkeypatch)
    draw = random.Random(3)
    with filled(tmp_path / "archive", 300) as archive:
        backend = OneFile.connect(archive.description.place(archive.folder))
        names = sorted(archive.vault.names())
        chosen = draw.sample(names, 30)
        gone, short, lost = chosen[:10], chosen[10:20], chosen[20:]
        backend.delete(lost[0])
        for name in gone:
            backend.delete(name)
        backend.write(dict.fromkeys(short, b"ab"))
        added = [f"blobs/ab/{number}" for number in range(5)]
        backend.write(dict.fromkeys(added, b"abc"))
        marked = [Path(name).stem for name in lost]
        with archive.writing() as connection:
            is_lost = schema.image.c.digest.in_(marked)
            connection.execute(schema.image.update().where(is_lost).values(lost_at=1))
        found = survey(archive)
    assert sorted(file.name for file in found.suspects) == sorted([*gone, *short])
    assert sorted(found.strays) == added
    assert all(found.strays[name].bytes == 3 for name in added)
    assert sorted(file.name for file in found.lost) == sorted(lost)


def test_an_empty_archive_has_nothing_to_look_at(tmp_path: Path) -> None:
    with opened(tmp_path, None) as archive:
        found = survey(archive)
    assert (found.suspects, found.strays, found.lost) == ([], {}, [])
