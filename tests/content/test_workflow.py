"""Draft → in review → published → archived → trash → restored → erased, and what visitors get of each step."""

from __future__ import annotations

import datetime as dt
import json
import re
from urllib.parse import urlencode

import pytest
import time_machine
from making import catch_up, change, content, csrf_of, folder_of, form_values, make, run_hub, slug, step, work

from hub.testing.fixtures import csrf, sign_in

LISTS = (
    "/en/cases/", "/ru/cases/", "/en/cases.json", "/ru/cases.json", "/cases.json", "/en/cases.csv", "/en/cases.geojson",
    "/en/cases.atom", "/en/cases.rss", "/en/cases.feed.json", "/feed.atom", "/feed.rss", "/feed.json", "/en/feed.atom",
    "/ru/feed.json", "/api/v1/cases", "/en/search/?q=quokka", "/en/search.json?q=quokka", "/en/search.atom?q=quokka",
    "/en/cases/?q=quokka", "/sitemap-0.xml", "/en/topics/culture/", "/ru/topics/culture/", "/en/cases/?topic=culture",
    "/en/cases.json?place=quokkatown", "/en/cases.json?place=RU", "/en/",
)  # fmt: skip
PLACE = {"lat": 55.79, "lon": 49.11, "names": {"en": "Quokkatown"}, "address": "", "country": "RU"}


def quokka(app, **more):
    return make(
        app, title="Quokka meadow", topics=["culture"], places=[PLACE], **{"body": "A meadow of quokkas.", **more}
    )


def where(client, word="quokka-meadow"):
    """The addresses of lists, feeds and files that name the item."""
    found = set()
    for path in LISTS:
        answer = client.get(path)
        assert answer.status_code == 200, path
        if word in answer.text:
            found.add(path)
    return found


def doors(client, uid, word="quokka-meadow"):
    """What the item's own addresses answer: page, Russian page, file, API."""
    paths = (
        f"/en/cases/{word}/",
        f"/ru/cases/{word}/",
        f"/en/cases/{word}.json",
        f"/cases/{word}.json",
        f"/api/v1/cases/{uid}",
    )
    return {client.get(path).status_code for path in paths}


def test_each_status_has_its_effects(new_hub, as_user):
    app = new_hub(start=True)
    client, editor = app.test_client(), sign_in(app, "editor")
    uid = quokka(app, status="draft")
    desk = f"/desk/cases/{uid}/"

    def press(action):
        answer = editor.post(desk + action, data={"csrf_token": csrf_of(editor, desk)})
        assert answer.status_code == 302
        catch_up(app)

    assert (where(client), doors(client, uid)) == (set(), {404})
    press("submit")
    assert (where(client), doors(client, uid)) == (set(), {404})
    press("return")
    press("submit")
    press("publish")
    assert where(client) == set(LISTS) and doors(client, uid) == {200}
    assert "noindex" not in client.get("/en/cases/quokka-meadow/").text

    press("archive")
    page = client.get("/en/cases/quokka-meadow/")
    assert page.status_code == 200 and "Archived." in page.text
    assert page.headers["X-Robots-Tag"] == "noindex" and '<meta name="robots" content="noindex">' in page.text
    assert (where(client), doors(client, uid)) == (set(), {200})
    for path in ("/en/search/?q=quokka", "/en/cases/?q=quokka", "/en/cases.json?q=quokka"):
        assert "quokka-meadow" not in client.get(path).text
    press("trash")
    assert doors(client, uid) == {404}, "its page was read, and kept by the cache"
    press("restore")

    press("publish")
    assert where(client) == set(LISTS)
    press("unpublish")
    assert (where(client), doors(client, uid)) == (set(), {404})
    press("publish")
    press("trash")
    assert (where(client), doors(client, uid)) == (set(), {404})
    press("restore")
    assert (where(client), doors(client, uid)) == (set(), {404})
    press("publish")
    assert where(client) == set(LISTS) and doors(client, uid) == {200}

    step(app, uid, "erase")
    assert (where(client), doors(client, uid)) == (set(), {410})
    gone = client.get("/en/cases/quokka-meadow/")
    assert 'role="search"' in gone.text and "noindex" in gone.text
    problem = client.get("/en/cases/quokka-meadow.json")
    assert problem.mimetype == "application/problem+json" and problem.json["status"] == 410
    assert client.get(f"/en/cases/{uid}/").status_code == 410


