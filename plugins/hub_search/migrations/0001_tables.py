"""what was asked and not found, pinned items, synonyms; on PostgreSQL also the tables of its search engine"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from hub.api import Json

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "search_missed",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("text", sa.String(length=80), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "text", name=op.f("pk_search_missed")),
    )
    op.create_table(
        "search_pin",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_pin")),
        sa.UniqueConstraint("text", "content_id", name=op.f("uq_search_pin_text")),
    )
    op.create_table(
        "search_synonym",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("words", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_search_synonym")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _engine_tables()


def _engine_tables() -> None:
    op.create_table(
        "search_entry",
        sa.Column("content_id", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("whole", sa.SmallInteger(), nullable=False),
        sa.Column("title_words", sa.Integer(), nullable=False),
        sa.Column("tokens", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("vector", postgresql.TSVECTOR(), nullable=False),
        sa.Column("heads", postgresql.TSVECTOR(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("content_id", name=op.f("pk_search_entry")),
    )
    for name in ("tokens", "vector", "heads"):
        op.create_index(op.f(f"ix_search_entry_{name}"), "search_entry", [name], postgresql_using="gin")
    op.create_table(
        "search_word",
        sa.Column("word", sa.String(length=200), nullable=False),
        sa.Column("stem", sa.String(length=200), nullable=False),
        sa.Column("sounds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_search_word")),
    )
    op.create_index(op.f("ix_search_word_sounds"), "search_word", ["sounds"], postgresql_using="gin")
    op.execute("CREATE INDEX ix_search_word_start ON search_word (left(word, 2))")
    op.execute("CREATE INDEX ix_search_word_stem_start ON search_word (left(stem, 2))")
    op.execute("CREATE INDEX ix_search_word_end ON search_word (right(stem, 2))")
    op.execute('CREATE INDEX ix_search_word_prefix ON search_word (word COLLATE "C")')
    op.create_table(
        "search_about",
        sa.Column("name", sa.String(length=20), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_search_about")),
    )
    try:  # trigrams also find words whose first and last letters are both wrong; not every owner may add them
        with op.get_bind().begin_nested():
            op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            op.execute("CREATE INDEX ix_search_word_trigrams ON search_word USING gin (word gin_trgm_ops)")
    except sa.exc.DBAPIError:
        pass


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name in ("search_about", "search_word", "search_entry"):
            op.drop_table(name)
    for name in ("search_synonym", "search_pin", "search_missed"):
        op.drop_table(name)
