"""The translation desk: what is missing or behind and by which passages, side by side, drafts from memory and machine."""

from __future__ import annotations

import json
import time

import pytest
import sqlalchemy as sa
from making import catch_up, make
from suggesting import Fields, main

from hub.content.model import Content, ContentText
from hub.store import db
from hub.testing.fixtures import csrf, sign_in
from hub.testing.remote import Answer
from hub.work.jobs import run_due

BEDS = {"en": "We dig on Saturdays.\n\nBring gloves and water.", "ru": "Копаем по субботам.\n\nВозьмите перчатки и воду."}
CHOIR = {"en": "The choir sings on Saturdays.\n\nBring your own chairs.", "ru": "Хор поёт по субботам.\n\nПринесите свои стулья."}
TITLES = {"en": "Beds by the clinic", "ru": "Грядки у поликлиники"}


@pytest.fixture(scope="module")
def app(hub_instances):
    """One application for the whole file; tests look only for what is theirs."""
    from hub.app import create_app

    app = create_app(hub_instances.make(("covers", "editor", "partners", "cases", "drafts"), languages=["en", "ru"]), strict=True)
    app.testing = True
    yield app
    with app.app_context():
        db.engine().dispose()


@pytest.fixture(scope="module")
def editor(app):
    return sign_in(app, "editor")


def pair(uid, lang, kind="case"):
    return f"/desk/drafts/{kind}/{uid}/{lang}/"


def send(browser, path, do="save", **typed):
    """Press a button of the page at `path` with what stands in it, and what is typed over it (`x__body__0`)."""
    values = {**Fields(main(browser.get(path).text)).values, **{k.replace("__", "."): v for k, v in typed.items()}}
    for name in [name for name, value in values.items() if value is None]:
        del values[name]
    return browser.post(path, data={**values, "do": do}, follow_redirects=True)


def edit(browser, uid, lang, do="publish", **typed):
    """Save by the ordinary form, in one language."""
    path = f"/desk/cases/{uid}/?language={lang}&form=full"
    values = {**Fields(main(browser.get(path).text)).values, "do": do}
    values |= {f"{name}.{lang}": value for name, value in typed.items()}
    assert browser.post(f"/desk/cases/{uid}/", data=values).status_code == 302


def listed(browser, into, state):
    page = browser.get(f"/desk/drafts/?into={into}&state={state}")
    assert page.status_code == 200
    return main(page.text)


def text(app, uid, lang):
    with app.app_context():
        query = sa.select(ContentText).join(Content).where(Content.uid == uid, ContentText.lang == lang)
        return db.session().scalar(query)


def test_what_is_missing_is_listed_and_shown_in_the_other_language(app, editor):
    uid = make(app, title="Beds by the clinic", body="We dig on Saturdays.")
    make(app, title=TITLES, body=BEDS)
    make(app, title="A draft of somebody", status="draft")
    catch_up(app)
    page = listed(editor, "ru", "missing")
    assert pair(uid, "ru") in page and page.count("/ru/\"") == 1, "only what is published and has no text"
    assert "Everything published has a text" in listed(editor, "en", "missing")
    shown = app.test_client().get(f"/ru/cases/{uid}/", follow_redirects=True).text
    assert "We dig on Saturdays." in shown and 'role="note"' in shown and 'lang="en"' in shown
    assert "Beds by the clinic" in app.test_client().get("/ru/cases/").text, "never hidden"
    desk = editor.get("/desk/").text
    assert "Not yet translated: Russian" in desk and "into=ru&amp;state=missing" in desk


