"""What events tell others: JSON-LD for machines, whom they reached for the reports of feedback."""

import datetime as dt
import io
import json
import re
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
import time_machine
from days import today
from docx import Document
from docx.oxml.ns import qn
from eventing import hours, make, register

from hub.store import db
from hub.testing.fixtures import sign_in

YEAR = today().year


@pytest.fixture(scope="module")
def app(hub_instances):
    from hub.app import create_app

    app = create_app(hub_instances.make(("partners", "events", "feedback", "-privacy")), strict=True)
    app.testing = True
    yield app
    with app.app_context():
        db.engine().dispose()


def publish(app, kind, doc):
    with app.app_context(), db.writing():
        from hub.api import items

        uid = items.create(kind, doc, status="published").uid
        items.commit()
    return uid


def linked(app, uid, lang="en"):
    page = app.test_client().get(f"/{lang}/events/{uid}/", follow_redirects=True).text
    [found] = re.findall(r'<script type="application/ld\+json">(.+?)</script>', page)
    return json.loads(found)


def test_an_event_tells_machines_when_where_and_how(app):
    holder = publish(app, "partner", {"texts": {"en": {"title": "House of Lamps"}}})
    uid = publish(app, "event", {
        "texts": {"en": {"title": "A talk </script><b>"}}, "links": {"organiser": [holder]},
        "places": [{"lat": 55.79, "lon": 49.1, "names": {"en": "Kazan"}, "address": "Kremlin Street 1", "country": "RU"}],
        "data": {"starts": "2031-07-03T18:30", "ends": "2031-07-03T20:00", "zone": "Europe/Samara", "format": "lecture",
                 "attendance": "both", "live": "https://example.org/room", "free": True, "languages": ["ru", "en"]}})  # fmt: skip
    with app.app_context(), db.writing():
        from hub_events import programme
        from hub_events.models import Plan

        from hub.api import items

        content = items.get("event", uid)
        db.session().add(Plan(content_id=content.id, is_open=True, capacity=5))
        programme.save(content, [{"day": "2031-07-03", "from": "18:30", "until": "19:00", "title.en": "Opening",
                                  "speakers": "Anna; Boris", "room": "Hall"}])  # fmt: skip
        items.commit()
    told = linked(app, uid)
    assert told["@type"] == "EducationEvent" and told["name"] == "A talk </script><b>"
    assert (told["startDate"], told["endDate"]) == ("2031-07-03T18:30:00+04:00", "2031-07-03T20:00:00+04:00")
    assert told["eventStatus"].endswith("/EventScheduled") and told["eventAttendanceMode"].endswith("/MixedEventAttendanceMode")
    place, online = told["location"]
    assert place["address"] == {"@type": "PostalAddress", "addressCountry": "RU", "streetAddress": "Kremlin Street 1",
                                "addressLocality": "Kazan"}  # fmt: skip
    assert online == {"@type": "VirtualLocation", "url": "https://example.org/room"}
    assert [o["name"] for o in told["organizer"]] == ["House of Lamps"]
    assert (told["offers"]["price"], told["offers"]["priceCurrency"]) == (0, "RUB") and told["offers"]["availability"].endswith("/InStock")
    assert app.test_client().get(urlsplit(told["offers"]["url"]).path).status_code == 200
    assert [p["name"] for p in told["performer"]] == ["Anna", "Boris"]
    [part] = told["subEvent"]
    assert part["startDate"] == "2031-07-03T18:30:00+04:00" and part["eventStatus"] == told["eventStatus"]
    assert part["location"] == [{"@type": "Place", "name": "Hall", "address": place["address"]}, online]


def test_days_with_their_own_hours_are_told_day_by_day(app):
    uid = publish(app, "event", {"texts": {"en": {"title": "Two days"}}, "data": {
        "starts": "2031-02-19T12:00", "ends": "2031-02-20T15:00", "zone": "Europe/Moscow", "days": [
            {"day": "2031-02-19", "from": "12:00", "until": "16:00"}, {"day": "2031-02-20", "from": "11:00", "until": "15:00"}]}})  # fmt: skip
    first, second = linked(app, uid)["eventSchedule"]
    assert first == {"@type": "Schedule", "startDate": "2031-02-19", "endDate": "2031-02-19", "startTime": "12:00:00",
                     "endTime": "16:00:00", "scheduleTimezone": "Europe/Moscow"}  # fmt: skip
    assert (second["startDate"], second["startTime"]) == ("2031-02-20", "11:00:00")


