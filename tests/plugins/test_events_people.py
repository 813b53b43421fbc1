"""Who comes to an event: one's own registration changed, people written down by hand, answers in each language, badges, the list at the door."""

import re

import pytest
import sqlalchemy as sa
from eventing import mails, make, register

from hub.store import db
from hub.testing.fixtures import csrf, sign_in

QUESTION = {"name": "q1", "kind": "choice", "labels": {"en": "Lunch?", "ru": "Обед?"}, "choices": ["all", "vegan"],
            "shown": {"en": ["all", "vegan"], "ru": ["всё", "веганский"]}, "required": True, "when": ""}  # fmt: skip
FIRM = {"name": "q2", "kind": "text", "labels": {"en": "Organisation"}, "choices": [], "required": False, "badge": True, "when": ""}


@pytest.fixture(scope="module")
def app(hub_instances):
    from hub.app import create_app

    app = create_app(hub_instances.make(("partners", "cases", "events")), strict=True)
    app.testing = True
    yield app
    with app.app_context():
        db.engine().dispose()


@pytest.fixture(scope="module")
def editor(app):
    return sign_in(app, "editor")


def programme_of(app, uid, *rows):
    """Sessions with places of their own; answers their ids."""
    from hub_events import programme

    from hub.api import items

    with app.app_context(), db.writing():
        content = items.get("event", uid)
        programme.save(content, [{"from": "10:00", "title.en": title, "capacity": str(places)} for title, places in rows])
        items.commit()
        return [part.id for part in programme.of(content.id)]


def states(app, uid):
    from hub_events.models import Registration

    from hub.api import items

    with app.app_context():
        mine = sa.select(Registration).where(Registration.content_id == items.get("event", uid).id)
        return {entry.name: (entry.state, entry.guests, entry.answers) for entry in db.session().scalars(mine)}


def change(visitor, address, **typed):
    page = visitor.get(address)
    assert "Change your registration" in page.text
    return visitor.post(address, data={"csrf_token": csrf(page.text), "do": "change", **typed}, follow_redirects=True)


def desk(editor, uid, part, **typed):
    address = f"/desk/events/{uid}/{part}/"
    return editor.post(address, data={"csrf_token": csrf(editor.get(address).text), **typed}, follow_redirects=True)


def test_guests_sessions_and_answers_are_changed_and_the_place_stays(app):
    uid = make(app, plan={"capacity": 4, "max_guests": 3, "questions": [QUESTION]})
    worms, bins = programme_of(app, uid, ("Worms", 1), ("Bins", 3))
    first, page = register(app, uid, "one@example.org", name="One", q1="all", session=[str(worms)])
    _second, _ = register(app, uid, "two@example.org", name="Two", q1="all", guests="1", session=[str(worms)])
    address = page.request.path
    assert "Worms" in page.text and "Lunch?" in page.text

    done = change(first, address, guests="1", q1="vegan", session=[str(bins)])
    assert states(app, uid)["One"] == ("confirmed", 1, {"q1": "vegan"})
    assert "Bins" in done.text and "1 guest comes with you" in done.text

    too_many = change(first, address, guests="3", q1="vegan", session=[str(bins)])
    assert too_many.status_code == 422 and "There are not so many places left." in too_many.text and 'value="3"' in too_many.text
    above = change(first, address, guests="9", q1="vegan")
    assert above.status_code == 422 and "At most 3 guests." in above.text
    missing = change(first, address, guests="0")
    assert missing.status_code == 422 and "This is needed." in missing.text
    assert states(app, uid)["One"] == ("confirmed", 1, {"q1": "vegan"}), "what was refused changed nothing"


def test_who_brings_fewer_guests_makes_room_for_who_waits(app):
    uid = make(app, plan={"capacity": 2, "max_guests": 1})
    first, page = register(app, uid, "party@example.org", name="Party", guests="1")
    register(app, uid, "later@example.org", name="Later")
    assert states(app, uid)["Later"][0] == "waiting"
    change(first, page.request.path, guests="0")
    assert states(app, uid)["Later"][0] == "offered"


