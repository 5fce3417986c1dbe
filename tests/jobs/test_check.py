import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from unittest import mock

import pytest
from sqlalchemy import update

from fapproc.db import images, listings, soundness
from fapproc.db.schema import album_figures, archive_figure
from fapproc.jobs import crawl, ingest, reading
from fapproc.jobs.check import check
from fapproc.jobs.findings import Repair
from fapproc.jobs.ingest import Miss, Picture
from fapproc.jobs.repair import repair
from fapproc.model import Detail, Format, Reason, UserId
from fapproc.sources import Source
from tests.archives.make import ALBUM, AT, USER, drawn
from tests.demosite.process import IMPATIENT, DemoSite
from tests.jobs.ward import OLD, Ward, age, flip
from tests.processes import Process
from tests.shelves import list_ids

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(params=["open", "sealed"])
def ward(request: pytest.FixtureRequest, tmp_path: Path) -> Ward:
    return Ward.new(tmp_path / "archive", sealed=request.param == "sealed")


@pytest.fixture
def open_ward(tmp_path: Path) -> Ward:
    return Ward.new(tmp_path / "archive", sealed=False)


def judged(ward: Ward) -> list[list[tuple[object, ...]]]:
    """All that a person said."""
    return [
        ward.ask("SELECT * FROM tag ORDER BY id"),
        ward.ask("SELECT * FROM image_tag ORDER BY tag_id, image_id"),
        ward.ask("SELECT image_id, group_id, verdict FROM group_member ORDER BY image_id"),
        ward.ask("SELECT site_id, verdict FROM listing ORDER BY site_id"),
    ]


def name(ward: Ward, file: Path) -> str:
    return file.relative_to(ward.folder).as_posix()


def test_a_sound_archive_is_clean_and_exits_0(ward: Ward) -> None:
    result = ward.run("check", "--read-data")
    assert result.exit_code == 0
    assert result.stdout == "Everything is there and sound.\n"
    assert "6 files read" in result.stderr


def test_a_missing_blob_is_named_marked_and_waits_for_the_site(ward: Ward) -> None:
    before = judged(ward)
    blob, _ = ward.files()[0]
    blob.unlink()
    assert ward.found() == [("missing-blob", name(ward, blob))]
    result = ward.run("check", "--repair")
    assert result.exit_code == 13
    assert f"--id {USER}" in result.stdout
    assert "1 image marked as lost; see above for how to get them back." in result.stderr
    assert ward.found("--repair") == [("lost", name(ward, blob))]
    assert judged(ward) == before


def test_a_lost_image_that_comes_again_is_as_it_was(ward: Ward) -> None:
    before = judged(ward)
    blob, _ = ward.files()[0]
    blob.unlink()
    ward.run("check", "--repair")
    with ward.opened() as archive:
        album = crawl.recall(archive, user_id=USER, name=None, source=Source.SITE).folders[0]
        assert [one.image for one in crawl.still_waiting(archive, album)] == [1]
        assert not crawl.finish_user(archive, USER, at=AT + 1, source=Source.SITE)
        ingest.store(
            archive, [Picture(1, "lake 1", drawn(1), Format.JPG)], at=AT + 2, source=Source.SITE
        )
        assert crawl.still_waiting(archive, album) == []
    assert ward.is_clean()
    assert judged(ward) == before


def test_a_lost_image_for_which_the_site_gives_other_bytes_keeps_its_tags(ward: Ward) -> None:
    ward.files()[0][0].unlink()
    ward.run("check", "--repair")
    tagged = judged(ward)[1]
    with ward.opened() as archive:
        ingest.store(
            archive, [Picture(1, "lake 1", drawn(77), Format.JPG)], at=AT + 2, source=Source.SITE
        )
    assert judged(ward)[1] == tagged
    assert ward.ask("SELECT image_id, verdict FROM listing WHERE site_id = 1") == [(4, "new")]
    [(kind, _)] = ward.found()
    assert kind == "lost"


