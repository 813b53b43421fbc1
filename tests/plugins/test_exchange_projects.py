"""Common projects through the public door: who brings what, steps in time, and what becomes of a finished one."""

import datetime as dt

import pytest
import sqlalchemy as sa
from days import today
from making import work
from suggesting import words

from hub.content.model import Content
from hub.store import db
from hub.testing.fixtures import csrf, sign_in

PLUGINS = ("partners", "cases", "events", "contact", "editor", "exchange")


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    from hub.app import create_app
    from hub.testing.instances import Instances

    made = create_app(Instances(tmp_path_factory.mktemp("projects")).make(PLUGINS), strict=True)
    made.testing = True
    yield made
    with made.app_context():
        db.engine().dispose()


def text(title, **more):
    return {"title": title, "summary": f"About {title}.", "body": "", "fields": {}, **more}


@pytest.fixture
def project(app):
    """A project of a partner, which repeats two practices and has a need and an event."""
    from hub.api import items

    year = today().year
    with work(app) as session:
        items.erase_many(session.scalars(sa.select(Content).where(Content.kind != "page")).all())
        made = {
            kind: items.create(kind, {"texts": {"en": text(title)}, **more}, status="published").uid
            for kind, title, more in (
                ("partner", "Lower Library", {"data": {"email": "library@example.org"}}), ("listing", "Forty plants", {"data": {
                    "direction": "need", "kind": "plants"}}), ("event", "The swap", {"data": {"starts": f"{year + 1}-05-02T10:00",
                    "ends": f"{year + 1}-05-02T12:00"}}),
            )
        }  # fmt: skip
        cases = [items.create("case", {"texts": {"en": text(title)}}, status="published").uid for title in ("Seed library", "Seed train")]
        doc = {
            "texts": {
                "en": text("Night seeds", body="By rail.", fields={
                    "brings": "- Lower Library: boxes\nOther hub (https://lakes.example.org/en/partners/reed/): sorts\nsomething <i>else</i>",
                    "steps": f"{year + 2}-05 Sowing\n{year - 1}-03-01 – Agreement\nsome day: a party", "wanted": "A school",
                }),
                "ru": text("Ночные семена", fields={"brings": "Нижняя библиотека: ящики", "steps": f"{year + 2}-05 Посев"}),
            },
            "data": {"stage": "running", "open_places": 2, "ends": f"{year}-06"}, "topics": ["gardening"],
            "places": [{"lat": 58.0, "lon": 56.2, "names": {"en": "Perm", "ru": "Пермь"}, "country": "RU"}],
            "links": {"holder": [made["partner"]], "case": cases, "event": [made["event"]], "need": [made["listing"]]},
        }  # fmt: skip
        return {**made, "cases": cases, "uid": items.create("project", doc, status="published").uid}


def page(client, uid, path="projects", lang="en"):
    answer = client.get(f"/{lang}/{path}/{uid}/", follow_redirects=True)
    assert answer.status_code == 200, answer.status
    return answer.text


def finish(app, uid):
    from hub.api import items

    with work(app):
        row = items.get("project", uid)
        doc = items.read(row)
        doc["data"]["stage"] = "finished"
        items.save(row, doc, publish=True)


def test_the_page_says_who_brings_what_what_is_open_and_what_comes_next(app, project):
    visitor = app.test_client()
    shown = page(visitor, project["uid"])
    assert '<a href="/en/partners/lower-library/">Lower Library</a>' in shown, "a partner here leads to its page"
    assert 'href="https://lakes.example.org/en/partners/reed/"' in shown and "lakes.example.org</span>" in shown
    assert "something &lt;i&gt;else&lt;/i&gt;" in shown
    said = words(shown)
    assert said.index("Agreement") < said.index("Sowing") < said.index("some day: a party")
    assert shown.index('aria-current="step"') < shown.index("Sowing") and shown.count('aria-current="step"') == 1
    assert "2 open places" in said and "Join in" in said and f"/en/contact/item/{project['uid']}/" in shown
    for path, kind in (("cases", "cases"), ("exchange", "listing"), ("events", "event"), ("partners", "partner")):
        other = project[kind][0] if kind == "cases" else project[kind]
        assert "Night seeds" in page(visitor, other, path), f"the {kind} leads back to the project"
    assert visitor.get("/en/projects.json?stage=running").json["total"] == 1
    assert "Посев" in page(visitor, project["uid"], lang="ru")


def test_a_finished_project_looks_for_nobody_any_more(app, project):
    visitor = app.test_client()
    front, shown = words(visitor.get("/en/").text), words(page(visitor, project["uid"]))
    assert "2 open places" in front and "Open places" in shown and "A school" in shown
    finish(app, project["uid"])
    shown = words(page(visitor, project["uid"]))
    assert "open places" not in shown.lower() and "A school" not in shown and "Whom it looks for" not in shown
    front = words(visitor.get("/en/").text)
    assert "Night seeds" in front and "open places" not in front


