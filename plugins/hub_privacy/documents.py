"""The texts that people agree to, seeded once as pages that the operator's lawyer completes."""

from __future__ import annotations

import tomllib
from pathlib import Path

import sqlalchemy as sa
from flask import current_app

from hub.api import Content, items, session, writing


def seed() -> None:
    """Make the pages that are missing, published, marked as a first text (a job)."""
    languages = current_app.extensions["hub"].settings.site.languages
    texts = tomllib.loads((Path(__file__).parent / "documents.toml").read_text(encoding="utf-8"))
    with writing():
        known = set(
            session().scalars(sa.select(Content.external_id).where(Content.kind == "page", Content.origin == "privacy"))
        )
        for slug, spoken in texts.items():
            own = {code: {**text, "fields": {}} for code, text in spoken.items() if code in languages}
            if slug in known or not own:
                continue
            doc = {"texts": own, "slugs": dict.fromkeys(own, slug), "origin": "privacy", "external_id": slug}
            items.create("page", {**_empty(), **doc}, status="published")
        items.commit()


def _empty() -> dict[str, object]:
    return {"data": {}, "topics": [], "places": [], "links": {}, "audience": "public"}