def test_a_lost_image_that_the_site_has_no_more_becomes_a_failure_and_keeps_its_verdict(
    ward: Ward,
) -> None:
    before = judged(ward)
    ward.files()[0][0].unlink()
    ward.run("check", "--repair")
    with ward.opened() as archive:
        ingest.store(
            archive, [], [Miss(1, Reason.FILE, Detail.MISSING)], at=AT + 2, source=Source.SITE
        )
        with archive.reading() as connection:
            assert listings.waiting(connection, UserId(USER), ALBUM) == []
    assert judged(ward) == before
    assert "import the same file again" in ward.run("check").stdout


def test_a_lost_picture_of_the_local_disk_fails_until_it_is_imported_again(
    tmp_path: Path, open_ward: Ward
) -> None:
    source = tmp_path / "pictures"
    source.mkdir()
    (source / "a.jpg").write_bytes(drawn(50))
    before = {*open_ward.folder.glob("blobs/*/*")}
    assert open_ward.run("import", str(source)).exit_code == 0
    on_disk = "user_id = (SELECT id FROM user WHERE source = 'disk')"
    open_ward.execute(f"UPDATE listing SET verdict = 'keep' WHERE {on_disk}")
    [blob] = {*open_ward.folder.glob("blobs/*/*")} - before
    blob.unlink()
    assert open_ward.run("check", "--repair").exit_code == 13
    row = f"SELECT image_id, reason, detail, verdict FROM listing WHERE {on_disk}"
    assert open_ward.ask(row) == [(None, "file", "missing", "keep")]
    assert open_ward.run("import", str(source)).exit_code == 0
    assert open_ward.ask(row) == [(4, None, None, "keep")]
    assert open_ward.is_clean()


def test_a_lost_blob_that_was_copied_from_a_backup_is_welcome(ward: Ward) -> None:
    blob, _ = ward.files()[0]
    data = blob.read_bytes()
    blob.unlink()
    ward.run("check", "--repair")
    blob.write_bytes(data)
    assert ward.found() == [("found-again", name(ward, blob))]
    assert ward.run("check", "--repair").exit_code == 0
    assert ward.is_clean()


def test_a_missing_thumbnail_is_named_and_made_again(ward: Ward) -> None:
    _, thumb = ward.files()[0]
    thumb.unlink()
    assert ward.found() == [("missing-thumbnail", name(ward, thumb))]
    result = ward.run("check", "--repair")
    assert result.exit_code == 0
    assert "Done: made again." in result.stdout
    assert thumb.exists()
    assert ward.is_clean()


@pytest.mark.parametrize("which", [0, 1], ids=["blob", "thumbnail"])
def test_a_flipped_bit_is_found_by_reading_alone(ward: Ward, which: int) -> None:
    file = ward.files()[0][which]
    flip(file)
    assert ward.found() == []
    assert ward.found("--read-data") == [("changed", name(ward, file))]
    left = 13 if which == 0 else 0
    assert ward.run("check", "--read-data", "--repair").exit_code == left
    assert ward.is_clean() == (which == 1)


@pytest.mark.parametrize("which", [0, 1], ids=["blob", "thumbnail"])
def test_a_truncated_file_is_found_by_its_size(ward: Ward, which: int) -> None:
    file = ward.files()[0][which]
    file.write_bytes(file.read_bytes()[:-7])
    assert ward.found() == [("changed", name(ward, file))]


@pytest.mark.parametrize("which", [0, 1], ids=["blob", "thumbnail"])
def test_a_file_of_no_bytes_is_named_empty(ward: Ward, which: int) -> None:
    file = ward.files()[0][which]
    file.write_bytes(b"")
    assert ward.found() == [("empty", name(ward, file))]


def test_two_swapped_blobs_are_told_and_put_back(ward: Ward) -> None:
    one, other = ward.files()[0][0], ward.files()[1][0]
    first, second = one.read_bytes(), other.read_bytes()
    one.write_bytes(second)
    other.write_bytes(first)
    found = ward.found("--read-data")
    assert sorted(found) == sorted([("swapped", name(ward, one)), ("swapped", name(ward, other))])
    assert ward.run("check", "--read-data", "--repair").exit_code == 0
    assert ward.is_clean()
    assert not [*ward.folder.glob("*/*/*.aside")]


