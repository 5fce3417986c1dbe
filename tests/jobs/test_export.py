import json
import unicodedata
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from fapproc.archive import Archive
from fapproc.db import images, judgements, tags
from fapproc.db.dialect import numbers
from fapproc.errors import FapError, UsageProblem
from fapproc.filenames import twin
from fapproc.jobs import export, tagging
from fapproc.jobs.export import Wish
from fapproc.jobs.export_target import LIST
from fapproc.jobs.sidecar import Form
from fapproc.model import Place, UserId, Verdict
from fapproc.selections.grammar import of_digests
from fapproc.selections.selection import Selection
from fapproc.sites.registry import site_at
from fapproc.vault.store import digest_of
from tests.shelves import USER, blob, files_below, fill, flip, keep_place, picture, small


def exported(folder: Path) -> dict[str, bytes]:
    """What lies below a folder, but for the list of what was written."""
    return {name: data for name, data in files_below(folder).items() if Path(name).name != LIST}


def tag(archive: Archive, path: str, *contents: bytes) -> None:
    if path.rpartition("/")[2] not in {tag.name for tag in tagging.listed(archive)}:
        tagging.create(archive, path)
    if contents:
        tagging.apply(archive, path, of_digests([digest_of(data) for data in contents]))


def run(archive: Archive, only: str | None = None, *, renumber: bool = False) -> dict[str, bytes]:
    """Export, and hold what is there against what was decided."""
    before = exported(archive.export_folder) if archive.export_folder.exists() else {}
    plan = export.plan(archive, tag=only, renumber=renumber)
    written = export.export(archive, plan).written
    after = exported(archive.export_folder) if archive.export_folder.exists() else {}
    removed = {file.relative_to(archive.export_folder).as_posix() for file in plan.removals}
    assert set(after) == (set(before) - removed) | {copy.name for copy in plan.copies}
    assert len({twin(copy.name) for copy in plan.copies}) == len(plan.copies)
    assert written <= len(plan.copies)
    return after


def shelve(archive: Archive, *named: tuple[str | None, bytes]) -> None:
    pictures = [picture(1201 + n, data, name) for n, (name, data) in enumerate(named)]
    fill(archive, {"lakes": pictures})


def test_tagged_pictures_lie_in_the_folder_of_their_tag_under_their_own_names(
    archive: Archive,
) -> None:
    shelve(archive, ("lake.png", small(1)), ("hill.png", small(2)), ("sky.png", small(3)))
    tag(archive, "Places")
    tag(archive, "Places/Lakes", small(1))
    tag(archive, "Blue", small(1), small(3))
    assert run(archive) == {
        "Places/Lakes/lake.png": small(1),
        "Blue/lake.png": small(1),
        "Blue/sky.png": small(3),
    }
    assert not (archive.export_folder / ".unfinished").exists()


def test_one_tag_is_exported_without_its_children(archive: Archive) -> None:
    shelve(archive, ("lake.png", small(1)), ("hill.png", small(2)))
    tag(archive, "Places", small(2))
    tag(archive, "Places/Lakes", small(1))
    assert run(archive, "places") == {"Places/hill.png": small(2)}
    assert "Places/Lakes/lake.png" in run(archive, "LAKES")


def test_an_unknown_tag_is_told(archive: Archive) -> None:
    with pytest.raises(FapError, match="archive has no tag 'Ponds'"):
        export.plan(archive, tag="Ponds", renumber=False)


def test_without_tags_nothing_is_written(archive: Archive) -> None:
    shelve(archive, ("lake.png", small(1)))
    assert run(archive) == {}


def test_a_name_that_is_missing_or_not_true_is_mended(archive: Archive) -> None:
    shelve(archive, (None, small(1)), ("lake.jpg", small(2)), ("../../up.png", small(3)))
    tag(archive, "a", small(1), small(2), small(3))
    assert set(run(archive)) == {"a/1201.png", "a/lake.jpg.png", "a/..-..-up.png"}


def test_an_image_that_is_listed_nowhere_goes_by_its_digest(archive: Archive) -> None:
    shelve(archive, ("lake.png", small(1)))
    tag(archive, "a", small(1))
    with archive.writing() as connection:
        connection.exec_driver_sql("DELETE FROM listing")
    assert set(run(archive)) == {f"a/{digest_of(small(1))[:16]}.png"}


