"""`fapproc dedup`: what it says, and what it explains."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import ImageOps

from fapproc.archive import Archive
from fapproc.commandline.searching import dedup_archive
from fapproc.db import images
from fapproc.dedup.registry import METHODS
from fapproc.jobs import judging, portions, sensitivity
from fapproc.model import Verdict
from fapproc.vault.store import Key, Kind, digest_of
from tests.cli.conftest import LAKE, LAKE_AGAIN, MOVING, Fapproc
from tests.drawing import landscape, write
from tests.jobs.test_looking_twice import beside
from tests.shelves import fill, numbered, photo, picture, process, small

A, B = sorted((digest_of(LAKE), digest_of(LAKE_AGAIN)))


def test_a_second_search_finds_nothing_new(fapproc: Fapproc, folder: Path) -> None:
    result = fapproc("dedup", "-d", folder)
    assert result.stderr.startswith(f"Next: 'fapproc run -d {folder}' shows the groups, or ")
    assert fapproc("dedup", "-d", folder, "-q").stderr == ""
    assert result.stdout == (
        "2 images in 1 group of possible duplicates, 1 needs a verdict; "
        "0 images were in no group before.\n"
        "Every processed picture has been compared; nothing waits for another search.\n"
    )
    assert json.loads(fapproc("dedup", "-d", folder, "--json").stdout) == {
        "images": 2,
        "groups": 1,
        "need_action": 1,
        "new_pairs": 0,
        "withdrawn_pairs": 0,
        "new_images": [],
        "unseen_pairs": 0,
        "unfinished_images": 0,
        "nearest_left": 0,
        "reweighed_groups": 0,
    }


def test_what_a_brief_search_leaves_is_counted_and_the_command_named(
    archive: Archive, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "BRIEF", replace(portions.BRIEF, near=0))
    beside(archive)
    dedup_archive(archive, briefly=True, quiet=True)
    told = capsys.readouterr().out.splitlines()
    assert told[1:] == ["2 pictures wait for a closer search: 'fapproc dedup' makes it."]
    dedup_archive(archive, dry_run=True, quiet=True)
    assert "nothing waits" not in capsys.readouterr().out
    dedup_archive(archive, quiet=True)
    assert capsys.readouterr().out.endswith("nothing waits for another search.\n")


def test_a_dry_run_says_so(fapproc: Fapproc, folder: Path) -> None:
    result = fapproc("dedup", "-d", folder, "--dry-run", "--rule", "union")
    assert result.stdout.startswith("Nothing was changed. There would be 2 images in 1 group")


def test_two_images_are_explained_by_beginnings_of_their_digests(
    fapproc: Fapproc, folder: Path
) -> None:
    result = fapproc("dedup", "-d", folder, "--explain", B[:12], A[:12].upper())
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[:3] == [f"{A} and", B, "They are in one group."]
    assert any(line.startswith("  percept") and line.endswith(": near") for line in lines)
    assert "  cnn      no code" in lines
    assert "By the rule hybrid: accepted." in lines
    assert any("strong evidence by percept" in line for line in lines)
    assert f"{A[:16]} is in group 1." in lines


def test_an_explanation_is_told_to_programs_too(fapproc: Fapproc, folder: Path) -> None:
    words = ("dedup", "-d", folder, "--json", "--rule", "union", "--explain")
    told = json.loads(fapproc(*words, A, B).stdout)
    assert (told["a"], told["b"], told["together"], told["rule"]) == (A, B, True, "union")
    assert told["accepted"] and told["reasons"] and not told["different"]
    assert told["methods"]["percept"]["near"]
    assert told["methods"]["percept"]["sensitivity"] == 4
    assert told["methods"]["cnn"]["score"] is None
    assert told["groups"] == [1, 1]
    assert told["chain"] == [A, B]
    told = json.loads(fapproc(*words, A, digest_of(MOVING)).stdout)
    assert (told["together"], told["accepted"], told["chain"]) == (False, False, [])


def test_a_second_look_says_in_what_way_two_are_the_same(fapproc: Fapproc, tmp_path: Path) -> None:
    drawn = landscape(1)
    other = write(ImageOps.mirror(drawn).crop((32, 24, 288, 216)), "PNG")
    one = write(drawn, "PNG")
    stranger = photo(9)
    with Archive.open_or_create(tmp_path / "archive") as archive:
        fill(archive, {"lakes": numbered(one, other, stranger)})
        process(archive)
    words = ("dedup", "-d", tmp_path / "archive", "--explain")
    first, second = sorted((digest_of(one), digest_of(other)))
    lines = fapproc(*words, first, second).stdout.splitlines()
    (said,) = (line for line in lines if line.startswith("A second look: "))
    assert said.startswith("A second look: the same picture; mirrored; cropped: the ")
    told = json.loads(fapproc(*words, first, second, "--json").stdout)["second_look"]
    assert (told["problem"], told["same"], told["mirrored"], told["turned"]) == (
        None,
        True,
        True,
        0,
    )
    (part,) = (told[f"part_of_{end}"] for end in ("first", "second") if told[f"part_of_{end}"])
    assert part == pytest.approx([0.1, 0.1, 0.9, 0.9], abs=0.02)
    assert (
        "A second look says: not the same picture."
        in fapproc(*words, digest_of(one), digest_of(stranger)).stdout
    )


def test_a_lost_thumbnail_says_nothing_of_a_pair(fapproc: Fapproc, folder: Path) -> None:
    with Archive.open(folder) as archive, archive.reading() as connection:
        stored = images.by_digest(connection, A)
        assert stored is not None and stored.image.thumb_format is not None
        lost = archive.vault.name(Key(Kind.THUMB, A, stored.image.thumb_format))
    (folder / lost).unlink()
    result = fapproc("dedup", "-d", folder, "--explain", A, B)
    assert result.exit_code == 0
    assert f"No second look was possible: the thumbnail of {A[:16]} can't be read" in result.stdout
    assert "By the rule hybrid: accepted." in result.stdout


def test_what_was_judged_different_is_explained(fapproc: Fapproc, folder: Path) -> None:
    with Archive.open(folder) as archive:
        judging.set_verdicts(archive, A, {A: Verdict.FALSE})
    said = fapproc("dedup", "-d", folder, "--explain", A, B).stdout
    assert "You judged them different" in said


def test_an_image_without_codes_is_explained_as_far_as_it_goes(
    fapproc: Fapproc, folder: Path
) -> None:
    with Archive.open(folder) as archive:
        fill(archive, {"more": [picture(1999, small(7))]}, first_album=900)
    other = digest_of(small(7))
    said = fapproc("dedup", "-d", folder, "--explain", A, other).stdout
    assert "By the rule hybrid: not compared." in said
    assert f"{other[:16]}: not processed by this version" in said


def test_what_is_no_image_is_refused_in_a_sentence(fapproc: Fapproc, folder: Path) -> None:
    for one, code, sentence in [
        ("ffffffff", 1, "No image whose digest begins with ffffffff"),
        ("abc", 2, "not a digest"),
        ("lake.jpg", 2, "not a digest"),
        (B, 2, "are the same image"),
    ]:
        result = fapproc("dedup", "-d", folder, "--explain", one, B)
        assert (result.exit_code, result.stdout) == (code, "")
        assert sentence in result.stderr


def test_an_explanation_says_which_sensitivity_is_in_force_and_where_it_is_from(
    fapproc: Fapproc, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Archive.open(folder) as archive:
        sensitivity.change(archive, regular={"percept": 3})
    monkeypatch.setenv("FAP_CNN_THRESHOLD", "0.91")
    said = json.loads(fapproc("dedup", "-d", folder, "--explain", A, B, "--json").stdout)
    assert said["model"] == "efficientnet_lite0"
    assert {
        name: (each["sensitivity"], each["from"]) for name, each in said["methods"].items()
    } == {
        **{name: (one.regular, "default") for name, one in METHODS.items()},
        "percept": (3, "archive"),
        "cnn": (0.91, "setting"),
    }
    lines = fapproc("dedup", "-d", folder, "--explain", A, B).stdout.splitlines()
    assert any("at most 3 (set for this archive)" in line for line in lines)
