"""`fapproc init --database` and `fapproc move --database`: rows on a server, by real processes."""

import json
import re
import shutil
from pathlib import Path

import psycopg
import pytest

from tests.database_server import served
from tests.drawing import landscape
from tests.holdings import PASSWORD
from tests.programs import Home

SOUND = "Everything is there and sound.\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home with pictures."""
    made = Home(tmp_path / "home")
    (made.folder / "pictures").mkdir(parents=True)
    for seed in range(3):
        landscape(seed, (60, 40)).save(made.folder / "pictures" / f"{seed}.png")
    landscape(0, (60, 40)).save(made.folder / "pictures" / "0 again.jpg", quality=90)
    return made


def said(home: Home) -> dict[str, object]:
    """What `archive.json` says."""
    found: dict[str, object] = json.loads((home.archive / "archive.json").read_text())
    return found


def test_an_archive_on_a_server_does_what_any_does(home: Home) -> None:
    url = served().empty("anew")
    made = home.run("init", "--database", url)
    assert made.stdout == f"Made an empty archive in {home.archive}, its rows at {url}.\n"
    assert "Whoever may read that database sees names, tags and verdicts" in made.stderr
    assert "fsync and full_page_writes and synchronous_commit are off" in made.stderr
    assert "4 new pictures" in home.done("import", str(home.folder / "pictures"))
    home.done("process", "-q")
    home.done("dedup", "-q")
    home.done("tag", "create", "Meadows/Alpine")
    assert home.done("check", "--read-data") == SOUND
    before = home.done("print", "--json")
    assert '"kind": "group"' in before.replace('":"', '": "')
    assert not (home.archive / "imagefap.database").exists()
    home.done("backup", str(home.folder / "copy"), "-q")
    copy = Home(home.folder)
    copy.settings["FAP_ARCHIVE"] = str(home.folder / "copy")
    assert copy.done("print", "--json") == before
    assert copy.done("check", "--read-data") == SOUND
    assert said(home)["database"] == url
    served().ask("UPDATE image SET format = 'jqg'", name=url.rpartition("/")[2])
    damaged = home.run("check")
    assert damaged.returncode == 13
    assert f"put back the rows at {url} from a backup" in damaged.stdout


@pytest.mark.long
def test_who_seals_or_unseals_leaves_rows_on_the_server_as_they_are(home: Home) -> None:
    url = served().empty("sealed")
    home.done("init", "--database", url)
    home.done("import", str(home.folder / "pictures"))
    before = home.done("print", "--json")
    home.password(PASSWORD)
    sealed = home.run("seal", "-q")
    assert re.fullmatch(r"Sealed\. \d+ unencrypted files removed\.\n", sealed.stdout), sealed
    assert "Only pictures are encrypted: whoever may read that database" in sealed.stderr
    assert home.done("print", "--json") == before
    assert home.done("check", "--read-data") == SOUND
    unsealed = home.done("unseal", "-q")
    assert re.fullmatch(r"Open\. \d+ sealed files removed\.\n", unsealed)
    home.password(None)
    assert home.done("print", "--json") == before
    assert said(home)["database"] == url


@pytest.mark.long
def test_a_backup_of_a_sealed_archive_is_sealed_and_needs_no_server(home: Home) -> None:
    url = served().empty("sealed")
    home.password(PASSWORD)
    home.done("init", "--database", url)
    home.done("import", str(home.folder / "pictures"))
    home.done("tag", "create", "Meadows/Alpine")
    before = home.done("print", "--json")
    home.done("backup", str(home.folder / "copy"), "-q")
    served().ask("DROP DATABASE sealed (FORCE)")
    home.settings["FAP_ARCHIVE"] = str(home.folder / "copy")
    assert home.done("print", "--json") == before
    assert home.done("check", "--read-data") == SOUND
    rows = (home.folder / "copy" / "imagefap.database").read_bytes()
    assert not rows.startswith(b"SQLite") and b"Alpine" not in rows
    home.password(None)
    assert home.run("stats").returncode == 12


@pytest.mark.parametrize(
    "password",
    [pytest.param(None, id="open"), pytest.param(PASSWORD, marks=pytest.mark.long, id="sealed")],
)
def test_rows_move_onto_a_server_and_back_and_are_the_same(
    home: Home, password: str | None
) -> None:
    home.password(password)
    home.done("import", str(home.folder / "pictures"))
    home.done("tag", "create", "Meadows/Alpine")
    before, url = home.done("print", "--json"), served().empty("moved")
    moved = home.run("move", "--database", url)
    assert moved.stdout == f"The rows of 4 images moved to {url}, and read there.\n"
    former = home.archive / "imagefap.database"
    assert f"The former rows are still at {former}" in moved.stderr
    assert ("Only pictures are encrypted" in moved.stderr) == (password is not None)
    former.unlink()
    assert home.done("print", "--json") == before
    assert home.done("check", "--read-data") == SOUND
    assert home.run("move", "--database", url).returncode == 2
    home.done("tag", "create", "Meadows/Lowland")
    after = home.done("print", "--json")
    other = Home(home.folder / "other computer")
    other.archive.mkdir(parents=True)
    shutil.copy(home.archive / "archive.json", other.archive)
    other.password(password)
    refused = other.run("check", "--repair")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert f"{other.archive / 'blobs'} is empty, but the rows on the server" in refused.stderr
    home.done("move", "--database", ".")
    refused = other.run("stats")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "at " + url + " no more: they were moved" in refused.stderr
    assert home.done("print", "--json") == after
    assert home.done("check", "--read-data") == SOUND
    assert said(home)["database"] == "imagefap.database"
    assert former.read_bytes().startswith(b"SQLite") == (password is None)
    refused = home.run("move", "--database", url)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "is not empty: it holds the rows of archive" in refused.stderr


