"""`fapproc read` without a user, beside another one, and before there is an archive."""

from pathlib import Path

from fapproc.archive import Archive
from fapproc.db import catalogue
from fapproc.jobs.refresh import reading_alone
from fapproc.model import FolderKind, UserId
from fapproc.unlocking import unlock
from tests.demosite.model import User
from tests.demosite.site import Site
from tests.fapspider.commands.test_commands import Fapproc, error, fapproc  # noqa: F401 - a fixture
from tests.fapspider.crawling import Crawls, asked, paths

PASSWORD = "correct horse"


def test_without_a_user_all_that_no_longer_rests_is_read_and_a_user_who_left_stops_no_other(
    fapproc: Fapproc,  # noqa: F811 - the fixture
    crawls: Crawls,
    site: Site,
    user: User,
) -> None:
    nobody = fapproc("read")
    assert nobody.code == 10 and "fapproc read -u NAME" in error(nobody)
    other = site.world.second
    assert fapproc("read", "-u", user.name, "-f", "landscapes").code == 0
    assert fapproc("read", "-u", other.name).code == 0
    site.log.clear()
    rests = fapproc("read")
    assert rests.code == 0 and asked(site) == []
    assert "What you have of 2 known users was read in the last 72 hours" in rests.err
    assert f"{user.name} was never read whole" in rests.err
    assert f"'fapproc read -i {user.id}' reads all" in rests.err
    with Archive.open(crawls.archive) as archive, archive.writing() as connection:
        catalogue.save_user(connection, left := UserId(2), "Who Left")
        catalogue.finish_user(connection, left, 1)
    again = fapproc("read", "--force")
    assert again.code == 1 and "has no user 2 " in error(again)
    for number, what in enumerate(("Who Left", f"{user.name}, 'Landscapes'", other.name), 1):
        assert f"{number} of 3: {what}." in again.err
    first, second, processed, *_ = again.out.splitlines()
    assert first.startswith(f"{user.name}: 1 album read")
    assert second.startswith(f"{other.name}: {len(other.folders)} album")
    assert processed == "0 images processed, 0 failed."
    never_begun = str(user.folder_named("Long walk").id)
    assert not any(never_begun in request.path for request in asked(site))


def test_a_folder_that_has_no_pictures_any_more_stops_no_other(
    fapproc: Fapproc,  # noqa: F811 - the fixture
    crawls: Crawls,
    site: Site,
    user: User,
) -> None:
    assert fapproc("read", "-u", user.name, "-f", "landscapes", "-q").code == 0
    parks = user.folder_named("Park galleries").id
    with Archive.open(crawls.archive) as archive, archive.writing() as connection:
        catalogue.set_kind(connection, UserId(user.id), parks, FolderKind.PICTURES)
        catalogue.save_user(connection, other := UserId(site.world.second.id), "Other")
        catalogue.finish_user(connection, other, 1)
    again = fapproc("read", "--force")
    assert again.code == 1 and "is a galleries folder" in error(again)
    assert "3 of 3: Other." in again.err


def test_who_reads_a_user_whom_another_program_reads_is_told_who_and_fetches_nothing_twice(
    fapproc: Fapproc,  # noqa: F811 - the fixture
    crawls: Crawls,
    site: Site,
    user: User,
) -> None:
    other = site.world.second
    assert fapproc("read", "-u", other.name, "-q", FAP_PASSWORD=PASSWORD).code == 0
    site.log.clear()
    with (
        Archive.open_unlocked(unlock(crawls.archive, PASSWORD)) as archive,
        reading_alone(archive, UserId(user.id), user.name),
    ):
        second = fapproc("read", "-u", user.name, FAP_PASSWORD=PASSWORD)
        assert second.code == 11 and f"{user.name} is being read already by " in error(second)
        assert paths(site, "/photo") == []
        locks = [file.name for file in (crawls.archive / ".locks").iterdir()]
        assert any(name.startswith("job-read-") for name in locks)
        assert not any(str(user.id) in name for name in locks)
        assert fapproc("read", "-u", other.name, FAP_PASSWORD=PASSWORD).code == 0


def test_a_dry_run_without_an_archive_makes_none_and_leaves_nothing(
    fapproc: Fapproc,  # noqa: F811 - the fixture
    crawls: Crawls,
    user: User,
    tmp_path: Path,
) -> None:
    (passing := tmp_path / "passing").mkdir()
    dry = fapproc("read", "-u", user.name, "-f", "landscapes", "--dry-run", TMPDIR=str(passing))
    assert dry.code == 0 and dry.out.startswith("4 pictures would be fetched"), dry.err
    assert "no password" not in dry.err
    assert not crawls.archive.exists() and [*passing.iterdir()] == []


def test_a_number_that_the_site_does_not_know_is_no_user(
    fapproc: Fapproc,  # noqa: F811 - the fixture
    crawls: Crawls,
) -> None:
    done = fapproc("read", "-i", 999)
    assert done.code == 1 and not crawls.archive.exists()
    assert "has no user 999 " in error(done) and "Check the number" in error(done)
