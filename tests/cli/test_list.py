import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from fapproc.archive import Archive
from fapproc.cli import main
from fapproc.db import grids
from fapproc.db.selected import Chosen
from fapproc.selections.selection import Selection
from fapproc.selections.view import Order
from fapproc.vault.store import digest_of
from tests.cli.conftest import LAKE, LAKE_AGAIN, MOVING, Fapproc
from tests.shelves import AT, blob, fill, numbered, photo

A, B, C = digest_of(LAKE), digest_of(LAKE_AGAIN), digest_of(MOVING)
SIZES = {digest_of(each): len(each) for each in (LAKE, LAKE_AGAIN, MOVING)}


def digests(fapproc: Fapproc, folder: Path, *chosen: object) -> list[str]:
    result = fapproc("list", *chosen, "--digests", "-d", folder)
    assert result.exit_code == 0, result.stderr
    return result.stdout.splitlines()


def test_all_images_are_listed_with_names_and_places_in_the_order_of_arrival(
    fapproc: Fapproc, folder: Path
) -> None:
    lines = fapproc("list", "-d", folder).stdout.splitlines()
    assert [line[:16] for line in lines] == [A[:16], B[:16], C[:16]]
    assert lines[0].endswith("320x240  1.jpg (Ann / lakes) + 1.jpg (Ann / copies)")
    assert "été.gif (Ann / lakes) animated" in lines[2]


def test_images_are_listed_as_json_with_names_of_users_and_albums(
    fapproc: Fapproc, folder: Path
) -> None:
    fapproc("tag", "create", "Places/Lakes", "-d", folder)
    fapproc("tag", "apply", "Lakes", A, "-d", folder)
    (line,) = fapproc("list", A[:4], "--json", "-d", folder).stdout.splitlines()
    assert json.loads(line) == {
        "kind": "image",
        "sha256": A,
        "bytes": len(LAKE),
        "format": "jpg",
        "width": 320,
        "height": 240,
        "animated": False,
        "turned": False,
        "unsound": None,
        "fetched_at": AT,
        "tags": ["Places/Lakes"],
        "sightings": [
            {
                "user": 7700,
                "user_name": "Ann",
                "album": 111,
                "album_name": "lakes",
                "image": 1201,
                "name": "1.jpg",
                "verdict": "new",
                "source": "site",
            },
            {
                "user": 7700,
                "user_name": "Ann",
                "album": 112,
                "album_name": "copies",
                "image": 1201,
                "name": "1.jpg",
                "verdict": "new",
                "source": "site",
            },
        ],
    }


def test_images_are_chosen_by_every_option_and_each_narrows_the_choice(
    fapproc: Fapproc, folder: Path
) -> None:
    fapproc("tag", "create", "Places/Lakes", "-d", folder)
    fapproc("tag", "apply", "Lakes", A, B, "-d", folder)
    fapproc("tag", "apply", "Places", C, "-d", folder)
    assert digests(fapproc, folder, B[:6].upper(), C[:4]) == [B, C]
    assert digests(fapproc, folder, "--user", "ANN", "--album", "Copies") == [A]
    assert digests(fapproc, folder, "--album", "111", "--query", "format=gif") == [C]
    assert digests(fapproc, folder, "--tag", "places") == [A, B, C]
    assert digests(fapproc, folder, "--tag-only", "places") == [C]
    assert digests(fapproc, folder, "--tag", "places", "--tag-only") == [C]
    assert digests(fapproc, folder, "--tag", "places", "--query", "not-tag=lakes") == [C]


def test_digests_come_from_a_file_or_from_standard_input(
    fapproc: Fapproc, folder: Path, tmp_path: Path
) -> None:
    listed = tmp_path / "listed.txt"
    listed.write_text(f"{C[:9].upper()}  some name\n\n{A}\n")
    assert digests(fapproc, folder, "--in", listed) == [A, C]
    nulls = fapproc("list", "-0", "-d", folder).stdout
    assert nulls == f"{A}\0{B}\0{C}\0"
    read = CliRunner().invoke(main, ["list", "--in", "-", "--digests", "-d", str(folder)], nulls)
    assert read.stdout.splitlines() == [A, B, C]
    listed.write_text("")
    assert digests(fapproc, folder, "--in", listed) == []


@pytest.mark.parametrize("rubbish", ["/dev/urandom", "/dev/zero", "one long line"])
def test_what_is_no_list_of_digests_or_has_no_end_is_refused_and_not_read_whole(
    rubbish: str, fapproc: Fapproc, folder: Path, tmp_path: Path
) -> None:
    listed = Path(rubbish)
    if not rubbish.startswith("/"):
        listed = tmp_path / "listed.txt"
        listed.write_bytes(b"a" * 10_000_000)
    result = fapproc("list", "--in", listed, "-d", folder)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"Error: {listed} is no list of digests. Name a file with a digest a line, or - for "
        "standard input.\n"
    )


