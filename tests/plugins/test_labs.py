"""Labs through the public door: a lab and its event stand together once, groups write from phones, results are rows sorted."""

import datetime as dt
import io
import re
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from making import catch_up, make, step, work

from hub.store import db
from hub.testing.crawling import parsed
from hub.testing.fixtures import csrf, sign_in
from hub.work.mail import Mail

QUESTIONS = ("What troubles do we have?", "What ways exist to overcome them?", "What can we do ourselves?")


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    from hub.app import create_app
    from hub.testing.instances import Instances

    made = create_app(
        Instances(tmp_path_factory.mktemp("labs")).make(("partners", "cases", "events", "labs", "search")), strict=True
    )
    made.testing = True
    yield made
    with made.app_context():
        db.engine().dispose()


@pytest.fixture(scope="module")
def editor(app):
    return sign_in(app, "editor")


@pytest.fixture(scope="module")
def member(app):
    return sign_in(app, "member")


def items_empty():
    return {"topics": [], "places": [], "links": {}, "data": {}}


def hours(count):
    return f"{dt.datetime.now(dt.UTC) + dt.timedelta(hours=count):%Y-%m-%dT%H:%M}"


@pytest.fixture
def lab(app):
    """A lab with an event (a session for a group, three places), a case, and two platforms; the first one is open."""
    from hub_events.models import Plan, Session
    from hub_labs.models import Platform

    from hub.api import items

    def doc(en, ru, body="", **parts):
        return {**items_empty(), "texts": {"en": {"title": en, "body": body}, "ru": {"title": ru}}, **parts}

    with work(app) as session:
        case = items.create("case", doc("Beans by the station", "Фасоль у вокзала"), status="published").uid
        row = items.create("event", doc("Quince meeting", "Айвовая встреча", data={
            "starts": hours(24), "ends": hours(30), "zone": "UTC", "format": "lab"}), status="published")  # fmt: skip
        own = items.create("lab", doc("Quince lab", "Айвовая лаборатория", "Marzipan and hedges.", topics=["gardening"],
                                      links={"event": [row.uid], "case": [case]}), status="published")  # fmt: skip
        event, uid, number = row.uid, own.uid, items.get("case", case).id
        session.add(Plan(content_id=row.id, is_open=True, capacity=3, told_starts=row.starts_at))
        part = Session(content_id=row.id, starts_at=row.starts_at, ends_at=row.ends_at, kind="group", room="Barn", signup=True,
                       capacity=2, texts={"en": {"title": "Group one"}})  # fmt: skip
        session.add(part)
        session.flush()
        first = Platform(content_id=own.id, texts={"en": {"title": "Hedges"}, "ru": {"title": "Изгороди"}}, is_open=True, leader="Ann Leader",
                         case_id=number, session_id=part.id)  # fmt: skip
        second = Platform(content_id=own.id, texts={"en": {"title": "Ponds"}}, position=1)
        session.add_all([first, second])
        session.flush()
        found = SimpleNamespace(uid=uid, event=event, case=case, id=own.id, first=first.id, second=second.id, code=first.code,
                                closed=second.code, event_id=row.id)  # fmt: skip
    return found


def write(browser, lab, number, text, **more):
    url = f"/en/labs/group/{lab.code}/"
    token = csrf(browser.get(url).text)
    return browser.post(
        url, data={"csrf_token": token, "add": number, f"q{number}": text, **more}, follow_redirects=True
    )


def board(page):
    """(text, votes) of the answers on a group's page."""
    return re.findall(r"<li><span>(.*?)</span><button.*?</span> (\d+)</button>", page.text)


def post(browser, url, **data):
    return browser.post(url, data={"csrf_token": csrf(browser.get(url).text), **data}, follow_redirects=True)


def mails(app, address):
    with app.app_context():
        return db.session().scalars(sa.select(Mail).where(Mail.to == address).order_by(Mail.id)).all()


