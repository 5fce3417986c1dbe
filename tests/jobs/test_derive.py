import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageOps
from sqlalchemy import update

from fapproc.archive import Archive
from fapproc.db import derived as rows
from fapproc.db import images, places
from fapproc.db.derived import WantedParts
from fapproc.db.schema import encoding
from fapproc.dedup.models import DEFAULT, Model
from fapproc.dedup.registry import CNN, HASHES, METHODS, methods
from fapproc.errors import UsageProblem
from fapproc.firsts import MOST, Firsts
from fapproc.imaging.undecodable import Undecodable
from fapproc.jobs import crawl, derive, derive_store, duplicates, inventory, tagging
from fapproc.jobs.derive import DeriveReport, Part
from fapproc.jobs.derive_one import Derived, Task, derive_one
from fapproc.jobs.encodings import encoders
from fapproc.model import Detail, Facts, Format, Reason, Verdict
from fapproc.selections.grammar import of_digests
from fapproc.sources import Source
from fapproc.vault.store import Key, Kind, digest_of
from tests.drawing import film, write
from tests.shelves import (
    USER,
    blob,
    cut,
    files_below,
    fill,
    flip,
    judge,
    numbered,
    photo,
    picture,
    remove,
    small,
    unsound,
)
from tests.shelves import thumbnail as thumbnail_file


def entry(archive: Archive, data: bytes) -> inventory.Entry:
    return next(e for e in inventory.entries(archive) if e.image.digest == digest_of(data))


def test_each_image_gets_facts_a_thumbnail_and_a_code_of_every_method(archive: Archive) -> None:
    moving = film("GIF", 3, (60, 40))
    fill(archive, {"lakes": numbered(photo(1), moving)})
    assert derive.missing(archive) == 2
    assert derive.derive(archive) == DeriveReport(made=2)
    assert derive.missing(archive) == 0
    assert entry(archive, photo(1)).image.facts == Facts(320, 240, animated=False)
    assert entry(archive, moving).image.facts == Facts(60, 40, animated=True)
    for data, form in ((photo(1), Format.JPG), (moving, Format.WEBP)):
        found = entry(archive, data)
        image = found.image
        assert image.thumb_format is form and image.thumb_digest is not None
        thumb = archive.vault.get(Key(Kind.THUMB, image.digest, form), expect=image.thumb_digest)
        assert len(thumb) == image.thumb_bytes
        assert list(found.codes) == list(HASHES)
        assert {len(code) for code in found.codes.values()} == {8}


def test_a_second_run_does_nothing(archive: Archive) -> None:
    fill(archive, {"lakes": numbered(small(1), small(2))})
    derive.derive(archive)
    before = {file: file.stat().st_mtime_ns for file in archive.folder.glob("thumbs/*/*")}
    steps: list[int] = []
    assert derive.derive(archive, steps.append) == DeriveReport()
    assert sum(steps) == 0
    assert before == {file: file.stat().st_mtime_ns for file in archive.folder.glob("thumbs/*/*")}


def test_a_picture_that_is_cut_stays_and_is_a_failure_at_each_place(archive: Archive) -> None:
    broken = cut(photo(1))
    pictures = numbered(broken, small(2), broken, photo(3))
    fill(archive, {"lakes": pictures, "hills": [picture(1201, broken), picture(1300, small(4))]})
    tagging.create(archive, "blue")
    tagging.apply(archive, "blue", of_digests([digest_of(broken)]))
    steps: list[int] = []
    unsound = Firsts([(digest_of(broken), Detail.TRUNCATED)], 1)
    assert derive.derive(archive, steps.append) == DeriveReport(made=3, unsound=unsound)
    assert sum(steps) == 4
    with archive.reading() as connection:
        failures = places.failures(connection)
    assert [(f.place.album, f.place.image) for f in failures] == [
        (111, 1201),
        (111, 1203),
        (112, 1201),
    ]
    assert {(f.reason, f.detail, f.kept) for f in failures} == {
        (Reason.DAMAGED, Detail.TRUNCATED, True)
    }
    assert blob(archive, broken).read_bytes() == broken
    found = entry(archive, broken)
    assert found.image.unsound is Detail.TRUNCATED
    assert len(found.sightings) == 3
    assert (found.tags, found.codes, found.vectors) == (("blue",), {}, {CNN: None})
    assert crawl.finish_user(archive, USER, at=5, source=Source.SITE)
    assert derive.missing(archive) == 0
    assert derive.derive(archive) == DeriveReport()


