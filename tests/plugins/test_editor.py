"""Beside the form of an item: versions, unsaved text, who else is here, the trash, Markdown."""

import datetime as dt
import re
import time

import pytest
import sqlalchemy as sa
from making import make

from hub.content.model import Content, ContentText
from hub.store import db
from hub.testing.fixtures import csrf, sign_in
from hub.work.jobs import run_due


@pytest.fixture
def case(hub_app):
    """A published case and an editor who is signed in."""
    uid = make(hub_app, "case", "Beds by the clinic", body="We dig on Saturdays.")
    return hub_app, uid, sign_in(hub_app, "editor")


def form(page):
    """The form of an item as a browser would send it."""
    names = re.findall(r'<(?:input|textarea|select)[^>]* name="([^"]+)"', page)
    assert "title.en" in names
    value = lambda name: re.search(rf'name="{re.escape(name)}"[^>]*value="([^"]*)"', page)  # noqa: E731
    return {"csrf_token": csrf(page), "language": "en", "form": "full", "base": value("base").group(1)}


def save(editor, uid, do="save", **typed):
    page = editor.get(f"/desk/cases/{uid}/?language=en&form=full").text
    data = {**form(page), "do": do, "title.en": "Beds by the clinic", "body.en": "We dig on Saturdays.", **typed}
    assert editor.post(f"/desk/cases/{uid}/", data=data).status_code == 302


def text_of(app, uid):
    with app.app_context():
        query = (
            sa.select(ContentText.title, ContentText.body)
            .join(Content)
            .where(Content.uid == uid, ContentText.lang == "en")
        )
        return tuple(db.session().execute(query).one())


# --- versions


def test_two_versions_word_by_word(case):
    _app, uid, editor = case
    save(editor, uid, **{"body.en": "We dig on Sundays & <b>Fridays</b>."})
    page = editor.get(f"/desk/editor/case/{uid}/history").text
    assert "We dig on <del>Saturdays</del><ins>Sundays &amp; &lt;b&gt;Fridays&lt;/b&gt;</ins>." in page
    assert page.count("What changed then") == 2


def test_the_country_of_a_place_is_named(case):
    _app, uid, editor = case
    save(editor, uid, **{"p.0.name": "Ljubljana", "p.0.country": "SI"})
    history = f"/desk/editor/case/{uid}/history"
    assert "Ljubljana, Slovenia" in editor.get(history).text and "Ljubljana, SI" not in editor.get(history).text
    assert "Ljubljana, Словения" in editor.get(f"{history}?lang=ru", follow_redirects=True).text


def test_back_to_an_earlier_version_loses_nothing(case):
    app, uid, editor = case
    save(editor, uid, "publish", **{"title.en": "Beds for the clinic"})
    page = editor.get(f"/desk/editor/case/{uid}/history").text
    first = re.findall(r'name="revision" value="(\d+)"', page)[-1]
    answer = editor.post(f"/desk/editor/case/{uid}/restore", data={"csrf_token": csrf(page), "revision": first})
    assert answer.status_code == 302
    assert text_of(app, uid)[0] == "Beds for the clinic", "the site keeps the published text until somebody publishes"
    desk = editor.get(answer.location).text
    assert 'value="Beds by the clinic"' in desk and "back as a draft" in desk
    history = editor.get(f"/desk/editor/case/{uid}/history").text
    assert history.count("What changed then") == 3 and "back to the version of" in history


def test_restoring_what_does_not_exist(case):
    app, uid, editor = case
    token = csrf(editor.get(f"/desk/cases/{uid}/").text)
    assert (
        editor.post(f"/desk/editor/case/{uid}/restore", data={"csrf_token": token, "revision": "999"}).status_code
        == 404
    )
    assert editor.get("/desk/editor/case/nowhere/history").status_code == 404
    assert editor.get(f"/desk/editor/nonsense/{uid}/history").status_code == 404
    assert app.test_client().get(f"/desk/editor/case/{uid}/history").status_code == 302
    assert sign_in(app, "member").get(f"/desk/editor/case/{uid}/history").status_code == 403


# --- unsaved text


