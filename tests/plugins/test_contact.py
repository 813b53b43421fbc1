"""Messages through the public door: to the editors, to whoever keeps an entry, answered at the desk, forgotten in time."""

import re

import pytest
import sqlalchemy as sa
from suggesting import LIBRARY, Fields, main, words

from hub.content.model import Content
from hub.store import db
from hub.testing.fixtures import csrf, sign_in
from hub.work.jobs import JobRow, run_due
from hub.work.mail import Mail

PLUGINS = ["covers", "partners", "cases", "search", "contact"]
QUICK = "[plugin.contact]\nseconds = 0\n"
GARDEN = {
    "texts": {"en": {"title": "Roof garden", "summary": "A garden on a roof.", "body": "Earth.", "fields": {}}},
    "data": {"contact_email": "gardener@example.org"},
}


@pytest.fixture
def app(new_hub):
    return new_hub(plugins=PLUGINS, toml=QUICK)


def publish(app, kind, doc, **more):
    from hub.api import items

    with app.app_context(), db.writing():
        content = items.create(kind, {**doc, **more}, status="published")
        items.commit()
        return content.uid


def rows(app, query=None):
    from hub_contact.models import Message

    with app.app_context():
        return db.session().scalars(query if query is not None else sa.select(Message).order_by(Message.id)).all()


def mails(app):
    return rows(app, sa.select(Mail).order_by(Mail.id))


def send(client, path="/en/contact/", **typed):
    page = client.get(path)
    assert page.status_code == 200
    return client.post(path, data={**Fields(main(page.text)).values, **typed}, follow_redirects=True)


def hurry(app):
    """Run what is due, what would be due in a day included."""
    with app.app_context(), db.writing():
        db.session().execute(sa.update(JobRow).values(run_at=db.now()))
        db.session().commit()
    run_due(app)


def link_in(mail, part):
    found = next(word for word in mail.text.split() if part in word)
    return re.sub(r"^https?://[^/]+", "", found)


def test_a_message_reaches_the_editors_and_is_answered(app):
    editor, visitor = sign_in(app, "editor"), app.test_client()
    answer = send(visitor, subject="Opening hours", text="When do you open?", name="Anna", email="anna@example.net")
    assert "your message has come in" in words(answer.text)
    assert rows(app)[0].state == "open"
    hurry(app)
    told = mails(app)[-1]
    assert told.to == "editor@example.org" and "Opening hours" in told.text and "When do you open" not in told.text
    page = editor.get(link_in(told, "/desk/contact/"))
    assert "When do you open?" in page.text and "anna@example.net" in page.text
    form = Fields(main(page.text)).values
    done = editor.post("/desk/contact/1/", data={**form, "text": "At nine.", "do": "answer"}, follow_redirects=True)
    assert "The answer is on its way" in done.text and rows(app)[0].state == "answered"
    letter = mails(app)[-1]
    assert letter.to == "anna@example.net" and letter.text.startswith("At nine.") and letter.html
    again = link_in(letter, "/again/")
    assert "At nine." in visitor.get(again).text
    send(visitor, again, text="And on Sundays?")
    assert rows(app)[0].state == "open"
    assert "And on Sundays?" in editor.get("/desk/contact/1/").text
    stale = editor.post("/desk/contact/1/", data={**form, "text": "Closed.", "do": "answer"})
    assert stale.status_code == 409 and "Closed." in stale.text and len(mails(app)) == 2


def test_a_ready_answer_comes_in_the_senders_language(app):
    editor = sign_in(app, "editor")
    send(app.test_client(), "/ru/contact/", text="Здравствуйте!", email="anna@example.net")
    form = Fields(main(editor.get("/desk/contact/1/").text)).values
    editor.post("/desk/contact/1/", data={**form, "canned": "1", "text": "До встречи!", "do": "answer"})
    assert "Спасибо за письмо" in mails(app)[-1].text and "До встречи!" in mails(app)[-1].text


def test_bad_input_is_said_beside_the_field_and_keeps_the_text(app):
    answer = send(app.test_client(), text="", email="nonsense", name="Anna")
    assert answer.status_code == 422
    assert "Write a few words first." in answer.text and "does not look like an e-mail address" in answer.text
    assert '<a href="#text">Write a few words first.</a>' in answer.text and '<a href="#email">' in answer.text
    assert 'value="Anna"' in answer.text and not rows(app)