def test_a_picture_that_other_decoders_found_unsound_is_looked_at_again(archive: Archive) -> None:
    fill(archive, {"lakes": numbered(small(1))})
    unsound(archive, small(1))
    assert derive.missing(archive) == 0
    with archive.writing() as connection:
        connection.exec_driver_sql("UPDATE image SET unsound_by = 'pillow-1 avif-None'")
    assert derive.missing(archive) == 1
    assert derive.derive(archive) == DeriveReport(made=1)
    found = entry(archive, small(1))
    assert found.image.unsound is None
    assert found.image.facts is not None and found.codes and found.vectors[CNN]


def test_an_image_that_turns_out_unsound_leaves_its_group_and_keeps_what_was_said(
    archive: Archive,
) -> None:
    near = [photo(1), photo(1, quality=60)]
    fill(archive, {"lakes": numbered(*near)})
    derive.derive(archive)
    assert duplicates.find_duplicates(archive).groups == 1
    judge(archive, near[1], Verdict.KEEP)
    unsound(archive, near[0])
    found = duplicates.find_duplicates(archive)
    assert (found.groups, found.images) == (0, 0)
    said = "SELECT verdict FROM former_verdict"
    with archive.reading() as connection:
        assert connection.exec_driver_sql(said).scalars().all() == ["keep"]


@pytest.mark.skipif(sys.platform == "win32", reason="processor time is limited elsewhere")
def test_a_picture_whose_worker_was_ended_is_tried_again_alone_with_more_time(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derive, "SECONDS", 0.001)
    fill(archive, {"lakes": numbered(photo(1))})
    assert derive.derive(archive) == DeriveReport(made=1)


