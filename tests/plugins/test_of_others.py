"""What belongs to somebody else, or is for others to decide, stays so: numbers that are given again, doors beside the usual one."""

import csv
import io
import re
import zipfile

import pytest
import sqlalchemy as sa
from eventing import hours, mails, make

from hub.content.model import Content
from hub.people.accounts import User
from hub.store import db
from hub.testing.fixtures import csrf, sign_in


def post(browser, path, page="", /, **data):
    """Send a form; `__` in a name stands for a point."""
    data = {name.replace("__", "."): value for name, value in data.items()}
    return browser.post(path, data={"csrf_token": csrf(browser.get(page or path).text), **data}, follow_redirects=True)


def own_draft(app, member, **data):
    """A draft of an event that a member has written."""
    given = {"title__en": "Own draft", "f__starts": hours(24), "f__ends": hours(26), "f__format": "lecture", "form": "full", **data}
    answer = post(member, "/desk/events/new", language="en", do="save", **given)
    return re.search(r"/desk/events/([\w-]{36})/", answer.request.path)[1]


# -- numbers that are given again ---------------------------------------------------------------------------------------------


def test_the_link_of_a_deleted_claim_opens_no_later_one(new_hub):
    from hub_claims.models import Claim

    app = new_hub(plugins=["partners", "claims", "people"])
    with app.app_context(), db.writing():
        from hub.api import items

        data = {"website": "https://library.example.org"}
        uid = items.create("partner", {"texts": {"en": {"title": "Library"}}, "data": data}, status="published").uid
        items.commit()
    stranger = app.test_client()
    post(stranger, f"/en/claims/{uid}/", email="stranger@elsewhere.example", way="editor", note="Me.")
    path = re.search(r"https?://[^/]+(/en/claims/c/\S+)", mails(app)[-1].text)[1]
    with app.app_context(), db.writing():  # the daily job, a fortnight later
        number = db.session().scalar(sa.select(Claim.id))
        db.session().execute(sa.delete(Claim))
        db.session().commit()
    post(stranger, f"/en/claims/{uid}/", email="director@library.example.org")
    with app.app_context(), db.writing():  # other databases give no number twice; by whatever way it happens
        db.session().execute(sa.update(Claim).values(id=number))
        db.session().commit()
    assert stranger.get(path).status_code == 404
    assert post(stranger, path, f"/en/claims/{uid}/").status_code == 404
    with app.app_context():
        assert db.session().scalar(sa.select(User).where(User.email == "director@library.example.org")) is None
    right = re.search(r"https?://[^/]+(/en/claims/c/\S+)", mails(app)[-1].text)[1]
    assert right != path and stranger.get(right).status_code == 200


def test_a_browser_keeps_no_door_to_a_later_suggestion(new_hub):
    from hub_suggest.models import Entry

    app = new_hub(plugins=["partners", "suggest"])
    first, second = app.test_client(), app.test_client()

    def suggest(browser, title):
        page = browser.get("/en/suggest/new/partners/").text
        shown = {name: re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)[1] for name in ("shown", "shown_at")}
        typed = {"title.en": title, "summary.en": f"{title} is here.", "f.kind": "library", "email": "a@example.org", "another": "1"}
        assert browser.post("/en/suggest/new/partners/", data={"csrf_token": csrf(page), **shown, **typed}).status_code == 302

    suggest(first, "Mine")
    assert "Mine" in first.get("/en/suggest/").text
    with app.app_context(), db.writing():
        number = db.session().scalar(sa.select(Entry.id))
        db.session().execute(sa.delete(Entry))
        db.session().commit()
    suggest(second, "Somebody else’s")
    with app.app_context(), db.writing():
        db.session().execute(sa.update(Entry).values(id=number))
        db.session().commit()
        uid = db.session().scalar(sa.select(Entry.uid))
    assert "Somebody else" in second.get("/en/suggest/").text and "Somebody else" not in first.get("/en/suggest/").text
    assert second.get(f"/en/suggest/status/{uid}/").status_code == 200 and first.get(f"/en/suggest/status/{uid}/").status_code == 404