def test_what_was_never_public_is_unknown_for_ever(hub_app, client):
    draft = quokka(hub_app, status="draft")
    hidden = make(hub_app, title="Members' quokka", audience="members")
    before = client.get("/api/v1/changes").json["changes"]
    assert [c["uid"] for c in before] == []
    for uid in (draft, hidden):
        step(hub_app, uid, "trash")
        step(hub_app, uid, "erase")
    assert doors(client, draft) == {404}
    assert doors(client, hidden, "members-quokka") == {404}
    assert client.get("/api/v1/changes").json["changes"] == [], "nobody may learn that there was something"


def test_an_unknown_step_changes_nothing(hub_app, client):
    from hub.content import workflow

    uid = quokka(hub_app)
    for action in ("submit", "restore", "return", "publish"):
        with pytest.raises(workflow.NotAllowed):
            step(hub_app, uid, action)
    assert doors(client, uid) == {200}
    editor = sign_in(hub_app, "editor")
    desk = f"/desk/cases/{uid}/"
    assert editor.post(desk + "restore", data={"csrf_token": csrf_of(editor, desk)}).status_code == 302
    assert "somebody was faster" in editor.get(desk).text and doors(client, uid) == {200}


def test_an_edit_of_a_published_item_stays_beside_it_until_published(hub_app, client):
    uid = quokka(hub_app)
    editor = sign_in(hub_app, "editor")
    desk = f"/desk/cases/{uid}/?language=en&form=full"
    before = client.get(f"/api/v1/cases/{uid}").json
    log = client.get("/api/v1/changes").json
    form = dict(form_values(editor.get(desk).text)) | {
        "title.en": "Wallaby meadow",
        "body.en": "Now of wallabies.",
        "do": "save",
    }
    assert editor.post(desk, data=form).status_code == 302
    catch_up(hub_app)
    assert client.get(f"/api/v1/cases/{uid}").json == before
    assert client.get("/api/v1/changes").json == log, "a draft is no public change"
    for path in (
        "/en/cases/",
        "/en/cases.atom",
        "/en/search/?q=wallaby",
        "/en/cases.json?q=wallabies",
        "/en/cases/quokka-meadow/",
    ):
        told = re.sub(r'(href|value|data-address)="[^"]*"', "", client.get(path).text)  # what was asked for
        assert "allab" not in told.replace("?q=wallab", "").replace("wallaby · ", ""), path
    again = editor.get(desk).text
    assert "Wallaby meadow" in again and "until this one is published" in again
    assert "Wallaby meadow" in editor.get(f"/desk/cases/{uid}/preview").text
    assert uid in editor.get("/desk/").text

    assert editor.post(f"/desk/cases/{uid}/publish", data={"csrf_token": csrf(again)}).status_code == 302
    catch_up(hub_app)
    after = client.get(f"/api/v1/cases/{uid}").json
    assert (after["title"], after["body"]) == ("Wallaby meadow", "Now of wallabies.") and after["updated"] > before[
        "updated"
    ]
    assert after["published"] == before["published"]
    assert client.get("/api/v1/changes").json["next"] > log["next"]
    history = editor.get(f"/desk/editor/case/{uid}/history").text
    assert "<del>Quokka</del>" in history and "<ins>Wallaby</ins>" in history


def hidden_translation(client, word):
    """Where a translation that nobody has published can be seen nevertheless."""
    paths = [p for p in LISTS if "quokka" not in p] + [
        "/en/cases/quokka-meadow/", "/ru/cases/quokka-meadow/", "/en/cases/quokka-meadow.json", "/ru/cases/quokka-meadow.json",
        "/ru/cases.csv", "/ru/cases.geojson", "/ru/cases.atom", "/ru/cases.rss", "/ru/cases.feed.json", "/ru/cases.json?sort=title",
        "/api/v1/cases?lang=en", "/ru/cases/?sort=title", "/ru/", "/en/cases/?lang=en",
    ]  # fmt: skip
    return [path for path in paths if client.get(path).status_code != 200 or word in client.get(path).text]