@pytest.mark.parametrize(
    "name", ["lake.png", "l" * 251 + ".png", "日" * 83 + ".png", "😀" * 99 + ".png"]
)
def test_pictures_of_the_same_name_are_all_there(archive: Archive, name: str) -> None:
    contents = [small(n) for n in range(40)]
    shelve(archive, *((name, data) for data in contents))
    tag(archive, "a", *contents)
    written = run(archive)
    assert sorted(written.values()) == sorted(contents)
    assert all(len(file.removeprefix("a/").encode()) <= 255 for file in written)


def test_names_that_differ_in_case_alone_are_two_files_on_every_disk(archive: Archive) -> None:
    shelve(archive, ("lake.png", small(1)), ("LAKE.png", small(2)))
    tag(archive, "a", small(1), small(2))
    second = f"a/LAKE-{digest_of(small(2))[:8]}.png"
    assert run(archive) == {"a/lake.png": small(1), second: small(2)}


def test_a_name_that_looks_like_a_mended_one_takes_nothing_away(archive: Archive) -> None:
    planted = f"lake-{digest_of(small(3))[:8]}.png"
    shelve(archive, ("lake.png", small(1)), (planted, small(2)), ("lake.png", small(3)))
    tag(archive, "a", small(1), small(2), small(3))
    assert sorted(run(archive).values()) == sorted([small(1), small(2), small(3)])


def test_tags_whose_folders_coincide_take_nothing_from_each_other(archive: Archive) -> None:
    shelve(archive, ("lake.png", small(1)), ("lake.png", small(2)))
    tag(archive, "what?", small(1))
    tag(archive, "what*", small(2))
    written = run(archive)
    assert sorted(written.values()) == sorted([small(1), small(2)])
    assert {name.split("/")[0] for name in written} == {"what"}


def test_the_name_is_that_of_the_first_place_that_is_to_be_kept(archive: Archive) -> None:
    lakes = [picture(1, small(1), "one.png"), picture(2, small(2), "two.png")]
    hills = [picture(3, small(1), "kept.png"), picture(4, small(1), "later.png")]
    fill(archive, {"lakes": lakes, "hills": hills})
    tag(archive, "a", small(1), small(2))
    assert set(run(archive)) == {"a/one.png", "a/two.png"}
    keep_place(archive, 112, 3)
    keep_place(archive, 112, 4)
    assert set(run(archive, renumber=True)) == {"a/00001-two.png", "a/00002-kept.png"}


def test_numbers_follow_the_order_of_user_album_and_place(archive: Archive) -> None:
    later = [picture(7, small(3), "c.png"), picture(5, small(2), "b.png")]
    fill(archive, {"lakes": [picture(9, small(1), "a.png")], "hills": later})
    fill(archive, {"first": [picture(1, small(4), "d.png")]}, user=5, name="Bob")
    tag(archive, "x", *(small(n) for n in (1, 2, 3, 4)))
    assert list(run(archive, renumber=True)) == [
        "x/00001-d.png",
        "x/00002-a.png",
        "x/00003-c.png",
        "x/00004-b.png",
    ]


def test_renumbering_removes_other_copies_from_the_folder_of_the_tag_and_nothing_else(
    archive: Archive,
) -> None:
    shelve(archive, ("lake.png", small(1)))
    tag(archive, "a", small(1))
    tag(archive, "a/below", small(1))
    run(archive)
    (archive.export_folder / "a" / "mine.png").write_bytes(b"a picture of the person's own")
    (archive.export_folder / "stranger.txt").write_bytes(b"mine")
    assert set(run(archive, "a", renumber=True)) == {
        "a/00001-lake.png",
        "a/below/lake.png",
        "a/mine.png",
        "stranger.txt",
    }


def test_what_renumbering_removed_is_counted(archive: Archive) -> None:
    shelve(archive, ("lake.png", small(1)), ("hill.png", small(2)))
    tag(archive, "a", small(1), small(2))
    counts = []
    for renumber in (False, True, True):
        report = export.export(archive, export.plan(archive, tag=None, renumber=renumber))
        counts.append((report.written, report.kept, report.removed))
    assert counts == [(2, 0, 0), (2, 0, 2), (0, 2, 0)]