def titles(answer):
    return [item["title"] for item in answer.json["items"]]


# -- the pair -------------------------------------------------------------------------------------------------------------


def test_a_lab_and_its_event_stand_together_once(app, lab):
    catch_up(app)
    visitor = app.test_client()
    assert "Quince lab" in titles(visitor.get("/en/labs.json")) and "Quince meeting" in titles(
        visitor.get("/en/events.json?limit=1000")
    )
    for mixed in ("/en/search.json?q=quince&limit=1000", "/en/search.json?topic=gardening", "/en/feed.json?limit=1000"):
        found = titles(visitor.get(mixed))
        assert "Quince lab" not in found, mixed
    assert "Quince meeting" in titles(visitor.get("/en/feed.json?limit=1000"))
    # the words of the lab lead to the event, the lab's own list finds the lab
    assert "Quince meeting" in titles(visitor.get("/en/search.json?q=marzipan"))
    assert "Quince lab" in titles(visitor.get("/en/labs.json?q=marzipan"))
    suggested = [s["text"] for s in visitor.get("/en/search/suggest?q=quin").json["suggestions"]]
    assert "Quince meeting" in suggested and "Quince lab" not in suggested
    assert visitor.get("/en/topics/gardening/").text.count("Quince lab") == 0


def test_the_words_of_a_withdrawn_lab_find_nothing(app):
    event = make(app, "event", "Elder meeting", data={"starts": hours(2), "ends": hours(3), "zone": "UTC"})
    uid = make(app, "lab", "Elder lab", body="Xylophones.", links={"event": [event]})
    visitor = app.test_client()
    assert titles(visitor.get("/en/search.json?q=xylophones")) == ["Elder meeting"]
    step(app, uid, "unpublish")
    assert titles(visitor.get("/en/search.json?q=xylophones")) == []


def test_both_pages_show_one_programme_and_one_button(app, lab, member):
    visitor = app.test_client()
    own = visitor.get(f"/en/labs/{lab.uid}/", follow_redirects=True).text
    other = visitor.get(f"/en/events/{lab.event}/", follow_redirects=True).text
    button = f'href="/en/events/register/{lab.event}/"'
    for page in (own, other):
        assert page.count(button) == 1 and "Group one" in page and "Barn" in page and "2 places left" in page
    calendar = re.search(r'href="(/en/events/[^"]+\.ics)"', own).group(1)
    assert visitor.get(calendar).text.count("BEGIN:VEVENT") >= 1, "the days of its event"
    assert "Ann Leader" in own and "Beans by the station" in own and QUESTIONS[2] in own
    assert "This event is a lab" in other and f"/en/labs/{lab.uid}/results/" not in other
    post(member, f"/en/events/register/{lab.event}/", name="M", consent="1")
    for page in (f"/en/labs/{lab.uid}/", f"/en/events/{lab.event}/"):
        text = member.get(page, follow_redirects=True).text
        assert "Your registration" in text and button not in text


# -- on phones ------------------------------------------------------------------------------------------------------------


def test_a_group_writes_votes_and_the_same_words_are_one_answer(app, lab):
    anna, boris = app.test_client(), app.test_client()
    assert board(write(anna, lab, 0, "  No shade\nanywhere ")) == [("No shade anywhere", "1")]
    assert board(write(boris, lab, 0, "no shade anywhere.")) == [("No shade anywhere", "2")]
    assert board(write(boris, lab, 0, "No shade anywhere")) == [("No shade anywhere", "2")]  # one vote per browser
    page = write(boris, lab, 2, "Plant a hedge")
    number = re.findall(r'name="vote" value="(\d+)"', page.text)
    url = f"/en/labs/group/{lab.code}/"
    kept = post(anna, url, vote=number[1], q1="half a thought")
    assert ("Plant a hedge", "2") in board(
        kept
    ) and ">half a thought</textarea>" in kept.text  # typing is not lost by voting
    assert ("Plant a hedge", "1") in board(post(anna, url, vote=number[1]))
    ru = app.test_client().get(f"/ru/labs/group/{lab.code}/").text
    assert "Изгороди" in ru and '<span lang="en">No shade anywhere</span>' in ru