@pytest.mark.parametrize("way", ["saved beside the live text", "marked as a draft in the document"])
def test_an_unpublished_translation_is_nowhere(new_hub, way):
    app = new_hub(start=True)
    client = app.test_client()
    russian = {
        "title": "Валлаби",
        "summary": "Тайна валлаби",
        "body": "Луг валлаби.",
        "fields": {"objective": "Цель валлаби"},
    }
    if way.startswith("saved"):
        uid = quokka(app)
        change(app, uid, lambda doc: doc["texts"].update(ru=russian), publish=False)
    else:
        uid = quokka(app, texts={"ru": {**russian, "status": "draft"}})
    assert hidden_translation(client, "аллаби") == [] and hidden_translation(client, "vallabi") == []
    for path in (
        "/ru/search.json?q=валлаби",
        "/en/cases.json?q=валлаби",
        "/api/v1/cases?lang=ru",
        "/ru/cases.json?lang=ru",
    ):
        assert client.get(path).json["total"] == 0, path
    assert client.get("/ru/cases.json").json["facets"]["lang"] == {"en": 1}
    page = client.get("/ru/cases/quokka-meadow/")
    assert page.status_code == 200 and "Quokka meadow" in page.text and "<h1>" in page.text
    assert client.get(f"/api/v1/cases/{uid}").json["languages"] == ["en"]

    change(app, uid, lambda doc: doc["texts"]["ru"].update(status="live"))
    assert hidden_translation(client, "аллаби"), "and published it is there"
    assert client.get("/ru/search.json?q=валлаби").json["total"] == 1
    assert client.get("/ru/cases.json?lang=ru").json["total"] == 1


def test_scheduled_publication_is_done_by_the_job(hub_app, client, run_jobs):
    from hub.content import workflow

    now = dt.datetime.now(dt.UTC)
    fresh, edited = quokka(hub_app, status="draft"), make(hub_app, title="Wombat hill")
    change(hub_app, edited, lambda doc: doc["texts"]["en"].update(summary="Later text"), publish=False)
    settled = make(hub_app, title="Nothing pending")
    with work(hub_app) as db:
        workflow.schedule(db, content(db, fresh), now + dt.timedelta(hours=2))
        workflow.schedule(db, content(db, edited), now + dt.timedelta(hours=3))
        with pytest.raises(workflow.NotAllowed):
            workflow.schedule(db, content(db, settled), now)
    run_jobs()
    assert doors(client, fresh) == {404} and "Later text" not in client.get("/en/cases/").text
    with time_machine.travel(now + dt.timedelta(hours=2, minutes=1)):
        run_jobs()
        assert doors(client, fresh) == {200} and "Later text" not in client.get("/en/cases/").text
        assert fresh in [c["uid"] for c in client.get("/api/v1/changes").json["changes"]]
    with time_machine.travel(now + dt.timedelta(hours=3, minutes=1)):
        run_jobs()
        assert "Later text" in client.get("/en/cases/").text
        assert "quokka-meadow" in client.get("/en/cases.json").text


def test_a_schedule_can_be_called_off(hub_app, client, run_jobs):
    from hub.content import workflow

    uid = quokka(hub_app, status="draft")
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)
    with work(hub_app) as db:
        workflow.schedule(db, content(db, uid), soon)
        workflow.schedule(db, content(db, uid), None)
    with time_machine.travel(soon + dt.timedelta(hours=1)):
        run_jobs()
    assert doors(client, uid) == {404}


def test_one_item_that_cannot_be_published_does_not_hold_up_the_others(new_hub, pytestconfig):
    from hub.app import create_app
    from hub.content import workflow
    from hub.work.jobs import run_due

    app = new_hub()
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)
    bad = make(app, title="Old words")
    change(app, bad, lambda doc: doc["data"].update(themes=["health"]), publish=False)
    good = quokka(app, status="draft")
    with work(app) as db:
        for uid in (bad, good):
            workflow.schedule(db, content(db, uid), soon)
    with (folder_of(app) / "hub.toml").open("a") as file:
        file.write('\n[vocabulary."case.themes"]\nhealth = {}\n')
    later = create_app(folder_of(app), strict=True)
    with time_machine.travel(soon + dt.timedelta(minutes=1)):
        run_due(later)
        assert later.test_client().get("/en/cases/quokka-meadow/").status_code == 200
        assert later.test_client().get("/en/cases/old-words/").status_code == 200, "the live version stays"


def test_a_schedule_waits_for_its_plugin(new_hub):
    from hub.content import workflow
    from hub.work.jobs import run_due

    app = new_hub()
    uid = quokka(app, status="draft")
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=1)
    with work(app) as db:
        workflow.schedule(db, content(db, uid), soon)
    assert run_hub(folder_of(app), "plugin", "off", "cases")[0] == 0
    with time_machine.travel(soon + dt.timedelta(minutes=1)):
        run_due(app)
    assert run_hub(folder_of(app), "plugin", "on", "cases")[0] == 0
    with time_machine.travel(soon + dt.timedelta(minutes=5)):
        run_due(app)
        assert app.test_client().get("/en/cases/quokka-meadow/").status_code == 200