def test_the_address_of_a_calendar_is_of_one_account_and_of_no_later_one(new_hub):
    """What is signed names an account by its number, which is given once."""
    app = new_hub(plugins=["events"])
    uid = make(app, "Talk", plan={"capacity": 5, "quotas": [], "questions": []})
    member = sign_in(app, "member")
    post(member, f"/en/events/register/{uid}/", name="Anna", consent="1")
    path = re.search(r"/en/events/mine/([\w.-]+)\.ics", member.get("/en/events/mine/").text)[0]
    stranger = app.test_client()
    assert "SUMMARY:Talk" in stranger.get(path).text
    with app.app_context(), db.writing():
        newest = db.session().scalar(sa.select(User).order_by(User.id.desc()).limit(1))
        gone = newest.id
        assert newest.email == "member@example.org"
        db.session().delete(newest)
        db.session().commit()
    assert stranger.get(path).status_code == 404
    sign_in(app, "editor")
    with app.app_context():
        assert db.session().scalar(sa.select(sa.func.min(User.id)).where(User.id >= gone)) > gone
    assert stranger.get(path).status_code == stranger.get("/en/events/mine/nonsense.ics").status_code == 404


# -- doors beside the usual one -----------------------------------------------------------------------------------------------


def test_kept_text_makes_nothing_that_its_writer_may_not_make(new_hub):
    app = new_hub(plugins=["labs", "events", "editor"])
    member, editor = sign_in(app, "member"), sign_in(app, "editor")
    for kind, path in (("page", "pages"), ("lab", "labs")):
        assert member.get(f"/desk/{path}/new").status_code == 403
        typed = {"csrf_token": csrf(member.get("/desk/events/new").text), "title.en": "Smuggled", "language": "en", "form": "full"}
        assert member.post(f"/desk/editor/{kind}/keep", data=typed).status_code == 403
        assert member.post(f"/desk/editor/{kind}/kept", data={**typed, "do": "take"}).status_code == 403
    with app.app_context():
        assert db.session().scalar(sa.select(sa.func.count()).select_from(Content).where(Content.kind.in_(("page", "lab")),
                                                                                        Content.author_id.is_not(None))) == 0  # fmt: skip
    assert "not saved yet" in editor.post("/desk/editor/page/keep", data={
        "csrf_token": csrf(editor.get("/desk/pages/new").text), "title.en": "Mine", "language": "en", "form": "full"}).json["kept"]  # fmt: skip


def test_the_table_of_a_programme_offers_no_event_that_its_organiser_may_not_read(new_hub):
    from hub_events.models import Session

    app = new_hub(plugins=["events"])
    hidden, open_one = make(app, "Hidden jury day"), make(app, "Open day")
    with app.app_context(), db.writing():
        from hub.api import items, now

        items.create("event", {"texts": {"en": {"title": "Unannounced"}}, "data": {"starts": hours(9), "ends": hours(10)}})
        for uid, title in ((hidden, "Who judges whom"), (open_one, "Who speaks")):
            content = items.get("event", uid)
            content.audience = "editors" if uid == hidden else "public"
            db.session().add(Session(content_id=content.id, texts={"en": {"title": title}}, starts_at=now(), ends_at=now()))
        items.commit()
    member = sign_in(app, "member")
    path = f"/desk/events/{own_draft(app, member)}/programme/"
    page = member.get(path).text
    assert "Open day" in page and "Hidden jury day" not in page and "Unannounced" not in page
    assert "Who judges whom" not in post(member, path, do="copy", source=hidden).text
    assert "Who speaks" in post(member, path, do="copy", source=open_one).text
    editor = sign_in(app, "editor")
    page = editor.get(path).text
    assert "Hidden jury day" in page and "Who judges whom" in post(editor, path, do="copy", source=hidden).text


