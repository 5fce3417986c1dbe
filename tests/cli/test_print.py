import json
import re
from pathlib import Path
from typing import Any

import pytest

from fapproc.archive import Archive
from fapproc.db import images, looks
from fapproc.dedup.registry import HASHES
from fapproc.jobs import audit
from fapproc.looks import Look
from fapproc.model import Level, Observation, Verdict
from fapproc.sources import Source
from fapproc.vault.store import digest_of
from tests.cli.conftest import LAKE, LAKE_AGAIN, MISS, MOVING, Fapproc
from tests.shelves import AT, USER, fill, judge, numbered, small

SHA, SHA_AGAIN = digest_of(LAKE), digest_of(LAKE_AGAIN)
FIGURES = [
    "sealed",
    "database_bytes",
    "images",
    "animated",
    "users",
    "albums",
    "sightings",
    "exact_duplicates",
    "failures",
    "unsound",
    "gone",
    "oldest_fetch",
    "newest_fetch",
    "bytes",
    "thumb_bytes",
    "pixels",
    "duplicates",
    "pruned",
]


@pytest.fixture
def printed(fapproc: Fapproc, folder: Path) -> list[dict[str, Any]]:
    fapproc("tag", "create", "Places/Lakes", "-d", folder)
    fapproc("tag", "apply", "Lakes", SHA, "-d", folder)
    with Archive.open(folder) as archive:
        judge(archive, LAKE, Verdict.KEEP)
    result = fapproc("print", "--json", "-d", folder)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "été.gif" in result.stdout
    return [json.loads(line) for line in result.stdout.splitlines()]