def test_a_new_address_word_leaves_a_redirect(hub_app, client):
    uid = quokka(hub_app)

    def rename(title):
        def alter(doc):
            doc["texts"]["en"]["title"] = title
            doc.pop("slugs", None)

        change(hub_app, uid, alter)

    rename("Wallaby hill")
    assert slug(hub_app, uid) == "wallaby-hill"
    for old, new in (("/en/cases/quokka-meadow/", "/en/cases/wallaby-hill/"), ("/en/cases/quokka-meadow.json", "/en/cases/wallaby-hill.json"),
                     (f"/en/cases/{uid}/", "/en/cases/wallaby-hill/"), ("/ru/cases/quokka-meadow/", "/ru/cases/wallaby-hill/")):  # fmt: skip
        answer = client.get(old)
        assert (answer.status_code, answer.headers["Location"]) == (301, new), old
        assert client.get(new).status_code == 200
    assert "quokka-meadow" not in client.get("/en/cases.json").text + client.get("/sitemap-0.xml").text

    other = quokka(hub_app)
    assert slug(hub_app, other) == "quokka-meadow-2", "an old address is not given away"
    rename("Quokka meadow")
    assert client.get("/en/cases/quokka-meadow/").status_code == 200
    assert client.get("/en/cases/wallaby-hill/").headers["Location"] == "/en/cases/quokka-meadow/"


def test_a_corrected_title_keeps_its_address(hub_app, client):
    uid = quokka(hub_app)
    editor = sign_in(hub_app, "editor")
    desk = f"/desk/cases/{uid}/?language=en&form=full"
    form = dict(form_values(editor.get(desk).text)) | {"title.en": "The quokka meadow", "do": "publish"}
    assert editor.post(desk, data=form).status_code == 302
    assert "The quokka meadow" in client.get("/en/cases/quokka-meadow/", follow_redirects=True).text


@pytest.mark.parametrize("title", ["New", "Embed", "🌱🌳", "—", "../../etc", "Озеленение", "a" * 300])
def test_every_title_gets_an_address_that_answers(hub_app, client, title):
    times = 11 if title in ("New", "🌱🌳") else 2
    for _ in range(times):
        uid = make(hub_app, title=title)
    words = {item["url"] for item in client.get("/en/cases.json").json["items"]}
    assert len(words) == times
    for url in words:
        path = url.removeprefix("http://localhost:8000")
        assert re.fullmatch(r"/en/cases/[a-z0-9-]{1,120}/", path) and client.get(path).status_code == 200, path
        assert path not in ("/en/cases/new/", "/en/cases/embed/")
    assert client.get(f"/en/cases/{uid}/").status_code == 301


def test_a_chosen_address_word_must_be_one(hub_app, client):
    for wanted in ("a/b", "../x", "new", "<b>", "x?y", "", "Слово", "x" * 500):
        uid = make(hub_app, title="Chosen", slugs={"en": wanted})
        assert re.fullmatch(r"[a-z0-9-]{1,120}", slug(hub_app, uid)) and slug(hub_app, uid) != "new", wanted
    assert slug(hub_app, make(hub_app, title="Chosen", slugs={"en": "my-own-word"})) == "my-own-word"


