"""Many entries at once in a list of the desk: what became of each row, and back; and the log of who did what."""

import re

import pytest
import sqlalchemy as sa
from making import change, content, make, step

from hub.store import db
from hub.testing.fixtures import csrf, sign_in


@pytest.fixture(scope="module")
def app(hub_instances):
    from hub.app import create_app
    from hub.store.db import engine

    made = create_app(hub_instances.make(["partners", "cases", "editor"]), strict=True)
    made.testing = True
    yield made
    with made.app_context():
        engine().dispose()


def send(editor, uids, what, **more):
    """Tick rows as a browser does and follow to the result."""
    page = editor.get("/desk/cases/").text
    for uid in uids:
        assert f'value="{uid}" form="ticked"' in page or more.get("elsewhere")
    more.pop("elsewhere", None)
    return editor.post(
        "/desk/editor/case/bulk",
        data={"csrf_token": csrf(page), "uid": uids, "step": what, **more},
        follow_redirects=True,
    )


def undo(editor, page):
    where = re.search(r'action="(/desk/editor/bulk/\d+/undo)"', page.text)
    return editor.post(where.group(1), data={"csrf_token": csrf(page.text)}, follow_redirects=True).text


def state(app, uid):
    with app.app_context():
        found = content(db.session(), uid)
        return found.status


def public(app, uid):
    return app.test_client().get(f"/api/v1/cases/{uid}").status_code == 200


def test_publish_and_back_row_by_row(app):
    editor = sign_in(app, "editor")
    draft, waits, live = (
        make(app, "case", f"Bulk {n}", status=s) for n, s in enumerate(("draft", "review", "published"))
    )
    unfinished = make(app, "case", "Bulk half", status="draft", texts={"en": {"status": "draft", "title": "Bulk half"}})
    page = send(editor, [draft, waits, live, unfinished], "publish")
    assert "Done with 2 entries. 2 were left as they are." in page.text
    assert "it is published already" in page.text and "no language of it is finished" in page.text
    assert public(app, draft) and public(app, waits) and not public(app, unfinished)
    told = undo(editor, page)
    assert "2 entries are as they were." in told
    assert [state(app, uid) for uid in (draft, waits, live)] == ["draft", "review", "published"]
    assert (
        "undone already"
        in editor.post(
            re.search(r"/desk/editor/bulk/\d+/undo", page.text).group(),
            data={"csrf_token": csrf(page.text)},
            follow_redirects=True,
        ).text
    )


@pytest.mark.parametrize("what", ["archive", "trash"])
def test_away_and_back_except_what_was_changed_since(app, what):
    editor = sign_in(app, "editor")
    one, two = make(app, "case", f"Away {what}"), make(app, "case", f"Edited {what}")
    page = send(editor, [one, two], what)
    assert "Done with 2 entries." in page.text and state(app, one) != "published"
    if what == "trash":
        step(app, two, "restore")
    else:
        change(app, two, lambda doc: doc["texts"]["en"].update(summary="Meanwhile."))
    told = undo(editor, page)
    assert "1 entry is as it was." in told and "it was changed since" in told
    assert public(app, one) and state(app, two) == ("draft" if what == "trash" else "published")


def test_restore_from_the_trash(app):
    editor = sign_in(app, "editor")
    gone = make(app, "case", "Thrown away")
    step(app, gone, "trash")
    page = send(editor, [gone], "restore", elsewhere=True, status="trash")
    assert state(app, gone) == "draft"
    undo(editor, page)
    assert state(app, gone) == "trash"


def test_topic_and_owner_leave_texts_and_drafts_alone(app):
    from hub.content import topics

    with app.app_context(), db.writing():
        topics.put(db.session(), {"slug": "soil", "en": {"name": "Soil", "synonyms": []}})
        db.session().commit()
    editor = sign_in(app, "editor")
    keeper = make(app, "partner", "Keeper of beds")
    one, begun = make(app, "case", "Bed one", body="Kept."), make(app, "case", "Bed begun")
    change(app, begun, lambda doc: doc["texts"]["en"].update(summary="Begun."), publish=False)
    page = send(editor, [one, begun], "topic", topic="soil")
    assert "an edit of it waits" in page.text and "Done with 1 entry." in page.text
    shown = app.test_client().get(f"/api/v1/cases/{one}").json
    assert shown["topics"] and "Kept." in str(shown)
    undo(editor, page)
    assert not app.test_client().get(f"/api/v1/cases/{one}").json["topics"]
    assert "There is nothing called “Nobody at all”" in send(editor, [one], "owner", owner="Nobody at all").text
    page = send(editor, [one], "owner", owner="Keeper of beds")
    with app.app_context():
        assert content(db.session(), one).owner_id == content(db.session(), keeper).id
    undo(editor, page)
    with app.app_context():
        assert content(db.session(), one).owner_id is None


def test_nothing_ticked_nothing_known_nobody_else(app):
    editor, one = sign_in(app, "editor"), make(app, "case", "Untouched")
    assert "Tick entries" in send(editor, [], "trash").text
    assert "Tick entries" in send(editor, [one], "erase").text
    assert "Choose the topic" in send(editor, [one], "topic").text
    member = sign_in(app, "member")
    page = member.get("/desk/cases/new").text
    assert 'form="ticked"' not in member.get("/desk/cases/").text
    data = {"csrf_token": csrf(page), "uid": [one], "step": "trash"}
    assert member.post("/desk/editor/case/bulk", data=data).status_code == 403
    assert public(app, one)


