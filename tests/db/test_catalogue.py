import pytest

from fapproc.archive import Archive
from fapproc.db import catalogue, listings
from fapproc.model import LOCAL_DISK, LOCAL_DISK_NAME, Folder, FolderKind, Listed, User, UserId
from fapproc.sources import Source

FOLDERS = [Folder(30, "Lakes"), Folder(10, "Hills"), Folder(20, "Sky")]


@pytest.fixture
def ann(archive: Archive) -> UserId:
    with archive.writing() as connection:
        catalogue.save_user(connection, UserId(7700), "Ann")
        catalogue.save_folders(connection, UserId(7700), FOLDERS, 50)
    return UserId(7700)


def test_a_user_is_found_by_id_and_by_name_in_any_case(archive: Archive, ann: UserId) -> None:
    with archive.reading() as connection:
        assert catalogue.user_by_id(connection, ann) == User(UserId(7700), "Ann", albums_at=50)
        assert catalogue.user_by_name(connection, "aNN", source=Source.SITE) == User(
            UserId(7700), "Ann", albums_at=50
        )
        assert catalogue.user_by_name(connection, "Anna", source=Source.SITE) is None
        assert catalogue.user_by_id(connection, UserId(1)) is None


@pytest.mark.parametrize(("name", "asked"), [("Jürgen", "JÜRGEN"), ("Straße", "STRASSE")])
def test_case_is_that_of_every_language(archive: Archive, name: str, asked: str) -> None:
    with archive.writing() as connection:
        catalogue.save_user(connection, UserId(5), name)
        found = catalogue.user_by_name(connection, asked, source=Source.SITE)
    assert found and found.name == name


def test_the_local_disk_is_nobody_of_the_site(archive: Archive) -> None:
    with archive.writing() as connection:
        catalogue.save_user(connection, LOCAL_DISK, LOCAL_DISK_NAME)
        assert catalogue.find_user(connection, 1, None, source=Source.SITE) is None
        catalogue.save_user(connection, LOCAL_DISK, "Another name")
        assert catalogue.user_by_name(connection, LOCAL_DISK_NAME, source=Source.SITE) is None
        catalogue.save_user(connection, LOCAL_DISK, LOCAL_DISK_NAME)
        assert catalogue.user_by_name(connection, "local disk", source=Source.SITE) is None
        assert catalogue.count_users(connection) == 1


def test_the_archive_alone_finds_the_local_disk_where_the_site_has_no_such_user(
    archive: Archive,
) -> None:
    with archive.writing() as connection:
        catalogue.save_user(connection, LOCAL_DISK, LOCAL_DISK_NAME)
        disk = catalogue.user_by_id(connection, LOCAL_DISK)
        assert catalogue.find_anyone(connection, 1, None, Source.SITE) == disk is not None
        assert catalogue.find_anyone(connection, None, "local disk", Source.SITE) == disk
        catalogue.save_user(connection, UserId(1), "Local Disk")
        one = catalogue.user_by_id(connection, UserId(1))
        assert catalogue.find_anyone(connection, 1, None, Source.SITE) == one is not None
        assert catalogue.find_anyone(connection, None, "local disk", Source.SITE) == one
        assert catalogue.find_anyone(connection, 2, None, Source.SITE) is None


def test_a_user_who_changed_the_name_has_the_present_one_and_keeps_the_times(
    archive: Archive, ann: UserId
) -> None:
    with archive.writing() as connection:
        catalogue.save_user(connection, ann, "Anne")
        assert catalogue.users(connection) == [User(UserId(7700), "Anne", albums_at=50)]
        renamed = catalogue.user_by_name(connection, "ANN", source=Source.SITE)
        assert renamed is not None and renamed.name == "Anne"
        catalogue.save_user(connection, UserId(8800), "Ann")
        another = catalogue.user_by_name(connection, "ann", source=Source.SITE)
        assert another is not None and another.id == UserId(8800)


def test_folders_come_in_the_order_of_the_site(archive: Archive, ann: UserId) -> None:
    with archive.writing() as connection:
        assert [album.id for album in catalogue.folders(connection, ann)] == [30, 10, 20]
        catalogue.save_folders(connection, ann, [FOLDERS[2], *FOLDERS[:2]], 60)
        assert [album.id for album in catalogue.folders(connection, ann)] == [20, 30, 10]


def test_only_folders_of_pictures_are_albums(archive: Archive, ann: UserId) -> None:
    with archive.writing() as connection:
        catalogue.set_kind(connection, ann, 30, FolderKind.PICTURES)
        catalogue.set_kind(connection, ann, 10, FolderKind.GALLERIES)
        assert [album.id for album in catalogue.albums(connection)] == [30]
        assert [album.id for album in catalogue.albums(connection, ann)] == [30]
        assert catalogue.albums(connection, UserId(5)) == []


def test_a_folder_listed_again_keeps_its_kind_and_times(archive: Archive, ann: UserId) -> None:
    with archive.writing() as connection:
        catalogue.finish_listing(connection, ann, 30, pages=3, at=70)
        catalogue.settle_albums(connection, 70)
        catalogue.save_folder(connection, ann, Folder(30, "Lakes and ponds"), 5)
        album = catalogue.album_by_id(connection, ann, 30)
    assert album and (album.name, album.kind) == ("Lakes and ponds", FolderKind.PICTURES)
    assert (album.pages, album.listed_at, album.fetched_at) == (3, 70, 70)


def test_folders_that_left_the_site_before_they_were_read_are_forgotten(
    archive: Archive, ann: UserId
) -> None:
    with archive.writing() as connection:
        catalogue.set_kind(connection, ann, 10, FolderKind.PICTURES)
        catalogue.forget_missing_folders(connection, ann, [20])
        assert [album.id for album in catalogue.folders(connection, ann)] == [10, 20]


def test_an_album_is_fetched_when_its_pages_were_read_and_nothing_waits(
    archive: Archive, ann: UserId
) -> None:
    with archive.writing() as connection:
        listings.add_page(connection, ann, 30, [Listed(1, None)])
        catalogue.settle_albums(connection, 80)
        assert fetched(archive, ann) == 0
        catalogue.finish_listing(connection, ann, 30, pages=1, at=90)
        catalogue.settle_albums(connection, 90)
    assert fetched(archive, ann) == 0
    with archive.writing() as connection:
        connection.exec_driver_sql("UPDATE listing SET reason = 'page', detail = 'missing'")
        catalogue.settle_albums(connection, 95)
    assert fetched(archive, ann) == 95


def fetched(archive: Archive, user: UserId) -> int:
    with archive.reading() as connection:
        album = catalogue.album_by_id(connection, user, 30)
    assert album
    return album.fetched_at


def test_a_fetched_album_keeps_its_time_until_it_is_listed_again(
    archive: Archive, ann: UserId
) -> None:
    with archive.writing() as connection:
        catalogue.finish_listing(connection, ann, 30, pages=1, at=90)
        catalogue.settle_albums(connection, 90)
        catalogue.settle_albums(connection, 99)
    assert fetched(archive, ann) == 90
    with archive.writing() as connection:
        catalogue.finish_listing(connection, ann, 30, pages=1, at=100)
        catalogue.settle_albums(connection, 98)
    assert fetched(archive, ann) == 100
