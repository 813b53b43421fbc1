"""places and posts"""

import sqlalchemy as sa
from alembic import op

from hub.api import Json, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "share_place",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("network", sa.String(length=12), nullable=False),
        sa.Column("channel", sa.String(length=100), nullable=False),
        sa.Column("lang", sa.String(length=12), nullable=False),
        sa.Column("kinds", Json, nullable=False),
        sa.Column("topics", Json, nullable=False),
        sa.Column("borrowed", sa.Boolean(), nullable=False),
        sa.Column("asks", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.Column("next_at", Utc(), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_place")),
        sa.UniqueConstraint("network", "channel", "lang", name=op.f("uq_share_place_network_channel_lang")),
    )
    op.create_table(
        "share_post",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("key", sa.String(length=36), nullable=False),
        sa.Column("made", Utc(), nullable=False),
        sa.Column("first", Utc(), nullable=True),
        sa.Column("began", Utc(), nullable=True),
        sa.Column("done", Utc(), nullable=True),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(
            ["place_id"], ["share_place.id"], name=op.f("fk_share_post_place_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_share_post_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_share_post")),
        sa.UniqueConstraint("place_id", "content_id", name=op.f("uq_share_post_place_id_content_id")),
    )
    with op.batch_alter_table("share_post", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_share_post_content_id"), ["content_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_share_post_state"), ["state"], unique=False)


def downgrade() -> None:
    op.drop_table("share_post")
    op.drop_table("share_place")
