"""Suggestions: the queue, its log, ready answers to begin with, rules, editors' wishes for mails."""

import sqlalchemy as sa
from alembic import op

from hub.api import Json, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


ANSWERS = [
    {"en": "Thank you. We have this already; please look at the entry, and write to us if something is missing there.",
     "ru": "Спасибо. Это у нас уже есть: посмотрите карточку и напишите, если в ней чего-то не хватает."},
    {"en": "Thank you. It does not quite fit this site, which is about culture and the city, made by those who live there.",
     "ru": "Спасибо. Для этого сайта материал не совсем подходит: здесь пишут о культуре и городе и о тех, кто их делает."},
    {"en": "Thank you. Please tell us where this can be checked: a page, a document or a person we may ask.",
     "ru": "Спасибо. Подскажите, где это можно проверить: страница, документ или человек, которого можно спросить."},
    {"en": "Thank you. Please write in your own words, without advertising, and send it once more.",
     "ru": "Спасибо. Расскажите, пожалуйста, своими словами, без рекламы, и отправьте ещё раз."},
]  # fmt: skip


def upgrade() -> None:
    canned = op.create_table(
        "suggest_canned",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("texts", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggest_canned")),
    )
    op.bulk_insert(canned, [{"texts": texts} for texts in ANSWERS])
    op.create_table(
        "suggest_rule",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("who", sa.String(length=8), nullable=False),
        sa.Column("changes", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_suggest_rule")),
    )
    op.create_table(
        "suggest_mailing",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("mails", sa.String(length=8), nullable=False),
        sa.Column("mailed", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["hub_user.id"], name=op.f("fk_suggest_mailing_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_suggest_mailing")),
    )
    op.create_table(
        "suggest_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("what", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("lang", sa.String(length=3), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=True),
        sa.Column("content_uid", sa.String(length=36), nullable=False),
        sa.Column("revision_id", sa.Integer(), nullable=True),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("draft", Json, nullable=False),
        sa.Column("base", Json, nullable=False),
        sa.Column("wish", Json, nullable=False),
        sa.Column("taken", Json, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("doubts", Json, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("example", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("decided", Utc(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_suggest_entry_content_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["hub_user.id"], name=op.f("fk_suggest_entry_decided_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["suggest_entry.id"], name=op.f("fk_suggest_entry_parent_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["hub_user.id"], name=op.f("fk_suggest_entry_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggest_entry")),
        sa.UniqueConstraint("uid", name=op.f("uq_suggest_entry_uid")),
    )
    with op.batch_alter_table("suggest_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_suggest_entry_content_id"), ["content_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_suggest_entry_decided_by"), ["decided_by"], unique=False)
        batch_op.create_index(batch_op.f("ix_suggest_entry_digest"), ["digest"], unique=False)
        batch_op.create_index(batch_op.f("ix_suggest_entry_email"), ["email"], unique=False)
        batch_op.create_index(batch_op.f("ix_suggest_entry_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index("ix_suggest_entry_state_created", ["state", "created", "id"], unique=False)
        batch_op.create_index("ix_suggest_entry_told", ["told", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_suggest_entry_user_id"), ["user_id"], unique=False)

    op.create_table(
        "suggest_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("content_uid", sa.String(length=36), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("verb", sa.String(length=16), nullable=False),
        sa.Column("by", sa.String(length=8), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["suggest_entry.id"], name=op.f("fk_suggest_step_entry_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["hub_user.id"], name=op.f("fk_suggest_step_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggest_step")),
    )
    with op.batch_alter_table("suggest_step", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_suggest_step_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_suggest_step_content_uid"), ["content_uid"], unique=False)
        batch_op.create_index(batch_op.f("ix_suggest_step_entry_id"), ["entry_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_suggest_step_user_id"), ["user_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("suggest_step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_suggest_step_user_id"))
        batch_op.drop_index(batch_op.f("ix_suggest_step_entry_id"))
        batch_op.drop_index(batch_op.f("ix_suggest_step_content_uid"))
        batch_op.drop_index(batch_op.f("ix_suggest_step_at"))

    op.drop_table("suggest_step")
    with op.batch_alter_table("suggest_entry", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_suggest_entry_user_id"))
        batch_op.drop_index("ix_suggest_entry_told")
        batch_op.drop_index("ix_suggest_entry_state_created")
        batch_op.drop_index(batch_op.f("ix_suggest_entry_parent_id"))
        batch_op.drop_index(batch_op.f("ix_suggest_entry_email"))
        batch_op.drop_index(batch_op.f("ix_suggest_entry_digest"))
        batch_op.drop_index(batch_op.f("ix_suggest_entry_decided_by"))
        batch_op.drop_index(batch_op.f("ix_suggest_entry_content_id"))

    op.drop_table("suggest_entry")
    op.drop_table("suggest_mailing")
    op.drop_table("suggest_rule")
    op.drop_table("suggest_canned")
