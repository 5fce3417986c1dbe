"""Numbered changes of the schema, run by Alembic inside one transaction of the caller's."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def upgrade(connection: Connection) -> None:
    """Run every migration that the database lacks, on this connection."""
    config = configuration()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def head() -> str | None:
    """The newest revision in the folder."""
    return ScriptDirectory.from_config(configuration()).get_current_head()


def configuration() -> Config:
    """Alembic's settings; there is no ini file."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("path_separator", "os")
    return config
