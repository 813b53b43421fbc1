"""Events through the public door: the guide by time, registration with its waiting list, check-in, programmes, calendars."""

import datetime as dt
import re
import threading
import time
from types import SimpleNamespace
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import time_machine
from eventing import hours, link_of, mails, make, register

from hub.content import topics
from hub.store import db
from hub.testing.fixtures import csrf, sign_in

PLUGINS = ("partners", "events")


@pytest.fixture
def app(new_hub):
    return new_hub(plugins=PLUGINS)


def titles(client, query):
    return [item["title"] for item in client.get(f"/en/events.json?{query}").json["items"]]


def test_a_guide_without_any_event_asks_for_the_first(app):
    for path in ("/en/events/", "/en/events/?when=now", "/en/events/?when=coming"):
        page = app.test_client().get(path).text
        assert "Nothing here yet" in page and "Nothing fits" not in page, path
        assert re.findall(r'<a class="(btn[^"]*)" href="/desk/events/new">', page) == ["btn"], "one way to begin, not two alike"
    make(app, "Past", -50, -48)
    page = app.test_client().get("/en/events/?when=coming").text
    assert "Nothing fits these conditions" in page and "Nothing here yet" not in page


def test_the_front_page_says_what_comes_next_and_gives_the_calendar(app):
    assert "Next on the line" not in app.test_client().get("/en/").text
    make(app, "Past", -50, -48)
    make(app, "Soon", 2, 4)
    coming = re.search(r'aria-labelledby="next-events".*?</section>', app.test_client().get("/en/").text, re.S).group()
    assert "Soon" in coming and "Past" not in coming
    calendar = app.test_client().get(re.search(r'href="([^"]+\.ics)"', coming).group(1))
    assert calendar.mimetype == "text/calendar" and "SUMMARY:Soon" in calendar.text


@pytest.fixture
def soil(app):
    with app.app_context(), db.writing():
        topics.put(db.session(), {"slug": "soil", "en": {"name": "Soil"}, "ru": {"name": "Почва"}})
        db.session().commit()


@pytest.mark.parametrize("shape", ["short", "full"])
def test_what_an_event_must_have_stands_by_its_title(app, soil, shape):
    page = sign_in(app, "editor").get(f"/desk/events/new?language=en&form={shape}").text
    begins, ends, text, ticks = (page.index(f'name="{name}"') for name in ("f.starts", "f.ends", "body.en", "topics"))
    assert page.index('name="summary.en"') < begins < ends < min(text, ticks), "a phone shows begin and end without a long way down"


def test_the_desks_list_says_when_an_event_begins(app):
    starts = hours(24)
    make(app, "Talk", starts=starts)
    moment = dt.datetime.fromisoformat(f"{starts}+00:00").astimezone(ZoneInfo("Europe/Moscow"))
    page = sign_in(app, "editor").get("/desk/events/").text
    assert re.search(rf'data-label="Begins">{moment.day} {moment:%B} {moment.year}, {moment:%H:%M}<', page)
    assert "Begins" not in sign_in(app, "editor").get("/desk/partners/").text


def test_topics_are_named_in_the_language_of_who_ticks_them(app, soil):
    editor = sign_in(app, "editor")
    page = editor.get("/desk/events/new?language=ru").text
    assert 'name="title.ru"' in page and "Soil" in page and "Почва" not in page


