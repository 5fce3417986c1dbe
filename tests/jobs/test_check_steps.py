"""Every kind of finding, made by editing files and rows: the step that is told mends it."""

import os
import re
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from fapproc.jobs.findings import Problem
from tests.jobs.ward import Ward, age, change_rows, flip

NOBODY = "blobs/ab/" + "ab" * 32 + ".jpg"


@dataclass(frozen=True)
class Case:
    """How a finding comes about, and what a person does about it beside the step, if anything."""

    damage: Callable[[Ward], object]
    person: Callable[[Ward, "Case"], object] | None = None
    rounds: int = 1
    """How often the step is to be taken."""


def blob(ward: Ward, number: int = 0) -> Path:
    return ward.files()[number][0]


def thumb(ward: Ward, number: int = 0) -> Path:
    return ward.files()[number][1]


def kept_aside(ward: Ward) -> Path:
    """What a backup has: the archive as it was."""
    return ward.folder.with_name("backup")


def from_backup(ward: Ward, _: Case) -> None:
    for file in kept_aside(ward).glob("blobs/*/*"):
        here = ward.folder / file.relative_to(kept_aside(ward))
        if not here.is_file() or here.read_bytes() != file.read_bytes():
            shutil.copyfile(file, here)


def rows_from_backup(ward: Ward, _: Case) -> None:
    shutil.copyfile(kept_aside(ward) / "imagefap.database", ward.folder / "imagefap.database")


def swap(ward: Ward) -> None:
    one, other = blob(ward, 0), blob(ward, 1)
    first = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(first)


def put(name: str, data: bytes) -> Callable[[Ward], None]:
    def write(ward: Ward) -> None:
        file = ward.folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(data)
        age(file)

    return write


def move_away(name: str) -> Callable[[Ward, Case], object]:
    return lambda ward, _: (ward.folder / name).rename(ward.folder.with_name("elsewhere"))


def lost(ward: Ward) -> None:
    blob(ward).unlink()
    ward.run("check", "--repair")


def found_again(ward: Ward) -> None:
    lost(ward)
    from_backup(ward, CASES["lost"])


def pipe(ward: Ward) -> None:
    blob(ward).unlink()
    os.mkfifo(blob(ward))


def unpipe(ward: Ward, case: Case) -> None:
    for file in (each for each in ward.folder.glob("blobs/*/*") if each.is_fifo()):
        file.unlink()
    from_backup(ward, case)


def torn(ward: Ward) -> None:
    file = ward.folder / "imagefap.database"
    data = bytearray(file.read_bytes())
    for start in range(4096 * 3, len(data), 4096 * 2):
        data[start : start + 4096] = os.urandom(4096)
    file.write_bytes(data)


def rows(*statements: str) -> Callable[[Ward], None]:
    return lambda ward: ward.execute(*statements)


CASES = {
    "missing-blob": Case(lambda ward: blob(ward).unlink(), from_backup),
    "missing-thumbnail": Case(lambda ward: thumb(ward).unlink()),
    "empty": Case(lambda ward: thumb(ward).write_bytes(b"")),
    "empty, a blob": Case(lambda ward: blob(ward).write_bytes(b""), from_backup),
    "changed": Case(lambda ward: flip(thumb(ward))),
    "changed, a blob": Case(lambda ward: flip(blob(ward)), from_backup),
    "unreadable": Case(pipe, unpipe),
    "swapped": Case(swap),
    "renamed": Case(lambda ward: blob(ward).rename(ward.folder / "blobs" / ("ef" * 32 + ".jpg"))),
    "lost": Case(lost, from_backup),
    "found-again": Case(found_again),
    "orphan": Case(put(NOBODY, b"nobody's"), rounds=2),
    "foreign": Case(put("blobs/notes.txt", b"mine"), move_away("blobs/notes.txt")),
    "leftover": Case(put("imagefap.database.before-0002.part", b"half")),
    "order": Case(rows("UPDATE listing SET position = 1 WHERE site_id IN (2, 3)")),
    "name": Case(lambda ward: change_rows(ward, b"Lakes", b"Lajes")),
    "album": Case(rows("UPDATE album SET listed_at = 0")),
    "reference": Case(rows("DELETE FROM duplicate_group")),
    "figures": Case(rows("UPDATE album_figures SET images = 5")),
    "database": Case(torn, rows_from_backup),
    "database, an index": Case(
        rows(
            "PRAGMA writable_schema = ON",
            "UPDATE sqlite_master SET sql = 'CREATE INDEX ix_listing_site_id ON listing (position)'"
            " WHERE name = 'ix_listing_site_id'",
            "PRAGMA writable_schema = OFF",
        )
    ),
    "size, of a row": Case(rows("UPDATE image SET bytes = bytes + 256 WHERE id = 1")),
    "size, of a row of a thumbnail": Case(
        rows("UPDATE image SET thumb_bytes = thumb_bytes + 256 WHERE id = 1")
    ),
    "changed, a row of a thumbnail": Case(
        rows("UPDATE image SET thumb_digest = 'ab' || substr(thumb_digest, 3) WHERE id = 1")
    ),
    "missing-blob, a row's digest": Case(
        rows("UPDATE image SET digest = 'ab' || substr(digest, 3) WHERE id = 1"), rows_from_backup
    ),
}


def test_there_is_a_case_of_every_kind() -> None:
    assert {name.split(",")[0] for name in CASES} >= set(Problem)


@pytest.mark.parametrize("name", CASES)
def test_the_step_that_is_told_mends_the_finding(tmp_path: Path, name: str) -> None:
    ward = Ward.new(tmp_path / "archive", sealed=False)
    shutil.copytree(ward.folder, kept_aside(ward))
    case = CASES[name]
    case.damage(ward)
    told = ward.run("check", "--read-data")
    kind = name.partition(",")[0]
    assert told.exit_code == 13
    assert f"{kind}: " in told.stdout or "Restore it from a copy" in told.stderr, told.output
    if case.person is not None:
        case.person(ward, case)
        told = ward.run("check", "--read-data")
    for again in range(case.rounds):
        told = ward.run("check", "--read-data") if again else told
        steps = re.findall(r"'fapproc (check [^']*)'", told.stderr)
        for step in steps[-1:]:
            ended = ward.run(*without_archive(step))
            assert ended.exit_code == 0, ended.output
    assert ward.found("--read-data") == []
    backup = replace(ward, folder=kept_aside(ward))
    rows = "SELECT digest, bytes, site_id, name FROM image JOIN listing ON image_id = image.id"
    assert ward.ask(f"{rows} ORDER BY site_id") == backup.ask(f"{rows} ORDER BY site_id")


def without_archive(step: str) -> list[str]:
    words = shlex.split(step)
    return words[: words.index("-d")] if "-d" in words else words
