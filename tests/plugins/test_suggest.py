"""Suggestions through the public door: sent without an account, decided by editors, seen by the sender's link."""

import re

import pytest
import sqlalchemy as sa
from suggesting import LIBRARY, PLUGINS, QUICK, link_in, send, words

from hub.content.model import Content, Revision
from hub.store import db
from hub.testing.fixtures import sign_in
from hub.work.jobs import run_due
from hub.work.limits import Rate
from hub.work.mail import Mail


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


def publish(app, kind, doc):
    from hub.api import items

    with app.app_context(), db.writing():
        content = items.create(kind, doc, status="published")
        items.commit()
        return content.uid


def read(app, query):
    with app.app_context():
        return db.session().execute(query).all()


def entries(app):
    from hub_suggest.models import Entry

    with app.app_context():
        return db.session().scalars(sa.select(Entry).order_by(Entry.id)).all()


def mails(app):
    with app.app_context():
        return db.session().scalars(sa.select(Mail).order_by(Mail.id)).all()


def correct(app, visitor, **typed):
    return send(visitor, f"/en/suggest/item/{app.library}/", **typed)


NEW = {
    "title__ru": "Дом на углу",
    "summary__ru": "Открыт вечерами.",
    "p__0__name": "Пермь",
    "email": "anna@example.org",
}


def new(visitor, **typed):
    return send(visitor, "/ru/suggest/new/partners/", **{**NEW, **typed})


# --- in


def test_the_guide_of_events_leads_visitors_to_the_form_without_an_account(new_hub):
    visitor = new_hub(plugins=["events", "suggest"]).test_client()
    assert 'href="/en/suggest/new/events/">Announce an event</a>' in visitor.get("/en/events/").text
    assert visitor.get("/en/suggest/new/events/").status_code == 200


def test_a_new_item_waits_without_an_author_and_is_published_by_an_editor(app, visitor, editor):
    page = new(visitor)
    assert "Спасибо" in words(page.text) and page.request.path.startswith("/ru/suggest/status/")
    [(uid, status, author, origin)] = read(
        app, sa.select(Content.uid, Content.status, Content.author_id, Content.origin).where(Content.uid != app.library)
    )
    assert (status, author, origin) == ("review", None, "suggest")
    assert visitor.get(f"/ru/partners/{uid}/").status_code == 404
    assert "Дом на углу" in words(editor.get("/desk/suggest/").text)
    [entry] = entries(app)
    answer = send(editor, f"/desk/suggest/{entry.id}/", do="all", reason="Хорошее место.")
    assert "Дом на углу" not in words(answer.text).partition("Decided")[0]
    assert "Открыт вечерами." in visitor.get(f"/ru/partners/{uid}/", follow_redirects=True).text
    told = [m for m in mails(app) if m.to == "anna@example.org"]
    assert len(told) == 2 and "Хорошее место." in told[1].text and "<html" in told[1].html
    status = visitor.get(link_in(told[1]), follow_redirects=True)
    assert "Хорошее место." in words(status.text) and "принято" in words(status.text)


def test_a_correction_waits_beside_what_is_public_and_single_fields_are_taken(app, visitor, editor):
    page = correct(app, visitor, summary__en="Books, beds and tools.", f__website="https://new.example.org", f__email="desk@example.org",
                   note="I work there.")  # fmt: skip
    assert "waiting" in words(page.text)
    assert [r.state for r in read(app, sa.select(Revision.state).where(Revision.state == "review"))] == ["review"]
    assert "Books and beds." in visitor.get(f"/en/partners/{app.library}/", follow_redirects=True).text
    [entry] = entries(app)
    assert set(entry.wish) == {"summary.en", "f.website", "f.email"}
    shown = editor.get(f"/desk/suggest/{entry.id}/").text
    assert "<ins>" in shown and "I work there." in shown
    send(
        editor,
        f"/desk/suggest/{entry.id}/",
        do="some",
        take=["summary.en", "f.email"],
        reason="The website is another project.",
    )
    public = visitor.get(f"/en/partners/{app.library}/", follow_redirects=True).text
    assert "Books, beds and tools." in public and "desk@example.org" in public and "new.example.org" not in public
    status = visitor.get(f"/en/suggest/status/{entry.uid}/").text
    assert words(status).count("taken over") == 3 and "left as it was" in words(status)  # the state and two fields
    assert "The website is another project." in words(status)
    [entry] = entries(app)
    assert entry.state == "partly" and entry.taken == ["summary.en", "f.email"]


