"""Events: series with their dates; the id that a session has in the schedule it came from."""

import sqlalchemy as sa
from alembic import op

from hub.api import Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "events_series",
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("rule", sa.String(length=12), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("ahead", sa.Integer(), nullable=False),
        sa.Column("ask_days", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("made_until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_events_series_content_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["hub_user.id"], name=op.f("fk_events_series_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("content_id", name=op.f("pk_events_series")),
    )
    op.create_index(op.f("ix_events_series_user_id"), "events_series", ["user_id"], unique=False)
    op.create_table(
        "events_date",
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", Utc(), nullable=True),
        sa.Column("answer", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_events_date_content_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["events_series.content_id"], name=op.f("fk_events_date_series_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("content_id", name=op.f("pk_events_date")),
    )
    op.create_index(op.f("ix_events_date_series_id"), "events_date", ["series_id"], unique=False)
    op.add_column("events_session", sa.Column("guid", sa.String(length=80), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("events_session", "guid")
    op.drop_index(op.f("ix_events_date_series_id"), table_name="events_date")
    op.drop_table("events_date")
    op.drop_index(op.f("ix_events_series_user_id"), table_name="events_series")
    op.drop_table("events_series")
