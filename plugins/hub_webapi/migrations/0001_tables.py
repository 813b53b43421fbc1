"""tokens, kept answers, webhooks"""

import sqlalchemy as sa
from alembic import op

from hub.api import Json, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webapi_hook",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("kinds", Json, nullable=False),
        sa.Column("secret", sa.String(length=80), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.Column("next_try", Utc(), nullable=False),
        sa.Column("busy", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webapi_hook")),
    )
    op.create_table(
        "webapi_delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("hook_id", sa.Integer(), nullable=False),
        sa.Column("change_id", sa.BigInteger(), nullable=True),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made", Utc(), nullable=False),
        sa.Column("first", Utc(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("code", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(length=500), nullable=False),
        sa.Column("done", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["hook_id"], ["webapi_hook.id"], name=op.f("fk_webapi_delivery_hook_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webapi_delivery")),
        sa.UniqueConstraint("hook_id", "change_id", name=op.f("uq_webapi_delivery_hook_id_change_id")),
        sa.UniqueConstraint("uid", name=op.f("uq_webapi_delivery_uid")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("webapi_delivery", schema=None) as batch_op:
        batch_op.create_index("ix_webapi_delivery_hook_id_done", ["hook_id", "done", "id"], unique=False)

    op.create_table(
        "webapi_token",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("hint", sa.String(length=8), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("expires", Utc(), nullable=True),
        sa.Column("used", sa.Date(), nullable=True),
        sa.Column("minute", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["hub_user.id"], name=op.f("fk_webapi_token_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webapi_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_webapi_token_digest")),
    )
    with op.batch_alter_table("webapi_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webapi_token_user_id"), ["user_id"], unique=False)

    op.create_table(
        "webapi_kept",
        sa.Column("token_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", Json, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["token_id"], ["webapi_token.id"], name=op.f("fk_webapi_kept_token_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_id", "key", name=op.f("pk_webapi_kept")),
    )
    with op.batch_alter_table("webapi_kept", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_webapi_kept_at"), ["at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("webapi_kept", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_webapi_kept_at"))

    op.drop_table("webapi_kept")
    with op.batch_alter_table("webapi_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_webapi_token_user_id"))

    op.drop_table("webapi_token")
    with op.batch_alter_table("webapi_delivery", schema=None) as batch_op:
        batch_op.drop_index("ix_webapi_delivery_hook_id_done")

    op.drop_table("webapi_delivery")
    op.drop_table("webapi_hook")
