"""What a transaction on a server sees, waits for and refuses, seen from a second session."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from psycopg import errors
from sqlalchemy import Connection, bindparam, select, text
from sqlalchemy.exc import DBAPIError, StatementError

from fapproc.db import catalogue
from fapproc.db.dialect import Name, engines
from fapproc.db.dialect.engines import TooLong, driver_of
from fapproc.db.dialect.postgresql_session import ARCHIVE, LOCKS, WRITER
from fapproc.db.engine import Database
from fapproc.errors import ArchiveHeld, Damaged, FapError, StorageError
from fapproc.model import UserId
from tests.database_server import served


@pytest.fixture
def database() -> Iterator[Database]:
    with closing(Database(served().archive("0" * 32))) as opened:
        yield opened


def shown(connection: Connection, name: str) -> str:
    return str(connection.execute(text(f"SHOW {name}")).scalar_one())


def test_a_reader_sees_one_state_whatever_is_written_meanwhile(database: Database) -> None:
    with database.reading() as reader:
        assert catalogue.count_users(reader) == 0
        with database.writing() as writer:
            catalogue.save_user(writer, UserId(5), "Ann")
        assert catalogue.count_users(reader) == 0
    with database.reading() as reader:
        assert catalogue.count_users(reader) == 1


def test_a_reader_writes_nothing(database: Database) -> None:
    with database.reading() as reader, pytest.raises(DBAPIError) as refused:
        reader.execute(text("DELETE FROM archive"))
    assert isinstance(refused.value.orig, errors.ReadOnlySqlTransaction)


def test_only_the_turn_has_a_limit_of_time_and_what_is_done_in_it_has_none(
    database: Database,
) -> None:
    with database.writing() as connection:
        assert shown(connection, "lock_timeout") == "0"
        with driver_of(connection).within(connection, 5):
            assert shown(connection, "statement_timeout") == "5s"
        assert shown(connection, "statement_timeout") == "0"


def test_after_a_question_that_took_too_long_the_transaction_goes_on(database: Database) -> None:
    with database.writing() as connection:
        catalogue.save_user(connection, UserId(5), "Ann")
        with pytest.raises(TooLong), driver_of(connection).within(connection, 0.01):
            connection.execute(text("SELECT pg_sleep(60)"))
        assert shown(connection, "statement_timeout") == "0"
        assert catalogue.count_users(connection) == 1
    with database.reading() as connection:
        assert catalogue.count_users(connection) == 1


@pytest.mark.parametrize(
    ("state", "kind", "words"),
    [
        ("53100", StorageError, "is full: the words of the server. Make room there"),
        ("53200", StorageError, "is full: the words of the server. Make room there"),
        ("42501", StorageError, "can't be changed: the words of the server. Let its owner"),
        ("25006", StorageError, "can't be changed: the words of the server. Let its owner"),
        ("57P01", StorageError, "can't be reached: the words of the server. Look at the server"),
        ("57P02", StorageError, "can't be reached: the words of the server. Look at the server"),
        ("25P03", StorageError, "can't be reached: the words of the server. Look at the server"),
        ("57P03", StorageError, "can't be reached: the words of the server. Look at the server"),
        ("53300", StorageError, "is full: the words of the server. Make room there"),
        ("42P01", Damaged, "is damaged, or no archive's (the words of the server). Restore"),
        ("42703", Damaged, "is damaged, or no archive's (the words of the server). Restore"),
        ("55P03", StorageError, "can't be used: the words of the server. Nothing"),
        ("XX001", Damaged, "is damaged, or no archive's (the words of the server). Restore"),
        ("XX002", Damaged, "is damaged, or no archive's (the words of the server). Restore"),
    ],
)
def test_what_a_server_refuses_is_a_sentence_without_its_details(
    state: str, kind: type[FapError], words: str, database: Database
) -> None:
    raised = (
        "DO $$ BEGIN RAISE EXCEPTION 'the words of the server' USING ERRCODE = "
        f"'{state}', DETAIL = 'of Ann', HINT = 'of Ben'; END $$"
    )
    with pytest.raises(kind) as refused, database.writing() as connection:
        connection.execute(text(raised))
    told = str(refused.value)
    assert words in told
    assert "Ann" not in told and "Ben" not in told and "\n" not in told


def test_a_fault_of_this_program_shows_no_name_that_a_statement_was_given(
    database: Database,
) -> None:
    named = select(bindparam("one", type_=Name), bindparam("other", type_=Name))
    with database.reading() as connection, pytest.raises(StatementError) as fault:
        connection.execute(named, {"one": "Ann", "other": 5})
    assert "Ann" not in str(fault.value)


def test_who_waits_for_a_turn_says_so_once_and_has_it_when_it_is_free(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    with served().session("archive") as other:

        def tell(sentence: str) -> None:
            said.append(sentence)
            other.execute("SELECT pg_advisory_unlock_all()")

        monkeypatch.setattr("fapproc.db.engine.TURN_SECONDS", 0.01)
        monkeypatch.setattr("fapproc.db.engine.tell", tell)
        other.execute(f"SELECT pg_advisory_lock({LOCKS}, {WRITER})")
        with database.writing() as connection:
            catalogue.save_user(connection, UserId(5), "Ann")
    [sentence] = said
    assert "Waiting until the database can be written" in sentence


def test_who_holds_an_archive_in_another_database_of_the_server_is_nobody_here(
    database: Database,
) -> None:
    here, there = engines.lock_at(database.name), engines.lock_at(served().empty("beside"))
    try:
        there.alone()
        here.share()
        assert here.others() == []
        with database.writing() as connection:
            catalogue.save_user(connection, UserId(5), "Ann")
    finally:
        here.release()
        there.release()


def test_who_has_another_archive_alone_does_not_write_into_one_that_somebody_has_alone(
    database: Database,
) -> None:
    there = engines.lock_at(served().empty("beside"))
    try:
        there.alone()
        with served().session("archive") as alone:
            alone.execute("SET application_name = 'someone else'")
            alone.execute(f"SELECT pg_advisory_lock({LOCKS}, {ARCHIVE})")
            with pytest.raises(ArchiveHeld, match="held alone"), database.writing():
                pass
    finally:
        there.release()
