"""Pictures that imports fetched."""

import sqlalchemy as sa
from alembic import op

revision = "transfer_0002"
down_revision = "transfer_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transfer_picture",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("known", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["transfer_batch.id"], name=op.f("fk_transfer_picture_batch_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_picture")),
    )
    op.create_index(op.f("ix_transfer_picture_batch_id"), "transfer_picture", ["batch_id"])
    op.create_index(op.f("ix_transfer_picture_known"), "transfer_picture", ["known"])


def downgrade() -> None:
    op.drop_table("transfer_picture")
