import json
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from fapproc import cli
from fapproc.archive import Archive
from fapproc.cli import TOPICS, main
from fapproc.description import FILE
from fapproc.jobs import derive
from fapproc.ours import DATABASE
from fapproc.vault.store import digest_of
from tests.cli.conftest import LAKE, LAKE_AGAIN, MOVING, Fapproc
from tests.jobs.test_export import exported
from tests.shelves import blob, cut, files_below, fill, flip, numbered, photo, small

SHA = digest_of(LAKE)
NEEDS_AN_ARCHIVE = [
    ("process",),
    ("dedup",),
    ("stats",),
    ("print",),
    ("export",),
    ("tag", "list"),
    ("tag", "create", "a"),
    ("tag", "apply", "a", SHA),
    ("list",),
    ("show", SHA),
    ("path", SHA),
    ("verdict", "list"),
    ("verdict", "set", "keep", SHA),
    ("log",),
    ("undo",),
    ("delete", SHA, "--yes"),
    ("config", "set", "percept", "3"),
]
each_command = pytest.mark.parametrize("command", NEEDS_AN_ARCHIVE, ids=lambda c: " ".join(c[:2]))


def sentence(stderr: str) -> str:
    """The one line that a person sees of an error."""
    assert re.fullmatch(r"Error: .*\.\n", stderr), stderr
    return stderr.removeprefix("Error: ")


def all_commands(group: click.Command, name: str = "") -> list[tuple[str, click.Command]]:
    if not isinstance(group, click.Group):
        return [(name, group)]
    found: list[tuple[str, click.Command]] = [(name, group)]
    context = click.Context(group)
    for each in group.list_commands(context):
        command = group.get_command(context, each)
        assert command
        found += all_commands(command, f"{name} {each}".strip())
    return found


def test_every_command_says_in_its_first_line_what_it_does(fapproc: Fapproc) -> None:
    for name, command in all_commands(main):
        assert command.help and re.match(r"\s*[A-Z].*?[.:]", command.help), name
        helped = fapproc(*name.split(), "--help")
        assert helped.exit_code == 0
        assert helped.stdout.startswith("Usage: ")
        assert helped.stderr == ""


def test_help_calls_no_value_by_its_type() -> None:
    """`--port PORT` says what is meant, `--port INTEGER` what it is made of."""
    for name, command in all_commands(main):
        context = click.Context(command)
        for option in command.get_params(context):
            shown = option.make_metavar(context)
            assert not re.search("TEXT|INTEGER|FLOAT|RANGE", shown), (name, option.name, shown)


def test_help_lists_all_commands_in_the_order_of_the_work(fapproc: Fapproc) -> None:
    listed = re.findall(r"^  (\w[\w-]*)  ", fapproc("-h").stdout, re.MULTILINE)
    assert listed == [name for names in TOPICS.values() for name in names]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("impor", "'import'"),
        ("dedupe", "'dedup'"),
        ("rea", "'read'"),
        ("READ", "'read'"),
        ("undoo", "'undo'"),
    ],
)
def test_a_misspelled_command_is_refused_with_the_one_that_is_meant(
    fapproc: Fapproc, typed: str, meant: str
) -> None:
    refused = fapproc(typed)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert f"No such command '{typed}'." in refused.stderr and meant in refused.stderr


def test_a_misspelled_command_of_a_group_is_refused_in_the_same_way(fapproc: Fapproc) -> None:
    refused = fapproc("tag", "CREATE")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "No such command 'CREATE'." in refused.stderr and "'create'" in refused.stderr


@pytest.mark.parametrize("words", [(), ("read",), ("tag",), ("tag", "apply")])
def test_help_before_a_command_is_the_same_as_behind_it(
    fapproc: Fapproc, words: tuple[str, ...]
) -> None:
    told = fapproc(*words, "--help").stdout
    for asked in (fapproc("help", *words), fapproc("-d", "somewhere", "help", *words)):
        assert (asked.exit_code, asked.stdout) == (0, told)


def test_the_version_is_told(fapproc: Fapproc) -> None:
    assert re.fullmatch(r"fapproc, version [\d.]+\n", fapproc("--version").stdout)


@each_command
def test_where_no_archive_is_the_code_is_10(
    fapproc: Fapproc, tmp_path: Path, command: tuple[str, ...]
) -> None:
    result = fapproc(*command, "-d", tmp_path / "none")
    assert (result.exit_code, result.stdout) == (10, "")
    assert "No archive in" in sentence(result.stderr)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("line", ["list --limit", "log --number"])
