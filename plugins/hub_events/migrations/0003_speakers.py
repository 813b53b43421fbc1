"""Events: speakers of programmes and their accounts."""

import sqlalchemy as sa
from alembic import op

from hub.api import Utc

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "events_speaker",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", Utc(), nullable=True),
        sa.Column("word", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_events_speaker_content_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["hub_user.id"], name=op.f("fk_events_speaker_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events_speaker")),
        sa.UniqueConstraint("content_id", "name", name=op.f("uq_events_speaker_content_id_name")),
    )
    op.create_index(op.f("ix_events_speaker_user_id"), "events_speaker", ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_events_speaker_user_id"), table_name="events_speaker")
    op.drop_table("events_speaker")