def test_a_translation_is_written_side_by_side_and_published(app, editor):
    uid = make(app, title="Beds by the clinic", body=BEDS["en"], places=[{"lat": 55.8, "lon": 49.1, "names": {"en": "Kazan"}}])
    path = pair(uid, "ru")
    page = main(editor.get(path).text)
    assert "We dig on Saturdays." in page and 'name="x.body.1"' in page
    typed = {"x__title__0": TITLES["ru"], "x__body__0": "Копаем по субботам.", "x__body__1": "Возьмите перчатки.", "x__p__0__0": "Казань"}
    refused = send(editor, path, "publish", **typed)
    assert refused.status_code == 422 and "Tick this before you publish" in refused.text and "Возьмите перчатки." in refused.text
    done = send(editor, path, "publish", finished="on", **typed)
    assert "The translation is published." in done.text
    shown = app.test_client().get(f"/ru/cases/{uid}/", follow_redirects=True).text
    assert "Копаем по субботам." in shown and "Казань" in shown
    row = text(app, uid, "ru")
    assert row.source_rev is not None and row.body == "Копаем по субботам.\n\nВозьмите перчатки."
    assert pair(uid, "ru") not in listed(editor, "ru", "missing")


def test_an_unfinished_translation_stays_a_draft(app, editor):
    uid = make(app, title="Beds by the clinic", body=BEDS["en"])
    told = send(editor, pair(uid, "ru"), x__title__0="Грядки", x__body__0="Копаем")
    assert "Saved as a draft" in told.text and 'value="Грядки"' not in told.text and ">Грядки</textarea>" in told.text
    assert text(app, uid, "ru") is None, "what is published stays as it is"
    assert "Грядки" not in app.test_client().get(f"/ru/cases/{uid}/", follow_redirects=True).text


def test_behind_shows_which_passages_changed(app, editor):
    uid = make(app, title=TITLES, body=BEDS)
    catch_up(app)
    assert pair(uid, "ru") not in listed(editor, "ru", "behind")
    edit(editor, uid, "en", body="We dig on Saturdays.\n\nThere is tea.\n\nBring gloves, boots and water.")
    catch_up(app)
    assert pair(uid, "ru") in listed(editor, "ru", "behind") and pair(uid, "en") not in listed(editor, "en", "behind")
    page = main(editor.get(pair(uid, "ru")).text)
    assert "2 passages of the source have changed" in page and page.count(">changed since<") == 1 and page.count(">new since<") == 1
    assert "<ins>, boots</ins>" in page and "Возьмите перчатки и воду." in page
    edit(editor, uid, "ru", title="Грядки у больницы")
    catch_up(app)
    assert pair(uid, "ru") in listed(editor, "ru", "behind"), "mending a word is not catching up"
    assert pair(uid, "en") not in listed(editor, "en", "behind")
    done = send(editor, pair(uid, "ru"), "publish", finished="on", x__body__1="Есть чай.", x__body__2="Возьмите сапоги.")
    assert "is published" in done.text and "have changed" not in done.text
    assert text(app, uid, "ru").body == "Копаем по субботам.\n\nЕсть чай.\n\nВозьмите сапоги."
    catch_up(app)
    assert pair(uid, "ru") not in listed(editor, "ru", "behind") and pair(uid, "en") not in listed(editor, "en", "behind")


def test_lists_of_the_source_are_shown_as_lists_and_stay_set_in(app, editor):
    """What is set in below an item belongs to it, also after an empty line."""
    said = {"en": "- a table\n  for ten\n- two saws\n\n  - a big one\n\nThe end.",
            "ru": "- стол\n  на десять\n- две пилы\n\n  - большая\n\nКонец."}  # fmt: skip
    uid = make(app, title={"en": "Tools", "ru": "Инструменты"}, body=said)
    page = main(editor.get(pair(uid, "ru")).text)
    assert "<ul><li>- a table\n  for ten</li><li>- two saws</li></ul>" in page and "<ul><li>  - a big one</li></ul>" in page
    assert "<ul>" not in page.partition("The end.")[0].rpartition('class="src"')[2], "a paragraph is none"
    edit(editor, uid, "en", body=said["en"].replace("two saws", "three saws"))
    assert "<li>- <del>two</del><ins>three</ins> saws</li>" in main(editor.get(pair(uid, "ru")).text)
    send(editor, pair(uid, "ru"), "publish", finished="on", x__body__0="- стол\n  на десять\n- три пилы")
    assert text(app, uid, "ru").body == said["ru"].replace("две", "три")


