"""Duplicates through the public door: alike in any alphabet, shown while typing, merged with redirects, undone."""

import re

import pytest
import sqlalchemy as sa
from suggesting import Fields, main, send

from hub.content.model import Content
from hub.store import db
from hub.testing.fixtures import sign_in
from hub.work.jobs import run_due

PLUGINS = ["partners", "cases", "people", "saved", "duplicates", "suggest"]
KAZAN = {"lat": 55.7963, "lon": 49.1088, "names": {"en": "Kazan", "ru": "Казань"}, "country": "RU"}


@pytest.fixture
def app(new_hub):
    return new_hub(plugins=PLUGINS, languages=["en", "ru"], toml="[plugin.suggest]\nseconds = 0\n")


def publish(app, kind, titles, *, place=KAZAN, links=None, data=None, status="published", **more):
    from hub.api import items

    texts = {code: {"title": title, "summary": "", "body": "", "fields": {}} for code, title in titles.items()}
    doc = {"texts": texts, "data": data or {}, "places": [place] if place else [], "links": links or {}, "topics": [], **more}
    with app.app_context(), db.writing():
        content = items.create(kind, doc, status=status)
        items.commit()
        return content.uid


def moved(north):
    """A place so many metres away."""
    return {**KAZAN, "lat": KAZAN["lat"] + north / 111_195}


def doc(app, uid):
    from hub.api import items

    with app.app_context():
        return items.read(db.session().scalar(sa.select(Content).where(Content.uid == uid)))


def pairs(app):
    with app.app_context():
        run_due(app)
        query = "SELECT a.uid, b.uid FROM duplicates_pair JOIN content a ON a.id = low JOIN content b ON b.id = high WHERE state = 'open'"
        return [set(row) for row in db.session().execute(sa.text(query))]


@pytest.mark.parametrize(("one", "other", "same"), [
    ("Зелёная библиотека", "Zelyonaya biblioteka", True), ("Зелёная библиотека", "Zelenaja Biblioteka", True),
    ("АНО «Фабрика пространств»", "Fabrika prostranstv", True), ("Щукинский дом культуры", "Shchukinsky dom kultury", True),
    ("Центр Ежевика", "Tsentr Ezhevika", True), ("Библиотека семейного чтения", "Библиотека семейного чтенья", True),
    ("Школа искусств № 3", "Школа искусств № 5", False), ("Музей воды", "Музей огня", False),
    ("Центральная библиотека", "Детская библиотека", False), ("Incredible Edible Todmorden", "Incredible Edible Rossendale", False),
    ("The Linden Foundation Ltd", "Linden Foundation", True), ("ЛЕДОХОД", "Ледоход", True), ("日本文化センター", "Nippon bunka", False),
])  # fmt: skip
def test_names_in_one_town_are_alike_whatever_their_letters(one, other, same):
    from hub_duplicates.likeness import Known, score

    def known(name):
        return Known({"texts": {"en": {"title": name}}, "places": [{"names": {"en": "Kazan"}}], "data": {}})

    assert (score(known(one), known(other)) > 0) is same
    assert score(known(one), known(other)) == score(known(other), known(one))


def test_what_lies_apart_is_not_the_same(app):
    first = publish(app, "partner", {"ru": "Зелёная библиотека"})
    near = publish(app, "partner", {"en": "Green library Zelenaya biblioteka"}, place=moved(90))
    publish(app, "partner", {"ru": "Зелёная библиотека"}, place={**KAZAN, "lat": 59.9, "names": {"ru": "Петербург"}})
    publish(app, "partner", {"ru": "Театр на набережной"}, place=moved(10))
    publish(app, "case", {"ru": "Зелёная библиотека"})
    assert pairs(app) == [{first, near}]
    editor = sign_in(app, "editor")
    page = editor.get(f"/desk/duplicates/pair/{first}/{near}/")
    editor.post(f"/desk/duplicates/pair/{first}/{near}/", data={**Fields(main(page.text)).values, "do": "different"})
    assert pairs(app) == []
    with app.app_context(), db.writing():
        from hub.api import items

        content = items.get("partner", first)
        items.save(content, items.read(content), publish=True)
        items.commit()
    assert pairs(app) == [], "what was decided stays decided"


