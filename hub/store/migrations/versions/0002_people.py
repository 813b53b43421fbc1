"""sessions, codes by mail, representatives"""

import sqlalchemy as sa
from alembic import op

from hub.store.db import Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("hub_user", schema=None) as batch_op:
        batch_op.add_column(sa.Column("seen", sa.Date(), nullable=True))
        batch_op.add_column(sa.Column("totp_counter", sa.BigInteger(), nullable=True))

    op.create_table(
        "hub_session",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("stamp", sa.String(length=64), nullable=False),
        sa.Column("device", sa.String(length=80), nullable=False),
        sa.Column("began", sa.Date(), nullable=False),
        sa.Column("seen", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["hub_user.id"], name=op.f("fk_hub_session_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hub_session")),
    )
    with op.batch_alter_table("hub_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hub_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "hub_code",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("until", Utc(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["hub_user.id"], name=op.f("fk_hub_code_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "purpose", name=op.f("pk_hub_code")),
    )
    op.create_table(
        "hub_representative",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["content.id"], name=op.f("fk_hub_representative_partner_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["hub_user.id"], name=op.f("fk_hub_representative_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "partner_id", name=op.f("pk_hub_representative")),
    )
    with op.batch_alter_table("hub_representative", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hub_representative_partner_id"), ["partner_id"], unique=False)


def downgrade() -> None:
    for table in ("hub_representative", "hub_code", "hub_session"):
        op.drop_table(table)
    with op.batch_alter_table("hub_user", schema=None) as batch_op:
        batch_op.drop_column("totp_counter")
        batch_op.drop_column("seen")
