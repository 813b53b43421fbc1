"""Entries, supports, comments, jurors and sheets of calls."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from hub.api import Json, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _key(table: str, column: str, target: str, rule: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"), ondelete=rule)


def _text(name: str, length: int = 0) -> sa.Column[Any]:
    return sa.Column(name, sa.String(length=length) if length else sa.Text(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "calls_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        _text("kind", 40), sa.Column("document", Json, nullable=False), _text("category", 200), _text("note"),
        _text("language", 3), _text("state", 12), _text("reason"), _text("result", 12), _text("result_words", 200),
        _text("feedback"), sa.Column("told", sa.Boolean(), nullable=False), sa.Column("created", Utc(), nullable=False),
        _key("calls_entry", "call_id", "content.id", "CASCADE"), _key("calls_entry", "case_id", "content.id", "SET NULL"),
        _key("calls_entry", "user_id", "hub_user.id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls_entry")),
    )  # fmt: skip
    for column in ("call_id", "case_id", "user_id", "state"):
        op.create_index(op.f(f"ix_calls_entry_{column}"), "calls_entry", [column], unique=False)
    op.create_table(
        "calls_support",
        sa.Column("entry_id", sa.Integer(), nullable=False), sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        _key("calls_support", "entry_id", "calls_entry.id", "CASCADE"), _key("calls_support", "user_id", "hub_user.id", "CASCADE"),
        sa.PrimaryKeyConstraint("entry_id", "user_id", name=op.f("pk_calls_support")),
    )  # fmt: skip
    op.create_index(op.f("ix_calls_support_user_id"), "calls_support", ["user_id"], unique=False)
    op.create_table(
        "calls_comment",
        sa.Column("id", sa.Integer(), nullable=False), sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True), _text("text"), sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        _key("calls_comment", "entry_id", "calls_entry.id", "CASCADE"), _key("calls_comment", "user_id", "hub_user.id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls_comment")),
    )  # fmt: skip
    op.create_index(op.f("ix_calls_comment_entry_id"), "calls_comment", ["entry_id"], unique=False)
    op.create_table(
        "calls_juror",
        sa.Column("call_id", sa.Integer(), nullable=False), sa.Column("user_id", sa.Integer(), nullable=False),
        _key("calls_juror", "call_id", "content.id", "CASCADE"), _key("calls_juror", "user_id", "hub_user.id", "CASCADE"),
        sa.PrimaryKeyConstraint("call_id", "user_id", name=op.f("pk_calls_juror")),
    )  # fmt: skip
    op.create_index(op.f("ix_calls_juror_user_id"), "calls_juror", ["user_id"], unique=False)
    op.create_table(
        "calls_sheet",
        sa.Column("entry_id", sa.Integer(), nullable=False), sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("points", Json, nullable=False), sa.Column("reasons", Json, nullable=False), _text("words"),
        sa.Column("conflict", sa.Boolean(), nullable=False), sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        _key("calls_sheet", "entry_id", "calls_entry.id", "CASCADE"), _key("calls_sheet", "user_id", "hub_user.id", "CASCADE"),
        sa.PrimaryKeyConstraint("entry_id", "user_id", name=op.f("pk_calls_sheet")),
    )  # fmt: skip
    op.create_index(op.f("ix_calls_sheet_user_id"), "calls_sheet", ["user_id"], unique=False)


def downgrade() -> None:
    for table in ("sheet", "juror", "comment", "support", "entry"):
        op.drop_table(f"calls_{table}")
