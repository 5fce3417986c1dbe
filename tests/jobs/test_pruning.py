"""Prune: what goes, for what, what becomes of its places, and how it comes back."""

import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from fapproc.archive import Archive
from fapproc.db import duplicates as group_rows
from fapproc.db import images, judgements, pruned
from fapproc.db.pruned import State
from fapproc.errors import Changed, FapError, UsageProblem
from fapproc.jobs import (
    backup,
    check,
    deletion,
    duplicates,
    inventory,
    judging,
    leaving,
    pruning,
    sealing,
    shelving,
    statistics,
    tagging,
)
from fapproc.jobs.findings import Finding, Problem, Repair
from fapproc.jobs.import_folder import import_folder
from fapproc.jobs.legacy import pictures as legacy_pictures
from fapproc.jobs.legacy.pictures import Brought
from fapproc.jobs.repair import repair
from fapproc.legacy.records import OldImage
from fapproc.model import Format, Verdict
from fapproc.selections.grammar import from_address, of_digests
from fapproc.vault.store import Key, Kind, digest_of
from tests.cli.conftest import Fapproc, fapproc
from tests.disks import FailingDisk, Fault
from tests.holdings import PASSWORD, content, copied, given, sample
from tests.jobs.ward import age
from tests.programs import Home
from tests.shelves import blob, fill, flip, numbered, photo, picture, process, small