def test_unsaved_text_waits_for_its_author_only(case):
    app, uid, editor = case
    page = editor.get(f"/desk/cases/{uid}/?language=en&form=full").text
    typed = {**form(page), "title.en": "Beds by the clinic", "body.en": "Half a sentence"}
    told = editor.post(f"/desk/editor/case/{uid}/keep", data=typed).json
    assert "not saved yet" in told["kept"] and told["others"] == []
    assert text_of(app, uid)[1] == "We dig on Saturdays."
    again = editor.get(f"/desk/cases/{uid}/?language=en&form=full").text
    assert "that was not saved" in again and "Half a sentence" not in again[again.index('id="edit"') :]
    assert "that was not saved" not in sign_in(app, "admin").get(f"/desk/cases/{uid}/").text
    answer = editor.post(f"/desk/editor/case/{uid}/kept", data={"csrf_token": csrf(again), "do": "take"})
    assert answer.status_code == 302
    taken = editor.get(answer.location).text
    assert "Half a sentence" in taken and "that was not saved" not in taken


def test_unsaved_text_takes_no_place_of_what_somebody_has_saved_since(case):
    app, uid, editor = case
    other = sign_in(app, "admin")
    other.post(f"/desk/cases/{uid}/unpublish", data={"csrf_token": csrf(other.get(f"/desk/cases/{uid}/").text)})
    page = editor.get(f"/desk/cases/{uid}/?language=en&form=full").text
    typed = {**form(page), "title.en": "Beds by the clinic", "body.en": "Half a sentence"}
    assert editor.post(f"/desk/editor/case/{uid}/keep", data=typed).status_code == 200
    save(other, uid, **{"body.en": "We dig on Mondays now."})
    again = editor.get(f"/desk/cases/{uid}/").text
    answer = editor.post(f"/desk/editor/case/{uid}/kept", data={"csrf_token": csrf(again), "do": "take"})
    assert answer.status_code == 409 and text_of(app, uid)[1] == "We dig on Mondays now."
    assert "Somebody else saved this meanwhile" in answer.text
    assert "Half a sentence" in answer.text and "We dig on Mondays now." in answer.text
    done = editor.post(f"/desk/cases/{uid}/", data={**form(answer.text), "do": "save", "title.en": "Beds by the clinic", "body.en": "Both."})
    assert done.status_code == 302 and text_of(app, uid)[1] == "Both."
    assert "that was not saved" not in editor.get(f"/desk/cases/{uid}/").text


def test_unsaved_text_of_a_new_item(hub_app):
    editor = sign_in(hub_app, "editor")
    page = editor.get("/desk/cases/new?language=en&form=full").text
    typed = {**form(page), "title.en": "Not yet there", "body.en": "Word"}
    assert editor.post("/desk/editor/case/keep", data=typed).status_code == 200
    again = editor.get("/desk/cases/new?language=en&form=full").text
    assert "Not yet there" in again
    answer = editor.post("/desk/editor/case/kept", data={"csrf_token": csrf(again), "do": "take"})
    assert 'value="Not yet there"' in editor.get(answer.location).text
    assert "that was not saved" not in editor.get("/desk/cases/new").text


def test_unsaved_text_without_a_title_or_with_a_bad_value_comes_back_too(hub_app):
    editor = sign_in(hub_app, "editor")
    page = editor.get("/desk/cases/new?language=en&form=full").text
    typed = {**form(page), "title.en": "", "body.en": "An hour of work", "f.contact_email": "half@", "publish_at": ""}
    assert editor.post("/desk/editor/case/keep", data=typed).status_code == 200
    again = editor.get("/desk/cases/new?language=en&form=full").text
    above = again[: again.index('id="edit"')]
    assert "that was not saved" in above and "An hour of work" in above, "it is seen before anything is typed anew"
    taken = editor.post("/desk/editor/case/kept", data={"csrf_token": csrf(again), "do": "take"}, follow_redirects=True).text
    assert "Your text is back" in taken and "An hour of work" in taken and 'value="(no title)"' in taken
    assert "This could not be kept" in taken and "half@" not in taken[taken.index('id="edit"') :]


