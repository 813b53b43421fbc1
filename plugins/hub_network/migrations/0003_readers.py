"""hubs that read this one, and what is shared with some of them only"""

import sqlalchemy as sa
from alembic import op

from hub.api import Json, Utc

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "network_reader",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=400), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("kinds", Json, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("asked", Utc(), nullable=True),
        sa.Column("made", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_reader")),
        sa.UniqueConstraint("key", name=op.f("uq_network_reader_key")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("network_reader") as batch_op:
        batch_op.create_index(batch_op.f("ix_network_reader_asked"), ["asked"], unique=False)
    op.create_table(
        "network_inner",
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_network_inner")),
    )
    with op.batch_alter_table("network_inner") as batch_op:
        batch_op.create_index(batch_op.f("ix_network_inner_change"), ["change"], unique=False)
    op.create_table(
        "network_place",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_place")),
    )
    with op.batch_alter_table("network_hub") as batch_op:
        batch_op.add_column(sa.Column("shared", sa.String(length=60), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("network_hub") as batch_op:
        batch_op.drop_column("shared")
    op.drop_table("network_place")
    with op.batch_alter_table("network_inner") as batch_op:
        batch_op.drop_index(batch_op.f("ix_network_inner_change"))
    op.drop_table("network_inner")
    with op.batch_alter_table("network_reader") as batch_op:
        batch_op.drop_index(batch_op.f("ix_network_reader_asked"))
    op.drop_table("network_reader")