# -- two editors --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("do", ["save", "publish"])
def test_two_editors_lose_nothing(new_hub, do):
    app = new_hub(start=True)
    maker = make(app, "partner", "Quokka society")
    uid = quokka(
        app, summary="First summary", texts={"ru": {"title": "Луг"}}, data={"start": "2017", "themes": ["health"]}
    )
    one, two, visitor = sign_in(app, "editor"), sign_in(app, "admin"), app.test_client()
    desk = f"/desk/cases/{uid}/?language=en&form=full"
    first, second = dict(form_values(one.get(desk).text)), dict(form_values(two.get(desk).text))
    theirs = first | {"summary.en": "Summary of the first editor", "f.start": "2018-05", "r.holder": "Quokka society",
                      "f.figures.0.value": "12", "f.figures.0.unit": "beds", "f.themes": ["culture"], "p.0.address": "Elm street 1",
                      "body.en": "Their long text.", "do": do}  # fmt: skip
    assert one.post(desk, data=theirs).status_code == 302
    live = visitor.get(f"/api/v1/cases/{uid}").json

    mine = second | {
        "summary.en": "Summary of the second editor",
        "f.start": "2019",
        "f.end": "2020",
        "t.objective.en": "My objective",
        "do": do,
    }
    clash = two.post(desk, data=mine)
    assert clash.status_code == 409
    html = clash.text
    for kept in ("Summary of the second editor", "My objective", 'value="2019"', 'value="2020"'):
        assert kept in html, f"what was typed is gone: {kept}"
    for other in ("Summary of the first editor", "2018-05", "Quokka society", "Elm street 1", "Their long text.", "12"):
        assert re.search(rf'class="note warn other">[^§]*?{re.escape(other)}', html), (
            f"the other version does not show: {other}"
        )
    assert "Nothing is lost" in html and visitor.get(f"/api/v1/cases/{uid}").json == live, "nothing was written"

    again = form_values(html)
    values = dict(again)
    assert values["base"] != second["base"] and values["summary.en"] == "Summary of the second editor"
    assert two.post(desk, data=values | {"do": "publish"}).status_code == 302
    catch_up(app)
    won = visitor.get(f"/api/v1/cases/{uid}").json
    assert won["summary"] == "Summary of the second editor" and won["fields"]["objective"] == "My objective"
    assert won["texts"]["ru"]["title"] == "Луг", "the other language is untouched"
    history = [r["document"] for r in revisions(app, uid)]
    assert any(
        d["texts"]["en"]["summary"] == "Summary of the first editor" and {n: to for n, to in d["links"].items() if to} == {"holder": [maker]}
        for d in history
    )


def revisions(app, uid):
    import sqlalchemy as sa

    from hub.content.model import Revision
    from hub.store.db import session

    with app.app_context():
        rows = session().scalars(
            sa.select(Revision).where(Revision.content_id == content(session(), uid).id).order_by(Revision.id)
        )
        return [{"document": row.document, "state": row.state} for row in rows]


def test_saving_twice_from_one_page_is_a_conflict_with_oneself(hub_app):
    uid = quokka(hub_app, status="draft")
    editor = sign_in(hub_app, "editor")
    desk = f"/desk/cases/{uid}/?language=en&form=full"
    form = dict(form_values(editor.get(desk).text)) | {"do": "save"}
    assert editor.post(desk, data=form | {"summary.en": "One"}).status_code == 302
    assert editor.post(desk, data=form | {"summary.en": "Two"}).status_code == 409
    assert editor.post(desk, data=dict(form) | {"base": "", "summary.en": "Three"}).status_code == 409, (
        "no token is no free pass"
    )


# -- members ------------------------------------------------------------------------------------------------------------


def test_members_propose_and_do_no_more(hub_app, client):
    member, editor = sign_in(hub_app, "member"), sign_in(hub_app, "editor")
    theirs = quokka(hub_app, status="draft")
    page = member.get("/desk/cases/new?language=en").text
    assert 'value="publish"' not in page and 'value="submit"' in page
    answer = member.post("/desk/cases/new?language=en", data={
        "csrf_token": csrf(page), "language": "en", "form": "quick", "do": "submit", "title.en": "A member's garden",
        "summary.en": "Told by a member.", "f.start": "2020",
    })  # fmt: skip
    assert answer.status_code == 302
    desk = answer.headers["Location"].partition("?")[0]
    uid = desk.split("/")[-2]
    state = lambda: {r["uid"]: r["status"] for r in dump(hub_app)}[uid]  # noqa: E731
    assert state() == "review" and "A member&#39;s garden" in editor.get("/desk/").text
    own = member.get("/desk/cases/").text
    assert uid in own and theirs not in own

    token = csrf_of(member, desk)
    form = dict(form_values(member.get(desk).text))
    assert member.post(desk, data=form | {"do": "publish", "summary.en": "Sneaked in"}).status_code == 302
    assert state() == "review", "publish is not a member's to press"
    for action in ("publish", "unpublish", "archive", "trash", "restore", "return"):
        assert member.post(desk + action, data={"csrf_token": token}).status_code == 403, action
    for path in (f"/desk/cases/{theirs}/", f"/desk/cases/{theirs}/preview", f"/desk/editor/case/{theirs}/history"):
        assert member.get(path).status_code == 403
    assert member.post(f"/desk/cases/{theirs}/", data=form | {"title.en": "Stolen"}).status_code == 403
    assert member.post(f"/desk/cases/{theirs}/submit", data={"csrf_token": token}).status_code == 403
    for path in ("/desk/plugins", "/desk/settings", "/desk/topics", "/desk/changes", "/desk/health", "/desk/pages/new"):
        assert member.get(path).status_code == 403, path
        assert member.post(path, data={"csrf_token": token, "title.en": "x"}).status_code in (403, 405), path

    step(hub_app, uid, "publish")
    assert "Sneaked in" in client.get("/en/cases/").text
    assert member.get(desk).status_code == 403, "what is published is the editors'"
    assert member.post(desk, data=form | {"title.en": "Changed after"}).status_code == 403
    assert "Changed after" not in client.get("/en/cases/").text


