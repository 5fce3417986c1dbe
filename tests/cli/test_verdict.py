import json
from pathlib import Path

import pytest

from fapproc.archive import Archive
from fapproc.cli.ruling import staying
from fapproc.db import sameness
from fapproc.db.sameness import Told
from fapproc.jobs import batch, judging
from fapproc.jobs.batch import Batch
from fapproc.model import Verdict
from fapproc.sameness import Untold
from fapproc.selections.selection import Selection
from fapproc.vault.store import digest_of
from tests.cli.conftest import LAKE, LAKE_AGAIN, MOVING, Fapproc

A, B, C = digest_of(LAKE), digest_of(LAKE_AGAIN), digest_of(MOVING)
FIRST, SECOND = sorted([A, B])


def verdicts(fapproc: Fapproc, folder: Path) -> dict[str, str]:
    (line,) = fapproc("verdict", "list", "--json", "-d", folder).stdout.splitlines()
    found: dict[str, str] = json.loads(line)["verdicts"]
    return found


def test_groups_are_listed_with_what_was_said_of_each_image(fapproc: Fapproc, folder: Path) -> None:
    lines = fapproc("verdict", "list", "-d", folder).stdout.splitlines()
    assert lines[0] == "2 images, needs a verdict"
    assert {line.split()[0] for line in lines[1:]} == {A[:16], B[:16]}
    assert fapproc("verdict", "list", C, "-d", folder).stdout == ""
    assert len(fapproc("verdict", "list", "--album", "copies", "-d", folder).stdout) > 0
    fapproc("verdict", "set", "keep", A, B, "-d", folder)
    result = fapproc("verdict", "list", "--waiting", "-d", folder)
    assert (result.stdout, result.exit_code) == ("", 0)
    assert "No such groups" in result.stderr


def test_a_verdict_is_said_and_taken_back(fapproc: Fapproc, folder: Path) -> None:
    kept = fapproc("verdict", "set", "keep", A[:6], "-d", folder)
    assert kept.stdout == f"Saved: group of {A[:16]}: 1 new, 1 keep.\n"
    assert kept.stderr == f"'fapproc undo 1 -d {folder}' undoes it.\n"
    assert fapproc("verdict", "set", "SKIP", B, "-d", folder).exit_code == 0
    assert verdicts(fapproc, folder) == {A: "keep", B: "skip"}
    assert "already set" in fapproc("verdict", "set", "skip", B, "-d", folder).stdout
    undone = fapproc("verdict", "undo", "-d", folder).stdout
    assert undone.startswith("Undone: decision 2, group of ")
    assert verdicts(fapproc, folder) == {A: "keep", B: "new"}
    assert fapproc("verdict", "undo", "1", "-d", folder).exit_code == 0
    result = fapproc("verdict", "undo", "-d", folder)
    assert result.exit_code == 1 and result.stderr.startswith("Error: No decision to undo. ")
    assert fapproc("undo", "1", "-d", folder).exit_code == 2  # it was undone before
    for number in ("99", "0", "9" * 30):
        result = fapproc("undo", number, "-d", folder)
        assert result.exit_code == 1 and f"no decision {number}." in result.stderr


def test_decisions_are_listed_the_newest_first_and_the_last_is_undone(
    fapproc: Fapproc, folder: Path
) -> None:
    assert "Nothing has been done yet" in fapproc("log", "-d", folder).stderr
    fapproc("verdict", "set", "keep", A, "-d", folder)
    fapproc("verdict", "set", "skip", "--places", A, "--album", "copies", "-d", folder)
    assert fapproc("undo", "1", "-d", folder).exit_code == 2
    assert fapproc("undo", "-d", folder).stdout.startswith("Undone: decision 2, ")
    lines = fapproc("log", "-d", folder).stdout.splitlines()
    assert [line.split()[3] for line in lines] == ["2:", "1:"]
    assert "undone" in lines[0] and "undone" not in lines[1]
    (line,) = fapproc("log", "-n", "1", "--json", "-d", folder).stdout.splitlines()
    told = json.loads(line)
    assert told["undone_at"] > 0 and [place["album"] for place in told["places"]] == [112]