def test_the_guide_is_one_query_by_time(app):
    make(app, "Past", -50, -48)
    make(app, "Recorded", -30, -28, replay="https://example.org/video")
    make(app, "On air", -1, 1)
    make(app, "Next", 5, 6)
    make(app, "Later", 24 * 20, 24 * 20 + 1)
    client = app.test_client()
    assert titles(client, "when=now") == ["On air"]
    assert titles(client, "when=coming") == ["Next", "Later"]
    assert titles(client, "when=past") == ["Recorded", "Past"]
    assert titles(client, "when=past&replay=true") == ["Recorded"]
    page = client.get("/en/events/").text
    assert re.findall(r'<h3><a href="[^"]+">([^<]+)', page) == ["On air", "Next", "Later", "Recorded", "Past"]
    day = (dt.datetime.now(dt.UTC) + dt.timedelta(days=20)).date()
    assert titles(client, f"from={day - dt.timedelta(days=1)}&until={day + dt.timedelta(days=1)}") == ["Later"]
    chips = client.get(f"/en/events/?from={day}&until={day}").text.partition("Dates:</span>")[2].partition("<svg")[0]
    assert chips.count(str(day.year)) == 1, "one day is named once"
    assert "The list ends before this page" in client.get("/en/events/?page=50").text
    assert client.get("/en/events/?when=tomorrow").status_code == 400
    assert client.get("/en/events/?from=soon").status_code == 400
    assert client.get("/en/events.ics?when=now").text.count("BEGIN:VEVENT") == 1


def test_a_topic_has_a_calendar_where_it_has_events(app):
    uid = make(app, "Pruning roses", 24, 26)
    with app.app_context(), db.writing():
        from hub.api import items
        from hub.content import topics

        for slug in ("gardening", "music"):
            topics.put(db.session(), {"slug": slug, "en": {"name": slug.title()}})
        event = items.get("event", uid)
        items.save(event, {**items.read(event), "topics": ["gardening"]}, publish=True)
        items.commit()
    client = app.test_client()
    page = client.get("/en/topics/gardening/").text
    calendar = re.search(r'href="(/en/events\.ics\?[^"]+)"', page).group(1)
    assert "Pruning roses" in client.get(calendar).text
    assert "events.ics" not in client.get("/en/topics/music/").text


def test_hours_stay_on_one_line_on_pages_and_in_letters_and_nothing_of_it_is_in_files(app):
    uid = make(app, "Talk", starts="2030-05-01T18:00", ends="2030-05-01T20:00", plan={"capacity": 3})
    register(app, uid, "first@example.org")
    client = app.test_client()
    page = client.get(f"/en/events/{uid}/", follow_redirects=True).text
    for said in (page, client.get(f"/en/events/register/{uid}").text, mails(app)[-1].text):
        assert "18:00–\u206020:00" in said and "18:00–20" not in said
    for shape in ("ics", "atom", "json", "csv", "schedule.xml"):
        assert "\u2060" not in client.get(f"/en/events.{shape}?when=coming").text, shape


def test_days_with_their_own_hours_pause_at_night(app):
    from hub_events import life

    uid = make(app, "Lab", 0, 0, starts="2021-02-19T12:00", ends="2021-02-20T15:00", zone="Europe/Moscow", days=[
        {"day": "2021-02-19", "from": "12:00", "until": "16:00"}, {"day": "2021-02-20", "from": "11:00", "until": "15:00"}])  # fmt: skip
    at = lambda day, hour: dt.datetime(2021, 2, day, hour, 30, tzinfo=dt.UTC)  # noqa: E731
    with app.app_context():
        from hub.api import items

        row = items.get("event", uid)
        assert row.starts_at == dt.datetime(2021, 2, 19, 9, tzinfo=dt.UTC)
        assert [life.state(row, at(19, h)) for h in (8, 9, 20)] == ["announced", "live", "pause"]
        assert [life.state(row, at(20, h)) for h in (9, 13)] == ["live", "over"]
    assert "Moscow" in app.test_client().get(f"/en/events/{uid}/", follow_redirects=True).text


