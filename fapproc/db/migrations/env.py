"""Alembic's entry: the connection, and the transaction around it, are the caller's."""

from alembic import context

from fapproc.db.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,
    render_as_batch=True,
)
context.run_migrations()
