"""Several programs at once on one archive: nothing is lost, and nobody hears of a lock."""

import os
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from fapproc.archive import Archive
from fapproc.jobs import import_folder, inventory, shelving
from fapproc.jobs.statistics import statistics
from tests import warm
from tests.demosite.process import IMPATIENT, DemoSite
from tests.drawing import landscape
from tests.fapspider.crawling import LOADED
from tests.holdings import given

BEGINNINGS = {
    "fapproc": "fapproc.program:main",
    "scrapy": "scrapy.cmdline:execute",
    "tagger": "tests.tagger:run",
}
TAGGERS = ("hills", "lakes")


@pytest.fixture(scope="module")
def site() -> Iterator[DemoSite]:
    with DemoSite(scale=0.1, plain=True) as running:
        yield running


def test_a_crawl_a_viewer_taggers_dedup_and_stats_work_on_one_archive_together(
    site: DemoSite, tmp_path: Path
) -> None:
    work_together(None, site, tmp_path, tags=30, rounds=1)


@pytest.mark.long
@pytest.mark.parametrize("password", [None, "correct horse"], ids=["open", "sealed"])
def test_thousands_of_operations_of_several_programs_lose_nothing(
    password: str | None, site: DemoSite, tmp_path: Path
) -> None:
    work_together(password, site, tmp_path, tags=500, rounds=12)


def work_together(
    password: str | None, site: DemoSite, tmp_path: Path, *, tags: int, rounds: int
) -> None:
    """Run all of them at once, and look afterwards whether everything is there."""
    folder = _archive(tmp_path, password)
    environment = _environment(folder, site, password)
    user = site.world.main
    with ExitStack() as running:
        viewer = running.enter_context(_start(["fapproc", "run", "--port", "0"], environment))
        address = viewer.stdout.readline().split(" at ")[1].split(" - ")[0]  # with the token
        workers = (
            ["scrapy", "crawl", "favorites", "-a", f"user_id={user.id}"],
            *(["tagger", str(folder), name, str(tags)] for name in TAGGERS),
        )
        programs = [running.enter_context(_start(words, environment)) for words in workers]
        pages = _Reader(*address.split("?token="))
        running.callback(pages.stop)
        told: list[str] = []
        for _ in range(rounds):
            for command in (["dedup"], ["process", "-q"], ["stats"]):
                with _start(["fapproc", *command], environment) as program:
                    _, errors = program.communicate(timeout=1200)
                assert program.returncode == 0, errors
                told.append(errors)
        for program in programs:
            _, errors = program.communicate(timeout=1200)
            assert program.returncode == 0, errors
            told.append(errors)
        pages.stop()
        assert set(pages.answers) == {200}
        viewer.send_signal(signal.SIGTERM)
        told.append(viewer.communicate(timeout=120)[1])
    assert not [text for text in told if "locked" in text or "Traceback" in text or "Error" in text]
    with given(password), Archive.open(folder) as archive:
        made = {tag.path for tag in inventory.tags(archive) if tag.images == 1}
        assert made == {f"{name}/{name} {n}" for name in TAGGERS for n in range(tags)}
        listed = {photo for album in user.folders for photo in album.photo_ids}
        had = {image for shelf in shelving.shelves(archive) for image in shelf.images}
        assert listed <= had
        assert statistics(archive).failures == 0


class _Reader:
    """Somebody who looks at the viewer's first page again and again."""

    def __init__(self, address: str, token: str) -> None:
        self._asked = Request(address, headers={"Authorization": f"Bearer {token}"})
        self._ended = threading.Event()
        self.answers: list[int] = []
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def stop(self) -> None:
        """Look no more; each page that was read was whole."""
        self._ended.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._ended.is_set():
            with urlopen(self._asked, timeout=120) as answer:
                assert b"</html>" in answer.read()
                self.answers.append(answer.status)
            self._ended.wait(0.1)  # others have work to do


def _archive(folder: Path, password: str | None) -> Path:
    source = folder / "pictures"
    source.mkdir()
    for seed in range(5):
        landscape(seed, (64, 48)).save(source / f"{seed}.png")
    with given(password), Archive.open_or_create(folder / "archive") as archive:
        import_folder.import_folder(archive, source)
    return folder / "archive"


def _environment(folder: Path, site: DemoSite, password: str | None) -> dict[str, str]:
    given_to_all = {"FAP_ARCHIVE": str(folder), "SITE_ROOT": site.root, **IMPATIENT}
    if password is not None:
        given_to_all["FAP_PASSWORD"] = password
    return os.environ | given_to_all


def _start(words: Sequence[str], environment: dict[str, str]) -> warm.Program:
    """Start a program, forked from one that has loaded its libraries."""
    return warm.start(
        BEGINNINGS[words[0]], words, modules=LOADED, environment=environment, measured=True
    )