def test_who_forgot_one_thing_finds_list_ticks_and_choices_again(app):
    first, other = make(app, title="A bench for birds"), make(app, title="A bench for cats")
    editor = sign_in(app, "editor")
    page = send(editor, [first], "topic", topic="", q="bench", status="published", elsewhere=True)
    assert page.request.args["q"] == "bench" and page.request.args["status"] == "published"
    assert f'value="{first}" form="ticked" checked' in page.text and f'value="{other}" form="ticked" aria' in page.text
    assert '<option value="topic" selected' in page.text and "Choose the topic." in page.text
    page = send(editor, [first], "", owner="Nobody yet", elsewhere=True)
    assert f'value="{first}" form="ticked" checked' in page.text and 'name="owner" value="Nobody yet"' in page.text
    done = send(editor, [first], "archive", q="bench", status="published", elsewhere=True)
    assert 'href="/desk/cases/?status=published&amp;q=bench"' in done.text, "and to the same list once it is done"


def test_the_audit_log_says_who_did_what_and_keeps_no_words(app):
    editor, admin = sign_in(app, "editor"), sign_in(app, "admin")
    one = make(app, "case", "Logged bed")
    send(editor, [one], "archive")
    token = csrf(editor.get(f"/desk/cases/{one}/").text)
    assert (
        editor.post(f"/desk/cases/{one}/trash", data={"csrf_token": token, "secret": "typed words"}).status_code == 302
    )
    page = admin.get("/desk/editor/log").text
    assert "many entries at once" in page and "entry moved on" in page and "Logged bed" in page
    assert "typed words" not in page
    assert re.search(r"entry moved on\s*<span class=\"small\">to the trash<", page), "it says where to"
    admin.set_cookie("hub_lang", "ru")
    assert "в корзину" in admin.get("/desk/editor/log").text
    admin.set_cookie("hub_lang", "en")
    assert editor.get("/desk/editor/log").status_code == 403
    file = admin.get("/desk/editor/log.csv").text
    assert f"/desk/cases/{one}/trash" in file and "typed words" not in file
    with app.app_context():
        from hub.people.accounts import User

        who = db.session().scalar(sa.select(User.id).where(User.email.like("admin%")))
    mine = admin.get(f"/desk/editor/log?who={who}").text
    assert "entry moved on" not in mine


def test_the_audit_log_speaks_in_words(app):
    editor, admin = sign_in(app, "editor"), sign_in(app, "admin")
    one = make(app, "case", "Logged bed")
    token = csrf(editor.get(f"/desk/cases/{one}/").text)
    editor.post(f"/desk/cases/{one}/trash", data={"csrf_token": token})
    admin.post("/desk/editor/trash", data={"csrf_token": csrf(admin.get("/desk/editor/trash").text), "uid": one, "do": "erase"})
    admin.post("/desk/plugins", data={"csrf_token": csrf(admin.get("/desk/plugins").text), "name": "editor", "do": "on"})
    for language, words in (("en", ("deleted for good", "switched on, Editing tools")), ("ru", ("удалено навсегда", "включено, Инструменты редактора"))):
        admin.set_cookie("hub_lang", language)
        said = re.findall(r'<span class="small">([^<]+)</span></span></td>', admin.get("/desk/editor/log").text)
        assert all(any(word in line for line in said) for word in words), said
        assert not any(code in line.split(", ") for line in said for code in ("erase", "on", "editor", "trash")), said


def test_the_whole_list_is_taken_with_one_tick_in_portions_that_are_named(app, monkeypatch):
    from hub_editor import bulk

    from hub.content import topics

    monkeypatch.setattr(bulk, "PORTION", 2)
    editor = sign_in(app, "editor")
    fitting = [make(app, "case", f"Wharf {n}", status="review") for n in range(5)]
    others = [make(app, "case", "Wharf draft", status="draft"), make(app, "case", "Harbour", status="review")]
    listed = editor.get("/desk/cases/?status=review&q=wharf").text
    assert "ticked or not: 5 entries on all its pages" in listed
    forgot = send(editor, [], "", q="wharf", status="review", all="1", elsewhere=True)
    assert 'name="all" value="1" checked' in forgot.text
    page = send(editor, [others[1]], "publish", q="wharf", status="review", all="1", elsewhere=True)
    assert "Done with 5 entries." in page.text and "at a time" not in page.text
    assert all(public(app, uid) for uid in fitting) and not any(public(app, uid) for uid in others)
    assert "5 entries are as they were." in undo(editor, page)

    monkeypatch.setattr(bulk, "MOST", 3)
    page = send(editor, [], "publish", q="wharf", status="review", all="1", elsewhere=True)
    assert "Done with 3 entries." in page.text
    assert "3 entries at a time: 2 more are as they were. Do the same again for them." in page.text
    again = send(editor, [], "publish", q="wharf", status="review", all="1", elsewhere=True)
    assert "Done with 2 entries." in again.text and all(public(app, uid) for uid in fitting)
    with app.app_context(), db.writing():
        topics.put(db.session(), {"slug": "peat", "en": {"name": "Peat", "synonyms": []}})
        db.session().commit()
    for _ in range(2):  # an entry with a new topic stays in the list: the second time goes on behind it
        send(editor, [], "topic", topic="peat", q="wharf", status="published", all="1", elsewhere=True)
    assert [bool(app.test_client().get(f"/api/v1/cases/{uid}").json["topics"]) for uid in fitting] == [True] * 5
    monkeypatch.setattr(bulk, "MOST", 500)
    trash = send(editor, [], "trash", q="wharf", all="1", elsewhere=True)
    assert "Done with 6 entries." in trash.text, "a list of every state holds drafts, too, and nothing of the trash"
