"""Messages, what was done with them, ready answers to begin with."""

import sqlalchemy as sa
from alembic import op

from hub.api import Json, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ANSWERS = [
    {"en": "Thank you for writing. We look into it and answer within a few days.",
     "ru": "Спасибо за письмо. Мы разберёмся и ответим в течение нескольких дней."},
    {"en": "Thank you, it is put right now. Please tell us when you find more.",
     "ru": "Спасибо, исправили. Если найдёте что-то ещё, напишите."},
    {"en": "Thank you. Please open the entry and use “Something wrong or missing?”: so every field can be checked on its own.",
     "ru": "Спасибо. Откройте, пожалуйста, запись и нажмите «Что-то неверно или не хватает?»: так каждое поле можно проверить."},
]  # fmt: skip


def upgrade() -> None:
    canned = op.create_table(
        "contact_canned",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("texts", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_canned")),
    )
    op.bulk_insert(canned, [{"texts": texts} for texts in ANSWERS])
    op.create_table(
        "contact_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("to_holder", sa.Boolean(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("lang", sa.String(length=3), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("doubts", Json, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("moved", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_contact_message_content_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["hub_user.id"], name=op.f("fk_contact_message_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_message")),
        sa.UniqueConstraint("uid", name=op.f("uq_contact_message_uid")),
    )
    op.create_index(op.f("ix_contact_message_content_id"), "contact_message", ["content_id"], unique=False)
    op.create_index(op.f("ix_contact_message_digest"), "contact_message", ["digest"], unique=False)
    op.create_index(op.f("ix_contact_message_email"), "contact_message", ["email"], unique=False)
    op.create_index("ix_contact_message_state_moved", "contact_message", ["state", "moved", "id"], unique=False)
    op.create_index(op.f("ix_contact_message_user_id"), "contact_message", ["user_id"], unique=False)
    op.create_table(
        "contact_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("verb", sa.String(length=12), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["message_id"], ["contact_message.id"], name=op.f("fk_contact_step_message_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["hub_user.id"], name=op.f("fk_contact_step_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_step")),
    )
    op.create_index(op.f("ix_contact_step_message_id"), "contact_step", ["message_id"], unique=False)
    op.create_index(op.f("ix_contact_step_user_id"), "contact_step", ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_table("contact_step")
    op.drop_table("contact_message")
    op.drop_table("contact_canned")
