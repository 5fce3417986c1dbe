"""What a database of the predecessor holds is in the archive afterwards, and it is as it was."""

import json
import random
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from fapproc.archive import Archive
from fapproc.cli import main
from fapproc.jobs import tagging
from fapproc.jobs.check import check
from fapproc.jobs.judging import set_verdicts, undo
from fapproc.model import Verdict
from tests.beside import SHARED
from tests.holdings import content, given, opened
from tests.legacy.writer import AT, PASSWORD, Old, digest, old_archive
from tests.programs import Home
from tests.shelves import files_below, small

GENUINE = SHARED / "data" / "legacy"
genuine = pytest.mark.skipif(
    not GENUINE.is_dir(), reason="the predecessor's databases are not here"
)


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def printed(folder: Path, password: str | None = None) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    with given(password):
        result = run("print", "--json", "-d", folder)
    assert result.exit_code == 0, result.stderr
    for line in result.stdout.splitlines():
        entry = json.loads(line)
        found.setdefault(entry["kind"], []).append(entry)
    return found


def state(folder: Path, password: str | None = None) -> object:
    """All rows and files, but for row numbers, salts and the times of the import itself."""
    with opened(folder, password) as archive:
        assert check(archive, read_data=True).findings == ()
        rows, files = content(archive)
    told = printed(folder, password)
    apart = [row[:2] for row in rows["different_pair"]]
    return told, files, apart, rows["setting"], rows["vector"]