def of_kind(printed: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [entry for entry in printed if entry["kind"] == kind]


def test_users_albums_images_groups_and_tags_come_in_this_order(
    printed: list[dict[str, Any]],
) -> None:
    assert [entry["kind"] for entry in printed] == [
        "user", "album", "album", "image", "image", "image", "group", "tag", "tag",
    ]  # fmt: skip


def test_a_user_is_printed_as_documented(printed: list[dict[str, Any]]) -> None:
    (user,) = of_kind(printed, "user")
    expected = {"kind": "user", "id": USER, "name": "Ann"}
    assert user == expected | {
        "albums_at": AT,
        "finished_at": AT,
        "audited_at": 0,
        "source": "site",
    }
    assert list(user) == [*expected, "albums_at", "finished_at", "audited_at", "source"]


def test_an_album_is_printed_as_documented(printed: list[dict[str, Any]]) -> None:
    lakes, copies = of_kind(printed, "album")
    failure = {
        "image": 1300,
        "reason": "file",
        "detail": "expired",
        "name": "gone.jpg",
        "url": "https://cdn.example/1300",
        "at": AT,
    }
    expected = {
        "kind": "album",
        "user": USER,
        "id": 111,
        "name": "lakes",
        "pages": 1,
        "fetched_at": AT,
        "images": [1201, 1202, 1303],
        "failures": [failure],
        "source": "site",
    }
    assert lakes == expected
    assert list(lakes) == list(expected)
    assert list(lakes["failures"][0]) == list(failure)
    assert (copies["images"], copies["failures"]) == ([1201], [])


def test_an_image_is_printed_as_documented(printed: list[dict[str, Any]]) -> None:
    lake, _, moving = of_kind(printed, "image")
    assert list(lake) == [
        "kind", "sha256", "bytes", "format", "width", "height", "animated", "orientation",
        "turned", "unsound", "thumb_bytes", "fetched_at", "tags", "hashes", "cnn",
        "sightings", "gone", "related",
    ]  # fmt: skip
    assert list(lake["hashes"]) == [*HASHES]
    assert all(re.fullmatch("[0-9a-f]{16}", code) for code in lake.pop("hashes").values())
    assert isinstance(lake.pop("thumb_bytes"), int)
    where = {"source": "site", "user": USER, "image": 1201, "verdict": "new"}
    assert lake == {
        "kind": "image",
        "sha256": SHA,
        "bytes": len(LAKE),
        "format": "jpg",
        "width": 320,
        "height": 240,
        "animated": False,
        "orientation": 1,
        "turned": False,
        "unsound": None,
        "fetched_at": AT,
        "tags": ["Places/Lakes"],
        "cnn": None,
        "sightings": [
            where | {"album": 111, "name": "1.jpg"},
            where | {"album": 112, "name": "1.jpg"},
        ],
        "gone": [],
        "related": [{"how": "frame of", "sha256": moving["sha256"]}],
    }
    assert list(lake["sightings"][0]) == [
        "user",
        "album",
        "image",
        "name",
        "verdict",
        "source",
    ]
    assert (moving["animated"], moving["format"], moving["sha256"]) == (
        True,
        "gif",
        digest_of(MOVING),
    )


def test_what_is_gone_from_the_site_is_printed_with_its_image_and_counted(
    fapproc: Fapproc, folder: Path
) -> None:
    with Archive.open(folder) as archive:
        user = audit.find_user(archive, user_id=USER, name=None, source=Source.SITE)
        audit.record(
            archive,
            [Observation(1201, Level.LINK, "https://x/photo/1201/")],
            at=AT,
            source=Source.SITE,
        )
        audit.reconcile(archive, user, audit.plan(archive, user), at=AT)
    printed = [
        json.loads(line) for line in fapproc("print", "--json", "-d", folder).stdout.splitlines()
    ]
    lake, *others = of_kind(printed, "image")
    assert lake["gone"] == [
        {"image": 1201, "level": "link", "url": "https://x/photo/1201/", "at": AT}
    ]
    assert list(lake["gone"][0]) == ["image", "level", "url", "at"]
    assert [other["gone"] for other in others] == [[], []]
    assert json.loads(fapproc("stats", "--json", "-d", folder).stdout)["gone"] == 1
    assert "1 image gone from the site\n" in fapproc("stats", "-d", folder).stdout


def test_what_a_second_look_saw_is_printed_with_the_group(fapproc: Fapproc, folder: Path) -> None:
    look = Look(0.93, same=True, mirrored=True, part_of_first=(0.1, 0.1, 0.9, 0.9))
    with Archive.open(folder) as archive, archive.writing() as connection:
        first, second = (images.by_digest(connection, sha) for sha in (SHA, SHA_AGAIN))
        assert first is not None and second is not None
        looks.save(connection, 1, {(first.id, second.id): look})
    lines = fapproc("print", "--json", "-d", folder).stdout.splitlines()
    [group] = of_kind([json.loads(line) for line in lines], "group")
    [seen] = group["looks"]
    assert (seen["a"], seen["b"], seen["same"], seen["score"]) == (SHA, SHA_AGAIN, True, 0.93)
    assert (seen["mirrored"], seen["turned"]) == (True, 0)
    assert seen["part_of_first"] == [0.1, 0.1, 0.9, 0.9]
    assert seen["how"] == ["mirrored", "cropped: b shows 64% of a, its middle"]
    shown = fapproc("show", SHA, "-d", folder).stdout
    assert "mirrored; cropped: that shows 64% of this, its middle" in shown


def test_a_group_is_printed_as_documented(printed: list[dict[str, Any]]) -> None:
    (group,) = of_kind(printed, "group")
    told = ["same", "best", "untold", "looks"]
    assert list(group) == ["kind", "members", "verdicts", "pairs", "to_look", *told]
    assert group["members"] == sorted([SHA, SHA_AGAIN])
    assert group["verdicts"] == {SHA: "keep", SHA_AGAIN: "new"}
    assert group["pairs"]
    for pair in group["pairs"]:
        assert list(pair) == ["method", "a", "b", "score"]
        assert pair["method"] in HASHES
        assert [pair["a"], pair["b"]] == group["members"]
        assert isinstance(pair["score"], int)


def test_a_tag_is_printed_as_documented(printed: list[dict[str, Any]]) -> None:
    assert of_kind(printed, "tag") == [
        {"kind": "tag", "id": 1, "path": "Places", "images": 0},
        {"kind": "tag", "id": 2, "path": "Places/Lakes", "images": 1},
    ]


def test_json_is_the_same_whatever_is_said_of_blobs(fapproc: Fapproc, folder: Path) -> None:
    plain = fapproc("print", "--json", "-d", folder).stdout
    assert fapproc("print", "--json", "--no-blobs", "-d", folder).stdout == plain
    assert fapproc("print", "--json", "--blobs", "-d", folder).stdout == plain


def test_what_was_not_processed_has_no_size_and_no_hashes(fapproc: Fapproc, tmp_path: Path) -> None:
    with Archive.open_or_create(tmp_path) as archive:
        fill(archive, {"lakes": numbered(small(1))})
    lines = fapproc("print", "--json", "-d", tmp_path).stdout.splitlines()
    image = next(entry for line in lines if (entry := json.loads(line))["kind"] == "image")
    absent = ("width", "height", "thumb_bytes", "hashes")
    assert [image[key] for key in absent] == [None] * 4
    assert "not processed" in fapproc("print", "--blobs", "-d", tmp_path).stdout


def test_for_a_person_everything_is_printed_in_lines(fapproc: Fapproc, folder: Path) -> None:
    without = fapproc("print", "-d", folder).stdout
    sizes = r"  [\d.]+ kB \(min [\d.]+ k?B, max [\d.]+ kB, mean [\d.]+ kB with .* deviation\)\n"
    lakes = r"    111: lakes \(3 / 1 / 1 / 20[^)]+\)"
    assert re.search(f"^7700: Ann{sizes}{lakes}{sizes}", without, re.MULTILINE), without
    assert "    none\n" in without
    assert SHA not in without
    fapproc("tag", "create", "Places/Lakes", "-d", folder)
    fapproc("tag", "apply", "Lakes", SHA, "-d", folder)
    blobs = fapproc("print", "--blobs", "-d", folder).stdout
    assert "        2: Lakes (1 image, " in blobs
    assert re.search(
        rf"^{SHA}: jpg, [\d.]+ kB, 320x240, 7700/111/1201 \+ 7700/112/1201 => Places/Lakes$",
        blobs,
        re.MULTILINE,
    )
    assert re.search(r"60x40 animated, 7700/111/1303$", blobs, re.MULTILINE)
    figures = fapproc("stats", "-d", folder).stdout.splitlines()
    assert blobs.splitlines()[-8:] == figures[-8:]


def test_the_figures_are_one_object_as_documented(fapproc: Fapproc, folder: Path) -> None:
    result = fapproc("stats", "--json", "-d", folder)
    assert result.stderr == ""
    (line,) = result.stdout.splitlines()
    found = json.loads(line)
    assert list(found) == FIGURES
    for name in ("bytes", "thumb_bytes", "pixels"):
        assert list(found[name]) == ["total", "min", "max", "mean", "stdev"]
    assert found["duplicates"] == {"images": 2, "groups": 1, "need_action": 1}
    assert found["sealed"] is False
    whole = {key: found[key] for key in FIGURES[2:13]}
    assert whole == {
        "images": 3,
        "animated": 1,
        "users": 1,
        "albums": 2,
        "sightings": 4,
        "exact_duplicates": 1,
        "failures": 1,
        "unsound": 0,
        "gone": 0,
        "oldest_fetch": AT,
        "newest_fetch": AT,
    }


def test_the_figures_are_said_to_a_person_too(fapproc: Fapproc, folder: Path) -> None:
    said = fapproc("stats", "-d", folder).stdout
    assert said.startswith(f"Archive {folder} (open), database ")
    for line in (
        "1 user",
        "3 unique images at 4 places, 1 exact duplicate",
        "1 image could not be fetched or imported",
        "0 images gone from the site",
        "2 images in 1 group of possible duplicates, 1 needs a verdict",
    ):
        assert f"{line}\n" in said


def test_an_empty_archive_is_printed_too(fapproc: Fapproc, tmp_path: Path) -> None:
    Archive.open_or_create(tmp_path).close()
    assert fapproc("print", "--json", "-d", tmp_path).stdout == ""
    assert fapproc("print", "--blobs", "-d", tmp_path).exit_code == 0
    assert json.loads(fapproc("stats", "--json", "-d", tmp_path).stdout)["images"] == 0


def test_a_name_of_the_site_breaks_no_line_and_is_whole_in_json(
    fapproc: Fapproc, tmp_path: Path
) -> None:
    name, path = "Hills\n  \x1b[31mand\u2028lakes \u202e", tmp_path / "odd"
    with Archive.open_or_create(path) as archive:
        fill(archive, {name: [*numbered(small(1)), MISS]})
    lines = fapproc("print", "-d", path).stdout.splitlines()
    (told,) = [line for line in lines if "Hills" in line]
    assert told.startswith(r"    111: Hills\n  \x1b[31mand\u2028lakes \u202e (1 / 1 / ")
    assert not any(line.startswith("  \x1b") for line in lines)
    printed = map(json.loads, fapproc("print", "-d", path, "--json").stdout.split("\n")[:-1])
    assert name in [entry.get("name") for entry in printed]