def test_what_does_not_fit_together_is_refused_whole(fapproc: Fapproc, folder: Path) -> None:
    result = fapproc("verdict", "set", "skip", A, B, "-d", folder)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "none would be seen" in result.stderr
    assert verdicts(fapproc, folder) == {A: "new", B: "new"}
    assert fapproc("verdict", "set", "keep", C, "-d", folder).exit_code == 2
    assert fapproc("verdict", "set", "maybe", A, "-d", folder).exit_code == 2
    assert fapproc("verdict", "set", "keep", "-d", folder).exit_code == 2


def test_what_is_refused_of_one_stops_no_other_and_is_code_3(
    fapproc: Fapproc, folder: Path
) -> None:
    result = fapproc("verdict", "set", "keep", "--user", "ann", "-d", folder)
    assert (result.exit_code, result.stdout) == (3, "2 verdicts saved, of 1 group.\n")
    assert f"Image {C[:16]} is in no group" in result.stderr and C not in result.stderr
    assert verdicts(fapproc, folder) == {A: "keep", B: "keep"}


def test_places_are_judged_by_themselves(fapproc: Fapproc, folder: Path) -> None:
    place = ("--places", A, "--album", "copies")
    saved = fapproc("verdict", "set", "skip", *place, "-d", folder)
    assert saved.stdout == f"Saved: places of {A[:16]}: 1 new, 1 skip.\n"
    (line,) = fapproc("list", A, "--json", "-d", folder).stdout.splitlines()
    said = {each["album_name"]: each["verdict"] for each in json.loads(line)["sightings"]}
    assert said == {"lakes": "new", "copies": "skip"}
    result = fapproc("verdict", "set", "skip", "--places", A, "-d", folder)
    assert (result.exit_code, result.stdout) == (2, "")


@pytest.mark.parametrize("rule", ["same", "best"])
def test_a_rule_decides_what_its_dry_run_showed_and_is_undone_at_once(
    fapproc: Fapproc, folder: Path, rule: str
) -> None:
    auto = ("verdict", "auto", "--rule", rule, "-d", folder)
    dry = fapproc(*auto, "--dry-run")
    assert f"{A[:16]}  new -> keep  best" in dry.stdout and f"{B[:16]}  new -> skip" in dry.stdout
    assert "Nothing was changed. It would judge 1 group: keep the best" in dry.stderr
    assert verdicts(fapproc, folder) == {A: "new", B: "new"}
    unasked = fapproc(*auto)
    assert unasked.exit_code == 2 and "--yes" in unasked.stderr
    result = fapproc(*auto, "--yes")
    assert (result.exit_code, result.stdout) == (0, "2 verdicts saved, of 1 group.\n")
    assert verdicts(fapproc, folder) == {A: "keep", B: "skip"}
    told = fapproc(*auto, "--yes").stderr
    assert told == f"The rule {rule} has nothing to decide here.\n1 group is judged already.\n"
    other = fapproc(*auto, C, "--yes").stderr
    assert "no groups here" in other
    fapproc("verdict", "undo", "-d", folder)
    assert verdicts(fapproc, folder) == {A: "new", B: "new"}
    fapproc("tag", "create", "Lakes", "-d", folder)
    fapproc("tag", "apply", "Lakes", B, "-d", folder)
    fapproc(*auto, "--yes", "--merge-tags")
    assert "1 tag given to what is kept" in fapproc("log", "-d", folder).stdout


@pytest.mark.parametrize(
    ("untold", "why"),
    [
        (Untold.ENLARGED, "the largest image may be an enlarged copy of a smaller one"),
        (Untold.UNEQUAL, "the images differ in more than size and quality"),
        (Untold.UNSEEN, "an image could not be read ('fapproc check -d "),
        (None, "nobody has looked yet which images are the same"),
    ],
)
def test_a_rule_says_why_it_leaves_a_group_to_the_person(
    fapproc: Fapproc, folder: Path, untold: Untold | None, why: str
) -> None:
    with Archive.open(folder) as archive, archive.writing() as connection:
        [number] = sameness.bases(connection)
        sameness.forget(connection, [number])
        if untold is not None:
            sameness.save(connection, {number: Told("basis", untold=untold)})
    for way in ("--yes", "--dry-run"):
        told = fapproc("verdict", "auto", "--rule", "same", way, "-d", folder).stderr
        first, second = told.splitlines()
        assert first == "The rule same has nothing to decide here."
        assert second.startswith(f"1 group waits for your verdict: {why}")
        assert second.endswith(f"'fapproc verdict list --waiting -d {folder}' lists them.")