def test_it_is_shown_while_typing_and_in_the_forms(app):
    publish(app, "partner", {"ru": "Зелёная библиотека"})
    publish(app, "partner", {"ru": "Зелёная библиотека для своих"}, audience="members")
    run_due(app)
    visitor, editor = app.test_client(), sign_in(app, "editor")
    hint = visitor.get("/en/duplicates/like?path=partners&title=Zelyonaya+biblioteka&place=Kazan")
    assert "Зелёная библиотека</a>" in hint.text and "для своих" not in hint.text
    assert "<a" not in visitor.get("/en/duplicates/like?path=partners&title=Museum+of+water&point=x,y").text
    assert "<a" not in visitor.get("/en/duplicates/like?path=nothing&title=Zelyonaya+biblioteka").text
    for client, path in ((visitor, "/en/suggest/new/partners/"), (editor, "/desk/partners/new")):
        assert 'data-like="/en/duplicates/like"' in client.get(path).text.replace("/ru/", "/en/")
    answer = send(visitor, "/en/suggest/new/partners/", title__en="Zelenaya biblioteka", p__0__name="Kazan")
    assert "Is it one of these?" in answer.text and "Зелёная библиотека" in answer.text, "the suggestion's form asks it too"
    draft = publish(app, "partner", {"en": "Zelenaya biblioteka"}, place=moved(20), status="draft")
    assert "May be the same" in editor.get(f"/desk/partners/{draft}/").text


def merge(editor, stays, goes, *take):
    path = f"/desk/duplicates/pair/{stays}/{goes}/"
    page = editor.get(path)
    assert page.status_code == 200
    return editor.post(path, data={**Fields(main(page.text)).values, "do": "merge", "take": list(take)}, follow_redirects=True)


def test_a_merge_takes_everything_along_and_can_be_undone(app):
    stays = publish(app, "partner", {"en": "Green Library"}, data={"kind": "library", "email": "a@example.org"}, place=moved(0))
    goes = publish(
        app, "partner", {"en": "Green Library, Kazan", "ru": "Зелёная библиотека"}, place=moved(30),
        data={"kind": "museum", "website": "https://library.example.org", "email": "b@example.org"},
    )  # fmt: skip
    other = publish(app, "partner", {"en": "Branch"}, place=None, links={"parent": [goes]})
    case = publish(app, "case", {"en": "Beds for books"}, links={"holder": [goes]}, owner=goes)
    editor, visitor = sign_in(app, "editor"), app.test_client()
    old = visitor.get(f"/en/partners/{goes}/").headers["Location"]
    with app.app_context(), db.writing():
        from hub.api import accounts, items

        anna = accounts.add_user(db.session(), "anna@example.org", "correct horse battery")
        db.session().flush()
        gone, kept = items.get("partner", goes), items.get("partner", stays)
        accounts.appoint(anna, gone.id)
        begun = items.get("case", case)
        changed = items.read(begun)
        changed["texts"]["en"]["summary"] = "Begun by an editor."
        items.save(begun, changed)
        db.session().execute(sa.text("INSERT INTO saved_item (user_id, content_id, at) VALUES (:u, :c, CURRENT_TIMESTAMP)"), {"u": anna.id, "c": gone.id})
        items.commit()
        numbers = (anna.id, kept.id, gone.id)
    run_due(app)
    before = {uid: doc(app, uid) for uid in (stays, goes, other, case)}
    page = editor.get(f"/desk/duplicates/pair/{stays}/{goes}/").text
    assert "2 entries point at the one that goes" in page and "yes, it is missing" in page
    answer = merge(editor, stays, goes, "email")
    assert answer.status_code == 200 and "Merged." in answer.text and "Saved entries: 1" in answer.text and "saved_item" not in answer.text
    after = doc(app, stays)
    assert after["data"] == {"kind": "library", "email": "b@example.org", "website": "https://library.example.org"}
    assert after["texts"]["en"]["title"] == "Green Library" and after["texts"]["ru"]["title"] == "Зелёная библиотека"
    assert len(after["places"]) == 1, "thirty metres are the same place"
    assert doc(app, other)["links"] == {"parent": [stays]}
    assert doc(app, case)["links"] == {"holder": [stays]} and doc(app, case)["owner"] == stays
    facet = visitor.get(f"/en/cases.json?holder={stays}").get_json()
    assert facet["total"] == 1 and facet["items"][0]["summary"] != "Begun by an editor."
    assert "Begun by an editor." in editor.get(f"/desk/cases/{case}/").text, "nobody's draft is lost"
    for address in (old, f"/en/partners/{goes}/"):
        assert visitor.get(address, follow_redirects=True).request.path == "/en/partners/green-library/"
    assert visitor.get("/ru/partners/zelenaia-biblioteka/").status_code == 200, "the text's own address came along with it"
    with app.app_context():
        from hub.api import accounts

        assert accounts.representatives(numbers[1]) == [numbers[0]]
    assert doc(app, goes)["status"] == "trash"

    undone = editor.post(re.search(r'action="(/desk/duplicates/log/\d+)"', answer.text)[1], data=Fields(main(answer.text)).values, follow_redirects=True)
    assert "Undone: they are two again." in undone.text
    for uid, was in before.items():
        now = doc(app, uid)
        for part in ("data", "links", "owner", "places", "slugs", "status", "topics"):
            assert now[part] == was[part], (uid, part)
        assert {c: t["title"] for c, t in now["texts"].items()} == {c: t["title"] for c, t in was["texts"].items()}
    assert visitor.get(old).status_code == 200
    with app.app_context():
        assert accounts.representatives(numbers[1]) == []
        assert db.session().scalar(sa.text("SELECT content_id FROM saved_item")) == numbers[2]


