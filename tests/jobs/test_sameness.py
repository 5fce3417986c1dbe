from pathlib import Path

from PIL import Image

from evaluation import transformations as made
from fapproc.archive import Archive
from fapproc.db import duplicates as group_rows
from fapproc.db import images, soundness
from fapproc.db import sameness as rows
from fapproc.jobs import batch, duplicates, inventory
from fapproc.jobs.batch import Rule
from fapproc.jobs.sameness import tell_sameness
from fapproc.model import Verdict
from fapproc.sameness import Sameness, Untold
from fapproc.selections.selection import Selection
from fapproc.vault.store import digest_of
from tests.drawing import landscape, write
from tests.shelves import fill, numbered, process

SCENE = landscape(1, (480, 360))
GRAIN = Image.effect_noise(SCENE.size, 90).convert("RGB")
FINE = Image.blend(SCENE, GRAIN, 0.25)
WHOLE = write(FINE, "JPEG", quality=92)
HALF = made.jpeg(made.scaled(FINE, 0.5, 0.5))
POOR = made.jpeg(FINE, 30)
CAPTIONED = made.jpeg(made.captioned(FINE), 95)
BORDERED = made.jpeg(made.bordered(FINE), 95)
MIRRORED = made.jpeg(FINE.transpose(Image.Transpose.FLIP_LEFT_RIGHT), 95)
CROPPED = made.jpeg(made.cropped(FINE, 0.05), 95)
ENLARGED = made.jpeg(made.scaled(FINE, 1.5, 1.5), 95)


def told(archive: Archive, *pictures: bytes) -> Sameness:
    """What is told of one group of these pictures."""
    fill(archive, {"lakes": numbered(*pictures)})
    process(archive)
    group(archive)
    tell_sameness(archive, lambda *_: None)
    return now(archive)


def group(archive: Archive) -> None:
    with archive.writing() as connection:
        [number] = group_rows.new_groups(connection, 1)
        group_rows.place(connection, dict.fromkeys(images.digests(connection), number))


def now(archive: Archive) -> Sameness:
    [found] = inventory.groups(archive)
    assert found.sameness is not None
    return found.sameness


def test_the_best_is_the_one_that_lost_least_of_those_that_are_the_same(archive: Archive) -> None:
    found = told(archive, CAPTIONED, BORDERED, POOR, WHOLE, HALF, MIRRORED, CROPPED)
    assert found.best == digest_of(WHOLE)
    assert set(found.classes[0]) == {digest_of(data) for data in (WHOLE, HALF, POOR)}
    assert found.untold is None


def test_between_an_original_and_a_changed_copy_alone_none_is_the_best(archive: Archive) -> None:
    assert told(archive, WHOLE, CAPTIONED) == Sameness((), None, Untold.UNEQUAL)


def test_an_enlarged_copy_is_not_the_best_and_none_is(archive: Archive) -> None:
    found = told(archive, WHOLE, POOR, ENLARGED)
    assert (found.best, found.untold) == (None, Untold.ENLARGED)
    assert len(found.classes[0]) == 3


def test_while_a_thumbnail_is_missing_or_damaged_nothing_is_told(
    archive: Archive, tmp_path: Path
) -> None:
    best = told(archive, WHOLE, HALF).best
    [thumb] = [path for path in archive.folder.glob("thumbs/**/*") if digest_of(HALF) in path.name]
    kept = thumb.read_bytes()
    thumb.write_bytes(kept[:-1] + b"?")
    tell_sameness(archive, lambda *_: None)
    assert now(archive).best == best  # nothing has changed by the rows: nothing is read again
    forget(archive)
    tell_sameness(archive, lambda *_: None)
    [found] = inventory.groups(archive)
    assert found.sameness is None
    thumb.write_bytes(kept)
    tell_sameness(archive, lambda *_: None)
    assert now(archive).best == best


def forget(archive: Archive) -> None:
    with archive.writing() as connection:
        rows.forget(connection, rows.bases(connection))


def test_only_a_group_that_has_changed_is_looked_at_again(archive: Archive) -> None:
    told(archive, WHOLE, HALF)
    for path in archive.folder.glob("thumbs/**/*"):
        if path.is_file():
            path.rename(path.with_suffix(".away"))
    steps: list[str] = []
    tell_sameness(archive, lambda step, _: steps.append(step))
    assert steps == []
    forget(archive)
    tell_sameness(archive, lambda step, _: steps.append(step))
    assert steps == ["Looking for the best of each group"]


def test_dedup_tells_the_best_and_a_trial_run_tells_nothing(archive: Archive) -> None:
    fill(archive, {"lakes": numbered(WHOLE, HALF)})
    process(archive)
    duplicates.find_duplicates(archive, dry_run=True)
    assert list(inventory.groups(archive)) == []
    duplicates.find_duplicates(archive)
    assert now(archive).best == digest_of(WHOLE)
    with archive.reading() as connection:
        before = rows.bases(connection)
    duplicates.find_duplicates(archive)
    with archive.reading() as connection:
        assert rows.bases(connection) == before


def test_a_best_that_has_left_its_group_is_told_no_longer(archive: Archive) -> None:
    told(archive, WHOLE, HALF, POOR)
    with archive.writing() as connection:
        stored = images.by_digest(connection, digest_of(WHOLE))
        assert stored is not None
        group_rows.release(connection, [stored.id])
    assert now(archive).best is None
    tell_sameness(archive, lambda *_: None)
    assert now(archive).untold is Untold.ENLARGED or now(archive).best == digest_of(POOR)


def test_a_lost_image_is_not_the_best_and_none_is_skipped_for_it(archive: Archive) -> None:
    told(archive, WHOLE, HALF, POOR)
    assert now(archive).best == digest_of(WHOLE) and count(archive) == 1
    with archive.writing() as connection:
        stored = images.by_digest(connection, digest_of(WHOLE))
        assert stored is not None
        soundness.set_lost(connection, stored.id, 9)
    assert now(archive).best is None and count(archive) == 0
    assert batch.plan(archive, Rule.BEST, Selection()).proposals == ()
    tell_sameness(archive, lambda *_: None)
    [best] = batch.plan(archive, Rule.BEST, Selection()).proposals
    assert best.verdicts == {digest_of(POOR): Verdict.KEEP, digest_of(HALF): Verdict.SKIP}
    assert batch.plan(archive, Rule.SAME, Selection()).proposals == () and count(archive) == 0


def count(archive: Archive) -> int:
    with archive.reading() as connection:
        return rows.count_same(connection)
