"""The viewer as a process: what a person types, sees and stops."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

import click
import pytest
from flask.testing import FlaskClient

from fapproc.archive import Archive
from fapproc.errors import NoArchive, PasswordProblem, UsageProblem
from tests.holdings import fill, given
from tests.processes import Process
from tests.webviewer.shelf import Shelf, digest, drawn
from tests.webviewer.visitors import TOKEN
from webviewer import create_app
from webviewer.serving import listening

REPOSITORY = Path(__file__).parents[2]
RUN = (sys.executable, "-c", "from webviewer.commands import run; run()")
FLASK = (sys.executable, "-m", "flask", "run")


def environment(archive: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("FLASK_")}
    ours = {"FAP_ARCHIVE": str(archive), "FAP_VIEWER_TOKEN": TOKEN, "PYTHONUNBUFFERED": "1"}
    return kept | ours


@contextmanager
def process(
    command: Sequence[str], archive: Path, folder: Path = REPOSITORY
) -> Iterator[subprocess.Popen[str]]:
    with Process(
        command,
        cwd=folder,
        env=environment(archive),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def served_at(viewer: subprocess.Popen[str], folder: Path) -> int:
    """The port of a viewer, once it serves."""
    assert viewer.stdout is not None
    line = viewer.stdout.readline()
    start = f"Serving {folder} at http://127.0.0.1:"
    end = f"/viewer/?token={TOKEN} - Ctrl-C stops\n"
    assert line.startswith(start) and line.endswith(end)
    return int(line.removeprefix(start).removesuffix(end))


def fetched(address: str) -> bytes:
    asked = Request(address, headers={"Authorization": f"Bearer {TOKEN}"})
    with urlopen(asked, timeout=120) as answer:
        return bytes(answer.read())


def test_run_says_where_it_serves_and_ends_well_with_ctrl_c(shelf: Shelf) -> None:
    folder = shelf.archive.folder
    with process((*RUN, "--port", "0"), folder) as running:
        address = f"http://127.0.0.1:{served_at(running, folder)}/"
        assert running.stdout is not None
        assert b"Your favorites" in fetched(f"{address}viewer/")
        assert fetched(f"{address}viewer/blob/{digest(1)}/").startswith(b"\x89PNG")
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=120) == 0
        assert running.stdout.read() == ""


def test_a_busy_port_is_one_sentence(shelf: Shelf) -> None:
    from click.testing import CliRunner

    from webviewer.commands import run

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        answer = CliRunner().invoke(run, ["--port", port, "-d", str(shelf.archive.folder)])
    assert type(answer.exception).__name__ == "FapError"
    assert f"Port {port} can't be used: Address already in use. Choose" in str(answer.exception)


@pytest.mark.parametrize("option", ["-d", "--dir", "--archive"])
def test_run_without_an_archive_says_so(tmp_path: Path, option: str) -> None:
    from click.testing import CliRunner

    from webviewer.commands import run

    answer = CliRunner().invoke(run, [option, str(tmp_path / "none")])
    assert isinstance(answer.exception, NoArchive)


def test_flask_run_serves_from_a_fresh_copy_of_the_folder(shelf: Shelf, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    shutil.copy(REPOSITORY / ".flaskenv", copy)
    for package in ("fapproc", "webviewer"):
        shutil.copytree(REPOSITORY / package, copy / package)
    with process((*FLASK, "--port", "0"), shelf.archive.folder, copy) as running:
        port = served_at(running, shelf.archive.folder)
        assert b"Anna" in fetched(f"http://127.0.0.1:{port}/viewer/users/")
        with ThreadPoolExecutor(16) as pool:  # a thread each on the other side
            address = f"http://127.0.0.1:{port}/viewer/thumb/{digest(1)}/"
            assert len(set(pool.map(fetched, [address] * 64))) == 1


def test_a_port_that_there_is_not_is_one_sentence() -> None:
    with pytest.raises(UsageProblem, match="no port 80000: give one from 0 to 65535"):
        listening("127.0.0.1", 80_000)


def test_flask_run_without_an_archive_is_one_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        FLASK,
        cwd=REPOSITORY,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 10
    assert done.stderr.splitlines() == [
        line for line in done.stderr.splitlines() if line.startswith("Error: No archive in")
    ]


def test_a_sealed_archive_wants_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAP_VIEWER_TOKEN", TOKEN)
    sealed = tmp_path / "sealed"
    fill(sealed, "correct horse")
    with pytest.raises(click.ClickException) as caught:
        create_app(sealed)
    assert caught.value.exit_code == PasswordProblem.exit_code
    with given("correct horse"):
        client: FlaskClient = create_app(sealed).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    answer = client.get(f"/viewer/blob/{digest(1)}/")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.data == drawn(1)


def test_flask_finds_the_application_by_the_name_of_the_package(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAP_VIEWER_TOKEN", TOKEN)
    client: FlaskClient = create_app(shelf.archive.folder).test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    assert client.get("/viewer/").status_code == 200


def test_the_command_is_there_without_flask() -> None:
    code = (
        "import sys, webviewer.commands; "
        "heavy = {'flask', 'werkzeug', 'jinja2', 'waitress', 'sqlalchemy', 'alembic'}; "
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_many_threads_read_one_archive_at_once(archive: Archive) -> None:
    def count(_: int) -> int:
        with archive.reading() as connection:
            for _ in range(20):
                connection.exec_driver_sql("SELECT count(*) FROM image").scalar_one()
                time.sleep(0.001)
        return 1

    with ThreadPoolExecutor(14) as pool:
        assert sum(pool.map(count, range(60))) == 60