def test_what_a_group_cannot_do(app, lab):
    visitor = app.test_client()
    empty = write(visitor, lab, 1, " ", q2="keep me")
    assert empty.status_code == 422 and "Write a few words first." in empty.text and ">keep me</textarea>" in empty.text
    from hub_labs.models import Platform

    token = csrf(visitor.get(f"/en/labs/group/{lab.code}/").text)
    with work(app) as session:
        session.get(Platform, lab.first).is_open = False
    late = visitor.post(f"/en/labs/group/{lab.code}/", data={"csrf_token": token, "add": "0", "q0": "Late"})
    assert late.status_code == 409 and "This group is closed" in late.text
    assert visitor.get("/en/labs/group/NOSUCHON/").status_code == 404
    assert visitor.get(f"/en/labs/group/{lab.code.lower()}/").status_code == 200  # typed by hand
    assert visitor.post(f"/en/labs/group/{lab.code}/", data={"add": "0", "q0": "No token"}).status_code == 400


# -- sorting --------------------------------------------------------------------------------------------------------------


def rows(app, platform):
    from hub_labs.models import Entry, Vote

    with app.app_context():
        entries = db.session().scalars(sa.select(Entry).where(Entry.platform_id == platform).order_by(Entry.id)).all()
        votes = dict(db.session().execute(sa.select(Vote.entry_id, sa.func.count()).group_by(Vote.entry_id)).all())
        return [(e.id, e.texts, e.question, e.stakeholder, votes.get(e.id, 0)) for e in entries]


def word_file(*paragraphs, table=()):
    from docx import Document

    made = Document()
    for text in paragraphs:
        made.add_paragraph(text)
    if table:
        made.add_table(rows=1, cols=len(table))
        for cell, text in zip(made.tables[0].rows[0].cells, table, strict=True):
            cell.text = text
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def test_a_pasted_list_is_sorted_by_its_headings(app, lab, editor):
    url = f"/desk/labs/{lab.uid}/rows/{lab.first}/"
    text = "Loose thought\n1. What troubles do we have?\n- Mud\n• Dogs\nWhat ways exist to overcome them\n2) Gravel\nRequirements to the municipality:\n- A drain"
    assert "5 lines taken in" in post(editor, url, do="take", pasted=text, lang="en").text
    assert [row[1:4] for row in rows(app, lab.first)] == [
        ({"en": "Loose thought"}, None, ""), ({"en": "Mud"}, 0, ""), ({"en": "Dogs"}, 0, ""), ({"en": "Gravel"}, 1, ""),
        ({"en": "A drain"}, None, "municipality"),
    ]  # fmt: skip


def test_a_word_file_is_taken_in_and_a_broken_one_is_refused(app, lab, editor):
    url = f"/desk/labs/{lab.uid}/rows/{lab.second}/"
    given = word_file(
        "Какие у нас беды?",
        "Нет тени",
        "Требования к учреждениям культуры:",
        "Открыть двор",
        table=("Поставить скамейку",),
    )
    sent = post(editor, url, do="take", lang="ru", file=(io.BytesIO(given), "group.docx"))
    assert "3 lines taken in" in sent.text
    assert [row[1:4] for row in rows(app, lab.second)] == [
        ({"ru": "Нет тени"}, 0, ""), ({"ru": "Открыть двор"}, None, "culture"), ({"ru": "Поставить скамейку"}, None, "culture"),
    ]  # fmt: skip
    for bad in (b"PK\x03\x04 rubbish", b"just text", word_file("x")[:300]):
        refused = post(editor, url, do="take", pasted="My typed list", file=(io.BytesIO(bad), "bad.docx"))
        assert (
            refused.status_code == 422
            and "cannot be read as a Word document" in refused.text
            and "My typed list" in refused.text
        )
    assert len(rows(app, lab.second)) == 3
    assert post(editor, url, do="take", pasted=" \n ").status_code == 422
    assert post(editor, url, do="take", pasted="\n".join(f"line {n}" for n in range(301))).status_code == 422


