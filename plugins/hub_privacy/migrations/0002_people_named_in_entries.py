"""people named in entries"""

import sqlalchemy as sa
from alembic import op

from hub.api import Json, Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "privacy_named",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("words", Json, nullable=False),
        sa.Column("digests", Json, nullable=False),
        sa.Column("picture", sa.Boolean(), nullable=False),
        sa.Column("email", sa.String(255), nullable=False),
        sa.Column("language", sa.String(3), nullable=False),
        sa.Column("version", sa.String(40), nullable=False),
        sa.Column("form", sa.String(200), nullable=False),
        sa.Column("asked", Utc(), nullable=False),
        sa.Column("given", Utc(), nullable=True),
        sa.Column("withdrawn", Utc(), nullable=True),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], ondelete="CASCADE", name="fk_privacy_named_content_id"),
        sa.PrimaryKeyConstraint("id", name="pk_privacy_named"),
    )
    op.create_index("ix_privacy_named_content_id", "privacy_named", ["content_id"])
    op.create_index("ix_privacy_named_email", "privacy_named", ["email"])


def downgrade() -> None:
    op.drop_table("privacy_named")
