"""bulk steps and the audit log"""

import sqlalchemy as sa
from alembic import op

from hub.api import Json, Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "editor_bulk",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("step", sa.String(20), nullable=False),
        sa.Column("what", sa.String(300), nullable=False),
        sa.Column("rows", Json, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("undone", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["hub_user.id"], ondelete="SET NULL", name="fk_editor_bulk_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_editor_bulk"),
    )
    op.create_table(
        "editor_deed",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("endpoint", sa.String(80), nullable=False),
        sa.Column("path", sa.String(300), nullable=False),
        sa.Column("word", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["hub_user.id"], ondelete="SET NULL", name="fk_editor_deed_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_editor_deed"),
    )
    op.create_index("ix_editor_deed_at", "editor_deed", ["at"])
    op.create_index("ix_editor_deed_user_id", "editor_deed", ["user_id"])


def downgrade() -> None:
    op.drop_table("editor_deed")
    op.drop_table("editor_bulk")