def test_a_renamed_blob_is_put_back_under_its_name_at_once(ward: Ward) -> None:
    blob, _ = ward.files()[0]
    elsewhere = blob.with_name(f"{blob.name} (copy)")
    blob.rename(elsewhere)
    assert ward.found() == [("renamed", name(ward, blob))]
    assert ward.run("check", "--repair").exit_code == 0
    assert blob.exists()
    assert not elsewhere.exists()
    assert ward.is_clean()


def test_an_orphan_is_named_and_dropped_when_it_is_old_and_left_alone_when_it_is_young(
    ward: Ward,
) -> None:
    blob, _ = ward.files()[0]
    orphan = ward.folder / "blobs" / "ab" / f"ab{'0' * 62}{blob.suffix}"
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"left behind")
    assert ward.is_clean()
    age(orphan)
    first = ward.run("check", "--repair")
    assert first.exit_code == 0 and "the next one removes it" in first.stdout
    assert orphan.exists()
    assert ward.run("check", "--repair", "--dry-run").exit_code == 13
    age(orphan, OLD + 60)  # another file under the same name: to be seen twice again
    assert ward.run("check", "--repair").exit_code == 0
    assert orphan.exists()
    assert ward.run("check", "--repair").exit_code == 0
    assert not orphan.exists()
    assert ward.is_clean()


def test_an_orphan_is_left_while_a_program_lives_that_had_the_archive_open(ward: Ward) -> None:
    blob, _ = ward.files()[0]
    orphan = ward.folder / "blobs" / "ab" / f"ab{'0' * 62}{blob.suffix}"
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(b"about to get its row")
    age(orphan)
    with ward.opened() as archive:
        [opener] = (ward.folder / ".locks").glob("opener-*")
        said = json.loads(opener.read_text())
        opener.write_text(json.dumps(said | {"since": said["since"] - 2 * OLD}))
        for _ in range(3):
            assert ward.found("--repair") == [("orphan", name(ward, orphan))]
        [found] = check(archive).findings
        assert found.repair is Repair.LATER
        # It has opened the archive since that was decided.
        assert not repair(archive, [replace(found, repair=Repair.DROP)])[0].done
    with ward.opened() as archive:
        age(orphan, 3600)  # written anew since that was decided
        assert not repair(archive, [replace(found, repair=Repair.DROP)])[0].done
        age(orphan)
    assert orphan.exists()
    for _ in range(2):  # seen at another time, it is seen anew
        assert ward.run("check", "--repair").exit_code == 0
    assert not orphan.exists()


def test_an_orphan_that_got_its_row_since_is_kept(ward: Ward) -> None:
    with ward.opened() as archive:
        blob, _ = ward.files()[2]
        forgotten = "UPDATE listing SET image_id = NULL WHERE site_id = 3"
        ward.execute(forgotten, "DELETE FROM image WHERE id = 3")
        check(archive)
        plan = [entry for entry in check(archive).findings if entry.repair is Repair.DROP]
        assert blob in [ward.folder / entry.name for entry in plan]
        ingest.store(
            archive, [Picture(3, "lake 3", drawn(3), Format.JPG)], at=AT, source=Source.SITE
        )
        age(blob)
        repair(archive, plan)
        assert blob.exists()


def test_what_audits_saw_of_a_place_that_is_not_there_is_removed(open_ward: Ward) -> None:
    place = f"((SELECT id FROM user WHERE number = {USER}), {ALBUM}, 99, 5)"
    open_ward.execute(
        f"INSERT INTO observation (user_id, album_id, site_id, at) VALUES {place}",
        f"INSERT INTO gone (user_id, album_id, site_id, at, level) VALUES {place[:-1]}, 'page')",
    )
    assert open_ward.found("--repair") == [("reference", "gone"), ("reference", "observation")]
    assert open_ward.is_clean()


def test_a_foreign_file_is_named_and_never_removed(ward: Ward) -> None:
    foreign = ward.folder / "blobs" / "notes.txt"
    foreign.write_text("mine")
    age(foreign)
    assert ward.found("--repair") == [("foreign", "blobs/notes.txt")]
    assert foreign.exists()