def test_registration_waiting_list_offer_and_cancellation(app):
    uid = make(app, plan={"capacity": 2, "max_guests": 1})
    first, page = register(app, uid, "first@example.org", guests="1")
    assert "You have a place" in page.text and "1 guest comes with you" in page.text
    second, waits = register(app, uid, "second@example.org", guests="1")
    assert "waiting list, at place 1" in waits.text
    gone = first.post(page.request.path, data={"csrf_token": csrf(page.text), "do": "cancel"}, follow_redirects=True).text
    assert "registration is cancelled" in gone and "comes with you" not in gone
    offered = second.get(waits.request.path)
    assert "A place has become free for you" in offered.text
    assert any("A place for you" in mail.subject for mail in mails(app) if mail.to == "second@example.org")
    assert "You will be put on the waiting list" in app.test_client().get(f"/en/events/register/{uid}/").text
    _third, later = register(app, uid, "third@example.org")
    assert "waiting list" in later.text  # the offered place is held
    second.post(waits.request.path, data={"csrf_token": csrf(offered.text), "do": "confirm"})
    assert "You have a place" in second.get(waits.request.path).text


def test_who_lost_the_letter_asks_again_but_nobody_fills_a_letter_box(app):
    uid = make(app, plan={"capacity": 3})
    visitor = app.test_client()

    def ask():
        form = {"csrf_token": csrf(visitor.get(f"/en/events/register/{uid}/").text), "name": "Anna", "email": "anna@example.org"}
        return visitor.post(f"/en/events/register/{uid}/", data={**form, "consent": "1"}).status_code

    assert [ask() for _ in range(6)] == [200] * 5 + [429]
    assert len(mails(app)) == 5 and visitor.get(link_of(app, "anna@example.org"), follow_redirects=True).status_code == 200


def test_what_turned_while_no_worker_ran_counts(app, clock):
    """The pages of an event that began and ended during a break of hours are not those of before."""
    from hub_events import keeping

    make(app, begins=1, over=2)
    visitor = app.test_client()
    with app.app_context():
        keeping.turn()
    before = visitor.get("/en/events/").headers["ETag"]
    clock.move(hours=5)
    with app.app_context():
        keeping.turn()
    time.sleep(1.3)  # touches are gathered into one step a second
    assert visitor.get("/en/events/").headers["ETag"] != before
    assert titles(visitor, "when=past") == ["Talk"]


def test_an_offer_that_runs_out_goes_on(app):
    from hub_events import keeping
    from hub_events.models import Registration

    uid = make(app, plan={"capacity": 1})
    first, page = register(app, uid, "first@example.org")
    register(app, uid, "second@example.org")
    third, waits = register(app, uid, "third@example.org")
    first.post(page.request.path, data={"csrf_token": csrf(page.text), "do": "cancel"})
    with app.app_context(), db.writing():
        db.session().execute(sa.update(Registration).where(Registration.state == "offered").values(
            offered_until=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)))  # fmt: skip
        db.session().commit()
    with app.app_context():
        keeping.turn()
    assert "A place has become free for you" in third.get(waits.request.path).text
    assert any("has gone on" in mail.subject for mail in mails(app) if mail.to == "second@example.org")


def test_opening_the_link_in_a_letter_changes_nothing(app):
    from hub_events.models import Registration

    uid = make(app, plan={"capacity": 5})
    visitor = app.test_client()
    page = visitor.get(f"/en/events/register/{uid}/")
    visitor.post(f"/en/events/register/{uid}/", data={
        "csrf_token": csrf(page.text), "name": "A", "email": "a@example.org", "consent": "1"})  # fmt: skip
    app.test_client().get(link_of(app, "a@example.org"), follow_redirects=True)
    with app.app_context():
        assert db.session().scalar(sa.select(Registration.state)) == "pending"
        number = db.session().scalar(sa.select(Registration.uid))
    assert app.test_client().get(f"/en/events/my/{number}/").status_code == 404  # without the link
    assert app.test_client().get(f"/en/events/place/{'x' * 30}/").status_code == 404


