from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fapproc.archive import Archive
from fapproc.db import catalogue, places
from fapproc.errors import SiteError
from fapproc.firsts import MOST
from fapproc.jobs import crawl, import_folder, ingest
from fapproc.jobs.crawl import FolderChoice, Memory, choose, merge_order, rests
from fapproc.jobs.ingest import Miss
from fapproc.model import (
    LOCAL_DISK,
    LOCAL_DISK_NAME,
    REST_SECONDS,
    Album,
    Detail,
    Folder,
    FolderKind,
    Listed,
    Reason,
    UserId,
)
from fapproc.sources import Source
from tests.shelves import AT, NAME, USER, fill, numbered, picture, small

FOLDERS = [
    Album(UserId(USER), 11, "Lakes"),
    Album(UserId(USER), 12, "my pics"),
    Album(UserId(USER), 13, "11"),
    Album(UserId(USER), 14, "Hills"),
    Album(UserId(USER), 15, "HILLS"),
]


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (FolderChoice(), [11, 12, 13, 14, 15]),
        (FolderChoice(either="Lakes"), [11]),
        (FolderChoice(either="MY PICS"), [12]),
        (FolderChoice(name="lakes"), [11]),
        (FolderChoice(either="12"), [12]),
        (FolderChoice(either=" 12 "), [12]),
        (FolderChoice(either="11"), [13]),
        (FolderChoice(id=11), [11]),
        (FolderChoice(name="11"), [13]),
        (FolderChoice(either="Hills"), [14]),
        (FolderChoice(either="HILLS"), [15]),
    ],
    ids=repr,
)
def test_a_folder_is_chosen_by_name_in_any_case_before_its_number(
    wanted: FolderChoice, ids: list[int]
) -> None:
    assert [album.id for album in choose(FOLDERS, wanted, NAME)] == ids


def test_a_name_that_several_folders_have_is_refused_with_their_numbers() -> None:
    with pytest.raises(SiteError, match=r"several folders named 'hills': give one of .* 14, 15"):
        choose(FOLDERS, FolderChoice(either="hills"), NAME)
    twins = [Album(UserId(USER), 1, "Sky"), Album(UserId(USER), 2, "Sky")]
    with pytest.raises(SiteError, match="1, 2"):
        choose(twins, FolderChoice(either="Sky"), NAME)


@pytest.mark.parametrize(
    "wanted", [FolderChoice(either="Sea"), FolderChoice(id=99), FolderChoice(name="12")]
)
def test_a_folder_that_is_not_there_is_refused_with_those_that_are(wanted: FolderChoice) -> None:
    with pytest.raises(SiteError, match=f"Ann has no folder '{wanted}'.*'Lakes', 'my pics'"):
        choose(FOLDERS, wanted, NAME)


def test_a_refusal_names_no_folder_of_galleries_and_the_one_that_was_meant() -> None:
    memory = Memory(None, (Album(UserId(USER), 1, "Parks", FolderKind.GALLERIES),))
    listed = memory.as_known(UserId(USER), [Folder(1, "Parks"), Folder(2, "Lakes")])
    meant = r"no folder 'lake'\. Did you mean 'Lakes'\? The folders are: 'Lakes'\."
    with pytest.raises(SiteError, match=meant):
        choose(listed, FolderChoice(either="lake"), NAME)


def test_of_many_folders_a_refusal_names_the_first() -> None:
    many = [Album(UserId(USER), n, f"folder {n}") for n in range(1, MOST + 3)]
    with pytest.raises(SiteError, match=f"'folder {MOST}' and 2 more"):
        choose(many, FolderChoice(either="Sea"), NAME)
    with pytest.raises(SiteError, match="The folders are: none"):
        choose([], FolderChoice(either="Sea"), NAME)


@pytest.mark.parametrize(
    ("at", "resting"),
    [
        (0, False),
        (AT, True),
        (AT - REST_SECONDS + 1, True),
        (AT - REST_SECONDS, False),
        (AT + 9, True),
    ],
)
def test_what_was_read_rests_for_72_hours(at: int, resting: bool) -> None:
    assert rests(at, AT) is resting