@pytest.mark.parametrize("options", [(), ("--repair",)])
def test_a_repair_is_named_as_the_next_step_only_where_it_helps(
    ward: Ward, options: tuple[str, ...]
) -> None:
    (ward.folder / "blobs" / "notes.txt").write_text("mine")
    told = ward.run("check", *options)
    assert told.exit_code == 13
    assert "1 thing wrong that can't be repaired; see above for what to do" in told.stderr
    assert "Repair: nothing that this program can do." in told.stdout


def test_a_thumbnail_of_which_no_picture_can_be_made_any_more_is_not_told_as_made(
    open_ward: Ward,
) -> None:
    data = drawn(60)[:200]  # as an earlier decoder might have taken it
    with open_ward.opened() as archive:
        ingest.store(archive, [Picture(9, "lake 9", data, Format.JPG)], at=AT, source=Source.SITE)
    open_ward.execute(
        f"UPDATE image SET width = 9, height = 9, animated = 0, thumb_bytes = 5, "
        f"thumb_digest = '{'ab' * 32}', thumb_format = 'webp' WHERE bytes = 200"
    )
    told = open_ward.run("check", "--repair")
    assert "Done: noted that no picture can be made of its image." in told.stdout
    assert "made again" not in told.stdout and told.exit_code == 0
    assert open_ward.ask("SELECT unsound, thumb_digest FROM image WHERE bytes = 200") == [
        ("truncated", None)
    ]
    assert open_ward.is_clean()


def test_a_thumbnail_of_a_lost_image_is_left_until_that_is_back(open_ward: Ward) -> None:
    blob, thumb = open_ward.files()[0]
    for file in (blob, thumb):
        file.unlink()
    told = open_ward.run("check", "--repair")
    assert "Done: left until its image is back." in told.stdout
    assert "made again" not in told.stdout and told.exit_code == 13


def test_a_thumbnail_whose_image_can_not_be_read_is_not_told_as_made(open_ward: Ward) -> None:
    blob, thumb = open_ward.files()[0]
    for file in (blob, thumb):
        file.unlink()
    blob.mkdir()
    told = open_ward.run("check", "--repair")
    assert "missing-thumbnail" in told.stdout and "Not repaired." in told.stdout
    assert "made again" not in told.stdout and told.exit_code == 13


def test_a_repair_that_failed_is_not_told_as_done(open_ward: Ward) -> None:
    _, thumb = open_ward.files()[0]
    thumb.unlink()
    thumb.mkdir()
    told = open_ward.run("check", "--repair")
    assert told.exit_code == 13
    assert told.stdout.rstrip().endswith("Not repaired.") and "made again" not in told.stdout


def test_the_next_step_for_bytes_that_changed_finds_them(ward: Ward) -> None:
    blob, _ = ward.files()[0]
    data = bytearray(blob.read_bytes())
    data[-1] ^= 1
    blob.write_bytes(data)
    told = ward.run("backup", str(ward.folder.parent / "backup"))
    assert f"Run 'fapproc check --read-data --repair -d {ward.folder}'." in told.stderr
    assert "Done: marked as lost." in ward.run("check", "--read-data", "--repair").stdout


def test_an_edited_archive_json_is_refused_by_its_name(ward: Ward) -> None:
    path = ward.folder / "archive.json"
    said = json.loads(path.read_text())
    said["database"] = "/elsewhere/other.database"
    path.write_text(json.dumps(said))
    result = ward.run("check")
    assert result.exit_code == 13
    assert "archive.json is damaged" in result.stderr


def test_figures_that_are_not_what_the_rows_say_are_named_and_counted_again(ward: Ward) -> None:
    with ward.opened() as archive, archive.writing() as connection:
        connection.execute(update(album_figures).values(images=5))
        connection.execute(update(archive_figure).values(value=5))
    named = [("figures", "the archive"), ("figures", f"album {ALBUM} of user {USER}")]
    assert ward.found() == named
    assert ward.found("--repair") == named
    assert ward.is_clean()


def test_a_row_without_files_is_named(ward: Ward) -> None:
    with ward.opened() as archive, archive.writing() as connection:
        images.add(connection, "ab" * 32, 10, Format.JPG, AT)
    [(kind, _)] = ward.found()
    assert kind == "missing-blob"