def test_a_programme_without_scripts_leads_by_the_account(app):
    uid = make(app, "Pruning")
    page = app.test_client().get(f"/en/events/mine/?add={uid}").text
    assert "<noscript>" in page and "needs JavaScript" in page
    member, way = sign_in(app, "member"), re.search(r'href="/account/login\?next=([^"]+)">Sign in</a></p>', page)[1]
    again = member.get(unquote(way))
    assert "Put it in, or take it out" in again.text
    member.post(f"/en/events/mark/{uid}/", data={"csrf_token": csrf(again.text)})
    assert "Pruning" in member.get("/en/events/mine/").text


def test_what_is_missing_is_said_beside_the_field(app):
    asked = [{"name": "q1", "kind": "choice", "labels": {"en": "Food?"}, "choices": ["yes", "no"], "required": True, "when": ""},
             {"name": "q2", "kind": "text", "labels": {"en": "Which?"}, "choices": [], "required": True, "when": "q1=yes"}]  # fmt: skip
    uid = make(app, plan={"capacity": 9, "questions": asked, "max_guests": 1})
    visitor = app.test_client()
    page = visitor.get(f"/en/events/register/{uid}/")

    def send(**typed):
        return visitor.post(f"/en/events/register/{uid}/", data={"csrf_token": csrf(page.text), "name": "A",
                            "email": "a@example.org", "consent": "1", **typed})  # fmt: skip

    wrong = send(email="nowhere", consent="", q1="yes")
    assert wrong.status_code == 422
    assert {name for name in ("email", "consent", "q2") if f'id="e-{name}"' in wrong.text} == {"email", "consent", "q2"}
    assert 'value="nowhere"' in wrong.text and wrong.text.count('aria-describedby="e-consent"') == 1
    assert "At most one guest." in send(q1="no", guests="5").text
    assert send(q1="no", guests="1").status_code == 200


def test_a_partners_quota_is_kept_for_its_link(app):
    uid = make(app, plan={"capacity": 3, "quotas": [{"code": "LIB", "seats": 2, "name": "Library"}]})
    assert "You have a place" in register(app, uid, "a@example.org")[1].text
    assert "waiting list" in register(app, uid, "b@example.org")[1].text
    assert "You have a place" in register(app, uid, "c@example.org", quota="LIB")[1].text


def test_a_ticket_names_the_place(app):
    uid = make(app, plan={"capacity": 3}, places=[{"lat": 58.0, "lon": 56.2, "names": {"en": "Perm"}, "address": "4 Library Street", "country": "RU"}])
    assert "Perm, 4 Library Street" in register(app, uid)[1].text


def test_check_in_by_link_code_and_name_and_the_certificate(app):
    from hub_events.models import Registration

    uid = make(app, plan={"capacity": 5})
    visitor, page = register(app, uid)
    editor = sign_in(app, "editor")
    with app.app_context():
        from hub_events import links

        entry = db.session().scalar(sa.select(Registration))
        code, word = entry.code, links.token(entry)
        drawn = visitor.get(f"/en/events/my/{entry.uid}/code.svg")
        assert drawn.mimetype == "image/svg+xml"
    assert visitor.get(f"{page.request.path}certificate/").status_code == 404
    door = editor.get(f"/en/events/here/{word}/")
    assert "Anna" in door.text
    editor.post(f"/en/events/here/{word}/", data={"csrf_token": csrf(door.text), "do": "came"})
    assert "Anna" in visitor.get(f"{page.request.path}certificate/").text
    assert ">Anna</p>" in visitor.get(f"{page.request.path}certificate/").text, "the name stands by itself, as on the PDF"
    people = editor.get(f"/desk/events/{uid}/people/")
    assert "☐" not in people.text, "on paper a box to tick stands only where somebody is still awaited"
    editor.post(f"/desk/events/{uid}/people/", data={"csrf_token": csrf(people.text), "do": "undo", "number": entry.id})
    assert editor.get(f"/desk/events/{uid}/people/?lang=ru", follow_redirects=True).text.count("☐") == 1
    assert "Отменить запись" in editor.get(f"/desk/events/{uid}/people/").text
    editor.get(f"/desk/events/{uid}/people/?lang=en")
    editor.post(f"/desk/events/{uid}/people/", data={"csrf_token": csrf(people.text), "do": "came", "code": code.lower()})
    with app.app_context():
        assert db.session().scalar(sa.select(Registration.state)) == "attended"
    table = editor.get(f"/desk/events/{uid}/people.csv").text
    assert ",was there," in table, "the list speaks the language of who takes it home"
    assert "Anna" in table and "anna@example.org" not in table  # did not agree to be written to
    assert editor.get(f"/desk/events/{uid}/people.xlsx").data[:2] == b"PK"
    assert app.test_client().post(f"/en/events/here/{word}/").status_code in (400, 403)


