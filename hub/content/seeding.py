"""What a new instance starts with (topics, pages) and the demo content, read from TOML files."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from hub.content import bulk, changes, document, topics, workflow
from hub.content.model import Content, Revision
from hub.hooks.here import hub
from hub.hooks.parts import ContentType

SEEDS = Path(__file__).parent / "seeds"
DEMO = "demo"


def start_content(db: Session) -> None:
    """Topics and pages of a new instance, each only where it is missing."""
    known = topics.concepts(db)
    for entry in tomllib.loads((SEEDS / "topics.toml").read_text(encoding="utf-8"))["topics"]:
        if entry["slug"] not in known:
            topics.put(db, {k: v for k, v in entry.items() if k != "broader"})
    for entry in tomllib.loads((SEEDS / "topics.toml").read_text(encoding="utf-8"))["topics"]:
        if entry["slug"] not in known and entry.get("broader"):
            topics.put(db, {"slug": entry["slug"], "broader": entry["broader"]})
    ctype = hub().types.get("page")
    for entry in tomllib.loads((SEEDS / "pages.toml").read_text(encoding="utf-8"))["pages"]:
        slug = entry.pop("slug")
        present = sa.select(Content.id).where(Content.origin == "start", Content.external_id == slug, Content.kind == "page")
        if db.scalar(present):
            continue
        texts = {code: text for code, text in entry.items() if code in hub().settings.site.languages}
        own = {"texts": texts, "slugs": dict.fromkeys(texts, slug), "origin": "start", "external_id": slug}
        doc = {**document.empty(), **own}
        workflow.create(db, ctype, doc, status="published")
    changes.commit(db)


@dataclass
class Report:
    """What loading the demo did. problems: (number, title, reason)."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: list[tuple[int, str, str]] = field(default_factory=list)


def load_demo(db: Session) -> Report:
    """Let every plugin hand in its demo items; again = no doubles, and nothing that somebody has edited is touched."""
    report, late = Report(), list[bulk.Fresh]()

    def load(told: Path | list[dict[str, Any]], kind: str) -> None:
        ctype = hub().types.get(kind)
        if ctype is not None:
            late.extend(_take(db, ctype, _items(told, kind), report))

    hub().hooks.tell("demo", load=load)
    for fresh in late:  # an item may name one of a plugin that came after its own
        bulk.relink(db, db.get_one(Content, fresh.id), fresh.ctype, fresh.doc)
    changes.commit(db)
    return report


def _take(db: Session, ctype: ContentType, docs: list[document.Document], report: Report) -> list[bulk.Fresh]:
    """Make or refresh the items of one folder; answers those whose links lead to nothing yet."""
    sources = [(ctype.kind, DEMO, doc["external_id"]) for doc in docs]
    known = {content.external_id: content for content in bulk.find_many(db, [], sources)}
    edited, made = _edited(db), []
    for number, doc in enumerate(docs, 1):
        content = known.get(doc["external_id"])
        try:
            if content is None:
                made.append(bulk.prepare(ctype, doc, "published"))
            elif content.id not in edited and bulk.settle(db, content, ctype, doc, document.read(db, content), note=DEMO):
                report.updated += 1
            else:
                report.unchanged += 1
        except (document.Faults, ValueError) as error:
            title = next((str(text.get("title")) for text in doc["texts"].values()), "")
            report.problems.append((number, title, str(error)))
    bulk.create_many(db, made, note=DEMO)
    report.created += len(made)
    changes.commit(db)
    return [fresh for fresh in made if fresh.lost]


def _edited(db: Session) -> set[int]:
    """The demo's items that somebody has worked on: a revision that is not ours, or a step that leaves none."""
    ours = sa.func.sum(sa.case((Revision.note == DEMO, 1), else_=0))
    steps = sa.case((Content.status == "published", 1), else_=0)
    query = sa.select(Content.id).join(Revision).where(Content.origin == DEMO).group_by(Content.id)
    return set(db.scalars(query.having(sa.or_(ours < sa.func.count(), Content.version != ours + steps))))


def _items(told: Path | list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Documents as they are, or of a folder of TOML files; links name items of the demo by their external id."""
    found = []
    if isinstance(told, Path):
        told = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(told.glob("*.toml"))]
    for doc in told:
        links = {name: [f"{DEMO}:{end}" for end in ends] for name, ends in doc.get("links", {}).items()}
        texts = {code: t for code, t in doc.get("texts", {}).items() if code in hub().settings.site.languages}
        if texts:  # what is told in another language alone has nothing to show here
            found.append({**document.empty(), **doc, "kind": kind, "origin": DEMO, "links": links, "texts": texts})
    return json.loads(json.dumps(found, default=str))


def remove_demo(db: Session) -> tuple[int, list[str]]:
    """Take the demo out again, except what somebody has edited since, which is listed."""
    edited = _edited(db)
    found = db.scalars(sa.select(Content).where(Content.origin == DEMO).order_by(Content.id)).all()
    kept = [f"{c.uid} {next((t.title for t in c.texts), '')}" for c in found if c.id in edited]
    workflow.erase_many(db, gone := [content for content in found if content.id not in edited])
    changes.commit(db)
    return len(gone), kept