def test_an_editor_edits_before_taking_over(app, visitor, editor):
    correct(app, visitor, summary__en="Boks and beds and tools.")
    send(editor, "/desk/suggest/1/", do="all", summary__en="Books, beds and tools.")
    assert "Books, beds and tools." in visitor.get(f"/en/partners/{app.library}/", follow_redirects=True).text


@pytest.mark.parametrize(("change", "key"), [
    ({"p__0__name": "Perm"}, "p"), ({"f__kind": "museum"}, "f.kind"), ({"f__languages": "ru, en"}, "f.languages"),
    ({"body__en": "We lend books.\r\n\r\nAnd tools."}, "body.en"), ({"f__website": ""}, "f.website"),
    ({"f__socials__0__url": "https://social.example.org/x"}, "f.socials"),
])  # fmt: skip
def test_every_sort_of_field_can_be_corrected(app, visitor, editor, change, key):
    correct(app, visitor, **change)
    [entry] = entries(app)
    assert list(entry.wish) == [key]
    answer = send(editor, "/desk/suggest/1/", do="some")
    assert answer.status_code == 200, words(answer.text)
    [entry] = entries(app)
    assert entry.state == "accepted", words(answer.text)
    page = words(visitor.get(f"/en/partners/{app.library}/", follow_redirects=True).text)
    wanted = {"p": "Perm", "f.kind": "Museum", "f.languages": "Russian, English", "body.en": "And tools."}.get(key)
    assert wanted in page if wanted else True
    with app.app_context():
        from hub.api import items

        doc = items.read(items.get("partner", app.library))
    assert ("website" not in doc["data"]) == (key == "f.website")
    assert doc["data"].get("socials") == ([{"url": "https://social.example.org/x"}] if key == "f.socials" else None)
    assert doc["texts"]["ru"]["title"] == "Зелёная библиотека" and doc["places"][0]["names"]["ru"] == "Казань"


def test_sender_and_editor_read_names_of_languages_countries_and_registers(app, visitor, editor):
    correct(app, visitor, f__languages="ru, en", p__0__country="DE",
            f__identifiers__0__register="ogrn", f__identifiers__0__number="1027700132195")  # fmt: skip
    shown = words(re.sub("</?(ins|del)>", "", editor.get("/desk/suggest/1/").text))
    assert "Russian; English" in shown and ", Germany" in shown and "1027700132195" in shown
    assert ", DE" not in shown and "ogrn" not in shown
    send(editor, "/desk/suggest/1/", do="all")
    assert "Russian; English" in words(visitor.get(f"/en/suggest/item/{app.library}/").text)


def test_words_alone_are_enough_and_nothing_at_all_is_not(app, visitor, editor):
    empty = correct(app, visitor)
    assert empty.status_code == 422 and not entries(app)
    correct(app, visitor, note="They moved to another street.")
    send(editor, "/desk/suggest/1/", do="all")
    assert entries(app)[0].state == "accepted"


def test_a_missing_language_can_be_added(app, visitor, editor):
    doc = {**LIBRARY, "texts": {"en": LIBRARY["texts"]["en"]}}
    uid = publish(app, "partner", {**doc, "texts": {"en": {**doc["texts"]["en"], "title": "Another house"}}})
    path = f"/ru/suggest/item/{uid}/?text=ru"
    send(visitor, path, title__ru="Другой дом", summary__ru="По-русски.")
    assert send(editor, "/desk/suggest/1/", do="some").status_code == 200
    assert "Другой дом" in words(visitor.get(f"/ru/partners/{uid}/", follow_redirects=True).text)


def test_faults_come_back_with_everything_typed(app, visitor):
    page = new(visitor, title__ru="", f__website="no address at all", note="Слово редактору")
    assert page.status_code == 422 and page.text.count('aria-invalid="true"') == 2
    assert "Слово редактору" in page.text and "Открыт вечерами." in page.text and not entries(app)
    for label in ("Название", "Сайт"):
        [to] = re.findall(rf'<li><a href="#([^"]+)">{label}: ', page.text)
        assert f'id="{to}"' in page.text, "a fault names its field and leads to it"


def test_a_correction_that_comes_back_shows_what_stands_there_and_what_was_changed(app, visitor):
    page = correct(app, visitor, f__website="not a site", summary__en="Books, beds and tools.").text
    part = lambda name: page[: page.index(f'name="{name}"')].rpartition("<details")[2]  # noqa: E731
    assert "Books and beds." in part("summary.en") and "Books, beds and tools." in page, "what stands there, what is wished"
    assert " open>" in part("summary.en") and " open>" in part("f.website") and " open>" not in part("f.phone")
    assert "(empty)" in part("f.phone")