def test_a_linked_folder_is_neither_written_to_nor_emptied(archive: Archive) -> None:
    shelve(archive, ("lake.png", small(1)), ("hill.png", small(2)))
    tag(archive, "a", small(1))
    tag(archive, "b", small(2))
    docs = archive.folder.parent / "docs"
    docs.mkdir()
    (docs / "lake.png").write_bytes(small(1))
    archive.export_folder.mkdir()
    (archive.export_folder / "a").symlink_to(docs)
    report = export.export(archive, export.plan(archive, tag=None, renumber=True))
    assert report.written == 1 and "it is a link" in report.damaged[0]
    assert exported(docs) == {"lake.png": small(1)}
    assert (archive.export_folder / "b" / "00001-hill.png").read_bytes() == small(2)


def test_names_that_are_one_on_some_disk_are_two_files(archive: Archive) -> None:
    names = [unicodedata.normalize(form, "é.png") for form in ("NFC", "NFD")]
    shelve(archive, (names[0], small(1)), (names[1], small(2)))
    tag(archive, "a", small(1), small(2))
    second = f"a/{names[1][:-4]}-{digest_of(small(2))[:8]}.png"
    assert run(archive) == {f"a/{names[0]}": small(1), second: small(2)}


def test_without_renumbering_nothing_is_removed(archive: Archive) -> None:
    shelve(archive, ("lake.png", small(1)))
    tag(archive, "a", small(1))
    run(archive)
    (archive.export_folder / "a" / "stale.png").write_bytes(b"old")
    assert set(run(archive)) == {"a/lake.png", "a/stale.png"}


def test_a_file_that_is_there_is_kept_and_one_that_a_person_changed_too(archive: Archive) -> None:
    shelve(archive, ("lake.png", small(1)), ("hill.png", small(2)))
    tag(archive, "a", small(1), small(2))
    plan = export.plan(archive, tag=None, renumber=False)
    assert export.export(archive, plan).written == 2
    assert export.export(archive, plan).written == 0
    changed = archive.export_folder / "a" / "lake.png"
    flip(changed)
    before = changed.read_bytes()
    assert [export.export(archive, plan).written for _ in range(2)] == [1, 0]
    assert changed.read_bytes() == before
    beside = changed.with_name(f"lake-{digest_of(small(1))[:8]}.png")
    assert beside.read_bytes() == small(1)
    flip(beside)
    (sentence,) = export.export(archive, plan).damaged
    assert sentence.endswith(f"{changed} can't be written: a file of yours is there. Move it away.")


def test_a_copy_beside_a_persons_file_takes_no_name_of_another(archive: Archive) -> None:
    beside = f"lake-{digest_of(small(1))[:8]}.png"
    shelve(archive, ("lake.png", small(1)), (beside, small(2)))
    tag(archive, "a", small(1), small(2))
    mine = archive.export_folder / "a" / "lake.png"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    plan = export.plan(archive, tag=None, renumber=False)
    export.export(archive, plan)
    there = exported(mine.parent)
    assert there["lake.png"] == b"mine"
    assert sorted(there.values()) == sorted([b"mine", small(1), small(2)])


def test_what_an_earlier_export_wrote_gives_way_and_what_a_person_put_there_stays(
    archive: Archive,
) -> None:
    shelve(archive, ("lake.png", small(1)), ("lake.png", small(2)))
    tag(archive, "a", small(1))
    tag(archive, "b", small(2))
    (archive.export_folder / "b").mkdir(parents=True)
    (archive.export_folder / "b" / "lake.png").write_bytes(small(1))
    second = f"b/lake-{digest_of(small(2))[:8]}.png"
    assert exported_after(archive) == {
        "a/lake.png": small(1),
        "b/lake.png": small(1),
        second: small(2),
    }
    tagging.clear(archive, "a", of_digests([digest_of(small(1))]))
    tag(archive, "a", small(2))
    assert run(archive, "a") == {"a/lake.png": small(2), "b/lake.png": small(1), second: small(2)}


def exported_after(archive: Archive) -> dict[str, bytes]:
    report = export.export(archive, export.plan(archive))
    assert report.renamed == 1
    return exported(archive.export_folder)