def test_versions_name_no_entry_that_their_reader_may_not_read(new_hub):
    app = new_hub(plugins=["cases", "partners", "editor"])
    member, editor = sign_in(app, "member"), sign_in(app, "editor")
    with app.app_context(), db.writing():
        from hub.api import items

        author = db.session().scalar(sa.select(User.id).where(User.email == "member@example.org"))
        ends = [items.create("partner", {"texts": {"en": {"title": title}}, "audience": audience}, status="published").uid
                for title, audience in (("Secret sponsor", "editors"), ("Known house", "public"))]  # fmt: skip
        case = items.create("case", {"texts": {"en": {"title": "Lamps"}}}, author_id=author)
        items.commit()
        items.save(case, {**items.read(case), "links": {"holder": ends}}, author_id=author)
        items.commit()
        path = f"/desk/editor/case/{case.uid}/history"
    page = member.get(path).text
    assert "Known house" in page and "Secret sponsor" not in page and "Secret sponsor" in editor.get(path).text


def test_a_draft_sends_no_letters_to_whomever_its_author_writes_down(new_hub):
    app = new_hub(plugins=["events"])
    member, editor = sign_in(app, "member"), sign_in(app, "editor")
    uid = own_draft(app, member)
    path, told = f"/desk/events/{uid}/people/", len(mails(app))
    answer = post(member, path, do="add", name="Buy my pills", email="victim@elsewhere.example")
    assert answer.status_code == 422 and "Nobody is written to before" in answer.text and "Buy my pills" in answer.text
    assert post(member, path, do="add", name="On the telephone").status_code == 200
    assert "Nobody would get this letter" in post(member, f"/desk/events/{uid}/letter/", do="send", whom="placed", subject="S", text="T").text
    assert len(mails(app)) == told
    assert post(editor, path, do="add", name="Guest", email="guest@elsewhere.example").status_code == 200
    assert [mail.to for mail in mails(app)[told:]] == ["guest@elsewhere.example"]


def bomb(megabytes):
    """A workbook of few bytes whose texts unpack to many."""
    from openpyxl import Workbook

    plain, out = io.BytesIO(), io.BytesIO()
    book = Workbook()
    book.active.append(["Title", "Day"])
    book.save(plain)
    with zipfile.ZipFile(plain) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        kind = b'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"'
        for part in given.infolist():
            body = given.read(part)
            if part.filename == "[Content_Types].xml" and b"sharedStrings" not in body:
                body = body.replace(b"</Types>", b'<Override PartName="/xl/sharedStrings.xml" ' + kind + b"/></Types>")
            if not part.filename.endswith("sharedStrings.xml"):
                made.writestr(part.filename, body)
        with made.open("xl/sharedStrings.xml", "w") as texts:
            texts.write(b'<?xml version="1.0"?><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">')
            for _ in range(megabytes):
                texts.write((b"<si><t>" + b"a" * 1000 + b"</t></si>") * 1000)
            texts.write(b"</sst>")
    return out.getvalue()


@pytest.fixture
def usual_cells():
    """The length of a CSV cell that Python takes by itself, whatever a plugin of an earlier test has set."""
    before = csv.field_size_limit(131_072)
    yield
    csv.field_size_limit(before)


def test_tables_that_are_bombs_or_broken_are_refused_with_a_sentence(new_hub, usual_cells):
    app = new_hub(plugins=["events"])
    member = sign_in(app, "member")
    path = f"/desk/events/{own_draft(app, member)}/programme/"
    for name, data, said in (
        ("bomb.xlsx", bomb(60), "cannot be read as an XLSX table"), ("cut.xlsx", bomb(1)[:400], "cannot be read as an XLSX table"),
        ("wide.csv", b"Title,Day\n" + b"x" * 200_000 + b",2027-02-10\n", "far too long"),
    ):  # fmt: skip
        answer = post(member, path, do="fill", file=(io.BytesIO(data), name))
        assert answer.status_code == 422 and said in answer.text, name