def test_attendance_and_programme_are_asked_by_others(app):
    from hub_events.models import Registration

    uid = make(app, plan={"capacity": 5})
    member = sign_in(app, "member")
    page = member.get(f"/en/events/register/{uid}/")
    member.post(f"/en/events/register/{uid}/", data={"csrf_token": csrf(page.text), "name": "M", "consent": "1"})
    with app.app_context():
        from hub.api import User, ask, items

        content = items.get("event", uid)
        entry = db.session().scalar(sa.select(Registration))
        user = db.session().get(User, entry.user_id)
        assert ask("attendance", user=user, content=content) == "registered"
        entry.state = "attended"
        db.session().flush()
        assert ask("attendance", user=user, content=content) == "attended"
        assert ask("attendance", user=None, content=content) is None
        guest = SimpleNamespace(id=0, email=entry.email)  # known by a confirmed address
        assert ask("attendance", user=guest, content=content) == "attended"
        assert ask("attendance", user=SimpleNamespace(id=0, email="other@example.org"), content=content) is None
        assert ask("programme", content=content) == []


TABLE = "day\tfrom\tuntil\ttitle en\ttitle ru\troom\tplaces\n20.11.2030\t10:00\t11:00\tOpening\tОткрытие\tHall\t2\n"


def programme(editor, uid, do, **more):
    page = editor.get(f"/desk/events/{uid}/programme/")
    return editor.post(f"/desk/events/{uid}/programme/", data={"csrf_token": csrf(page.text), "do": do, **more})


def fields(page):
    """The filled-in inputs of the programme's table."""
    found = re.findall(r'name="(\d+/[^"]+)"[^>]*? value="([^"]*)"', page)
    return {name: value for name, value in found if "signup" not in name}


def test_a_programme_is_pasted_saved_moved_and_keeps_its_sign_ups(app):
    uid = make(app, plan={"capacity": 9})
    editor = sign_in(app, "editor")
    shown = programme(editor, uid, "paste", pasted=TABLE)
    typed = fields(shown.text)
    assert typed["1/title.ru"] == "Открытие" and typed["1/from"] == "10:00"
    assert programme(editor, uid, "save", **typed).status_code == 302
    with app.app_context():
        from hub_events.models import Session

        number = db.session().scalar(sa.select(Session.id))
    register(app, uid, session=str(number))
    typed = fields(editor.get(f"/desk/events/{uid}/programme/").text)
    programme(editor, uid, "save", **{**typed, "1/from": "12:00", "1/until": "13:00"})
    with app.app_context():
        from hub_events.models import Seat

        from hub.api import ask, items

        assert db.session().scalar(sa.select(Seat.session_id)) == number
        [part] = ask("programme", content=items.get("event", uid))
        assert part["left"] == 1 and part["titles"]["ru"] == "Открытие"
    assert any("has been moved" in mail.subject for mail in mails(app))
    wrong = programme(editor, uid, "save", **{**typed, "1/from": "noon"})
    assert wrong.status_code == 422 and "noon" in wrong.text
    other = make(app, "Next year", 24 * 365, 24 * 365 + 2)
    copied = programme(editor, other, "copy", source=uid)
    assert "Открытие" in copied.text
    programme(editor, uid, "save", **{name: value if name.endswith(("/id", "/guid")) else "" for name, value in typed.items()})
    (off,) = [mail for mail in mails(app) if mail.subject.startswith("A session is off")]
    assert "Opening: " in off.text and "Your place at the event itself stays." in off.text and off.to == "anna@example.org"