def test_a_cancelled_one_says_so_and_a_closed_room_is_not_told(app):
    uid = make(app, "Closed", cancelled=True, attendance="online", live_closed="https://example.org/secret")
    told = linked(app, uid)
    assert told["eventStatus"].endswith("/EventCancelled")
    assert told["location"] == [{"@type": "VirtualLocation", "url": told["url"]}]
    assert "secret" not in json.dumps(told)


def visited(app):
    """Two events that are over (one by numbers typed in, one by check-in), and three that do not count."""
    from hub_events.models import Registration

    partner = publish(app, "partner", {"texts": {"en": {"title": "Garden of Perm"}}})
    day = f"{YEAR}-01-02"
    publish(app, "event", {"texts": {"en": {"title": "Typed in"}}, "links": {"organiser": [partner]},
                           "data": {"starts": f"{day}T10:00", "ends": f"{day}T11:00", "zone": "UTC", "came": 1200, "viewers": 300,
                                    "replays": 44, "helpers": [{"role": "volunteer", "name": "Vera"}]}})  # fmt: skip
    counted = make(app, "Checked in", -3, 1, plan={"capacity": 9, "max_guests": 3})
    register(app, counted, "came@example.org", guests="2")
    register(app, counted, "stayed@example.org")
    with app.app_context(), db.writing():
        from hub.api import items

        db.session().execute(sa.update(Registration).where(Registration.email == "came@example.org").values(state="attended"))
        content = items.get("event", counted)
        doc = items.read(content)
        doc["data"]["ends"] = hours(-1)
        items.save(content, doc, publish=True)
        items.commit()
    make(app, "Called off", -5, -4, cancelled=True, came=5)
    make(app, "Perhaps", -5, -4, unconfirmed=True, came=5)
    make(app, "Later", 5, 6, came=5)
    return counted


@time_machine.travel(f"{YEAR}-06-15T12:00:00Z")  # on the first of January nothing of this year is over yet
def test_reach_goes_into_the_report_and_the_year(app):
    counted = visited(app)
    with app.test_request_context("/en/"):
        from hub.api import gather, items

        number = items.get("event", counted).id
        [(plugin, told)] = gather("turnout", contents=[number, 10**6])
        assert plugin == "events" and told == {number: {"registered": 4, "attended": 3, "no_show": 1}}
        lines = {label: (count, address) for _, rows in gather("figures", period=(dt.date(YEAR, 1, 1), dt.date(YEAR, 12, 31)))
                 for label, count, address in rows}  # fmt: skip
    assert lines["Events held"][0] == 2
    assert lines["People who came to events"][0] == 1203 and lines["People who watched online"][0] == 300
    assert lines["Recordings opened"][0] == 44 and lines["Organisations that took part in events"][0] == 1
    assert lines["People who helped at events"][0] == 1
    page = app.test_client().get(lines["Events held"][1]).text
    assert "2 events took place" in page and "1,203" in page and "Garden of Perm" in page and "Called off" not in page
    assert app.test_client().get("/en/events/reach/?from=soon").status_code == 400
    editor = sign_in(app, "editor")
    report = editor.get(f"/desk/feedback/report?from={YEAR}-01-01&to={YEAR}-12-31").text
    assert "1,203" in report and "Garden of Perm" in report  # by organisation: who organises, too
    assert "People who came to events" in editor.get(f"/desk/feedback/year?year={YEAR}").text
    # the document says what the page says, as the language writes it
    document = Document(io.BytesIO(editor.get(f"/desk/feedback/year.docx?year={YEAR}&text=ru").data))
    said = [["".join(t.text for t in cell._tc.iter(qn("w:t"))) for cell in row.cells] for table in document.tables for row in table.rows]
    assert ["Пришло на события", "1\u00a0203"] in said and ["Что", "Карточек"] in [row[:2] for row in said]
    assert 'w:val="ru-RU"' in document.styles.element.xml
    empty = Document(io.BytesIO(editor.get("/desk/feedback/year.docx?year=2015&text=en").data))
    assert any("people who came to events" in p.text for p in empty.paragraphs), "what is zero stands in a sentence, by its own name"


def test_the_numbers_are_typed_in_the_form_of_the_event(app):
    uid = make(app, "Numbers", -5, -4)
    editor = sign_in(app, "editor")
    page = editor.get(f"/desk/events/{uid}/").text
    names = re.findall(r'name="([^"]*(?:came|viewers|replays))"', page)
    assert len(names) == 3
