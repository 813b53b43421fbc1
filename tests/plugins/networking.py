"""What tests of the network share: a real hub behind a real port, a hub that says what a test wants, and looks into tables."""

import datetime as dt
import json
import uuid

import sqlalchemy as sa

from hub.content.model import Content
from hub.store import db
from hub.testing.remote import Answer

PLUGINS = ("partners", "cases", "network", "-privacy")


ASKED = ("accept", "if-none-match", "user-agent", "signature", "signature-input")
ANSWERED = ("content-type", "etag", "retry-after", "cache-control", "vary", "unencoded-digest", "signature", "signature-input")


def behind(app, site):
    """Let a hub answer at a server of the test as if it ran there."""
    from hub_network import identity

    app.extensions["hub"].settings.site.__dict__["url"] = site.url  # the port is known only now
    with app.app_context():
        identity.ready()  # what the job does in its first run

    def speak(asked):
        headers = {k: v for k, v in asked.headers.items() if k.lower() in ASKED}
        got = app.test_client().get(asked.path, headers=headers, base_url=site.url)
        return Answer(got.data, got.status_code, {k: v for k, v in got.headers.items() if k.lower() in ANSWERED})

    for path in ("/api/v1/changes", *(f"/api/v1/{word}" for word in ("cases", "partners"))):
        site.script(path, speak)
    site._answers = Everything(speak, site._answers)
    return site


class Everything(dict):
    """Answers of a server where every path is answered by one function."""

    def __init__(self, speak, known):
        super().__init__(known)
        self.speak = speak

    def get(self, path, default=None):
        return self.speak


def make(app, kind="case", status="published", **texts):
    """An item; its uid. texts: title by language, or a whole document as `doc`."""
    from hub.api import items

    doc = texts.pop("doc", {})
    spoken = {code: {"title": title, "summary": f"About {title}"} for code, title in texts.items()}
    with app.test_request_context("/"), db.writing():
        made = items.create(kind, {"texts": spoken, "data": {}, "topics": [], "places": [], "links": {}, **doc}, status=status)
        items.commit()
        return made.uid


def edit(app, uid, change):
    """Change an item's document and publish that."""
    from hub.api import items

    with app.test_request_context("/"), db.writing():
        content = db.session().scalar(sa.select(Content).where(Content.uid == uid))
        doc = items.read(content)
        change(doc)
        items.save(content, doc, publish=True)
        items.commit()


def step(app, uid, action):
    from hub.api import items

    with app.test_request_context("/"), db.writing():
        items.move(db.session().scalar(sa.select(Content).where(Content.uid == uid)), action)
        items.commit()


def topic(app, slug, **names):
    from hub.api import items

    with app.test_request_context("/"), db.writing():
        items.put_topic({"slug": slug, **{code: {"name": name} for code, name in names.items()}})
        items.commit()


def follow(app, url, query=""):
    """Begin to follow; the number of the hub."""
    from hub_network import filters, hubs

    with app.test_request_context("/"):
        return hubs.follow(url, filters.parse(query)).id


def sync(app, number=None, seconds=20):
    """Ask now, whatever the plan says; the report."""
    from hub_network import running
    from hub_network.models import Followed

    with app.app_context():
        with db.writing():
            query = sa.update(Followed).values(next_at=dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1), busy_until=None)
            db.session().execute(query.where(Followed.id == number) if number else query)
            db.session().commit()
        return running.run(seconds, [number] if number else ())


def hub(app, number):
    """A followed hub as it stands in the table."""
    from hub_network.models import Followed

    with app.app_context():
        found = db.session().get(Followed, number)
        db.session().expunge_all()
        return found


def here(app):
    """Title (in the first language there is) → the item, of everything that came from other hubs and is to be seen."""
    with app.app_context():
        rows = db.session().scalars(sa.select(Content).where(Content.elsewhere, Content.status == "published").order_by(Content.id)).all()
        found = {row.texts[0].title: row for row in rows}
        db.session().expunge_all()
        return found


def refusals(app):
    """Reason → uids."""
    from hub_network.models import Refusal

    with app.app_context():
        found = {}
        for row in db.session().scalars(sa.select(Refusal).order_by(Refusal.id)):
            found.setdefault(row.reason, []).append(row.uid)
        return found


def uid_of(n):
    return str(uuid.UUID(int=0x0190_0000_0000_7000_8000_0000_0000_0000 + n))


class FakeHub:
    """A hub that says whatever a test wants. log: the rows of its change log with their items."""

    def __init__(self, site):
        self.site, self.log, self.asked = site, [], []
        self.about = {"name": "Odd hub", "url": site.url, "languages": ["en"], "kinds": {"case": "cases", "partner": "partners"}}
        self.twist = lambda body, asked: body
        site.script("/api/v1/changes", self.speak)

    def item(self, n, title=None, **more):
        uid = uid_of(n)
        title = title or f"Practice {n}"
        return {
            "uid": uid, "kind": "case", "url": f"{self.site.url}/en/cases/c{n}/", "urls": {"en": f"{self.site.url}/en/cases/c{n}/"},
            "title": title, "texts": {"en": {"title": title, "summary": f"About {title}", "body": "", "fields": {}}}, "fields": {},
            "topics": [], "concepts": [], "places": [], "links": {}, "licence": "CC BY 4.0", "example": False,
            "updated": "2026-11-01T10:00:00+00:00", "published": "2026-11-01T10:00:00+00:00", **more,
        }  # fmt: skip

    def say(self, item=None, *, uid=None, gone=False, kind="case"):
        number = len(self.log) + 1
        self.log.append({"id": number, "kind": kind, "uid": uid or item["uid"], "gone": gone, "at": "2026-11-01T10:00:00+00:00", "item": item})
        return number

    def speak(self, asked):
        from urllib.parse import parse_qs, urlsplit

        query = parse_qs(urlsplit(asked.path).query)
        since, limit = int(query["since"][0]), int(query["limit"][0])
        self.asked.append(asked)
        newest = {row["uid"]: row["item"] for row in self.log}
        rows = [{**row, "item": None if row["gone"] else newest[row["uid"]]} for row in self.log[since : since + limit]]
        body = {"changes": rows, "next": rows[-1]["id"] if rows else since, "more": len(rows) == limit,
                "head": len(self.log), "restart": since > len(self.log), "hub": self.about}  # fmt: skip
        answer = self.twist(body, asked)
        if isinstance(answer, Answer):
            return answer
        text = json.dumps(answer).encode()
        tag = f'"{hash(text)}"'
        sent = {k.lower(): v for k, v in asked.headers.items()}
        if sent.get("if-none-match") == tag:
            return Answer(b"", 304, {"ETag": tag})
        return Answer(text, 200, {"Content-Type": "application/json", "ETag": tag})
