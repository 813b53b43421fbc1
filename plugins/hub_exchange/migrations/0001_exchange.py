"""Which listings were asked about, which matches somebody was told of."""

import sqlalchemy as sa
from alembic import op

from hub.api import Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exchange_asked",
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_exchange_asked_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("content_id", name=op.f("pk_exchange_asked")),
    )
    op.create_index(op.f("ix_exchange_asked_at"), "exchange_asked", ["at"], unique=False)
    op.create_table(
        "exchange_told",
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_exchange_told_content_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["content.id"], name=op.f("fk_exchange_told_other_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("content_id", "other_id", name=op.f("pk_exchange_told")),
    )
    op.create_index(op.f("ix_exchange_told_other_id"), "exchange_told", ["other_id"], unique=False)


def downgrade() -> None:
    op.drop_table("exchange_told")
    op.drop_table("exchange_asked")
