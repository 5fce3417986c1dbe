"""The crawl, durably stored, beside a bare Scrapy spider that throws the bytes away."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.demosite.process import IMPATIENT, DemoSite

ROOT = Path(__file__).resolve().parents[1]
SCALE = 3.0
RUNS = 3


def run() -> Iterator[str]:
    """Yield the lines of tables: medians of alternating runs, loopback, delays at zero.

    First without neighbours on the photo pages: both spiders then make the same two requests for
    each picture. Then with them, where `favorites` takes addresses from the pages it has.
    """
    yield from _table("no-neighbours", {"open": {}, "sealed": {"FAP_PASSWORD": "bench"}})
    yield ""
    yield from _table("plain", {"open, addresses from neighbours": {}})


def _table(markup: str, forms: dict[str, dict[str, str]]) -> Iterator[str]:
    with DemoSite(scale=SCALE, plain=True, markup=markup) as site:
        user = site.world.main
        folders = [folder for folder in user.folders if folder.photo_ids]
        pictures = len({photo for folder in folders for photo in folder.photo_ids})
        named = f"{user.id}:{','.join(str(folder.id) for folder in folders)}"
        bare = ["runspider", str(ROOT / "benchmarks/bare_spider.py"), "-a", f"folders={named}"]
        bare += ["-a", f"root={site.root}", "-s", "CONCURRENT_REQUESTS_PER_DOMAIN=16"]
        ours = ["crawl", "favorites", "-a", f"user_id={user.id}"]
        _scrapy(bare, site.root)  # warm: the site draws its pictures once
        bares: list[float] = []
        times: dict[str, list[float]] = {form: [] for form in forms}
        for _ in range(RUNS):
            bares.append(_scrapy(bare, site.root))
            for form, settings in forms.items():
                times[form].append(_scrapy(ours, site.root, **settings))
    yield f"{pictures} pictures, {RUNS} runs each in turn, the site on the same machine"
    yield ""
    yield "| spider | seconds (median) | pictures/s | of the bare spider's |"
    yield "|---|---|---|---|"
    yield f"| bare | {statistics.median(bares):.1f} | {pictures / statistics.median(bares):.0f} | |"
    for form, taken in times.items():
        median = statistics.median(taken)
        ratio = f"{_ratio(bares, taken):.2f}"
        yield f"| favorites, {form} | {median:.1f} | {pictures / median:.0f} | {ratio} |"
    if "sealed" in times:
        sealed_to_open = _ratio(times["sealed"], times["open"])
        yield ""
        yield f"sealed takes {sealed_to_open:.2f} times as long as open"


def _ratio(some: list[float], others: list[float]) -> float:
    """The median of the ratios pair by pair, so that a machine that slows down does no harm."""
    return statistics.median(one / other for one, other in zip(some, others, strict=True))


def _scrapy(arguments: list[str], root: str, **more: str) -> float:
    with TemporaryDirectory() as folder:
        settings = {"SITE_ROOT": root, **IMPATIENT, "FAP_ARCHIVE": f"{folder}/archive"}
        command = [sys.executable, "-m", "scrapy", *arguments, "-L", "ERROR"]
        started = time.perf_counter()
        subprocess.run(
            command,
            cwd=folder if arguments[0] == "runspider" else ROOT,  # no project, no pipelines
            env=os.environ | settings | more,
            check=True,
            stderr=subprocess.DEVNULL,
        )
        return time.perf_counter() - started
