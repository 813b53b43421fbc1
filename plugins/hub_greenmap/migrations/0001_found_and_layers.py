"""Answers of the geocoder, layers of other sites."""

import sqlalchemy as sa
from alembic import op

from hub.api import Json, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "greenmap_found",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("places", Json, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_greenmap_found")),
    )
    op.create_index(op.f("ix_greenmap_found_at"), "greenmap_found", ["at"], unique=False)
    op.create_table(
        "greenmap_layer",
        sa.Column("key", sa.String(length=12), nullable=False),
        sa.Column("etag", sa.String(length=300), nullable=False),
        sa.Column("modified", sa.String(length=100), nullable=False),
        sa.Column("places", Json, nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("read", Utc(), nullable=True),
        sa.Column("checked", Utc(), nullable=False),
        sa.Column("trouble", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_greenmap_layer")),
    )


def downgrade() -> None:
    op.drop_table("greenmap_layer")
    op.drop_table("greenmap_found")
