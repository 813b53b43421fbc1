"""The editors' side of suggestions: mails and their links, collisions, bulk, the log, forgetting, ten thousand waiting."""

import datetime as dt
import time

import pytest
import sqlalchemy as sa
import time_machine
from suggesting import LIBRARY, PLUGINS, QUICK, link_in, send, words
from test_suggest import NEW, correct, entries, mails, new, publish, read

from hub.content.model import Content, Revision
from hub.store import db
from hub.testing.fixtures import csrf, sign_in
from hub.work.jobs import run_due


@pytest.fixture
def app(new_hub):
    app = new_hub(plugins=PLUGINS, toml=QUICK)
    app.library = publish(app, "partner", LIBRARY)
    return app


@pytest.fixture
def visitor(app):
    return app.test_client()


@pytest.fixture
def editor(app):
    return sign_in(app, "editor")


def public(app, uid=""):
    return app.test_client().get(f"/en/partners/{uid or app.library}/", follow_redirects=True).text


def editors_mails(app):
    run_due(app)
    return [m for m in mails(app) if m.to == "editor@example.org"]


def wants(editor, how):
    page = editor.get("/desk/suggest/")
    answer = editor.post(
        "/desk/suggest/mails", data={"mails": how, "csrf_token": csrf(page.text), "back": "/desk/suggest/"}
    )
    assert answer.location == "/desk/suggest/"


# --- mails


def test_an_editor_approves_from_a_mail_without_signing_in(app, visitor, editor):
    wants(editor, "once")
    new(visitor)
    [mail] = editors_mails(app)
    assert "Дом на углу" in mail.subject and mail.html
    phone = app.test_client()
    link = link_in(mail, "/suggest/m/")
    answer = phone.get(link)
    assert link.split("/")[-2] not in answer.location and answer.headers["Referrer-Policy"] == "no-referrer"
    page = phone.get(answer.location)
    assert "Открыт вечерами." in page.text and "anna@example.org" not in page.text
    assert entries(app)[0].state == "waiting", "looking does nothing"
    send(phone, answer.location, do="all")
    [entry] = entries(app)
    assert entry.state == "accepted" and entry.decided_by
    assert "Открыт вечерами." in public(app, entry.content_uid)
    again = phone.get(link, follow_redirects=True)
    assert "<button" not in again.text[again.text.index("<main") : again.text.index("</main>")]


def test_mails_name_things_in_the_words_of_the_site(new_hub):
    app = new_hub(plugins=["look", *PLUGINS], toml=QUICK)
    admin, editor = sign_in(app, "admin"), sign_in(app, "editor")
    page = admin.get("/desk/look/words", query_string={"q": "Partner"}).text
    data = {"csrf_token": csrf(page), "message": "Partner", "Partner.en.0": "Neighbour", "Partner.ru.0": "Сосед"}
    admin.post("/desk/look/words", data=data)
    wants(editor, "once")
    new(app.test_client())
    [mail] = editors_mails(app)
    assert "Neighbour: Дом на углу" in mail.text + mail.html or "Сосед: Дом на углу" in mail.text + mail.html
    assert "Partner:" not in mail.text and "Партнёр:" not in mail.text


def test_an_answer_from_a_mail(app, visitor, editor):
    wants(editor, "once")
    new(visitor)
    phone = app.test_client()
    phone.get(link_in(editors_mails(app)[0], "/suggest/m/"))
    send(phone, "/en/suggest/decide/", do="refuse", canned="1", reason="Всего доброго.")
    [entry] = entries(app)
    assert entry.state == "refused" and entry.reason == "Спасибо. Это у нас уже есть: посмотрите карточку и напишите, если в ней чего-то не хватает.\n\nВсего доброго."  # fmt: skip
    assert entry.reason in mails(app)[-1].text and mails(app)[-1].to == "anna@example.org"