__all__ = ["fapproc"]
LAKE, COPY, OTHER = photo(1), photo(1, quality=60), small(3)
KEPT, SKIPPED = digest_of(LAKE), digest_of(COPY)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with a group of two, one of them to be kept and one to be skipped."""
    folder = tmp_path_factory.mktemp("made") / "archive"
    with Archive.open_or_create(folder) as archive:
        lakes = [*numbered(LAKE, COPY), picture(1203, OTHER)]
        fill(archive, {"lakes": lakes, "copies": [picture(1202, COPY)]})
        process(archive)
        duplicates.find_duplicates(archive)
        judging.set_verdicts(archive, KEPT, {KEPT: Verdict.KEEP, SKIPPED: Verdict.SKIP})
        tagging.create(archive, "Places/Lakes")
        tagging.create(archive, "Dull")
        tagging.apply(archive, "Lakes", of_digests([KEPT, SKIPPED]))
        tagging.apply(archive, "Dull", of_digests([SKIPPED]))
    return folder


@pytest.fixture
def pond(made: Path, tmp_path: Path) -> Iterator[Archive]:
    """A copy of it, open."""
    with Archive.open(copied(made, tmp_path / "pond")) as archive:
        yield archive


def pruned_now(archive: Archive, *, now: bool = False) -> pruning.PruningReport:
    return pruning.prune(archive, pruning.plan(archive, now=now))


def shown(archive: Archive) -> dict[str, list[str]]:
    """The tags of every image that is there."""
    return {entry.image.digest: list(entry.tags) for entry in inventory.entries(archive)}


def stored(archive: Archive) -> set[str]:
    return {entry.name for entry in archive.vault.entries()}


def state(archive: Archive) -> list[State]:
    with archive.reading() as connection:
        return [s for s in State for _ in pruned.of_state(connection, s)]


def said_by_rows(archive: Archive) -> dict[str, list[tuple[object, ...]]]:
    """All rows but those that tell of the prune itself, and that what came back was compared."""
    rows, _ = content(archive)
    return {
        name: [row for row in found if name != "setting" or row[0] != "grouped"]
        for name, found in rows.items()
        if name not in {"decision", "compared"}
    }


def sound(archive: Archive) -> bool:
    return not check.check(archive, read_data=True).findings


def test_what_is_skipped_goes_and_what_is_kept_gets_its_tags(pond: Archive) -> None:
    before = statistics.statistics(pond)
    planned = pruning.plan(pond)
    assert [(each.going.digest, each.kept) for each in planned.prunings] == [(SKIPPED, KEPT)]
    assert (planned.leaving, planned.refused) == ((), ())
    assert SKIPPED in shown(pond)  # to decide changes nothing
    pruning.prune(pond, planned)
    assert shown(pond) == {KEPT: ["Dull", "Places/Lakes"], digest_of(OTHER): []}
    after = statistics.statistics(pond)
    assert (after.images, after.sightings) == (before.images - 1, before.sightings - 2)
    assert (after.duplicate_groups, after.failures) == (0, before.failures)
    assert (after.pruned, after.in_bin, after.bin_bytes) == (1, 1, len(COPY))
    assert sound(pond)


def test_undo_brings_back_every_row_as_it_was(pond: Archive) -> None:
    before, files = said_by_rows(pond), stored(pond)
    number = pruned_now(pond).decision
    assert stored(pond) == files  # the bin is where they lay
    assert judging.undo(pond).id == number
    assert said_by_rows(pond) == before
    assert sound(pond)
    assert not duplicates.find_duplicates(pond).new_images


def test_what_comes_back_is_compared_with_what_came_meanwhile(pond: Archive) -> None:
    number = pruned_now(pond).decision
    newcomer = photo(1, quality=40)
    fill(pond, {"more": [picture(1401, newcomer)]}, first_album=300)
    process(pond)
    duplicates.find_duplicates(pond)
    judging.undo(pond, number)
    duplicates.find_duplicates(pond)
    [group] = inventory.groups(pond)
    assert {SKIPPED, digest_of(newcomer)} in [{pair.a, pair.b} for pair in group.pairs]


def waits_to_write(thread: threading.Thread) -> bool:
    frame = sys._current_frames().get(thread.ident or 0)
    while frame is not None and frame.f_code.co_name != "writing":
        frame = frame.f_back
    return frame is not None


def test_nothing_goes_for_an_image_that_is_kept_no_more_when_it_is_written(pond: Archive) -> None:
    """Another image of the group is kept by then, which nobody has read."""
    agreed = pruning.plan(pond)
    with ThreadPoolExecutor(1) as pool:
        with pond.writing() as connection:
            rows = images.numbers_of(connection, [KEPT, digest_of(OTHER)])
            kept, other = rows[KEPT], rows[digest_of(OTHER)]
            group = group_rows.group_numbers(connection, [kept])[kept]
            group_rows.place(connection, {other: group})
            said = {kept: Verdict.FALSE, other: Verdict.KEEP}
            judgements.set_verdicts(connection, said)
            done = pool.submit(pruning.prune, pond, agreed)
            [thread] = pool._threads
            end = time.monotonic() + 30
            while not (done.done() or waits_to_write(thread)):  # it has read what stood before
                assert time.monotonic() < end
                time.sleep(0.001)
        with pytest.raises(Changed):
            done.result(30)
    assert SKIPPED in shown(pond)


def test_what_comes_back_gets_no_tag_that_took_the_number_of_a_deleted_one(pond: Archive) -> None:
    number = pruned_now(pond).decision
    tagging.delete(pond, "Dull")
    tagging.create(pond, "Bright")  # the lowest number that is free
    tagging.apply(pond, "Bright", of_digests([KEPT]))
    judging.undo(pond, number)
    assert shown(pond)[SKIPPED] == ["Places/Lakes"]
    assert shown(pond)[KEPT] == ["Bright", "Places/Lakes"]


def test_the_next_prune_empties_the_bin(pond: Archive) -> None:
    number = pruned_now(pond).decision
    planned = pruning.plan(pond)
    assert [each.going.digest for each in planned.leaving] == [SKIPPED]
    assert pruning.prune(pond, planned).decision is None
    assert not blob(pond, COPY).exists()
    assert len(stored(pond)) == 4
    assert state(pond) == [State.GONE]
    assert pruning.plan(pond).does_nothing
    with pytest.raises(UsageProblem, match=r"have left the bin.*fapproc undo NUMBER"):
        judging.undo(pond, number)
    assert sound(pond)


@pytest.mark.parametrize("now", [False, True])
def test_what_was_deleted_from_the_bin_is_no_decision_to_undo(
    pond: Archive, fapproc: Fapproc, now: bool
) -> None:
    number = pruned_now(pond, now=now).decision
    if not now:
        assert not judging.decisions(pond)[0].is_final
        pruned_now(pond)
    before = [each for each in judging.decisions(pond) if each.id != number]
    assert judging.decisions(pond)[0].is_final and not any(each.is_final for each in before)
    with pytest.raises(UsageProblem, match=rf"Decision {number} is later .* can't be undone"):
        judging.undo(pond, before[-1].id)
    assert judging.undo(pond).id == before[0].id
    lines = fapproc("log", "-d", pond.folder).stdout.splitlines()
    assert [
        number for number, line in enumerate(lines) if "deleted from the bin since" in line
    ] == [next(place for place, line in enumerate(lines) if "pruned" in line)]
    finals = [
        json.loads(line) for line in fapproc("log", "--json", "-d", pond.folder).stdout.splitlines()
    ]
    assert [each["id"] for each in finals if each.get("final")] == [number]


def test_now_removes_at_once(pond: Archive) -> None:
    pruned_now(pond, now=True)
    assert not blob(pond, COPY).exists()
    assert state(pond) == [State.GONE]
    assert sound(pond)


@pytest.mark.parametrize("now", [False, True])
def test_no_crawl_and_no_import_brings_it_back(pond: Archive, tmp_path: Path, now: bool) -> None:
    pruned_now(pond, now=now)
    there, files = shown(pond), stored(pond)
    known = [picture(1202, COPY), picture(1300, COPY)]
    fill(pond, {"lakes": numbered(LAKE, COPY), "copies": known, "new": known})
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "lake.jpg").write_bytes(COPY)
    report = import_folder(pond, tmp_path / "disk")
    assert (report.stored.new, report.stored.known, report.stored.failed) == (0, 1, 0)
    assert shown(pond) == there
    assert stored(pond) == files
    assert all(shelf.album.fetched_at for shelf in shelving.shelves(pond))  # nothing waits
    assert sound(pond)


def test_what_is_pruned_while_an_old_archive_is_brought_over_gets_no_row_beside_that(
    pond: Archive,
) -> None:
    before = shown(pond)
    number = pruned_now(pond).decision
    old = OldImage(SKIPPED, len(COPY), ".jpg", 1, ())
    read = Brought(old, Key(Kind.BLOB, SKIPPED, Format.JPG), COPY)
    with pond.writing() as connection:
        legacy_pictures.store(connection, [read], {})
    assert SKIPPED not in shown(pond)
    judging.undo(pond, number)
    assert shown(pond) == before and sound(pond)


def test_it_is_not_asked_for_where_its_id_is_listed_again(pond: Archive) -> None:
    from fapproc.jobs import crawl
    from fapproc.model import Folder, Listed
    from fapproc.sources import Source

    pruned_now(pond)
    memory = crawl.record_folders(
        pond, 7701, "Bob", [Folder(211, "ponds")], at=1, source=Source.SITE
    )
    page = [Listed(1202, None), Listed(1999, None)]
    for failed in (False, True):
        assert crawl.record_page(pond, memory.folders[0], page, failed=failed) == [1999]


def test_what_came_again_while_it_lay_in_the_bin_shows_it_everywhere_after_undo(
    pond: Archive,
) -> None:
    pruned_now(pond)
    fill(pond, {"more": [picture(1400, COPY)]}, first_album=113)
    judging.undo(pond)
    places = {e.image.digest: len(e.sightings) for e in inventory.entries(pond)}
    assert places[SKIPPED] == 3
    assert sound(pond)


def test_nothing_goes_where_nothing_is_kept(pond: Archive) -> None:
    judging.set_verdicts(pond, KEPT, {KEPT: Verdict.NEW})
    planned = pruning.plan(pond)
    assert planned.does_nothing
    [refused] = planned.refused
    assert (refused.digest, refused.why) == (SKIPPED, "no image of its group is kept")


def test_nothing_goes_out_of_a_group_that_has_changed_since_it_was_judged(pond: Archive) -> None:
    with pond.writing() as connection:
        skipped = images.numbers_of(connection, [SKIPPED]).values()
        [group] = group_rows.group_numbers(connection, skipped).values()
        group_rows.want_look(connection, group, wanted=True)
    planned = pruning.plan(pond)
    assert planned.does_nothing
    assert "look at it again" in planned.refused[0].why


def test_nothing_goes_for_an_image_whose_file_is_not_what_was_stored(pond: Archive) -> None:
    agreed = pruning.plan(pond)
    flip(blob(pond, LAKE))
    [refused] = pruning.plan(pond).refused
    assert "can't be read as it was stored" in refused.why
    with pytest.raises(UsageProblem, match="Nothing was pruned"):
        pruning.prune(pond, agreed)
    assert SKIPPED in shown(pond)


def test_what_lies_in_the_bin_stays_there_while_what_is_kept_is_damaged(pond: Archive) -> None:
    pruned_now(pond)
    flip(blob(pond, LAKE))
    planned = pruning.plan(pond)
    assert planned.does_nothing
    assert "stays in the bin" in planned.refused[0].why
    assert blob(pond, COPY).exists()


def test_what_was_pruned_for_an_image_that_is_deleted_is_welcome_again(
    pond: Archive, fapproc: Fapproc
) -> None:
    pruned_now(pond)
    selection = of_digests([KEPT])
    planned = deletion.plan(pond, selection)
    assert [each.digest for each in planned.pruned] == [SKIPPED]
    line = ("delete", KEPT, "--dry-run", "-d", pond.folder)
    assert f"forget {SKIPPED} " in fapproc(*line).stdout
    assert json.loads(fapproc(*line, "--json").stdout)["pruned"] == [SKIPPED]
    deletion.delete(pond, selection, planned)
    assert not blob(pond, COPY).exists()
    assert state(pond) == []
    fill(pond, {"lakes": numbered(LAKE, COPY)})
    assert SKIPPED in shown(pond)
    assert sound(pond)


def test_where_its_albums_were_deleted_it_can_not_come_back(pond: Archive) -> None:
    pruned_now(pond)
    fill(pond, {"elsewhere": [picture(1201, LAKE)]}, user=7701, name="Bob", first_album=211)
    selection = from_address("user=ann")
    deletion.delete(pond, selection, deletion.plan(pond, selection))
    with pytest.raises(UsageProblem, match="albums that listed them were deleted"):
        judging.undo(pond)
    assert sound(pond)


def test_who_asks_for_a_pruned_image_is_told_what_became_of_it(pond: Archive) -> None:
    number = pruned_now(pond).decision
    with pytest.raises(FapError, match=f"'fapproc undo {number}' brings it back"):
        list(inventory.entries(pond, of_digests([SKIPPED[:8]])))
    pruned_now(pond)
    with pytest.raises(FapError, match=rf"was pruned on .*, as {KEPT[:16]} is kept\. '"):
        list(inventory.entries(pond, of_digests([SKIPPED[:8]])))


def test_a_spoiled_file_of_the_bin_is_told_and_taken_out(pond: Archive) -> None:
    pruned_now(pond)
    flip(blob(pond, COPY))
    found = check.check(pond, read_data=True).findings
    assert ["is in the bin" in each.sentence for each in found] == [True]
    assert all(step.done for step in repair(pond, found))
    assert sound(pond)
    pruned_now(pond)
    assert not blob(pond, COPY).exists()


def test_what_lies_in_the_bin_is_nobody_s_orphan_however_old_it_is(pond: Archive) -> None:
    number = pruned_now(pond).decision
    age(blob(pond, COPY))
    assert sound(pond)
    name = blob(pond, COPY).relative_to(pond.folder).as_posix()
    # Seen without a row by a check that has looked before the prune was written.
    assert not repair(pond, [Finding(Problem.ORPHAN, name, "", Repair.DROP)])[0].done
    judging.undo(pond, number)
    assert SKIPPED in shown(pond) and sound(pond)


def test_a_file_of_the_bin_that_can_not_be_read_when_it_would_be_taken_out_stays(
    pond: Archive,
) -> None:
    number = pruned_now(pond).decision
    flip(blob(pond, COPY))
    found = check.check(pond, read_data=True).findings
    blob(pond, COPY).unlink()
    os.mkfifo(blob(pond, COPY))
    assert [step.done for step in repair(pond, found)] == [False]
    blob(pond, COPY).unlink()
    blob(pond, COPY).write_bytes(COPY)
    judging.undo(pond, number)
    assert SKIPPED in shown(pond) and sound(pond)


def test_what_lies_in_the_bin_is_sealed_unsealed_and_backed_up(
    pond: Archive, tmp_path: Path
) -> None:
    before = said_by_rows(pond)
    pruned_now(pond)
    folder = pond.folder
    pond.close()
    with given(PASSWORD):
        sealing.seal(folder)
    with given(PASSWORD), Archive.open(folder) as archive:
        assert sound(archive)
        backup.backup(archive, tmp_path / "backup")
    with given(PASSWORD):
        sealing.unseal(folder)
    for place, password in ((folder, None), (tmp_path / "backup", PASSWORD)):
        with given(password), Archive.open(place) as archive:
            assert sound(archive)
            judging.undo(archive)
            assert said_by_rows(archive) == before
            assert sound(archive)


def test_two_prunes_after_another_lead_to_the_one_that_is_kept(pond: Archive) -> None:
    pruned_now(pond)
    with pond.writing() as connection:
        row = images.by_digest(connection, KEPT)
        other = images.by_digest(connection, digest_of(OTHER))
        assert row and other
        pruned.take_out(connection, {row.id: other.id}, 99, 1)
    assert [each.kept for each in pruning.bin_(pond)] == [digest_of(OTHER)] * 2
    assert shown(pond) == {digest_of(OTHER): ["Dull", "Places/Lakes"]}


@pytest.mark.parametrize("lies_in_the_bin", [False, True])
def test_what_came_again_before_its_file_was_removed_keeps_it(
    pond: Archive, lies_in_the_bin: bool
) -> None:
    with pond.reading() as connection:
        [stored_] = images.by_digests(connection, [SKIPPED]).values()
    if lies_in_the_bin:
        pruned_now(pond)
    assert list(deletion.remove_files(pond, [leaving.going(stored_)])) == []
    assert blob(pond, COPY).exists() and sound(pond)


def test_what_a_disk_keeps_is_removed_by_the_next_prune(made: Path, tmp_path: Path) -> None:
    home = Home(tmp_path)
    with Archive.open(copied(made, home.archive)) as archive:
        file = blob(archive, COPY)
    disk = FailingDisk(home, home.archive)
    ended = disk.run(Fault("u", 1, lasting=True), "prune", "--now", "--yes")
    assert ended.returncode == 1 and "could not be removed" in ended.stderr, ended
    assert file.exists()
    assert disk.run(None, "prune", "--yes").returncode == 0
    assert not file.exists()


def test_a_dry_run_says_what_then_happens_and_without_a_terminal_it_wants_a_yes(
    pond: Archive, fapproc: Fapproc
) -> None:
    folder = pond.folder
    dry = fapproc("prune", "-d", folder, "--dry-run")
    assert dry.stdout.startswith(f"prune {SKIPPED} ")
    assert "It would put 1 image (" in dry.stderr
    unasked = fapproc("prune", "-d", folder)
    assert unasked.exit_code == 2 and "add --yes" in unasked.stderr
    words = dry.stderr.partition("It would put ")[2].strip().rstrip(".")
    assert f"There is no terminal to ask on: Put {words}?" in unasked.stderr
    assert SKIPPED in shown(pond)
    done = fapproc("prune", "-d", folder, "--yes")
    assert (done.exit_code, done.stdout.partition(" (")[0]) == (0, "1 image")
    assert f"{SKIPPED} " in fapproc("prune", "-d", folder, "--list").stdout
    [line] = fapproc("prune", "-d", folder, "--list", "--json").stdout.splitlines()
    assert json.loads(line)["kept"] == KEPT
    assert (
        "images pruned" in fapproc("log", "-d", folder).stdout
        or "1 image pruned" in fapproc("log", "-d", folder).stdout
    )
    emptied = fapproc("prune", "-d", folder, "--yes")
    assert "removed that lay in the bin" in emptied.stdout
    assert "Nothing to prune" in fapproc("prune", "-d", folder, "--yes").stderr


def test_the_command_removes_what_an_earlier_prune_has_left(
    pond: Archive, fapproc: Fapproc
) -> None:
    """As after a kill: the rows say that an image has left the bin, and its file is there."""
    pruned_now(pond)
    with pond.writing() as connection:
        pruned.leave(connection, pruned.known(connection, [SKIPPED]).values())
    dry = fapproc("prune", "-d", pond.folder, "--dry-run")
    assert f"remove {SKIPPED} " in dry.stdout and "earlier prune has left" in dry.stderr
    assert blob(pond, COPY).exists()
    done = fapproc("prune", "-d", pond.folder, "--yes")
    assert done.exit_code == 0 and "earlier prune has left" in done.stdout
    assert not blob(pond, COPY).exists() and state(pond) == [State.GONE]
    assert "Nothing to prune" in fapproc("prune", "-d", pond.folder, "--yes").stderr


def kill_a_prune(made: Path, home: Home, most: int) -> None:
    """Kill a prune that removes at once, before some of its steps, and look what is there."""
    line = ("prune", "--now", "--yes")
    copied(made, home.archive)
    count = home.steps(*line)
    for step in sample(count, most, seed=1):
        copied(made, home.archive)
        home.killed_before(step, *line)
        with Archive.open(home.archive) as archive:
            assert sound(archive)
            is_there = SKIPPED in shown(archive)
            assert state(archive) in ([], *([each] for each in State)), step
            assert is_there == (not state(archive)), step
            assert blob(archive, LAKE).exists() and (blob(archive, COPY).exists() or not is_there)
            pruned_now(archive, now=True)  # the next one finishes it
            assert not blob(archive, COPY).exists(), step
            assert len(stored(archive)) == 4
            assert sound(archive)


def test_a_prune_that_is_killed_is_finished_by_the_next(made: Path, tmp_path: Path) -> None:
    kill_a_prune(made, Home(tmp_path / "home"), 2)


@pytest.mark.long
def test_a_prune_that_is_killed_before_any_step_is_finished_by_the_next(
    made: Path, tmp_path: Path
) -> None:
    kill_a_prune(made, Home(tmp_path / "home"), 10_000)


def test_what_comes_back_has_no_tag_that_was_taken_back_meanwhile(pond: Archive) -> None:
    dull = judging.decisions(pond, limit=1)[0].id
    number = pruned_now(pond).decision
    judging.undo(pond, dull)  # 'Dull', which the image had that lies in the bin
    judging.undo(pond, number)
    assert shown(pond) == {
        KEPT: ["Places/Lakes"],
        SKIPPED: ["Places/Lakes"],
        digest_of(OTHER): [],
    }
    assert sound(pond)


def test_what_comes_back_has_the_tag_again_whose_taking_was_taken_back(pond: Archive) -> None:
    tagging.clear(pond, "Dull", of_digests([SKIPPED]))
    cleared = judging.decisions(pond, limit=1)[0].id
    number = pruned_now(pond).decision
    judging.undo(pond, cleared)
    judging.undo(pond, number)
    assert shown(pond)[SKIPPED] == ["Dull", "Places/Lakes"]


def test_a_tag_that_a_person_gave_since_to_what_is_kept_stays_when_a_prune_is_taken_back(
    pond: Archive,
) -> None:
    number = pruned_now(pond).decision  # which gives it 'Dull'
    tagging.clear(pond, "Dull", of_digests([KEPT]))
    tagging.apply(pond, "Dull", of_digests([KEPT]))
    judging.undo(pond, number)
    assert shown(pond)[KEPT] == ["Dull", "Places/Lakes"]
