"""What who registered and who runs an event read in letters, on the ticket and at the door."""

import re

import pytest
import sqlalchemy as sa
from eventing import mails, make, register

from hub.store import db
from hub.testing.fixtures import csrf, sign_in


@pytest.fixture(scope="module")
def app(hub_instances):
    """One application for all; each test has an event of another name."""
    from hub.app import create_app

    app = create_app(hub_instances.make(("partners", "events", "-privacy")), strict=True)
    app.testing = True
    yield app
    with app.app_context():
        db.engine().dispose()


def post(client, path, **typed):
    return client.post(path, data={"csrf_token": csrf(client.get(path).text), **typed}, follow_redirects=True)


def test_a_letter_keeps_the_paragraphs_and_lines_that_a_browser_sends(app):
    uid = make(app, "Lines", plan={"capacity": 5})
    register(app, uid)
    text = "Dear {name},\r\nbring:\r\n- gloves\r\n- a pot\r\n\r\nSee you there."
    shown = post(sign_in(app, "editor"), f"/desk/events/{uid}/letter/", subject="Bring", text=text, do="preview")
    assert '<p class="events-said">See you there.</p>' in shown.text
    post(sign_in(app, "editor"), f"/desk/events/{uid}/letter/", subject="Bring", text=text, do="send")
    html = mails(app)[-1].html
    assert "bring:<br>- gloves<br>- a pot</p>" in html and "<p>See you there.</p>" in html


def change(app, uid, **data):
    from hub_events import keeping

    from hub.api import items

    with app.app_context(), db.writing():
        content = items.get("event", uid)
        doc = items.read(content)
        items.save(content, {**doc, "data": {**doc["data"], **data}}, publish=True)
        items.commit()
    with app.app_context():
        keeping.turn()


def test_an_offer_names_one_hour_on_the_page_and_in_the_letter(app):
    uid = make(app, "Far away", 72, 74, plan={"capacity": 1}, zone="Asia/Novosibirsk")
    first, page = register(app, uid, "first@example.org")
    second, waits = register(app, uid, "second@example.org")
    post(first, page.request.path, do="cancel")
    said = second.get(waits.request.path).text.partition("It is kept until ")[2].partition(".</p>")[0]
    assert "(time of Novosibirsk)" in said and f"kept for you until {said};" in mails(app)[-1].text


def test_the_first_letter_asks_to_confirm_and_offers_nothing_to_give_back(app):
    uid = make(app, "Confirm me", plan={"capacity": 1})
    register(app, uid, "first@example.org")
    asked, placed, *_ = [mail.text for mail in mails(app) if mail.to == "first@example.org"]
    assert "Confirm that you come, or say no:\nhttp" in asked and "give the place back" not in asked
    assert "give the place back" in placed


def test_a_ticket_of_a_cancelled_event_says_so(app):
    uid = make(app, "Called off", plan={"capacity": 1})
    first, page = register(app, uid, "first@example.org")
    second, waits = register(app, uid, "second@example.org")
    assert "You have a place" in page.text and "code.svg" in page.text
    change(app, uid, cancelled=True)
    for client, address in ((first, page.request.path), (second, waits.request.path)):
        shown = client.get(address).text
        assert "The event does not take place." in shown
        assert "You have a place" not in shown and "code.svg" not in shown and "waiting list" not in shown


def test_who_read_that_it_is_cancelled_hears_that_it_takes_place_after_all(app):
    uid = make(app, "On again", plan={"capacity": 5})
    register(app, uid, "again@example.org")
    for cancelled in (True, False):
        change(app, uid, cancelled=cancelled)
    told = [mail.subject for mail in mails(app) if mail.to == "again@example.org"]
    assert told[-2:] == ["Cancelled: On again", "It takes place after all: On again"]
    off = next(mail for mail in mails(app) if mail.subject == "Cancelled: On again")
    assert "Your registration:" in off.text and "give the place back" not in off.text


