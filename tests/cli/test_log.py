import json
from pathlib import Path

from fapproc.vault.store import digest_of
from tests.cli.conftest import LAKE, Fapproc
from tests.shelves import small

A = digest_of(LAKE)


def noted(fapproc: Fapproc, folder: Path) -> list[tuple[str, str]]:
    lines = fapproc("log", "--json", "-d", folder).stdout.splitlines()
    found = [entry for line in lines if (entry := json.loads(line))["kind"] == "job"]
    assert all(entry["ended_at"] >= entry["at"] > 0 for entry in found)
    return [(entry["name"], entry["said"]) for entry in found]


def test_what_jobs_did_is_noted_in_the_words_in_which_they_told_it(
    fapproc: Fapproc, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "one.png").write_bytes(small(1))
    said = [
        ("import", fapproc("import", tmp_path / "more", "-q", "-d", folder).stdout),
        ("export", fapproc("export", "--album", "lakes", "-d", folder).stdout),
    ]
    assert sorted(noted(fapproc, folder)) == sorted((name, text.strip()) for name, text in said)


def test_each_change_of_a_tag_is_one_decision_in_the_log(fapproc: Fapproc, folder: Path) -> None:
    for words in (
        ("create", "Lakes"),
        ("create", "Sky/Clouds"),
        ("apply", "Lakes", A),
        ("apply", "Lakes", A),  # it has it already: nothing is decided
        ("clear", "Lakes", A),
        ("rename", "Lakes", "Ponds"),
        ("delete", "Ponds", "--yes"),
    ):
        assert fapproc("tag", *words, "-d", folder).exit_code == 0
    lines = fapproc("log", "-d", folder).stdout.splitlines()
    assert [line.partition("  ")[2] for line in reversed(lines)] == [
        "decision 1: tag Lakes created",
        "decision 2: tags Sky, Sky/Clouds created",
        "decision 3: tag Lakes given to 1 image",
        "decision 4: tag Lakes taken from 1 image",
        "decision 5: tag Lakes renamed to Ponds",
        "decision 6: tag Ponds deleted",
    ]
    last = json.loads(fapproc("log", "--json", "-d", folder).stdout.splitlines()[0])
    assert (last["about"], last["what"]) == ("tags", "tag Ponds deleted")


def test_what_changed_nothing_is_not_noted_and_of_what_is_deleted_no_name(
    fapproc: Fapproc, folder: Path
) -> None:
    fapproc("export", "-d", folder)
    fapproc("delete", "--album", "copies", "--dry-run", "-d", folder)
    fapproc("tag", "move", "none", "/", "-d", folder)
    assert noted(fapproc, folder) == []
    fapproc("delete", "--album", "copies", "--yes", "-d", folder)
    [(name, text)] = noted(fapproc, folder)
    assert name == "delete" and text.startswith("Images 3 -> 3, places 4 -> 3, groups 1 -> 1")


def test_a_tag_is_deleted_by_a_yes_alone_and_a_dry_run_says_what_would_go(
    fapproc: Fapproc, folder: Path
) -> None:
    fapproc("tag", "create", "Lakes", "-d", folder)
    fapproc("tag", "apply", "Lakes", A, "-d", folder)
    dry = fapproc("tag", "delete", "lakes", "--dry-run", "-d", folder)
    assert dry.stdout == "Would delete the tag Lakes and remove it from 1 image.\n"
    unasked = fapproc("tag", "delete", "lakes", "-d", folder)
    assert (unasked.exit_code, unasked.stdout) == (2, "") and "--yes" in unasked.stderr
    done = fapproc("tag", "delete", "lakes", "--yes", "-d", folder)
    assert done.stdout == "Tag Lakes deleted, and removed from 1 image.\n"
