"""Voices: private notes that are addressed to one person."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feedback_addressed",
        sa.Column("voice_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["voice_id"], ["feedback_voice.id"], name=op.f("fk_feedback_addressed_voice_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["hub_user.id"], name=op.f("fk_feedback_addressed_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("voice_id", name=op.f("pk_feedback_addressed")),
    )
    op.create_index(op.f("ix_feedback_addressed_user_id"), "feedback_addressed", ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_feedback_addressed_user_id"), table_name="feedback_addressed")
    op.drop_table("feedback_addressed")
