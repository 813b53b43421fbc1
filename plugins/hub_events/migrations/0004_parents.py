"""Events: parents who agree that a minor takes part."""

import sqlalchemy as sa
from alembic import op

from hub.api import Utc

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("events_plan", sa.Column("minors_under", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "events_parent",
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=3), nullable=False),
        sa.Column("form", sa.String(length=120), nullable=False),
        sa.Column("asked", Utc(), nullable=False),
        sa.Column("given", Utc(), nullable=True),
        sa.Column("withdrawn", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["registration_id"], ["events_registration.id"], name=op.f("fk_events_parent_registration_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("registration_id", name=op.f("pk_events_parent")),
    )
    op.create_index(op.f("ix_events_parent_email"), "events_parent", ["email"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_events_parent_email"), table_name="events_parent")
    op.drop_table("events_parent")
    op.drop_column("events_plan", "minors_under")