def test_a_session_that_was_given_up_goes_to_who_wished_it(app):
    uid = make(app, plan={"capacity": 9})
    worms, bins = programme_of(app, uid, ("Worms", 1), ("Bins", 1))
    first, page = register(app, uid, "a1@example.org", name="A", session=[str(worms)])
    second, waiting = register(app, uid, "b1@example.org", name="B", session=[str(worms)])
    assert "waiting list" in second.get(waiting.request.path).text.partition("<form")[0]
    change(first, page.request.path, session=[str(bins)])
    assert any("A place in a session" in mail.subject and mail.to == "b1@example.org" for mail in mails(app))


def test_sessions_with_places_at_the_same_time_are_chosen_between(app):
    from hub_events import programme

    from hub.api import items

    uid = make(app, plan={"capacity": 9, "max_guests": 1})
    rows = [("Beds", "10:00", "12:00", "4"), ("Bench", "11:00", "13:00", "4"), ("Later", "13:00", "14:00", "4"), ("Café", "10:00", "14:00", "")]
    with app.app_context(), db.writing():
        content = items.get("event", uid)
        table = [{"from": begin, "until": end, "title.en": title, "capacity": places, "signup": "1"} for title, begin, end, places in rows]
        programme.save(content, table)
        items.commit()
        part = {entry.texts["en"]["title"]: str(entry.id) for entry in programme.of(content.id)}
    address, visitor = f"/en/events/register/{uid}/", app.test_client()
    typed = {"csrf_token": csrf(visitor.get(address).text), "name": "Vera", "email": "vera@example.org"}
    said = visitor.post(address, data={**typed, "session": [part["Bench"], part["Beds"]]})
    assert said.status_code == 422 and "“Beds” and “Bench” are at the same time: choose one of them." in said.text
    assert "Without your consent" in said.text, "said with all else that is missing"
    assert 'value="Vera"' in said.text and len(re.findall(r'name="session" value="\d+" checked', said.text)) == 2, "what was typed stays"
    assert 'aria-describedby="e-session"' in said.text and not states(app, uid)

    fine = [part["Beds"], part["Later"], part["Café"]]
    client, page = register(app, uid, "vera@example.org", name="Vera", session=fine)
    assert "Beds, " in page.text and "Café, " in page.text, "what has no number of places is for looking in; what touches does not overlap"
    both = change(client, page.request.path, guests="1", session=[*fine, part["Bench"]])
    assert both.status_code == 422 and "are at the same time" in both.text and 'value="1"' in both.text and states(app, uid)["Vera"][1] == 0
    with app.app_context(), db.writing():  # the organisers move one onto the other
        content = items.get("event", uid)
        programme.save(content, [{**row, "id": part[row["title.en"]], **({"from": "10:00", "until": "11:00"} if row["title.en"] == "Later" else {})} for row in table])
        items.commit()
    change(client, page.request.path, guests="1", session=fine)
    assert states(app, uid)["Vera"][1] == 1, "who had both before is not held up"


def test_after_registration_has_closed_one_can_only_take_back(app):
    import datetime as dt

    from hub_events.models import Plan

    from hub.api import items

    uid = make(app, plan={"capacity": 9, "max_guests": 3})
    (worms,) = programme_of(app, uid, ("Worms", 9))
    visitor, page = register(app, uid, "late@example.org", name="Late", guests="1")
    with app.app_context(), db.writing():
        db.session().get(Plan, items.get("event", uid).id).closes_at = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
        db.session().commit()
    more = change(visitor, page.request.path, guests="2")
    assert more.status_code == 422 and "Registration is closed." in more.text
    fewer = change(visitor, page.request.path, guests="0", session=[str(worms)])
    assert states(app, uid)["Late"][:2] == ("confirmed", 0) and "Worms, " not in fewer.text


def test_nothing_is_offered_to_change_where_nothing_can_be(app):
    uid = make(app, plan={"capacity": 9})
    _visitor, page = register(app, uid, "plain@example.org")
    assert "Change your registration" not in page.text