def test_merging_adds_up_votes_and_counts_everybody_once(app, lab, editor):
    anna, boris = app.test_client(), app.test_client()
    write(anna, lab, 0, "Mud everywhere")
    write(anna, lab, 0, "Much mud")
    write(boris, lab, 0, "Much mud")
    write(boris, lab, 0, "Ice")
    first, second, ice = [row[0] for row in rows(app, lab.first)]
    url = f"/desk/labs/{lab.uid}/rows/{lab.first}/"
    form = {f"{n}/text.en": text for n, text in ((first, "Mud everywhere"), (second, "Much mud"), (ice, "Ice"))}
    form |= {f"{n}/sort": "q0" for n in (first, second, ice)} | {f"{first}/text.ru": "Кругом грязь", "do": "save"}
    wrong = post(editor, url, **form, **{f"{second}/into": "999999"})
    assert wrong.status_code == 422 and "there is no row 999999" in wrong.text
    chain = post(editor, url, **form, **{f"{second}/into": str(first), f"{first}/into": str(ice)})
    assert chain.status_code == 422 and len(rows(app, lab.first)) == 3
    post(editor, url, **form, **{f"{second}/into": str(first), f"{ice}/hidden": "1"})
    assert rows(app, lab.first)[0] == (first, {"en": "Mud everywhere", "ru": "Кругом грязь"}, 0, "", 2)
    assert board(anna.get(f"/en/labs/group/{lab.code}/")) == [("Mud everywhere", "2")]  # the hidden one is gone
    post(editor, url, **{f"{first}/text.en": "", "do": "save"})
    assert [row[0] for row in rows(app, lab.first)] == [ice]


# -- results --------------------------------------------------------------------------------------------------------------


def fill(app, lab):
    from hub_labs import board as boards
    from hub_labs.models import Platform

    with work(app) as session:
        platform = session.get(Platform, lab.first)
        boards.add(platform, 0, "Bricks *fall* here", "en").texts = {"en": "Bricks *fall* here", "ru": "Падают кирпичи"}
        boards.add(platform, None, "Mend the wall", "en", stakeholder="municipality")


def test_results_are_published_read_in_each_language_and_taken_back(app, lab, editor):
    visitor, desk = app.test_client(), f"/desk/labs/{lab.uid}/"
    url = f"/en/labs/{lab.uid}/results/"
    nothing = editor.post(f"{desk}publish", data={"csrf_token": csrf(editor.get(f"{desk}platforms/").text)}, follow_redirects=True)
    assert "There are no results yet" in nothing.text
    fill(app, lab)
    assert visitor.get(url).status_code == visitor.get(f"/en/labs/{lab.uid}/screen/").status_code == 404
    assert "not published yet" in editor.get(url).text
    editor.post(f"{desk}publish", data={"csrf_token": csrf(editor.get(f"{desk}platforms/").text)})
    catch_up(app)
    page, ru = visitor.get(url).text, visitor.get(f"/ru/labs/{lab.uid}/results/").text
    assert "Bricks *fall* here" in page and "To: municipality" in page and "Mend the wall" in page
    assert "Падают кирпичи" in ru and "Кому: муниципалитет" in ru and '<span lang="en">Mend the wall</span>' in ru
    told = visitor.get(f"/en/labs/{lab.uid}.json", follow_redirects=True).json
    assert "## Hedges" in str(told) and "Bricks \\\\*fall\\\\* here" in str(told)
    assert titles(visitor.get("/en/search.json?q=bricks")) == ["Quince meeting"]
    assert f"/en/labs/{lab.uid}/results/" in visitor.get(f"/en/events/{lab.event}/", follow_redirects=True).text
    hall = visitor.get(f"/en/labs/{lab.uid}/screen/?platform={lab.first}").text
    assert "Bricks" in hall and 'http-equiv="refresh"' in hall and "<form" not in hall
    editor.post(f"{desk}publish", data={"csrf_token": csrf(editor.get(f"{desk}platforms/").text), "do": "back"})
    assert visitor.get(url).status_code == 404


