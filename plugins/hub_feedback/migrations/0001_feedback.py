"""Voices: ratings, comments, votes, notes, wishes; quiet hours; ready reasons to begin with."""

import sqlalchemy as sa
from alembic import op

from hub.api import Json, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

REASONS = [
    {"en": "It attacks a person instead of speaking about the matter.",
     "ru": "Это выпад против человека, а не разговор по существу."},
    {"en": "It is advertising.", "ru": "Это реклама."},
    {"en": "It tells something about a person that is nobody’s business.",
     "ru": "Здесь раскрыты личные сведения о человеке."},
    {"en": "It belongs to another entry: please say it there.",
     "ru": "Это относится к другой карточке — напишите, пожалуйста, там."},
]  # fmt: skip


def upgrade() -> None:
    canned = op.create_table(
        "feedback_canned",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("texts", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_canned")),
    )
    op.bulk_insert(canned, [{"texts": texts} for texts in REASONS])
    op.create_table(
        "feedback_mailing",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("mailed", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["hub_user.id"], name=op.f("fk_feedback_mailing_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_feedback_mailing")),
    )
    op.create_table(
        "feedback_quiet",
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("until", Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_feedback_quiet_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("content_id", name=op.f("pk_feedback_quiet")),
    )
    op.create_table(
        "feedback_voice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("what", sa.String(length=10), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=True),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("score", sa.SmallInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("lang", sa.String(length=3), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("person", sa.String(length=64), nullable=False),
        sa.Column("mark", sa.String(length=120), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("official", sa.Boolean(), nullable=False),
        sa.Column("attended", sa.Boolean(), nullable=False),
        sa.Column("wants", sa.Boolean(), nullable=False),
        sa.Column("doubts", Json, nullable=False),
        sa.Column("reports", Json, nullable=False),
        sa.Column("alarms", sa.SmallInteger(), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided", Utc(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("told", Utc(), nullable=True),
        sa.Column("example", sa.Boolean(), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("counted", Utc(), nullable=True),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_feedback_voice_content_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["hub_user.id"], name=op.f("fk_feedback_voice_decided_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["feedback_voice.id"], name=op.f("fk_feedback_voice_parent_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["hub_user.id"], name=op.f("fk_feedback_voice_user_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback_voice")),
        sa.UniqueConstraint("uid", name=op.f("uq_feedback_voice_uid")),
        sa.UniqueConstraint("mark", name=op.f("uq_feedback_voice_mark")),
    )
    with op.batch_alter_table("feedback_voice", schema=None) as batch_op:
        batch_op.create_index("ix_feedback_voice_content_id_what", ["content_id", "what", "state", "score"])
        batch_op.create_index("ix_feedback_voice_state_passed", ["state", "passed", "created"])
        batch_op.create_index("ix_feedback_voice_what_counted", ["what", "state", "counted"])
        for column in ("parent_id", "email", "person", "user_id", "decided_by"):
            batch_op.create_index(batch_op.f(f"ix_feedback_voice_{column}"), [column], unique=False)


def downgrade() -> None:
    op.drop_table("feedback_voice")
    op.drop_table("feedback_quiet")
    op.drop_table("feedback_mailing")
    op.drop_table("feedback_canned")