@pytest.mark.skipif(sys.platform == "win32", reason="processor time is limited elsewhere")
def test_a_picture_that_is_too_much_for_the_machine_is_told_and_stays_as_it_is(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(archive, {"lakes": numbered(photo(1))})
    steps: list[int] = []
    with monkeypatch.context() as hasty:
        hasty.setattr(derive, "SECONDS", 0.001)
        hasty.setattr(derive, "SECONDS_ALONE", 0.001)
        report = derive.derive(archive, steps.append)
    assert (report.made, report.failed, sum(steps)) == (0, 0, 1)
    assert [digest_of(photo(1))[:16] in sentence for sentence in report.broken.named] == [True]
    assert entry(archive, photo(1)).image.unsound is None
    assert blob(archive, photo(1)).read_bytes() == photo(1)
    assert derive.missing(archive) == 1
    assert derive.derive(archive) == DeriveReport(made=1)


def test_a_file_that_the_disk_spoiled_is_told_and_the_rest_goes_on(archive: Archive) -> None:
    fill(archive, {"lakes": numbered(small(1), small(2), small(3))})
    flip(blob(archive, small(1)))
    blob(archive, small(2)).unlink()
    report = derive.derive(archive)
    assert (report.made, report.failed) == (1, 0)
    assert [
        digest_of(small(n)) in said for n, said in enumerate(report.damaged.named, start=1)
    ] == [
        True,
        True,
    ]
    assert derive.missing(archive) == 2
    blob(archive, small(1)).write_bytes(small(1))
    report = derive.derive(archive)
    assert (report.made, report.damaged.count) == (1, 1)


def test_of_many_faults_the_first_are_named_and_all_are_counted(archive: Archive) -> None:
    fill(archive, {"lakes": numbered(*(small(n) for n in range(MOST + 3)))})
    for n in range(MOST + 3):
        blob(archive, small(n)).unlink()
    damaged = derive.derive(archive).damaged
    assert (damaged.count, len(damaged.named), damaged.more) == (MOST + 3, MOST, 3)


def test_a_run_that_was_interrupted_goes_on_where_it_was(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derive_store, "BATCH", 4)
    monkeypatch.setattr(derive_store, "SECONDS", 60)
    fill(archive, {"lakes": numbered(*(small(n) for n in range(12)))})

    def interrupt(count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        derive.derive(archive, interrupt)
    assert derive.missing(archive) == 8
    assert derive.derive(archive) == DeriveReport(made=8)
    assert len(files_below(archive.folder / "thumbs")) == 12


def test_an_image_that_another_program_dropped_meanwhile_is_no_damage(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(derive_store, "BATCH", 2)
    monkeypatch.setattr(derive_store, "SECONDS", 60)
    fill(archive, {"lakes": numbered(*(small(n) for n in range(12)))})
    dropped = False

    def drop_the_rest(count: int) -> None:
        nonlocal dropped
        if dropped:
            return
        dropped = True
        for data in (small(n) for n in range(12)):
            if entry(archive, data).image.facts is None:
                remove(archive, data)
                blob(archive, data).unlink()

    report = derive.derive(archive, drop_the_rest)
    assert not report.damaged
    assert [entry.image.facts is not None for entry in inventory.entries(archive)] == [True] * 2


def test_codes_of_another_version_are_made_anew(archive: Archive) -> None:
    fill(archive, {"lakes": numbered(small(1), small(2))})
    derive.derive(archive)
    assert derive.outdated(archive) == {}
    with archive.writing() as connection:
        connection.exec_driver_sql("UPDATE encoder SET version = 'of a former year'")
        connection.execute(update(encoding).values(code=b"\0"))
    assert derive.outdated(archive) == {"of a former year": 2}
    assert derive.missing(archive) == 2
    assert derive.derive(archive) == DeriveReport(made=2)
    assert derive.outdated(archive) == {}
    for found in inventory.entries(archive):
        assert all(len(code) == 8 for code in found.codes.values())


def test_a_library_that_makes_the_same_codes_makes_nothing_anew(archive: Archive) -> None:
    fill(archive, {"lakes": numbered(small(1))})
    derive.derive(archive)
    with archive.writing() as connection:
        older = (
            "UPDATE encoder SET version = replace(version, 'pillow-', 'pillow-0.') "
            "WHERE version != replace(version, 'pillow-', '')"
        )
        assert connection.exec_driver_sql(older).rowcount == len(HASHES)
    assert derive.outdated(archive) == {}
    assert derive.missing(archive) == 0


def test_where_no_thumbnail_can_be_written_it_is_told_and_none_is_recorded(
    archive: Archive,
) -> None:
    fill(archive, {"lakes": numbered(small(1))})
    (archive.folder / "thumbs").write_bytes(b"a file where the folder should be")
    [sentence] = derive.derive(archive).damaged.named
    assert str(archive.folder / "thumbs") in sentence
    assert derive.missing(archive) == 1
    [entry] = inventory.entries(archive)
    assert entry.image.thumb_bytes is None and entry.codes


def test_one_decode_gives_what_is_asked_for(archive: Archive) -> None:
    everything = derive_one(Task(photo(1), True, frozenset(METHODS)))
    assert everything.facts == Facts(320, 240, animated=False)
    assert set(everything.codes) == set(METHODS)
    nothing = derive_one(Task(photo(1), False, frozenset()))
    assert nothing == Derived(everything.facts, None, {})
    two = derive_one(Task(photo(1), False, frozenset({"diff", CNN})))
    assert two.codes == {name: everything.codes[name] for name in ("diff", CNN)}
    with pytest.raises(Undecodable):
        derive_one(Task(cut(photo(1)), True, frozenset()))
    fill(archive, {"lakes": numbered(photo(1))})
    derive.derive(archive)
    assert everything.thumb is not None
    assert thumbnail_file(archive, photo(1)).read_bytes() == everything.thumb.data


def vectors_of(archive: Archive, model: Model) -> dict[int, bytes]:
    with archive.reading() as connection:
        number = images.encoder_id(connection, CNN, model.id)
        return {} if number is None else dict(*rows.vectors(connection, number))


def test_thumbnails_and_encodings_can_be_made_apart(archive: Archive) -> None:
    fill(archive, {"lakes": numbered(small(1), small(2))})
    assert derive.derive(archive, parts={Part.THUMBS}) == DeriveReport(made=2)
    assert derive.missing(archive, parts={Part.THUMBS}) == 0
    assert derive.missing(archive) == derive.missing(archive, parts={Part.ENCODE}) == 2
    assert not any(entry.codes for entry in inventory.entries(archive))
    files = files_below(archive.folder / "thumbs")
    written = {file: file.stat().st_mtime_ns for file in archive.folder.glob("thumbs/*/*")}
    assert derive.derive(archive, parts={Part.ENCODE}) == DeriveReport(made=2)
    assert derive.missing(archive) == 0
    assert files_below(archive.folder / "thumbs") == files
    assert written == {file: file.stat().st_mtime_ns for file in archive.folder.glob("thumbs/*/*")}


def test_another_model_s_vectors_replace_the_former_and_nothing_else_is_made(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(DEFAULT, id="the same under another name", mean=(0.0, 0.0, 0.0))
    fill(archive, {"lakes": numbered(small(1), small(2))})
    derive.derive(archive)
    before = vectors_of(archive, DEFAULT)
    assert {len(code) for code in before.values()} == {1248}
    assert derive.missing(archive, model=other) == 2
    with archive.reading() as connection:
        wanted = WantedParts(True, {}, {CNN: 0})
        lacks = rows.lacking(connection, wanted)
        assert [lack.methods for lack in lacks] == [{CNN}, {CNN}]
        assert not any(lack.thumb for lack in lacks)
    assert derive.derive(archive, model=other) == DeriveReport(made=2)
    assert vectors_of(archive, DEFAULT) == {}
    after = vectors_of(archive, other)
    assert after.keys() == before.keys() and after != before
    assert {entry.vectors[CNN] for entry in inventory.entries(archive)} == {other.id}


def test_until_a_run_has_come_to_its_end_the_former_network_s_vectors_are_kept_and_compared(
    archive: Archive,
) -> None:
    other = replace(DEFAULT, id="the same under another name", mean=(0.0, 0.0, 0.0))
    fill(archive, {"lakes": numbered(small(1), small(2))})
    derive.derive(archive)
    before = vectors_of(archive, DEFAULT)
    derive.derive(archive, model=other, only={min(before)})
    assert vectors_of(archive, DEFAULT) == before
    assert vectors_of(archive, other).keys() == {min(before)}
    with archive.reading() as connection:
        former = images.encoder_id(connection, CNN, DEFAULT.id)
        assert encoders(connection, methods(other))[CNN] == former
    derive.derive(archive, model=other)
    assert vectors_of(archive, DEFAULT) == {}
    assert vectors_of(archive, other).keys() == before.keys()


def test_a_model_that_cannot_be_used_is_a_sentence_and_nothing_is_recorded(
    archive: Archive, tmp_path: Path
) -> None:
    fill(archive, {"lakes": numbered(small(1))})
    for name, data in (("missing", None), ("text", b"no network"), ("cut", network()[:5000])):
        file = tmp_path / f"{name}.onnx"
        if data is not None:
            file.write_bytes(data)
        model = replace(DEFAULT, id=name, file=file)
        with pytest.raises(UsageProblem, match=f"network .*{name}.onnx can't be used"):
            derive.derive(archive, model=model)
    assert derive.missing(archive) == 1


def test_a_model_that_was_tried_in_vain_changes_nothing_in_a_search(
    archive: Archive, tmp_path: Path
) -> None:
    fill(archive, {"lakes": numbered(photo(1), mirrored(1))})
    derive.derive(archive)
    assert duplicates.find_duplicates(archive).groups == 1
    fill(archive, {"more": [picture(7, photo(3))]}, first_album=200)
    file = tmp_path / "text.onnx"
    file.write_bytes(b"no network")
    with pytest.raises(UsageProblem):
        derive.derive(archive, model=replace(DEFAULT, id="text", file=file))
    assert duplicates.find_duplicates(archive) == duplicates.DuplicatesReport(2, 1, 1, 0, 0, 0)


def mirrored(seed: int) -> bytes:
    """What the network alone finds."""
    drawn = ImageOps.mirror(Image.open(BytesIO(photo(seed))))
    return write(drawn, "JPEG", quality=90)


def network() -> bytes:
    assert DEFAULT.file is not None
    return DEFAULT.file.read_bytes()


def test_a_worker_loads_nothing_that_knows_the_database(
    archive: Archive, cold: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    fill(archive, {"lakes": numbered(photo(1))})
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")  # each interpreter that starts tells
    derive.derive(archive, processes=1)
    loaded = capfd.readouterr().err
    assert "fapproc.jobs.derive_one" in loaded
    assert "sqlalchemy" not in loaded and "fapproc.db" not in loaded


@pytest.mark.parametrize("processes", [1, 3])
def test_however_many_workers_there_are_the_vectors_are_the_same(
    archive: Archive, processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fapproc.executors.machine.MOST_PROCESSES", processes)
    fill(archive, {"lakes": numbered(*(small(n) for n in range(4)))})
    derive.derive(archive)
    here = [derive_one(Task(small(n), False, frozenset({CNN}))) for n in range(4)]
    assert [*vectors_of(archive, DEFAULT).values()] == [made.codes[CNN] for made in here]
