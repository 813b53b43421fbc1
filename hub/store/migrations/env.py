"""Alembic's environment, shared by core and every plugin: one history and one version table each."""

import sqlalchemy as sa
from alembic import context

from hub.store.db import Base, Utc

attributes = context.config.attributes
owner: str = attributes["owner"]
prefix: str = attributes["prefix"]


def own_table(name, type_, *_):
    """Only the owner's tables take part in comparing and autogenerating."""
    if type_ != "table":
        return True
    if owner == "hub":  # core
        return name.startswith(("hub_", "content")) or name in {
            "topic",
            "topic_name",
            "media",
            "revision",
            "roles_users",
        }
    return name.startswith(prefix)


def render_type(kind, value, autogen):
    """Our own column types by their short names, so that old migrations stay readable."""
    door = "hub.store.db" if owner == "hub" else "hub.api"
    if kind == "type" and isinstance(value, Utc):
        autogen.imports.add(f"from {door} import Utc")
        return "Utc()"
    if kind == "type" and isinstance(value, sa.JSON):
        autogen.imports.add(f"from {door} import Json")
        return "Json"
    if kind == "type" and type(value).__name__ == "AsaList":
        return "sa.UnicodeText()"
    return False


context.configure(
    connection=attributes["connection"],
    target_metadata=Base.metadata,
    version_table=attributes["version_table"],
    include_object=lambda obj, name, type_, *rest: own_table(name, type_),
    render_item=render_type,
    render_as_batch=True,
    transactional_ddl=True,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
