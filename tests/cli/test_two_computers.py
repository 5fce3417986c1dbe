"""Two computers with one archive: its rows on a server, its pictures in a bucket."""

import hashlib
import json
import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import database_server
from tests.drawing import landscape
from tests.holdings import PASSWORD
from tests.programs import Home
from tests.vault.object_storage import WITHIN, served

SOUND = "Everything is there and sound.\n"


def draw(folder: Path, *seeds: int) -> list[str]:
    """Pictures in a folder, and the digests of their files."""
    folder.mkdir(parents=True)
    for seed in seeds:
        landscape(seed, (80, 60)).save(folder / f"{seed}.png")
    return [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())]


def images(home: Home) -> set[str]:
    """What is in the archive."""
    printed = map(json.loads, home.done("print", "--json").splitlines())
    return {str(entry["sha256"]) for entry in printed if entry["kind"] == "image"}


def at_once(*started: tuple[Home, str]) -> list[int]:
    """Run commands at once; their exit codes."""
    with ExitStack() as running:
        programs = [running.enter_context(home.start(*line.split())) for home, line in started]
        said = [program.communicate(timeout=2 * WITHIN) for program in programs]
    assert not any("Traceback" in err for _, err in said), said
    return [program.returncode or 0 for program in programs]


@pytest.mark.parametrize(
    "password",
    [pytest.param(None, id="open"), pytest.param(PASSWORD, marks=pytest.mark.long, id="sealed")],
)
def test_two_computers_share_an_archive_and_nothing_is_lost_by_what_both_do_at_once(
    tmp_path: Path, password: str | None
) -> None:
    one, other = (Home(tmp_path / name, dict(served().environment)) for name in ("one", "other"))
    one.password(password)
    other.password(password)
    url, place = database_server.served().empty("shared"), served().place()
    first = draw(one.folder / "first", 1, 2, 3)
    one.done("init", "--database", url, "--blobs", place)
    other.archive.mkdir(parents=True)
    shutil.copy(one.archive / "archive.json", other.archive)
    landscape(1, (160, 120)).save(one.folder / "first" / "large.png")
    large = hashlib.sha256((one.folder / "first" / "large.png").read_bytes()).hexdigest()
    one.done("import", str(one.folder / "first"))
    other.done("process")
    other.done("dedup")
    one.done("verdict", "set", "keep", large)
    one.done("verdict", "set", "skip", first[0])
    assert images(one) == images(other) == {*first, large}
    more, again = draw(one.folder / "more", 4, 5, 6, 7), draw(other.folder / "again", 6, 7, 8)
    codes = at_once(
        (one, f"import {one.folder / 'more'}"),
        (other, f"import {other.folder / 'again'}"),
        (other, "process"),
        (one, "check --repair"),
        (other, "prune --now --yes"),
    )
    assert codes == [0] * len(codes)
    assert images(one) == images(other) == {*first[1:], large, *more, *again}
    assert "processed" in one.done("process")
    other.done("dedup")
    for home in (one, other):
        assert home.done("check", "--read-data") == SOUND
        assert not (home.archive / "blobs").exists()


def test_what_has_an_archive_alone_waits_for_no_other_computer_but_names_it(
    tmp_path: Path,
) -> None:
    one, other = (Home(tmp_path / name, dict(served().environment)) for name in ("one", "other"))
    one.done(
        "init", "--database", database_server.served().empty("held"), "--blobs", served().place()
    )
    draw(one.folder / "pictures", 1)
    one.done("import", str(one.folder / "pictures"))
    other.archive.mkdir(parents=True)
    shutil.copy(one.archive / "archive.json", other.archive)
    with other.start("run", "--port", "0") as viewer:
        assert "http://" in viewer.stdout.readline()
        refused = one.run("move", "--blobs", ".")
        viewer.kill()
        viewer.communicate(timeout=WITHIN)
    assert (refused.returncode, refused.stderr.count("\n")) == (11, 1)
    assert "fapproc run" in refused.stderr
    assert one.done("check", "--read-data") == SOUND