def test_somebody_without_mail_is_written_down_by_the_organiser(app, editor):
    uid = make(app, "Door", plan=None)
    wrong = desk(editor, uid, "people", do="add", name=" ", guests="many", email="none")
    assert wrong.status_code == 422 and 'value="many"' in wrong.text
    assert "Write the name." in wrong.text and "A whole number is expected: many" in wrong.text
    there = desk(editor, uid, "people", do="walked in", name="Прасковья", guests="2")
    assert "Прасковья is there." in there.text
    desk(editor, uid, "people", do="add", name="Timur", email="timur@example.org")
    assert {name: known[:2] for name, known in states(app, uid).items()} == {"Прасковья": ("attended", 2), "Timur": ("confirmed", 0)}
    assert [mail.subject for mail in mails(app) if mail.to == "timur@example.org"] == ["You are registered: Door"]
    twice = desk(editor, uid, "people", do="add", name="Timur", email="Timur@example.org")
    assert twice.status_code == 422 and "on the list already" in twice.text
    assert app.test_client().get(f"/en/events/register/{uid}/").text.count("There is no registration for this event here.") == 1
    sheets = editor.get(f"/desk/events/{uid}/certificates/").text
    assert "Прасковья" in sheets and "Timur" not in sheets, "only who was there"


def test_an_organiser_is_told_when_more_come_than_there_are_places(app, editor):
    uid = make(app, "Full", plan={"capacity": 1})
    assert "more people than places" not in desk(editor, uid, "people", do="add", name="One").text
    assert "more people than places" in desk(editor, uid, "people", do="add", name="Two").text


def test_answers_are_read_in_the_language_of_who_reads_them(app, editor):
    uid = make(app, plan={"capacity": 9, "questions": [QUESTION, FIRM]})
    register(app, uid, "vegan@example.org", name="V", q1="vegan", q2="City library")
    form = app.test_client().get(f"/ru/events/register/{uid}/").text
    assert re.search(r'<option value="vegan"[^>]*>веганский</option>', form) and ">vegan<" not in form
    assert "vegan: 1" in editor.get(f"/desk/events/{uid}/people/").text
    editor.get("/desk/?lang=ru")
    page = editor.get(f"/desk/events/{uid}/people/").text
    assert "веганский: 1" in page and "City library" in page
    assert "веганский" in editor.get(f"/desk/events/{uid}/people.csv").text
    editor.get("/desk/?lang=en")


def test_questions_are_typed_in_both_languages_and_stay_when_something_is_wrong(app, editor):
    uid = make(app, plan={"capacity": 9})
    typed = {"is_open": "1", "q1.label.en": "Lunch?", "q1.label.ru": "Обед?", "q1.kind": "choice", "q1.choices": "all | vegan",
             "q2.label.en": "Why?", "q2.when": "q1=веганский"}  # fmt: skip
    uneven = desk(editor, uid, "registration", **typed, **{"q1.choices.ru": "всё"})
    assert uneven.status_code == 422 and "as many answers in one language" in uneven.text and 'value="Why?"' in uneven.text
    wrong = desk(editor, uid, "registration", **typed, **{"q1.choices.ru": "всё | веганский", "capacity": "lots"})
    assert wrong.status_code == 422 and 'value="Why?"' in wrong.text and "всё | веганский" in wrong.text
    kept = desk(editor, uid, "registration", **typed, **{"q1.choices.ru": "всё | веганский"})
    assert kept.status_code == 200 and "всё | веганский" in kept.text
    assert 'value="q1=vegan"' in kept.text, "a condition holds in whichever language it was typed"
    late = desk(editor, uid, "registration", is_open="1", **{"q9.label.en": "Last one?"})
    assert 'value="Last one?"' in late.text, "a question stays where the ones before it were taken away"


def test_a_closing_time_beyond_the_calendar_is_a_fault(app, editor):
    uid = make(app, plan={"capacity": 9})
    for moment in ("0001-01-01T00:00", "9999-12-31T23:59", "soon"):
        assert desk(editor, uid, "registration", is_open="1", closes_at=moment).status_code == 422
    assert 'value="2026-11-20T18:30"' in desk(editor, uid, "registration", is_open="1", closes_at="2026-11-20T18:30").text
    for day in ("0001-01-01", "9999-12-31", "31.12.9999"):
        assert desk(editor, uid, "programme", do="save", **{"0/day": day, "0/from": "23:59", "0/title.en": "x"}).status_code == 422


