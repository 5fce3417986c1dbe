"""Tables of an earlier program are upgraded on a server as they are in a file."""

from contextlib import closing
from pathlib import Path

from fapproc.db import founding, schema
from fapproc.db.engine import Database
from tests.database_server import served

FIRST = Path(__file__).parents[1] / "archives" / "server-0017.sql"
"""The tables as revision 0017 made them: the first that a server may have."""
FORM = """
    SELECT table_name, column_name, data_type, is_nullable, collation_name, column_default
    FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL
    SELECT tablename, indexname, indexdef, '', '', '' FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', '', ''
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace
"""


def form(name: str) -> set[tuple[object, ...]]:
    """All columns, indexes and constraints of a database."""
    with served().session(name) as session:
        return set(session.execute(FORM))


def test_they_are_those_of_a_new_database_afterwards() -> None:
    with closing(Database(served().empty("new"))) as new:
        founding.found(new, "0" * 32)
    url = served().empty("old")
    with served().session("old") as session:
        session.execute(FIRST.read_bytes())
    with closing(Database(url)) as old:
        assert old.is_behind()
        old.migrate()
        assert old.revision() == schema.REVISION
    assert form("old") == form("new")
