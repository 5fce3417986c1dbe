"""Writes the small archives that every test run opens: one open, one sealed, by this revision.

    python -m tests.archives.make

Run it once for each revision of the tables, with the program that has just got it, and commit what
it made; the archives of earlier revisions stay as they were written.
"""

import os
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from fapproc.archive import Archive
from fapproc.db import duplicates, images, judgements, pairs, tags
from fapproc.db.dialect import numbers
from fapproc.db.schema import REVISION
from fapproc.jobs import crawl, derive, ingest, tagging
from fapproc.jobs.ingest import Miss, Picture
from fapproc.model import Detail, Folder, Format, Listed, Place, Reason, Verdict
from fapproc.sources import Source
from tests.drawing import landscape, write

HERE = Path(__file__).parent
PASSWORD = "correct-horse"
AT = 1_790_000_000
USER, ALBUM = 7700, 111
PICTURES = 3
FAILED = 9


def drawn(number: int) -> bytes:
    """A picture of a few hundred bytes."""
    return write(landscape(number, (32, 24)), "JPEG", quality=60)


def fill(archive: Archive) -> None:
    """One user, one album, three pictures, a failure, a tag, a group with a verdict."""
    memory = crawl.record_folders(
        archive, USER, "Ännchen", [Folder(ALBUM, "Lakes")], at=AT, source=Source.SITE
    )
    [album] = memory.folders
    ids = [*range(1, PICTURES + 1), FAILED]
    crawl.record_page(archive, album, [Listed(id_, f"lake {id_}") for id_ in ids], failed=False)
    pictures = [Picture(n, f"lake {n}", drawn(n), Format.JPG) for n in range(1, PICTURES + 1)]
    ingest.store(
        archive, pictures, [Miss(FAILED, Reason.PAGE, Detail.MISSING)], at=AT, source=Source.SITE
    )
    crawl.finish_album(archive, album, ids, pages=1, at=AT)
    crawl.finish_user(archive, USER, at=AT, source=Source.SITE)
    derive.derive(archive)
    tagging.create(archive, "Places/Lakes")
    with archive.writing() as connection:
        rows = sorted(images.digests(connection))
        [child] = [tag for tag in tags.tree(connection) if tag.parent is not None]
        tags.apply(connection, child.id, numbers(rows[:2]))
        [group] = duplicates.new_groups(connection, 1)
        duplicates.place(connection, dict.fromkeys(rows[:2], group))
        pairs.save_pairs(connection, {("percept", rows[0], rows[1]): 2})
        judgements.set_verdicts(connection, dict.fromkeys(rows[:2], Verdict.KEEP))
        judgements.set_places(connection, {Place(album.user, album.id, 1): Verdict.SKIP})


def unpack(form: str, folder: Path, revision: str = "0001") -> None:
    """Put a copy of a kept archive into a folder."""
    with tarfile.open(HERE / f"{revision}-{form}.tar.xz") as packed:
        packed.extractall(folder, filter="data")


def main() -> None:
    """Write both archives as packed folders beside this script."""
    for form, password in (("open", ""), ("sealed", PASSWORD)):
        os.environ["FAP_PASSWORD"] = password
        with TemporaryDirectory() as place:
            folder = Path(place, "archive")
            with Archive.open_or_create(folder) as archive:
                fill(archive)
            with tarfile.open(HERE / f"{REVISION}-{form}.tar.xz", "w:xz") as packed:
                for name in ("archive.json", "archive.json.bak", "imagefap.database", "blobs"):
                    packed.add(folder / name, name)
                packed.add(folder / "thumbs", "thumbs")


if __name__ == "__main__":
    main()