def test_a_finished_project_becomes_a_practice_in_one_step_and_its_models_are_told(app, project):
    editor, visitor = sign_in(app, "editor"), app.test_client()
    here = f"/desk/exchange/{project['uid']}/case/"
    assert "when it is finished" in editor.get(here).text and "/case/" not in page(editor, project["uid"])
    token = csrf(editor.get("/desk/projects/").text)
    assert editor.post(here, data={"csrf_token": token}).status_code == 409
    finish(app, project["uid"])
    assert "Finished projects that could become practices" in words(editor.get("/desk/").text)
    assert here in page(editor, project["uid"]) and here not in page(visitor, project["uid"])
    asked = editor.get(here)
    assert "Seed library" in asked.text and "Seed train" in asked.text
    made = editor.post(here, data={"csrf_token": csrf(asked.text)}, follow_redirects=True)
    said = words(made.text)
    assert "A draft of a practice has been made" in said and "2 practices were told" in said
    with app.app_context():
        from hub_cases.models import Adoption

        from hub.api import items

        case = db.session().scalar(sa.select(Content).where(Content.kind == "case", Content.status == "draft"))
        doc = items.read(case)
        assert doc["links"]["holder"] == [project["partner"]] and doc["links"]["based_on"] == project["cases"][:1]
        assert set(doc["texts"]) == {"en", "ru"} and "## Who brought what" in doc["texts"]["en"]["body"]
        assert "Выросло из общего проекта «Ночные семена»" in doc["texts"]["ru"]["body"]
        rows = db.session().scalars(sa.select(Adoption)).all()
        assert {(row.stage, row.offered_by, row.names["en"], row.country) for row in rows} == {("adopted", "exchange", "Lower Library", "RU")}
        assert len(rows) == 2 and rows[0].year == today().year
        assert rows[0].state == "waiting", "editors or those who keep the practice decide, as about any other"
        uid = case.uid
    again = editor.get(here)
    assert "has been made of it already" in again.text
    assert editor.post(here, data={"csrf_token": csrf(editor.get("/desk/projects/").text)}).status_code == 409
    assert "Finished projects that could become" not in words(editor.get("/desk/").text)
    with work(app):
        items.move(items.get("case", uid), "publish")
    assert "Night seeds" in page(visitor, uid, "cases") and "Became the practice" in page(visitor, project["uid"])


def test_only_who_may_edit_a_project_makes_a_practice_of_it(app, project):
    finish(app, project["uid"])
    here = f"/desk/exchange/{project['uid']}/case/"
    member = sign_in(app, "member")
    assert member.get(here).status_code == 403
    assert app.test_client().get(here).status_code in (302, 401)
    from hub.api import accounts, items

    with work(app) as session:
        number = items.get("partner", project["partner"]).id
        items.get("project", project["uid"]).owner_id = number
        accounts.appoint(accounts.find_user(session, "member@example.org"), number)
    made = member.post(here, data={"csrf_token": csrf(member.get(here).text)})
    assert made.status_code == 302 and "/desk/cases/" in made.location
    assert member.get(made.location).status_code == 200, "the draft is theirs to complete"


def test_lines_that_mean_no_date_stay_as_they_are(app):
    from types import SimpleNamespace

    from hub_exchange import project

    said = "2027-13-40 nonsense\n2027 — a year\n99999 roses\n2027-02-29 no leap\n\n* 2027-01-05: kick-off"
    item = SimpleNamespace(value=lambda name: said if name == "steps" else "running", links={})
    found = [(step.when, step.text, step.state) for step in project.steps(item, dt.date(2027, 1, 6))]
    assert found == [
        ("2027-01-05", "kick-off", ""), ("2027", "a year", "now"), ("", "2027-13-40 nonsense", ""), ("", "99999 roses", ""),
        ("", "2027-02-29 no leap", ""),
    ]  # fmt: skip


def test_who_brings_what_is_read_as_people_write_it():
    from types import SimpleNamespace

    from hub_exchange import project

    said = "* Reed (https://reed.example/p/): boats\nReed https://reed.example/p/: oars\nYard: see https://yard.example/a:b\nmore at https://x.example"
    found = [(one.who, one.what, one.url) for one in project.brought(SimpleNamespace(value=lambda name: said, links={}))]
    assert found == [
        ("Reed", "boats", "https://reed.example/p/"), ("Reed", "oars", "https://reed.example/p/"),
        ("Yard", "see https://yard.example/a:b", ""), ("", "more at https://x.example", ""),
    ]  # fmt: skip


@pytest.mark.parametrize("month", range(1, 13))
def test_the_demo_has_its_dates_in_order_in_every_month(month):
    import tomllib

    from hub_exchange import examples

    for kind in ("listing", "project"):
        text = (examples.HERE / f"{kind}s.toml").read_text(encoding="utf-8")
        for entry in tomllib.loads(examples.dated(text, dt.date(2027, month, 15)))["entries"]:
            begins, ends = (entry["data"].get(name) or "" for name in (("from", "until") if kind == "listing" else ("begins", "ends")))
            assert not (begins and ends) or begins[:7] <= ends[:7], (month, entry["external_id"])
            assert not ends or ends >= f"2027-{month:02}" or entry["data"].get("stage") == "finished", (month, entry["external_id"])
