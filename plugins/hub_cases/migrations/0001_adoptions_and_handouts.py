"""Adoptions of practices, and handouts for labs."""

import sqlalchemy as sa
from alembic import op

from hub.api import Json, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _content(table: str, column: str, ondelete: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["content.id"], name=op.f(f"fk_{table}_{column}"), ondelete=ondelete)


def _user(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["hub_user.id"], name=op.f(f"fk_{table}_{column}"), ondelete="SET NULL")


def upgrade() -> None:
    table = "cases_adoption"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("adopter_id", sa.Integer(), nullable=True),
        sa.Column("stage", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("holder", sa.String(length=4), nullable=False),
        sa.Column("names", Json, nullable=False),
        sa.Column("texts", Json, nullable=False),
        sa.Column("city", Json, nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("point", Json, nullable=False),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("evidence", sa.String(length=2000), nullable=False),
        sa.Column("lang", sa.String(length=3), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("offered_by", sa.String(length=40), nullable=False),
        sa.Column("doubts", Json, nullable=False),
        sa.Column("example", sa.Boolean(), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("decided", Utc(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        _content(table, "content_id", "CASCADE"), _content(table, "adopter_id", "SET NULL"),
        _user(table, "user_id"), _user(table, "decided_by"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_adoption")),
        sa.UniqueConstraint("uid", name=op.f("uq_cases_adoption_uid")),
    )  # fmt: skip
    op.create_index("ix_cases_adoption_content_id_state", table, ["content_id", "state"], unique=False)
    op.create_index("ix_cases_adoption_state_created", table, ["state", "created"], unique=False)
    for column in ("adopter_id", "email", "user_id", "decided_by"):
        op.create_index(op.f(f"ix_cases_adoption_{column}"), table, [column], unique=False)
    table = "cases_handout"
    op.create_table(
        table,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("questions", sa.Text(), nullable=False),
        sa.Column("opens", Utc(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("created", Utc(), nullable=False),
        _content(table, "content_id", "CASCADE"), _user(table, "user_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases_handout")),
        sa.UniqueConstraint("uid", name=op.f("uq_cases_handout_uid")),
    )  # fmt: skip
    for column in ("content_id", "user_id"):
        op.create_index(op.f(f"ix_cases_handout_{column}"), table, [column], unique=False)


def downgrade() -> None:
    op.drop_table("cases_handout")
    op.drop_table("cases_adoption")