def test_of_groups_that_wait_it_is_counted_why() -> None:
    reasons = {"enlarged": 1200, "look": 1}
    [told] = staying(Batch((), 0, 0, reasons))
    assert told.startswith(
        "1,201 groups wait for your verdict: of 1,200 the largest image may be an enlarged copy of "
        "a smaller one, of 1 the images are others than when you judged them."
    )


def test_a_rule_leaves_what_was_judged_and_what_has_changed_meanwhile(
    fapproc: Fapproc, folder: Path
) -> None:
    with Archive.open(folder) as archive:
        planned = batch.plan(archive, batch.Rule.SAME, Selection())
        judging.set_verdicts(archive, A, {B: Verdict.KEEP})
        saved = batch.save(archive, planned)
        assert (saved.groups, saved.decisions) == (0, ()) and "changed meanwhile" in saved.refused[
            0
        ]
        assert batch.plan(archive, batch.Rule.SAME, Selection()).proposals == ()


def test_groups_are_forgotten_those_that_wait_or_all(fapproc: Fapproc, folder: Path) -> None:
    told = fapproc("verdict", "forget", "--dry-run", "-d", folder)
    assert "It would forget 1 group of 2 images." in told.stderr
    assert fapproc("verdict", "forget", "-d", folder).exit_code == 2  # nobody to ask
    fapproc("verdict", "set", "keep", A, B, "-d", folder)
    assert "nothing to forget" in fapproc("verdict", "forget", "--yes", "-d", folder).stderr
    assert verdicts(fapproc, folder) == {A: "keep", B: "keep"}
    done = fapproc("verdict", "forget", "--all", "--yes", "-d", folder)
    assert done.stdout == "Forgot 1 group of 2 images, 2 of them judged.\n"
    assert fapproc("verdict", "list", "-d", folder).stdout == ""
    assert "forget: Forgot 1 group" in fapproc("log", "-d", folder).stdout


def test_another_picture_is_called_different_and_typed_as_before_it_is_understood(
    fapproc: Fapproc, folder: Path
) -> None:
    for word in ("different", "false", "FALSE"):
        result = fapproc("verdict", "set", word, A, B, "-d", folder)
        assert result.exit_code == 0 and verdicts(fapproc, folder) == {A: "false", B: "false"}
        for query in ("verdict=different", "verdict=false"):
            assert len(fapproc("list", "--query", query, "-d", folder).stdout.splitlines()) == 2
        told = "".join(
            fapproc(*line, "-d", folder).stdout
            for line in (("verdict", "list"), ("show", A), ("log",))
        )
        assert told.count("different") >= 5 and "false" not in told
        fapproc("verdict", "set", "new", A, B, "-d", folder)
        fapproc("undo", "-d", folder)
        fapproc("undo", "-d", folder)
    refused = fapproc("verdict", "set", "maybe", A, "-d", folder)
    assert "different" in refused.stderr and "false" not in refused.stderr


def test_what_is_told_by_its_digest_is_told_by_its_name_and_place_too(
    fapproc: Fapproc, folder: Path
) -> None:
    lake = "1.jpg (Ann / lakes) + 1.jpg (Ann / copies)"
    again = "2.jpg (Ann / lakes)"
    lines = fapproc("verdict", "list", "-d", folder).stdout.splitlines()
    assert sorted(line.split("  ")[-1] for line in lines[1:]) == sorted([lake, again])
    dry = fapproc("verdict", "auto", "--rule", "same", "--dry-run", "-d", folder).stdout
    assert f"new -> keep  best  {lake}" in dry and f"new -> skip  {again}" in dry
    assert f"{A} " in fapproc("delete", A, "--dry-run", "-d", folder).stdout
    assert lake in fapproc("delete", A, "--dry-run", "-d", folder).stdout
    fapproc("verdict", "auto", "--rule", "same", "--yes", "-d", folder)
    dry = fapproc("prune", "--dry-run", "-d", folder).stdout
    assert (
        dry.startswith(f"prune {B} ") and f"  {again}  for {A[:16]}, which is kept: {lake}" in dry
    )
    fapproc("prune", "--yes", "-d", folder)
    assert f"  {again}  since " in fapproc("prune", "--list", "-d", folder).stdout
    dry = fapproc("prune", "--dry-run", "-d", folder).stdout
    assert f"  {again}, which was in the bin" in dry
    dry = fapproc("delete", A, "--dry-run", "-d", folder).stdout
    assert f"forget {B} " in dry and f"  {again}: it was pruned for" in dry
