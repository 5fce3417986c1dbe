import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from fapproc.archive import Archive
from fapproc.db import catalogue, figures, schema
from fapproc.db.engine import Database
from fapproc.errors import ArchiveHeld, Damaged
from fapproc.model import UserId
from tests.processes import Process
from tests.shelves import fill, numbered, small

ROOT = Path(__file__).parents[2]


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)]
)
def test_each_connection_is_durable_and_holds_its_references(
    archive: Archive, pragma: str, value: object
) -> None:
    asked = text(f"PRAGMA {pragma}")
    # Opened anew: the connection that made the tables has switched some of it on for itself.
    with Archive.open(archive.folder) as again:
        with again.reading() as one, again.reading() as other:
            assert [each.execute(asked).scalar() for each in (one, other)] == [value, value]
        with again.writing() as connection:
            assert connection.execute(asked).scalar() == value


def test_a_row_that_refers_to_nothing_is_refused(archive: Archive) -> None:
    with pytest.raises(IntegrityError), archive.writing() as connection:
        connection.execute(schema.image_tag.insert().values(tag_id=1, image_id=1))


def test_a_reader_sees_one_state_while_another_writes(archive: Archive) -> None:
    with Archive.open(archive.folder) as other, archive.reading() as reader:
        assert catalogue.count_users(reader) == 0
        fill(other, {"lakes": numbered(small(1))})
        assert catalogue.count_users(reader) == 0
        assert figures.count_sightings(reader) == 0
    with archive.reading() as reader:
        assert catalogue.count_users(reader) == 1


def test_two_blocks_of_one_thread_are_two_connections(archive: Archive) -> None:
    with archive.reading() as outer:
        assert catalogue.count_users(outer) == 0
        with archive.writing() as inner:
            catalogue.save_user(inner, UserId(5), "Ann")
        with archive.reading() as later:
            assert catalogue.count_users(later) == 1
        assert catalogue.count_users(outer) == 0


def test_many_threads_may_read_and_write_at_once(archive: Archive) -> None:
    barrier = threading.Barrier(10)
    problems: list[Exception] = []

    def work(number: int) -> None:
        try:
            barrier.wait(120)
            for step in range(5):
                with archive.writing() as connection:
                    catalogue.save_user(connection, UserId(number * 10 + step), f"user {number}")
                with archive.reading() as connection:
                    assert catalogue.user_by_id(connection, UserId(number * 10 + step))
        except Exception as problem:  # noqa: BLE001 - told by the test, in its own thread
            problems.append(problem)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    with archive.reading() as connection:
        assert catalogue.count_users(connection) == 50


WRITER = """
import sys, time
from pathlib import Path
from sqlalchemy import Connection, text
from fapproc.archive import Archive
with Archive.open(Path(sys.argv[1])) as archive:
    for _ in range(25):
        with archive.writing() as connection:
            count = connection.execute(text('SELECT albums_at FROM "user"')).scalar()
            time.sleep(0.002)
            connection.execute(text('UPDATE "user" SET albums_at = :n'), {"n": count + 1})
"""


def test_writers_of_several_processes_take_turns(archive: Archive) -> None:
    with archive.writing() as connection:
        catalogue.save_user(connection, UserId(5), "Ann")
    command = [sys.executable, "-c", WRITER, str(archive.folder)]
    writers = [
        subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]
    said = [writer.communicate(timeout=120)[1] for writer in writers]
    assert said == ["", "", ""]
    with archive.reading() as connection:
        user = catalogue.user_by_id(connection, UserId(5))
    assert user and user.albums_at == 75