@pytest.mark.parametrize("shape", ["/", ".json", ".ics"])
def test_a_list_asked_for_the_first_or_last_day_of_the_calendar_says_what_is_wrong(app, shape):
    for asked in ("from=0001-01-01", "until=9999-12-31"):
        assert app.test_client().get(f"/en/events{shape}?{asked}").status_code == 400
    assert app.test_client().get(f"/en/events{shape}?from=1900-01-01&until=2999-12-31").status_code == 200


def test_name_badges_hold_name_organisation_and_role(app, editor):
    uid = make(app, "Compost", plan={"capacity": 20, "max_guests": 2, "questions": [FIRM], "quotas": [{"code": "lib", "seats": 2, "name": "Library"}]},
               helpers=[{"role": "volunteer", "name": "Vera"}])  # fmt: skip
    register(app, uid, "anna@example.org", name="Anna", q2="House of culture", guests="1")
    register(app, uid, "kira@example.org", name="Kira", quota="lib")
    register(app, uid, "leila@example.org", name="Leila Kim")
    visitor, gone = register(app, uid, "gone@example.org", name="Gone")
    visitor.post(gone.request.path, data={"csrf_token": csrf(gone.text), "do": "cancel"})
    from hub_events import programme

    from hub.api import items

    with app.app_context(), db.writing():
        programme.save(items.get("event", uid), [{"from": "10:00", "title.en": "Worms", "speakers": "Leila Kim, Marat"}])
        items.commit()

    def badges(query=""):
        page = editor.get(f"/desk/events/{uid}/badges/{query}").text
        parts = [dict(re.findall(r'<p class="(of|name|org|role)[^"]*">(.*?)</p>', badge)) for badge in page.split('<div class="events-badge">')[1:]]
        assert all(part["of"] == "Compost" for part in parts)
        return [(part.get("name", ""), part.get("org", ""), part.get("role", "")) for part in parts]

    assert badges() == [
        ("Anna", "House of culture", "Participant"), ("", "", "Guest of Anna"), ("Kira", "Library", "Participant"),
        ("Leila Kim", "", "Speaker"), ("Marat", "", "Speaker"), ("Vera", "", "Volunteer"),
    ]  # fmt: skip
    assert [name for name, _, _ in badges("?who=makers")] == ["Leila Kim", "Marat", "Vera"]
    assert [name for name, _, _ in badges("?who=visitors")] == ["Anna", "", "Kira"]
    assert len(badges("?empty=7")) == 13 and len(badges("?empty=99999")) == 106 and len(badges("?empty=-1")) == 6
    assert f"/desk/events/{uid}/badges/" in editor.get(f"/desk/events/{uid}/people/").text
    assert sign_in(app, "member").get(f"/desk/events/{uid}/badges/").status_code == 403


def test_who_cancelled_is_not_printed_on_the_list_at_the_door(app, editor):
    uid = make(app, "Door list", plan={"capacity": 9})
    register(app, uid, "zoe@example.org", name="Zoe")
    visitor, page = register(app, uid, "abel@example.org", name="Abel")
    visitor.post(page.request.path, data={"csrf_token": csrf(page.text), "do": "cancel"})
    rows = re.findall(r"<tr data-code[^>]*?( class=\"no-print\")?><th scope=\"row\">(\w+)", editor.get(f"/desk/events/{uid}/people/").text)
    assert rows == [("", "Zoe"), (' class="no-print"', "Abel")]