def test_an_event_in_the_trash_is_told_as_cancelled_with_no_link_that_leads_nowhere(app):
    uid = make(app, "Binned", plan={"capacity": 5})
    register(app, uid, "binned@example.org")
    for moves in (["trash"], ["restore", "publish"]):
        with app.app_context(), db.writing():
            from hub_events import keeping

            from hub.api import items

            for step in moves:
                items.move(items.get("event", uid), step)
            items.commit()
            keeping.turn()
            keeping.turn()
    told = [mail for mail in mails(app) if mail.to == "binned@example.org"][-2:]
    assert [mail.subject for mail in told] == ["Cancelled: Binned", "It takes place after all: Binned"]
    assert "/events/place/" not in told[0].text and "/events/place/" in told[1].text


def test_a_code_that_holds_no_place_is_refused_aloud_at_the_door(app):
    from hub_events.models import Registration

    uid = make(app, "Door", plan={"capacity": 5})
    visitor, page = register(app, uid, "door@example.org")
    post(visitor, page.request.path, do="cancel")
    with app.app_context():
        code = db.session().scalar(sa.select(Registration.code).where(Registration.email == "door@example.org"))
    noted = post(sign_in(app, "editor"), f"/desk/events/{uid}/people/", code=code, do="came").text
    assert "Anna has no place: not confirmed, or cancelled." in noted and "Anna is there" not in noted


def test_my_events_begin_with_the_next_one(app):
    for title, begins in (("Order: next week", 170), ("Order: last month", -700), ("Order: tomorrow", 24), ("Order: yesterday", -24)):
        make(app, title, begins, begins + 2)
    shown = re.findall(r">(Order: [^<]+)</a>", sign_in(app, "editor").get("/desk/events/run/").text)
    assert shown == [f"Order: {when}" for when in ("tomorrow", "next week", "yesterday", "last month")]


def test_more_places_in_a_session_go_to_who_waits_for_one(app):
    from hub_events.models import Session

    uid, editor = make(app, "Grafting", plan={"capacity": 9}), sign_in(app, "editor")
    row = {"1/from": "10:00", "1/until": "11:00", "1/title.en": "Knives", "1/capacity": "1", "1/signup": "1", "do": "save"}
    post(editor, f"/desk/events/{uid}/programme/", **row)
    with app.app_context():
        number = str(db.session().scalar(sa.select(sa.func.max(Session.id))))
    register(app, uid, "one@example.org", session=number)
    _client, waits = register(app, uid, "two@example.org", session=number)
    assert 'class="st warn">waiting list' in waits.text
    post(editor, f"/desk/events/{uid}/programme/", **{**row, "1/id": number, "1/capacity": "2"})
    assert mails(app)[-1].to == "two@example.org" and mails(app)[-1].subject == "A place in a session: Grafting"


def test_who_registered_by_mail_and_then_with_an_account_has_one_place(app):
    uid = make(app, "Twice", plan={"capacity": 5})
    register(app, uid, "member@example.org")
    again = post(sign_in(app, "member"), f"/en/events/register/{uid}/", name="Anna", consent="1")
    assert "You have a place" in again.text and "/en/events/my/" in again.request.path
    assert "4 places left" in app.test_client().get(f"/en/events/register/{uid}/").text


@pytest.mark.parametrize(("path", "field"), [("partners", "f.people.0.name"), ("events", "f.helpers.0.name"), ("events", "f.contact.0.name")])
def test_people_are_asked_for_a_name_in_russian(app, path, field):
    editor = sign_in(app, "editor")
    form = editor.get(f"/desk/{path}/new?form=full", headers={"Accept-Language": "ru"}).text
    before = re.sub(r"<[^>]+>", " ", form.partition(f'name="{field}"')[0].rpartition("<label")[2].partition(">")[2])
    assert "Имя и фамилия" in before