def test_a_fresh_archive_may_be_opened_by_several_processes_at_once(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from fapproc.archive import Archive; "
    code += "Archive.open_or_create(Path(sys.argv[1])).close()"
    command = [sys.executable, "-c", code, str(tmp_path / "archive")]
    openers = [
        subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]
    told = sorted(opener.communicate(timeout=120)[1] for opener in openers)
    assert told[:2] == ["", ""]
    assert told[2].startswith("Warning: no password was given, so the new archive is open")
    with Archive.open(tmp_path / "archive") as archive:
        fill(archive, {"lakes": numbered(small(1))})


def test_a_writer_that_waits_says_for_whom_and_ends_in_a_sentence_when_it_waits_in_vain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("fapproc.db.engine.TURN_SECONDS", 0.05)
    monkeypatch.setattr("fapproc.db.engine.BEGIN_TRIES", 3)
    one = Database(tmp_path / "database")
    other = Database(tmp_path / "database", who=lambda: "'fapproc import' (pid 7)")
    one.make()
    one.migrate()
    locked = pytest.raises(ArchiveHeld, match=r"being written by 'fapproc import' \(pid 7\)")
    with one.writing(), locked, other.writing():
        pass
    said = "Waiting until the database can be written: 'fapproc import' (pid 7) is writing it.\n"
    assert capsys.readouterr().err == said
    with other.writing() as connection:
        catalogue.save_user(connection, UserId(5), "Ann")
    one.close()
    other.close()


FULL = """
import resource, sys
from pathlib import Path
from fapproc.archive import Archive
from fapproc.db import catalogue
from fapproc.errors import ArchiveHeld, StorageError
from fapproc.model import UserId
with Archive.open(Path(sys.argv[1])) as archive:
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))
    done = 0
    try:
        for number in range(100):
            with archive.writing() as connection:
                catalogue.save_user(connection, UserId(number), "x" * 10_000)
            done += 1
    except StorageError as error:
        print(done, error)
"""


@pytest.mark.sqlite
def test_a_full_disk_is_told_in_a_sentence_and_what_was_written_before_stays(
    archive: Archive,
) -> None:
    command = [sys.executable, "-c", FULL, str(archive.folder)]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    done, _, sentence = ran.stdout.partition(" ")
    assert int(done) > 0, ran.stderr
    assert sentence.startswith("The database ") and "Make room" in sentence
    with archive.reading() as connection:
        assert catalogue.count_users(connection) == int(done)


KILLED = """
import sys
from pathlib import Path
from fapproc.archive import Archive
from fapproc.db import catalogue
from fapproc.model import UserId
with Archive.open(Path(sys.argv[1])) as archive:
    for number in range(100_000):
        with archive.writing() as connection:
            catalogue.save_user(connection, UserId(2 * number), "left")
            catalogue.save_user(connection, UserId(2 * number + 1), "right")
        print(number, flush=True)
"""


def test_a_kill_loses_no_acknowledged_row_and_leaves_no_half_transaction(archive: Archive) -> None:
    command = [sys.executable, "-c", KILLED, str(archive.folder)]
    with Process(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for _ in range(20):
            acknowledged = int(writer.stdout.readline())
        writer.kill()
    with Archive.open(archive.folder) as again, again.reading() as connection:
        count = catalogue.count_users(connection)
    assert count >= 2 * (acknowledged + 1)
    assert count % 2 == 0


OUTLIVES = """
import sqlcipher3.dbapi2 as driver


class Function:
    def __call__(self, one, two):
        return one

    def __del__(self):
        print("let go of", flush=True)


connection = driver.connect(":memory:")
connection.create_function("regexp", 2, Function())
# Before it came to the end of its rows: the second is a statement that the connection doesn't know.
first, second = (connection.execute("SELECT 1 UNION SELECT 2") for _ in range(2))
connection.close()
del first, second
"""


def test_a_statement_may_outlive_its_connection() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", OUTLIVES], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "let go of\n", "")


def test_a_copy_of_the_rows_is_one_state_whoever_writes_meanwhile(tmp_path: Path) -> None:
    rows = Database(tmp_path / "rows")
    rows.make()
    numbers = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c LIMIT 30000)"
    with rows.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE row (n INTEGER PRIMARY KEY AUTOINCREMENT)")
        connection.exec_driver_sql(f"INSERT INTO row {numbers} SELECT n FROM c")
    written, done = threading.Semaphore(0), threading.Event()

    def write() -> None:
        while not done.is_set():
            with rows.writing() as connection:
                connection.exec_driver_sql("INSERT INTO row DEFAULT VALUES")
            written.release()

    writer = threading.Thread(target=write)
    writer.start()
    found = []
    for number in range(4):
        assert written.acquire(timeout=60)
        rows.copy_to(tmp_path / str(number))
        copy = Database(tmp_path / str(number))
        with copy.reading() as connection:
            query = "SELECT seq - (SELECT max(n) FROM row) FROM sqlite_sequence"
            found.append(connection.exec_driver_sql(query).scalar())
        copy.close()
    done.set()
    writer.join(60)
    rows.close()
    assert found == [0] * 4


WAYS: dict[str, Callable[[Connection, str], object]] = {
    "a statement": lambda connection, query: connection.exec_driver_sql(query).all(),
    "a cursor": lambda connection, query: connection.connection.cursor().execute(query),
}


@pytest.mark.parametrize("ask", WAYS.values(), ids=WAYS)
def test_a_page_that_was_changed_is_damage_however_it_is_read(
    ask: Callable[[Connection, str], object], tmp_path: Path
) -> None:
    database = Database(tmp_path / "rows")
    database.make()
    with database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE row (text)")
        connection.exec_driver_sql("INSERT INTO row VALUES (hex(zeroblob(1000000)))")
    database.close()
    with Path(database.name).open("rb+") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096)
    with pytest.raises(Damaged, match="is damaged or not a database"), database.reading() as reader:
        ask(reader, "SELECT text FROM row")
    database.close()


@pytest.mark.sqlite
@pytest.mark.parametrize("lost", ["DROP TABLE tag", "ALTER TABLE tag RENAME name TO other"])
def test_a_database_that_lacks_a_table_or_a_column_is_damaged(archive: Archive, lost: str) -> None:
    with archive.writing() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        connection.exec_driver_sql(lost)
    restore = r"is damaged or not a database \(no such .*\)\. Restore it from a copy"
    with pytest.raises(Damaged, match=restore), archive.reading() as connection:
        connection.execute(text("SELECT name FROM tag"))


@pytest.mark.sqlite
def test_an_error_shows_none_of_the_values_that_a_statement_was_given(archive: Archive) -> None:
    with pytest.raises(Damaged) as caught, archive.reading() as connection:
        connection.execute(text("SELECT :name FROM nowhere"), {"name": "Zubrowka"})
    shown = str(caught.value.__cause__)
    assert "FROM nowhere" in shown and "Zubrowka" not in shown