def test_an_unpublished_edit_is_not_published_with_the_results(app, lab, editor):
    from making import change

    fill(app, lab)
    change(app, lab.uid, lambda doc: doc["texts"]["en"].update(summary="Secret so far"), publish=False)
    desk = f"/desk/labs/{lab.uid}/"
    done = editor.post(f"{desk}publish", data={"csrf_token": csrf(editor.get(f"{desk}platforms/").text)}, follow_redirects=True)
    assert "has an edit that is not published" in done.text
    assert "Secret so far" not in app.test_client().get(f"/en/labs/{lab.uid}/", follow_redirects=True).text


def test_a_result_becomes_a_draft_of_a_case(app, lab, editor):
    fill(app, lab)
    url = f"/desk/labs/{lab.uid}/rows/{lab.first}/"
    made = editor.post(f"{url}case", data={"csrf_token": csrf(editor.get(url).text)}, follow_redirects=True)
    assert re.search(r"/desk/cases/[0-9a-f-]{36}", made.request.path) and "Hedges (Quince lab)" in made.text
    assert "Падают кирпичи" in made.text or "Bricks" in made.text
    assert "Hedges (Quince lab)" not in titles(app.test_client().get("/en/cases.json?limit=1000"))


def test_the_pages_of_running_a_lab_do_not_hide_its_form(lab, editor):
    assert 'name="title.en"' in editor.get("/desk/labs/new").text
    assert "Quince lab" in (form := editor.get(f"/desk/labs/{lab.uid}/").text) and 'name="title.en"' in form


def test_who_runs_a_lab(lab, member):
    for path in ("platforms/", f"rows/{lab.first}/", "commitments/", "people/", "codes/"):
        assert member.get(f"/desk/labs/{lab.uid}/{path}").status_code == 403, path
    assert "Quince lab" not in member.get("/desk/labs/run/").text


# -- commitments ----------------------------------------------------------------------------------------------------------


def test_a_commitment_is_asked_about_every_half_year(app, lab, editor, clock):
    from hub_labs import keeping

    partner = make(app, "partner", f"Pond society {lab.id}")
    url = f"/desk/labs/{lab.uid}/commitments/"
    typed = {
        "1/who": f"Pond society {lab.id}",
        "1/text.en": "Dig a pond",
        "1/due": "2027-05-31",
        "1/email": "pond@example.org",
    }
    wrong = post(editor, url, **typed | {"1/due": "in May"}, **{"2/who": "Nobody"})
    assert (
        wrong.status_code == 422
        and "Row 1: A day is expected" in wrong.text
        and "Row 2: An organisation and" in wrong.text
    )
    assert 'value="pond@example.org"' in wrong.text
    post(editor, url, **typed)
    fill(app, lab)
    desk = f"/desk/labs/{lab.uid}/"
    editor.post(f"{desk}publish", data={"csrf_token": csrf(editor.get(f"{desk}platforms/").text)})
    shown = app.test_client().get(f"/en/labs/{lab.uid}/results/").text
    assert "Dig a pond" in shown and f"Pond society {lab.id}" in shown and "pond@example.org" not in shown and partner
    with app.test_request_context("/"):
        keeping.ask()
        assert not mails(app, "pond@example.org")
        clock.move(days=183)
        keeping.ask()
        keeping.ask()
    (letter,) = mails(app, "pond@example.org")
    path = re.search(r"https?://[^/]+(/en/labs/promise/\S+)", letter.text)[1]
    visitor = app.test_client()
    page = visitor.get(path)
    assert "Dig a pond" in page.text and ">promised<" in page.text
    assert ">promised<" in app.test_client().get(path).text  # looking answers nothing
    visitor.post(path, data={"csrf_token": csrf(page.text), "state": "done"})
    assert ">выполнено<" in visitor.get(f"/ru/labs/{lab.uid}/results/").text
    with app.test_request_context("/"):
        clock.move(days=200)
        keeping.ask()
    assert len(mails(app, "pond@example.org")) == 1  # what is done is not asked about
    assert visitor.get(path[:-3] + "x/").status_code == 404


