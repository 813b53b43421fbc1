"""Series with a heartbeat: dates made ahead, confirmed by one click, paused when nobody speaks."""

import datetime as dt
import re

import pytest
from days import today
from eventing import mails, make, register

from hub.store import db
from hub.testing.fixtures import csrf, sign_in

FORM = {"do": "save", "rule": "week", "until": "", "ahead": "2", "ask_days": "8"}


@pytest.fixture(scope="module")
def app(hub_instances):
    """One application for all; each test has an event of another name."""
    from hub.app import create_app

    app = create_app(hub_instances.make(("partners", "events", "-privacy")), strict=True)
    app.testing = True
    yield app
    with app.app_context():
        db.engine().dispose()


def work(editor, uid, **typed):
    page = editor.get(f"/desk/events/{uid}/series/")
    return editor.post(f"/desk/events/{uid}/series/", data={"csrf_token": csrf(page.text), **FORM, **typed})


def coming(app, title):
    client = app.test_client()
    client.set_cookie("hub", "of nobody")  # asked past the page cache, which knows the real day and not the test's
    found = client.get("/en/events.json?when=coming&limit=100").json["items"]
    return [item for item in found if item["title"] == title]


def beat(app):
    with app.app_context():
        from hub_events import keeping, series

        series.beat()
        keeping.turn()


@pytest.mark.parametrize(("rule", "first", "after", "day"), [
    ("week", "2026-03-27", "2026-03-27", "2026-04-03"), ("fortnight", "2026-03-27", "2026-04-11", "2026-04-24"),
    ("month", "2026-03-10", "2026-03-10", "2026-04-14"),  # second Tuesday
    ("month", "2026-03-31", "2026-03-31", "2026-04-28"),  # fifth Tuesday, else the last one
    ("month", "2026-11-09", "2026-12-14", "2027-01-11"),
])  # fmt: skip
def test_the_days_of_a_rule(rule, first, after, day):
    from hub_events import series

    assert series.following(rule, *map(dt.date.fromisoformat, (first, after))) == dt.date.fromisoformat(day)


def test_dates_are_made_with_programme_and_registration_at_the_same_hour(app, clock):
    clock.stand(dt.datetime(2031, 3, 25, 12, tzinfo=dt.UTC))
    closes = dt.datetime(2031, 3, 27, 16, 30, tzinfo=dt.UTC)
    uid = make(app, "Lamps", 0, 0, plan={"capacity": 6, "closes_at": closes}, starts="2031-03-27T18:00", ends="2031-03-27T20:00", zone="Europe/Berlin",
               replay="https://example.org/film")  # fmt: skip
    editor = sign_in(app, "editor")
    page = editor.get(f"/desk/events/{uid}/programme/")
    row = {"1/day": "2031-03-27", "1/from": "18:30", "1/until": "19:00", "1/title.en": "Soldering"}
    editor.post(f"/desk/events/{uid}/programme/", data={"csrf_token": csrf(page.text), "do": "save", **row})
    assert work(editor, uid).status_code == 302
    beat(app)
    events = coming(app, "Lamps")
    # summer time begins on 30 March: 18:00 stays 18:00
    assert [e["starts_at"] for e in events] == ["2031-03-27T17:00:00+00:00", "2031-04-03T16:00:00+00:00", "2031-04-10T16:00:00+00:00"]
    shown = app.test_client().get(f"/en/events/{events[1]['uid']}/", follow_redirects=True).text
    assert "The date is not yet confirmed by its organiser" in shown and "Soldering" in shown and "6 places left" in shown
    assert "Other dates" in shown and "film" not in shown
    assert "2031-04-03T17:30" in editor.get(f"/desk/events/{events[1]['uid']}/registration/").text  # closes half an hour before, too
    assert app.test_client().get("/en/events.ics?q=Lamps").text.count("STATUS:TENTATIVE") == 2
    clock.move(days=8)
    beat(app)
    assert len(coming(app, "Lamps")) == 2  # one has passed; two are announced ahead


def test_the_organiser_confirms_by_one_click_and_a_refusal_is_told(app, clock):
    uid = make(app, "Clocks", -2, -1, plan={"capacity": 6})
    editor = sign_in(app, "editor")
    work(editor, uid)
    first, second = coming(app, "Clocks")
    beat(app)
    beat(app)
    asked = [mail for mail in mails(app) if mail.subject == "Does it take place? Clocks"]
    assert len(asked) == 1  # the second date is not near yet
    link = re.search(r"https?://[^/]+(/en/events/date/\S+)", asked[0].text)[1]
    visitor = app.test_client()
    page = visitor.get(link)
    assert "It takes place" in page.text
    assert "not yet confirmed" in app.test_client().get(f"/en/events/{first['uid']}/", follow_redirects=True).text
    assert visitor.post(link, data={"do": "yes"}).status_code == 400  # without the form's token
    visitor.post(link, data={"csrf_token": csrf(page.text), "do": "yes"})
    assert "not yet confirmed by" not in app.test_client().get(f"/en/events/{first['uid']}/", follow_redirects=True).text
    register(app, second["uid"], "anna@example.org")
    work(editor, uid, do="no", date=second["uid"])
    beat(app)
    assert any(mail.to == "anna@example.org" and mail.subject.startswith("Cancelled") for mail in mails(app))
    assert app.test_client().get("/en/events/date/nonsense/").status_code == 404


def test_after_three_silent_dates_it_pauses_and_says_so(app, clock):
    uid = make(app, "Bicycles", -2, -1)
    editor = sign_in(app, "editor")
    work(editor, uid, ahead="3")
    clock.move(days=22)
    beat(app)
    beat(app)
    assert [mail.subject for mail in mails(app) if mail.subject.endswith("paused: Bicycles")] == ["The series has paused: Bicycles"]
    assert not coming(app, "Bicycles")
    assert "This series has paused" in app.test_client().get(f"/en/events/{uid}/", follow_redirects=True).text
    work(editor, uid, do="resume")
    assert len(coming(app, "Bicycles")) == 3


def test_what_is_wrong_is_said_beside_the_field(app):
    uid = make(app, "Chairs")
    editor = sign_in(app, "editor")
    page = work(editor, uid, rule="daily", ahead="99", until="soon", ask_days="")
    assert page.status_code == 422 and page.text.count('class="err"') == 4 and 'value="soon"' in page.text
    work(editor, uid, until=str(today() + dt.timedelta(days=9)))
    assert len(coming(app, "Chairs")) == 2  # the pattern and one date until the last day
    assert sign_in(app, "member").get(f"/desk/events/{uid}/series/").status_code == 403


def test_an_edit_that_is_going_on_stays(app):
    uid = make(app, "Kettles", -2, -1)
    work(sign_in(app, "editor"), uid, ahead="1")
    [date] = coming(app, "Kettles")
    with app.app_context(), db.writing():
        from hub.api import items

        content = items.get("event", date["uid"])
        doc = items.read(content)
        doc["texts"]["en"]["title"] = "Kettles, with cake"
        items.save(content, doc)
        items.commit()
    work(sign_in(app, "editor"), uid, do="yes", date=date["uid"])
    with app.app_context():
        from hub.api import items

        doc, pending = items.working_copy(items.get("event", date["uid"]))
        assert pending is not None and doc["texts"]["en"]["title"] == "Kettles, with cake" and not doc["data"].get("unconfirmed")
