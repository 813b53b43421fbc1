"""What accounts have saved."""

import sqlalchemy as sa
from alembic import op

from hub.api import Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_item",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_saved_item_content_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["hub_user.id"], name=op.f("fk_saved_item_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "content_id", name=op.f("pk_saved_item")),
    )
    op.create_index(op.f("ix_saved_item_content_id"), "saved_item", ["content_id"], unique=False)


def downgrade() -> None:
    op.drop_table("saved_item")
