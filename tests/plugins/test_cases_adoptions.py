"""Practices taken over: told without an account, confirmed by mail, by those who keep the practice, decided by editors."""

import datetime as dt
import json
import re

import pytest
import sqlalchemy as sa
from suggesting import Fields, main, send, words

from hub.store import db
from hub.testing.fixtures import sign_in
from hub.work.mail import Mail

TOML = "[plugin.cases]\nseconds = 0\nper_hour = 1000\n"


@pytest.fixture(scope="module")
def town(hub_instances):
    """An application with a keeper (a partner), its practice and another partner."""
    from hub.api import items
    from hub.app import create_app

    app = create_app(hub_instances.make(["partners", "cases", "editor"], toml=TOML), strict=True)
    app.testing = True
    with app.app_context(), db.writing():
        partner = {"texts": {"en": {"title": "Keepers of the tram"}}, "data": {"email": "keepers@example.org"}}
        keeper = items.create("partner", partner, status="published")
        other = items.create("partner", {"texts": {"en": {"title": "Garden of Perm"}, "ru": {"title": "Сад Перми"}},
                                         "places": [{"lat": 58.01, "lon": 56.25, "names": {"en": "Perm"}, "country": "RU"}]}, status="published")  # fmt: skip
        db.session().flush()
        app.keeper, app.other = keeper.uid, other.uid
        items.commit()
    return app


@pytest.fixture
def case(town):
    """A fresh practice of the keeper, with a place."""
    from hub.api import items

    with town.app_context(), db.writing():
        doc = {"texts": {"en": {"title": "Books on the tram"}, "ru": {"title": "Книги в трамвае"}}, "links": {"holder": [town.keeper]},
               "places": [{"lat": 60.17, "lon": 24.94, "names": {"en": "Helsinki"}, "country": "FI"}]}  # fmt: skip
        uid = items.create("case", doc, status="published").uid
        items.commit()
        return uid


def rows(app, **wanted):
    from hub_cases.models import Adoption

    with app.app_context():
        found = db.session().scalars(sa.select(Adoption).order_by(Adoption.id)).all()
        return [row for row in found if all(getattr(row, k) == v for k, v in wanted.items())]


def mails(app):
    with app.app_context():
        return db.session().scalars(sa.select(Mail).order_by(Mail.id)).all()


def link_in(mail, part):
    return next(word for word in mail.text.split() if part in word).partition("localhost:8000")[2]


def press(client, path, do):
    return client.post(path, data={**Fields(main(client.get(path).text)).values, "do": do}, follow_redirects=True)


def tell(app, uid, client=None, **typed):
    given = {"stage": "adopted", "who": "Trams of Tartu", "email": "tartu@example.org", "year": "2024", "text": "We use buses.", **typed}
    return send(client or app.test_client(), f"/en/cases/{uid}/adopt/", **given)


def page(app, uid, lang="en", client=None):
    return words((client or app.test_client()).get(f"/{lang}/cases/{uid}/", follow_redirects=True).text)


# -- without an account -------------------------------------------------------------------------------------------------


def test_told_by_mail_confirmed_by_the_keeper_and_public_only_then(town, case):
    sent = tell(town, case, evidence="example.org/buses")
    assert "Look in your mailbox" in words(sent.text)
    mail = mails(town)[-1]
    assert mail.to == "tartu@example.org" and "Books on the tram" in mail.subject and "We use buses" not in mail.text
    link, visitor = link_in(mail, "/cases/mine/"), town.test_client()
    shown = visitor.get(link)
    assert shown.headers["Referrer-Policy"] == "no-referrer" and rows(town)[-1].state == "confirm", "opening acts on nothing"
    before = len(mails(town))
    press(visitor, link, "confirm")
    assert rows(town)[-1].state == "waiting" and "Trams of Tartu" not in page(town, case)
    [asked] = mails(town)[before:]
    assert asked.to == "keepers@example.org" and "We use buses." in asked.text and "tartu@example.org" not in asked.text
    holder, keeper = link_in(asked, "/cases/confirm/"), town.test_client()
    keeper.get(holder)
    assert rows(town)[-1].state == "waiting"
    assert "you have confirmed it" in words(press(keeper, holder, "yes").text)
    told = page(town, case, client=keeper)
    assert "Trams of Tartu" in told and "confirmed by those who keep the practice" in told and "https://example.org/buses" not in told
    assert "Мы тоже так сделали" in page(town, case, "ru", keeper)
    row = rows(town)[-1]
    assert (row.state, row.holder, row.email) == ("live", "yes", "") and mails(town)[-1].to == "tartu@example.org"
    assert "taken over in 1 place" in words(keeper.get("/en/cases/?sort=changed").text)
    press(keeper, holder, "no")
    assert "Trams of Tartu" not in page(town, case, client=keeper) and rows(town)[-1].state == "waiting"
    press(visitor, link, "withdraw")
    assert rows(town)[-1].state == "withdrawn" and visitor.get(link).status_code == 404


