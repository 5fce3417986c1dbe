import json
from pathlib import Path

import pytest

from fapproc.archive import Archive
from fapproc.db import catalogue, images
from fapproc.errors import FapError, UsageProblem
from fapproc.jobs import check, deletion, inventory, judging, shelving, tagging
from fapproc.jobs.deletion import DeletionPlan
from fapproc.jobs.ingest import Miss, Picture
from fapproc.model import Detail, Folder, Reason, UserId, Verdict
from fapproc.selections.grammar import from_address, of_digests
from fapproc.vault.store import digest_of
from tests.cli.conftest import Fapproc, fapproc
from tests.holdings import fill as fill_all
from tests.holdings import opened
from tests.shelves import blob, fill, numbered, picture, small
from tests.webviewer.shelf import digest

__all__ = ["fapproc"]
ONE, TWO, THREE, FOUR = (digest_of(small(n)) for n in (1, 2, 3, 4))
MISS = Miss(1300, Reason.FILE, Detail.EXPIRED, "gone.jpg", "https://cdn.example/1300")


@pytest.fixture
def held(archive: Archive) -> Archive:
    """Ann has two albums, Bob has one; the second picture is in one of each."""
    lakes: list[Picture | Miss] = [*numbered(small(1), small(2)), MISS]
    fill(archive, {"lakes": lakes, "hills": [picture(1203, small(3))]})
    bobs = [picture(1202, small(2)), picture(1204, small(4))]
    fill(archive, {"lakes": bobs}, user=7701, name="Bob", first_album=211)
    return archive


def there(archive: Archive) -> list[str]:
    return [entry.image.digest for entry in inventory.entries(archive)]


def deleted(archive: Archive, address: str) -> DeletionPlan:
    """Delete, and see that it did what it said, and that all is sound."""
    selection = from_address(address)
    planned = deletion.plan(archive, selection)
    before = set(there(archive))
    done = deletion.delete(archive, selection, planned)
    going = {each.digest for each in planned.images}
    assert set(there(archive)) == before - going
    assert done.before.images - done.after.images == len(going)
    assert done.before.places - done.after.places == planned.places
    assert done.left == ()
    names = {entry.name for entry in archive.vault.entries()}
    assert not names & {archive.vault.name(key) for each in planned.images for key in each.keys}
    assert not check.check(archive, read_data=True).findings
    return planned


def test_a_user_goes_with_all_albums_and_what_is_nowhere_else(held: Archive) -> None:
    planned = deleted(held, "user=ann")
    assert planned.holders[0] == "user Ann (7700)" and len(planned.holders) == 3
    assert (planned.places, planned.kept) == (3, 1)
    assert there(held) == [TWO, FOUR]
    assert [user.name for user in inventory.users(held)] == ["Bob"]


def test_folders_that_hold_no_pictures_go_with_a_user_and_are_told_as_no_albums(
    held: Archive,
) -> None:
    with held.writing() as connection:
        catalogue.save_folder(connection, UserId(7700), Folder(113, "galleries"), 9)
    assert len(deleted(held, "user=ann").holders) == 3
    with held.reading() as connection:
        assert catalogue.folders(connection, UserId(7700)) == []


def test_an_album_goes_with_what_is_nowhere_else_and_its_failures(held: Archive) -> None:
    planned = deleted(held, "album=lakes&user=ann")
    assert planned.holders == ("album lakes (111) of Ann",)
    assert there(held) == [TWO, THREE, FOUR]
    assert [shelf.failures for shelf in shelving.shelves(held)] == [[], []]


def test_albums_of_one_name_go_together(held: Archive) -> None:
    assert len(deleted(held, "album=LAKES").holders) == 2
    assert there(held) == [THREE]


def test_an_image_goes_from_all_its_places_and_its_albums_stay(held: Archive) -> None:
    planned = deleted(held, f"digest={TWO}&digest={ONE[:8]}")
    assert (planned.holders, planned.places, planned.kept) == ((), 3, 0)
    assert there(held) == [THREE, FOUR]
    assert len(list(shelving.shelves(held))) == 3


def test_of_images_in_an_album_the_places_there_go(held: Archive) -> None:
    planned = deleted(held, "user=ann&format=png")
    assert (planned.holders, planned.places, planned.kept) == ((), 3, 1)
    assert there(held) == [TWO, FOUR]