@pytest.mark.parametrize("why", ["rewritten", "old", "no editor", "second factor", "published"])
def test_a_link_from_a_mail_ends(app, visitor, editor, why):
    wants(editor, "once")
    new(visitor)
    link = link_in(editors_mails(app)[0], "/suggest/m/")
    if why == "rewritten":
        send(visitor, f"/ru/suggest/status/{entries(app)[0].uid}/edit/", summary__ru="Совсем другое.")
    if why == "published":
        send(editor, "/desk/suggest/1/", do="all")
    if why in ("no editor", "second factor"):
        with app.app_context(), db.writing():
            from hub.people import accounts

            user = accounts.find_user(db.session(), "editor@example.org")
            if why == "no editor":
                accounts.set_role(db.session(), user, "member")
            else:
                user.tf_primary_method = "authenticator"
            db.session().commit()
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=15 if why == "old" else 0)):
        phone = app.test_client()
        page = phone.get(link, follow_redirects=True)
        main = page.text[page.text.index("<main") : page.text.index("</main>")]
        assert "<button" not in main
        before = entries(app)[0].state
        token = csrf(phone.get("/en/suggest/new/partners/").text)
        phone.post("/en/suggest/decide/", data={"csrf_token": token, "do": "all"})
        assert entries(app)[0].state == before


def test_the_daily_mail_and_none(app, visitor, editor):
    other = sign_in(app, "admin")
    wants(other, "off")
    new(visitor)
    correct(app, visitor, summary__en="Books, beds and tools.")
    [mail] = editors_mails(app)
    assert "Дом на углу" in mail.text and "The Green Library" in mail.text and mail.text.count("/suggest/m/") == 2
    assert not [m for m in mails(app) if m.to == "admin@example.org"]
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(hours=2)):
        assert len(editors_mails(app)) == 1, "once a day"
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(hours=25)):
        assert len(editors_mails(app)) == 2


# --- collisions


def test_the_item_was_edited_meanwhile_and_the_editor_sees_both(app, visitor, editor):
    page = visitor.get(f"/en/suggest/item/{app.library}/")
    with app.app_context(), db.writing():
        from hub.api import items

        content = items.get("partner", app.library)
        doc = items.read(content)
        doc["texts"]["en"]["summary"], doc["data"]["email"] = "Books, beds, tools.", "new@example.org"
        items.save(content, doc, publish=True)
        items.commit()
    correct(app, visitor, page=page, summary__en="Books and a garden.")
    [entry] = entries(app)
    assert set(entry.wish) == {"summary.en"}, "what the sender did not touch is no wish to turn an edit back"
    send(editor, "/desk/suggest/1/", do="all")
    assert "Books and a garden." in public(app) and "new@example.org" in public(app)


def test_what_moved_while_it_waited_is_marked(app, visitor, editor):
    correct(app, visitor, summary__en="Books and a garden.")
    open_page = editor.get("/desk/suggest/1/")
    other = sign_in(app, "admin")
    send(
        other,
        f"/desk/partners/{app.library}/?form=full&language=en",
        do="publish",
        summary__en="The other editor's words.",
    )
    assert "The other editor's words." in public(app).replace("&#39;", "'")
    assert read(app, sa.select(Revision.id).where(Revision.state == "review")), (
        "an edit leaves proposals alone"
    )
    answer = send(editor, "/desk/suggest/1/", do="some", page=open_page)
    assert answer.status_code == 409 and "Books and beds." in words(answer.text)
    assert "other editor" in words(answer.text) and "Books and a garden." in answer.text
    send(editor, "/desk/suggest/1/", do="some")
    assert "Books and a garden." in public(app)


def test_an_editors_draft_is_kept_and_gets_the_accepted_field_too(app, visitor, editor):
    path = f"/desk/partners/{app.library}/?form=full&language=en"
    send(editor, path, do="save", summary__en="A draft of mine.")
    correct(app, visitor, f__email="desk@example.org")
    shown = editor.get(path).text
    assert "A draft of mine." in shown and "desk@example.org" not in shown, "a suggestion is nobody's working copy"
    send(editor, "/desk/suggest/1/", do="all")
    assert "desk@example.org" in public(app) and "A draft of mine." not in public(app)
    shown = editor.get(path).text
    assert "A draft of mine." in shown and "desk@example.org" in shown


