"""One Ctrl-C at any moment of `fapproc read`: a clean end, a sentence, and code 130."""

import asyncio
import os
import shlex
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest
from scrapy.crawler import Crawler

from fapproc.errors import INTERRUPTED
from fapspider import running
from fapspider.spiders.favorites import FavoritesSpider
from tests import warm
from tests.demosite.model import User
from tests.demosite.process import IMPATIENT
from tests.demosite.site import Site
from tests.fapspider.crawling import LOADED, Crawls, asked, until
from tests.programs import FAPPROC, REPOSITORY

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals as POSIX has them")


def environment(crawls: Crawls, **more: str) -> dict[str, str]:
    home = crawls.folder / "home"
    home.mkdir(exist_ok=True)
    given = {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(REPOSITORY)}
    given |= {"FAP_ARCHIVE": str(crawls.archive), "SITE_ROOT": crawls.root}
    return given | IMPATIENT | more


def assert_clean(code: int | None, told: str) -> None:
    assert code == INTERRUPTED, told
    assert "Traceback" not in told, told
    assert "Exception ignored" not in told, told
    assert "again" in told.splitlines()[-1], told


@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.25, 0.5, 0.9])
def test_ctrl_c_after_the_password_was_given_ends_cleanly(
    crawls: Crawls, user: User, seconds: float
) -> None:
    given = crawls.folder / "given"
    command = f"touch {given}; echo correct horse"
    process = warm.start(
        "fapproc.program:main",
        ("fapproc", "read", "-i", str(user.id)),
        modules=LOADED,
        environment=environment(
            crawls, FAP_PASSWORD_COMMAND=shlex.join(["sh", "-c", command]), DOWNLOAD_DELAY="0.1"
        ),
        measured=True,
    )
    with process:
        until(given.exists)
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(120)
    assert_clean(process.returncode, told)


def test_ctrl_c_at_an_audit_waits_for_no_page_in_the_queue(
    crawls: Crawls, site: Site, user: User
) -> None:
    crawls.run(f"user_id={user.id}")
    site.log.clear()
    process = warm.start(
        "fapproc.program:main",
        ("fapproc", "audit", "-q", "-i", str(user.id)),
        modules=LOADED,
        environment=environment(crawls, DOWNLOAD_DELAY="4"),
        measured=True,
    )
    with process:
        until(lambda: len(asked(site)) >= 1)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(120)
    assert_clean(process.returncode, told)
    pages = [one for one in asked(site) if one.path.startswith("/photo/")]
    assert len(pages) <= 2  # what waited for its turn was dropped unsent


def test_a_second_ctrl_c_at_the_end_of_a_crawl_stops_no_reactor_that_has_stopped() -> None:
    process = warm.start(
        f"{__name__}:press_twice_at_the_end",
        ("fapproc", "read"),
        modules=LOADED,
        environment={"PATH": os.environ["PATH"]},
        measured=True,
    )
    with process:
        _, told = process.communicate(120)
    assert (process.returncode, told) == (0, "")


def press_twice_at_the_end() -> None:
    """The crawl ends between two looks at what was pressed; its reactor is not running."""

    async def crawl() -> None:
        ended = asyncio.create_task(asyncio.sleep(0))
        await running._obey(running._CtrlC(2), Crawler(FavoritesSpider), ended)

    asyncio.run(crawl())


def test_a_second_ctrl_c_ends_a_program_that_is_stuck_in_a_page() -> None:
    process = warm.start(
        f"{__name__}:be_stuck",
        ("fapproc", "read"),
        modules=LOADED,
        environment={"PATH": os.environ["PATH"]},
        measured=True,
    )
    with process:
        assert process.stdout.readline() == "stuck\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "heard\n"
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(120)
    assert_clean(process.returncode, told)


def be_stuck() -> None:
    """No event loop looks at what was pressed: as where a library works on and on."""
    with running._ctrl_c_counted() as pressed:
        pressed.looked_at -= 2 * running.SECONDS_STUCK
        print("stuck", flush=True)
        while not pressed.count:
            time.sleep(0.01)
        print("heard", flush=True)
        signal.pause()
        while True:
            time.sleep(0.01)


def hears(process: subprocess.Popen[str]) -> bool:
    """Whether a program has begun to note Ctrl-C: it catches the alarm then, too; or has ended."""
    if process.poll() is not None:
        return True
    said = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    caught = int(said.partition("SigCgt:")[2].split()[0], 16)
    return bool(caught >> (signal.SIGALRM - 1) & 1)


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="tells what a program catches")
def test_ctrl_c_at_any_moment_ends_cleanly(tmp_path: Path, site: Site, user: User) -> None:
    """From the program's own start on: before it the interpreter has its own way."""
    ended = 0
    for step in range(200):
        crawls = Crawls(tmp_path / str(step), site.root)
        crawls.folder.mkdir()
        process = subprocess.Popen(
            [*FAPPROC, "read", "-i", str(user.id)],
            env=environment(crawls, FAP_PASSWORD="correct horse"),
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        until(partial(hears, process))
        time.sleep(step * 0.02)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=120)
        if process.returncode == 0:  # it had ended
            ended += 1
        else:
            assert_clean(process.returncode, told)
    assert ended < 150