def test_a_button_pressed_twice_tells_of_one_adoption(new_hub):
    from hub_cases.models import Adoption

    app = new_hub(plugins=["cases", "partners"])
    with app.app_context(), db.writing():
        from hub.api import items

        uid = items.create("case", {"texts": {"en": {"title": "Lamps"}}}, status="published").uid
        items.commit()
    member, visitor = sign_in(app, "member"), app.test_client()
    for browser, email in ((member, ""), (visitor, "b@example.org")):
        page = browser.get(f"/en/cases/{uid}/adopt/").text
        stamp = re.search(r'name="shown_at"[^>]*value="([^"]+)"', page)[1]
        typed = {"csrf_token": csrf(page), "stage": "adopted", "who": "Perm", "year": "2024", "shown_at": stamp, "email": email}
        answers = [browser.post(f"/en/cases/{uid}/adopt/", data=typed) for _ in range(2)]
        assert {answer.location for answer in answers} == {answers[0].location} and answers[0].status_code == 302
        assert browser.post(f"/en/cases/{uid}/adopt/", data={**typed, "who": "Kazan"}).status_code == 302
    with app.app_context():
        told = sorted(str(names["en"]) for names in db.session().scalars(sa.select(Adoption.names)))
    assert told == ["Kazan", "Kazan", "Perm", "Perm"]


def test_a_class_registers_from_behind_one_address(new_hub):
    app = new_hub(plugins=["events", "labs", "cases"])
    uid = make(app, "Open day", plan={"capacity": 100, "quotas": [], "questions": []})
    with app.app_context(), db.writing():
        from hub.api import items

        lab = items.create("lab", {"texts": {"en": {"title": "Lab"}}, "links": {"event": [uid]}}, status="published").uid
        items.commit()
    browser = app.test_client()
    token = csrf(browser.get(f"/en/events/register/{uid}/").text)
    for n in range(40):
        email = f"pupil{n}@school.example"
        typed = {"csrf_token": token, "name": f"Pupil {n}", "email": email, "consent": "1", "seeks": "Seeds", "agreed": "1"}
        assert browser.post(f"/en/events/register/{uid}/", data=typed).status_code == 200
        assert browser.post(f"/en/labs/{lab}/join/", data=typed).status_code == 302
    assert len({mail.to for mail in mails(app)}) == 40


@pytest.mark.parametrize("back", ["/\t/evil.example", "/\n/evil.example", "//evil.example", "/\\evil.example", "https://evil.example"])
def test_the_way_back_leads_nowhere_else(new_hub, back):
    app = new_hub(plugins=["cases", "saved", "suggest"])
    for role, path, typed in (("member", "/en/saved/", {"do": "keep", "uid": ""}), ("editor", "/desk/suggest/mails", {"mails": "daily"})):
        browser = sign_in(app, role)
        token = csrf(browser.get("/account/").text)
        answer = browser.post(path, data={"csrf_token": token, "back": back, **typed})
        assert answer.status_code == 302 and re.fullmatch(r"/(en|desk)/[a-z/]*", answer.location), answer.location
        assert browser.post(path, data={"csrf_token": token, "back": "/en/cases/", **typed}).location == "/en/cases/"


@pytest.mark.parametrize("address", ["http://[", "//[::1", "http://[zz]/en/map/"])
def test_what_is_no_address_is_no_fault_of_ours(new_hub, address):
    visitor = new_hub(plugins=["greenmap"]).test_client()
    for path, name in (("/oembed", "url"), ("/en/greenmap/code", "at"), ("/en/greenmap/code.svg", "at")):
        assert visitor.get(path, query_string={name: address}).status_code == 404