def test_two_editors_decide_at_once(app, visitor, editor):
    new(visitor)
    other = sign_in(app, "admin")
    first, second = editor.get("/desk/suggest/1/"), other.get("/desk/suggest/1/")
    send(editor, "/desk/suggest/1/", do="all", page=first)
    answer = send(other, "/desk/suggest/1/", do="refuse", reason="No.", page=second)
    assert entries(app)[0].state == "accepted" and "faster" in words(answer.text)
    assert len([m for m in mails(app) if m.to == "anna@example.org"]) == 2  # received, accepted


def test_the_sender_rewrote_it_while_the_editor_read(app, visitor, editor):
    new(visitor)
    page = editor.get("/desk/suggest/1/")
    send(visitor, f"/ru/suggest/status/{entries(app)[0].uid}/edit/", summary__ru="Совсем другое.")
    answer = send(editor, "/desk/suggest/1/", do="all", page=page)
    assert answer.status_code == 409 and "Совсем другое." in words(answer.text)
    assert entries(app)[0].state == "waiting"


@pytest.mark.parametrize("fate", ["archived", "erased", "trash", "off"])
def test_the_item_is_no_longer_there(app, visitor, editor, fate):
    correct(app, visitor, summary__en="Books and a garden.")
    new(visitor)
    with app.app_context(), db.writing():
        from hub.api import items

        content = items.get("partner", app.library)
        if fate == "erased":
            items.erase(content)
        elif fate in ("archived", "trash"):
            items.move(content, "archive" if fate == "archived" else "trash")
        items.commit()
    if fate == "off":
        app.extensions["hub"].plugins.switch_off("partners")
        assert "The Green Library" not in words(editor.get("/desk/suggest/").text), "kept, and shown to nobody"
        assert editor.get("/desk/suggest/1/").status_code == 404
        assert send(editor, "/desk/suggest/2/", do="all", page=editor.get("/desk/suggest/")).status_code in (404, 409)
        assert visitor.get(f"/en/suggest/status/{entries(app)[0].uid}/").status_code == 200
        app.extensions["hub"].plugins.switch_on("partners", lambda found: None)
        send(editor, "/desk/suggest/2/", do="all")
        assert entries(app)[1].state == "accepted"
        return
    assert "The Green Library" in words(editor.get("/desk/suggest/").text)
    assert editor.get("/desk/suggest/1/").status_code == 200
    answer = send(editor, "/desk/suggest/1/", do="all")
    if fate == "archived":
        assert entries(app)[0].state == "accepted"
        assert read(app, sa.select(Content.status).where(Content.uid == app.library)) == [("archived",)]
        assert "Books and a garden." in editor.get(f"/desk/partners/{app.library}/?language=en").text
        return
    assert answer.status_code == 409 and entries(app)[0].state == "waiting"
    assert visitor.get(f"/en/suggest/status/{entries(app)[0].uid}/").status_code == 200
    send(editor, "/desk/suggest/1/", do="refuse", reason="It is gone.")
    assert entries(app)[0].state == "refused"


# --- the queue


def test_what_members_send_in_by_the_desk_waits_in_the_same_queue(app, editor):
    member = sign_in(app, "member")
    send(member, "/desk/partners/new?language=en", do="submit", title__en="The members' house")
    assert "The members' house" in words(editor.get("/desk/suggest/").text)
    run_due(app)
    assert len(entries(app)) == 1
    send(editor, "/desk/suggest/1/", do="refuse", reason="Where is it?")
    assert "Where is it?" in mails(app)[-1].text and mails(app)[-1].to == "member@example.org"
    assert read(app, sa.select(Content.status).where(Content.uid == entries(app)[0].content_uid)) == [("draft",)]
    assert "The members' house" not in words(editor.get("/desk/suggest/").text)
    send(member, f"/desk/partners/{entries(app)[0].content_uid}/", do="submit")
    assert "The members' house" in words(editor.get("/desk/suggest/").text)
    send(editor, "/desk/suggest/2/", do="all")
    assert read(app, sa.select(Content.status).where(Content.uid == entries(app)[0].content_uid)) == [("published",)]