def test_the_senders_address_is_not_taken_for_the_organisations(app, visitor):
    def pointed(**typed):
        page = new(visitor, **typed)
        assert page.status_code == 422
        marked = [tag for tag in re.findall(r"<input[^>]*>", page.text) if 'aria-invalid="true"' in tag]
        return re.findall(r'<li><a href="#([^"]+)"', page.text) + [re.search(r'id="([^"]+)"', tag)[1] for tag in marked]

    assert pointed(email="nonsense") == ["email", "email"]
    assert pointed(f__email="nonsense") == ["f-f-email", "f-f-email"]


def test_a_picture_comes_along_and_a_bad_one_is_named(app, visitor):
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (60, 40), "green").save(file, "JPEG")
    page = new(visitor, picture=(io.BytesIO(b"no picture"), "x.jpg"))
    assert page.status_code == 422 and not entries(app)
    new(visitor, picture=(io.BytesIO(file.getvalue()), "x.jpg"))
    [entry] = entries(app)
    with app.app_context():
        from hub.api import items

        assert items.load([entry.content_id], "ru")[0].picture.width == 60


def test_alike_titles_are_shown_before_sending(app, visitor, run_jobs):
    run_due(app)
    page = new(visitor, title__ru="Зеленая библиотека", p__0__name="Казань")
    assert "одна из" in words(page.text).lower() or "этих" in words(page.text), words(page.text)
    assert "Зелёная библиотека" in page.text and not entries(app)
    send(visitor, "/ru/suggest/new/partners/", page=page)
    assert len(entries(app)) == 1


def test_pressing_twice_makes_one(app, visitor):
    new(visitor)
    new(visitor)
    assert len(entries(app)) == 1


def test_one_key_makes_one_even_from_a_browser_that_lost_the_answer(app, visitor):
    key = "0d3e8c1e-6a52-4b9c-9d7a-3f1c55f0a9e1"
    assert "Спасибо" in words(new(visitor, once=key).text)
    again = app.test_client()  # the answer was lost, and its cookie with it
    page = new(again, once=key, title__ru="Другое имя")
    assert page.request.path.startswith("/ru/suggest/status/") and "Дом на углу" in words(page.text)
    [entry] = entries(app)
    assert entry.uid != key and key not in page.text
    stranger = new(app.test_client(), once=entry.uid, title__ru="Чужое")  # who read the uid is not the sender
    assert "Дом на углу" not in words(stranger.text) and len(entries(app)) == 2
    new(app.test_client(), once="no key", title__ru="Третий дом")
    assert len(entries(app)) == 3


# --- spam


@pytest.mark.parametrize(("typed", "doubt"), [
    ({"homepage_url": "https://spam.example"}, "trap"),
    ({"summary__ru": "http://a.example http://b.example www.c.example http://d.example"}, "links"),
])  # fmt: skip
def test_suspicious_ones_wait_apart_and_nothing_is_lost(app, visitor, editor, typed, doubt):
    page = new(visitor, **typed)
    assert "Спасибо" in words(page.text)  # a program learns nothing
    assert "есть и в письме" not in page.text, "no letter goes to whom it names"
    [entry] = entries(app)
    assert entry.state == "held" and entry.doubts == [doubt] and entry.content_id is None
    assert "Дом на углу" not in words(editor.get("/desk/suggest/").text)
    assert "Дом на углу" in words(editor.get("/desk/suggest/?tab=held").text)
    send(editor, "/desk/suggest/1/", do="release")
    [entry] = entries(app)
    assert entry.state == "waiting" and entry.content_id
    assert "Дом на углу" in words(editor.get("/desk/suggest/").text)


def test_what_is_faster_than_people_and_what_was_sent_before_is_suspicious(new_hub):
    app = new_hub(plugins=PLUGINS)
    new(app.test_client())
    new(app.test_client())
    assert [e.doubts for e in entries(app)] == [["fast"], ["fast", "double"]]


def test_a_forged_time_is_refused_with_the_text_kept(app, visitor):
    page = new(visitor, shown_at="forged")
    assert page.status_code == 422 and "Открыт вечерами." in page.text and not entries(app)


