"""A call through the public door: entered and frozen, checked, supported, judged with reasons, decided, told to every author."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from days import today
from suggesting import Fields, main

from hub.store import db
from hub.testing.fixtures import csrf
from hub.work.mail import Mail

PASSWORD = "correct horse battery"


@pytest.fixture
def app(new_hub):
    return new_hub(plugins=["partners", "cases", "calls", "people"], languages=["en", "ru"])


def someone(app, name, role="member"):
    """A browser of somebody who is signed in."""
    from hub.api import accounts

    with app.app_context(), db.writing():
        if accounts.find_user(db.session(), f"{name}@example.org") is None:
            accounts.add_user(db.session(), f"{name}@example.org", PASSWORD, role, name.title())
            db.session().commit()
    client = app.test_client()
    client.post("/account/login", data={"email": f"{name}@example.org", "password": PASSWORD, "csrf_token": csrf(client.get("/account/login").text)})
    return client


def publish(app, kind, title, data=None, author="", status="published", **more):
    from hub.api import accounts, items

    texts = {"en": {"title": title, "summary": f"{title}, in short.", "body": "", "fields": {}}}
    with app.app_context(), db.writing():
        who = accounts.find_user(db.session(), f"{author}@example.org") if author else None
        doc = {"texts": texts, "data": data or {}, "links": {}, "topics": [], "places": [], **more}
        uid = items.create(kind, doc, author_id=who.id if who else None, status=status).uid
        items.commit()
        return uid


def call(app, **data):
    day = today()
    dates = {"opens": f"{day - dt.timedelta(days=3)} 09:00", "closes": f"{day + dt.timedelta(days=3)} 18:00"}
    criteria = [{"name": "Novelty", "points": 10}, {"name": "Reach", "points": 5}]
    return publish(app, "call", "Best yard", {**dates, "criteria": criteria, "categories": [{"name": "Small towns"}], **data})


def send(client, path, to="", **typed):
    """The forms of a page, filled in and sent."""
    page = client.get(path)
    assert page.status_code == 200, (path, page.status)
    data = {**{k: v for k, v in Fields(main(page.text)).values.items() if k == "csrf_token" or not to}, **typed}
    return client.post(to or path, data=data, follow_redirects=True)


def enter(client, uid, case, **typed):
    return send(client, f"/en/calls/enter/{uid}/", case=case, category="Small towns", right="on", **typed)


def go(editor, uid, stage, **typed):
    run = f"/desk/calls/run/{uid}/"
    return send(editor, run, to=run, stage=stage, **typed)


def numbers(app):
    with app.app_context():
        rows = db.session().execute(sa.text("SELECT id, document FROM calls_entry ORDER BY id"))
        return {re.search(r'"title": "([^"]+)"', row.document)[1]: row.id for row in rows}


def letters(app, name):
    with app.app_context():
        return db.session().scalars(sa.select(Mail).where(Mail.to == f"{name}@example.org").order_by(Mail.id)).all()


def test_a_call_from_the_first_entry_to_the_last_letter(app):
    editor, anna, boris, juror = (someone(app, n, r) for n, r in (("ed", "editor"), ("anna", "member"), ("boris", "member"), ("judge", "member")))
    uid = call(app, most=1)
    benches = publish(app, "case", "Benches", author="anna")
    swings = publish(app, "case", "Swings", author="boris")
    paint = publish(app, "case", "Paint", author="boris", status="draft")
    page = app.test_client().get(f"/en/calls/{uid}/", follow_redirects=True).text
    assert f"/en/calls/enter/{uid}/" in page and "csrf_token" not in main(page)
    assert app.test_client().get(f"/en/calls/enter/{uid}/").status_code == 302, "an account is needed"
    assert "Swings" not in anna.get(f"/en/calls/enter/{uid}/").text, "one's own only"
    wrong = send(anna, f"/en/calls/enter/{uid}/", case=swings)
    assert wrong.status_code == 422 and "Choose one of your practices." in wrong.text and "Choose a category." in wrong.text
    assert "It is sent in" in enter(anna, uid, benches, note="Please").text
    enter(boris, uid, swings)
    enter(boris, uid, paint)
    number = numbers(app)
    with app.app_context(), db.writing():
        from hub.api import items

        content = items.get("case", benches)
        doc = items.read(content)
        doc["texts"]["en"]["summary"] = "Rewritten after the fact."
        items.save(content, doc, publish=True)
        items.commit()
    entry = f"/en/calls/entry/{number['Benches']}/"
    assert "Benches, in short." in anna.get(entry).text and "Rewritten" not in anna.get(entry).text, "it is frozen"
    assert boris.get(entry).status_code == 404 and app.test_client().get(entry).status_code == 404

    go(editor, uid, "check")
    run = f"/desk/calls/run/{uid}/"
    assert "Entries are not taken" in anna.get(f"/en/calls/enter/{uid}/").text
    assert "Write what is missing" in send(editor, run, to=f"/desk/calls/entry/{number['Paint']}", do="refuse").text
    send(editor, run, to=f"/desk/calls/entry/{number['Paint']}", do="refuse", reason="No dates in it.")
    assert "No dates in it." in letters(app, "boris")[-1].text and letters(app, "boris")[-1].html
    for name in ("Benches", "Swings"):
        send(editor, run, to=f"/desk/calls/entry/{number[name]}", do="accept")
    assert anna.post(f"/desk/calls/entry/{number['Swings']}", data={"do": "accept"}).status_code in (400, 403)

    go(editor, uid, "public")
    visitor = app.test_client()
    assert "Benches, in short." in visitor.get(entry).text and visitor.get(f"/en/calls/entry/{number['Paint']}/").status_code == 404
    assert visitor.get("/en/calls.json?stage=public").get_json()["total"] == 1
    send(boris, entry, do="support")
    send(boris, entry, do="support")
    send(boris, entry, do="comment", text="How long did it take? <script>")
    assert "How long did it take? &lt;script&gt;" in visitor.get(entry).text
    assert "1 support" in visitor.get(f"/en/calls/{uid}/", follow_redirects=True).text

    send(editor, run, to=run, email="judge@example.org")
    assert "not made yet" in juror.get(f"/en/calls/jury/{uid}/").text
    go(editor, uid, "jury")
    listed = juror.get(f"/en/calls/jury/{uid}/").text
    assert "Benches" in listed and "Swings" not in listed, "one goes on, the most supported"
    assert "are over" in send(anna, "/en/calls/mine/", to=entry, do="comment", text="Late").text
    sheet = f"/en/calls/sheet/{number['Benches']}/"
    assert anna.get(sheet).status_code == 404
    typed = {"points.0": "11", "reason.0": "Never seen before.", "points.1": "4", "do": "done"}
    faulty = send(juror, sheet, **typed)
    assert faulty.status_code == 422 and "A whole number from 0 to 10." in faulty.text and "Never seen before." in faulty.text and "Write why" in faulty.text
    assert "not handed in yet" in send(juror, sheet, **{**typed, "points.0": "8", "do": "save"}).text
    faulty = send(juror, sheet, **{**typed, "reason.0": "Seen nowhere else."}, words="Do go on.")
    assert faulty.status_code == 422 and "Seen nowhere else." in faulty.text and "Do go on." in faulty.text, "nothing typed is lost"
    assert "Handed in." in send(juror, sheet, **{**typed, "points.0": "9", "reason.1": "Three yards."}, words="Go on.").text
    assert "13" in editor.get(run).text and "Never seen before." in editor.get(run).text
    send(editor, run, to=f"/desk/calls/entry/{number['Benches']}", do="result", result="winner", words="For patience", feedback="Come to the party.")
    assert "For patience" not in visitor.get(f"/en/cases/{benches}/", follow_redirects=True).text, "not before it is decided"
    before = len(letters(app, "anna"))
    go(editor, uid, "decided")
    go(editor, uid, "decided")
    [won] = letters(app, "anna")[before:]
    assert "has won" in won.text and "Never seen before." in won.text and "Come to the party." in won.text and "judge" not in won.text.lower()
    assert "not among the winners" in letters(app, "boris")[-1].text, "every author hears"
    assert {letter.text.partition("\n")[0] for letter in letters(app, "boris")} == {"Hello, Boris."}
    assert "For patience" in visitor.get(f"/en/cases/{benches}/", follow_redirects=True).text
    assert "Three yards." in anna.get("/en/calls/mine/").text


def test_supports_are_limited_and_ties_go_on_together(app):
    editor, anna, boris = (someone(app, n, r) for n, r in (("ed", "editor"), ("anna", "member"), ("boris", "member")))
    uid = call(app, supports=2, most=2, categories=[])
    for n in range(4):
        case = publish(app, "case", f"Case {n}", author="anna")
        send(anna, f"/en/calls/enter/{uid}/", case=case, right="on")
    run = f"/desk/calls/run/{uid}/"
    for number in numbers(app).values():
        send(editor, run, to=f"/desk/calls/entry/{number}", do="accept")
    go(editor, uid, "public")
    first, second, third, _fourth = numbers(app).values()
    for number in (first, second):
        assert "left" in send(boris, f"/en/calls/entry/{number}/", do="support").text
    full = send(boris, f"/en/calls/entry/{third}/", do="support")
    assert full.status_code == 409 and "Take one back" in full.text
    send(editor, f"/en/calls/entry/{third}/", do="support")
    go(editor, uid, "jury")
    with app.app_context():
        states = dict(db.session().execute(sa.text("SELECT id, state FROM calls_entry")).all())
    assert [states[n] for n in numbers(app).values()] == ["shortlisted"] * 3 + ["accepted"], "a tie at the edge is no draw of lots"
    go(editor, uid, "public")
    send(boris, f"/en/calls/entry/{first}/", do="unsupport")
    assert "Support it" in boris.get(f"/en/calls/entry/{first}/").text
    send(anna, "/en/calls/mine/", to=f"/en/calls/mine/{second}", sure="on")
    assert app.test_client().get(f"/en/calls/entry/{second}/").status_code == 404, "taken back"


def test_a_conflict_of_interest_judges_nothing_and_time_opens_and_closes(app):
    day = today()
    early = call(app, opens=f"{day + dt.timedelta(days=1)} 09:00", closes=f"{day + dt.timedelta(days=2)} 09:00")
    late = call(app, opens=f"{day - dt.timedelta(days=9)} 09:00", closes=f"{day - dt.timedelta(days=1)} 09:00")
    visitor = app.test_client()
    assert "from the day above" in visitor.get(f"/en/calls/{early}/", follow_redirects=True).text
    assert "closed and being checked" in visitor.get(f"/en/calls/{late}/", follow_redirects=True).text
    from hub_calls.keeping import mean
    from hub_calls.models import Sheet

    editor, anna = someone(app, "ed", "editor"), someone(app, "anna")
    uid = call(app)
    for title, author in (("Mine", "anna"), ("Not mine", "boris")):
        enter(someone(app, author), uid, publish(app, "case", title, author=author))
    run = f"/desk/calls/run/{uid}/"
    for number in numbers(app).values():
        send(editor, run, to=f"/desk/calls/entry/{number}", do="accept")
    send(editor, run, to=run, email="anna@example.org")
    go(editor, uid, "jury")
    listed = main(anna.get(f"/en/calls/jury/{uid}/").text)
    assert "Not mine" in listed and ">Mine<" not in listed, "nobody judges their own entry"
    assert anna.get(f"/en/calls/sheet/{numbers(app)['Mine']}/").status_code == 404
    assert anna.get(f"/en/calls/sheet/{numbers(app)['Not mine']}/").status_code == 200

    judged = Sheet(points={"0": 7, "1": 2}, conflict=False)
    assert mean([judged, Sheet(points={}, conflict=True)]) == 9 and mean([Sheet(points={}, conflict=True)]) is None


def test_categories_and_criteria_have_a_name_in_each_language(app):
    editor, anna, juror = someone(app, "ed", "editor"), someone(app, "anna"), someone(app, "judge")
    uid = call(app, categories=[{"name": "Small towns"}])
    form = f"/desk/calls/{uid}/"
    page = editor.get(form).text
    assert "Name (English)" in page and "Name (русский)" in page
    named = {"f.categories.0.name_ru": "Малые города", "f.criteria.0.name_ru": "Новизна", "f.criteria.1.name_ru": ""}
    values = Fields(main(page)).values
    editor.post(form, data={**values, **named, "do": "publish"})
    public = [app.test_client().get(f"/{code}/calls/{uid}/", follow_redirects=True).text for code in ("en", "ru")]
    assert "Small towns" in public[0] and "Малые города" not in public[0] and "Novelty: up to 10 points" in public[0]
    assert "Малые города" in public[1] and "Small towns" not in public[1] and "Новизна: максимум 10 баллов" in public[1]
    assert "Reach: максимум 5 баллов" in public[1], "what has no name in a language has the main one"
    benches = publish(app, "case", "Benches", author="anna")
    assert "Малые города" in anna.get(f"/ru/calls/enter/{uid}/").text
    enter(anna, uid, benches)
    [number] = numbers(app).values()
    run = f"/desk/calls/run/{uid}/"
    send(editor, run, to=f"/desk/calls/entry/{number}", do="accept")
    send(editor, run, to=run, email="judge@example.org")
    go(editor, uid, "jury")
    assert "Малые города" in anna.get(f"/ru/calls/entry/{number}/").text and "Small towns" in anna.get(f"/en/calls/entry/{number}/").text
    assert "Новизна" in juror.get(f"/ru/calls/sheet/{number}/").text and "Novelty" in juror.get(f"/en/calls/sheet/{number}/").text
    send(juror, f"/en/calls/sheet/{number}/", **{"points.0": "9", "reason.0": "New.", "points.1": "4", "reason.1": "Far."}, do="done")
    go(editor, uid, "decided", sure="on")
    assert 'href="/ru/calls/mine/"' in anna.get("/account/", headers={"Accept-Language": "ru"}).text
    assert "Новизна" in anna.get("/ru/calls/mine/").text and "Novelty" in anna.get("/en/calls/mine/").text
    exported = app.test_client().get("/en/calls.json").get_json()
    row = app.test_client().get(exported["items"][0]["url"].rstrip("/") + ".json").get_json()
    assert {"name": "Small towns", "name_ru": "Малые города"} in row["fields"]["categories"]


def test_how_entries_go_on_is_said_in_sentences(app):
    uid, open_to_all = call(app, supports=3, most=8, share=50), call(app)
    read = lambda at: re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main(app.test_client().get(at, follow_redirects=True).text)))  # noqa: E731
    said = read(f"/en/calls/{uid}/")
    assert "Each member may support 3 entries. The most supported go on to the jury, 8 of them at most. Of fewer than 16 entries, 50 in a hundred go on." in said
    assert "that each member may give" not in said and "per cent" not in said, "what the form asks is not a fact"
    assert "К жюри проходят самые поддержанные, не больше 8. Если заявок меньше 16, из каждых ста проходят 50." in read(f"/ru/calls/{uid}/")
    assert "Each member may support 5 entries. All that pass the formal check go on to the jury." in read(f"/en/calls/{open_to_all}/")


def test_the_demo_speaks_the_languages_of_the_site(new_hub):
    from hub.content import seeding

    app = new_hub(plugins=["partners", "cases", "calls"], languages=["ru", "en"])
    with app.app_context(), db.writing():
        first, again = seeding.load_demo(db.session()), seeding.load_demo(db.session())
    assert not first.problems and (again.created, again.updated) == (0, 0)
    [decided] = app.test_client().get("/ru/calls.json?stage=decided").get_json()["items"]
    pages = [app.test_client().get(decided["url"].replace("/ru/", f"/{code}/"), follow_redirects=True).text for code in ("ru", "en")]
    assert "Зелёное место" in pages[0] and "Green place" not in pages[0] and "победитель" in pages[0]
    detail = app.test_client().get(decided["url"].rstrip("/") + ".json").get_json()
    assert detail["fields"]["categories"][0] == {"name": "Зелёное место", "name_en": "Green place"}


def test_ones_entries_are_a_link_in_the_language_that_one_reads(app):
    anna = someone(app, "anna")
    anna.get("/account/?lang=ru")
    assert 'href="/ru/calls/mine/"' in anna.get("/account/").text
