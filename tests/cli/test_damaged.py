"""Bytes of an open database that a disk changed: one sentence and 13, whatever is asked."""

import random
import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from fapproc.archive import Archive
from fapproc.ours import DATABASE
from tests.cli.conftest import Fapproc
from tests.holdings import PASSWORD, fill
from tests.programs import Home
from tests.webviewer.shelf import digest

COMMANDS = (
    ("check",),
    ("check", "--json"),
    ("stats",),
    ("print", "--json"),
    ("list",),
    ("export",),
    ("tag", "list"),
    ("tag", "apply", "Inner", digest(1)),
    ("verdict", "list"),
    ("failures",),
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "archive"
    fill(folder)
    return folder


@pytest.mark.parametrize("seed", range(8))
def test_a_database_with_changed_bytes_ends_in_a_sentence(
    seed: int, whole: Path, fapproc: Fapproc, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "archive"))
    data = bytearray((folder / DATABASE).read_bytes())
    chance = random.Random(seed)
    spots = [place for place, byte in enumerate(data) if byte]
    for _ in range((1, 5, 40)[seed % 3]):
        data[chance.choice(spots)] = chance.randrange(128, 256)
    (folder / DATABASE).write_bytes(data)
    for line in COMMANDS:
        ended = fapproc(*line, "-d", folder)
        assert ended.exit_code in {0, 13}, (line, ended.output)
        assert ended.stderr.count("Error: ") == (ended.exit_code == 13)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE image SET format = 'jqg'",
        "UPDATE image SET format = CAST(x'70ff67' AS TEXT)",
        "UPDATE group_member SET verdict = 'maybe'",
        "UPDATE image SET unsound = 'strange'",
    ],
)
def test_a_word_that_this_program_never_wrote_is_damage(
    change: str, whole: Path, fapproc: Fapproc, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "archive"))
    with Archive.open(folder) as archive, archive.writing() as connection:
        connection.execute(text(change))
    ended = fapproc("print", "--json", "-d", folder)
    assert ended.exit_code == 13 and "is damaged" in ended.stderr


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (b"REFERENCES album (user_id, id)", b"REFERENCES album (user_id, ix)"),
        (b"ix_image_fetched_at ON image (fetched_at", b"ix_image_fetched_at ON image (fetched_ax"),
        (b"CREATE TABLE setting", b"CREATE TABLE sotting"),
    ],
)
def test_a_changed_byte_in_what_a_table_is_made_of_is_damage(
    was: bytes, now: bytes, whole: Path, fapproc: Fapproc, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(whole, tmp_path / "archive"))
    data = (folder / DATABASE).read_bytes()
    assert was in data
    (folder / DATABASE).write_bytes(data.replace(was, now))
    ended = fapproc("check", "-d", folder)
    assert ended.exit_code == 13 and "is damaged" in ended.output, ended.output


def test_of_a_sealed_database_with_a_changed_page_nobody_says_more(tmp_path: Path) -> None:
    """SQLCipher would log each page that it can't read, by itself and to stderr."""
    home = Home(tmp_path)
    home.password(PASSWORD)
    fill(home.archive, PASSWORD)
    with (home.archive / DATABASE).open("rb+") as file:
        file.seek(100)
        file.write(b"\xff" * 100)
    ended = home.run("stats")
    assert ended.returncode == 13 and ended.stderr.startswith("Error: "), ended
    assert ended.stderr.count("\n") == 1, ended.stderr
