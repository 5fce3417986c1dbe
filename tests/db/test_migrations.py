from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from fapproc.db import migrations, schema
from fapproc.db.engine import Database
from fapproc.errors import NoArchive


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "database")


def test_the_newest_migration_is_the_one_that_the_schema_names() -> None:
    assert migrations.head() == schema.REVISION


def test_migrations_are_numbered_in_one_line() -> None:
    folder = ScriptDirectory.from_config(migrations.configuration())
    revisions = [script.revision for script in folder.walk_revisions()]
    assert revisions == sorted(revisions, reverse=True)
    assert len(folder.get_heads()) == 1


def test_a_migrated_database_has_the_tables_of_the_schema(database: Database) -> None:
    database.migrate()
    with database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, schema.metadata) == []
        checks = {check["name"] for check in inspect(connection).get_check_constraints("listing")}
        assert checks == {"ck_listing_seen_or_failed", "ck_listing_reason_with_detail"}
    database.close()


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