def test_a_member_who_chose_no_language_is_answered_in_that_of_the_text(app, editor):
    send(sign_in(app, "member"), "/desk/partners/new?language=ru", do="submit", title__ru="Дом участников")
    assert "Дом участников RU" in words(editor.get("/desk/suggest/").text)
    send(editor, "/desk/suggest/1/", do="refuse", reason="Где это?")
    told = mails(app)[-1]
    assert told.to == "member@example.org" and "Дом участников" in told.text and "was not" not in told.text


def test_what_is_published_in_the_desk_leaves_the_queue_and_the_sender_hears(app, visitor, editor):
    new(visitor)
    uid = entries(app)[0].content_uid
    send(editor, f"/desk/partners/{uid}/?form=full&language=ru", do="publish", summary__ru="Поправлено редактором.")
    run_due(app)
    assert entries(app)[0].state == "accepted"
    assert "принято" in [m for m in mails(app) if m.to == "anna@example.org"][-1].text


def test_many_at_once(app, visitor, editor):
    for n in range(4):
        new(visitor, title__ru=f"Дом {n} на улице {n}", email=f"n{n}@example.org")
    send(editor, "/desk/suggest/4/", do="all")
    page = editor.get("/desk/suggest/").text
    data = {"csrf_token": csrf(page), "number": ["1", "2"], "do": "all", "version.1": "1", "version.2": "7"}
    answer = editor.post("/desk/suggest/many", data=data, follow_redirects=True)
    assert [e.state for e in entries(app)] == ["accepted", "waiting", "waiting", "accepted"]
    assert "1 thing decided" in words(answer.text) and "number 2" in words(answer.text)
    data = {"csrf_token": csrf(page), "number": ["2", "3", "4"], "do": "refuse", "canned": "4"}
    editor.post("/desk/suggest/many", data=data)
    assert [e.state for e in entries(app)] == ["accepted", "refused", "refused", "accepted"]
    assert "без рекламы" in entries(app)[1].reason


def test_ready_answers_are_managed_in_both_languages(app, editor):
    page = editor.get("/desk/suggest/answers").text
    token = csrf(page)
    editor.post(
        "/desk/suggest/answers",
        data={"csrf_token": token, "text.en": "Too short.", "text.ru": "Слишком коротко.", "do": "save"},
    )
    assert "Слишком коротко." in editor.get("/desk/suggest/answers").text
    editor.post("/desk/suggest/answers", data={"csrf_token": token, "number": "5", "do": "remove"})
    assert "Слишком коротко." not in editor.get("/desk/suggest/answers").text


def test_the_log_stands_in_the_items_form_and_in_the_queue(app, visitor, editor):
    correct(app, visitor, summary__en="Books and a garden.", name="Anna Petrova", email="anna@example.org")
    form = editor.get(f"/desk/partners/{app.library}/").text
    assert "/desk/suggest/1/" in form
    send(editor, "/desk/suggest/1/", do="refuse", reason="No garden there.")
    for path in (f"/desk/partners/{app.library}/", "/desk/suggest/log", "/desk/suggest/1/"):
        assert "No garden there." in words(editor.get(path).text) and "Editor" in words(editor.get(path).text)
    log = editor.get("/desk/suggest/log").text
    assert "Petrova" not in log and "anna@" not in log


# --- keeping


def test_people_are_exported_and_forgotten(app, visitor, editor):
    correct(app, visitor, summary__en="Books and a garden.", name="Editor", email="Editor@example.org")
    send(editor, "/desk/suggest/1/", do="refuse", reason="No.")
    with app.app_context(), db.writing():
        from hub.people import accounts

        user = accounts.find_user(db.session(), "editor@example.org")
        [(_, told)] = [a for a in app.extensions["hub"].hooks.answers("user_exported", user=user) if a[0] == "suggest"]
        assert told["suggestions"][0]["email"] == "Editor@example.org" and told["moderation"][0]["step"] == "refused"
        app.extensions["hub"].hooks.tell("user_forgotten", session=db.session(), user=user)
        db.session().commit()
    [entry] = entries(app)
    assert (entry.name, entry.email, entry.decided_by) == ("", "", None)
    assert "former editor" in words(sign_in(app, "admin").get("/desk/suggest/log").text)


