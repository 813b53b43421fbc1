"""An entry is found by the names it shows (of a partner, of a topic), however many show one and whatever becomes of it."""

from __future__ import annotations

import pytest
from making import catch_up, change, content, make, step, work

from hub.content import workflow
from hub.testing.fixtures import csrf, sign_in
from hub.work.jobs import run_due

MANY = 1_150  # more than a thousand
SOME = workflow.PORTION + 60  # more than one transaction looks at again


def case(title, **parts):
    return {"texts": {"en": {"title": title, "summary": "", "body": "", "fields": {}}}, **parts}


def many(app, number=MANY, **parts):
    from hub.api import items

    with work(app):
        items.create_many([items.prepare("case", case(f"Garden {n}", **parts)) for n in range(number)])


def found(app, word):
    """How many entries are found by a word, once all that was put off is done."""
    run_due(app)
    catch_up(app)
    return app.test_client().get(f"/en/search.json?q={word}&kind=case&limit=1").json["total"]


@pytest.fixture(scope="module")
def hub(hub_instances):
    from hub.app import create_app

    app = create_app(hub_instances.make(["partners", "cases", "search"]), strict=True)
    app.testing = True
    return app


def test_all_that_name_a_partner_are_found_by_its_name_and_no_longer(hub):
    uid = make(hub, "partner", "Wombat union", status="draft")
    many(hub, SOME, links={"holder": [uid]})
    assert found(hub, "wombat") == 0, "nobody reads the name of a partner that is not published"
    step(hub, uid, "publish")
    assert found(hub, "wombat") == SOME
    change(hub, uid, lambda doc: doc["texts"]["en"].update(title="Numbat union"))
    assert (found(hub, "wombat"), found(hub, "numbat")) == (0, SOME)
    step(hub, uid, "unpublish")
    assert found(hub, "numbat") == 0
    step(hub, uid, "publish")
    step(hub, uid, "erase")
    assert found(hub, "numbat") == 0


def test_nobody_waits_for_thousands(hub):
    """One transaction looks at a portion again; an edit meanwhile gets its turn."""
    uid = make(hub, "partner", "Quoll union", status="draft")
    many(hub, links={"holder": [uid]})
    with work(hub) as db:
        workflow.move(db, content(db, uid), "publish")
        assert len([row for row in db.info["changes"] if row.verb == "touched"]) == workflow.PORTION < MANY / 4
    assert found(hub, "quoll") == MANY


def test_a_topic_of_thousands_is_renamed_and_merged(hub):
    from hub.api import items

    with work(hub):
        items.put_topic({"slug": "ponds", "en": {"name": "Ponds"}})
        items.put_topic({"slug": "small-ponds", "broader": "ponds", "en": {"name": "Small ponds"}})
        items.put_topic({"slug": "lakes", "en": {"name": "Lakes"}})
    many(hub, topics=["small-ponds"])
    editor, visitor = sign_in(hub, "editor"), hub.test_client()
    total = lambda slug: visitor.get(f"/en/cases.json?topic={slug}&limit=1").json["total"]  # noqa: E731
    assert (total("ponds"), total("lakes")) == (MANY, 0)
    token = csrf(editor.get("/desk/topics").text)
    editor.post("/desk/topics", data={"csrf_token": token, "slug": "ponds", "name.en": "Ponds", "broader": "lakes"})
    assert found(hub, "garden") >= MANY
    assert (total("ponds"), total("lakes")) == (MANY, MANY), "what bears a narrower topic follows"
    told = editor.post("/desk/topics", data={"csrf_token": token, "slug": "small-ponds", "into": "lakes"}, follow_redirects=True).text
    assert f"{MANY} entries were changed" in told
    assert found(hub, "lakes") == MANY
    assert (total("ponds"), total("lakes")) == (0, MANY)
