"""visits and kept text"""

import sqlalchemy as sa
from alembic import op

from hub.api import Json, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "editor_visit",
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], ondelete="CASCADE", name="fk_editor_visit_content_id"),
        sa.ForeignKeyConstraint(["user_id"], ["hub_user.id"], ondelete="CASCADE", name="fk_editor_visit_user_id"),
        sa.PrimaryKeyConstraint("content_id", "user_id", name="pk_editor_visit"),
    )
    op.create_table(
        "editor_kept",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("uid", sa.String(36), nullable=False),
        sa.Column("base", sa.String(60), nullable=False),
        sa.Column("document", Json, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["hub_user.id"], ondelete="CASCADE", name="fk_editor_kept_user_id"),
        sa.PrimaryKeyConstraint("user_id", "kind", "uid", name="pk_editor_kept"),
    )


def downgrade() -> None:
    op.drop_table("editor_kept")
    op.drop_table("editor_visit")