def test_a_database_is_one_archives_alone(home: Home) -> None:
    url = served().empty("taken")
    home.done("init", "--database", url)
    other = Home(home.folder)
    other.settings["FAP_ARCHIVE"] = str(home.folder / "other")
    refused = other.run("init", "--database", url)
    [told] = refused.stderr.splitlines()
    assert refused.returncode == 1
    assert "is not empty: it holds the rows of archive" in told
    assert not (home.folder / "other" / "archive.json").exists()
    served().ask("UPDATE archive SET id = 'another'", name="taken")
    refused = home.run("stats")
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "holds another archive" in refused.stderr


def test_a_database_that_is_taken_is_told_before_a_password_is_asked_for(home: Home) -> None:
    url = served().empty("taken_before")
    home.done("init", "--database", url, "-d", str(home.folder / "first"))
    home.password(PASSWORD)
    home.done("init")
    home.password(None)
    for line in (("move", "--database", url), ("init", "--database", url, "-d", "new")):
        refused = home.run(*line)
        assert refused.returncode == 1 and "is not empty" in refused.stderr, refused
        assert "no password" not in refused.stderr


def test_a_url_that_would_tell_a_secret_is_refused_before_anything_is_made(home: Home) -> None:
    refused = home.run("init", "--database", "postgresql+psycopg://me:secret@127.0.0.1/rows")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "may hold no password" in refused.stderr and "secret" not in refused.stderr
    assert not home.archive.exists()


def test_what_is_no_url_is_no_place_for_rows(home: Home) -> None:
    refused = home.run("init", "--database", "rows")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "give postgresql+psycopg://USER@HOST/NAME, or '.'" in refused.stderr
    assert not home.archive.exists()


def test_engines_that_there_are_not_are_named(home: Home) -> None:
    refused = home.run("init", "--database", "oracle://me@127.0.0.1/rows")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "oracle:// is no place for rows: give postgresql+psycopg://" in refused.stderr
    refused = home.run("init", "--database", "postgres://me:secret@127.0.0.1/rows")
    assert refused.returncode == 2 and "secret" not in refused.stderr


def test_a_server_that_is_away_is_told_and_nothing_is_lost(home: Home) -> None:
    url = served().empty("away")
    home.done("init", "--database", url)
    home.done("import", str(home.folder / "pictures"))
    nobody = f"postgresql+psycopg://nobody@127.0.0.1:{served().port}/away"
    for wrong, words in ((nobody, "can't be reached"), (url.replace("/away", "/none"), "reached")):
        (home.archive / "archive.json").write_text(json.dumps({**said(home), "database": wrong}))
        refused = home.run("stats")
        assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
        assert words in refused.stderr
    (home.archive / "archive.json").write_text(json.dumps({**said(home), "database": url}))
    assert home.done("check") == SOUND


def test_what_the_server_says_in_detail_is_not_shown(home: Home) -> None:
    from fapproc.db import schema
    from fapproc.db.engine import Database

    database = Database(served().archive("0" * 32))
    row = {"source": "site", "number": 1, "name": "Zubrowka", "name_key": "Zubrowka"}
    with pytest.raises(Exception, match="duplicate key") as caught, database.writing() as one:
        for _ in range(2):
            one.execute(schema.user.insert().values(row))
    database.close()
    shown: BaseException | None = caught.value
    while shown is not None:
        assert not isinstance(shown, psycopg.Error)
        assert "Zubrowka" not in str(shown) and "DETAIL" not in str(shown)
        shown = shown.__cause__


def test_another_folder_of_the_archive_knows_the_same_passwords(home: Home) -> None:
    url = served().empty("twice")
    home.password(PASSWORD)
    home.done("init", "--database", url)
    assert said(home).keys() == {"format", "id", "database"}
    other = Home(home.folder / "other computer")
    other.archive.mkdir(parents=True)
    shutil.copy(home.archive / "archive.json", other.archive)
    other.password(PASSWORD)
    assert "sealed" in other.done("stats")
    home.settings["FAP_NEW_PASSWORD"] = "another horse"
    home.done("passwd")
    refused = other.run("stats")
    assert refused.returncode == 12 and "another horse" not in refused.stderr
    other.password("another horse")
    assert "sealed" in other.done("stats")
    with served().session("twice") as session:
        session.execute("UPDATE archive SET said = replace(said, 'twice', 'other')")
    refused = other.run("stats")
    assert (refused.returncode, refused.stderr.count("\n")) == (13, 1)
