"""A small archive that is filled in every table, and all that it holds as one value."""

import os
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Table, select

from fapproc import description
from fapproc.archive import Archive
from fapproc.db import (
    duplicates,
    images,
    judgements,
    observations,
    pruned,
    recounting,
    sameness,
    schema,
)
from fapproc.db.logged import LoggedState
from fapproc.description import Description
from fapproc.jobs import sealing, tagging
from fapproc.jobs.ingest import Miss
from fapproc.model import Detail, Gone, Level, Observation, Reason, Verdict
from fapproc.ours import DATABASE
from fapproc.selections.grammar import of_digests
from fapproc.sources import Source
from fapproc.vault.store import Key, Kind
from tests.webviewer.shelf import AT, Shelf, digest

PASSWORD = "correct horse"
NOTHING = LoggedState.nothing().to_json()
USER, ALBUM, TAG, NAME = "Wanderer-Quimby", "Meadows of Zubrowka", "Xylotheque", "vexillology.png"
URL = "http://127.0.0.1/vexillum/lost.jpg"
_OF_FORM = ("seal", "unseal", "passwd")
Content = tuple[dict[str, list[tuple[object, ...]]], dict[str, bytes]]


@contextmanager
def given(password: str | None) -> Iterator[None]:
    """Give a password to what is opened in the block."""
    if password is not None:
        os.environ["FAP_PASSWORD"] = password
    try:
        yield
    finally:
        os.environ.pop("FAP_PASSWORD", None)


def opened(folder: Path, password: str | None) -> Archive:
    """Open an archive, or make it."""
    with given(password):
        return Archive.open_or_create(folder)


def begin(folder: Path, new: Description, files: str) -> None:
    """A new archive whose pictures lie elsewhere, as `fapproc init` leaves it."""
    folder.mkdir(exist_ok=True)
    (folder / DATABASE).touch()
    replace(new, files=files).write(folder)


def fill(folder: Path, password: str | None = None, count: int = 6) -> None:
    """Make an archive with users, albums, pictures, thumbnails, a failure, tags and verdicts."""
    with opened(folder, password) as archive:
        shelf = Shelf(archive)
        shelf.user(7700, USER, {111: ALBUM, 112: "Other"})
        lost = Miss(999, Reason.FILE, Detail.MISSING, "lost-vexillum.jpg", URL)
        shelf.fill(7700, 111, range(1, count), names={1: NAME}, misses=[lost])
        shelf.fill(7700, 112, range(3, count + 1))
        shelf.derive()
        shelf.group(1, 2)
        tagging.create(archive, f"{TAG}/Inner")
        tagging.apply(archive, "Inner", of_digests([digest(1), digest(2)]))
        with archive.writing() as connection:
            encoder = images.add_encoder(connection, "percept", "1")
            images.save_codes(connection, {shelf.stored(1).id: {encoder: bytes(8)}})
            observations.record(
                connection,
                [Observation(2, Level.FILE, URL), Observation(3)],
                AT,
                source=Source.SITE,
            )
            observations.set_gone(connection, [Gone(2, Level.FILE, URL, AT)], source=Source.SITE)
            connection.execute(
                schema.listing.update().where(schema.listing.c.site_id == 3).values(verdict="keep")
            )
            one, two, three = (shelf.stored(number).id for number in (1, 2, 3))
            (group,) = connection.scalars(select(schema.group_member.c.group_id).distinct())
            sameness.save(connection, {group: sameness.Told("vexillary", ((one, two),), one)})
            rows: dict[Table, dict[str, object]] = {
                schema.vector: {"image_id": one, "encoder_id": encoder, "code": b"vexillary" * 9},
                schema.second_look: {
                    "a_id": one,
                    "b_id": two,
                    "looker": 1,
                    "same": True,
                    "score": 0.5,
                    "how": '{"vexillary": true}',
                },
                schema.former_verdict: {"image_id": three, "group_id": 9, "verdict": "skip"},
                schema.different_pair: {"a_id": one, "b_id": three, "at": AT},
                schema.decision: {
                    "at": AT,
                    "what": "verdicts",
                    "before": NOTHING,
                    "after": NOTHING,
                },
                schema.pruned: {
                    "image_id": 90,
                    "digest": "d" * 64,
                    "kept": digest(1),
                    "at": AT,
                    "decision_id": 1,
                    "state": "gone",
                    "bytes": 9,
                    "format": "png",
                },
                schema.compared: {"image_id": one, "encoders": 1},
                schema.journal: {"name": "tag", "at": AT, "ended_at": AT, "said": "vexillary"},
                schema.setting: {"name": "vexillary", "value": "{}"},
            }
            for table, values in rows.items():
                connection.execute(table.insert().values(values))
            recounting.recount(connection)


def content(archive: Archive, *, thumbs: bool = True, binned: bool = False) -> Content:
    """Every row of every table, and every file, read and verified; the bin, too, if wanted."""
    files: dict[str, bytes] = {}
    with archive.reading() as connection:
        tables = schema.metadata.sorted_tables
        rows = {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in tables
        }
        # What the jobs note of themselves that change the form, and nothing of what is held.
        rows["journal"] = [row for row in rows["journal"] if row[1] not in _OF_FORM]
        for batch in (pruned.with_files if binned else images.iterate)(connection):
            for stored in batch:
                image = stored.image
                blob = Key(Kind.BLOB, image.digest, image.format)
                files[f"blob {image.digest}"] = archive.vault.get(blob)
                if thumbs and image.thumb_format is not None:
                    thumb = Key(Kind.THUMB, image.digest, image.thumb_format)
                    data = archive.vault.get(thumb, expect=image.thumb_digest)
                    files[f"thumb {image.digest}"] = data
    return rows, files


def skip(archive: Archive, kept: str, skipped: str) -> None:
    """Judge two images as one picture, of which one is to go; what else was judged is not."""
    with archive.writing() as connection:
        found = images.by_digests(connection, (kept, skipped))
        numbers = [found[each].id for each in (kept, skipped)]
        duplicates.release(connection, numbers)
        [group] = duplicates.new_groups(connection, 1)
        duplicates.place(connection, dict.fromkeys(numbers, group))
        said = dict(zip(numbers, (Verdict.KEEP, Verdict.SKIP), strict=True))
        judgements.set_verdicts(connection, said)
        duplicates.want_look(connection, group, wanted=False)
        members = select(schema.group_member.c.image_id)
        others = set(connection.scalars(members)) - set(numbers)
        judgements.set_verdicts(connection, dict.fromkeys(others, Verdict.NEW))
        duplicates.drop_small_groups(connection)


def content_of(folder: Path, password: str | None) -> Content:
    """The same of an archive that is opened for it."""
    with given(password), Archive.open(folder) as archive:
        return content(archive)


def copied(source: Path, target: Path) -> Path:
    """A copy of an archive that nobody has open."""
    shutil.rmtree(target, ignore_errors=True)
    return Path(shutil.copytree(source, target))


def settle(folder: Path, password: str) -> str | None:
    """Run again what was begun and not finished; the command, or None where there is nothing."""
    found = description.read(folder)
    if found is None or found.work is None:
        return None
    job = {"seal": sealing.seal, "unseal": sealing.unseal}[found.work.command]
    with given(password):
        job(folder)
    return found.work.command


def sample(count: int, most: int, seed: int) -> list[int]:
    """Some of the numbers 1 to `count`, in order; all where there are not more."""
    every = range(1, count + 1)
    return sorted(random.Random(seed).sample(every, min(count, most)))
