"""further headers of mails: where answers go, how to unsubscribe; what was checked can be narrowed by year"""

import sqlalchemy as sa
from alembic import op

from hub.store.db import Json

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("hub_mail", schema=None) as batch_op:
        batch_op.add_column(sa.Column("headers", Json, nullable=False, server_default="{}"))
    op.execute(
        "INSERT INTO content_facet (content_id, field, value, kind, level) "
        "SELECT id, 'checked', substr(CAST(checked_on AS VARCHAR(10)), 1, 4), kind, "
        "CASE audience WHEN 'public' THEN 0 WHEN 'members' THEN 1 ELSE 2 END "
        "FROM content WHERE status = 'published' AND checked_on IS NOT NULL"
    )


def downgrade() -> None:
    op.execute("DELETE FROM content_facet WHERE field = 'checked'")
    with op.batch_alter_table("hub_mail", schema=None) as batch_op:
        batch_op.drop_column("headers")