def test_a_programme_that_a_move_left_behind_comes_along(app):
    uid, editor = make(app, begins=24 * 3, over=24 * 3 + 1), sign_in(app, "editor")
    typed = fields(programme(editor, uid, "paste", pasted=TABLE.replace("20.11.2030", hours(24 * 3)[:10])).text)
    programme(editor, uid, "save", **typed)
    form, table = f"/desk/events/{uid}/?language=en", f"/desk/events/{uid}/programme/"
    assert "moved without its programme" not in editor.get(form).text + editor.get(table).text
    before = dt.date.fromisoformat(typed["1/day"])
    with app.app_context(), db.writing():
        from hub.api import items

        content = items.get("event", uid)
        doc = items.read(content)
        later = {"starts": hours(24 * 10), "ends": hours(24 * 10 + 1)}
        items.save(content, {**doc, "data": {**doc["data"], **later}}, publish=True)
        items.commit()
    assert "7 days lie between them" in editor.get(form).text and "7 days lie between them" in editor.get(table).text
    moved = programme(editor, uid, "shift", **fields(editor.get(table).text))
    days = fields(moved.text)
    assert days["1/day"] == str(before + dt.timedelta(days=7)) and days["1/id"]
    assert "moved without its programme" in editor.get(form).text, "nothing is saved before it was seen"
    programme(editor, uid, "save", **days)
    assert "moved without its programme" not in editor.get(form).text + editor.get(table).text


def test_who_registers_within_the_hours_of_the_reminder_gets_one_letter(app):
    from hub_events import keeping

    uid = make(app, plan={"capacity": 1, "remind_hours": 48})
    first, page = register(app, uid, "anna@example.org")
    register(app, uid, "boris@example.org")
    first.post(page.request.path, data={"csrf_token": csrf(page.text), "do": "cancel"})
    link = link_of(app, "boris@example.org")
    second = app.test_client()
    offered = second.get(link, follow_redirects=True)
    second.post(offered.request.path, data={"csrf_token": csrf(offered.text), "do": "confirm"})
    with app.app_context():
        keeping.remind()
    told = [(mail.to, mail.subject.partition(":")[0]) for mail in mails(app)]
    assert told.count(("anna@example.org", "You are registered")) == told.count(("boris@example.org", "You are registered")) == 1
    assert not [who for who, what in told if what == "Soon"]


def test_an_organiser_sees_a_closing_time_that_the_event_has_left_behind(app):
    closes = dt.datetime.now(dt.UTC).replace(second=0, microsecond=0) + dt.timedelta(hours=20)
    uid, editor = make(app, plan={"closes_at": closes}), sign_in(app, "editor")
    form, plan = f"/desk/events/{uid}/", f"/desk/events/{uid}/registration/"
    assert "Registration goes on" not in editor.get(form).text and "Registration goes on" not in editor.get(plan).text
    with app.app_context(), db.writing():
        from hub.api import items

        content = items.get("event", uid)
        doc = items.read(content)
        doc["data"] = {**doc["data"], "starts": hours(10), "ends": hours(12)}
        items.save(content, doc, publish=True)
        items.commit()
    for path in (form, plan):
        page = editor.get(path)
        assert "Registration goes on until" in page.text and "will have begun already" in page.text, path
    with time_machine.travel(time.time() + 3600):
        db_set(app, closes_at=closes - dt.timedelta(hours=20))
        assert "Registration closed on" in editor.get(form).text and "Registration closed on" in editor.get(plan).text
    editor.set_cookie("hub_lang", "ru")
    assert "а событие ещё впереди" in editor.get(form).text


