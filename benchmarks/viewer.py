"""The viewer's pages and grids on a million images: rows alone, as in `pages`.

One image in three is higher than wide, one in eleven has a tag, of these one in a hundred a tag
under it, one in forty was judged `skip`. Of each view the page is asked for, then sections of
its first part in no order; what counts is the processor's time of this process, all told.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from flask.testing import FlaskClient

from benchmarks import pages
from fapproc.archive import Archive
from fapproc.jobs import judging
from fapproc.model import Verdict
from webviewer.access import Access
from webviewer.addresses import Site
from webviewer.application import viewer_of
from webviewer.held import Held

COUNT = 1_000_000
SECTIONS = 100
PART = 500
"""Sections of a part."""
PAGES = {
    "home": "/viewer/",
    "users": "/viewer/users/",
    "albums of a user": "/viewer/favorites/7/",
    "duplicates": "/viewer/duplicates/",
    "duplicates waiting": "/viewer/duplicates/?state=waiting",
    "duplicates to look at": "/viewer/duplicates/?state=look",
    "duplicates judged": "/viewer/duplicates/?state=judged",
    "group": f"/viewer/duplicate/{20 * 40503:064x}/",
    "picture": f"/viewer/image/{20 * 40503:064x}/?in=all",
}
FILTERS = {
    "nothing": "",
    "portrait alone": "portrait=2",
    "no landscape": "landscape=0",
    "a tag": "tf1=2&tv1=1",
    "a rare tag": "tf1=2&tv1=2",
    "not a tag": "tf1=0&tv1=1",
    "skipped too": "dup=1",
    "look-alikes": "mark=alike",
    "gone": "mark=gone",
    "untagged": "mark=untagged",
    "words": "q=picture+99",
}
SCOPES = {
    "all, by date": ("all/", "of=all&order=date"),
    "all, album order": ("all/", "of=all&order=album"),
    "an album": ("favorite/7/1/", "of=favorite/7/1"),
    "a tag of 90,909": ("tag/1/", "of=tag/1"),
}
ORDERS = ("size", "pixels", "name", "random(7)")
_MORE = """
UPDATE image SET width = 600, height = 800 WHERE id % 3 = 0;
INSERT INTO tag (id, parent_id, name, name_key) VALUES (1, NULL, 'eleventh', 'eleventh'),
    (2, 1, 'rare', 'rare');
INSERT INTO image_tag (tag_id, image_id) SELECT 1 + (id % 1100 = 0), id FROM image
    WHERE id % 11 = 0;
UPDATE group_member SET verdict = 'skip' WHERE image_id % 40 = 0"""


def run() -> Iterator[str]:
    """Yield the lines of a table."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        with Archive.open_or_create(folder) as archive:
            make(archive)
            yield from table(archive)


def make(archive: Archive, count: int = COUNT) -> None:
    """Fill an archive that has no rows."""
    pages.write(archive, count)
    with archive.writing() as connection:
        for statement in _MORE.split(";"):
            connection.exec_driver_sql(statement)


def table(archive: Archive, sections: int = SECTIONS) -> Iterator[str]:
    """Yield the lines of a table about a filled archive, from so many sections of each view."""
    held = Held(archive)
    app = viewer_of(held, Site("https://www.imagefap.com"), Access(None, b"secret"))
    client = app.test_client()
    yield "| milliseconds of a processor | page | section: median | 99th |"
    yield "|---|---|---|---|"
    for what, address in PAGES.items():
        took = [_took(client, address) for _ in range(7)]
        yield f"| {what} | {_said(took[1:], median)} | | |"
    yield f"| a verdict | {_said([*_verdicts(archive)], median)} | | |"
    for where, (page, query) in SCOPES.items():
        for what, asked in FILTERS.items():
            yield f"| {where}: {what} | {_measured(client, page, f'{query}&{asked}', sections)} |"
    for order in ORDERS:
        measured = _measured(client, "all/", f"of=all&order={order}", sections)
        yield f"| all, by {order} | {measured} |"


def _verdicts(archive: Archive) -> Iterator[float]:
    """How long it takes to save one, by the way of the page that judges."""
    for number in range(1, 8):
        digest = f"{20 * number * 40503:064x}"
        before = time.process_time()
        judging.set_verdicts(archive, digest, {digest: Verdict.KEEP})
        yield time.process_time() - before


def _measured(client: FlaskClient, page: str, query: str, sections: int) -> str:
    first = _took(client, f"/viewer/{page}?{query}")
    chance = random.Random(1)
    places = [120 * chance.randrange(PART) for _ in range(sections)]
    took = [_took(client, f"/viewer/data/cells/?{query}&at={at}") for at in places]
    return f"{first * 1000:,.0f} | {_said(took, median)} | {_said(took, _ninety_ninth)}"


def _ninety_ninth(took: Sequence[float]) -> float:
    return sorted(took)[len(took) * 99 // 100 - 1]


def _said(took: Sequence[float], by: Callable[[Sequence[float]], float]) -> str:
    return f"{by(took) * 1000:,.0f}"


def _took(client: FlaskClient, address: str) -> float:
    before = time.process_time()
    answer = client.get(address)
    taken = time.process_time() - before
    if answer.status_code != 200:
        raise RuntimeError(f"{address}: {answer.status_code}")
    return taken
