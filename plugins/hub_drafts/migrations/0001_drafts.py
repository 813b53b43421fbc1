"""How texts stand to their sources, translators' marks, the memory's passages, machine drafts."""

import sqlalchemy as sa
from alembic import op

from hub.api import Json, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drafts_clue",
        sa.Column("lang", sa.String(length=3), nullable=False),
        sa.Column("word", sa.String(length=40), nullable=False),
        sa.Column("segment_id", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_drafts_clue_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("lang", "word", "segment_id", name=op.f("pk_drafts_clue")),
    )
    op.create_index(op.f("ix_drafts_clue_content_id"), "drafts_clue", ["content_id"], unique=False)
    op.create_table(
        "drafts_mark",
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("lang", sa.String(length=3), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=3), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_drafts_mark_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("revision", "lang", name=op.f("pk_drafts_mark")),
    )
    op.create_index(op.f("ix_drafts_mark_content_id"), "drafts_mark", ["content_id"], unique=False)
    op.create_table(
        "drafts_segment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("lang_a", sa.String(length=3), nullable=False),
        sa.Column("lang_b", sa.String(length=3), nullable=False),
        sa.Column("text_a", sa.Text(), nullable=False),
        sa.Column("text_b", sa.Text(), nullable=False),
        sa.Column("key_a", sa.String(length=32), nullable=False),
        sa.Column("key_b", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_drafts_segment_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts_segment")),
    )
    op.create_index(op.f("ix_drafts_segment_content_id"), "drafts_segment", ["content_id"], unique=False)
    op.create_index(op.f("ix_drafts_segment_key_a"), "drafts_segment", ["key_a"], unique=False)
    op.create_index(op.f("ix_drafts_segment_key_b"), "drafts_segment", ["key_b"], unique=False)
    op.create_table(
        "drafts_standing",
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("lang", sa.String(length=3), nullable=False),
        sa.Column("source", sa.String(length=3), nullable=False),
        sa.Column("behind", sa.Boolean(), nullable=False),
        sa.Column("since", Utc(), nullable=True),
        sa.Column("machine", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_drafts_standing_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("content_id", "lang", name=op.f("pk_drafts_standing")),
    )
    op.create_index(op.f("ix_drafts_standing_behind"), "drafts_standing", ["behind"], unique=False)
    op.create_table(
        "drafts_walked",
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_drafts_walked_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("content_id", name=op.f("pk_drafts_walked")),
    )
    op.create_table(
        "drafts_wish",
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("lang", sa.String(length=3), nullable=False),
        sa.Column("source", sa.String(length=3), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("found", Json, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_drafts_wish_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("content_id", "lang", name=op.f("pk_drafts_wish")),
    )


def downgrade() -> None:
    op.drop_table("drafts_wish")
    op.drop_table("drafts_walked")
    op.drop_table("drafts_standing")
    op.drop_table("drafts_segment")
    op.drop_table("drafts_mark")
    op.drop_table("drafts_clue")
