"""WebSub, icons, pictures of entries"""

import sqlalchemy as sa
from alembic import op

from hub.api import Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "news_push",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("hub", sa.String(length=2000), nullable=False),
        sa.Column("topic", sa.String(length=2000), nullable=False),
        sa.Column("word", sa.String(length=64), nullable=False),
        sa.Column("secret", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("next_at", Utc(), nullable=False),
        sa.Column("until", Utc(), nullable=True),
        sa.Column("tried", sa.Integer(), nullable=False),
        sa.Column("told", Utc(), nullable=True),
        sa.Column("missed", sa.Boolean(), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["news_feed.id"], name=op.f("fk_news_push_feed_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("feed_id", name=op.f("pk_news_push")),
        sa.UniqueConstraint("word", name=op.f("uq_news_push_word")),
    )
    op.create_table(
        "news_icon",
        sa.Column("feed_id", sa.Integer(), nullable=False),
        sa.Column("named", sa.String(length=2000), nullable=False),
        sa.Column("png", sa.LargeBinary(), nullable=True),
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.Column("next_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["news_feed.id"], name=op.f("fk_news_icon_feed_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("feed_id", name=op.f("pk_news_icon")),
    )
    for table in ("news_push", "news_icon"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.create_index(batch_op.f(f"ix_{table}_next_at"), ["next_at"], unique=False)
    with op.batch_alter_table("news_entry", schema=None) as batch_op:
        batch_op.add_column(sa.Column("image", sa.String(length=2000), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("news_entry", schema=None) as batch_op:
        batch_op.drop_column("image")
    op.drop_table("news_icon")
    op.drop_table("news_push")
