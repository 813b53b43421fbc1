"""Freshness through the public door: keepers asked by mail, three answers, readers who see how old the word is."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from days import today
from suggesting import LIBRARY, Fields, main, words

from hub.content.model import Content, Revision
from hub.store import db
from hub.testing.fixtures import csrf, sign_in
from hub.work.jobs import run_due
from hub.work.mail import Mail

PLUGINS = ["covers", "partners", "cases", "search", "freshness"]


@pytest.fixture
def app(new_hub):
    return new_hub(plugins=PLUGINS, languages=["en", "ru"])


def publish(app, title="The Green Library", months=14, email="keeper@example.org", **more):
    from hub.api import items

    text = {"title": title, "summary": "Books.", "body": "Beds.", "fields": {}}
    doc = {**LIBRARY, "texts": {"en": text}, "data": {"kind": "library", **({"email": email} if email else {})}, **more}
    with app.app_context(), db.writing():
        content = items.create("partner", doc, status="published")
        content.published = content.updated = db.now() - dt.timedelta(days=30.5 * months)
        items.commit()
        return content.uid


def ask(app):
    from hub_freshness import asking

    with app.app_context():
        asking.ask_due()


def mails(app):
    with app.app_context():
        return db.session().scalars(sa.select(Mail).order_by(Mail.id)).all()


def content(app, uid):
    with app.app_context():
        return db.session().scalar(sa.select(Content).where(Content.uid == uid))


def links(mail):
    return [re.sub(r"^https?://[^/]+", "", w) for w in mail.text.split() if "/freshness/" in w]


def press(client, path, **typed):
    page = client.get(path)
    data = {**Fields(main(page.text)).values, **typed}
    return client.post(path.partition("?")[0], data=data, follow_redirects=True)


def test_a_keeper_says_all_right_with_one_click(app):
    uid, _other = publish(app), publish(app, "Young", months=1)
    ask(app)
    [mail] = mails(app)
    assert mail.to == "keeper@example.org" and mail.subject == "Is “The Green Library” still right?" and mail.html
    right, _edit, _gone, quiet = links(mail)
    assert mail.headers["List-Unsubscribe"].endswith(f"{quiet}>")
    visitor, before = app.test_client(), content(app, uid)
    page = visitor.get(right)
    assert "The Green Library" in page.text and "Kazan" in page.text
    assert content(app, uid).checked_on is None, "looking changes nothing"
    answer = press(visitor, right, answer="right")
    assert "checked today" in answer.text
    after = content(app, uid)
    assert (after.checked_on, after.checked_by) == (today(), "keeper")
    assert (after.version, after.updated) == (before.version, before.updated), "that was no edit"
    shown = visitor.get(f"/en/partners/{uid}/", follow_redirects=True).text
    assert "by those who keep it" in shown
    lists = visitor.get("/en/partners/").text
    assert "?sort=checked" in lists and "checked: " in lists
    assert visitor.get(f"/en/partners.json?checked={today().year}").json["total"] == 1
    assert visitor.get("/en/partners.json?checked=1999").json["total"] == 0
    ask(app)
    assert len(mails(app)) == 1


def test_a_keeper_sees_addresses_as_they_are_and_choices_as_sentences(app):
    publish(app, data={"kind": "library", "email": "keeper@example.org", "website": "https://library.example.org/"})
    ask(app)
    page = main(app.test_client().get(links(mails(app)[0])[0]).text)
    assert "https://library.example.org/" in page and "Https://" not in page
    assert "keeper@example.org" in page and "Keeper@" not in page and "Library</dd>" in page


def test_the_search_knows_when_an_entry_was_checked(app):
    uid = publish(app)
    ask(app)
    press(app.test_client(), links(mails(app)[0])[0], answer="right")
    run_due(app)
    found = app.test_client().get(f"/en/search.json?q=green&checked={today().year}").json
    assert [item["uid"] for item in found["items"]] == [uid]


def test_an_answer_is_about_the_version_that_was_seen(app):
    from hub.api import items

    uid = publish(app)
    ask(app)
    visitor, link = app.test_client(), links(mails(app)[0])[0]
    form = Fields(main(visitor.get(link).text)).values
    with app.app_context(), db.writing():
        row = items.get("partner", uid)
        doc = items.read(row)
        doc["texts"]["en"]["summary"] = "Books and a café."
        items.save(row, doc, publish=True)
        items.commit()
    answer = visitor.post(link.partition("?")[0], data={**form, "answer": "right"})
    assert answer.status_code == 409 and "has changed since" in answer.text and "café" in answer.text
    assert content(app, uid).checked_on is None
    assert "has changed since" in visitor.get(link).text
    press(visitor, link, answer="right")
    assert content(app, uid).checked_on is not None


def test_what_has_changed_and_what_is_gone_waits_for_an_editor(app):
    changed, gone = publish(app, "Library"), publish(app, "Garden", email="garden@example.org")
    editor, visitor = sign_in(app, "editor"), app.test_client()
    ask(app)
    first, second = mails(app)
    page = visitor.post(links(first)[1].partition("?")[0], data={**Fields(main(visitor.get(links(first)[1]).text)).values, "answer": "edit"})
    assert page.status_code == 422 and "Say in a few words" in page.text
    press(visitor, links(first)[1], answer="edit", note="We moved to Peace Street 5.")
    for _n in range(2):  # a button pressed twice is one answer
        press(visitor, links(second)[2], answer="gone")
    run_due(app)
    assert mails(app)[-1].to == "editor@example.org" and "2 answers about entries wait" in mails(app)[-1].subject
    desk = editor.get("/desk/freshness/")
    assert "We moved to Peace Street 5." in desk.text and "It exists no more" in desk.text
    token = csrf(desk.text)
    editor.post("/desk/freshness/answer", data={"csrf_token": token, "number": 1, "do": "right"})
    editor.post("/desk/freshness/answer", data={"csrf_token": token, "number": 2, "do": "archive"})
    assert content(app, changed).checked_by == "editors" and content(app, gone).status == "archived"
    assert "No answer waits." in editor.get("/desk/freshness/?tab=answers").text


def test_mails_are_bounded_gathered_and_repeated_once(new_hub, clock):
    app = new_hub(plugins=PLUGINS, toml="[plugin.freshness]\nper_day = 3\n")
    for n in range(3):
        publish(app, f"Room {n}")
    publish(app, "Other", email="other@example.org", months=13)
    publish(app, "Young", email="young@example.org", months=3)
    publish(app, "Nobody", email="", months=20)
    ask(app)
    assert [m.to for m in mails(app)] == ["keeper@example.org"], "one mail, and no more than three entries a day"
    assert len(links(mails(app)[0])) == 2 * 3 + 1, "the one without an address was one of the three"
    ask(app)
    assert len(mails(app)) == 1, "however often the job runs"
    clock.move(days=1)
    ask(app)
    assert sorted(m.to for m in mails(app)[1:]) == ["keeper@example.org", "other@example.org"]
    clock.move(days=31)
    for _ in range(3):
        ask(app)
        clock.move(days=1)
    assert [m.to for m in mails(app)[3:]] == ["keeper@example.org", "other@example.org"], "asked once more"
    clock.move(days=60)
    ask(app)
    assert len(mails(app)) == 5, "not a third time in a year"


def test_no_further_mails_without_signing_in(app):
    publish(app)
    ask(app)
    quiet, visitor = links(mails(app)[0])[-1], app.test_client()
    assert "stop asking" in visitor.get(quiet).text
    answer = visitor.post(quiet, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and "no more questions" in answer.text
    publish(app, "Another")
    ask(app)
    assert len(mails(app)) == 1


def test_readers_see_the_word_grow_old(app, clock):
    uid, visitor, anew = publish(app, months=0), app.test_client(), {"Authorization": "-"}  # pages are kept for a real day
    page = lambda: visitor.get(f"/ru/partners/{uid}/", follow_redirects=True, headers=anew).text  # noqa: E731
    assert "состоянию" not in page()
    clock.move(days=380)
    assert "состоянию" in page()
    clock.move(days=200)
    assert "Давно не подтверждалось." in page()


def test_an_editor_checks_from_the_form_and_the_list(app):
    uid, _young, editor = publish(app), publish(app, "Young", months=1), sign_in(app, "editor")
    assert "2 entries, 1 of them fresh" in editor.get("/desk/freshness/").text
    form = editor.get(f"/desk/partners/{uid}/").text
    assert "Checked today: all right" in form
    token = csrf(form)
    path = f"/desk/partners/{uid}/"
    done = editor.post("/desk/freshness/many", data={"csrf_token": token, "number": content(app, uid).id, "do": "checked", "back": path})
    assert done.location == path and content(app, uid).checked_by == "editors"
    away = editor.post("/desk/freshness/many", data={"csrf_token": token, "do": "checked", "back": "https://evil.example/"})
    assert "evil" not in away.location
    assert "The Green Library" in words(editor.get("/desk/freshness/?tab=fresh").text)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])  # in one of them it is never the day of Greenwich
def test_an_entry_was_checked_on_the_day_it_was_where_the_site_is(new_hub, monkeypatch, zone):
    monkeypatch.setenv("HUB_SITE__TIMEZONE", zone)
    app = new_hub(plugins=PLUGINS, languages=["en", "ru"])
    uid, editor = publish(app), sign_in(app, "editor")
    data = {"csrf_token": csrf(editor.get(f"/desk/partners/{uid}/").text), "number": content(app, uid).id, "do": "checked", "back": "/desk/"}
    editor.post("/desk/freshness/many", data=data)
    assert content(app, uid).checked_on == dt.datetime.now(ZoneInfo(zone)).date()


def test_a_draft_does_not_turn_the_check_back(app):
    from hub.api import items

    uid, editor = publish(app, checked_on="2020-01-01", checked_by="An old list"), sign_in(app, "editor")
    with app.app_context(), db.writing():
        row = items.get("partner", uid)
        items.save(row, items.read(row))
        items.check(row, dt.date(2026, 5, 5), "editors")
        items.commit()
    editor.post(f"/desk/partners/{uid}/publish", data={"csrf_token": csrf(editor.get("/desk/").text)})
    assert content(app, uid).checked_on == dt.date(2026, 5, 5)
    with app.app_context():
        states = db.session().scalars(sa.select(Revision.state).order_by(Revision.id)).all()
    assert states[-1] == "live", "the draft did go out"