def test_skipped_pictures_are_left_out_and_counted(archive: Archive) -> None:
    shelve(archive, ("a.png", small(1)), ("b.png", small(2)), ("c.png", small(3)))
    tag(archive, "a", small(1), small(2), small(3))
    place = Place(UserId(USER), 111, 1201)
    with archive.writing() as connection:
        judgements.set_places(connection, {place: Verdict.SKIP})
    plan = export.plan(archive)
    assert ([copy.name for copy in plan.copies], plan.left_out) == (["a/b.png", "a/c.png"], 1)
    everything = export.plan(archive, wish=Wish(skipped=True))
    assert (len(everything.copies), everything.left_out) == (3, 0)


def test_what_is_chosen_without_a_tag_lies_by_user_and_album(
    archive: Archive, tmp_path: Path
) -> None:
    fill(
        archive,
        {"lakes": [picture(1, small(1), "a.png")], "hills": [picture(2, small(1), "b.png")]},
    )
    chosen = of_digests([digest_of(small(1))])
    plan = export.plan(archive, selection=chosen, wish=Wish(output=tmp_path / "out"))
    assert export.export(archive, plan, output=tmp_path / "out").written == 1
    assert exported(tmp_path / "out") == {"Ann/lakes/a.png": small(1)}
    both = export.plan(archive, selection=Selection(users=("ann",)), wish=Wish(renumber=True))
    assert [copy.name for copy in both.copies] == ["Ann/lakes/00001-a.png", "Ann/hills/00001-b.png"]
    assert not archive.export_folder.exists()


def test_an_export_into_an_archive_is_refused(archive: Archive) -> None:
    for folder in (archive.folder, archive.folder / "blobs" / "in"):
        with pytest.raises(UsageProblem, match="belongs to an archive"):
            export.plan(archive, wish=Wish(output=folder))


def test_a_sidecar_tells_tags_source_name_and_date_in_the_words_of_photo_programs(
    archive: Archive,
) -> None:
    shelve(archive, ("<lake> & \x01.png", small(1)))
    tag(archive, "Places/Lakes", small(1))
    wish, site = Wish(form=Form.XMP), site_at("https://www.imagefap.com")
    for _ in range(2):
        export.export(archive, export.plan(archive, wish=wish, site=site))
    (name,) = [name for name in exported(archive.export_folder) if name.endswith(".xmp")]
    root = ElementTree.fromstring(exported(archive.export_folder)[name])
    said = {element.tag.partition("}")[2]: element for element in root.iter()}
    items = {
        key: [item.text for item in said[key].iter() if item.text and item.text.strip()]
        for key in ("subject", "TagsList", "hierarchicalSubject", "title")
    }
    assert items["subject"] == ["Lakes", "Places"]
    assert items["TagsList"] == ["Places/Lakes"] and items["hierarchicalSubject"] == [
        "Places|Lakes"
    ]
    assert items["title"] == ["<lake> & \ufffd.png"]
    assert "/photo/1201" in str(said["source"].text)
    plan = export.plan(archive, wish=Wish(form=Form.JSON, renumber=True), site=site)
    assert len(plan.removals) == 2
    export.export(archive, plan)
    (text,) = [
        data for name, data in exported(archive.export_folder).items() if name.endswith("json")
    ]
    assert json.loads(text)["tags"] == ["Places/Lakes"]


def test_a_zip_holds_the_same_and_is_never_written_over(archive: Archive, tmp_path: Path) -> None:
    shelve(archive, ("lake.png", small(1)), ("hill.png", small(2)))
    tag(archive, "a", small(1), small(2))
    flip(blob(archive, small(2)))
    file = tmp_path / "out.zip"
    report = export.export_zip(archive, export.plan(archive), file)
    assert (report.written, len(report.damaged)) == (1, 1)
    with zipfile.ZipFile(file) as packed:
        assert packed.read("a/lake.png") == small(1)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["out.zip"]
    with pytest.raises(UsageProblem, match="is there already"):
        export.export_zip(archive, export.plan(archive), file)


def test_of_nothing_there_is_no_zip(archive: Archive, tmp_path: Path) -> None:
    shelve(archive, ("lake.png", small(1)))
    export.export_zip(archive, export.plan(archive), tmp_path / "out.zip")
    assert not (tmp_path / "out.zip").exists()