def test_still_right_and_changed_back(app, editor):
    uid = make(app, title=TITLES, body=BEDS)
    edit(editor, uid, "ru", body="Копаем в субботу.\n\nВозьмите перчатки и воду.")
    catch_up(app)
    assert pair(uid, "en") in listed(editor, "en", "behind"), "whichever language moves on leads"
    told = send(editor, pair(uid, "en"), "right")
    assert "right as it stands" in told.text and pair(uid, "en") not in listed(editor, "en", "behind")
    edit(editor, uid, "ru", body="Отдыхаем.")
    catch_up(app)
    assert pair(uid, "en") in listed(editor, "en", "behind")
    edit(editor, uid, "ru", body="Копаем в субботу.\n\nВозьмите перчатки и воду.")
    catch_up(app)
    assert pair(uid, "en") not in listed(editor, "en", "behind"), "changed back is no change"


def test_a_draft_made_here_and_published_elsewhere_is_in_step(app, editor):
    uid = make(app, title=TITLES, body=BEDS)
    edit(editor, uid, "en", body="We rest.")
    catch_up(app)
    send(editor, pair(uid, "ru"), finished="on", x__body__0="Отдыхаем.", x__body__1="")
    assert pair(uid, "ru") in listed(editor, "ru", "behind"), "readers still see the old one"
    edit(editor, uid, "ru")
    catch_up(app)
    assert text(app, uid, "ru").body == "Отдыхаем." and pair(uid, "ru") not in listed(editor, "ru", "behind")


def test_two_translators_collide_and_nothing_is_lost(app, editor):
    uid = make(app, title="Beds by the clinic", body=BEDS["en"])
    before = Fields(main(editor.get(pair(uid, "ru")).text)).values
    edit(editor, uid, "en", body="We rest.")
    late = {**before, "x.title.0": "Мои грядки", "x.body.0": "Мы копаем", "do": "save"}
    answer = editor.post(pair(uid, "ru"), data=late)
    assert answer.status_code == 409 and "Мои грядки" in answer.text and "Мы копаем" in answer.text and "We rest." in answer.text


def test_memory_offers_exact_and_near_passages(app, editor):
    make(app, title=TITLES, body=CHOIR)
    make(app, title={"en": "For members", "ru": "Для своих"}, body={"en": "A secret sentence.", "ru": "Тайна."}, audience="members")
    uid = make(app, title="Another yard", body="Bring your own chairs.\n\nThe choir sings on Sundays.\n\nA secret sentence.")
    catch_up(app)
    page = main(editor.get(pair(uid, "ru")).text)
    assert "Принесите свои стулья." in page and "known passage" in page
    assert "Тайна." not in page, "what members read is not offered"
    filled = send(editor, pair(uid, "ru"), "fill").text
    assert ">Принесите свои стулья.</textarea>" in filled and "Not read yet." in filled
    assert ">Хор поёт по субботам.</textarea>" in filled and "similar passage" in filled
    assert text(app, uid, "ru") is None, "filling saves nothing"
    fields = Fields(main(filled)).values
    saved = editor.post(pair(uid, "ru"), data={**fields, "x.title.0": "Другой двор", "do": "save"}, follow_redirects=True)
    assert "draft that nobody has read yet" in saved.text
    assert "draft nobody has read" in listed(editor, "ru", "unfinished")
    assert "draft nobody has read" in editor.get(f"/desk/cases/{uid}/").text
    read = send(editor, pair(uid, "ru"), "publish", finished="on", x__body__1="Хор поёт по воскресеньям.", x__body__2="Секрет.")
    assert "is published" in read.text and "nobody has read" not in read.text
    assert pair(uid, "ru") not in listed(editor, "ru", "unfinished")