def test_an_editor_decides(town, case):
    tell(town, case, stage="unfit", who="Snow town", text="Our trams stop in winter.")
    press(town.test_client(), link_in(mails(town)[-1], "/cases/mine/"), "confirm")
    editor = sign_in(town, "editor")
    queue = editor.get("/desk/cases/adoptions/waiting")
    assert "Our trams stop in winter." in words(queue.text)
    form = {"csrf_token": Fields(main(queue.text)).values["csrf_token"], "number": rows(town)[-1].id, "do": "accept"}
    assert "Done." in words(editor.post("/desk/cases/adoptions/waiting", data=form, follow_redirects=True).text)
    assert "It did not fit" in page(town, case, client=editor) and "Our trams stop in winter." in page(town, case, client=editor)
    assert "decided already" in words(editor.post("/desk/cases/adoptions/waiting", data=form, follow_redirects=True).text)
    editor.post("/desk/cases/adoptions/waiting", data={**form, "do": "refuse"})
    assert "Our trams stop" not in page(town, case, client=editor)
    assert sign_in(town, "member").get("/desk/cases/adoptions/waiting").status_code == 403


def test_what_is_wrong_stands_beside_the_field_and_nothing_typed_is_lost(town, case):
    before = len(rows(town))
    bad = tell(town, case, stage="unfit", who="", text="", year="20x4", evidence="javascript:alert(1)", email="nobody")
    assert bad.status_code == 422 and len(rows(town)) == before
    said = words(bad.text)
    for part in ("Who are you?", "why it did not fit", "A year with four digits, from 1900 to", "does not look like a web address", "We need your address"):
        assert part in said
    values = Fields(main(bad.text)).values
    assert values["year"] == ["20x4"] and values["stage"] == ["unfit"]
    assert tell(town, case, stage="other").status_code == 422
    assert town.test_client().post(f"/en/cases/{case}/adopt/", data={"stage": "adopted"}).status_code == 400, "no token"


def test_programs_and_floods_wait_or_are_held(town, case, new_hub):
    trapped = tell(town, case, homepage_url="http://spam.example", who="Spam", email="a@example.org")
    assert "Look in your mailbox" in words(trapped.text), "a program learns nothing"
    assert (rows(town)[-1].state, rows(town)[-1].doubts) == ("held", ["trap"])
    mailed = len(mails(town))
    tell(town, case, text="https://a.example https://b.example https://c.example www.d.example", who="Links")
    assert rows(town)[-1].doubts == ["links"] and len(mails(town)) == mailed
    for n in range(7):
        tell(town, case, who=f"Flood {n}", email="victim@example.org")
    assert sum(mail.to == "victim@example.org" for mail in mails(town)) == 5, "nobody is flooded in our name"
    slow = new_hub(["partners", "cases"], toml="[plugin.cases]\nseconds = 5\nper_hour = 2\n")
    from hub.api import items

    with slow.app_context(), db.writing():
        uid = items.create("case", {"texts": {"en": {"title": "Slow"}}}, status="published").uid
        items.commit()
    tell(slow, uid)
    assert rows(slow)[-1].doubts == ["fast"]
    tell(slow, uid)
    stopped = tell(slow, uid, text="Kept all the same")
    assert stopped.status_code == 429 and "Kept all the same" in stopped.text