def test_an_organiser_gives_a_place_out_of_turn(app, editor):
    uid = make(app, "Tight", plan={"capacity": 1})
    register(app, uid, "first@example.org", name="First")
    register(app, uid, "second@example.org", name="Second")
    _visitor, _page = register(app, uid, "third@example.org", name="Third")
    page = editor.get(f"/desk/events/{uid}/people/").text
    number = re.search(r'data-number="(\d+)"><th scope="row">Third', page)[1]
    assert "Third has a place now." in desk(editor, uid, "people", number=number, do="place").text
    assert {name: known[0] for name, known in states(app, uid).items()} == {"First": "confirmed", "Second": "waiting", "Third": "confirmed"}
    assert [mail.subject for mail in mails(app) if mail.to == "third@example.org"][-1] == "You are registered: Tight"
    desk(editor, uid, "people", number=re.search(r'data-number="(\d+)"><th scope="row">First', page)[1], do="place")
    assert states(app, uid)["First"][0] == "confirmed", "who has a place keeps it"


def test_a_letter_goes_to_those_who_are_chosen_and_who_waits_is_not_told_the_room(app, editor):
    uid = make(app, "Letters", plan={"capacity": 1}, live_closed="https://room.example.org/secret")
    register(app, uid, "has@example.org", name="Has")
    register(app, uid, "waits@example.org", name="Waits")
    typed = {"subject": "News", "text": "Dear {name}, join: {link}."}

    def got(**more):
        before = len(mails(app))
        answer = desk(editor, uid, "letter", do="send", **typed, **more)
        return answer, {mail.to: mail.text for mail in mails(app)[before:]}

    _answer, sent = got()
    assert list(sent) == ["has@example.org"] and "https://room.example.org/secret" in sent["has@example.org"]
    _answer, sent = got(whom="waiting")
    assert list(sent) == ["waits@example.org"] and "Dear Waits" in sent["waits@example.org"] and "room.example.org" not in sent["waits@example.org"]
    _answer, sent = got(whom="all")
    assert set(sent) == {"has@example.org", "waits@example.org"} and "room.example.org" not in sent["waits@example.org"]
    address = f"/desk/events/{uid}/letter/"
    seen = editor.post(address, data={"csrf_token": csrf(editor.get(address).text), "do": "preview", "whom": "waiting", **typed}).text
    assert "Dear Waits, join: ." in seen and "room.example.org" not in seen, "a preview shows what goes out"
    answer, sent = got(whom="there")
    assert answer.status_code == 422 and not sent and "Nobody would get this letter." in answer.text and "Dear {name}" in answer.text


def test_begin_and_end_are_chosen_from_a_calendar_or_typed_as_people_write_them(app, editor):
    path = "/desk/events/new?language=en&form=full"
    page = editor.get(path).text
    assert re.search(r'<input type="datetime-local" id="[^"]*" name="f.starts"', page)
    hidden = {name: re.search(rf'name="{name}" value="([^"]*)"', page).group(1) for name in ("base", "language", "form")}
    typed = {"csrf_token": csrf(page), **hidden, "do": "save", "title.en": "Tea", "f.starts": "20.12.2026 18:30"}
    wrong = editor.post("/desk/events/new", data={**typed, "f.ends": "31.12.2026 at night"})
    assert wrong.status_code == 422 and 'name="f.ends"' in wrong.text and 'value="31.12.2026 at night"' in wrong.text
    assert re.search(r'<input type="text" [^>]*value="20.12.2026 18:30"', wrong.text), "no calendar of a browser empties what was typed"
    saved = editor.post("/desk/events/new", data={**typed, "f.ends": "20.12.2026, 20:00"}, follow_redirects=True)
    assert re.search(r'<input type="datetime-local" [^>]*value="2026-12-20T20:00"', saved.text)


def test_a_byte_that_postgresql_refuses_is_no_error(either_hub):
    app = either_hub(("partners", "cases", "events", "labs", "feedback"))
    uid, visitor = make(app, plan={"capacity": 5}), app.test_client()
    for address in ("/en/events/%00/", "/en/events/my/%00/", "/en/feedback/%00/", "/en/labs/group/%00/", "/en/labs/sheet/%00/"):
        assert visitor.get(address).status_code == 404, address
    _visitor, page = register(app, uid, "nul@example.org", name="A\0nna")
    assert "You have a place, Anna." in page.text
