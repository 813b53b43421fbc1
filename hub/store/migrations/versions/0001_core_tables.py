"""core tables"""

import sqlalchemy as sa
from alembic import op

from hub.store.db import Json, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "content_tombstone",
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("slugs", Json, nullable=False),
        sa.Column("erased", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("uid", name=op.f("pk_content_tombstone")),
    )
    op.create_table(
        "hub_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("verb", sa.String(length=12), nullable=False),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hub_change")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("hub_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hub_change_content_id"), ["content_id"], unique=False)

    op.create_table(
        "hub_cursor",
        sa.Column("reader", sa.String(length=120), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("moved", Utc(), nullable=False),
        sa.PrimaryKeyConstraint("reader", name=op.f("pk_hub_cursor")),
    )
    op.create_table(
        "hub_job",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("args", Json, nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("run_at", Utc(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_until", Utc(), nullable=True),
        sa.Column("owner", sa.String(length=60), nullable=True),
        sa.Column("dedupe", sa.String(length=160), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("finished", Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hub_job")),
        sa.UniqueConstraint("dedupe", name=op.f("uq_hub_job_dedupe")),
    )
    with op.batch_alter_table("hub_job", schema=None) as batch_op:
        batch_op.create_index("ix_hub_job_state_run_at", ["state", "run_at"], unique=False)

    op.create_table(
        "hub_mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("to", sa.String(length=320), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("message_id", sa.String(length=120), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("next_try", Utc(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent", Utc(), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hub_mail")),
        sa.UniqueConstraint("message_id", name=op.f("uq_hub_mail_message_id")),
    )
    with op.batch_alter_table("hub_mail", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hub_mail_sent"), ["sent"], unique=False)

    op.create_table(
        "hub_rate",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "until", name=op.f("pk_hub_rate")),
    )
    op.create_table(
        "hub_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("description", sa.String(length=255), nullable=True),
        sa.Column("permissions", sa.UnicodeText(), nullable=True),
        sa.Column("update_datetime", sa.DateTime(), server_default=sa.text("(CURRENT_TIMESTAMP)"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hub_role")),
        sa.UniqueConstraint("name", name=op.f("uq_hub_role_name")),
    )
    op.create_table(
        "hub_setting",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("value", Json, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_hub_setting")),
    )
    op.create_table(
        "hub_state",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_hub_state")),
    )
    op.create_table(
        "hub_user",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("language", sa.String(length=3), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(length=255), nullable=False),
        sa.Column("username", sa.String(length=255), nullable=True),
        sa.Column("password", sa.String(length=255), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.String(length=64), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(), nullable=True),
        sa.Column("last_login_at", sa.DateTime(), nullable=True),
        sa.Column("current_login_at", sa.DateTime(), nullable=True),
        sa.Column("last_login_ip", sa.String(length=64), nullable=True),
        sa.Column("current_login_ip", sa.String(length=64), nullable=True),
        sa.Column("login_count", sa.Integer(), nullable=True),
        sa.Column("tf_primary_method", sa.String(length=64), nullable=True),
        sa.Column("tf_totp_secret", sa.String(length=255), nullable=True),
        sa.Column("tf_phone_number", sa.String(length=128), nullable=True),
        sa.Column("us_totp_secrets", sa.Text(), nullable=True),
        sa.Column("us_phone_number", sa.String(length=128), nullable=True),
        sa.Column("fs_webauthn_user_handle", sa.String(length=64), nullable=True),
        sa.Column("mf_recovery_codes", sa.UnicodeText(), nullable=True),
        sa.Column("create_datetime", sa.DateTime(), server_default=sa.text("(CURRENT_TIMESTAMP)"), nullable=False),
        sa.Column("update_datetime", sa.DateTime(), server_default=sa.text("(CURRENT_TIMESTAMP)"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hub_user")),
        sa.UniqueConstraint("email", name=op.f("uq_hub_user_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_hub_user_fs_uniquifier")),
        sa.UniqueConstraint("fs_webauthn_user_handle", name=op.f("uq_hub_user_fs_webauthn_user_handle")),
        sa.UniqueConstraint("us_phone_number", name=op.f("uq_hub_user_us_phone_number")),
        sa.UniqueConstraint("username", name=op.f("uq_hub_user_username")),
    )
    op.create_table(
        "topic",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("broader_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["broader_id"], ["topic.id"], name=op.f("fk_topic_broader_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic")),
        sa.UniqueConstraint("slug", name=op.f("uq_topic_slug")),
    )
    op.create_table(
        "content",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("audience", sa.String(length=8), nullable=False),
        sa.Column("example", sa.Boolean(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("origin", sa.String(length=120), nullable=False),
        sa.Column("external_id", sa.String(length=300), nullable=True),
        sa.Column("source_name", sa.String(length=300), nullable=False),
        sa.Column("source_url", sa.String(length=2000), nullable=False),
        sa.Column("licence", sa.String(length=80), nullable=False),
        sa.Column("import_batch_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("starts_at", Utc(), nullable=True),
        sa.Column("ends_at", Utc(), nullable=True),
        sa.Column("timezone", sa.String(length=40), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("updated", Utc(), nullable=False),
        sa.Column("published", Utc(), nullable=True),
        sa.Column("publish_at", Utc(), nullable=True),
        sa.Column("deleted_at", Utc(), nullable=True),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("checked_by", sa.String(length=120), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["hub_user.id"], name=op.f("fk_content_author_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["owner_id"], ["content.id"], name=op.f("fk_content_owner_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content")),
        sa.UniqueConstraint("kind", "origin", "external_id", name=op.f("uq_content_kind_origin_external_id")),
        sa.UniqueConstraint("uid", name=op.f("uq_content_uid")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("content", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_content_author_id"), ["author_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_content_import_batch_id"), ["import_batch_id"], unique=False)
        batch_op.create_index("ix_content_kind_status_published", ["kind", "status", "published", "id"], unique=False)
        batch_op.create_index("ix_content_kind_status_starts_at", ["kind", "status", "starts_at"], unique=False)
        batch_op.create_index("ix_content_kind_status_updated", ["kind", "status", "updated", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_content_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_content_publish_at"), ["publish_at"], unique=False)
        batch_op.create_index("ix_content_status_published", ["status", "published"], unique=False)

    op.create_table(
        "hub_refresh",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("refresh_family", sa.String(length=64), nullable=False),
        sa.Column("gen", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.Column("last_used_at", sa.DateTime(), nullable=False),
        sa.Column("create_datetime", sa.DateTime(), server_default=sa.text("(CURRENT_TIMESTAMP)"), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["hub_user.id"], name=op.f("fk_hub_refresh_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hub_refresh")),
        sa.UniqueConstraint("refresh_family", name=op.f("uq_hub_refresh_refresh_family")),
    )
    op.create_table(
        "hub_webauthn",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(length=1024), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=True),
        sa.Column("transports", sa.UnicodeText(), nullable=True),
        sa.Column("backup_state", sa.Boolean(), nullable=False),
        sa.Column("device_type", sa.String(length=64), nullable=False),
        sa.Column("extensions", sa.String(length=255), nullable=True),
        sa.Column("create_datetime", sa.DateTime(), server_default=sa.text("(CURRENT_TIMESTAMP)"), nullable=False),
        sa.Column("lastuse_datetime", sa.DateTime(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("usage", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["hub_user.id"], name=op.f("fk_hub_webauthn_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hub_webauthn")),
    )
    with op.batch_alter_table("hub_webauthn", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hub_webauthn_credential_id"), ["credential_id"], unique=True)

    op.create_table(
        "roles_users",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["hub_role.id"], name=op.f("fk_roles_users_role_id")),
        sa.ForeignKeyConstraint(["user_id"], ["hub_user.id"], name=op.f("fk_roles_users_user_id")),
        sa.PrimaryKeyConstraint("user_id", "role_id", name=op.f("pk_roles_users")),
    )
    op.create_table(
        "topic_name",
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("lang", sa.String(length=3), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("synonyms", Json, nullable=False),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_topic_name_topic_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("topic_id", "lang", name=op.f("pk_topic_name")),
    )
    op.create_table(
        "content_facet",
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_content_facet_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("content_id", "field", "value", name=op.f("pk_content_facet")),
    )
    with op.batch_alter_table("content_facet", schema=None) as batch_op:
        batch_op.create_index(
            "ix_content_facet_kind_field_value", ["kind", "field", "value", "level", "content_id"], unique=False
        )

    op.create_table(
        "content_link",
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("relation", sa.String(length=40), nullable=False),
        sa.Column("to_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.ForeignKeyConstraint(["from_id"], ["content.id"], name=op.f("fk_content_link_from_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["to_id"], ["content.id"], name=op.f("fk_content_link_to_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("from_id", "relation", "to_id", name=op.f("pk_content_link")),
    )
    with op.batch_alter_table("content_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_content_link_to_id"), ["to_id"], unique=False)

    op.create_table(
        "content_place",
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lon", sa.Double(), nullable=True),
        sa.Column("cell", sa.BigInteger(), nullable=True),
        sa.Column("names", Json, nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("address", sa.String(length=500), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_content_place_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("content_id", "n", name=op.f("pk_content_place")),
    )
    with op.batch_alter_table("content_place", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_content_place_cell"), ["cell"], unique=False)
        batch_op.create_index("ix_content_place_lat_lon", ["lat", "lon"], unique=False)
        batch_op.create_index(batch_op.f("ix_content_place_slug"), ["slug"], unique=False)

    op.create_table(
        "content_slug",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("lang", sa.String(length=3), nullable=False),
        sa.Column("slug", sa.String(length=120), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_content_slug_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("kind", "lang", "slug", name=op.f("pk_content_slug")),
    )
    with op.batch_alter_table("content_slug", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_content_slug_content_id"), ["content_id"], unique=False)

    op.create_table(
        "content_text",
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("lang", sa.String(length=3), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("source_rev", sa.Integer(), nullable=True),
        sa.Column("sort_title", sa.String(length=300), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_content_text_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("content_id", "lang", name=op.f("pk_content_text")),
    )
    with op.batch_alter_table("content_text", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_content_text_sort_title"), ["sort_title"], unique=False)

    op.create_table(
        "content_topic",
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_content_topic_content_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["topic_id"], ["topic.id"], name=op.f("fk_content_topic_topic_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("content_id", "topic_id", name=op.f("pk_content_topic")),
    )
    with op.batch_alter_table("content_topic", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_content_topic_topic_id"), ["topic_id"], unique=False)

    op.create_table(
        "media",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("alt", Json, nullable=False),
        sa.Column("credit", sa.String(length=300), nullable=False),
        sa.Column("licence", sa.String(length=80), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["content_id"], ["content.id"], name=op.f("fk_media_content_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_media")),
        sa.UniqueConstraint("name", name=op.f("uq_media_name")),
    )
    with op.batch_alter_table("media", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_media_content_id"), ["content_id"], unique=False)

    op.create_table(
        "revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("content_id", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("created", Utc(), nullable=False),
        sa.Column("document", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["author_id"], ["hub_user.id"], name=op.f("fk_revision_author_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["content_id"], ["content.id"], name=op.f("fk_revision_content_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
    )
    with op.batch_alter_table("revision", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_revision_content_id"), ["content_id"], unique=False)

    # ### end Alembic commands ###


def downgrade() -> None:
    with op.batch_alter_table("revision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_revision_content_id"))

    op.drop_table("revision")
    with op.batch_alter_table("media", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_media_content_id"))

    op.drop_table("media")
    with op.batch_alter_table("content_topic", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_content_topic_topic_id"))

    op.drop_table("content_topic")
    with op.batch_alter_table("content_text", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_content_text_sort_title"))

    op.drop_table("content_text")
    with op.batch_alter_table("content_slug", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_content_slug_content_id"))

    op.drop_table("content_slug")
    with op.batch_alter_table("content_place", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_content_place_slug"))
        batch_op.drop_index("ix_content_place_lat_lon")
        batch_op.drop_index(batch_op.f("ix_content_place_cell"))

    op.drop_table("content_place")
    with op.batch_alter_table("content_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_content_link_to_id"))

    op.drop_table("content_link")
    with op.batch_alter_table("content_facet", schema=None) as batch_op:
        batch_op.drop_index("ix_content_facet_kind_field_value")

    op.drop_table("content_facet")
    op.drop_table("topic_name")
    op.drop_table("roles_users")
    with op.batch_alter_table("hub_webauthn", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hub_webauthn_credential_id"))

    op.drop_table("hub_webauthn")
    op.drop_table("hub_refresh")
    with op.batch_alter_table("content", schema=None) as batch_op:
        batch_op.drop_index("ix_content_status_published")
        batch_op.drop_index(batch_op.f("ix_content_publish_at"))
        batch_op.drop_index(batch_op.f("ix_content_owner_id"))
        batch_op.drop_index("ix_content_kind_status_updated")
        batch_op.drop_index("ix_content_kind_status_starts_at")
        batch_op.drop_index("ix_content_kind_status_published")
        batch_op.drop_index(batch_op.f("ix_content_import_batch_id"))
        batch_op.drop_index(batch_op.f("ix_content_author_id"))

    op.drop_table("content")
    op.drop_table("topic")
    op.drop_table("hub_user")
    op.drop_table("hub_state")
    op.drop_table("hub_setting")
    op.drop_table("hub_role")
    op.drop_table("hub_rate")
    with op.batch_alter_table("hub_mail", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hub_mail_sent"))

    op.drop_table("hub_mail")
    with op.batch_alter_table("hub_job", schema=None) as batch_op:
        batch_op.drop_index("ix_hub_job_state_run_at")

    op.drop_table("hub_job")
    op.drop_table("hub_cursor")
    with op.batch_alter_table("hub_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_hub_change_content_id"))

    op.drop_table("hub_change")
    op.drop_table("content_tombstone")
    # ### end Alembic commands ###