# -- with an account ----------------------------------------------------------------------------------------------------


def test_members_wait_editors_and_keepers_do_not(town, case):
    member, editor = sign_in(town, "member"), sign_in(town, "editor")
    assert "has come in" in words(tell(town, case, member, who="Member’s town").text) and rows(town)[-1].state == "waiting"
    tell(town, case, editor, who="garden of perm", city="")
    row = rows(town)[-1]
    assert row.state == "live" and row.adopter_id and row.point == [58.01, 56.25] and row.holder == ""
    assert "Garden of Perm" in page(town, case, client=editor)
    partner = words(town.test_client().get(f"/en/partners/{town.other}/", follow_redirects=True).text)
    assert "Practices it took over" in partner and "Books on the tram" in partner
    lines = town.test_client().get(f"/en/cases/{case}/adoptions.geojson")
    assert lines.mimetype == "application/geo+json"
    [line] = lines.json["features"]
    assert line["geometry"] == {"type": "LineString", "coordinates": [[24.94, 60.17], [56.25, 58.01]]}
    assert line["properties"]["who"] == "garden of perm" and town.test_client().get("/en/cases/tools/adoptions.geojson").json["total"] >= 1


def test_all_adoptions_are_a_list_and_lines_on_the_map(new_hub, monkeypatch):
    app = new_hub(["partners", "cases", "greenmap"], languages=["en", "ru"])
    from hub.api import items

    def make(title, audience="public", **more):
        with app.app_context(), db.writing():
            doc = {"texts": {"en": {"title": title}}, "audience": audience,
                   "places": [{"lat": 60.17, "lon": 24.94, "names": {"en": "Helsinki"}, "country": "FI"}], **more}  # fmt: skip
            uid = items.create("case", doc, status="published").uid
            items.commit()
            return uid

    visitor = app.test_client()
    shown, hidden = make("Books on the tram"), make("For members only", "members")
    for uid in (shown, hidden):
        tell(app, uid, sign_in(app, "editor"), who="Library of Perm", city="Helsinki", country="FI", year="2024")
    page = visitor.get("/en/map/").text
    assert 'data-layer="/en/cases/tools/adoptions.geojson"' in page and 'href="/en/cases/tools/adoptions/"' in page
    assert "переняли другие" in visitor.get("/ru/map/").text
    data = visitor.get("/en/cases/tools/adoptions.geojson").json
    assert data["name"] == "Practices taken over elsewhere" and [f["geometry"]["type"] for f in data["features"]] == ["LineString"]
    assert data["features"][0]["properties"]["text"] == "We did it too · Library of Perm · Helsinki · 2024"
    said = words(visitor.get("/en/cases/tools/adoptions/").text)
    assert "Books on the tram" in said and "Library of Perm" in said and "For members only" not in said
    assert "For members only" in words(sign_in(app, "member").get("/en/cases/tools/adoptions/").text)
    assert visitor.get("/en/cases/tools/adoptions/?page=7").status_code == 200
    monkeypatch.setattr("hub_cases.mapped.PER_PAGE", 1)
    tell(app, shown, sign_in(app, "editor"), who="Library of Kirov", city="Helsinki", country="FI", year="2023")
    later = visitor.get("/en/cases/tools/adoptions/?from=2020-01-01&until=2100-01-01").text
    assert "2 found" in later and 'href="?from=2020-01-01&amp;until=2100-01-01&amp;page=2"' in later
    assert "0 found" in visitor.get("/en/cases/tools/adoptions/?until=2001-01-01").text
    off = new_hub(["partners", "greenmap"])
    assert "data-layer" not in off.test_client().get("/en/map/").text


def test_a_place_of_the_site_gives_a_place(town, case):
    tell(town, case, sign_in(town, "editor"), who="Nobody known", city="Perm", country="RU")
    assert rows(town)[-1].point == [58.01, 56.25]


