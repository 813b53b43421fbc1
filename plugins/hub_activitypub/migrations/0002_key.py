"""the key, before anybody reads it"""

import datetime as dt

import sqlalchemy as sa
from alembic import op
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from hub.api import Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    keys = sa.table(
        "activitypub_key", sa.column("id", sa.Integer), sa.column("private", sa.Text), sa.column("public", sa.Text), sa.column("made", Utc)
    )
    if op.get_bind().scalar(sa.select(sa.func.count()).select_from(keys)):
        return  # made by an earlier version, when it was first asked for
    made = rsa.generate_private_key(65537, 2048)
    private = made.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = made.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    row = {"id": 1, "private": private.decode(), "public": public.decode(), "made": dt.datetime.now(dt.UTC)}
    op.bulk_insert(keys, [row])


def downgrade() -> None:
    """The key stays: it is what others know the hub by."""