def test_positions_that_are_no_order_are_named_and_put_in_order(ward: Ward) -> None:
    ward.execute("UPDATE listing SET position = 1 WHERE site_id IN (2, 3)")
    order, best = ("order", f"album {ALBUM} of user {USER}"), ("figures", "the archive")
    assert ward.found() == [best, order]
    assert ward.run("check", "--repair").exit_code == 0
    assert ward.is_clean()
    rows = "SELECT site_id FROM listing ORDER BY position"
    assert ward.ask(rows) == [(1,), (2,), (3,), (9,)]


def test_an_album_that_was_finished_and_never_read_is_to_be_read_again(ward: Ward) -> None:
    ward.execute("UPDATE album SET listed_at = 0")
    assert ward.found() == [("album", f"album {ALBUM} of user {USER}")]
    assert ward.run("check", "--repair").exit_code == 0
    assert ward.ask("SELECT pages, fetched_at FROM album") == [(0, 0)]


@pytest.mark.parametrize(
    ("damage", "table"),
    [
        ("DELETE FROM user", "album"),
        ("DELETE FROM album", "listing"),
        ("DELETE FROM tag WHERE parent_id IS NULL", "tag"),
        ("DELETE FROM tag WHERE parent_id IS NOT NULL", "image_tag"),
        ("DELETE FROM duplicate_group", "group_member"),
        ("DELETE FROM encoder", "encoding"),
        ("INSERT INTO pair VALUES ('percept', 1, 99, 1)", "pair"),
        ("UPDATE pair SET a_id = 2, b_id = 1", "pair"),
    ],
)
def test_a_dangling_reference_is_named_and_mended_and_no_judgement_is_lost(
    open_ward: Ward, damage: str, table: str
) -> None:
    before = judged(open_ward)[1:]
    open_ward.execute(damage)
    assert (  # an album and its listings may dangle together
        ("reference", table) in open_ward.found()
    )
    assert open_ward.run("check", "--repair").exit_code == 0
    assert open_ward.is_clean()
    assert judged(open_ward)[1:] == before


def test_a_listing_whose_image_row_is_gone_waits_again(open_ward: Ward) -> None:
    open_ward.execute("DELETE FROM image WHERE id = 1")
    open_ward.run("check", "--repair")
    with open_ward.opened() as archive, archive.reading() as connection:
        assert [one.image for one in listings.waiting(connection, UserId(USER), ALBUM)] == [1]
        assert soundness.dangling(connection) == []


def test_an_index_that_lost_a_row_is_rebuilt(open_ward: Ward) -> None:
    open_ward.execute(
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = 'CREATE INDEX ix_listing_site_id ON listing (position)' "
        "WHERE name = 'ix_listing_site_id'",
        "PRAGMA writable_schema = OFF",
    )
    assert ("database", "imagefap.database") in open_ward.found()
    assert open_ward.run("check", "--repair").exit_code == 0
    assert open_ward.found() == []


def test_a_damaged_page_of_the_database_is_named(ward: Ward) -> None:
    file = ward.folder / "imagefap.database"
    data = bytearray(file.read_bytes())
    for start in range(4096 * 3, len(data), 4096 * 2):
        data[start : start + 4096] = os.urandom(4096)
    file.write_bytes(data)
    result = ward.run("check")
    assert result.exit_code == 13
    assert "imagefap.database" in result.output
    assert "Traceback" not in result.output


def test_a_copy_that_was_never_finished_is_removed(ward: Ward) -> None:
    half = ward.folder / "imagefap.database.before-0002.part"
    half.write_bytes(b"half")
    assert ward.found("--repair") == [("leftover", half.name)]
    assert not half.exists()


def test_reading_goes_on_where_it_was_stopped_and_forgets_no_damage(
    ward: Ward,
) -> None:
    blob, _ = ward.files()[0]
    flip(blob)

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with ward.opened() as archive:
        with pytest.raises(KeyboardInterrupt):
            reading.read_all(archive, stop, batch=1)
        assert reading.begun(archive) == 1
        assert reading.left(archive) == 2
    result = ward.run("check", "--read-data", "--json")
    assert "Going on after image 1" in result.stderr
    assert "4 files read" in result.stderr
    assert [json.loads(line)["name"] for line in result.stdout.splitlines()] == [name(ward, blob)]
    assert ward.ask("SELECT * FROM progress") == []
    assert "6 files read" in ward.run("check", "--read-data").stderr