def db_set(app, **columns):
    from hub_events.models import Plan

    with app.app_context(), db.writing():
        db.session().execute(sa.update(Plan).values(**columns))
        db.session().commit()


def test_the_page_of_an_account_shows_where_one_has_registered(app):
    soon, late = make(app, title="Soon", plan={"capacity": 1}), make(app, title="Later", begins=48.0, over=50.0, plan={"capacity": 0})
    member = sign_in(app, "member")
    assert "My registrations" not in member.get("/account/").text
    for uid in (late, soon):
        page = member.get(f"/en/events/register/{uid}/")
        member.post(f"/en/events/register/{uid}/", data={"csrf_token": csrf(page.text), "name": "Mia", "consent": "1"})
    page = member.get("/account/").text
    mine = page[page.index("My registrations") : page.index("About me")]
    assert re.search(r'href="/en/events/my/[^"]+">Soon</a>.*you have a place.*Later</a>.*waiting list', mine, re.S)
    assert 'href="/en/events/mine/">My programme' in page and "My registrations" not in sign_in(app, "editor").get("/account/").text
    member.set_cookie("hub_lang", "ru")
    assert "Мои регистрации" in member.get("/account/").text and "место есть" in member.get("/account/").text


def test_a_changed_time_and_a_cancellation_are_told_and_reminders_go_only_to_the_registered(app):
    from hub_events import keeping

    uid = make(app, plan={"capacity": 1, "remind_hours": 48}, begins=60.0, over=62.0)
    register(app, uid, "has@example.org")
    register(app, uid, "waits@example.org")
    with app.app_context(), time_machine.travel(time.time() + 13 * 3600):
        keeping.remind()
        keeping.remind()
    soon = [mail.to for mail in mails(app) if mail.subject.startswith("Soon")]
    assert soon == ["has@example.org"]
    for change in ({"starts": hours(25), "ends": hours(27)}, {"cancelled": True}):
        with app.app_context(), db.writing():
            from hub.api import items

            content = items.get("event", uid)
            doc = items.read(content)
            doc["data"] = {**doc["data"], **change}
            items.save(content, doc, publish=True)
            items.commit()
        with app.app_context():
            keeping.turn()
            keeping.turn()
    told = [mail.subject.split(":")[0] for mail in mails(app) if mail.to == "waits@example.org"]
    assert told.count("Another time") == 1 and told.count("Cancelled") == 1


def test_the_organisers_letter_is_seen_before_it_goes_out(app):
    uid = make(app, plan={"capacity": 5}, live="https://example.org/room")
    register(app, uid)
    editor, before = sign_in(app, "editor"), len(mails(app))
    page = editor.get(f"/desk/events/{uid}/letter/")
    form = {"csrf_token": csrf(page.text), "subject": "Join us", "text": "Dear {name}, come: {link}"}
    shown = editor.post(f"/desk/events/{uid}/letter/", data={**form, "do": "preview"})
    assert "Dear Anna, come: https://example.org/room" in shown.text and len(mails(app)) == before
    editor.post(f"/desk/events/{uid}/letter/", data={**form, "do": "send"})
    assert "Dear Anna, come: https://example.org/room" in mails(app)[-1].text


def test_members_run_only_their_own_events(app):
    uid = make(app, plan={"capacity": 5})
    member = sign_in(app, "member")
    for part in ("programme", "registration", "people", "letter"):
        assert member.get(f"/desk/events/{uid}/{part}/").status_code == 403
    assert member.get(f"/desk/events/{uid}/people.csv").status_code == 403


def test_names_go_after_their_time(app):
    from hub_events import keeping
    from hub_events.models import Registration

    uid = make(app, plan={"capacity": 5})
    register(app, uid)
    with app.app_context(), db.writing():
        from hub.api import items

        items.get("event", uid).ends_at = dt.datetime.now(dt.UTC) - dt.timedelta(days=200)
        db.session().commit()
    with app.app_context():
        keeping.forget()
        entry = db.session().scalar(sa.select(Registration))
        assert (entry.name, entry.email, entry.state) == ("", "", "confirmed")


