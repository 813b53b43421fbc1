"""Imports, their rows, and the work that the desk has asked for."""

import sqlalchemy as sa
from alembic import op

from hub.api import Json, Utc

revision = "transfer_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transfer_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("file", sa.String(length=300), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("started", Utc(), nullable=False),
        sa.Column("undone", Utc(), nullable=True),
        sa.Column("outcome", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["hub_user.id"], name=op.f("fk_transfer_batch_author_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_batch")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "transfer_row",
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("before", Json, nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["transfer_batch.id"], name=op.f("fk_transfer_row_batch_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("batch_id", "row", name=op.f("pk_transfer_row")),
    )
    op.create_index(op.f("ix_transfer_row_content_id"), "transfer_row", ["content_id"])
    op.create_table(
        "transfer_task",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("sort", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("file", sa.String(length=300), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("options", Json, nullable=False),
        sa.Column("outcome", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["hub_user.id"], name=op.f("fk_transfer_task_author_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_task")),
    )


def downgrade() -> None:
    op.drop_table("transfer_task")
    op.drop_index(op.f("ix_transfer_row_content_id"), table_name="transfer_row")
    op.drop_table("transfer_row")
    op.drop_table("transfer_batch")