def test_rates_are_counted_by_address_and_network_and_leave_no_address(new_hub):
    app = new_hub(plugins=PLUGINS, toml=QUICK + "per_hour = 2\n")
    for n in range(2):
        assert new(app.test_client(), title__ru=f"Дом {n} на улице {n}").status_code == 200
    page = new(app.test_client(), title__ru="Третий дом")
    assert page.status_code == 429 and "Третий дом" in page.text
    assert all(len(key) == 64 for (key,) in read(app, sa.select(Rate.key)))
    for text in [*(m.text for m in mails(app)), *(str(vars(e)) for e in entries(app))]:
        assert "127.0.0.1" not in text


def test_a_flood_of_the_whole_site_is_held(new_hub):
    app = new_hub(plugins=PLUGINS, toml=QUICK + "site_per_hour = 1\n")
    new(app.test_client())
    new(app.test_client(), title__ru="Второй дом совсем иной")
    assert [e.state for e in entries(app)] == ["waiting", "held"]


def test_a_confirmed_address_where_the_site_wants_it(new_hub):
    app = new_hub(plugins=PLUGINS, toml=QUICK + "confirm = true\n")
    visitor, editor = app.test_client(), sign_in(app, "editor")
    assert new(visitor, email="").status_code == 422
    new(visitor)
    assert entries(app)[0].state == "confirm" and "Дом на углу" not in words(editor.get("/desk/suggest/").text)
    link, other = link_in(mails(app)[-1]), app.test_client()
    other.get(link, follow_redirects=True)
    assert entries(app)[0].state == "confirm", "opening a link does nothing"
    send(other, other.get(link).location, do="confirm")
    assert entries(app)[0].state == "waiting" and "Дом на углу" in words(editor.get("/desk/suggest/").text)


# --- the sender


def test_the_status_page_is_for_its_link_only(app, visitor):
    new(visitor)
    [entry] = entries(app)
    stranger = app.test_client()
    assert stranger.get(f"/ru/suggest/status/{entry.uid}/").status_code == 404
    assert stranger.get("/ru/suggest/s/forged/").status_code == 404
    link = link_in(mails(app)[0])
    answer = stranger.get(link)
    assert answer.status_code == 302 and link.split("/")[-2] not in answer.location
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert "Дом на углу" in words(stranger.get(answer.location).text)
    assert visitor.get(f"/ru/suggest/status/{entry.uid}/edit/").status_code == 200
    assert app.test_client().get(f"/ru/suggest/status/{entry.uid}/edit/").status_code == 404


def test_the_sender_goes_on_editing_what_waits(app, visitor, editor):
    new(visitor)
    uid = entries(app)[0].uid
    send(visitor, f"/ru/suggest/status/{uid}/edit/", summary__ru="Открыт утром и вечером.")
    [entry] = entries(app)
    assert entry.version == 2 and "Открыт утром" in editor.get("/desk/suggest/1/").text
    correct(app, visitor, summary__en="A first thought.")
    second = entries(app)[1]
    send(visitor, f"/en/suggest/status/{second.uid}/edit/", summary__en="A second thought.")
    second = entries(app)[1]
    assert second.wish == {"summary.en": "A second thought."}
    assert len(read(app, sa.select(Revision.id).where(Revision.state == "review"))) == 1


@pytest.mark.parametrize("rule", ["review", "publish"])
def test_the_sender_changes_the_own_published_entry_as_the_site_decides(app, visitor, editor, rule):
    if rule == "publish":
        send(sign_in(app, "admin"), "/desk/suggest/rules", changes__partner="publish")
    new(visitor)
    send(editor, "/desk/suggest/1/", do="all")
    [entry] = entries(app)
    send(visitor, f"/ru/suggest/status/{entry.uid}/edit/", summary__ru="Теперь и по утрам.")
    change = entries(app)[1]
    assert change.what == "change" and change.parent_id == entry.id
    public = visitor.get(f"/ru/partners/{entry.content_uid}/", follow_redirects=True).text
    assert ("Теперь и по утрам." in public) == (rule == "publish")
    if rule == "review":
        send(editor, f"/desk/suggest/{change.id}/", do="some")
        assert "Теперь и по утрам." in visitor.get(f"/ru/partners/{entry.content_uid}/", follow_redirects=True).text


def test_the_sender_takes_it_back_and_takes_out_the_name(app, visitor, editor):
    new(visitor, name="Анна")
    path = f"/ru/suggest/status/{entries(app)[0].uid}/"
    send(visitor, path, do="forget")
    assert (entries(app)[0].name, entries(app)[0].email) == ("", "")
    send(visitor, path, do="withdraw")
    assert entries(app)[0].state == "withdrawn"
    assert read(app, sa.select(Content.status).where(Content.origin == "suggest")) == [("trash",)]
    assert "Дом на углу" not in words(editor.get("/desk/suggest/").text)