# -- what goes home -------------------------------------------------------------------------------------------------------


def test_a_transfer_sheet_is_its_writers_own_and_becomes_an_adaptation(app, lab, editor):
    anna, boris = app.test_client(), app.test_client()
    url = f"/en/labs/group/{lab.code}/sheet/"
    assert post(anna, url, name="Anna").status_code == 422
    sheet = post(anna, url, territory="A village\nby a lake", first_step="Ask the school")
    assert "Ask the school" in sheet.text and "We are adapting it" in sheet.text
    own = sheet.request.path
    assert boris.get(own).status_code == 404 and "A village" in editor.get(own).text
    assert "Ask the school" in anna.get(url).text  # changed, not written twice
    done, again = post(anna, own, do="adapt"), post(anna, own, do="adapt")
    waiting = parsed(editor.get("/desk/cases/adoptions/waiting").text).text()  # the practices' own queue, once
    assert waiting.count("My territory: A village") == 1 and "Ask the school" in waiting
    assert "has been passed on" in done.text and "has been passed on" in again.text
    assert "Ask the school" in editor.get(f"/desk/labs/{lab.uid}/people/").text
    post(anna, own, do="remove")
    assert anna.get(own).status_code == 404


def test_participants_are_found_without_an_address(app, lab, member):
    stranger, anna = app.test_client(), app.test_client()
    join, card = (
        f"/en/labs/{lab.uid}/join/",
        {"name": "Anna", "email": "anna@example.org", "seeks": "A carpenter", "agreed": "1"},
    )
    refused = post(stranger, join, **card)
    assert "Look in your mailbox" in refused.text, "who is registered is told to the owner of the address only"
    [told] = mails(app, "anna@example.org")
    assert "not registered for the lab" in told.text and "/labs/card/" not in told.text
    anna.get(f"/en/labs/group/{lab.code}/")  # who has the link of a group belongs to the lab
    assert post(anna, join, **card | {"agreed": ""}).status_code == 422
    assert "Look in your mailbox" in post(anna, join, **card).text
    people = f"/en/labs/{lab.uid}/people/"
    assert "A carpenter" not in stranger.get(people).text
    path = re.search(r"https?://[^/]+(/en/labs/card/\S+)", mails(app, "anna@example.org")[-1].text)[1]
    mine = anna.get(path, follow_redirects=True)
    assert path not in mine.request.path and stranger.get(mine.request.path).status_code == 404
    post(anna, mine.request.path, do="keep", seeks="A carpenter", offers="Old beans")
    shown = stranger.get(people).text
    assert "Old beans" in shown and "anna@example.org" not in shown
    write = re.search(r'href="(/en/labs/letter/[^"]+)"', shown)[1]
    assert "<textarea" not in stranger.get(write).text
    before = len(mails(app, "anna@example.org"))
    sender = member
    assert post(sender, write, text=" ").status_code == 422
    post(sender, write, text="I am a carpenter.")
    letter = mails(app, "anna@example.org")[before]
    assert "I am a carpenter." in letter.text and letter.headers["Reply-To"] == "member@example.org"
    assert "anna@example.org" not in sender.get(write).text
    post(anna, mine.request.path, do="remove")
    assert "Old beans" not in stranger.get(people).text


