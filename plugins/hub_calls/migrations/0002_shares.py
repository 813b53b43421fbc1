"""What is dealt out to jurors, and the languages they read."""

import sqlalchemy as sa
from alembic import op

from hub.api import Json, Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _key(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_calls_share_{column}"), ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "calls_share",
        sa.Column("entry_id", sa.Integer(), nullable=False), sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False), _key("entry_id", "calls_entry.id"), _key("user_id", "hub_user.id"),
        sa.PrimaryKeyConstraint("entry_id", "user_id", name=op.f("pk_calls_share")),
    )  # fmt: skip
    op.create_index(op.f("ix_calls_share_user_id"), "calls_share", ["user_id"], unique=False)
    with op.batch_alter_table("calls_juror") as batch:
        batch.add_column(sa.Column("languages", Json, nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("calls_juror") as batch:
        batch.drop_column("languages")
    op.drop_table("calls_share")
