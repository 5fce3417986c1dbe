"""`fapproc audit` where nothing is asked of the site: plans, records, refusals, exit codes."""

import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from fapproc.archive import Archive
from fapproc.cli import main
from fapproc.jobs import audit
from fapproc.model import Level, Observation
from fapproc.sources import Source
from tests.holdings import content
from tests.shelves import NAME, USER, blob, fill, numbered, small

NOW = int(time.time())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three pictures, of which one was seen to be gone and one was never looked at."""
    with Archive.open_or_create(tmp_path / "archive") as archive:
        fill(archive, {"Lakes": numbered(small(1), small(2), small(3))})
        audit.begin(
            archive,
            audit.find_user(archive, user_id=USER, name=None, source=Source.SITE),
            force=True,
            at=NOW,
        )
        audit.record(
            archive,
            [Observation(1201, Level.FILE, "http://a/1"), Observation(1202)],
            at=NOW,
            source=Source.SITE,
        )
        return archive.folder


def run(folder: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(main, ["audit", *arguments, "-o", str(folder)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_a_dry_run_says_what_would_be_done_and_does_nothing(folder: Path) -> None:
    with Archive.open(folder) as archive:
        blob(archive, small(3)).unlink()
        with archive.reading() as connection:
            before = connection.exec_driver_sql("SELECT * FROM user, image ORDER BY 1, 7").all()
    result = run(folder, "-u", NAME, "--dry-run")
    assert result.exit_code == 13, result.output
    assert result.stderr == (
        "Error: 1 thing wrong with the archive, see above. Without --dry-run it is repaired as far "
        f"as can be; 'fapproc check -d {folder}' shows what to do.\n"
    )
    found, looked, gone = result.stdout.splitlines()
    assert found.startswith("missing-blob: ") and found.endswith("Repair: marked as lost.")
    assert looked == f"1 image of {NAME} to ask the site for, in about 3.6 s."
    assert gone == "Image 1201 is gone from the site: file (http://a/1)."
    with Archive.open(folder) as archive, archive.reading() as connection:
        after = connection.exec_driver_sql("SELECT * FROM user, image ORDER BY 1, 7").all()
        assert after == before
        assert connection.exec_driver_sql("SELECT count(*) FROM gone").scalar() == 0


@pytest.mark.parametrize(
    ("settings", "takes"),
    [
        ({"FAP_SITE_BUDGETS": "{}", "DOWNLOAD_DELAY": "90"}, ", in about 1 min 30 s."),
        ({"FAP_SITE_BUDGETS": '{"7200": 2}'}, ", in about 1 h."),
        ({"FAP_SITE_BUDGETS": "{}", "DOWNLOAD_DELAY": "0"}, ", in a moment."),
    ],
)
def test_a_dry_run_says_how_long_it_would_take(
    folder: Path, settings: dict[str, str], takes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert run(folder, "-u", NAME, "--dry-run").stdout.splitlines()[0].endswith(takes)
    assert "ask the site for.\n" in run(folder, "-u", NAME, "--dry-run", "--no-crawl").stdout


def test_without_a_crawl_only_what_was_seen_is_recorded(folder: Path) -> None:
    result = run(folder, "-i", str(USER), "--no-crawl")
    assert result.exit_code == 0, result.output
    gone, told = result.stdout.splitlines()
    assert gone == "Image 1201 is gone from the site: file (http://a/1)."
    assert told == (
        f"Audit of {NAME} not finished: the site was asked for 2 images so far, 1 left to ask for; "
        "1 on record as gone from it. Run it again to go on."
    )
    with Archive.open(folder) as archive:
        rows, _ = content(archive)
        assert [(row[0], *row[2:4]) for row in rows["gone"]] == [(1201, 111, "file")]
        audit.record(
            archive, [Observation(1201), Observation(1203)], at=NOW + 9, source=Source.SITE
        )
    assert run(folder, "-i", str(USER), "--no-crawl").stdout.splitlines() == [
        "Image 1201 is on the site again.",
        f"Audit of {NAME} finished: the site was asked for 3 images; 0 on record as gone from it.",
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["-u", "Ben"], 1, "The archive has no user 'Ben'"),
        ([], 2, "Say whose favorites: --user NAME or --id N."),
        (["-u", NAME, "-i", str(USER)], 2, "not both"),
        (["-i", "many"], 2, "'many' is not a number of a user. Give one like --id 1234567"),
    ],
)
def test_what_can_t_be_meant_is_refused(
    folder: Path, arguments: list[str], code: int, sentence: str
) -> None:
    result = run(folder, *arguments)
    assert result.exit_code == code
    assert sentence in result.stderr


def test_there_must_be_an_archive(tmp_path: Path) -> None:
    assert run(tmp_path / "none", "-u", NAME).exit_code == 10
    assert not (tmp_path / "none").exists()


def test_damage_that_neither_this_nor_the_site_mends_ends_with_its_code(folder: Path) -> None:
    (folder / "blobs" / "notes.txt").write_text("mine")
    result = run(folder, "-u", NAME, "--no-crawl")
    assert result.exit_code == 13
    assert "1 thing wrong with the archive" in result.stderr


def test_a_lost_image_that_is_not_back_ends_with_its_code(folder: Path) -> None:
    with Archive.open(folder) as archive:
        blob(archive, small(3)).unlink()
    result = run(folder, "-u", NAME, "--no-crawl")
    assert result.exit_code == 13
    assert "1 image lost that could not be fetched again" in result.stderr