def test_tags_and_verdicts_of_other_images_stay_and_a_group_of_one_ends(tmp_path: Path) -> None:
    fill_all(tmp_path / "archive")
    with opened(tmp_path / "archive", None) as archive:
        judging.set_verdicts(archive, digest(1), {digest(1): Verdict.KEEP})
        selection = of_digests([digest(2)])
        planned = deletion.plan(archive, selection)
        assert planned.groups == 1
        done = deletion.delete(archive, selection, planned)
        assert (done.before.groups, done.after.groups) == (1, 0)
        assert list(inventory.groups(archive)) == []
        assert [tag.images for tag in tagging.listed(archive)] == [0, 1]
        assert not [
            entry for entry in check.check(archive).findings if "figure" in entry.sentence.lower()
        ]


@pytest.mark.parametrize("at_once", [1, 2, 64])
def test_a_file_that_can_not_be_removed_is_told_and_all_others_go(
    held: Archive, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(deletion, "_AT_ONCE", at_once)
    file = blob(held, small(1))
    bytes_, folder = file.read_bytes(), file.with_name("elsewhere")
    file.parent.rename(file.parent.with_name("kept"))  # what lies there is in another's folder now
    file.parent.symlink_to(file.parent.with_name("kept"))
    meant = from_address("user=ann&user=bob")
    done = deletion.delete(held, meant, deletion.plan(held, meant))
    assert len(done.left) == 1 and str(file.parent) in done.left[0]
    assert there(held) == [] and file.read_bytes() == bytes_ and not folder.exists()
    left = [path for path in held.folder.glob("blobs/*/*") if path.is_file()]
    assert {path.name for path in left} == {file.name}


def test_what_is_sealed_goes_as_well(tmp_path: Path) -> None:
    with opened(tmp_path / "archive", "correct horse") as archive:
        fill(archive, {"lakes": numbered(small(1), small(2))})
        deleted(archive, f"digest={ONE}")
        assert there(archive) == [TWO]


def test_where_something_else_would_go_by_now_nothing_goes(held: Archive) -> None:
    selection = from_address("user=ann")
    planned = deletion.plan(held, selection)
    fill(held, {"more": [picture(1205, small(5))]}, first_album=113)
    with pytest.raises(UsageProblem, match="has changed since"):
        deletion.delete(held, selection, planned)
    assert len(there(held)) == 5


def test_a_file_that_came_again_meanwhile_stays(held: Archive) -> None:
    selection = of_digests([ONE])
    planned = deletion.plan(held, selection)
    deletion.delete(held, selection, planned)
    fill(held, {"again": numbered(small(1), first=1401)}, first_album=114)
    assert list(deletion.remove_files(held, planned.images)) == []
    with held.reading() as connection:
        assert images.by_digest(connection, ONE)
    assert not check.check(held, read_data=True).findings


def test_a_name_that_means_nothing_is_told(held: Archive) -> None:
    with pytest.raises(FapError, match="archive has no user 'Eve'"):
        deletion.plan(held, from_address("user=Eve"))
    with pytest.raises(UsageProblem, match="No images were chosen"):
        deletion.plan(held, from_address(""))


def test_a_dry_run_says_what_then_goes_and_without_a_terminal_it_wants_a_yes(
    fapproc: Fapproc, held: Archive
) -> None:
    folder = held.folder
    held.close()
    dry = fapproc("delete", "--user", "ann", "--dry-run", "-d", folder)
    assert dry.stdout.splitlines()[0] == "delete user Ann (7700)"
    assert {line.split()[2] for line in dry.stdout.splitlines()[3:]} == {ONE, THREE}
    assert "3 places, 2 images" in dry.stderr and "1 image stays elsewhere" in dry.stderr
    unasked = fapproc("delete", "--user", "ann", "-d", folder)
    assert (unasked.exit_code, unasked.stdout) == (2, "")
    (line,) = fapproc("delete", "--user", "ann", "--yes", "--json", "-d", folder).stdout.split(
        "\n"
    )[:1]
    told = json.loads(line)
    assert (told["before"]["images"], told["after"]["images"]) == (4, 2)
    assert sorted(told["images"]) == sorted([ONE, THREE])
    result = fapproc("delete", FOUR[:6], "--yes", "-d", folder)
    assert result.stdout.splitlines()[1].startswith("Images 2 -> 1, places 2 -> 1, ")
