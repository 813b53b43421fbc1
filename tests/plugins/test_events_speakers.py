"""Speakers with accounts: asked by letter, seen on the own page, told of moves, written to privately; players of PeerTube."""

import re

import pytest
import sqlalchemy as sa
from eventing import mails, make
from test_events import TABLE, fields, programme

from hub.store import db
from hub.testing.fixtures import csrf, sign_in

QUICK = "[plugin.feedback]\nseconds = 0\n"


@pytest.fixture(scope="module")
def app(hub_instances):
    from hub.app import create_app

    app = create_app(hub_instances.make(("partners", "events", "feedback", "-privacy"), toml=QUICK), strict=True)
    app.testing = True
    yield app
    with app.app_context():
        db.engine().dispose()


def with_programme(app, title="Talk", begins=24.0, over=26.0):
    """An event whose programme names two people, and its editor."""
    uid, editor = make(app, title, begins, over), sign_in(app, "editor")
    table = TABLE.replace("places", "speakers").replace("Hall\t2", "Hall\tAnna Serova; Boris")
    typed = fields(programme(editor, uid, "paste", pasted=table).text)
    assert programme(editor, uid, "save", **typed).status_code == 302
    return uid, editor


def ask(editor, uid, **form):
    address = f"/desk/events/{uid}/speakers/"
    form = {"csrf_token": csrf(editor.get(address).text), "name": "Anna Serova", "do": "ask", **form}
    return editor.post(address, data=form)


def link(app, to):
    text = [mail.text for mail in mails(app) if mail.to == to and "/events/speaker/" in mail.text][-1]
    return re.search(r"https?://[^/]+(/en/events/speaker/\S+)", text)[1]


def linked(app, title):
    """An event whose speaker Anna Serova is the member with an account; answers (uid, editor, member)."""
    uid, editor = with_programme(app, title)
    member = sign_in(app, "member")
    assert ask(editor, uid, email=f"{title.lower()}@example.org").status_code == 302
    page = link(app, f"{title.lower()}@example.org")
    form = {"csrf_token": csrf(member.get(page).text), "do": "yes"}
    assert member.post(page, data=form).status_code == 302
    return uid, editor, member


def test_a_speaker_says_by_a_letters_link_that_it_is_them(app):
    uid, editor = with_programme(app, "Gates")
    assert "Anna Serova" in editor.get(f"/desk/events/{uid}/speakers/").text
    wrong = ask(editor, uid, email="nowhere")
    assert wrong.status_code == 422 and 'value="nowhere"' in wrong.text and "e-mail address" in wrong.text
    assert ask(editor, uid, name="Somebody else", email="a@example.org").status_code == 404
    ask(editor, uid, email="anna@example.org")
    first = link(app, "anna@example.org")
    ask(editor, uid, email="anna@example.org")
    page = link(app, "anna@example.org")
    visitor, member = app.test_client(), sign_in(app, "member")
    assert visitor.get(first).status_code == 404 and first != page  # the newer letter has taken its place
    seen = visitor.get(page)
    assert "Anna Serova" in seen.text and "Opening" in seen.text and "Sign in to answer" in seen.text
    assert "Where I speak" not in member.get("/account/").text  # opening changes nothing
    form = {"csrf_token": csrf(member.get(page).text), "do": "yes"}
    assert member.post(page, data=form).location.endswith("/account/")
    assert member.get(page).status_code == 404  # used up
    own = member.get("/account/").text
    assert "Where I speak" in own and "Opening" in own and "Gates" in own
    assert "Gates" in member.get("/en/events/mine/").text
    editor.get(f"/desk/events/{uid}/speakers/")  # with what was said of the letters
    desk = editor.get(f"/desk/events/{uid}/speakers/").text
    assert "is here with an account" in desk and "member@" not in desk and "anna@example.org" not in desk
    public = visitor.get(f"/en/events/{uid}/", follow_redirects=True).text
    assert "Anna Serova" in public and "member@" not in public
    number = re.search(r"/events/speaker/(\d+)/leave/", own)[1]
    token = {"csrf_token": csrf(own)}
    assert editor.post(f"/en/events/speaker/{number}/leave/", data={"csrf_token": csrf(desk)}).status_code == 404
    member.post(f"/en/events/speaker/{number}/leave/", data=token)
    assert "Where I speak" not in member.get("/account/").text