def test_an_editor_asks_and_the_sender_answers(app, visitor, editor):
    new(visitor)
    send(editor, "/desk/suggest/1/", do="ask", reason="Где это?")
    assert "Где это?" in mails(app)[-1].text
    path = f"/ru/suggest/status/{entries(app)[0].uid}/"
    assert "Где это?" in words(visitor.get(path).text)
    send(visitor, path, do="answer", answer="На улице Мира.")
    assert "На улице Мира." in words(editor.get("/desk/suggest/1/").text)
    assert entries(app)[0].state == "waiting"


# --- who may


def test_rules_by_kind(app, visitor, editor):
    assert editor.get("/desk/suggest/rules").status_code == 403
    send(sign_in(app, "admin"), "/desk/suggest/rules", who__partner="members", who__case="nobody")
    assert visitor.get("/ru/suggest/new/partners/").status_code == 403
    assert visitor.get(f"/ru/suggest/item/{app.library}/").status_code == 403
    assert "suggest/item" not in visitor.get(f"/en/partners/{app.library}/", follow_redirects=True).text
    member = sign_in(app, "member")
    assert member.get("/ru/suggest/new/partners/").status_code == 200
    assert member.get("/ru/suggest/new/cases/").status_code == 403
    assert visitor.get("/ru/suggest/new/pages/").status_code == 403
    new(member)
    with app.app_context():
        assert db.session().scalar(sa.select(Content.author_id).where(Content.origin == "suggest"))


def test_every_item_page_leads_to_the_form_and_stays_cached(app, visitor):
    first = visitor.get(f"/en/partners/{app.library}/", follow_redirects=True)
    assert f"/en/suggest/item/{app.library}/" in first.text and first.headers["ETag"] and "csrf" not in main_of(first)


def test_add_leads_visitors_to_the_form_without_an_account(app, visitor, editor):
    """On the list and in the footer; who is signed in comes to the desk's form."""
    page, theirs = visitor.get("/ru/partners/"), editor.get("/ru/partners/")
    assert page.text.count('href="/ru/suggest/new/partners/"') == 2 and "/desk/partners/new" not in page.text
    assert visitor.get("/ru/suggest/new/partners/").status_code == 200
    assert "/desk/partners/new" in theirs.text and "/suggest/new/partners/" not in theirs.text


def main_of(page):
    return page.text[page.text.index("<main") :]


def test_hidden_fields_and_hidden_items_stay_hidden(app, visitor):
    uid = publish(
        app,
        "partner",
        {**LIBRARY, "audience": "members", "texts": {"en": {**LIBRARY["texts"]["en"], "title": "Members' house"}}},
    )
    assert visitor.get(f"/en/suggest/item/{uid}/").status_code == 404
    assert "contact_person" not in visitor.get(f"/en/suggest/item/{app.library}/").text


def test_the_desk_pages_are_for_editors(app, visitor):
    new(visitor)
    member = sign_in(app, "member")
    for path in ("", "1/", "answers", "log", "rules"):
        assert visitor.get(f"/desk/suggest/{path}").status_code == 302
        assert member.get(f"/desk/suggest/{path}").status_code == 403
    assert member.post("/desk/suggest/many", data={"do": "all", "number": 1}).status_code in (400, 403)
    assert entries(app)[0].state == "waiting"


def test_an_entry_has_one_door_for_what_is_wrong_with_it(app, new_hub):
    text = app.test_client().get(f"/en/partners/{app.library}/", follow_redirects=True).text
    assert text.count("Something wrong or missing?") == 1 and "Report a mistake" not in text
    without = new_hub(plugins=["partners"])
    uid = publish(without, "partner", LIBRARY)
    text = without.test_client().get(f"/en/partners/{uid}/", follow_redirects=True).text
    assert "Something wrong or missing?" not in text and text.count("Report a mistake") == 1


def test_a_correction_shows_dates_as_people_write_them(new_hub):
    app = new_hub(plugins=["cases", "suggest"])
    uid = publish(app, "case", {"texts": {"ru": {"title": "Скамейки"}}, "data": {"start": "2021-09-04", "end": "2022-05"}})
    text = app.test_client().get(f"/ru/suggest/item/{uid}/").text
    assert '<span class="small">4 сентября 2021</span>' in text and '<span class="small">май 2022</span>' in text