def test_where_it_comes_from_as_a_tree(town, case):
    from hub.api import items

    with town.app_context(), db.writing():
        first = items.create("case", {"texts": {"en": {"title": "Books on the train"}}}, status="published").uid
        second = items.create("case", {"texts": {"en": {"title": "Books on the boat"}}, "links": {"based_on": [case]}}, status="published").uid
        content = items.get("case", case)
        items.save(content, {**items.read(content), "links": {"based_on": [first]}}, publish=True)
        items.commit()
    for uid in (first, case, second):
        tree = town.test_client().get(f"/en/cases/{uid}/", follow_redirects=True).text.split('class="lineage"')[1].split("</section>")[0]
        assert re.findall(r"Books on the \w+", tree)[:3] == ["Books on the train", "Books on the tram", "Books on the boat"]


# -- others -------------------------------------------------------------------------------------------------------------


def test_hook_offer_adoption(town, case):
    """A lab or another hub brings one; offered again it is the same one."""
    from hub.api import ask, items

    offered = {"stage": "adapting", "names": {"en": "Lab of the test", "ru": "Лаборатория"}, "texts": {"en": "With bicycles."}, "year": 2026,
               "adopter": town.other, "offered_by": "labs", "key": "sheet-1"}  # fmt: skip
    with town.app_context(), db.writing():
        uid = ask("offer_adoption", case=case, adoption=offered)
        assert uid and ask("offer_adoption", case=case, adoption=offered) == uid
        assert ask("offer_adoption", case="00000000-0000-0000-0000-000000000000", adoption=offered) is None
        items.commit()
    [row] = rows(town, uid=uid)
    assert (row.state, row.offered_by, row.year) == ("waiting", "labs", 2026) and mails(town)[-1].to == "keepers@example.org"
    with town.app_context(), db.writing():
        from hub_cases import adoptions

        with pytest.raises(ValueError, match="stage"):
            adoptions.offer(case, {**offered, "stage": "whatever"})
        with pytest.raises(ValueError, match="evidence"):
            adoptions.offer(case, {**offered, "evidence": "javascript:alert(1)"})


def test_waits_on_the_desk_is_exported_and_forgotten(town, case):
    from hub_cases import adoptions, hooks

    from hub.api import User, items

    tell(town, case, sign_in(town, "member"), who="Forget us")
    with town.test_request_context("/desk/"), db.writing():
        user = db.session().scalar(sa.select(User).where(User.email.like("member%")))
        told = adoptions.exported(user)["adoptions of practices"]
        assert told[-1]["who"] == {"en": "Forget us"} and json.dumps(told)
        number_of, editor = user.id, db.session().scalar(sa.select(User).where(User.email.like("editor%")))
        [(label, url, number, since)] = hooks.waiting(editor)
        assert number >= 1 and url == "/desk/cases/adoptions/waiting" and isinstance(since, dt.datetime) and str(label)
        adoptions.forgotten(db.session(), user)
        items.commit()
    assert not [row for row in rows(town) if row.user_id == number_of]


def test_unconfirmed_ones_are_deleted_in_time(town, case):
    from hub_cases import adoptions
    from hub_cases.models import Adoption

    from hub.api import now

    tell(town, case, who="Never confirmed", email="never@example.org")
    with town.app_context():
        with db.writing():
            db.session().execute(sa.update(Adoption).where(Adoption.email == "never@example.org").values(created=now() - dt.timedelta(days=15)))
            db.session().commit()
        adoptions.forget()
    assert not rows(town, email="never@example.org")


def test_a_practice_for_members_shows_nothing_to_visitors(town, case):
    from hub.api import items

    tell(town, case, sign_in(town, "editor"), who="Quiet partner")
    with town.app_context(), db.writing():
        content = items.get("case", case)
        items.save(content, {**items.read(content), "audience": "members"}, publish=True)
        items.commit()
    visitor = town.test_client()
    assert visitor.get(f"/en/cases/{case}/adopt/").status_code == 404 and visitor.get(f"/en/cases/{case}/adoptions.geojson").status_code == 404
    assert case not in visitor.get("/en/cases/tools/adoptions.geojson").text