def test_a_speaker_hears_when_the_own_session_moves(app):
    uid, editor, _member = linked(app, "Moves")
    typed = fields(editor.get(f"/desk/events/{uid}/programme/").text)
    before = len(mails(app))
    programme(editor, uid, "save", **{**typed, "1/from": "12:00", "1/until": "13:00"})
    [told] = mails(app)[before:]
    assert "in which you speak" in told.text and "12:00" in told.text and "Moves" in told.subject


def test_a_note_to_a_speaker_is_read_by_nobody_else(app):
    uid, editor, member = linked(app, "Notes")
    writer = sign_in(app, "admin")
    address = f"/en/feedback/{uid}/note/"
    form = writer.get(address).text
    key = re.search(r'<option value="([^"]+)">Anna Serova', form)[1]
    assert "Boris" not in form  # has no account here
    shown_at = re.search(r'name="shown_at" value="([^"]+)"', form)[1]
    typed = {"csrf_token": csrf(form), "shown_at": shown_at, "text": "Your slides, please."}
    lost = writer.post(address, data={**typed, "to": "events-999"})
    assert lost.status_code == 422 and "Choose again" in lost.text and "Your slides, please." in lost.text
    before = len(mails(app))
    assert writer.post(address, data={**typed, "to": key}).status_code == 302
    [letter] = mails(app)[before:]
    assert "Your slides, please." in letter.text and letter.to.startswith("member")
    notes = f"/en/feedback/{uid}/notes/"
    assert "Your slides, please." in member.get(notes).text and "only to you" in member.get(notes).text
    assert "Notes to me" in member.get("/account/").text and "Your slides" not in editor.get(notes).text
    writer.post(address, data={**typed, "text": "The hall was cold.", "to": ""})
    assert "The hall was cold." not in member.get(notes).text
    with app.app_context():
        from hub_feedback.keeping import forgotten

        from hub.api import User

        user = db.session().scalar(sa.select(User).where(User.email == letter.to))
        forgotten(db.session(), user)
        db.session().commit()
        from hub_feedback.models import Voice

        assert "Your slides, please." not in db.session().scalars(sa.select(Voice.text)).all()


PEERTUBE = "https://tube.example.org/w/kkGMgK9ZtnKfYAgnEtQxbv"


def test_a_page_may_open_the_player_of_its_own_video_and_no_other(app):
    tube = make(app, "Tube", -30, -28, replay=PEERTUBE, chapters=[{"at": "1:05", "label": "Questions"}])
    other = make(app, "Elsewhere", -30, -28, replay="https://tube.example.org/some/page")
    wide = make(app, "Known", -1, 1, live="https://www.youtube.com/watch?v=abcdefghijk")
    visitor = app.test_client()

    def page(uid):
        answer = visitor.get(f"/en/events/{uid}/", follow_redirects=True)
        return answer.text, answer.headers["Content-Security-Policy"]

    text, policy = page(tube)
    assert "frame-src 'self' https://tube.example.org;" in policy + ";"
    assert 'data-embed="https://tube.example.org/videos/embed/kkGMgK9ZtnKfYAgnEtQxbv"' in text and "<iframe" not in text
    assert f'{PEERTUBE}?start=65s' in text
    text, policy = page(other)
    assert "frame-src" not in policy and "data-embed" not in text
    text, policy = page(wide)
    assert "frame-src 'self' https://www.youtube-nocookie.com" in policy and "tube.example.org" not in policy
    assert "frame-src" not in visitor.get("/en/events/").headers["Content-Security-Policy"]


@pytest.mark.parametrize("address", [
    "https://tube.example.org:8443/w/kkGMgK9ZtnKfYAgnEtQxbv", "http://tube.example.org/w/kkGMgK9ZtnKfYAgnEtQxbv",
    "https://tube.example.org/w/short", "https://*.example.org/w/kkGMgK9ZtnKfYAgnEtQxbv", "https://[::1]/w/kkGMgK9ZtnKfYAgnEtQxbv",
    "https://localhost/w/kkGMgK9ZtnKfYAgnEtQxbv", "https://a;b.example.org/w/kkGMgK9ZtnKfYAgnEtQxbv",
])  # fmt: skip
def test_what_is_no_address_of_a_player_stays_a_link(address):
    from hub_events.players import embed

    assert embed(address) == ""