def test_a_question_goes_to_the_keeper_and_nothing_is_kept(app):
    visitor = app.test_client()
    uid = publish(app, "case", GARDEN)
    with app.app_context():
        page = visitor.get(f"/en/cases/{uid}/", follow_redirects=True).text
    assert f"/en/contact/item/{uid}/" in page and "gardener@example.org" not in page
    form = visitor.get(f"/en/contact/item/{uid}/")
    assert "gardener@example.org" not in form.text and "your name and your address go by mail" in words(form.text)
    assert "Your message" in form.text and "question" not in words(form.text), "“I can help” leads here, too"
    said = send(visitor, f"/en/contact/item/{uid}/", text="How heavy is it?", name="Anna", email="anna@example.net")
    assert "Look in your mailbox" in words(said.text)
    [confirm] = mails(app)
    assert confirm.to == "anna@example.net" and "How heavy" not in confirm.text, "nobody can send mails through us"
    link = link_in(confirm, "/confirm/")
    assert "How heavy is it?" in visitor.get(link).text and len(mails(app)) == 1, "looking sends nothing"
    visitor.post(link, data={"csrf_token": csrf(visitor.get(link).text)})
    relayed = mails(app)[-1]
    assert relayed.to == "gardener@example.org" and relayed.headers == {"Reply-To": "anna@example.net"}
    assert "How heavy is it?" in relayed.text and "Roof garden" in relayed.text
    [message] = rows(app)
    assert (message.state, message.text, message.name, message.email) == ("passed", "", "", "")
    visitor.post(link, data={"csrf_token": csrf(visitor.get("/en/contact/").text)})
    assert len(mails(app)) == 2, "a link that was used does nothing more"


def test_who_represents_the_organisation_is_asked_in_their_language(app):
    from hub.people import accounts, partners

    library = publish(app, "partner", LIBRARY)
    uid = publish(app, "case", {**GARDEN, "data": {}}, owner=library)
    with app.app_context(), db.writing():
        user = accounts.add_user(db.session(), "rep@example.org", "correct horse battery")
        user.language = "ru"
        db.session().flush()
        partners.appoint(user, db.session().scalar(sa.select(Content.id).where(Content.uid == library)))
        db.session().commit()
    member = sign_in(app, "member")
    send(member, f"/en/contact/item/{uid}/", text="May we come?")
    assert [m.to for m in mails(app)] == ["rep@example.org"], "who is signed in has no need to confirm"
    assert "спрашивает через сайт" in mails(app)[0].text and mails(app)[0].headers["Reply-To"] == "member@example.org"


def test_an_entry_without_a_keeper_offers_no_question(app):
    uid = publish(app, "case", {**GARDEN, "data": {}})
    visitor = app.test_client()
    assert "/contact/item/" not in visitor.get(f"/en/cases/{uid}/", follow_redirects=True).text
    answer = visitor.get(f"/en/contact/item/{uid}/")
    assert answer.status_code == 404 and "Nobody to ask yet" in answer.text
    hidden = publish(app, "case", {**GARDEN, "audience": "editors"})
    assert visitor.get(f"/en/contact/item/{hidden}/").status_code == 404
    assert "Roof garden" not in visitor.get(f"/en/contact/item/{hidden}/").text


def test_what_looks_like_spam_waits_and_no_mail_goes_out(app):
    editor, visitor = sign_in(app, "editor"), app.test_client()
    uid = publish(app, "case", GARDEN)
    send(visitor, f"/en/contact/item/{uid}/", text="Buy http://a http://b http://c http://d", email="spam@example.net")
    send(visitor, text="Hello", homepage_url="http://spam.example")
    assert [m.state for m in rows(app)] == ["held", "held"] and not mails(app)
    page = editor.get("/desk/contact/?tab=held")
    assert "many links" in page.text and "a hidden field was filled in" in page.text
    form = Fields(main(page.text)).values
    editor.post("/desk/contact/many", data={"csrf_token": form["csrf_token"], "number": "1", "do": "release", "tab": "held"})
    assert rows(app)[0].state == "passed" and mails(app)[0].to == "gardener@example.org"
    editor.post("/desk/contact/many", data={"csrf_token": form["csrf_token"], "number": "2", "do": "spam", "tab": "held"})
    assert rows(app)[1].state == "spam"


def test_too_many_are_asked_to_wait_and_keep_their_text(new_hub):
    app = new_hub(plugins=PLUGINS, toml=QUICK + "per_hour = 2\n")
    visitor = app.test_client()
    for n in range(2):
        send(visitor, text=f"Hello {n}")
    answer = send(visitor, text="Third")
    assert answer.status_code == 429 and "Third" in answer.text and len(rows(app)) == 2


def test_messages_end_in_time_and_with_the_person(app, clock):
    visitor, member = app.test_client(), sign_in(app, "member")
    send(visitor, text="One")
    send(member, text="Two")
    editor = sign_in(app, "editor")
    form = Fields(main(editor.get("/desk/contact/1/").text)).values
    editor.post("/desk/contact/1/", data={**form, "do": "close"})
    with app.app_context(), db.writing():
        from hub.people import accounts

        hub = app.extensions["hub"]
        user = accounts.find_user(db.session(), "member@example.org")
        told = [answer for _, answer in hub.hooks.answers("user_exported", user=user) if answer]
        assert any("Two" in str(answer) for answer in told)
        from hub_contact import keeping

        keeping.forgotten(db.session(), user)
        db.session().commit()
    assert [m.text for m in rows(app)] == ["One"]
    clock.move(days=181)
    with app.app_context():
        keeping.forget()
    assert not rows(app)


def test_only_editors_read_messages(app):
    send(app.test_client(), text="Secret")
    assert sign_in(app, "member").get("/desk/contact/").status_code == 403
    assert app.test_client().get("/desk/contact/1/").status_code == 302
