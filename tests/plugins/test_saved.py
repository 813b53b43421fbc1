"""Saved entries in an account; in a browser without one see tests/browser/test_saving.py."""

import pytest
from suggesting import words

from hub.store import db
from hub.testing.fixtures import csrf, sign_in


@pytest.fixture
def app(new_hub):
    return new_hub(plugins=["covers", "partners", "cases", "search", "saved"])


def publish(app, title, **more):
    from hub.api import items

    with app.app_context(), db.writing():
        text = {"title": title, "summary": "Of it.", "body": "", "fields": {}}
        content = items.create("case", {"texts": {"en": text}, **more}, status="published")
        items.commit()
        return content.uid


def press(client, do, *uids, **more):
    token = csrf(client.get("/account/").text)
    return client.post("/en/saved/", data={"csrf_token": token, "do": do, "uid": ",".join(uids), **more})


def test_an_account_keeps_entries_without_scripts(app):
    member, uid = sign_in(app, "member"), publish(app, "Roof garden")
    page = member.get(f"/en/cases/{uid}/", follow_redirects=True).text
    assert "Save for later" in page
    assert press(member, "keep", uid, back="/en/cases/roof-garden/").location == "/en/cases/roof-garden/"
    press(member, "keep", uid)
    assert "Saved: take out" in member.get("/en/cases/roof-garden/").text
    assert words(member.get("/en/saved/").text).count("Roof garden") == 1
    assert "evil" not in press(member, "keep", uid, back="//evil.example").location
    press(member, "drop", uid)
    assert "Nothing saved yet" in member.get("/en/saved/").text


def test_what_a_reader_may_not_see_is_left_out(app):
    member, hidden, uid = sign_in(app, "member"), publish(app, "Hidden", audience="editors"), publish(app, "Open")
    press(member, "keep", hidden, uid)
    assert "Open" in member.get("/en/saved/").text and "Hidden" not in member.get("/en/saved/").text
    lines = app.test_client().get(f"/en/saved/lines/?uid={hidden},{uid},nonsense").text
    assert "Open" in lines and "Hidden" not in lines


def test_a_visitors_list_is_nobodys_business(app):
    visitor = app.test_client()
    assert "known to nobody else" in visitor.get("/ru/saved/").text or "никому больше" in visitor.get("/ru/saved/").text
    uid = publish(app, "Open")
    page = visitor.get(f"/en/cases/{uid}/", follow_redirects=True).text
    assert f'data-save="{uid}"' in page and "saved.js" in page
    token = csrf(visitor.get("/account/login").text)
    assert "/account/login" in visitor.post("/en/saved/", data={"csrf_token": token, "do": "keep", "uid": uid}).location
