"""Nothing leaves this computer but what the site is asked: every program is watched at work."""

import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.request import urlopen

import click
import pytest

from fapproc.archive import Archive
from fapproc.cli import main
from fapproc.jobs.import_folder import import_folder
from tests.demosite.process import IMPATIENT
from tests.demosite.response import Request, Response
from tests.demosite.site import Site
from tests.drawing import film, landscape, write
from tests.fapspider.conftest import small_world
from tests.fapspider.crawling import serving
from tests.legacy.writer import old_archive
from tests.outgoing import Watched, loading
from tests.vault.object_storage import served

COUNTED = {**IMPATIENT, "SITE_BUDGETS": '{"60": 100000}'}
PASSWORDS = {"FAP_NEW_PASSWORD": "correct-horse", "FAP_PASSWORD": "correct-horse"}

CRAWLS = (
    "fapproc read -u 'Demo & Friends'",
    "fapproc get -u 'Demo & Friends' -f 'Long walk' -o {folder}/saved",
    "fapproc audit -u 'Demo & Friends'",
    "fapproc failures --retry",
    "scrapy crawl favorites -a 'user=Demo & Friends'",
)
TOOLKIT = (
    "fapproc import {folder}/pictures",
    "fapproc thumbs",
    "fapproc encode",
    "fapproc process",
    "fapproc dedup",
    "fapproc stats",
    "fapproc print --json",
    "fapproc tag create Lakes",
    "fapproc tag apply Lakes --query format=jpg",
    "fapproc list",
    "fapproc show --query format=jpg",
    "fapproc path --query format=jpg",
    "fapproc verdict list",
    "fapproc verdict set skip --query format=png",
    "fapproc export --tag Lakes",
    "fapproc undo",
    "fapproc prune --yes",
    "fapproc delete --query format=gif --yes",
    "fapproc log",
    "fapproc config",
    "fapproc import-legacy {folder}/old",
    "fapproc check --read-data",
    "fapproc completion bash",
    "fapproc man {folder}/pages",
    "fapproc backup {folder}/copy",
)
BUCKET = (
    "fapproc init --blobs {place}",
    "fapproc import {folder}/pictures",
    "fapproc check --read-data",
    "fapproc move --blobs .",
)
CLUSTER = (
    "fapproc process --cluster {place}",
    "fapproc dedup --cluster local[1]",
)
CLUSTER_PARTS = ("fapproc scheduler --listen tls://127.0.0.1:0", "fapproc worker {place}")
SEALING = ("fapproc seal", "fapproc passwd", "fapproc unseal")
COLD = ("fapproc read -u 'Demo & Friends'", "fapproc process")
"""Those of the tables that load their libraries themselves; the others are forked."""
VIEWERS = ("fapproc run --port 0", "flask run --port 0")


class Baking(Site):
    """The site, which sets a cookie for its whole domain with each answer."""

    def answer(self, request: Request, target: str) -> Response:
        cookie = ("Set-Cookie", "visit=1; Path=/; Domain=127.0.0.1")
        whole = Site.answer(self, request, target)
        return replace(whole, headers=(*whole.headers, cookie))


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path)
    yield watched
    for each in (watched, loading()):
        assert each.asked() == []
        assert each.strayed() == []
    assert loading().left() == []


def carry_out(watched: Watched, lines: Sequence[str]) -> None:
    for line in lines:
        run = watched.run_cold if line in COLD else watched.run
        assert run(*shlex.split(line.format(folder=watched.folder))) in {0, 3}, line


def draw(folder: Path) -> None:
    folder.mkdir()
    for seed in (1, 2):
        (folder / f"{seed}.jpg").write_bytes(write(landscape(seed, (90, 60)), "JPEG"))
    (folder / "1.png").write_bytes(
        write(landscape(1, (90, 60)), "PNG")
    )  # a duplicate, to be judged
    (folder / "moving.gif").write_bytes(film("GIF", 3, (80, 60)))


def test_a_crawl_asks_the_site_alone_and_leaves_nothing_but_the_budget(watched: Watched) -> None:
    with serving(Baking(small_world())) as site:
        watched.settings = {"SITE_ROOT": site.root, **COUNTED}
        carry_out(watched, CRAWLS)
    folders = [Path(file).parent.as_posix() for file in watched.left()]
    assert folders == ["home/.local/state/fapproc/budgets"]


def test_the_toolkit_asks_nobody_and_leaves_nothing(watched: Watched) -> None:
    draw(watched.folder / "pictures")
    old_archive().write(watched.folder / "old")
    carry_out(watched, TOOLKIT)
    watched.settings = PASSWORDS
    carry_out(watched, SEALING)
    assert watched.left() == []


@pytest.mark.parametrize("line", VIEWERS)
def test_the_viewer_asks_nobody_and_leaves_nothing_but_the_secret_of_its_cookies(
    line: str, watched: Watched
) -> None:
    draw(watched.folder / "pictures")
    with Archive.open_or_create(watched.archive) as archive:
        import_folder(archive, watched.folder / "pictures")
    with watched.start(*shlex.split(line)) as server:
        try:
            address = next(word for word in _words(server) if word.startswith("http://127.0.0.1:"))
            with urlopen(address, timeout=120) as answer:
                assert answer.status == 200
        finally:
            server.send_signal(signal.SIGINT)
            server.communicate(timeout=120)
    assert watched.left() == ["home/.local/state/fapproc/viewer/secret"]


def test_pictures_in_a_bucket_ask_its_server_alone_and_leave_nothing(watched: Watched) -> None:
    draw(watched.folder / "pictures")
    watched.settings = dict(served().environment)
    place = served().place()
    carry_out(watched, [line.replace("{place}", place) for line in BUCKET])
    assert watched.left() == []


def test_a_cluster_asks_this_computer_alone_and_leaves_nothing_but_its_certificate(
    watched: Watched,
) -> None:
    draw(watched.folder / "pictures")
    with Archive.open_or_create(watched.archive) as archive:
        import_folder(archive, watched.folder / "pictures")
    with ExitStack() as ending:
        place = ""
        for line in CLUSTER_PARTS:
            words = shlex.split(line.replace("{place}", place))
            part = ending.enter_context(watched.start(*words))
            ending.callback(part.send_signal, signal.SIGINT)
            place = place or next(word for word in _words(part) if word.startswith("tls://"))
        carry_out(watched, [line.replace("{place}", place) for line in CLUSTER])
    assert watched.left() == ["home/.config/fapproc/cluster.pem"]


def test_no_command_is_left_out() -> None:
    tables = (*CRAWLS, *TOOLKIT, *BUCKET, *CLUSTER_PARTS, *SEALING, *VIEWERS)
    tried = {line.split()[1] for line in tables}
    assert isinstance(main, click.Group)
    missing = set(main.list_commands(click.Context(main))) - tried
    assert not missing, "add a line for each to the tables above"


WAYS_IN = ("fapproc", "fapspider", "webviewer", "benchmarks", "evaluation", "parity")


@pytest.mark.parametrize("package", WAYS_IN)
def test_each_way_in_tells_the_libraries_first(package: str) -> None:
    code = f"import {package}, os; print(os.environ['ORT_DISABLE_TELEMETRY'])"
    ran = subprocess.run(
        [sys.executable, "-c", code], env={}, capture_output=True, text=True, check=True
    )
    assert ran.stdout == "1\n"


def _words(program: subprocess.Popen[str]) -> Iterator[str]:
    assert program.stdout
    for line in program.stdout:
        yield from line.split()
