"""People whose data an entry shows: they agree and take it back by a link; then it is in no shape of it, and stays out."""

import io
import re

import pytest
import sqlalchemy as sa
from making import change, content, make, work

from hub.store import db
from hub.testing.fixtures import csrf, sign_in

NAME, PHONE = "Vera Testova-Petrova", "+7 900 111-22-33"
NAME_RU = "Вера Тестова-Петрова"


@pytest.fixture(scope="module")
def app(hub_instances):
    from hub.app import create_app
    from hub.store.db import engine
    from hub.work.jobs import run_due

    made = create_app(hub_instances.make(["partners", "cases", "editor", "greenmap", "search", "look"]), strict=True)
    made.testing = True
    run_due(made)
    yield made
    with made.app_context():
        engine().dispose()


@pytest.fixture
def house(app):
    """A published organisation that shows a person: name in the text, phone, contact person, picture; an archived one."""
    from PIL import Image

    texts = {"en": "House of seeds", "ru": "Дом семян"}
    bodies = {"en": f"Ask {NAME} on Fridays.", "ru": f"Спросите: {NAME_RU}, по пятницам."}
    uid = make(app, "partner", texts, body=bodies, summary={"en": f"{NAME} keeps the keys.", "ru": f"Ключи: {NAME_RU}."},
               data={"phone": PHONE, "contact_person": NAME}, places=[{"lat": 58.0, "lon": 56.2, "names": {"en": f"At {NAME}"}}])  # fmt: skip
    change(app, uid, lambda doc: doc["texts"]["en"].update(title="House of all seeds"))
    out = io.BytesIO()
    Image.new("RGB", (30, 30), "green").save(out, "PNG")
    with work(app):
        from hub.api import items

        name = items.attach_picture(
            content(db.session(), uid), out.getvalue(), alt={"en": f"{NAME} at the door"}, credit=""
        ).name
    return uid, name


def shapes(app, uid, picture):
    """Every shape of the entry: address → what it answers, to whoever may see most."""
    visitor, editor = app.test_client(), sign_in(app, "editor")
    slug = visitor.get(f"/api/v1/partners/{uid}").json["url"].rstrip("/").rsplit("/", 1)[1]
    found = {}
    for lang in ("en", "ru"):
        own = re.search(rf"/{lang}/partners/([\w-]+)/", visitor.get(f"/{lang}/partners/").text)
        for path in (
            f"/{lang}/", f"/{lang}/partners/", f"/{lang}/partners/{own.group(1) if own else slug}/", f"/{lang}/partners/embed", f"/{lang}/map/",
            *(f"/{lang}/partners.{end}?limit=50" for end in ("json", "csv", "geojson", "atom", "rss", "feed.json", "kml", "gpx")),
            f"/{lang}/partners/{own.group(1) if own else slug}.json", f"/{lang}/feed.atom", f"/{lang}/map.geojson",
            f"/{lang}/search/?q=Testova-Petrova", f"/{lang}/search.json?q=Testova-Petrova", f"/{lang}/search/?q=Тестова-Петрова",
        ):  # fmt: skip
            found[path] = visitor.get(path).text
        book = visitor.get(f"/{lang}/partners.xlsx").data
        found[f"/{lang}/partners.xlsx"] = cells(book)
    found["/feed.json"] = visitor.get("/feed.json").text
    found["/api/v1/partners"] = visitor.get("/api/v1/partners").text
    found["/api/v1/partners/UID"] = visitor.get(f"/api/v1/partners/{uid}").text
    for path in (f"/desk/partners/{uid}/?form=full", f"/desk/partners/{uid}/?language=ru&form=full", f"/desk/partners/{uid}/preview",
                 f"/desk/editor/partner/{uid}/history", "/desk/partners/", f"/desk/privacy/named/partner/{uid}/"):  # fmt: skip
        found[path] = editor.get(path).text
    found["/media"] = "there" if visitor.get(f"/media/{picture}").status_code == 200 else ""
    return found


def cells(book):
    from openpyxl import load_workbook

    return " ".join(
        str(cell) for row in load_workbook(io.BytesIO(book)).active.iter_rows(values_only=True) for cell in row
    )


def traces(found):
    """Which shapes show the person."""
    signs = (NAME, NAME_RU, PHONE, "Testova-Petrova</mark>")
    return {
        path
        for path, text in found.items()
        if any(sign in text.replace("\xa0", " ") for sign in signs) or text == "there"
    }


def note(editor, uid, **form):
    page = editor.get(f"/desk/privacy/named/partner/{uid}/").text
    data = {
        "csrf_token": csrf(page),
        "words": f"{NAME}\n{NAME_RU}\n{PHONE}",
        "picture": "yes",
        "language": "ru",
        **form,
    }
    return editor.post(f"/desk/privacy/named/partner/{uid}/", data=data, follow_redirects=True)


def letters(app):
    with app.app_context():
        from hub.work.mail import Mail

        return list(db.session().scalars(sa.select(Mail).order_by(Mail.id)))