def dump(app, *kinds):
    """The documents of `hub export all`."""
    target = folder_of(app) / "dump.jsonl"
    status, _, err = run_hub(folder_of(app), "export", "all", str(target))
    assert status == 0, err
    rows = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if row["kind"] != "topic" and (not kinds or row["kind"] in kinds)]


def test_a_member_cannot_smuggle_in_what_the_form_does_not_show(gear_app):
    member = sign_in(gear_app, "member")
    page = member.get("/desk/gears/new?language=en&form=full").text
    for hidden in ("f.note", "t.lore.en", "f.tier", 'name="audience"', 'name="example"', 'name="licence"'):
        assert hidden not in page
    answer = member.post("/desk/gears/new", data={
        "csrf_token": csrf(page), "language": "en", "form": "full", "title.en": "Mine", "f.note": "x", "t.lore.en": "x", "f.tier": "tierhigh",
        "audience": "editors", "example": "true", "licence": "CC0", "status": "published", "uid": "0", "f.price": "5",
    })  # fmt: skip
    assert answer.status_code == 302
    doc = next(d for d in dump(gear_app, "gear") if d["texts"]["en"]["title"] == "Mine")
    assert doc["data"] == {"price": 5} and doc["texts"]["en"]["fields"] == {}
    assert (doc["audience"], doc["example"], doc["licence"], doc["status"]) == ("public", False, "", "draft")


def test_a_member_does_not_see_editors_fields_of_their_own_draft(gear_app):
    member, editor = sign_in(gear_app, "member"), sign_in(gear_app, "editor")
    page = member.get("/desk/gears/new?language=en&form=full").text
    answer = member.post(
        "/desk/gears/new",
        data={"csrf_token": csrf(page), "language": "en", "form": "full", "title.en": "Mine", "do": "submit"},
    )
    desk = answer.headers["Location"].partition("?")[0]
    form = dict(form_values(editor.get(desk + "?language=en&form=full").text)) | {
        "f.note": "Zqnote",
        "t.lore.en": "Zqlore",
        "f.tier": "tierhigh",
        "do": "save",
    }
    assert editor.post(desk, data=form).status_code == 302
    assert "Zqnote" in editor.get(desk + "preview").text and "Zqlore" in editor.get(desk + "preview").text
    history = desk.replace("/desk/gears/", "/desk/editor/gear/") + "history"
    assert "Zqnote" in editor.get(history).text
    for path in (desk, desk + "?form=full", desk + "preview", history):
        answer = member.get(path)
        assert answer.status_code == 200 and "Zqnote" not in answer.text and "Zqlore" not in answer.text and "Tier high" not in answer.text, path
    mine = dict(form_values(member.get(desk + "?language=en&form=full").text)) | {"summary.en": "Edited", "do": "save"}
    assert member.post(desk, data=mine).status_code == 302
    kept = next(d for d in dump(gear_app, "gear"))
    assert kept["data"]["note"] == "Zqnote" and kept["texts"]["en"]["fields"]["lore"] == "Zqlore", (
        "and an edit keeps them"
    )


# -- who may see what ---------------------------------------------------------------------------------------------------

SECRETS = {  # word → the least level that may read it
    "Zqmembersitem": 1, "Zqeditorsitem": 2, "Zqnote": 2, "Zqlore": 2, "tierhigh": 2, "clubred": 1, "987654": 1, "Zqtale": 1,
    "Zqstash": 1, "Zqmaker": 2, "Zqfriend": 1, "Zqmembertown": 1, "Zqeditortown": 2,
}  # fmt: skip
LABELS = {"Tier high": 2, "Club red": 1}