def test_a_reading_that_was_stopped_long_ago_begins_anew(open_ward: Ward) -> None:
    with open_ward.opened() as archive:
        with archive.writing() as connection:
            then = int(time.time()) - reading.STALE_SECONDS - 1
            soundness.set_position(connection, reading.NAME, 2, then)
        assert reading.begun(archive) == 0


def test_a_second_check_at_the_same_time_is_told_who_does_it(open_ward: Ward) -> None:
    with open_ward.opened() as archive, archive.job("check"):
        result = open_ward.run("check")
    assert result.exit_code == 11
    assert "check is already running in" in result.stderr


def test_an_archive_with_a_lost_image_can_be_sealed(open_ward: Ward) -> None:
    blob, _ = open_ward.files()[0]
    flip(blob)
    open_ward.run("check", "--read-data", "--repair")
    sealed = Ward(open_ward.folder, "correct-horse")
    assert sealed.run("seal", "-q").exit_code == 0
    assert not [*open_ward.folder.glob("blobs/*/*.jpg")]
    [(kind, _)] = sealed.found("--read-data")
    assert kind == "lost"


def test_check_beside_a_program_that_stores_finds_nothing(open_ward: Ward) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from fapproc.archive import Archive\n"
        "from fapproc.jobs.ingest import Picture, store\n"
        "from fapproc.model import Format\n"
        "from fapproc.sources import Source\n"
        "from tests.archives.make import drawn\n"
        "with Archive.open(Path(sys.argv[1])) as archive:\n"
        "    for n in range(100, 160):\n"
        "        one = Picture(n, None, drawn(n), Format.JPG)\n"
        "        store(archive, [one], at=1, source=Source.SITE)\n"
    )
    with open_ward.opened() as archive:
        list_ids(archive, *range(100, 160))
    environment = {key: value for key, value in os.environ.items() if key != "FAP_PASSWORD"}
    with Process([sys.executable, "-c", code, str(open_ward.folder)], env=environment) as process:
        rounds = 0
        while process.poll() is None or rounds == 0:
            assert open_ward.found("--read-data", "--repair") == []
            rounds += 1
    assert process.returncode == 0
    assert len([*open_ward.folder.glob("blobs/*/*")]) == 63
    assert open_ward.is_clean()


def _images(ward: Ward) -> list[str]:
    lines = ward.run("print", "--json").stdout.splitlines()
    return [line for line in lines if '"kind": "image"' in line]


def _time(file: Path) -> float:
    return file.stat().st_mtime


def test_repair_marks_nothing_that_a_crawl_has_just_brought_again(ward: Ward) -> None:
    blob, _ = ward.files()[0]
    blob.unlink()
    with ward.opened() as archive, mock.patch.dict(os.environ):
        plan = check(archive).findings
        ingest.store(
            archive, [Picture(1, "lake 1", drawn(1), Format.JPG)], at=AT, source=Source.SITE
        )
        repair(archive, plan)
    assert ward.is_clean()


def test_the_next_crawl_fetches_what_was_marked_though_everything_rests(tmp_path: Path) -> None:
    ward = Ward(tmp_path / "archive", "")
    with DemoSite(scale=0.1) as site:
        environment = os.environ | {
            "SITE_ROOT": site.root,
            **IMPATIENT,
            "FAP_ARCHIVE": str(ward.folder),
        }
        crawl = [sys.executable, "-m", "scrapy", "crawl", "favorites"]
        crawl += ["-a", f"user_id={site.world.main.id}", "-L", "ERROR"]
        subprocess.run(crawl, cwd=ROOT, env=environment, check=True)
        before = _images(ward)
        blob = min(ward.folder.glob("blobs/*/*"))
        flip(blob)
        assert ward.run("check", "--read-data", "--repair").exit_code == 13
        subprocess.run(crawl, cwd=ROOT, env=environment, check=True)
        assert ward.is_clean()
        assert _images(ward) == before