def test_what_is_known_of_a_user_is_recalled_by_id_and_by_name_in_any_case(
    archive: Archive,
) -> None:
    fill(archive, {"lakes": numbered(small(1)), "hills": []})
    for memory in (
        crawl.recall(archive, user_id=USER, name=None, source=Source.SITE),
        crawl.recall(archive, user_id=None, name="aNN", source=Source.SITE),
    ):
        assert memory.user and memory.user.name == NAME
        assert [album.name for album in memory.folders] == ["lakes", "hills"]
        assert memory.is_fresh(AT + 5) and not memory.is_fresh(AT + REST_SECONDS)


def test_of_a_stranger_and_of_the_local_disk_nothing_is_recalled(archive: Archive) -> None:
    with archive.writing() as connection:
        catalogue.save_user(connection, LOCAL_DISK, LOCAL_DISK_NAME)
    for memory in (
        crawl.recall(archive, user_id=5, name=None, source=Source.SITE),
        crawl.recall(archive, user_id=1, name=None, source=Source.SITE),
        crawl.recall(archive, user_id=None, name="LOCAL DISK", source=Source.SITE),
        crawl.recall(archive, user_id=None, name=None, source=Source.SITE),
    ):
        assert memory == Memory(None)
        assert not memory.is_fresh(AT)


def test_folders_of_the_present_list_are_known_and_vanished_ones_that_were_read_stay(
    archive: Archive,
) -> None:
    fill(archive, {"lakes": numbered(small(1)), "hills": []})
    crawl.record_folders(
        archive, USER, NAME, [Folder(1, "new"), Folder(2, "newer")], at=AT, source=Source.SITE
    )
    memory = crawl.record_folders(
        archive, USER, NAME, [Folder(1, "new")], at=AT, source=Source.SITE
    )
    assert [album.name for album in memory.folders] == ["new"]
    recalled = crawl.recall(archive, user_id=USER, name=None, source=Source.SITE)
    assert {album.name for album in recalled.folders} == {"lakes", "hills", "new"}


def album_of(archive: Archive, *names: str) -> list[Album]:
    folders = [Folder(number, name) for number, name in enumerate(names, start=11)]
    return list(
        crawl.record_folders(archive, USER, NAME, folders, at=AT, source=Source.SITE).folders
    )


def listed(*ids: int) -> list[Listed]:
    return [Listed(number, None) for number in ids]


def test_only_what_is_not_there_is_to_be_fetched_in_the_order_of_the_page(
    archive: Archive,
) -> None:
    (album,) = album_of(archive, "lakes")
    assert crawl.record_page(archive, album, listed(9, 7, 8), failed=False) == [9, 7, 8]
    miss = Miss(8, Reason.PAGE, Detail.MISSING)
    ingest.store(archive, [picture(7, small(1))], [miss], at=AT, source=Source.SITE)
    assert crawl.record_page(archive, album, listed(6, 9, 7, 8), failed=False) == [6, 9]
    assert crawl.record_page(archive, album, listed(6, 9, 7, 8), failed=True) == [6, 9, 8]
    assert [one.image for one in crawl.still_waiting(archive, album)] == [9, 6]


def test_a_page_says_that_its_folder_holds_pictures(archive: Archive) -> None:
    lakes, deep = album_of(archive, "lakes", "deep")
    crawl.record_page(archive, lakes, [], failed=False)
    crawl.record_kind(archive, deep, FolderKind.GALLERIES)
    memory = crawl.recall(archive, user_id=USER, name=None, source=Source.SITE)
    assert [album.kind for album in memory.folders] == [FolderKind.PICTURES, FolderKind.GALLERIES]
    assert replace(memory.folders[0], kind=FolderKind.UNKNOWN) == lakes


def test_a_user_is_finished_when_all_albums_are_fetched_and_galleries_do_not_count(
    archive: Archive,
) -> None:
    lakes, hills, deep = album_of(archive, "lakes", "hills", "deep")
    crawl.record_page(archive, lakes, listed(1), failed=False)
    crawl.finish_album(archive, lakes, [1], pages=1, at=AT)
    assert not crawl.finish_user(archive, USER, at=AT, source=Source.SITE)
    ingest.store(archive, [picture(1, small(1))], at=AT, source=Source.SITE)
    crawl.finish_album(archive, hills, [], pages=1, at=AT)
    assert not crawl.finish_user(archive, USER, at=AT, source=Source.SITE)
    crawl.record_kind(archive, deep, FolderKind.GALLERIES)
    assert crawl.finish_user(archive, USER, at=AT + 5, source=Source.SITE)
    memory = crawl.recall(archive, user_id=USER, name=None, source=Source.SITE)
    assert memory.user and memory.user.finished_at == AT + 5
    assert not crawl.finish_user(archive, 999, at=AT, source=Source.SITE)


