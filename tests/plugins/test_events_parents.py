"""Minors at events: no place before a parent has agreed by their own link; the consent on record, taken back at any time."""

import re

import pytest
import sqlalchemy as sa
from eventing import link_of, mails, make, register

from hub.store import db
from hub.testing.fixtures import csrf, sign_in


@pytest.fixture(scope="module")
def app(hub_instances):
    from hub.app import create_app

    app = create_app(hub_instances.make(["partners", "events", "privacy"], languages=["en", "ru"]), strict=True)
    app.testing = True
    with app.app_context():
        from hub_privacy import documents

        documents.seed()
    return app


def plan(places=1):
    return {"capacity": places, "minors_under": 18}


def states(app, uid):
    from hub_events.models import Registration

    from hub.api import Content

    with app.app_context():
        mine = sa.select(Registration.email, Registration.state).join(Content, Content.id == Registration.content_id)
        return dict(db.session().execute(mine.where(Content.uid == uid)).all())


def consent(app, address):
    from hub_events.parents import Parent

    with app.app_context():
        return db.session().scalars(sa.select(Parent).where(Parent.email == address)).one()


def letter(app, address):
    return [mail for mail in mails(app) if mail.to == address][-1]


def as_parent(app, address):
    """The parent's browser and page: the link leads to an address without the secret."""
    parent = app.test_client()
    link = re.search(r"https?://[^/]+(/\w+/events/parent/\S+)", letter(app, address).text)[1]
    page = parent.get(link, follow_redirects=True)
    assert page.request.path not in link and "/parents/" in page.request.path
    return parent, page


def press(browser, page, do):
    return browser.post(page.request.path, data={"csrf_token": csrf(page.text), "do": do}, follow_redirects=True)


def test_the_form_asks_only_where_the_event_does(app):
    plain, asking = make(app, plan={"capacity": 3}), make(app, plan=plan())
    visitor = app.test_client()
    assert 'name="age"' not in visitor.get(f"/en/events/register/{plain}/").text
    page = visitor.get(f"/en/events/register/{asking}/")
    base = {"csrf_token": csrf(page.text), "name": "Mia", "email": "mia@example.org", "consent": "1"}
    for typed, said in (
        ({}, "Say how old you are"), ({"age": "minor"}, "does not look like"), ({"age": "minor", "parent": "Mia@example.org"}, "not your own"),
        ({"age": "minor", "parent": "no address"}, "does not look like"),
    ):  # fmt: skip
        answer = visitor.post(f"/en/events/register/{asking}/", data=base | typed)
        assert answer.status_code == 422 and said in answer.text and 'value="Mia"' in answer.text, typed
    _, done = register(app, asking, "grown@example.org", age="of age")
    assert "You have a place" in done.text and states(app, asking) == {"grown@example.org": "confirmed"}


def test_no_place_before_the_parent_has_agreed_and_none_after_it_was_taken_back(app):
    uid = make(app, "Workshop", plan=plan(1))
    child, mine = register(app, uid, "kid@example.org", age="minor", parent="mum@example.org")
    assert "waiting for a parent" in mine.text and states(app, uid) == {"kid@example.org": "asked"}
    again = press(child, mine, "confirm")  # the child's own button or a forged one gives no place
    assert "waiting for a parent" in again.text and states(app, uid) == {"kid@example.org": "asked"}
    editor = sign_in(app, "editor")
    assert "Anna" not in editor.get(f"/desk/events/{uid}/people/").text  # organisers see no names before
    said = letter(app, "mum@example.org")
    assert "Workshop" in said.subject and "/en/events/parent/" in said.html and "Anna" in said.text
    parent, page = as_parent(app, "mum@example.org")
    assert states(app, uid) == {"kid@example.org": "asked"}  # looking decides nothing
    assert "younger than 18" in page.text and "A parent’s consent to a child taking part" in page.text
    assert app.test_client().get(page.request.path).status_code == 404  # without the link nobody gets there
    done = press(parent, page, "agree")
    assert "You agreed on" in done.text and states(app, uid) == {"kid@example.org": "confirmed"}
    row = consent(app, "mum@example.org")
    assert row.given and row.form == "/en/events/parent/" and re.fullmatch(r"\d{4}-\d\d-\d\d-\w{10}\+\w{10}", row.version)
    assert "You have a place" in child.get(mine.request.path).text
    register(app, uid, "next@example.org", age="of age")
    press(*as_parent(app, "mum@example.org"), "withdraw")
    left = states(app, uid)
    assert left == {"": "cancelled", "next@example.org": "offered"}, left  # the child's data are gone, the place goes on
    with app.app_context():
        from hub_events.parents import Parent

        kept = db.session().get(Parent, row.registration_id)
        assert kept.given and kept.withdrawn and kept.version == row.version and kept.email == ""
        assert "Anna" not in str(db.session().execute(sa.text("select name, answers from events_registration")).all()[-2])
    assert "You said no on" in parent.get(page.request.path).text
    assert press(parent, done, "agree").status_code == 200 and states(app, uid) == left  # a no stays a no


def test_an_account_waits_too_in_its_language_and_silence_ends_it(app, clock):
    from hub_events import keeping

    uid = make(app, plan=plan(5), begins=24 * 60, over=24 * 60 + 2)
    user = sign_in(app, "member")
    page = user.get(f"/ru/events/register/{uid}/")
    form = {"csrf_token": csrf(page.text), "name": "Миша", "consent": "1", "age": "minor", "parent": "papa@example.org"}
    answer = user.post(f"/ru/events/register/{uid}/", data=form, follow_redirects=True)
    assert "Ждём согласия" in answer.text
    assert "Миша" in letter(app, "papa@example.org").text and "согласие родителя" in letter(app, "papa@example.org").subject
    clock.move(days=13)
    with app.app_context():
        keeping.forget()
    assert list(states(app, uid).values()) == ["asked"]
    clock.move(days=2)
    with app.app_context():
        keeping.forget()
    assert states(app, uid) == {}
    assert "leads nowhere" in app.test_client().get(link_like(app, "papa@example.org")).text


def link_like(app, address):
    return re.search(r"https?://[^/]+(/\w+/events/parent/\S+)", letter(app, address).text)[1].replace("/ru/", "/en/")


def test_the_site_without_documents_keeps_a_version_of_its_own_text(new_hub):
    app = new_hub(plugins=["partners", "events"])
    uid = make(app, plan=plan(None))
    register(app, uid, "kid@example.org", age="minor", parent="mum@example.org")
    press(*as_parent(app, "mum@example.org"), "agree")
    assert re.fullmatch(r"\w{10}", consent(app, "mum@example.org").version)
    assert link_of(app, "kid@example.org") and states(app, uid) == {"kid@example.org": "confirmed"}


def test_the_desk_sets_the_age(app):
    uid = make(app, plan={"capacity": 3})
    editor = sign_in(app, "editor")
    page = editor.get(f"/desk/events/{uid}/registration/")
    form = {"csrf_token": csrf(page.text), "is_open": "1", "capacity": "3", "minors_under": "fourteen"}
    wrong = editor.post(f"/desk/events/{uid}/registration/", data=form)
    assert wrong.status_code == 422 and 'value="fourteen"' in wrong.text
    editor.post(f"/desk/events/{uid}/registration/", data=form | {"minors_under": "14"})
    assert "14 or older" in app.test_client().get(f"/en/events/register/{uid}/").text
