"""What tests of news share: feeds as text, and a look into the tables."""

import datetime as dt

import sqlalchemy as sa

from hub.content.model import Content
from hub.store import db


def rss(*entries, title="Library news", extra=""):
    """An RSS document of (guid, link, title) or (guid, link, title, text); guid or link may be empty."""
    items = ""
    for guid, link, name, *text in entries:
        items += f"<item><title>{name}</title>" + (f"<link>{link}</link>" if link else "")
        items += (f'<guid isPermaLink="false">{guid}</guid>' if guid else "") + "".join(f"<description>{t}</description>" for t in text) + "</item>"
    head = f"<title>{title}</title><link>https://library.example.org/</link>{extra}"
    return f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{head}{items}</channel></rss>'


def add(app, url, **values):
    """A source that is due at once; its id."""
    from hub_news import keeping

    with app.app_context(), db.writing():
        feed = keeping.note(url, **values)
        db.session().commit()
        return feed.id


def due(app, number=None):
    """Let sources (or one) be due, and their servers free."""
    from hub_news.models import Feed, Host

    with app.app_context(), db.writing():
        past = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=5)
        query = sa.update(Feed).values(next_at=past)
        db.session().execute(query.where(Feed.id == number) if number else query)
        db.session().execute(sa.update(Host).values(free_at=None, busy_until=None))
        db.session().commit()


def run(app, number=None, seconds=5):
    """Everything due is asked once more."""
    from hub_news.reader import running

    due(app, number)
    with app.app_context():
        return running.run(seconds, [number] if number else ())


def feed(app, number):
    """A source as it stands in the table."""
    from hub_news.models import Feed

    with app.app_context():
        found = db.session().get(Feed, number)
        db.session().expunge_all()
        return found


def entries(app):
    """(title, status) of every news item, oldest first."""
    with app.app_context():
        rows = db.session().scalars(sa.select(Content).where(Content.kind == "news").order_by(Content.id)).all()
        return [(row.texts[0].title, row.status) for row in rows]