@pytest.mark.parametrize("number", ["0", "-1", "99999999999999999999"])
def test_a_number_out_of_bounds_is_a_sentence_and_2(
    line: str, number: str, fapproc: Fapproc, tmp_path: Path
) -> None:
    Archive.open_or_create(tmp_path).close()
    result = fapproc(*line.split(), number, "-d", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is not in the range 1<=x<=1000000000" in result.stderr


def test_nothing_and_a_file_are_no_folder_of_an_archive(fapproc: Fapproc, tmp_path: Path) -> None:
    nothing = fapproc("stats", "-d", "")
    assert (nothing.exit_code, nothing.stdout) == (2, "")
    assert "was given as nothing" in sentence(nothing.stderr)
    (tmp_path / "film.mkv").write_bytes(b"film")
    file = fapproc("stats", "-d", tmp_path / "film.mkv")
    assert (file.exit_code, file.stdout) == (10, "")
    assert "film.mkv is a file, and an archive is a folder" in sentence(file.stderr)


def test_the_database_of_the_predecessor_is_code_10_for_import_too(
    fapproc: Fapproc, tmp_path: Path
) -> None:
    (tmp_path / DATABASE).write_bytes(b"\x80\x04\x95")
    before = files_below(tmp_path)
    result = fapproc("import", tmp_path, "-d", tmp_path)
    assert result.exit_code == 10
    assert "import-legacy" in sentence(result.stderr)
    assert files_below(tmp_path) == before


@each_command
def test_a_password_is_code_12(
    fapproc: Fapproc, folder: Path, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAP_PASSWORD", "x")
    result = fapproc(*command, "-d", folder)
    assert (result.exit_code, result.stdout) == (12, "")
    assert "is not sealed: new pictures would be stored unencrypted" in sentence(result.stderr)


def test_a_newer_archive_is_code_10_and_an_edited_one_13(fapproc: Fapproc, folder: Path) -> None:
    values = json.loads((folder / FILE).read_text())
    for change, code in [({"format": 2}, 10), ({"files": "/"}, 13), ({"suite": "x"}, 13)]:
        (folder / FILE).write_text(json.dumps(values | change))
        result = fapproc("stats", "-d", folder)
        assert result.exit_code == code
        sentence(result.stderr)


def test_a_damaged_database_is_code_13(fapproc: Fapproc, folder: Path) -> None:
    (folder / DATABASE).write_bytes(b"not a database at all" * 500)
    result = fapproc("stats", "-d", folder)
    assert (result.exit_code, result.stdout) == (13, "")
    assert "Restore it from a copy" in sentence(result.stderr)


@pytest.mark.parametrize("option", ["-d", "--dir", "--archive"])
def test_the_archive_is_named_by_any_of_three_options(
    fapproc: Fapproc, folder: Path, option: str
) -> None:
    assert fapproc("stats", option, folder).exit_code == 0


def test_the_archive_is_named_by_the_environment_and_an_option_wins(
    fapproc: Fapproc, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAP_ARCHIVE", str(folder))
    assert fapproc("stats").exit_code == 0
    assert fapproc("stats", "-d", tmp_path / "none").exit_code == 10


def test_a_tilde_in_an_option_is_the_home_folder(fapproc: Fapproc, home: Path) -> None:
    Archive.open_or_create(home / "mine").close()
    assert fapproc("stats", "-d", "~/mine").exit_code == 0
    assert fapproc("stats", "-d", "~no-such-person/mine").exit_code == 2


def test_two_different_archives_are_code_2_and_the_same_one_twice_is_not(
    fapproc: Fapproc, folder: Path, tmp_path: Path
) -> None:
    result = fapproc("stats", "-d", folder, "--archive", tmp_path)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Two archives were named" in sentence(result.stderr)
    assert fapproc("stats", "-d", folder, "--dir", f"{folder}/").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [("no-such-command",), ("stats", "--no-such-option"), ("tag", "apply"), ("import",)],
)
def test_arguments_that_are_not_known_are_code_2(
    fapproc: Fapproc, arguments: tuple[str, ...]
) -> None:
    result = fapproc(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Usage: " in result.stderr and "Traceback" not in result.stderr


@pytest.mark.parametrize("setting", [("FAP_DOWNLOAD_DELAY", "soon"), ("SITE_ROOT", "here")])
def test_a_setting_that_can_not_be_is_code_2(
    fapproc: Fapproc, setting: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(*setting)
    result = fapproc("stats")
    assert result.exit_code == 2
    sentence(result.stderr)


def test_pictures_are_imported_and_what_is_none_is_code_3(fapproc: Fapproc, tmp_path: Path) -> None:
    source, folder = tmp_path / "from", tmp_path / "archive"
    source.mkdir()
    (source / "a.png").write_bytes(small(1))
    result = fapproc("import", source, "-d", folder)
    assert result.exit_code == 0
    assert result.stderr.startswith("Warning: no password was given, so the new archive is open")
    assert result.stdout.startswith("1 album: 1 new picture (")
    assert result.stderr.endswith(
        f"Next: 'fapproc process -d {folder}', then 'fapproc dedup -d {folder}' and 'fapproc run "
        f"-d {folder}'.\n"
    )
    (source / "liar.jpg").write_bytes(b"text")
    result = fapproc("import", source, "-d", folder, "--name", "Mine", "-q")
    assert (result.exit_code, result.stderr) == (3, "")
    assert (
        "0 new pictures (0 B), 1 already in the archive, 1 failed; 0 other files" in result.stdout
    )
    told = fapproc("failures", "-d", folder)
    assert told.stderr == (  # no site can be asked for it
        "1 file could not be imported. Put better files in their places, and import the folder "
        "again.\n"
    )
    assert fapproc("import", tmp_path / "none", "-d", folder).exit_code == 1


def test_import_makes_no_archive_when_there_is_nothing_to_import_from(
    fapproc: Fapproc, tmp_path: Path
) -> None:
    result = fapproc("import", tmp_path / "none", "-d", tmp_path / "archive")
    assert result.exit_code == 1
    assert "There is no folder" in sentence(result.stderr)
    assert not (tmp_path / "archive").exists()


def test_import_refuses_its_own_archive_and_another_that_is_named(
    fapproc: Fapproc, folder: Path, tmp_path: Path
) -> None:
    """Half of what came from a backup were thumbnails, and from the own folder nothing came."""
    pictures = tmp_path / "pictures"
    (pictures / "lakes").mkdir(parents=True)
    (pictures / "lakes" / "a.png").write_bytes(small(1))
    for source, archive in [
        (pictures, pictures),
        (pictures / "lakes", pictures),
        (folder, folder),
        (folder / "blobs", folder),
    ]:
        for more in ([], ["--dry-run"], ["--all"]):
            result = fapproc("import", source, "-d", archive, *more)
            assert (result.exit_code, result.stdout) == (2, "")
            assert "the archive's own folder, or in it. Name the" in sentence(result.stderr)
    assert {each.name for each in pictures.iterdir()} == {"lakes"}
    result = fapproc("import", folder, "-d", tmp_path / "other")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "holds an archive. Name it with -d" in sentence(result.stderr)
    assert not (tmp_path / "other").exists()
    result = fapproc("import", folder, "-d", tmp_path / "other", "--all")
    assert result.exit_code == 0 and "0 new pictures" not in result.stdout


def test_an_archive_that_can_not_be_made_is_code_1(fapproc: Fapproc, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "from").mkdir()
    result = fapproc("import", tmp_path / "from", "-d", tmp_path / "file")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "can't be made" in sentence(result.stderr)


def test_process_says_when_libraries_make_other_hashes_and_makes_them_again(
    fapproc: Fapproc, tmp_path: Path
) -> None:
    with Archive.open_or_create(tmp_path) as archive:
        fill(archive, {"lakes": numbered(small(1), small(2))})
        derive.derive(archive)
        with archive.writing() as connection:
            connection.exec_driver_sql("UPDATE encoder SET version = '0-f pillow-12.1'")
    said = fapproc("process", "-d", tmp_path).stdout.splitlines()
    assert said[0].startswith(
        "The hashes of 2 images were made by other libraries (0-f pillow-12.1)"
    )
    assert said[1:] == ["2 images processed, 0 failed."]
    assert fapproc("process", "-d", tmp_path).stdout == "0 images processed, 0 failed.\n"


TRUNCATED = "it can't be decoded to its end, so it is kept as unsound"


def test_processing_tells_what_it_did_and_failed_pictures_are_code_3(
    fapproc: Fapproc, tmp_path: Path
) -> None:
    with Archive.open_or_create(tmp_path) as archive:
        fill(archive, {"lakes": numbered(small(1), cut(photo(1)))})
    result = fapproc("process", "-d", tmp_path)
    assert (result.exit_code, result.stdout) == (3, "1 image processed, 1 failed.\n")
    assert result.stderr.splitlines() == [
        f"Failed: {digest_of(cut(photo(1)))[:16]} 2.jpg (Ann / lakes): {TRUNCATED}.",
        f"'fapproc failures -d {tmp_path}' lists what failed.",
        f"Next: 'fapproc dedup -d {tmp_path}' finds possible duplicates.",
    ]
    result = fapproc("process", "-d", tmp_path, "-q")
    assert result.stderr == ""
    assert (result.exit_code, result.stdout) == (0, "0 images processed, 0 failed.\n")


def test_an_unsound_picture_is_kept_told_and_exported_with_a_warning(
    fapproc: Fapproc, tmp_path: Path
) -> None:
    broken = cut(photo(1))
    with Archive.open_or_create(tmp_path) as archive:
        fill(archive, {"lakes": numbered(small(1), broken)})
    assert fapproc("process", "-d", tmp_path).exit_code == 3
    printed = [
        json.loads(line) for line in fapproc("print", "--json", "-d", tmp_path).stdout.splitlines()
    ]
    [album] = [each for each in printed if each["kind"] == "album"]
    assert album["images"] == [1201, 1202]
    [failure] = album["failures"]
    assert (failure["image"], failure["reason"]) == (1202, "damaged")
    assert failure["detail"] == "truncated"
    unsound = {each["sha256"]: each["unsound"] for each in printed if each["kind"] == "image"}
    assert unsound == {digest_of(small(1)): None, digest_of(broken): "truncated"}
    figures = json.loads(fapproc("stats", "--json", "-d", tmp_path).stdout)
    assert (figures["images"], figures["failures"], figures["unsound"]) == (2, 1, 1)
    counted = fapproc("stats", "-d", tmp_path).stdout
    assert (
        "\n0 images could not be fetched or imported\n1 image kept but can't be shown in full"
        in counted
    )
    listed = fapproc("failures", "--json", "-d", tmp_path).stdout
    assert json.loads(listed)["kept"] is True
    told = fapproc("failures", "-d", tmp_path)
    assert "kept as it is" in told.stdout
    assert told.stderr == "1 image kept but unsound. --retry asks the site for it again.\n"
    assert "unsound: truncated" in fapproc("print", "--blobs", "-d", tmp_path).stdout
    fapproc("tag", "create", "lakes", "-d", tmp_path)
    fapproc("tag", "apply", "lakes", digest_of(broken), "-d", tmp_path)
    exported = fapproc("export", "-d", tmp_path)
    assert exported.exit_code == 0
    assert "Warning: tag_export/lakes/2.jpg is exported as it is" in exported.stderr
    assert "it can't be decoded to its end" in exported.stderr
    assert (tmp_path / "tag_export/lakes/2.jpg").read_bytes() == broken
    said = fapproc("dedup", "--explain", digest_of(broken), digest_of(small(1)), "-d", tmp_path)
    assert "unsound, so not compared" in said.stdout + said.stderr


def test_a_check_finds_nothing_wrong_with_an_unsound_picture_and_makes_its_thumbnail_again(
    fapproc: Fapproc, tmp_path: Path
) -> None:
    seen = photo(2)[:-600] + b"\xff\xd9"
    with Archive.open_or_create(tmp_path) as archive:
        fill(archive, {"lakes": numbered(cut(photo(1)), seen)})
    assert fapproc("process", "-d", tmp_path).exit_code == 3
    assert fapproc("check", "--read-data", "-d", tmp_path).exit_code == 0
    [thumb] = [file for file in tmp_path.glob("thumbs/*/*") if digest_of(seen) in file.name]
    before = thumb.read_bytes()
    thumb.unlink()
    assert fapproc("check", "-d", tmp_path).exit_code == 13
    assert fapproc("check", "--repair", "-d", tmp_path).exit_code == 0
    assert thumb.read_bytes() == before
    assert fapproc("check", "--read-data", "--repair", "-d", tmp_path).exit_code == 0
    assert fapproc("process", "-d", tmp_path).stdout == "0 images processed, 0 failed.\n"
    kept = {digest_of(file.read_bytes()) for file in tmp_path.glob("blobs/*/*")}
    assert kept == {digest_of(cut(photo(1))), digest_of(seen)}
    figures = json.loads(fapproc("stats", "--json", "-d", tmp_path).stdout)
    assert (figures["images"], figures["unsound"]) == (2, 2)


def test_pictures_that_this_machine_can_t_process_now_are_told_and_are_code_3(
    fapproc: Fapproc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Archive.open_or_create(tmp_path) as archive:
        fill(archive, {"lakes": numbered(photo(1))})
    monkeypatch.setattr(derive, "SECONDS", 0.001)
    monkeypatch.setattr(derive, "SECONDS_ALONE", 0.001)
    result = fapproc("process", "-d", tmp_path)
    assert (result.exit_code, result.stdout) == (3, "0 images processed, 0 failed.\n")
    assert f"Image {digest_of(photo(1))[:16]} could not" in result.stderr
    assert "1 image could not be processed on this machine now" in result.stderr


def test_a_file_that_the_disk_spoiled_is_code_13_and_the_rest_is_processed(
    fapproc: Fapproc, tmp_path: Path
) -> None:
    with Archive.open_or_create(tmp_path) as archive:
        fill(archive, {"lakes": numbered(small(1), small(2), cut(photo(1)))})
        flip(blob(archive, small(1)))
    result = fapproc("process", "-d", tmp_path)
    assert (result.exit_code, result.stdout) == (13, "1 image processed, 1 failed.\n")
    failed, damaged, last = result.stderr.splitlines()
    assert failed.startswith(f"Failed: {digest_of(cut(photo(1)))[:16]} 3.jpg")
    assert digest_of(small(1)) in damaged
    assert last == "Error: 1 file of the archive can't be used."


def test_duplicates_are_found_and_told(fapproc: Fapproc, folder: Path) -> None:
    result = fapproc("dedup", "-d", folder)
    assert result.exit_code == 0 and result.stderr.startswith("Next: 'fapproc run -d ")
    assert result.stdout.startswith("2 images in 1 group of possible duplicates, 1 needs a verdict")
    assert fapproc("dedup", "-d", folder, "--rule", "none").exit_code == 2


def test_tags_are_made_given_and_listed(fapproc: Fapproc, folder: Path) -> None:
    assert "No tags yet" in fapproc("tag", "list", "-d", folder).stderr
    result = fapproc("tag", "create", "Places/Lakes", "-d", folder)
    assert result.stdout == "Tag Places created (1).\nTag Places/Lakes created (2).\n"
    result = fapproc("tag", "apply", "lakes", SHA[:8], digest_of(MOVING), "-d", folder)
    assert result.stdout == "2 images tagged with lakes.\n"
    result = fapproc("tag", "apply", "lakes", SHA, "-d", folder)
    assert result.stdout == "0 images tagged with lakes, 1 already had it.\n"
    listed = fapproc("tag", "list", "-d", folder).stdout.splitlines()
    assert listed[0] == "1: Places (0 images, 0 B)"
    assert listed[1].startswith("    2: Lakes (2 images, ")
    lines = fapproc("tag", "list", "--json", "-d", folder).stdout.splitlines()
    assert [json.loads(line) for line in lines] == [
        {"kind": "tag", "id": 1, "path": "Places", "images": 0},
        {"kind": "tag", "id": 2, "path": "Places/Lakes", "images": 2},
    ]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (("tag", "create", "a//b"), 2),
        (("tag", "create", "there"), 2),
        (("tag", "apply", "there", "xyz"), 2),
        (("tag", "apply", "there", "0" * 64), 1),
        (("tag", "apply", "none", SHA), 1),
        (("export", "-t", "none"), 1),
    ],
    ids=str,
)
def test_a_tag_or_image_that_is_not_there_is_code_1_and_what_can_not_be_2(
    fapproc: Fapproc, folder: Path, command: tuple[str, ...], code: int
) -> None:
    fapproc("tag", "create", "there", "-d", folder)
    result = fapproc(*command, "-d", folder)
    assert (result.exit_code, result.stdout) == (code, "")
    sentence(result.stderr)


def test_an_export_does_what_its_dry_run_said(fapproc: Fapproc, folder: Path) -> None:
    assert "No images are tagged." in fapproc("export", "-d", folder).stdout
    assert "No images are tagged." in fapproc("export", "--dry-run", "-d", folder).stderr
    fapproc("tag", "create", "Lakes", "-d", folder)
    fapproc("tag", "apply", "Lakes", SHA, digest_of(LAKE_AGAIN), "-d", folder)
    out = folder / "tag_export"
    dry = fapproc("export", "--dry-run", "-d", folder)
    assert dry.stdout.splitlines() == [f"write {out}/Lakes/1.jpg", f"write {out}/Lakes/2.jpg"]
    assert "Nothing was changed. The export would have 2 files, " in dry.stderr
    assert not out.exists()
    result = fapproc("export", "-d", folder)
    assert result.stdout.startswith(f"2 files written to {out}, 0 already there; ")
    assert exported(out) == {"Lakes/1.jpg": LAKE, "Lakes/2.jpg": LAKE_AGAIN}
    dry = fapproc("export", "--renumber", "--dry-run", "-t", "lakes", "-d", folder)
    assert dry.stdout.splitlines() == [
        f"remove {out}/Lakes/1.jpg",
        f"remove {out}/Lakes/2.jpg",
        f"write {out}/Lakes/00001-1.jpg",
        f"write {out}/Lakes/00002-2.jpg",
    ]
    assert set(exported(out)) == {"Lakes/1.jpg", "Lakes/2.jpg"}
    fapproc("export", "--renumber", "-t", "lakes", "-d", folder)
    assert set(exported(out)) == {"Lakes/00001-1.jpg", "Lakes/00002-2.jpg"}


def test_an_export_of_a_damaged_file_is_code_13(fapproc: Fapproc, folder: Path) -> None:
    fapproc("tag", "create", "Lakes", "-d", folder)
    fapproc("tag", "apply", "Lakes", SHA, "-d", folder)
    with Archive.open(folder) as archive:
        flip(blob(archive, LAKE))
    result = fapproc("export", "-d", folder)
    assert (result.exit_code, result.stdout.splitlines()[0][:10]) == (13, "0 files wr")
    assert SHA in result.stderr and result.stderr.count("\n") == 2


def test_an_interruption_is_code_130(
    fapproc: Fapproc, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(derive, "missing", interrupt)
    result = CliRunner().invoke(main, ["process", "-d", str(folder)])
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr == "Interrupted; what was done is kept. Run it again to go on.\n"


def test_help_lists_each_command_under_one_topic_and_what_another_package_adds_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listed = CliRunner().invoke(main, ["--help"]).output
    for name in main.list_commands(click.Context(main)):
        assert listed.count(f"\n  {name} ") == 1, name
    assert "More:" not in listed
    added = {**cli._added(), "frame": next(iter(cli._added().values()))}
    monkeypatch.setattr(cli, "_added", lambda: added)
    assert "\n  frame " in CliRunner().invoke(main, ["--help"]).output.partition("More:")[2]


@pytest.mark.parametrize("width", ["40", "80"])
@pytest.mark.parametrize("group", [["Get pictures:"], ["Commands:", "tag"]])
def test_help_says_all_of_what_each_command_does(
    group: list[str], width: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", width)
    title, *command = group
    _, listed = CliRunner().invoke(main, [*command, "--help"]).output.split(title)
    assert "..." not in listed and listed.rstrip().endswith(".")


def test_an_import_names_what_failed_and_goes_on_to_duplicates_where_that_is_wanted(
    fapproc: Fapproc, tmp_path: Path
) -> None:
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    (pictures / "a.jpg").write_bytes(LAKE)
    (pictures / "b.jpg").write_bytes(LAKE_AGAIN)
    (pictures / "bad.jpg").write_bytes(b"<html>")
    result = fapproc("import", pictures, "--process", "-d", tmp_path / "archive")
    assert result.exit_code == 3
    assert "Failed: pictures/bad.jpg: not-a-picture" in result.stderr
    assert "2 images processed" in result.stdout and "1 needs a verdict" in result.stdout
    *_, failures, last = result.stderr.splitlines()
    assert failures == f"'fapproc failures -d {tmp_path / 'archive'}' lists what failed."
    assert last.startswith("Next: 'fapproc run -d ") and result.stderr.count("Next:") == 1
    assert "dedup" not in result.stdout + result.stderr
    with Archive.open(tmp_path / "archive") as archive, archive.job("dedup"):
        result = fapproc("import", pictures, "--process", "-d", tmp_path / "archive")
    assert result.exit_code == 3
    assert "New pictures were not compared: dedup is already running in " in result.stderr
    empty = fapproc("import", "", "-d", tmp_path / "none")
    assert empty.exit_code == 2 and not (tmp_path / "none").exists()