@genuine
@pytest.mark.parametrize("kind", ["open", "sealed"])
@pytest.mark.parametrize("password", [None, "new one"])
def test_every_figure_of_a_genuine_database_is_found_again(
    kind: str, password: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = json.loads((GENUINE / f"{kind}.json").read_text())
    before = files_below(GENUINE / kind)
    if kind == "sealed":
        monkeypatch.setenv("FAP_LEGACY_PASSWORD", PASSWORD)
    with given(password):
        result = run("import-legacy", GENUINE / kind, "-d", tmp_path / "new")
    assert (result.exit_code, "Error" in result.stderr) == (0, False), result.stderr
    assert files_below(GENUINE / kind) == before
    found = printed(tmp_path / "new", password)
    assert {str(user["id"]): user["name"] for user in found["user"]} == told["users"]
    assert len(found["image"]) == told["blobs"] and len(found["album"]) == told["albums"]
    assert sum(len(image["sightings"]) for image in found["image"]) == told["sightings"]
    assert len(found["group"]) == told["groups"]
    assert {tag["path"]: tag["images"] for tag in found["tag"]} == told["tags"]
    assert sum(len(album["failures"]) for album in found["album"]) == told["failed"]
    assert sum(len(image["gone"]) for image in found["image"]) == told["gone"]
    said = [verdict for group in found["group"] for verdict in group["verdicts"].values()]
    assert sorted(said) == told["verdicts"]
    assert all(len(image["hashes"]) == 4 for image in found["image"])
    assert all(image["mobilenet"] for image in found["image"])
    with given(password):
        assert run("check", "--read-data", "-d", tmp_path / "new").exit_code == 0
    assert (password is None) == (b"SQLite" in (tmp_path / "new/imagefap.database").read_bytes())


@pytest.mark.parametrize("protocol", [4, 5])
@pytest.mark.parametrize("password", [None, PASSWORD])
def test_each_thing_comes_to_its_place(
    password: str | None, protocol: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = old_archive().write(tmp_path / "old", password, protocol)
    if password:
        monkeypatch.setenv("FAP_LEGACY_PASSWORD", password)
    result = run("import-legacy", old, "-d", tmp_path / "new")
    assert result.exit_code == 0, result.stderr
    found = printed(tmp_path / "new")
    albums = {album["id"]: album for album in found["album"]}
    assert albums[111]["images"] == [1003, 1001, 1002]
    assert albums[222]["name"] == "été\x1b]52" and albums[222]["fetched_at"] == AT
    failures = {each["image"]: each for each in albums[111]["failures"]}
    assert failures[1009]["reason"] == "file" and failures[1009]["url"] == "https://x.invalid/9"
    assert (failures[1008]["reason"], failures[1008]["at"]) == ("page", AT + 8)
    images = {image["sha256"]: image for image in found["image"]}
    one, two, five = (images[digest(small(number))] for number in (1, 2, 5))
    places = {(each["album"], each["image"]): each for each in one["sightings"]}
    assert (places[111, 1001]["name"], places[111, 1001]["verdict"]) == ("a.png", "keep")
    assert (places[222, 1001]["name"], places[222, 1001]["verdict"]) == ("b.png", "skip")
    assert (one["width"], one["height"], one["fetched_at"]) == (24, 18, AT)
    assert one["tags"] == ["Water/Lakes"] and two["tags"] == ["Water", "Water/Lakes"]
    gone = {"image": 1002, "level": "file", "url": "https://x.invalid/2", "at": AT}
    assert two["gone"] == [gone]
    assert five["sightings"][0]["source"] == "disk" and five["sightings"][0]["image"] < 2**63
    assert two["hashes"]["percept"] == "0000000100000000"
    verdicts = [sorted(group["verdicts"].values()) for group in found["group"]]
    assert sorted(verdicts) == [["false", "false"], ["keep", "skip"]]
    assert {pair["method"] for pair in found["group"][0]["pairs"]} == {"percept", "cnn"}
    users = {user["name"]: user for user in found["user"]}
    assert users["Ann"]["finished_at"] == AT and users["Ben & Co"]["finished_at"] == 0


def test_what_is_brought_is_processed_compared_and_stays_judged(tmp_path: Path) -> None:
    run("import-legacy", old_archive().write(tmp_path / "old"), "-d", tmp_path / "new")
    assert run("process", "-q", "-d", tmp_path / "new").exit_code == 0
    assert run("check", "-d", tmp_path / "new").exit_code == 0
    assert run("dedup", "-q", "-d", tmp_path / "new").exit_code == 0
    found = printed(tmp_path / "new")
    assert all(image["cnn"] and image["mobilenet"] for image in found["image"])
    assert {tag["path"]: tag["images"] for tag in found["tag"]} == {
        "Water": 1,
        "Water/Lakes": 2,
        "Été": 0,
    }


def test_pictures_that_are_missing_or_changed_are_named_and_all_said_of_them_is_kept(
    tmp_path: Path,
) -> None:
    old = old_archive().write(tmp_path / "old")
    one, two, five = (digest(small(number)) for number in (1, 2, 5))
    kept = (old / "blobs" / f"{one}.png").read_bytes()
    (old / "blobs" / f"{one}.png").unlink()
    (old / "blobs" / f"{two}.png").write_bytes(small(9))
    (old / "blobs" / f"{five}.png").unlink()
    result = run("import-legacy", old, "-d", tmp_path / "new")
    assert result.exit_code == 3
    assert f"{one[:16]}: blobs/{one}.png is missing." in result.stderr
    assert f"blobs/{two}.png is not what was stored" in result.stderr
    images = {image["sha256"]: image for image in printed(tmp_path / "new")["image"]}
    assert images[one]["tags"] == ["Water/Lakes"] and len(images[one]["sightings"]) == 2
    (old / "blobs" / f"{one}.png").write_bytes(kept)
    (old / "blobs" / f"{five}.png").write_bytes(small(5))
    again = run("import-legacy", old, "-d", tmp_path / "new")
    assert again.exit_code == 3 and "2 new images" in again.stdout
    with opened(tmp_path / "new", None) as archive:
        lost = [finding.file.digest for finding in check(archive).findings if finding.file]
    assert lost == [two]
    disk = printed(tmp_path / "new")["album"][0]
    assert len(disk["images"]) == 1 and not disk["failures"]


def test_a_file_that_is_no_picture_is_a_failure_at_its_places(tmp_path: Path) -> None:
    old = Old()
    old.user(7700, "Ann")
    old.album(7700, 111, [1])
    old.picture(b"<html>", {(7700, 111, 1): ("a.png", "new")})
    result = run("import-legacy", old.write(tmp_path / "old"), "-d", tmp_path / "new")
    assert result.exit_code == 3 and "not a picture" in result.stderr
    (failure,) = printed(tmp_path / "new")["album"][0]["failures"]
    assert (failure["reason"], failure["detail"]) == ("damaged", "not-a-picture")


def test_a_dry_run_says_the_same_and_writes_nothing(tmp_path: Path) -> None:
    old = old_archive().write(tmp_path / "old")
    (old / "blobs" / f"{digest(small(3))}.png").unlink()
    dry = run("import-legacy", old, "-d", tmp_path / "new", "--dry-run", "--json")
    assert dry.exit_code == 3 and not (tmp_path / "new").exists()
    wet = run("import-legacy", old, "-d", tmp_path / "new", "--json")
    same = {"dry_run": True, "left": []}
    assert json.loads(dry.stdout) == json.loads(wet.stdout) | same
    known = json.loads(run("import-legacy", old, "-d", tmp_path / "new", "-q", "--json").stdout)
    assert (known["new"], known["known"], known["was_done"]) == (0, 4, True)


def test_what_the_archive_says_itself_stays(tmp_path: Path) -> None:
    old = old_archive()
    with Archive.open_or_create(tmp_path / "new") as archive:
        tagging.create(archive, "Places/water")
    run("import-legacy", old.write(tmp_path / "old"), "-d", tmp_path / "new")
    one, two = digest(small(1)), digest(small(2))
    with opened(tmp_path / "new", None) as archive:
        assert [tag.path for tag in tagging.listed(archive)] == [
            "Places",
            "Places/water",
            "Places/water/Lakes",
            "Été",
        ]
        set_verdicts(archive, one, {one: Verdict.SKIP, two: Verdict.KEEP})
    old.parts["users"][7700]["date_audit"] = AT  # another database, of the same pictures
    shutil.rmtree(tmp_path / "old")
    result = run("import-legacy", old.write(tmp_path / "old"), "-d", tmp_path / "new")
    assert "5 already in the archive" in result.stdout
    with opened(tmp_path / "new", None) as archive:
        assert undo(archive).after.verdicts == {one: Verdict.SKIP, two: Verdict.KEEP}
    assert len(printed(tmp_path / "new")["group"]) == 2


def test_what_a_person_has_deleted_or_told_apart_since_does_not_come_back(tmp_path: Path) -> None:
    old, new = old_archive().write(tmp_path / "old"), tmp_path / "new"
    run("import-legacy", old, "-d", new)
    members = [set(group["members"]) for group in printed(new)["group"]]
    doomed = digest(small(1))
    [apart] = [sorted(each) for each in members if doomed not in each]
    with opened(new, None) as archive:
        set_verdicts(archive, apart[0], dict.fromkeys(apart, Verdict.FALSE))
    assert run("delete", doomed, "-d", new, "--yes").exit_code == 0
    before = state(new)
    assert run("import-legacy", old, "-d", new).exit_code in {0, 3}
    assert state(new) == before


def test_what_makes_no_sense_of_one_thing_is_told_and_the_rest_comes(tmp_path: Path) -> None:
    old = old_archive()
    old.parts["users"]["x"] = {"name": "No", "date_albums": 0}
    old.parts["favorites"][9999] = {5: {"name": "lone", "images": [1], "failed_images": set()}}
    old.parts["blobs"]["zz"] = {"loc": {}}
    old.parts["blobs"][digest(small(2))]["loc"][7700, 111, 1002] = ("x", "false")
    old.parts["tags"][4] = {"name": "a\nb/c", "tags": {}}
    old.parts["tags"][5] = {"name": "WATER", "tags": {}}
    result = run("import-legacy", old.write(tmp_path / "old"), "-d", tmp_path / "new")
    assert result.exit_code == 0
    for words in ("User x", "Album 9999/5", "Image zz", "A place of image", "'a_b_c'", "'WATER'"):
        assert words in result.stderr, words
    found = printed(tmp_path / "new")
    assert len(found["image"]) == 5 and len(found["user"]) == 3
    assert [tag["path"] for tag in found["tag"]] == ["a_b_c", "Water", "Water/Lakes", "Été"]


def test_a_wrong_password_is_12_and_none_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = old_archive().write(tmp_path / "old", PASSWORD)
    for given_ in ("wrong", None):
        if given_:
            monkeypatch.setenv("FAP_LEGACY_PASSWORD", given_)
        result = run("import-legacy", old, "-d", tmp_path / "new")
        assert result.exit_code == 12 and not (tmp_path / "new").exists()
        assert "FAP_LEGACY_PASSWORD" in result.stderr or "does not open" in result.stderr


def test_other_folders_are_told_from_old_ones(tmp_path: Path) -> None:
    old = old_archive().write(tmp_path / "old")
    Archive.open_or_create(tmp_path / "ours").close()
    database = tmp_path / "packed" / "imagefap.database"
    database.parent.mkdir()
    for folder, code, words in [
        (tmp_path / "none", 10, "No database of fapfavorites 2.0"),
        (tmp_path / "ours", 2, "holds an archive of this program"),
        ("", 2, "Name the folder"),
    ]:
        result = run("import-legacy", folder, "-d", tmp_path / "new")
        assert result.exit_code == code and words in result.stderr
    for head in (b"\x1f\x8b\x08\0", b"BZh91", b"x\x9c\x01"):
        database.write_bytes(head * 9)
        result = run("import-legacy", database.parent, "-d", tmp_path / "new")
        assert result.exit_code == 13 and "it is compressed" in result.stderr
    for target in (old, old / "inner"):
        result = run("import-legacy", old, "-d", target)
        assert result.exit_code == 2 and "left as it is" in result.stderr
    assert not (tmp_path / "new").exists() and not (old / "inner").exists()


def test_an_import_that_is_killed_goes_on_to_the_same_end(tmp_path: Path) -> None:
    many = old_archive()
    more = range(3000, 3100)
    many.album(7700, 333, more, name="more")
    for number in more:
        many.picture(small(number), {(7700, 333, number): (f"{number}.png", "new")}, tags=[3])
    old = many.write(tmp_path / "old")
    whole = Home(tmp_path / "whole")
    steps = whole.steps("import-legacy", str(old), "-q")
    expected = state(whole.archive)
    chance = random.Random(9)
    met: Counter[bool] = Counter()
    for number in range(2):
        home = Home(tmp_path / f"killed-{number}")
        for _ in range(2):
            met[
                home.killed_before(chance.randint(steps // 8, steps), "import-legacy", str(old))
            ] += 1
            if (home.archive / "archive.json").exists():
                with opened(home.archive, None) as archive:
                    assert check(archive, read_data=True).findings == ()
        home.done("import-legacy", str(old), "-q")
        assert state(home.archive) == expected
    assert met[True] > 1
