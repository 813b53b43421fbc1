"""keys of hubs"""

import sqlalchemy as sa
from alembic import op

from hub.api import Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "network_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("secret", sa.String(length=60), nullable=False),
        sa.Column("made", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_key")),
    )
    with op.batch_alter_table("network_hub") as batch_op:
        batch_op.add_column(sa.Column("key", sa.String(length=60), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("new_key", sa.String(length=60), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("network_hub") as batch_op:
        batch_op.drop_column("new_key")
        batch_op.drop_column("key")
    op.drop_table("network_key")
