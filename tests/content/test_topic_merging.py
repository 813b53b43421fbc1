"""Two topics become one: entries, names, addresses, conditions and narrower topics follow."""

import re

import pytest

from hub.store import db
from hub.testing.fixtures import csrf, sign_in


@pytest.fixture
def app(new_hub):
    from hub.api import items

    app = new_hub(plugins=["partners", "cases"])
    with app.app_context(), db.writing():
        items.put_topic({"slug": "parks", "en": {"name": "Parks", "synonyms": ["squares"]}, "ru": {"name": "Парки"}})
        items.put_topic({"slug": "green-places", "en": {"name": "Green places"}, "ru": {"name": "Зелёные места"}})
        items.put_topic({"slug": "meadows", "broader": "parks", "en": {"name": "Meadows"}})
        for title, slugs in (("One", ["parks"]), ("Both", ["parks", "green-places"]), ("Narrow", ["meadows"])):
            items.create("case", case(title, slugs), status="published")
        items.commit()
    return app


def case(title, slugs):
    return {"texts": {"en": {"title": title, "summary": "", "body": "", "fields": {}}}, "topics": slugs}


def merge(app, gone, into):
    editor = sign_in(app, "editor")
    token = csrf(editor.get("/desk/topics").text)
    return editor.post("/desk/topics", data={"csrf_token": token, "slug": gone, "into": into}, follow_redirects=True)


def titles(client, query):
    return sorted(item["title"] for item in client.get(f"/en/cases.json?{query}").json["items"])


def test_everything_follows(app):
    from hub.api import items

    visitor = app.test_client()
    answer = merge(app, "parks", "green-places")
    assert "3 entries were changed" in answer.text
    assert titles(visitor, "topic=green-places") == ["Both", "Narrow", "One"], "narrower topics came along"
    assert titles(visitor, "topic=parks") == ["Both", "Narrow", "One"], "an old link still narrows"
    moved = visitor.get("/en/topics/parks/")
    assert moved.status_code == 301 and moved.location.endswith("/en/topics/green-places/")
    page = visitor.get("/en/topics/green-places/").text
    assert "Parks, squares" in page and "/en/topics/parks/" not in page
    with app.app_context(), db.writing():
        made = items.create("case", case("Old word", ["parks"]), status="published")
        items.commit()
        assert items.read(made)["topics"] == ["green-places"], "an old draft or table may still use the old slug"
        slugs = items.topic_slugs(["parks", "Парки", "squares"], "en")
        assert {slug for slug, _ in slugs.values()} == {"green-places"}
        assert [c.slug for c in items.concepts() if not c.names] == []


def test_a_broader_topic_into_its_narrower_one(app):
    visitor = app.test_client()
    merge(app, "parks", "meadows")
    assert titles(visitor, "topic=meadows") == ["Both", "Narrow", "One"]
    assert "Meadows" in visitor.get("/en/topics/").text


def test_what_cannot_be_merged_says_so(app):
    assert "Choose another topic" in merge(app, "parks", "parks").text
    assert "Choose another topic" in merge(app, "parks", "nothing").text
    assert "Choose another topic" in merge(app, "parks", "").text


def test_a_topic_loses_its_broader_one(app):
    editor, visitor = sign_in(app, "editor"), app.test_client()
    assert titles(visitor, "topic=parks") == ["Both", "Narrow", "One"]
    token = csrf(editor.get("/desk/topics").text)
    editor.post("/desk/topics", data={"csrf_token": token, "slug": "meadows", "name.en": "Meadows", "broader": ""})
    assert titles(visitor, "topic=parks") == ["Both", "One"]


# --- the desk's form of a topic


def save(app, **typed):
    editor = sign_in(app, "editor")
    token = csrf(editor.get("/desk/topics").text)
    return editor.post("/desk/topics", data={"csrf_token": token, **typed}, follow_redirects=True).text


def known(app):
    from hub.content import topics

    with app.app_context():
        return dict(topics.concepts(db.session()))


def test_adding_a_topic_that_is_there_overwrites_nothing(app):
    before = known(app)["parks"]
    said = save(app, **{"slug": "", "name.en": "Parks!", "synonyms.en": "lawns", "name.ru": ""})
    assert "There is a topic of this name already: Parks." in said and "Topic saved." not in said
    assert known(app)["parks"] == before
    assert "Topic saved." in save(app, **{"name.en": "Lawns"}) and "lawns" in known(app)


def test_a_name_that_was_cleared_is_gone(app):
    save(app, **{"slug": "parks", "name.en": "Parks", "synonyms.en": "squares", "name.ru": "", "synonyms.ru": "сквер"})
    assert known(app)["parks"].names == {"en": "Parks"}


def test_no_topic_is_offered_below_its_own_narrower_one(app):
    page = sign_in(app, "editor").get("/desk/topics?topic=parks").text
    part = page[page.index('name="slug" value="parks"') :]
    offered = part[part.index('name="broader"') : part.index("</select>")]
    assert 'value="green-places"' in offered and 'value="meadows"' not in offered


def test_hundreds_of_topics_are_a_page_that_a_phone_can_load(app):
    from hub.api import items

    with app.app_context(), db.writing():
        for number in range(200):
            items.put_topic({"slug": f"topic-{number}", "en": {"name": f"Topic {number}"}})
        items.commit()
    editor = sign_in(app, "editor")
    page = editor.get("/desk/topics")
    assert len(page.data) < 150_000, "one form at a time: each offers all topics"
    link = re.search(r'href="([^"]*topic=topic-7#topic-topic-7)"', page.text).group(1).replace("&amp;", "&")
    opened = editor.get(link).text
    assert opened.count('name="into"') == 1 and 'name="slug" value="topic-7"' in opened and 'id="topic-topic-7"' in opened


def test_no_topic_takes_the_name_of_another_and_what_was_typed_stays(app):
    save(app, **{"slug": "parks", "name.en": "Parks", "name.ru": "Парки"})
    before = known(app)["meadows"]
    typed = {"slug": "meadows", "name.en": "parks", "synonyms.en": "plazas, places", "name.ru": "Площади"}
    said = save(app, **typed)
    assert "There is a topic of this name already: Parks." in said and "Topic saved." not in said
    assert 'value="plazas, places"' in said and 'value="Площади"' in said and known(app)["meadows"] == before
    said = save(app, **{"name.en": "Greens", "name.ru": "ПАРКИ", "synonyms.en": "verdure"})
    assert "There is a topic of this name already" in said and 'value="verdure"' in said and "greens" not in known(app)
    assert "Write a name in at least one language." in save(app, **{"slug": "meadows", "synonyms.en": "plazas"})
    assert "Topic saved." in save(app, **{"slug": "parks", "name.en": "Parks", "name.ru": "Парки"})