def test_unsaved_text_without_what_its_kind_needs_comes_back_in_a_form(new_hub):
    app = new_hub(plugins=("partners", "events", "editor"))
    editor = sign_in(app, "editor")
    page = editor.get("/desk/events/new?language=en&form=full").text
    typed = {**form(page), "title.en": "A talk some day", "body.en": "About beds", "f.organiser_name": ""}
    assert editor.post("/desk/editor/event/keep", data=typed).status_code == 200
    again = editor.get("/desk/events/new?language=en&form=full").text
    back = editor.post("/desk/editor/event/kept", data={"csrf_token": csrf(again), "do": "take"})
    assert back.status_code == 422 and 'action="/desk/events/new"' in back.text
    assert 'value="A talk some day"' in back.text and "About beds" in back.text and ">Begins: " in back.text
    assert "that was not saved" in editor.get("/desk/events/new").text, "nothing is gone until it is saved"
    done = editor.post("/desk/events/new", data={**typed, "f.starts": "2031-05-01 18:00", "f.ends": "2031-05-01 20:00", "do": "save"})
    assert done.status_code == 302 and 'value="A talk some day"' in editor.get(done.location).text
    assert "that was not saved" not in editor.get("/desk/events/new").text


def test_what_was_saved_is_not_offered_as_unsaved(hub_app):
    editor = sign_in(hub_app, "editor")
    page = editor.get("/desk/cases/new?language=en&form=full").text
    typed = {**form(page), "title.en": "A shed for tools", "body.en": "Word"}
    editor.post("/desk/editor/case/keep", data=typed)
    assert editor.post("/desk/cases/new", data={"csrf_token": csrf(page), "language": "en", "goto": "ru"}).location.startswith("/desk/cases/new")
    assert "that was not saved" in editor.get("/desk/cases/new").text, "another language alone saves nothing"
    assert editor.post("/desk/cases/new", data={**typed, "do": "save"}).status_code == 302
    assert "that was not saved" not in editor.get("/desk/cases/new").text


def test_thrown_away_or_saved_after_all(case):
    _app, uid, editor = case
    page = editor.get(f"/desk/cases/{uid}/?language=en&form=full").text
    editor.post(f"/desk/editor/case/{uid}/keep", data={**form(page), "title.en": "X", "body.en": "Y"})
    again = editor.get(f"/desk/cases/{uid}/").text
    editor.post(f"/desk/editor/case/{uid}/kept", data={"csrf_token": csrf(again), "do": "drop"})
    assert "that was not saved" not in editor.get(f"/desk/cases/{uid}/").text
    editor.post(f"/desk/editor/case/{uid}/keep", data={**form(page), "title.en": "X", "body.en": "Y"})
    save(editor, uid)
    assert "that was not saved" not in editor.get(f"/desk/cases/{uid}/").text, "a save holds what was typed"


def test_keeping_needs_the_token_and_the_right(case):
    app, uid, editor = case
    assert editor.post(f"/desk/editor/case/{uid}/keep", data={"title.en": "X"}).status_code == 400
    member = sign_in(app, "member")
    token = csrf(member.get("/desk/cases/new").text)
    assert member.post(f"/desk/editor/case/{uid}/keep", data={"csrf_token": token, "title.en": "X"}).status_code == 403


def test_who_else_is_here(case):
    app, uid, editor = case
    other = sign_in(app, "admin")
    page = other.get(f"/desk/cases/{uid}/?language=en&form=full").text
    data = {**form(page), "title.en": "Beds by the clinic", "body.en": "We dig on Saturdays.", "quiet": "1"}
    assert other.post(f"/desk/editor/case/{uid}/keep", data=data).status_code == 200
    assert "is editing this too" in re.sub(r'data-\w+="[^"]*"', "", editor.get(f"/desk/cases/{uid}/").text)
    assert "that was not saved" not in other.get(f"/desk/cases/{uid}/").text, "a sign of life is no text"