@pytest.fixture
def secrets(gear_app):
    """Public, members' and editors' items with fields of every audience and links between them."""
    maker = make(gear_app, "partner", "Zqmaker works", audience="editors", body="Zqmaker")
    friend = make(gear_app, "gear", "Zqfriend saw", audience="members", topics=["culture"])
    place = {"lat": 10.0, "lon": 20.0, "address": "", "country": "RU"}
    hidden = {
        "data": {"note": "Zqnote", "tier": "tierhigh", "club": ["clubred"], "price": 987654, "family": "saw",
                 "stash": [{"url": "https://zqstash.example.org/Zqstash", "label": "Zqstash"}]},
        "links": {"maker": [maker], "friends": [friend]}, "topics": ["culture"],
    }  # fmt: skip
    texts = {c: {"fields": {"lore": "Zqlore", "tale": "Zqtale", "story": "Open story"}} for c in ("en", "ru")}
    uids = {
        "public": make(gear_app, "gear", {"en": "Open saw", "ru": "Открытая пила"}, texts=texts, places=[{**place, "names": {"en": "Opentown"}}], **hidden),
        "members": make(gear_app, "gear", {"en": "Zqmembersitem", "ru": "Zqmembersitem р"}, audience="members", texts=texts,
                        places=[{**place, "names": {"en": "Zqmembertown"}, "country": "KZ"}], **hidden),
        "editors": make(gear_app, "gear", {"en": "Zqeditorsitem", "ru": "Zqeditorsitem р"}, audience="editors", texts=texts,
                        places=[{**place, "names": {"en": "Zqeditortown"}, "country": "FI"}], **hidden),
    }  # fmt: skip
    return {**uids, "maker": maker, "friend": friend}


def every_shape(app, uids):
    """Every public address that could tell of them."""
    paths = ["/", "/en/", "/ru/", "/sitemap.xml", "/sitemap-0.xml", "/feed.atom", "/feed.rss", "/feed.json", "/en/feed.atom", "/robots.txt",
             "/api/v1/openapi.json", "/api/v1/changes", "/en/topics/", "/en/topics/culture/", "/ru/topics/culture/"]  # fmt: skip
    lists = [f"{prefix}/{word}" for word in ("gears", "partners", "search") for prefix in ("/en", "/ru")] + ["/gears"]
    shapes = ("json", "csv", "geojson", "atom", "rss", "feed.json")
    queries = [
        "",
        "q=open",
        "q=saw",
        "topic=culture",
        "sort=title",
        "place=RU",
        "bbox=0,0,90,90",
        "near=10,20",
        "family=saw&limit=100",
    ]
    for base in lists:
        paths += [f"{base}.{shape}" for shape in shapes]
        for query in queries if base == "/en/gears" else ("", "q=saw"):
            paths += [f"{base}.json?{query}", f"{base}.csv?{query}"] + (
                [f"{base}/?{query}"] if base.count("/") == 2 else []
            )
    paths += [f"/api/v1/gears?{query}" for query in queries] + ["/api/v1/partners"]
    for uid in uids.values():
        kind = "partners" if uid == uids["maker"] else "gears"
        paths.append(f"/api/v1/{kind}/{uid}")
        for language in ("en", "ru"):
            word = slug(app, uid, language)
            if word != "None":
                paths += [f"/{language}/{kind}/{word}/", f"/{language}/{kind}/{word}.json"]
    return paths


@pytest.mark.parametrize(("role", "level"), [(None, 0), ("member", 1), ("editor", 2)])
def test_nothing_of_a_higher_audience_shows_in_any_shape(gear_app, secrets, role, level):
    reader = sign_in(gear_app, role) if role else gear_app.test_client()
    closed = {
        k: secrets[k] for k, least in (("members", 1), ("friend", 1), ("editors", 2), ("maker", 2)) if least > level
    }
    seen = set()
    for path in every_shape(gear_app, secrets):
        answer = reader.get(path)
        uid_in_path = any(uid in path for uid in closed.values())
        assert answer.status_code in ((404,) if uid_in_path else (200, 302, 404)), path
        text = answer.text
        if answer.status_code == 404:  # an error page says where one is
            text = text.replace(path.rstrip("/").rpartition("/")[2], "")
        for word, least in {**SECRETS, **LABELS}.items():
            if least > level:
                assert word not in text and word.lower() not in text, f"{path} tells {word}"
            elif word in text:
                seen.add(word)
        for name, uid in closed.items():
            assert uid not in text, f"{path} names the uid of {name}"
    assert seen >= {word for word, least in SECRETS.items() if least <= level}, "and who may read it finds it"