def test_spam_and_names_go_in_time_and_the_log_stays(app, visitor, editor):
    from hub_suggest.keeping import forget
    from hub_suggest.models import Step

    new(visitor)
    correct(app, visitor, summary__en="Books and a garden.", name="Anna", note="Hello")
    send(editor, "/desk/suggest/1/", do="spam")
    send(editor, "/desk/suggest/2/", do="all")
    assert read(app, sa.select(Content.status).where(Content.origin == "suggest")) == [("trash",)]
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=31)), app.app_context():
        forget()
    [entry] = entries(app)
    assert entry.name == "Anna" and not read(app, sa.select(Content.id).where(Content.origin == "suggest"))
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=366)), app.app_context():
        forget()
    [entry] = entries(app)
    assert (entry.name, entry.note, entry.state) == ("", "", "accepted")
    assert len(read(app, sa.select(Step.id).where(Step.verb == "spam"))) == 1


# --- databases, sizes


@pytest.mark.postgres
def test_the_whole_way_on_postgresql(new_hub, postgres_url):
    from hub.store import migrate

    app = new_hub(plugins=PLUGINS, toml=QUICK, database=postgres_url.new_database())
    app.library = publish(app, "partner", LIBRARY)
    visitor, editor = app.test_client(), sign_in(app, "editor")
    new(visitor)
    correct(app, visitor, summary__en="Books and a garden.", f__email="desk@example.org")
    send(editor, "/desk/suggest/1/", do="all")
    send(editor, "/desk/suggest/2/", do="some", take=["f.email"])
    run_due(app)
    assert [e.state for e in entries(app)] == ["accepted", "partly"] and "desk@example.org" in public(app)
    with app.app_context():
        migrate.check(db.engine(), app.extensions["hub"].plugins.found["suggest"].history)


def test_tables_are_as_the_migration_makes_them(app):
    from hub.store import migrate

    with app.app_context():
        migrate.check(db.engine(), app.extensions["hub"].plugins.found["suggest"].history)


def test_ten_thousand_waiting_are_listed_quickly(app, editor):
    from hub_suggest.models import Entry

    with app.app_context(), db.writing():
        began = dt.datetime.now(dt.UTC) - dt.timedelta(days=30)
        doc = {"texts": {"ru": {"title": "x", "summary": "", "body": "текст " * 100, "fields": {}}}}
        rows = [
            {"uid": f"{n:036}", "state": "waiting", "what": "correction", "kind": "partner", "title": f"Suggestion {n}", "lang": "ru",
             "created": began + dt.timedelta(seconds=n), "draft": doc, "wish": {"summary.ru": "y"}, "base": {}}
            for n in range(10_000)
        ]  # fmt: skip
        db.session().execute(sa.insert(Entry), rows)
        db.session().commit()
    editor.get("/desk/suggest/")
    for path in ("/desk/suggest/", "/desk/suggest/?page=200", "/desk/suggest/5000/", "/desk/"):
        times = []
        for _ in range(3):
            start = time.perf_counter()
            assert editor.get(path).status_code == 200
            times.append(time.perf_counter() - start)
        print(path, f"{min(times) * 1000:.0f} ms")
        assert min(times) < 0.5, path
    assert "Suggestion 0" in words(editor.get("/desk/suggest/").text)


def test_demo_suggestions_wait_once_and_are_marked(app, editor):
    from hub.content import seeding

    for _ in range(2):
        with app.app_context(), db.writing():
            assert not seeding.load_demo(db.session()).problems
    run_due(app)
    found = entries(app)
    assert len(found) == 3 and all(e.example for e in found) and {e.what for e in found} == {"new", "correction"}
    page = words(editor.get("/desk/suggest/").text)
    assert page.count("example") >= 3 and not [m for m in mails(app) if "Велокухня" in m.text]
    with app.app_context(), db.writing():
        seeding.remove_demo(db.session())
    run_due(app)
    assert not [e for e in entries(app) if e.state == "waiting"]


assert NEW
