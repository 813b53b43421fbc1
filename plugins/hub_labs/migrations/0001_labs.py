"""Labs: platforms, entries, votes, commitments, transfer sheets, participants."""

import sqlalchemy as sa
from alembic import op

from hub.api import Json, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _to(column: str, target: str, table: str, rule: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_labs_{table}_{column}"), ondelete=rule)


def _indexes(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_labs_{table}_{column}"), f"labs_{table}", [column])


def upgrade() -> None:
    op.create_table(
        "labs_platform",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("texts", Json, nullable=False),
        sa.Column("leader", sa.String(200), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(8), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("example", sa.Boolean(), nullable=False),
        _to("content_id", "content.id", "platform", "CASCADE"),
        _to("case_id", "content.id", "platform", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labs_platform")),
        sa.UniqueConstraint("code", name=op.f("uq_labs_platform_code")),
    )
    _indexes("platform", "content_id", "case_id")
    op.create_table(
        "labs_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("question", sa.SmallInteger(), nullable=True),
        sa.Column("stakeholder", sa.String(80), nullable=False),
        sa.Column("texts", Json, nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("example", sa.Boolean(), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        _to("platform_id", "labs_platform.id", "entry", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labs_entry")),
    )
    _indexes("entry", "platform_id")
    op.create_table(
        "labs_vote",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("voter", sa.String(32), nullable=False),
        _to("entry_id", "labs_entry.id", "vote", "CASCADE"),
        sa.PrimaryKeyConstraint("entry_id", "voter", name=op.f("pk_labs_vote")),
    )
    op.create_table(
        "labs_promise",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(36), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("texts", Json, nullable=False),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("lang", sa.String(3), nullable=False),
        sa.Column("asked", Utc(), nullable=True),
        sa.Column("answered", Utc(), nullable=True),
        sa.Column("example", sa.Boolean(), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        _to("content_id", "content.id", "promise", "CASCADE"),
        _to("partner_id", "content.id", "promise", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labs_promise")),
        sa.UniqueConstraint("uid", name=op.f("uq_labs_promise_uid")),
    )
    _indexes("promise", "content_id", "partner_id", "email")
    op.create_table(
        "labs_sheet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(36), nullable=False),
        sa.Column("platform_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("voter", sa.String(32), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("lang", sa.String(3), nullable=False),
        sa.Column("territory", sa.Text(), nullable=False),
        sa.Column("works", sa.Text(), nullable=False),
        sa.Column("hinders", sa.Text(), nullable=False),
        sa.Column("first_step", sa.Text(), nullable=False),
        sa.Column("adapted", sa.String(500), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        _to("platform_id", "labs_platform.id", "sheet", "CASCADE"),
        _to("user_id", "hub_user.id", "sheet", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labs_sheet")),
        sa.UniqueConstraint("uid", name=op.f("uq_labs_sheet_uid")),
    )
    _indexes("sheet", "platform_id", "user_id", "voter")
    op.create_table(
        "labs_person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(36), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("lang", sa.String(3), nullable=False),
        sa.Column("seeks", sa.Text(), nullable=False),
        sa.Column("offers", sa.Text(), nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("example", sa.Boolean(), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        _to("content_id", "content.id", "person", "CASCADE"),
        _to("user_id", "hub_user.id", "person", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labs_person")),
        sa.UniqueConstraint("uid", name=op.f("uq_labs_person_uid")),
        sa.UniqueConstraint("content_id", "email", name=op.f("uq_labs_person_content_id_email")),
    )
    _indexes("person", "user_id", "email")


def downgrade() -> None:
    for table in ("person", "sheet", "promise", "vote", "entry", "platform"):
        op.drop_table(f"labs_{table}")