def test_a_long_list_with_other_lines_between_is_read_to_its_end(
    fapproc: Fapproc, folder: Path, tmp_path: Path
) -> None:
    listed = tmp_path / "listed.txt"
    listed.write_bytes(f"{A}  lake.jpg\r\n\r\n".encode() * 3_000 + B.encode())
    assert digests(fapproc, folder, "--in", listed) == [A, B]


def test_a_line_that_is_no_image_stops_no_other_and_is_code_3(
    fapproc: Fapproc, folder: Path, tmp_path: Path
) -> None:
    listed = tmp_path / "listed.txt"
    listed.write_text(f"{A}\nlake.jpg\n{'0' * 64}\n{B[:8]}\n")
    result = fapproc("list", "--in", listed, "--digests", "-d", folder)
    assert (result.exit_code, result.stdout.splitlines()) == (3, [A, B])
    assert result.stderr.count("Passed over: ") == 2
    fapproc("tag", "create", "Lakes", "-d", folder)
    result = fapproc("tag", "apply", "Lakes", "--in", listed, "-d", folder)
    assert (result.exit_code, result.stdout) == (3, "2 images tagged with Lakes.\n")


@pytest.mark.parametrize(
    ("chosen", "code", "says"),
    [
        (("0000",), 1, "No image whose digest begins with 0000"),
        (("lake",), 2, "is not a digest"),
        (("--user", "Bob"), 1, "no user 'Bob'"),
        (("--album", "seas"), 1, "no album 'seas'"),
        (("--tag", "seas"), 1, "no tag 'seas'"),
        (("--query", "colour=red"), 2, "No images can be chosen by 'colour'"),
        (("--query", "format"), 2, "Write it like format=jpg"),
        (("--query", "portrait"), 2, "like portrait=no; the values are no, any, only."),
        (("--query", "pictures"), 2, "Write it like format=jpg."),
        (("--in", "not-there.txt"), 2, "can't be read: No such file"),
    ],
)
def test_what_can_not_be_meant_is_one_sentence(
    fapproc: Fapproc, folder: Path, chosen: tuple[str, ...], code: int, says: str
) -> None:
    for command in (("list",), ("path",), ("show",), ("tag", "apply", "x")):
        fapproc("tag", "create", "x", "-d", folder)
        result = fapproc(*command, *chosen, "-d", folder)
        assert (result.exit_code, result.stdout) == (code, "")
        assert says in result.stderr and result.stderr.count("\n") == 1


@pytest.mark.parametrize("command", [("path",), ("show",), ("tag", "apply", "x")], ids=str)
def test_a_command_that_acts_wants_to_be_told_on_what(
    fapproc: Fapproc, folder: Path, command: tuple[str, ...]
) -> None:
    result = fapproc(*command, "-d", folder)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "No images were chosen" in result.stderr


def test_the_path_of_an_image_is_where_its_file_lies(fapproc: Fapproc, folder: Path) -> None:
    with Archive.open(folder) as archive:
        at = [str(blob(archive, data)) for data in (LAKE, MOVING)]
    assert fapproc("path", A, C, "-d", folder).stdout.splitlines() == at
    assert fapproc("path", C, "-0", "-d", folder).stdout == f"{at[1]}\0"
    (thumb,) = fapproc("path", A, "--thumbs", "-d", folder).stdout.splitlines()
    assert "/thumbs/" in thumb and Path(thumb).is_file()


def test_all_that_is_known_of_an_image_is_shown(fapproc: Fapproc, folder: Path) -> None:
    fapproc("tag", "create", "Places/Lakes", "-d", folder)
    fapproc("tag", "apply", "Lakes", A, "-d", folder)
    shown = fapproc("show", A[:8], "-d", folder).stdout
    for part in (
        A,
        "jpg, ",
        "320x240",
        f"blobs{os.sep}",
        "Ann (7700) / lakes (111): 1.jpg (1201)",
        "Ann (7700) / copies (112): 1.jpg (1201)",
        "tags: Places/Lakes",
        "duplicates: new, in a group with 1 other",
        f"{B[:16]} new",
        "percept ",
        "cnn ",
    ):
        assert part in shown
    (line,) = fapproc("show", A, "--json", "-d", folder).stdout.splitlines()
    told = json.loads(line)
    assert told["sha256"] == A and told["group"]["members"] == sorted([A, B])
    assert [place["album_name"] for place in told["sightings"]] == ["lakes", "copies"]
    assert Path(told["file"]).is_file()


def test_a_name_commands_no_terminal(fapproc: Fapproc, tmp_path: Path) -> None:
    with Archive.open_or_create(tmp_path / "archive") as archive:
        fill(archive, {"evil\x1b]52;c;x\x07": numbered(photo(1))})
        folder = archive.folder
    for command in ("list", "show"):
        shown = fapproc(command, "--user", "ann", "-d", folder).stdout
        assert "\x1b" not in shown and "\\x1b]52" in shown
    assert digests(fapproc, folder, "--album", "evil\x1b]52;c;x\x07") == [digest_of(photo(1))]


