"""The demo's adoptions: in both languages, marked as examples, each once."""

from __future__ import annotations

import datetime as dt
import tomllib
import uuid
from pathlib import Path

import sqlalchemy as sa

from hub.api import Content, now, session
from hub_cases.models import Adoption

TOLD = Path(__file__).parent / "demo" / "adoptions.toml"


def tell() -> None:
    """Tell of the adoptions of demo practices that are there; what was told already is not told again."""
    known = set(session().scalars(sa.select(Adoption.uid).where(Adoption.example)))
    found = {
        c.external_id: c.id
        for c in session().scalars(sa.select(Content).where(Content.origin == "demo", Content.status == "published"))
    }
    for n, entry in enumerate(tomllib.loads(TOLD.read_text(encoding="utf-8"))["adoption"]):
        uid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://hub.invalid/cases/{entry['of']}/{entry['key']}"))
        if uid in known or entry["of"] not in found:
            continue
        session().add(Adoption(
            uid=uid, content_id=found[entry["of"]], adopter_id=found.get(entry.get("by", "")), stage=entry["stage"], state="live",
            holder="yes" if entry.get("confirmed") else "", names=entry["names"], texts=entry["texts"], city=entry["city"],
            country=entry["country"], point=[entry["lat"], entry["lon"]], year=entry["year"], lang="en", example=True,
            created=now() - dt.timedelta(days=n + 1), decided=now() - dt.timedelta(days=n),
        ))  # fmt: skip
    session().flush()