def test_a_number_that_is_none_is_a_fault_and_no_error(app):
    """"²" is a digit, and no number."""
    uid, editor = make(app, "Squares", plan={"capacity": 5, "max_guests": 2}), sign_in(app, "editor")
    wrong = post(editor, f"/desk/events/{uid}/registration/", is_open="1", capacity="²", quotas="city, ², The city")
    assert wrong.status_code == 422 and wrong.text.count('class="err"') == 2
    wrong = post(editor, f"/desk/events/{uid}/programme/", **{"1/from": "10:00", "1/title.en": "Knives", "1/capacity": "²", "do": "save"})
    assert wrong.status_code == 422 and "The number of places is a whole number: ²" in wrong.text
    assert post(editor, f"/desk/events/{uid}/people/", number="²").status_code == 200
    assert post(editor, f"/desk/events/{uid}/series/", do="save", rule="week", ahead="²", ask_days="1").status_code == 422
    taken = post(sign_in(app, "member"), f"/en/events/register/{uid}/", name="M", consent="1", guests="²", session="²")
    assert "You have a place" in taken.text


SECRET = "https://example.org/closed-room"


def test_the_address_for_the_registered_stands_nowhere_else(app):
    uid = make(app, "Closed", -1, 1, plan={"capacity": 1}, live_closed=SECRET, attendance="online")
    visitor, member = app.test_client(), sign_in(app, "member")
    slug = visitor.get(f"/en/events/{uid}/").headers["Location"].rstrip("/")
    shapes = [f"{slug}.{shape}" for shape in ("json", "ics")] + [f"/en/events.{shape}" for shape in ("json", "csv", "atom", "ics", "frab.xml")]
    for path in (f"{slug}/", f"/en/events/register/{uid}/", f"/api/v1/events/{uid}", *shapes):
        for client in (visitor, member):
            assert "closed-room" not in client.get(path, follow_redirects=True).text, path
    placed = post(member, f"/en/events/register/{uid}/", name="M", consent="1")
    assert SECRET in placed.text and SECRET in mails(app)[-1].text
    assert SECRET in member.get(f"{slug}/").text and SECRET not in visitor.get(f"{slug}/").text
    _waiting, page = register(app, uid, "waits@example.org")
    assert "waiting list" in page.text and SECRET not in page.text and SECRET not in mails(app)[-1].text


def test_closed_addresses_of_earlier_versions_move_into_their_own_field(app):
    from hub.api import items
    from hub.content.model import Content, Revision
    from hub.store import migrate

    uid = make(app, "From before", live="https://example.org/all")
    history = app.extensions["hub"].plugins.found["events"].history
    old = {"live": SECRET, "live_for": "registered"}
    with app.app_context():
        migrate.downgrade(db.engine(), history, "0004")
    with app.app_context(), db.writing():
        content = items.get("event", uid)
        content.data = {**content.data, **old}
        for version in db.session().scalars(sa.select(Revision).where(Revision.content_id == content.id)):
            version.document = {**version.document, "data": {**version.document["data"], **old}}
        items.commit()
    with app.app_context():
        migrate.upgrade(db.engine(), history)
        data = db.session().scalar(sa.select(Content.data).where(Content.uid == uid))
        assert data["live_closed"] == SECRET and not {"live", "live_for"} & data.keys()
        assert items.working_copy(items.get("event", uid))[0]["data"]["live_closed"] == SECRET
        assert not any("live_for" in str(row) for row in db.session().scalars(sa.select(Revision.document)))


def test_a_place_that_is_told_as_free_is_given_though_a_party_waits_for_more(app):
    uid = make(app, "Party", plan={"capacity": 3, "max_guests": 2})
    register(app, uid, "two@example.org", guests="1")
    _client, waits = register(app, uid, "party@example.org", guests="1")
    assert "waiting list, at place 1" in waits.text
    assert "1 place left" in app.test_client().get(f"/en/events/register/{uid}/").text
    _client, placed = register(app, uid, "single@example.org")
    assert "You have a place" in placed.text
