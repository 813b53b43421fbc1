"""consents, people who are leaving"""

import sqlalchemy as sa
from alembic import op

from hub.api import Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "privacy_consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("version", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=3), nullable=False),
        sa.Column("form", sa.String(length=120), nullable=False),
        sa.Column("given", Utc(), nullable=False),
        sa.Column("withdrawn", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["hub_user.id"], name=op.f("fk_privacy_consent_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_privacy_consent")),
    )
    with op.batch_alter_table("privacy_consent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_privacy_consent_user_id"), ["user_id"], unique=False)

    op.create_table(
        "privacy_leaving",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("asked", Utc(), nullable=False),
        sa.Column("due", Utc(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["hub_user.id"], name=op.f("fk_privacy_leaving_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_privacy_leaving")),
    )


def downgrade() -> None:
    op.drop_table("privacy_leaving")
    op.drop_table("privacy_consent")
