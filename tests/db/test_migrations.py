import warnings
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from fapproc.db import creating, migrations, schema
from fapproc.db.engine import Database
from fapproc.errors import NoArchive


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return _made(tmp_path / "database")


def _made(path: Path) -> Database:
    database = Database(path)
    database.make()
    return database


def test_the_newest_migration_is_the_one_that_the_schema_names() -> None:
    assert migrations.head() == schema.REVISION


def test_migrations_are_numbered_in_one_line() -> None:
    folder = ScriptDirectory.from_config(migrations.configuration())
    revisions = [script.revision for script in folder.walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)
    assert len(folder.get_heads()) == 1


def form(database: Database) -> dict[str, set[str]]:
    """All columns, keys, references, rules and indexes, by the name of their table or their own."""
    with database.reading() as connection, warnings.catch_warnings():
        # An index over what is computed: of it the words by which it was made are compared.
        warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based")
        warnings.filterwarnings("ignore", "autogenerate skipping metadata-specified expression")
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
        found = inspect(connection)
        parts = (
            found.get_columns,
            found.get_foreign_keys,
            found.get_check_constraints,
            found.get_unique_constraints,
        )
        tables = {
            name: {str(found.get_pk_constraint(name)), str(found.get_table_options(name))}
            | {str(sorted(one.items(), key=str)) for part in parts for one in part(name)}
            for name in found.get_table_names()
        }
        made = text("SELECT name, sql FROM sqlite_master WHERE type != 'table'")
        return tables | {name: {str(sql)} for name, sql in connection.execute(made)}


def test_a_new_database_has_the_tables_that_all_migrations_make(tmp_path: Path) -> None:
    new, old = _made(tmp_path / "new"), _made(tmp_path / "old")
    new.migrate()
    old.rework(migrations.upgrade)
    assert form(new) == form(old)
    assert new.revision() == old.revision() == schema.REVISION
    new.close()
    old.close()


def test_two_programs_that_make_one_database_make_it_once(tmp_path: Path) -> None:
    one, other = _made(tmp_path / "database"), _made(tmp_path / "database")
    with one.writing() as connection:
        creating.create(connection)
        assert other.revision() is None
    with other.writing() as connection:
        creating.create(connection)
    assert form(one) == form(other)
    one.close()
    other.close()


def test_an_empty_database_is_brought_to_the_newest_revision(database: Database) -> None:
    assert database.revision() is None
    database.migrate()
    assert database.revision() == schema.REVISION
    database.migrate()
    assert database.revision() == schema.REVISION
    database.close()


def test_a_database_of_a_newer_program_is_refused_and_left_alone(database: Database) -> None:
    database.migrate()
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(NoArchive, match=f"its tables are 9999, this one knows {schema.REVISION}"):
        database.migrate()
    assert database.revision() == "9999"
    database.close()
