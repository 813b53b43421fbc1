"""invitations"""

import sqlalchemy as sa
from alembic import op

from hub.api import Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "people_invitation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(length=3), nullable=False),
        sa.Column("invited_by", sa.Integer(), nullable=True),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("until", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["invited_by"], ["hub_user.id"], name=op.f("fk_people_invitation_invited_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["partner_id"], ["content.id"], name=op.f("fk_people_invitation_partner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people_invitation")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("people_invitation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_people_invitation_email"), ["email"], unique=False)


def downgrade() -> None:
    op.drop_table("people_invitation")