def test_what_is_behind_still_teaches_what_it_was_made_from(app, editor):
    source = make(app, title=TITLES, body=BEDS)
    edit(editor, source, "en", body="We dig on Saturdays.\n\nBring nothing at all.")
    uid = make(app, title="Another yard", body="Bring gloves and water.\n\nBring nothing at all.")
    catch_up(app)
    page = main(editor.get(pair(uid, "ru")).text)
    assert page.count("Возьмите перчатки и воду.") == 1, "beside the words it renders, not beside those that took their place"


def test_one_offer_is_taken_over_and_the_rest_kept(app, editor):
    make(app, title=TITLES, body=BEDS)
    uid = make(app, title="Another yard", body="Bring gloves and water.")
    catch_up(app)
    taken = send(editor, pair(uid, "ru"), "look", x__title__0="Другой двор", take="body.0:0").text
    assert ">Другой двор</textarea>" in taken and ">Возьмите перчатки и воду.</textarea>" in taken


def test_what_is_withdrawn_leaves_the_memory(app, editor):
    source = make(app, title=TITLES, body={"en": "The lamp burns all night.", "ru": "Лампа горит всю ночь."})
    uid = make(app, title="Another yard", body="The lamp burns all night.")
    catch_up(app)
    assert "Лампа горит" in editor.get(pair(uid, "ru")).text
    page = editor.get(f"/desk/cases/{source}/?language=en&form=full").text
    editor.post(f"/desk/cases/{source}/unpublish", data={"csrf_token": csrf(page)})
    catch_up(app)
    assert "Лампа горит" not in editor.get(pair(uid, "ru")).text


def machine_at(app, remote_site, speak):
    from hub.store.state import set_setting

    remote_site.trusted_by(app)
    remote_site.script("/translate", speak)
    with app.app_context(), db.writing():
        set_setting(db.session(), "drafts.address", remote_site.url)
        set_setting(db.session(), "drafts.key", "word")
        db.session().commit()


def test_a_machine_draft_is_asked_for_offered_and_read(app, editor, remote_site):
    def speak(asked):
        said = json.loads(asked.body)
        assert (said["source"], said["target"], said["format"], said["api_key"]) == ("en", "ru", "text", "word")
        return Answer(json.dumps({"translatedText": said["q"].upper()}).encode(), 200, {"Content-Type": "application/json"})

    uid = make(app, title="Another yard", body="We sing.\n\nWe dance.")
    assert "Ask for a machine draft" not in editor.get(pair(uid, "ru")).text, "nothing leaves the site by default"
    machine_at(app, remote_site, speak)
    waiting = send(editor, pair(uid, "ru"), "machine", x__title__0="Мой двор")
    assert "It is being made" in waiting.text and ">Мой двор</textarea>" in waiting.text and not remote_site.asked
    run_due(app)
    assert len(remote_site.asked) == 1, "one request for all passages"
    filled = send(editor, pair(uid, "ru"), "fill")
    assert ">WE SING.</textarea>" in filled.text and "machine draft" in filled.text
    saved = editor.post(pair(uid, "ru"), data={**Fields(main(filled.text)).values, "do": "save"}, follow_redirects=True)
    assert "nobody has read" in saved.text
    assert "WE SING" not in app.test_client().get(f"/ru/cases/{uid}/", follow_redirects=True).text


