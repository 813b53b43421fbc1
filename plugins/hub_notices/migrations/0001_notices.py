"""Who follows what, what is new, who has had what."""

import sqlalchemy as sa
from alembic import op

from hub.api import Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "notices_follower",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("lang", sa.String(length=3), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("mailed", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["hub_user.id"], name=op.f("fk_notices_follower_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices_follower")),
        sa.UniqueConstraint("email", name=op.f("uq_notices_follower_email")),
        sa.UniqueConstraint("uid", name=op.f("uq_notices_follower_uid")),
        sa.UniqueConstraint("user_id", name=op.f("uq_notices_follower_user_id")),
    )
    op.create_table(
        "notices_follow",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("follower_id", sa.Integer(), nullable=False),
        sa.Column("what", sa.String(length=8), nullable=False),
        sa.Column("value", sa.String(length=400), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["follower_id"], ["notices_follower.id"], name=op.f("fk_notices_follow_follower_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices_follow")),
        sa.UniqueConstraint("follower_id", "what", "value", name=op.f("uq_notices_follow_follower_id_what_value")),
    )
    op.create_index(op.f("ix_notices_follow_follower_id"), "notices_follow", ["follower_id"], unique=False)
    op.create_table(
        "notices_news",
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_notices_news_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("content_id", name=op.f("pk_notices_news")),
    )
    op.create_index(op.f("ix_notices_news_at"), "notices_news", ["at"], unique=False)
    op.create_table(
        "notices_sent",
        sa.Column("follower_id", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_notices_sent_content_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["follower_id"], ["notices_follower.id"], name=op.f("fk_notices_sent_follower_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("follower_id", "content_id", name=op.f("pk_notices_sent")),
    )
    op.create_index(op.f("ix_notices_sent_content_id"), "notices_sent", ["content_id"], unique=False)


def downgrade() -> None:
    op.drop_table("notices_sent")
    op.drop_table("notices_news")
    op.drop_table("notices_follow")
    op.drop_table("notices_follower")