TAKING = [
    ("list",),
    ("path",),
    ("show",),
    ("tag", "apply", "x"),
    ("tag", "clear", "x"),
    ("verdict", "list"),
    ("verdict", "set", "keep"),
    ("verdict", "auto", "--rule", "best", "--dry-run"),
    ("export", "--dry-run"),
    ("delete", "--dry-run"),
]


@pytest.mark.parametrize("command", TAKING, ids=" ".join)
def test_all_is_said_in_so_many_words_alike_everywhere(
    fapproc: Fapproc, folder: Path, command: tuple[str, ...]
) -> None:
    fapproc("tag", "create", "x", "-d", folder)
    result = fapproc(*command, "--all", "-d", folder)
    told = result.stdout + result.stderr
    assert result.exit_code in {0, 3} and "No images" not in told  # 3: one of them is in no group
    for chosen in (("--query", "portrait=any"), ("--query", "dup=1", "--query", "gone=any")):
        result = fapproc(*command, *chosen, "-d", folder)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "chooses every image. Say --all for all images" in result.stderr
    result = fapproc(*command, "--all", "--user", "ann", "-d", folder)
    assert (result.exit_code, result.stdout) == (2, "")
    assert digests(fapproc, folder, "--album", "lakes", "--query", "portrait=any") == [A, B, C]


def test_every_picture_is_exported_by_one_word(
    fapproc: Fapproc, folder: Path, tmp_path: Path
) -> None:
    assert fapproc("export", "--all", "-d", folder, "-o", tmp_path / "out").exit_code == 0
    assert {path.name for path in (tmp_path / "out" / "Ann" / "lakes").iterdir()} == {
        "1.jpg",
        "2.jpg",
        "été.gif",
    }


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("album", [A, B, C]),
        ("date", [C, B, A]),
        ("size", sorted([A, B, C], key=lambda each: -SIZES[each])),
        ("name", [A, B, C]),
        ("pixels", [B, A, C]),
    ],
)
def test_images_are_listed_in_the_orders_of_the_viewer_and_only_the_first_if_wanted(
    fapproc: Fapproc, folder: Path, order: str, expected: list[str]
) -> None:
    assert digests(fapproc, folder, "--sort", order) == expected
    assert digests(fapproc, folder, "--sort", order, "--limit", 2) == expected[:2]
    with Archive.open(folder) as archive, archive.reading() as connection:
        grid = grids.of(connection, Chosen(Selection()), Order(order))
        shown = grids.keys_from(connection, grid, limit=9)
    assert shown == [[A, B, C].index(each) + 1 for each in expected]


def test_an_order_by_chance_is_the_same_each_time_if_it_is_numbered(
    fapproc: Fapproc, folder: Path
) -> None:
    one, again = (digests(fapproc, folder, "--sort", "random(7)") for _ in range(2))
    assert one == again and sorted(one) == sorted([A, B, C])
    assert digests(fapproc, folder, "--limit", 1) == [A]
    refused = fapproc("list", "--sort", "weight", "-d", folder)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "Write one of these: album, date" in refused.stderr


def test_a_bar_in_a_tags_name_is_no_step_for_lightroom_and_that_is_told(
    fapproc: Fapproc, folder: Path, tmp_path: Path
) -> None:
    fapproc("tag", "create", "Sea|Side/Cliffs", "-d", folder)
    fapproc("tag", "apply", "Cliffs", A, "-d", folder)
    result = fapproc("export", "--sidecar", "xmp", "-o", tmp_path / "out", "-d", folder)
    assert result.exit_code == 0 and "the field for it has ¦ there" in result.stderr
    (beside,) = (tmp_path / "out").rglob("*.xmp")
    text = beside.read_text()
    assert "<rdf:li>Sea¦Side|Cliffs</rdf:li>" in text and "<rdf:li>Sea|Side/Cliffs</rdf:li>" in text


@pytest.mark.parametrize(
    "line",
    [
        ("list", "--user", "{}"),
        ("list", "--album", "{}"),
        ("list", "--tag", "{}"),
        ("list", "--query", "{}"),
        ("list", "--query", "{}=1"),
        ("list", "--query", "size={}"),
        ("list", "--query", "portrait={}"),
        ("list", "--sort", "{}"),
        ("show", "{}"),
        ("tag", "rename", "{}", "Lakes"),
        ("config", "set", "{}", "1"),
        ("dedup", "--rule", "{}"),
    ],
    ids=" ".join,
)
def test_a_long_name_is_not_repeated_whole(
    fapproc: Fapproc, folder: Path, line: tuple[str, ...]
) -> None:
    result = fapproc(*(word.format(3000 * "x") for word in line), "-d", folder)
    assert result.exit_code in {1, 2}
    assert 100 * "x" in result.stderr and len(result.stderr) < 1200
