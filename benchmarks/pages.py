"""The viewer's home, users and a user's albums at a thousand, 100,000 and a million listed images.

The archive is rows alone, written at once: 20 users with 25 albums each, whatever the number; one
image in ten is listed twice, one in fifty is gone, one in a hundred failed, one in ten is in a
group. A page is asked for in this process: what counts is its processor time.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from flask.testing import FlaskClient

from fapproc.archive import Archive
from fapproc.db import recounting
from webviewer.access import Access
from webviewer.addresses import Site
from webviewer.application import viewer_of
from webviewer.held import Held

COUNTS = (1_000, 100_000, 1_000_000)
TIMES = 7
PAGES = {
    "home": "/viewer/",
    "users": "/viewer/users/",
    "albums of a user": "/viewer/favorites/7/",
    "duplicates": "/viewer/duplicates/",
    "album": "/viewer/favorite/7/1/",
}
_USERS, _ALBUMS = 20, 25
_ROWS = """
INSERT INTO user (id, source, number, name, name_key, albums_at, finished_at, audited_at)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {users})
    SELECT i, 'site', i, 'user ' || i, 'user ' || i, 1, 1, 1 FROM n;
INSERT INTO album (user_id, id, name, kind, position, pages, listed_at, fetched_at)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {albums})
    SELECT user.id, i, 'album ' || i, 'pictures', i, 1, 1, 1 FROM n, user;
INSERT INTO image (id, digest, bytes, format, fetched_at, width, height, animated, orientation,
        thumb_bytes, thumb_digest, thumb_format)
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {images})
    SELECT i, printf('%064x', i * 40503), 50000 + i * 7919 % 900000, 'jpg', i, 800, 600,
        i % 40 = 0, 1, 9000 + i * 31 % 5000, printf('%064x', i), 'webp' FROM n;
INSERT INTO listing (user_id, album_id, site_id, position, name, image_id, verdict, odd)
    SELECT 1 + id % {users}, 1 + id / {users} % {albums}, id, id, 'picture ' || id, id, 'new', 0
    FROM image;
INSERT INTO listing (user_id, album_id, site_id, position, name, image_id, verdict, odd)
    SELECT 1 + (id + 1) % {users}, 1 + id / {users} % {albums}, id, id, 'again ' || id, id, 'new', 0
    FROM image WHERE id % 10 = 0;
INSERT INTO listing (user_id, album_id, site_id, position, verdict, reason, detail, failed_at, odd)
    SELECT 1 + id % {users}, 1 + id / {users} % {albums}, {images} + id, id, 'new', 'page',
        'missing', 1, 0 FROM image WHERE id % 100 = 0;
INSERT INTO gone (site_id, user_id, album_id, level, at)
    SELECT site_id, user_id, album_id, 'page', 1 FROM listing
    WHERE image_id IS NOT NULL AND site_id % 50 = 0;
INSERT INTO duplicate_group (id, to_look) SELECT id / 20, 0 FROM image WHERE id % 20 = 0;
INSERT INTO group_member (image_id, group_id, verdict)
    SELECT id, id / 20, 'new' FROM image WHERE id % 20 = 0;
INSERT INTO group_member (image_id, group_id, verdict)
    SELECT id - 1, id / 20, 'new' FROM image WHERE id % 20 = 0"""


def run() -> Iterator[str]:
    """Yield the lines of a table."""
    yield "| page, processor time | " + " | ".join(f"{count:,} images" for count in COUNTS) + " |"
    yield "|---|" + "---|" * len(COUNTS)
    took: dict[str, list[str]] = {name: [] for name in PAGES}
    with TemporaryDirectory() as name:
        for count in COUNTS:
            folder = Path(name, str(count))
            with Archive.open_or_create(folder) as archive:
                write(archive, count)
                client = viewer_of(
                    Held(archive), Site("https://www.imagefap.com"), Access(None, b"secret")
                ).test_client()
                for page, address in PAGES.items():
                    took[page].append(f"{_processor(client, address) * 1000:,.1f} ms")
    for page, times in took.items():
        yield f"| {page} | {' | '.join(times)} |"


def write(archive: Archive, count: int) -> None:
    """Fill an archive that has no rows."""
    with archive.writing() as connection:
        for statement in _ROWS.split(";"):
            filled = statement.format(users=_USERS, albums=_ALBUMS, images=count)
            connection.exec_driver_sql(filled)
        recounting.recount(connection)


def _processor(client: FlaskClient, address: str) -> float:
    """Seconds of a processor that a page takes, the middle of several; the first one warms up."""
    took = []
    for _ in range(TIMES):
        before = time.process_time()
        answer = client.get(address)
        took.append(time.process_time() - before)
        if answer.status_code != 200:
            raise RuntimeError(f"{address}: {answer.status_code}")
    return median(took[1:])
