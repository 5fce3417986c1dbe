"""People and places that are not ours: no home folder, other encodings, clocks that were wrong."""

import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from fapproc import config
from fapproc.archive import Archive
from fapproc.cli import main
from fapproc.errors import StorageError, UsageProblem
from fapproc.filenames import safe_name
from fapproc.jobs.backup import backup
from fapproc.jobs.crawl import rests
from fapproc.model import REST_SECONDS
from fapproc.selections.grammar import parse
from tests.demosite.process import IMPATIENT
from tests.demosite.site import Site
from tests.drawing import landscape, write
from tests.fapspider.conftest import small_world
from tests.fapspider.crawling import serving
from tests.processes import Process
from tests.programs import REPOSITORY
from tests.shelves import NAME, fill, numbered, small

BIN = Path(sys.executable).parent
NOW = 1_800_000_000
NUMBER = 12345
NOBODY = ("unshare", "--user", f"--map-user={NUMBER}", f"--map-group={NUMBER}")
"""A user who is only a number: no home folder, no entry in the system's list of users."""


def run(
    line: str, environment: Mapping[str, str], before: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[bytes]:
    program, *arguments = shlex.split(line)
    return subprocess.run(
        [*before, BIN / program, *arguments],
        env={"PATH": "/usr/bin:/bin", **environment},
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
        timeout=120,
    )


def test_a_user_who_is_only_a_number_and_has_no_home_can_do_everything(tmp_path: Path) -> None:
    if (
        shutil.which("unshare") is None
        or subprocess.run([*NOBODY, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("nobody can be made here who is only a number: that takes unshare of Linux")
    temporary, pictures = tmp_path / "tmp", tmp_path / "pictures"
    temporary.mkdir()
    pictures.mkdir()
    (pictures / "1.jpg").write_bytes(write(landscape(1, (90, 60)), "JPEG"))
    settings = {"FAP_ARCHIVE": str(tmp_path / "archive"), "TMPDIR": str(temporary)}
    with serving(Site(small_world())) as site:
        settings |= {"SITE_ROOT": site.root, **IMPATIENT, "SITE_BUDGETS": '{"60": 100000}'}
        for line in (
            f"fapproc import {pictures}",
            f"fapproc get -u 'Demo & Friends' -f 'Long walk' -o {tmp_path}/saved",
            "fapproc read -u 'Demo & Friends' -f 'Long walk'",
        ):
            ended = run(line, settings, NOBODY)
            assert ended.returncode == 0, ended.stderr
            assert b"Error" not in ended.stderr
    assert [file.name for file in temporary.iterdir()] == [f"fapproc-{NUMBER}"]
    assert len(list((temporary / f"fapproc-{NUMBER}" / "budgets").iterdir())) == 1
    assert not (REPOSITORY / "~").exists()
    ended = run("fapproc stats", {}, NOBODY)
    assert ended.returncode == 2
    assert b"a home folder that doesn't exist. Write the whole path" in ended.stderr


def test_what_is_shared_lies_in_no_folder_that_somebody_else_has_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # as in a home that is read-only
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = config.state_folder()
    assert folder.parent == tmp_path and folder.stat().st_mode & 0o777 == 0o700
    folder.rmdir()
    folder.symlink_to(tmp_path)
    with pytest.raises(StorageError, match=r"belongs to someone else\. Set XDG_STATE_HOME"):
        config.state_folder()


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252"])
def test_what_a_terminal_has_no_letter_for_is_replaced_and_json_is_utf_8(
    encoding: str, tmp_path: Path
) -> None:
    with Archive.open_or_create(tmp_path) as archive:
        fill(archive, {"Été 湖": numbered(small(1))})
    settings = {"FAP_ARCHIVE": str(tmp_path), "PYTHONIOENCODING": encoding, "HOME": str(tmp_path)}
    said = run("fapproc print", settings)
    assert (said.returncode, said.stderr) == (0, b"")
    assert "Été 湖".encode(encoding, "replace") in said.stdout
    said = run("fapproc print --json", settings)
    assert (said.returncode, said.stderr) == (0, b"")
    entries = [json.loads(line) for line in said.stdout.decode("utf-8").splitlines()]
    assert "Été 湖" in {entry.get("name") for entry in entries}


def test_names_with_accents_are_typed_and_read_in_a_locale_that_has_no_such_letters(
    tmp_path: Path,
) -> None:
    name, folder = "Été 湖", tmp_path / "Zoë"
    with Archive.open_or_create(folder) as archive:
        fill(archive, {name: numbered(small(1))})
    bare = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "HOME": str(tmp_path)}
    said = run(f"fapproc list --album '{name}' -d '{folder}'", bare)
    assert (said.returncode, said.stderr) == (0, b"")
    assert f"{NAME} / {name})" in said.stdout.decode()
    said = run(f"fapproc config set archive '{folder}'", bare)
    assert (said.returncode, said.stderr) == (0, b"")
    (written,) = tmp_path.rglob("config.toml")
    assert str(folder) in written.read_text("utf-8")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_what_is_not_utf_8_is_refused_or_works(tmp_path: Path) -> None:
    """Python's form of such bytes is half a letter, which no text that is written has."""
    folder = tmp_path / "a\udcff"
    with Archive.open_or_create(folder) as archive:
        fill(archive, {"lakes": numbered(small(1))})
        assert backup(archive, tmp_path / "b\udcff").images == 1
    Archive.open(tmp_path / "b\udcff").close()
    for key in ("name", "q", "user", "tag"):
        with pytest.raises(UsageProblem, match="is not UTF-8"):
            parse([(key, "a\udcff")])
    said = CliRunner().invoke(main, ["config", "set", "archive", str(folder)])
    assert said.exit_code == 2 and "which is not UTF-8" in said.stderr


def test_letters_that_names_of_files_do_not_have_here_are_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.getfilesystemencoding", lambda: "latin-1")
    assert safe_name("Été 湖") == "Été _"


def test_flask_run_says_where_it_serves_on_any_terminal(tmp_path: Path) -> None:
    folder = tmp_path / "湖"
    Archive.open_or_create(folder).close()
    settings = {"FAP_ARCHIVE": str(folder), "PYTHONIOENCODING": "cp1252", "HOME": str(tmp_path)}
    with Process(
        [BIN / "flask", "run", "--port", "0"],
        env={"PATH": "/usr/bin:/bin", "PYTHONUNBUFFERED": "1", **settings},
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as server:
        try:
            assert server.stdout
            assert server.stdout.readline().startswith(b"Serving " + bytes(tmp_path) + b"/? at")
        finally:
            server.kill()


def test_a_closed_stdout_is_no_trouble(tmp_path: Path) -> None:
    Archive.open_or_create(tmp_path).close()
    line = f"{shlex.quote(str(BIN / 'fapproc'))} stats -d {shlex.quote(str(tmp_path))} >&-"
    ended = subprocess.run(line, shell=True, capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (0, False),
        (NOW, True),
        (NOW - REST_SECONDS, False),
        (NOW + 3600, True),
        (NOW + REST_SECONDS, False),
        (NOW * 2, False),
    ],
)
def test_what_a_clock_that_was_ahead_has_dated_doesn_t_rest_until_then(
    at: int, expected: bool
) -> None:
    assert rests(at, NOW) is expected