def test_a_machine_that_fails_is_named_and_harms_nothing(app, editor, remote_site):
    uid = make(app, title="Another yard", body="We sing.")
    hidden = make(app, title="For members", body="We whisper.", audience="members")
    machine_at(app, remote_site, lambda asked: Answer(b'{"error": "Slow down"}', 429, {"Content-Type": "application/json"}))
    assert "machine draft" not in editor.get(pair(hidden, "ru")).text.lower(), "what members read does not leave the site"
    token = csrf(editor.get("/desk/drafts/?into=ru&state=missing").text)
    with app.app_context():
        number = db.session().scalar(sa.select(Content.id).where(Content.uid == uid))
    told = editor.post("/desk/drafts/many", data={"csrf_token": token, "into": "ru", "number": [number]}, follow_redirects=True)
    assert "A draft of 1 text is being made." in told.text
    run_due(app)
    assert "The last machine draft failed: Slow down" in editor.get(pair(uid, "ru")).text
    assert "Slow down" in sign_in(app, "admin").get("/desk/health").text


def test_who_may(app):
    uid = make(app, title=TITLES, body=BEDS)
    member = sign_in(app, "member")
    assert app.test_client().get(pair(uid, "ru")).status_code == 302
    assert member.get(pair(uid, "ru")).status_code == 403 and member.get("/desk/drafts/").status_code == 403
    editor = sign_in(app, "editor")
    assert editor.get(pair(uid, "de")).status_code == 404 and editor.get(pair("nobody", "ru")).status_code == 404
    assert editor.get("/desk/drafts/?into=xx").status_code == 404 and editor.get("/desk/drafts/?state=x").status_code == 404


def test_the_demo_leaves_three_texts_for_the_desk(new_hub):
    from hub.content.seeding import load_demo

    app = new_hub(plugins=["partners", "cases", "drafts"], languages=["en", "ru"])
    with app.app_context(), db.writing():
        load_demo(db.session())
    catch_up(app)
    editor = sign_in(app, "editor")
    missing = listed(editor, "en", "missing") + listed(editor, "ru", "missing")
    assert sum(missing.count(f'/{lang}/">') for lang in ("en", "ru")) >= 3
    for title in ("Совет школы искусств", "Подоконник", "Leeds"):
        assert title in missing, title


@pytest.mark.parametrize(
    ("old", "new", "pairs"),
    [
        (["a b c d", "e f g h"], ["a b c d", "x y z", "e f g i"], [(0, 0), (None, 1), (1, 2)]),
        (["a b c d", "e f g h"], ["e f g h"], [(0, None), (1, 0)]),
        ([], ["x"], [(None, 0)]),
    ],
)
def test_passages_find_their_later_selves(old, new, pairs):
    from hub_drafts.passages import changes

    assert changes(old, new) == pairs


def test_a_text_of_very_many_passages_holds_nobody_up(app):
    member = sign_in(app, "member")
    with app.app_context(), db.writing():
        from hub.api import items
        from hub.people.accounts import find_user

        texts = {"en": {"title": "Many", "body": "\n\n".join(f"passage {n}" for n in range(2600))},
                 "ru": {"title": "Много", "body": "\n\n".join(f"отрывок {n}" for n in range(2599))}}  # fmt: skip
        uid = items.create("case", {"texts": texts}, author_id=find_user(db.session(), "member@example.org").id).uid
        items.commit()
    began = time.monotonic()
    page = member.get(pair(uid, "ru")).text
    assert time.monotonic() - began < 5, "millions of pairs were looked at and kept: seconds, and gigabytes with more of them"
    assert "passage 17" in page and "отрывок 17" in page


def test_what_stands_below_the_last_passage_shown_is_saved_as_it_is(app, editor):
    bodies = {"en": "\n\n".join(f"passage {n}" for n in range(450)), "ru": "\n\n".join(f"отрывок {n}" for n in range(450))}
    uid = make(app, "case", {"en": "Very long", "ru": "Очень длинно"}, body=bodies)
    page = editor.get(pair(uid, "ru")).text
    assert "отрывок 390" in page and "отрывок 449" not in page
    send(editor, pair(uid, "ru"), do="publish", finished="1", x__body__3="ОТРЫВОК ТРИ")
    assert text(app, uid, "ru").body.split("\n\n") == [f"отрывок {n}" if n != 3 else "ОТРЫВОК ТРИ" for n in range(450)]
