"""What matters in pictures, and those removed not long ago."""

import sqlalchemy as sa
from alembic import op

from hub.api import Json, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pictures_focus",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("x", sa.Integer(), nullable=False),
        sa.Column("y", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_pictures_focus")),
    )
    op.create_table(
        "pictures_removed",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("row", Json, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_pictures_removed")),
    )
    op.create_index(op.f("ix_pictures_removed_at"), "pictures_removed", ["at"], unique=False)


def downgrade() -> None:
    op.drop_table("pictures_removed")
    op.drop_table("pictures_focus")