@pytest.mark.parametrize(("role", "level"), [(None, 0), ("member", 1), ("editor", 2)])
def test_hidden_words_are_not_found_and_not_counted(gear_app, secrets, role, level, searching):
    reader = sign_in(gear_app, role) if role else gear_app.test_client()
    for word, least in SECRETS.items():
        if least <= level or word in ("tierhigh", "clubred", "987654"):
            continue
        for path in ("/en/search.json", "/en/gears.json", "/api/v1/gears", "/ru/gears.json", "/en/partners.json"):
            found = reader.get(f"{path}?{urlencode({'q': word})}").json
            assert (found["total"], found["items"]) == (0, []), f"{path} finds {word}"
            assert not any(found["facets"].values()), f"{path} counts {word}"
    visible = 1 + 2 * (level >= 1) + (level >= 2)
    answer = reader.get("/en/gears.json").json
    assert answer["total"] == visible == len(answer["items"])
    facets = answer["facets"]
    assert ("tier" in facets) == (level >= 2) and ("club" in facets) == (level >= 1)
    assert facets["country"] == {"RU": 1} | ({"KZ": 1} if level >= 1 else {}) | ({"FI": 1} if level >= 2 else {})
    assert sum(facets.get("maker", {}).values()) == (3 if level >= 2 else 0)
    for name, value, least in (("tier", "tierhigh", 2), ("club", "clubred", 1)):
        total = reader.get(f"/en/gears.json?{name}={value}").json["total"]
        assert (total > 0) == (level >= least), f"{name}={value} narrows for those who may not see it"


@pytest.mark.parametrize("role", [None, "member"])
def test_a_hidden_item_answers_like_one_that_is_not_there(gear_app, secrets, role):
    reader = sign_in(gear_app, role) if role else gear_app.test_client()
    hidden = "editors" if role else "members"
    word = slug(gear_app, secrets[hidden])
    for there, nowhere in (
        (f"/en/gears/{word}/", "/en/gears/nothing-such/"),
        (f"/api/v1/gears/{secrets[hidden]}", "/api/v1/gears/0190-0"),
    ):
        one, other = reader.get(there), reader.get(nowhere)
        assert one.status_code == other.status_code == 404
        strip = lambda answer: re.sub(r'href="[^"]*"|value="[^"]*"', "", answer.text)  # noqa: E731
        assert strip(one) == strip(other)


def test_followers_learn_when_something_stops_being_public(hub_app, client):
    uid = quokka(hub_app)
    since = client.get("/api/v1/changes").json["next"]
    change(hub_app, uid, lambda doc: doc.update(audience="editors"))
    assert doors(client, uid) == {404}
    news = client.get(f"/api/v1/changes?since={since}").json["changes"]
    assert [c["gone"] for c in news if c["uid"] == uid] == [True]
    since = client.get("/api/v1/changes").json["next"]
    change(hub_app, uid, lambda doc: doc["texts"]["en"].update(summary="Inside"))
    step(hub_app, uid, "trash")
    assert client.get(f"/api/v1/changes?since={since}").json["changes"] == []
    change_back = client.get("/api/v1/changes").json["next"]
    step(hub_app, uid, "restore")
    change(hub_app, uid, lambda doc: doc.update(audience="public"))
    news = client.get(f"/api/v1/changes?since={change_back}").json["changes"]
    assert [c["gone"] for c in news if c["uid"] == uid][-1] is False and doors(client, uid) == {200}


def test_a_compacted_log_still_leads_to_everything_public(hub_app, client):
    from hub.content import changes

    kept, gone = quokka(hub_app), make(hub_app, title="Wombat hill")
    change(hub_app, kept, lambda doc: doc["texts"]["en"].update(summary="Again"))
    change(hub_app, kept, lambda doc: doc["texts"]["en"].update(summary="A draft beside it"), publish=False)
    step(hub_app, gone, "trash")
    step(hub_app, gone, "restore")
    with work(hub_app):
        before = len(client.get("/api/v1/changes").json["changes"])
        changes.compact()
    log = client.get("/api/v1/changes").json["changes"]
    assert len(log) < before
    assert {c["uid"]: c["gone"] for c in log} == {kept: False, gone: True}
