"""When items were asked about, what came back, who wants no mails."""

import sqlalchemy as sa
from alembic import op

from hub.api import Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "freshness_quiet",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_freshness_quiet")),
    )
    op.create_table(
        "freshness_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.String(length=8), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_freshness_answer_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_freshness_answer")),
    )
    op.create_index(op.f("ix_freshness_answer_content_id"), "freshness_answer", ["content_id"], unique=False)
    op.create_index(op.f("ix_freshness_answer_done"), "freshness_answer", ["done"], unique=False)
    op.create_table(
        "freshness_asked",
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_freshness_asked_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("content_id", name=op.f("pk_freshness_asked")),
    )
    op.create_index(op.f("ix_freshness_asked_at"), "freshness_asked", ["at"], unique=False)


def downgrade() -> None:
    op.drop_table("freshness_asked")
    op.drop_table("freshness_answer")
    op.drop_table("freshness_quiet")
