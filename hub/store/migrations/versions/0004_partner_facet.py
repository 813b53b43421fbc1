"""lists of any kind can be narrowed by the partners an item is linked with, whatever their part"""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "INSERT INTO content_facet (content_id, field, value, kind, level) "
        "SELECT DISTINCT item.id, 'partner', partner.uid, item.kind, "
        "CASE item.audience WHEN 'public' THEN 0 WHEN 'members' THEN 1 ELSE 2 END "
        "FROM content_link link JOIN content item ON item.id = link.from_id JOIN content partner ON partner.id = link.to_id "
        "WHERE item.status = 'published' AND partner.kind = 'partner' AND item.kind <> 'partner' AND NOT EXISTS "
        "(SELECT 1 FROM content_facet f WHERE f.content_id = item.id AND f.field = 'partner' AND f.value = partner.uid)"
    )


def downgrade() -> None:
    op.execute("DELETE FROM content_facet WHERE field = 'partner' AND kind <> 'news'")
