"""Events: programmes, plans of registration, who registered, marks."""

import sqlalchemy as sa
from alembic import op

from hub.api import Json, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "events_plan",
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("closes_at", Utc(), nullable=True),
        sa.Column("max_guests", sa.Integer(), nullable=False),
        sa.Column("offer_hours", sa.Integer(), nullable=False),
        sa.Column("remind_hours", sa.Integer(), nullable=False),
        sa.Column("questions", Json, nullable=False),
        sa.Column("quotas", Json, nullable=False),
        sa.Column("told_starts", Utc(), nullable=True),
        sa.Column("told_cancelled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_events_plan_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("content_id", name=op.f("pk_events_plan")),
    )
    op.create_table(
        "events_registration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("lang", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("guests", sa.Integer(), nullable=False),
        sa.Column("quota", sa.String(length=40), nullable=False),
        sa.Column("answers", Json, nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("queued", Utc(), nullable=True),
        sa.Column("offered_until", Utc(), nullable=True),
        sa.Column("reminded", sa.Boolean(), nullable=False),
        sa.Column("forgotten", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_events_registration_content_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["hub_user.id"], name=op.f("fk_events_registration_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events_registration")),
        sa.UniqueConstraint("content_id", "code", name=op.f("uq_events_registration_content_id_code")),
        sa.UniqueConstraint("uid", name=op.f("uq_events_registration_uid")),
    )
    op.create_index(
        "ix_events_registration_content_id_state", "events_registration", ["content_id", "state"], unique=False
    )
    op.create_index(op.f("ix_events_registration_email"), "events_registration", ["email"], unique=False)
    op.create_index(op.f("ix_events_registration_user_id"), "events_registration", ["user_id"], unique=False)
    op.create_table(
        "events_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", Utc(), nullable=False),
        sa.Column("ends_at", Utc(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("track", sa.String(length=120), nullable=False),
        sa.Column("room", sa.String(length=120), nullable=False),
        sa.Column("team", sa.String(length=120), nullable=False),
        sa.Column("speakers", sa.String(length=500), nullable=False),
        sa.Column("texts", Json, nullable=False),
        sa.Column("signup", sa.Boolean(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_events_session_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events_session")),
    )
    op.create_index(op.f("ix_events_session_content_id"), "events_session", ["content_id"], unique=False)
    op.create_table(
        "events_star",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_events_star_content_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["user_id"], ["hub_user.id"], name=op.f("fk_events_star_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "content_id", name=op.f("pk_events_star")),
    )
    op.create_index(op.f("ix_events_star_content_id"), "events_star", ["content_id"], unique=False)
    op.create_table(
        "events_seat",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["events_registration.id"],
            name=op.f("fk_events_seat_registration_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["events_session.id"], name=op.f("fk_events_seat_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events_seat")),
        sa.UniqueConstraint("registration_id", "session_id", name=op.f("uq_events_seat_registration_id_session_id")),
    )
    op.create_index(op.f("ix_events_seat_registration_id"), "events_seat", ["registration_id"], unique=False)
    op.create_index(op.f("ix_events_seat_session_id"), "events_seat", ["session_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_events_seat_session_id"), table_name="events_seat")
    op.drop_index(op.f("ix_events_seat_registration_id"), table_name="events_seat")
    op.drop_table("events_seat")
    op.drop_index(op.f("ix_events_star_content_id"), table_name="events_star")
    op.drop_table("events_star")
    op.drop_index(op.f("ix_events_session_content_id"), table_name="events_session")
    op.drop_table("events_session")
    op.drop_index(op.f("ix_events_registration_user_id"), table_name="events_registration")
    op.drop_index(op.f("ix_events_registration_email"), table_name="events_registration")
    op.drop_index("ix_events_registration_content_id_state", table_name="events_registration")
    op.drop_table("events_registration")
    op.drop_table("events_plan")