def test_taken_back_is_in_no_shape_before_it_is_in_many(app, house):
    from hub.content import changes

    uid, picture = house
    editor, visitor = sign_in(app, "editor"), app.test_client()
    assert "without consent" in editor.get(f"/desk/partners/{uid}/").text, "the form says that nobody has agreed"
    note(editor, uid, email="vera@example.org")
    letter = letters(app)[-1]
    assert letter.to == "vera@example.org" and NAME in letter.text and letter.html and "Дом семян" in letter.text
    path = re.search(r"/ru/privacy/named/\S+", letter.text).group()
    page = visitor.get(path)
    assert PHONE in page.text and "Согласие на распространение" in page.text
    visitor.post(path, data={"csrf_token": csrf(page.text), "do": "agree"})
    assert "Вы согласились" in visitor.get(path).text
    noted = editor.get(f"/desk/privacy/named/partner/{uid}/").text
    assert (
        "agreed" in noted
        and "/ru/privacy/named/" in noted
        and "without consent" not in editor.get(f"/desk/partners/{uid}/").text
    )

    with app.app_context():
        changes.run_readers()
    change(app, uid, lambda doc: doc["texts"]["en"].update(summary=f"{NAME} draft."), publish=False)
    found = shapes(app, uid, picture)
    before = traces(found)
    assert (
        len(before) > 25
        and {"/media", "/en/search/?q=Testova-Petrova", "/api/v1/partners", "/en/partners.kml?limit=50"} <= before
    )
    visitor.post(path, data={"csrf_token": csrf(visitor.get(path).text), "do": "withdraw"})
    with app.app_context():
        changes.run_readers()
    found = shapes(app, uid, picture)
    assert not traces(found)
    assert "House of all seeds" in found["/en/partners/"] and "[имя удалено]" in found["/api/v1/partners/UID"]
    assert (
        'value="[name removed] draft."' in editor.get(f"/desk/partners/{uid}/").text
        or "[name removed] draft." in editor.get(f"/desk/partners/{uid}/").text
    ), "an editor's unfinished work is still there"
    assert "taken out" in visitor.get(path.replace("/ru/", "/en/", 1)).text
    with app.app_context():
        rows = str(db.session().execute(sa.text("select words, email from privacy_named")).all()) + str(
            db.session().execute(sa.text("select document from revision")).all()
        )
    assert NAME not in rows and "vera@" not in rows and "Тестова" not in rows

    change(app, uid, lambda doc: doc["data"].update(contact_person=NAME, phone=PHONE))  # an import, an old copy
    with app.app_context():
        changes.run_readers()
        assert content(db.session(), uid).data == {}, "what was taken back is kept out"


def test_archived_entries_and_paper(app, house):
    uid, picture = house
    editor, visitor = sign_in(app, "editor"), app.test_client()
    with work(app) as session:
        from hub.content import workflow

        workflow.move(session, content(session, uid), "archive")
    page = note(editor, uid, paper="on paper, 3 March 2027", email="").text
    assert "on paper, 3 March 2027" in page and not [m for m in letters(app) if m.to == ""]
    address = visitor.get(f"/api/v1/partners/{uid}").json["url"].replace("http://localhost:8000", "")
    assert NAME in visitor.get(address).text
    number = re.search(r'name="number" value="(\d+)"', page).group(1)
    editor.post(f"/desk/privacy/named/partner/{uid}/", data={"csrf_token": csrf(page), "number": number})
    shown = visitor.get(address)
    assert shown.status_code == 200 and NAME not in shown.text and PHONE not in shown.text
    with app.app_context():
        assert content(db.session(), uid).status == "archived"
    assert visitor.get(f"/media/{picture}").status_code == 404


def test_the_form_says_what_is_missing_and_strangers_see_nothing(app, house):
    uid, _ = house
    editor, visitor = sign_in(app, "editor"), app.test_client()
    answer = note(editor, uid, words="", picture="", email="")
    assert answer.status_code == 200 or answer.status_code == 422
    page = editor.get(f"/desk/privacy/named/partner/{uid}/").text
    data = {"csrf_token": csrf(page), "words": "ab", "email": "nonsense"}
    answer = editor.post(f"/desk/privacy/named/partner/{uid}/", data=data)
    assert (
        answer.status_code == 422
        and "Three letters at least" in answer.text
        and "name@example.org" in answer.text
        and 'value="nonsense"' in answer.text
    )
    answer = editor.post(f"/desk/privacy/named/partner/{uid}/", data={"csrf_token": csrf(page), "words": NAME})
    assert "how they have agreed already" in answer.text
    assert visitor.get("/en/privacy/named/forged").status_code == 404
    assert sign_in(app, "member").get(f"/desk/privacy/named/partner/{uid}/").status_code == 403
    assert editor.get("/desk/privacy/named/partner/nowhere/").status_code == 404


def test_an_account_that_leaves_takes_its_name_out_of_entries(app, house):
    from hub_privacy import person

    from hub.people import accounts

    uid, _ = house
    note(sign_in(app, "editor"), uid, email="member@example.org", paper="by telephone")
    sign_in(app, "member")
    with work(app) as session:
        user = accounts.find_user(session, "member@example.org")
        copied = person.copy(user)
        person.forget(user)
    assert len(copied) > 100 and NAME not in app.test_client().get(f"/api/v1/partners/{uid}").text
