"""A practice takes its figures from what events have counted: by year, ticked by a person, each number with its list."""

import re

import pytest

from hub.store import db
from hub.testing.fixtures import csrf, sign_in


@pytest.fixture(scope="module")
def app(hub_instances):
    from hub.app import create_app

    app = create_app(hub_instances.make(("partners", "cases", "events", "-privacy")), strict=True)
    app.testing = True
    yield app
    with app.app_context():
        db.engine().dispose()


def publish(app, kind, title, **doc):
    with app.app_context(), db.writing():
        from hub.api import items

        uid = items.create(kind, {"texts": {"en": {"title": title}}, **doc}, status="published").uid
        items.commit()
    return uid


def gathering(app, title, year, holder, **data):
    when = {"starts": f"{year}-03-01T18:00", "ends": f"{year}-03-01T20:00", "zone": "UTC"}
    return publish(app, "event", title, links={"organiser": [holder]}, data={**when, **data})


def test_a_practice_draws_its_figures_from_the_reach_of_its_events(app):
    ours, others = publish(app, "partner", "House of Lamps"), publish(app, "partner", "Elsewhere")
    gathering(app, "First", 2022, ours, came=30, viewers=400, replays=12, helpers=[{"role": "volunteer", "name": "Anna"}])
    gathering(app, "Second", 2022, ours, came=20)
    gathering(app, "Third", 2023, ours, came=70)
    gathering(app, "Not ours", 2022, others, came=5000)
    gathering(app, "Called off", 2023, ours, came=9000, cancelled=True)
    case = publish(app, "case", "Lamps", links={"holder": [ours]}, data={
        "start": "2022", "end": "2023", "unknown": ["figures"], "figures": [{"unit": "events", "value": 9, "year": "2022"}]})  # fmt: skip
    editor, address = sign_in(app, "editor"), f"/desk/cases/{case}/figures/"
    page = editor.get(address).text
    rows = {match[0]: match[1] for match in re.findall(r'value="(\w+ \d{4})".*?<td class="num"[^>]*>([^<]+)<', page, re.S)}
    assert rows == {"events 2022": "2", "participants 2022": "450", "views 2022": "12", "partners 2022": "1", "volunteers 2022": "1",
                    "events 2023": "1", "participants 2023": "70", "partners 2023": "1"}  # fmt: skip
    assert "came: 50, watched online: 400" in page and "9, would be replaced" in page
    form = {"csrf_token": csrf(page), "base": re.search(r'name="base" value="([^"]*)"', page)[1]}
    done = editor.post(address, data={**form, "take": ["events 2022", "participants 2022", "participants 2023", "trees 2022"]})
    assert done.status_code == 302
    with app.app_context():
        from hub.api import items

        data = items.read(items.get("case", case))["data"]
    assert "unknown" not in data and sorted((row["unit"], row["year"], row["value"]) for row in data["figures"]) == [
        ("events", "2022", 2), ("participants", "2022", 450), ("participants", "2023", 70)]  # fmt: skip
    assert "450, 2022" in app.test_client().get(f"/en/cases/{case}/", follow_redirects=True).text
    assert editor.post(address, data={**form, "take": ["views 2022"]}).status_code == 409  # somebody was faster

    [listed] = {link.replace("&amp;", "&") for link in re.findall(r'href="(/en/events/reach/[^"]+2022[^"]+)"', page)}
    counted = app.test_client().get(listed).text
    assert "2 events took place" in counted and "House of Lamps" in counted and "Not ours" not in counted
    assert app.test_client().get("/en/events/reach/?organisation=nobody").status_code == 404


def test_without_a_keeper_or_events_it_says_what_is_missing(app):
    case = publish(app, "case", "Nobody's")
    editor = sign_in(app, "editor")
    assert "Say first which organisation keeps this practice" in editor.get(f"/desk/cases/{case}/figures/").text
    quiet = publish(app, "case", "Quiet", links={"holder": [publish(app, "partner", "Quiet house")]})
    assert "Of Quiet house nothing was counted here" in editor.get(f"/desk/cases/{quiet}/figures/").text
    assert sign_in(app, "member").get(f"/desk/cases/{case}/figures/").status_code == 403