@pytest.mark.parametrize("count", [40, pytest.param(200, marks=pytest.mark.long)])
def test_no_place_is_given_twice(either_hub, count):
    """Many people at once for few places: exactly as many places as there are, the others wait."""
    app = either_hub(PLUGINS)
    uid = make(app, plan={"capacity": 7})
    with app.app_context(), db.writing():
        from hub.api import accounts

        people = [accounts.add_user(db.session(), f"p{n}@example.org", None, "member").id for n in range(count)]
        db.session().commit()
    errors = []

    def one(number):
        from hub_events import places

        from hub.api import items

        try:
            with app.app_context(), db.writing():
                places.register(items.get("event", uid), name="P", email=f"p{number}@example.org", lang="en", user_id=number)
                items.commit()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in people]
    for n in range(0, count, 40):
        for thread in threads[n : n + 40]:
            thread.start()
        for thread in threads[n : n + 40]:
            thread.join()
    assert not errors, errors[:2]
    with app.app_context():
        from hub_events.models import Registration

        counted = sa.select(Registration.state, sa.func.count()).group_by(Registration.state)
        assert dict(db.session().execute(counted).all()) == {"confirmed": 7, "waiting": count - 7}


def rows_of(app, data):
    from hub_events import calendar

    with app.test_request_context("/en/"):
        return [row for _, row in calendar.read(data)]


def test_every_calendar_is_read_or_refused_with_a_reason(app, real_data):
    files = [path for path in sorted(real_data("ics").rglob("*.ics")) if path.is_file()]
    assert files
    good = 0
    for path in files:
        try:
            rows = rows_of(app, path.read_bytes())
        except ValueError as error:
            assert str(error), path
            continue
        for row in rows:
            assert isinstance(row, dict) or str(row), path
            good += isinstance(row, dict)
    assert good > 20
    print(f"{len(files)} calendars, {good} events read")


def bomb(rule, start="20260101T100000Z"):
    return f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:b\r\nDTSTART:{start}\r\nRRULE:{rule}\r\nSUMMARY:B\r\nEND:VEVENT\r\nEND:VCALENDAR".encode()


@pytest.mark.parametrize("data", [bomb("FREQ=SECONDLY", "19700101T000000Z"), bomb("FREQ=MINUTELY"), bomb("FREQ=DAILY"),
                                  bomb("FREQ=YEARLY;BYSECOND=1"), bomb("FREQ=WEEKLY", "19010101T000000Z")])  # fmt: skip
def test_recurrence_bombs_are_refused(app, data):
    rows = rows_of(app, data)
    assert rows and all(isinstance(row, ValueError) for row in rows)


def test_a_weekly_rule_becomes_dates_and_what_is_written_reads_back(app):
    start = f"{dt.datetime.now(dt.UTC) + dt.timedelta(days=2):%Y%m%dT%H%M%SZ}"
    rows = rows_of(app, bomb("FREQ=WEEKLY;COUNT=4", start))
    assert len({row["uid"] for row in rows}) == 4
    make(app, "Кириллица, и; запятые", 5, 6)
    body = app.test_client().get("/en/events.ics").data
    assert [row["title"] for row in rows_of(app, body)] == ["Кириллица, и; запятые"]


def test_hub_import_reads_a_calendar(app, tmp_path):
    from commands import run_here

    file = tmp_path / "town.ics"
    file.write_bytes(bomb("FREQ=WEEKLY;COUNT=3", f"{dt.datetime.now(dt.UTC) + dt.timedelta(days=1):%Y%m%dT%H%M%SZ}"))
    for _ in range(2):  # again: no doubles
        done = run_here(app.extensions["hub"].settings.instance, "import", "events", str(file), "--lang", "en")
        assert done.status == 0, done.err
    assert app.test_client().get("/en/events.json").json["total"] == 3