def test_a_failed_picture_does_not_keep_an_album_from_being_fetched(archive: Archive) -> None:
    miss = Miss(1, Reason.LINK, Detail.NONE)
    fill(archive, {"lakes": [miss]})
    memory = crawl.recall(archive, user_id=USER, name=None, source=Source.SITE)
    assert memory.folders[0].fetched_at == AT
    assert memory.user and memory.user.finished_at == AT


def test_an_album_read_again_has_the_order_of_the_site_and_keeps_what_vanished(
    archive: Archive,
) -> None:
    pictures = [picture(number, small(number)) for number in (1, 2, 3, 4)]
    shelves = fill(archive, {"lakes": pictures})
    album = shelves.albums["lakes"]
    crawl.record_page(archive, album, listed(9, 4, 3, 9), failed=False)
    crawl.record_page(archive, album, listed(3, 1), failed=False)
    crawl.finish_album(archive, album, [9, 4, 3, 9, 3, 1], pages=2, at=AT + 5)
    with archive.reading() as connection:
        order = [
            row[0] for row in connection.exec_driver_sql(
                "SELECT site_id FROM listing ORDER BY position, site_id"
            )
        ]  # fmt: skip
    assert order == [9, 4, 3, 1, 2]


def test_the_local_disk_is_no_user_of_a_crawl(
    archive: Archive, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "1.png").write_bytes(small(1))
    import_folder.import_folder(archive, folder)
    assert crawl.recall(archive, user_id=None, name="local disk", source=Source.SITE) == Memory(
        None
    )


UNIQUE = st.lists(st.integers(0, 15), unique=True, max_size=10)
REPEATING = st.lists(st.integers(0, 15), max_size=14)


@given(UNIQUE, REPEATING)
def test_a_merged_order_loses_no_image_and_repeats_none(known: list[int], now: list[int]) -> None:
    merged = merge_order(known, now)
    assert len(merged) == len(set(merged))
    assert set(merged) == {*known, *now}


@given(UNIQUE, REPEATING)
def test_in_a_merged_order_the_site_is_right(known: list[int], now: list[int]) -> None:
    merged = merge_order(known, now)
    assert [image for image in merged if image in set(now)] == list(dict.fromkeys(now))


@given(UNIQUE, REPEATING)
def test_what_vanished_stays_right_behind_what_it_followed(
    known: list[int], now: list[int]
) -> None:
    merged = merge_order(known, now)
    for before, image in zip([None, *known], known, strict=False):
        if image not in now:
            at = merged.index(image)
            assert (merged[at - 1] if at else None) == before


@given(UNIQUE, REPEATING)
def test_merging_twice_is_merging_once(known: list[int], now: list[int]) -> None:
    merged = merge_order(known, now)
    assert merge_order(merged, now) == merged
    assert merge_order(known, []) == known
    assert merge_order([], now) == list(dict.fromkeys(now))


def test_witnesses_of_long_before_are_from_all_along_and_none_is_of_today(archive: Archive) -> None:
    fill(archive, {"lakes": numbered(*map(small, range(1, 7)))})
    with archive.writing() as connection:
        connection.exec_driver_sql("UPDATE image SET fetched_at = 1000 WHERE id < 5")
        connection.exec_driver_sql("UPDATE image SET fetched_at = 90000 WHERE id >= 5")
    at = 1000 + crawl.LONG_BEFORE
    assert crawl.old_witnesses(archive, Source.SITE, at=at) == []
    assert crawl.old_witnesses(archive, Source.SITE, at=at + 1) == [1204, 1203, 1202, 1201]
    with archive.reading() as connection:
        assert places.had_before(connection, Source.SITE, 1001, limit=2) == [1204, 1202]