def test_what_came_along_names_a_plugin_once_and_what_did_not_is_not_named(new_hub):
    app = new_hub(plugins=[*PLUGINS, "drafts"], languages=["en", "ru"])
    stays, goes = (publish(app, "partner", {"en": f"Green Library {n}", "ru": f"Зелёная библиотека {n}"}) for n in (1, 2))
    run_due(app)  # the translation desk keeps passages, words and more of each, in tables of its own
    editor = sign_in(app)
    assert "point at the one that goes" not in editor.get(f"/desk/duplicates/pair/{stays}/{goes}/").text
    came = re.findall(r"<dd>Translation desk: (\d+)</dd>", merge(editor, stays, goes).text)
    assert len(came) == 1 and int(came[0]) > 1


def test_a_merge_keeps_what_was_edited_since_and_asks_for_rights(app):
    stays = publish(app, "partner", {"en": "Green Library"})
    goes = publish(app, "partner", {"en": "Green Library House"}, data={"phone": "555 0100"})
    editor, member = sign_in(app, "editor"), sign_in(app, "member")
    assert member.get(f"/desk/duplicates/pair/{stays}/{goes}/").status_code == 403
    assert editor.get(f"/desk/duplicates/pair/{stays}/{stays}/").status_code == 404
    answer = merge(editor, stays, goes)
    with app.app_context(), db.writing():
        from hub.api import items

        content = items.get("partner", stays)
        changed = items.read(content)
        changed["texts"]["en"]["summary"] = "Written after the merge."
        items.save(content, changed, publish=True)
        items.commit()
    undone = editor.post(re.search(r'action="(/desk/duplicates/log/\d+)"', answer.text)[1], data=Fields(main(answer.text)).values, follow_redirects=True)
    assert "keeps its text" in undone.text
    assert doc(app, stays)["texts"]["en"]["summary"] == "Written after the merge." and doc(app, goes)["status"] == "published"
    wrong = editor.post("/desk/duplicates/two", data={**Fields(main(editor.get("/desk/duplicates/").text)).values, "first": stays, "second": "x"}, follow_redirects=True)
    assert "Two different entries of one kind" in wrong.text and f'value="{stays}"' in wrong.text


def test_a_verified_standing_goes_along_and_nothing_public_into_a_draft(app):
    stays, goes = (publish(app, "partner", {"en": title}) for title in ("Green Library", "Green Library House"))
    draft = publish(app, "partner", {"en": "Green Library again"}, status="draft")
    other = publish(app, "partner", {"en": "Library of another hub"}, origin="hub/hub.example.org", external_id="1")
    editor = sign_in(app, "editor")
    with app.app_context(), db.writing():
        from hub.api import items

        items.mark(items.get("partner", goes), "standing", "verified")
        items.commit()
    refused = merge(editor, draft, goes)
    assert refused.status_code == 409 and "is not public" in refused.text and doc(app, goes)["status"] == "published"
    assert editor.get(f"/desk/duplicates/pair/{stays}/{other}/").status_code == 404, "it lives at another hub"
    answer = merge(editor, stays, goes)
    assert doc(app, stays)["data"]["standing"] == "verified", "the people came along, so does what they proved"
    editor.post(re.search(r'action="(/desk/duplicates/log/\d+)"', answer.text)[1], data=Fields(main(answer.text)).values)
    assert "standing" not in doc(app, stays)["data"] and doc(app, goes)["data"]["standing"] == "verified"
    merge(editor, goes, stays)
    assert doc(app, goes)["data"]["standing"] == "verified", "and the further one is kept"
