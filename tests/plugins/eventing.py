"""What tests of events share: an event in a line, a registration by its mails."""

import datetime as dt
import re

import sqlalchemy as sa

from hub.store import db
from hub.testing.fixtures import csrf
from hub.work.mail import Mail


def hours(count):
    return f"{dt.datetime.now(dt.UTC) + dt.timedelta(hours=count):%Y-%m-%dT%H:%M}"


def make(app, title="Talk", begins=24.0, over=26.0, plan=None, places=(), **data):
    """An event, begin and end in hours from now; plan: how one registers."""
    from hub_events.models import Plan

    from hub.api import items

    doc = {"places": list(places), "texts": {"en": {"title": title}, "ru": {"title": f"{title} по-русски"}},
           "data": {"starts": hours(begins), "ends": hours(over), "zone": "UTC", **data}}  # fmt: skip
    with app.app_context(), db.writing():
        content = items.create("event", doc, status="published")
        if plan is not None:
            db.session().add(Plan(content_id=content.id, is_open=True, told_starts=content.starts_at, **plan))
        items.commit()
        return content.uid


def mails(app):
    with app.app_context():
        return db.session().scalars(sa.select(Mail).order_by(Mail.id)).all()


def link_of(app, address):
    text = [mail.text for mail in mails(app) if mail.to == address][-1]
    return re.search(r"https?://[^/]+(/en/events/place/\S+)", text)[1]


def register(app, uid, address="anna@example.org", **typed):
    """Register without an account; answers (client, page of the own registration after confirming)."""
    visitor = app.test_client()
    page = visitor.get(f"/en/events/register/{uid}/")
    form = {"csrf_token": csrf(page.text), "name": "Anna", "email": address, "consent": "1", **typed}
    sent = visitor.post(f"/en/events/register/{uid}/", data=form)
    assert sent.status_code == 200, sent.text
    mine = visitor.get(link_of(app, address), follow_redirects=True)
    assert "Confirm" in mine.text
    done = visitor.post(mine.request.path, data={"csrf_token": csrf(mine.text), "do": "confirm"}, follow_redirects=True)
    return visitor, done