def test_a_file_where_a_zip_would_grow_is_left_to_whom_it_belongs(
    archive: Archive, tmp_path: Path
) -> None:
    shelve(archive, ("lake.png", small(1)))
    tag(archive, "a", small(1))
    mine = tmp_path / "out.zip.part"
    mine.write_text("mine")
    with pytest.raises(UsageProblem, match=r"out\.zip\.part is there already"):
        export.export_zip(archive, export.plan(archive), tmp_path / "out.zip")
    assert mine.read_text() == "mine"


def test_files_of_an_open_archive_can_be_linked(archive: Archive) -> None:
    shelve(archive, ("lake.png", small(1)))
    tag(archive, "a", small(1))
    assert export.export(archive, export.plan(archive), link=True).written == 1
    assert (archive.export_folder / "a" / "lake.png").samefile(blob(archive, small(1)))
    assert export.export(archive, export.plan(archive), link=True).kept == 1


def test_a_damaged_picture_is_told_and_stops_no_other(archive: Archive) -> None:
    shelve(archive, ("a.png", small(1)), ("b.png", small(2)), ("c.png", small(3)))
    tag(archive, "a", small(1), small(2), small(3))
    tag(archive, "b", small(2))
    flip(blob(archive, small(2)))
    report = export.export(archive, export.plan(archive, tag=None, renumber=False))
    assert (report.written, report.kept) == (2, 0)
    assert len(report.damaged) == 1 and digest_of(small(2)) in report.damaged[0]
    assert exported(archive.export_folder) == {"a/a.png": small(1), "a/c.png": small(3)}
    assert not (archive.export_folder / ".unfinished").exists()


def test_nothing_is_removed_where_a_picture_is_damaged(archive: Archive) -> None:
    shelve(archive, ("a.png", small(1)))
    tag(archive, "a", small(1))
    run(archive)
    flip(blob(archive, small(1)))
    export.export(archive, export.plan(archive, tag=None, renumber=True))
    assert exported(archive.export_folder) == {"a/a.png": small(1)}


def test_what_a_person_changed_is_not_removed_whether_before_it_was_decided_or_after(
    archive: Archive,
) -> None:
    shelve(archive, ("lake.png", small(1)), ("wood.png", small(2)))
    tag(archive, "a", small(1), small(2))
    run(archive)
    lake, wood = archive.export_folder / "a" / "lake.png", archive.export_folder / "a" / "wood.png"
    lake.write_bytes(b"mine")
    plan = export.plan(archive, tag=None, renumber=True)
    assert plan.removals == (wood,)
    wood.write_bytes(b"mine too")
    export.export(archive, plan)
    assert (lake.read_bytes(), wood.read_bytes()) == (b"mine", b"mine too")


def test_renumbering_again_keeps_what_lies_beside_a_file_of_a_person(archive: Archive) -> None:
    shelve(archive, ("lake.png", small(1)))
    tag(archive, "a", small(1))
    (archive.export_folder / "a").mkdir(parents=True)
    (archive.export_folder / "a" / "00001-lake.png").write_bytes(b"mine")
    beside = f"a/00001-lake-{digest_of(small(1))[:8]}.png"
    for _ in range(2):
        export.export(archive, export.plan(archive, renumber=True))
        there = exported(archive.export_folder)
        assert there == {"a/00001-lake.png": b"mine", beside: small(1)}


def test_a_stale_file_that_is_gone_already_is_no_matter(archive: Archive) -> None:
    shelve(archive, ("lake.png", small(1)))
    tag(archive, "a", small(1))
    run(archive)
    plan = export.plan(archive, tag=None, renumber=True)
    plan.removals[0].unlink()
    export.export(archive, plan)
    assert set(exported(archive.export_folder)) == {"a/00001-lake.png"}


def test_a_tag_that_is_no_safe_folder_stays_inside_the_export(archive: Archive) -> None:
    shelve(archive, ("lake.png", small(1)))
    with archive.writing() as connection:  # no command makes a tag called .. any more
        up = tags.create(connection, "..", None)
        tags.apply(connection, up, numbers(images.digests(connection)))
    for path in ("con", "a:b", unicodedata.normalize("NFD", "é")):
        tag(archive, path, small(1))
    folders = {name.split("/")[0] for name in run(archive)}
    assert len(folders) == 4 and not folders & {"..", "con", "a:b"}
