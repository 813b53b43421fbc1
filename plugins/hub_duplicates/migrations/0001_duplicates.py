"""Words, pairs and merges."""

import sqlalchemy as sa
from alembic import op

from hub.api import Json, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _to_content(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["content.id"], name=op.f(f"fk_{table}_{column}"), ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "duplicates_word",
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("word", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        _to_content("duplicates_word", "content_id"),
        sa.PrimaryKeyConstraint("content_id", "word", name=op.f("pk_duplicates_word")),
    )
    op.create_index("ix_duplicates_word_kind_word", "duplicates_word", ["kind", "word"], unique=False)
    op.create_table(
        "duplicates_pair",
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("high", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("found", Utc(), nullable=False),
        _to_content("duplicates_pair", "low"),
        _to_content("duplicates_pair", "high"),
        sa.PrimaryKeyConstraint("low", "high", name=op.f("pk_duplicates_pair")),
    )
    op.create_index(op.f("ix_duplicates_pair_high"), "duplicates_pair", ["high"], unique=False)
    op.create_index("ix_duplicates_pair_state_score", "duplicates_pair", ["state", "score"], unique=False)
    op.create_table(
        "duplicates_merge",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("stays_id", sa.Integer(), nullable=False),
        sa.Column("goes_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("before", Json, nullable=False),
        sa.Column("moved", Json, nullable=False),
        sa.Column("undone", Utc(), nullable=True),
        _to_content("duplicates_merge", "stays_id"),
        _to_content("duplicates_merge", "goes_id"),
        sa.ForeignKeyConstraint(
            ["user_id"], ["hub_user.id"], name=op.f("fk_duplicates_merge_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duplicates_merge")),
    )
    op.create_index(op.f("ix_duplicates_merge_stays_id"), "duplicates_merge", ["stays_id"], unique=False)
    op.create_index(op.f("ix_duplicates_merge_goes_id"), "duplicates_merge", ["goes_id"], unique=False)


def downgrade() -> None:
    op.drop_table("duplicates_merge")
    op.drop_table("duplicates_pair")
    op.drop_table("duplicates_word")
