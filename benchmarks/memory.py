"""What a crawl takes of memory, by how many pictures it fetches."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.demosite.process import IMPATIENT, DemoSite

ROOT = Path(__file__).resolve().parents[1]
SCALES = (4.4, 88.0)
"""Of the imitation's world: about 1,000 pictures, and about 20,000."""


def run() -> Iterator[str]:
    """Yield the lines of a table: the crawl's largest resident set, as the system counts it."""
    yield "| pictures | MiB |"
    yield "|---|---|"
    for scale in SCALES:
        with DemoSite(scale=scale, plain=True) as site, TemporaryDirectory() as folder:
            user = site.world.main
            pictures = {photo for each in user.folders for photo in each.photo_ids}
            settings = {"SITE_ROOT": site.root, **IMPATIENT, "FAP_ARCHIVE": f"{folder}/archive"}
            process = subprocess.Popen(
                [sys.executable, "-m", "scrapy", "crawl", "favorites", "-a", f"user_id={user.id}"],
                cwd=ROOT,
                env=os.environ | settings,
                stderr=subprocess.DEVNULL,
            )
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                raise RuntimeError(f"the crawl ended with {process.returncode}")
        yield f"| {len(pictures):,} | {used.ru_maxrss / 1024:.0f} |"