def test_a_preview_is_as_safe_as_the_page(case):
    _app, uid, editor = case
    token = csrf(editor.get(f"/desk/cases/{uid}/").text)
    html = editor.post(
        "/desk/editor/preview", data={"csrf_token": token, "text": "**b** <script>x</script> [l](javascript:x)"}
    ).text
    assert "<strong>b</strong>" in html and "<script" not in html and 'href="javascript' not in html


# --- the trash


def test_titles_stand_in_the_language_of_who_looks(hub_app):
    titles = {"en": "Beds by the clinic", "ru": "Грядки у поликлиники"}
    uid = make(hub_app, "case", titles)
    admin = sign_in(hub_app, "admin")
    admin.get("/desk/?lang=ru")
    token = csrf(admin.get(f"/desk/cases/{uid}/").text)
    assert admin.post(f"/desk/cases/{uid}/trash", data={"csrf_token": token}).status_code == 302
    for path in ("/desk/editor/trash", "/desk/editor/log"):
        page = admin.get(path).text
        assert titles["ru"] in page and titles["en"] not in page, path


def test_the_trash(case):
    app, uid, editor = case
    save(editor, uid)
    token = csrf(editor.get(f"/desk/cases/{uid}/").text)
    gone = editor.post(f"/desk/cases/{uid}/trash", data={"csrf_token": token}, follow_redirects=True)
    form_of_it = gone.text[: gone.text.index('id="edit"')]
    assert f'action="/desk/cases/{uid}/restore"' in form_of_it and "lies in the trash" in form_of_it, "whoever pressed the wrong button takes it back at once"
    page = editor.get("/desk/editor/trash").text
    assert "Beds by the clinic" in page and "after 30 days" in page and "Delete for good" not in page
    assert (
        editor.post("/desk/editor/trash", data={"csrf_token": csrf(page), "uid": uid, "do": "erase"}).status_code == 403
    )
    editor.post("/desk/editor/trash", data={"csrf_token": csrf(page), "uid": uid, "do": "restore"})
    assert "The trash is empty" in editor.get("/desk/editor/trash").text
    admin = sign_in(app, "admin")
    token = csrf(editor.get(f"/desk/cases/{uid}/").text)
    editor.post(f"/desk/cases/{uid}/trash", data={"csrf_token": token})
    token = csrf(admin.get("/desk/editor/trash").text)
    admin.post("/desk/editor/trash", data={"csrf_token": token, "uid": uid, "do": "erase"})
    assert app.test_client().get("/en/cases/beds-by-the-clinic/").status_code == 410
    assert sign_in(app, "member").get("/desk/editor/trash").status_code == 403


def test_the_trash_empties_itself(case):
    app, uid, editor = case
    token = csrf(editor.get(f"/desk/cases/{uid}/").text)
    editor.post(f"/desk/cases/{uid}/trash", data={"csrf_token": token})

    def run(days):
        with app.app_context(), db.writing():
            db.session().execute(
                sa.update(Content).where(Content.uid == uid).values(deleted_at=db.now() - dt.timedelta(days=days))
            )
            db.session().commit()
            app.extensions["hub"].jobs["editor.empty_trash"].run()
            return db.session().scalar(sa.select(sa.func.count()).where(Content.uid == uid))

    assert run(29) == 1 and run(31) == 0
    run_due(app)


def test_versions_of_long_texts_are_compared_in_a_moment(case):
    """By lines, and by words where those differ: the work would grow with the square of the text."""
    _app, uid, editor = case
    lines = [" ".join(f"word{(n * 7 + k * k) % 997}" for k in range(40)) for n in range(330)]
    other = [line.replace("word5 ", "leaf ") for line in lines]
    other[7] = "Onelinemore"
    with_words = "\n\n".join(lines)
    assert len(with_words) > 90_000
    save(editor, uid, **{"body.en": with_words})
    save(editor, uid, **{"body.en": "\n\n".join(other)})
    began = time.monotonic()
    page = editor.get(f"/desk/editor/case/{uid}/history").text
    assert time.monotonic() - began < 8, "it took half a minute, after which the process is replaced"
    assert "<del>word5</del><ins>leaf</ins>" in page and "<ins>Onelinemore</ins>" in page