def test_who_is_registered_for_the_event_joins_with_an_account(lab, editor):
    post(editor, f"/en/events/register/{lab.event}/", name="Ed", consent="1")
    done = post(editor, f"/en/labs/{lab.uid}/join/", name="Ed", offers="A barn", agreed="1")
    assert "A barn" in done.text and "editor@example.org" not in done.text


def test_platforms_are_one_table_and_written_ones_stay(app, lab, editor):
    fill(app, lab)
    desk = f"/desk/labs/{lab.uid}/"
    done = post(editor, f"{desk}platforms/", **{"0/id": lab.first, "0/text.en": "", "1/id": lab.second, "1/text.en": "", "2/text.en": "Moss", "2/text.ru": "Мох",
                                 "2/open": "1", "2/leader": "Zoe"})  # fmt: skip
    assert "has answers, so it stays" in done.text and "1 platform saved" in done.text
    page = app.test_client().get(f"/ru/labs/{lab.uid}/", follow_redirects=True).text
    assert "Мох" in page and "Изгороди" in page and "Ponds" not in page
    codes = editor.get(f"{desk}codes/").text
    assert lab.code in codes and editor.get(f"/en/labs/group/{lab.code}/code.svg").mimetype == "image/svg+xml"
    post(editor, f"{desk}platforms/", **{"0/text.en": "Fen", "0/text.ru": "Болото"})  # nobody ticked that it is open
    said = editor.get(f"{desk}codes/?lang=ru", follow_redirects=True).text
    assert '<span class="st off">закрыто</span>' in said, "closed like a door, not open to nobody"
    editor.get(f"{desk}codes/?lang=en")


def test_rows_to_type_in_wrap_instead_of_scrolling(app, lab, editor):
    fill(app, lab)
    for part in ("platforms", "commitments", f"rows/{lab.first}"):
        shown = editor.get(f"/desk/labs/{lab.uid}/{part}/").text
        assert "<table" not in shown and 'class="scroll' not in shown and 'role="group" aria-label="Row ' in shown


def test_what_was_typed_into_the_rows_is_kept_beside_a_list_and_after_a_mistake(app, lab, editor):
    path = f"/desk/labs/{lab.uid}/rows/{lab.first}/"
    post(editor, path, do="take", pasted="Hedge is thin\nHedge is dry", lang="en")
    page = editor.get(path).text
    one, two = re.findall(r'name="(\d+)/sort"', page)
    post(editor, path, do="take", pasted="Hedge is old", lang="en", **{
        f"{one}/text.en": "Hedge is very thin", f"{one}/sort": "q1", f"{two}/text.en": "Hedge is dry", f"{two}/sort": ""})  # fmt: skip
    page = editor.get(path).text
    assert "Hedge is very thin" in page and "Hedge is old" in page and re.search(rf'name="{one}/sort".*?value="q1" selected', page, re.S)
    wrong = post(editor, path, do="save", **{f"{one}/text.en": "A thinner hedge", f"{one}/sort": "tbusiness", f"{one}/into": "9999999",
                                             f"{one}/hidden": "1", f"{two}/text.en": "Hedge is dry"})  # fmt: skip
    assert wrong.status_code == 422
    assert "A thinner hedge" in wrong.text and 'value="9999999"' in wrong.text and 'value="tbusiness" selected' in wrong.text
    assert "Hedge is very thin" in editor.get(path).text, "and nothing of it was saved"


def test_results_on_paper_name_their_address_and_show_no_ways_elsewhere(app, lab, editor):
    page = editor.get(f"/en/labs/{lab.uid}/results/").text
    assert re.search(rf'data-address="http[^"]*/en/labs/{lab.uid}/results/"', page)
    assert re.search(rf'<p class="meta no-print">.*?href="/en/labs/{lab.uid}/screen/"', page)
