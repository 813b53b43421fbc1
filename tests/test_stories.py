"""Stories of a whole hub: somebody publishes something, readers and followers find it everywhere, and it is gone again."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent / "content"))

from making import catch_up, csrf_of, folder_of, form_values, make, run_hub

from hub.testing.fixtures import sign_in

ENGINE = Path(__file__).resolve().parent.parent / "plugins" / "hub_search" / "hooks.py"
ATOM = {"a": "http://www.w3.org/2005/Atom"}


def desk_post(client, path, **fields):
    """Open a form, fill some of it in, send it off; answers the address of the item's form."""
    form = dict(form_values(client.get(path).text)) | {name.replace("__", "."): value for name, value in fields.items()}
    answer = client.post(path, data=form)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"].partition("?")[0]


def everywhere(client):
    """Where the story's case can be seen by anybody: name of the surface → whether it is there."""
    english, russian = "/en/cases/a-garden-over-the-tram-depot/", "/ru/cases/sad-nad-tramvainym-depo/"

    def listed(path):
        return [item["title"] for item in client.get(path).json["items"]]

    def feed(path):
        root = ElementTree.fromstring(client.get(path).data)
        return [entry.findtext("a:title", namespaces=ATOM) for entry in root.findall("a:entry", ATOM)]

    site = client.get("/sitemap-0.xml").text
    return {
        "English page": client.get(english).status_code == 200, "Russian page": client.get(russian).status_code == 200,
        "English list": "A garden over the tram depot" in client.get("/en/cases/").text, "Russian list": "Сад над трамвайным депо" in client.get("/ru/cases/").text.replace("\u00a0", " "),
        "English home": english in client.get("/en/").text, "Russian home": russian in client.get("/ru/").text,
        "topic": english in client.get("/en/topics/gardening/").text, "place": listed("/en/cases.json?place=kazan") != [], "country": listed("/en/cases.json?place=RU") != [],
        "list JSON": listed("/en/cases.json") == ["A garden over the tram depot"], "Russian list JSON": listed("/ru/cases.json") == ["Сад над трамвайным депо"],
        "item JSON": client.get(english.rstrip("/") + ".json").status_code == 200, "CSV": "A garden over the tram depot" in client.get("/en/cases.csv").text,
        "GeoJSON": client.get("/en/cases.geojson").json["total"] == 1, "Atom": feed("/en/cases.atom") == ["A garden over the tram depot"],
        "Russian Atom": feed("/ru/cases.atom") == ["Сад над трамвайным депо"], "Atom of everything": "A garden over the tram depot" in feed("/feed.atom"),
        "JSON Feed": "A garden over the tram depot" in [item["title"] for item in client.get("/feed.json").json["items"]],
        "RSS": "A garden over the tram depot" in client.get("/en/cases.rss").text, "API": listed("/api/v1/cases") == ["A garden over the tram depot"],
        "sitemap, English": english in site, "sitemap, Russian": russian in site,
    }  # fmt: skip


def found(client):
    """Which searches find the case, each in a form that the text does not have."""
    asked = {
        "/en/search.json?q=garden": True, "/en/search.json?q=gardens": True, "/ru/search.json?q=сады": True, "/ru/search.json?q=озеленения": True,
        "/en/search.json?q=озеленение": True, "/ru/search.json?q=tram+depots": True, "/en/search.json?q=submarine": False,
    }  # fmt: skip
    totals = {path: client.get(path + "&kind=cases").json["total"] for path in asked}
    return {path: totals[path] == 1 for path, wanted in asked.items() if wanted}, {
        path: totals[path] for path, wanted in asked.items() if not wanted
    }


def test_a_case_in_two_languages_is_published_and_taken_back(new_hub, run_jobs):
    app = new_hub(start=True)
    editor, visitor = sign_in(app, "editor"), app.test_client()
    assert not any(everywhere(visitor).values())

    desk = desk_post(
        editor, "/desk/cases/new?language=en&form=full", title__en="A garden over the tram depot", summary__en="Beds on a roof where trams sleep.", body__en="Neighbours carried soil up the stairs.",
        f__start="2019-05", f__themes="environment", p__0__name="Kazan", p__0__country="RU", p__0__point="55.79, 49.11", topics="gardening", do="save",
    )  # fmt: skip
    assert not any(everywhere(visitor).values()), "a draft is nowhere"
    desk_post(
        editor, desk + "?language=ru&form=full", title__ru="Сад над трамвайным депо", summary__ru="Грядки на крыше, под которой спят трамваи.", body__ru="Озеленение начали соседи.", p__0__name="Казань",
        topics="gardening", f__themes="environment", do="publish",
    )  # fmt: skip
    run_jobs(app)
    seen = everywhere(visitor)
    assert all(seen.values()), f"missing in: {[name for name, there in seen.items() if not there]}"
    log = visitor.get("/api/v1/changes").json
    uid = visitor.get("/en/cases.json").json["items"][0]["uid"]
    assert [(c["uid"], c["gone"]) for c in log["changes"] if c["kind"] == "case"] == [(uid, False)]
    page = visitor.get("/en/cases/a-garden-over-the-tram-depot/").text
    assert (
        "May 2019" in page
        and "Kazan" in page
        and 'hreflang="ru"' in page
        and "/ru/cases/sad-nad-tramvainym-depo/" in page
    )

    assert editor.post(desk + "unpublish", data={"csrf_token": csrf_of(editor, desk)}).status_code == 302
    run_jobs(app)
    seen = everywhere(visitor)
    assert not any(seen.values()), f"still in: {[name for name, there in seen.items() if there]}"
    news = visitor.get(f"/api/v1/changes?since={log['next']}").json["changes"]
    assert [(c["uid"], c["gone"]) for c in news] == [(uid, True)], "followers are told"
    assert visitor.get(f"/api/v1/cases/{uid}").status_code == 404

    assert editor.post(desk + "publish", data={"csrf_token": csrf_of(editor, desk)}).status_code == 302
    run_jobs(app)
    assert all(everywhere(visitor).values()), "and back again"


@pytest.mark.skipif(not ENGINE.exists(), reason="hub_search is not written yet")
def test_a_case_is_found_in_both_languages_and_in_any_form(new_hub, run_jobs):
    app = new_hub(["partners", "cases", "search"], start=True)
    visitor, editor = app.test_client(), sign_in(app, "editor")
    uid = make(
        app, title={"en": "A garden over the tram depot", "ru": "Сад над трамвайным депо"}, topics=["gardening"],
        body={"en": "Neighbours carried soil up the stairs.", "ru": "Озеленение начали соседи."},
    )  # fmt: skip
    run_jobs(app)
    hits, misses = found(visitor)
    assert all(hits.values()), f"not found: {[path for path, ok in hits.items() if not ok]}"
    assert not any(misses.values())
    page = visitor.get("/ru/search/?q=сады").text.replace("\u00a0", " ")
    assert "/ru/cases/sad-nad-tramvainym-depo/" in page and "<mark>" in page
    assert visitor.get("/en/search.json?q=garden&kind=cases").json["facets"]["kind"], "kinds can be chosen"
    desk = f"/desk/cases/{uid}/"
    assert editor.post(desk + "unpublish", data={"csrf_token": csrf_of(editor, desk)}).status_code == 302
    run_jobs(app)
    hits, _ = found(visitor)
    assert not any(hits.values()), f"still found: {[path for path, ok in hits.items() if ok]}"


def test_a_case_is_found_without_any_engine_too(new_hub):
    app = new_hub(["partners", "cases"], start=True)
    make(app, title={"en": "A garden over the tram depot", "ru": "Ёлки над депо"})
    visitor = app.test_client()
    for query, total in (("garden", 1), ("tram depot", 1), ("елки", 1), ("ЁЛКИ", 1), ("submarine", 0)):
        assert visitor.get("/en/search.json", query_string={"q": query}).json["total"] == total, query
        assert (
            "/en/cases/a-garden-over-the-tram-depot/" in visitor.get("/en/search/", query_string={"q": query}).text
        ) == bool(total)


def test_a_holder_shows_on_both_pages_and_hides_with_its_plugin(new_hub):
    app = new_hub(start=True)
    editor, visitor = sign_in(app, "editor"), app.test_client()
    desk_post(
        editor,
        "/desk/partners/new?language=en&form=full",
        title__en="Tram Depot Society",
        f__kind="association",
        do="publish",
    )
    desk = desk_post(
        editor,
        "/desk/cases/new?language=en&form=full",
        title__en="A garden over the depot",
        r__holder="Tram Depot Society",
        do="publish",
    )
    catch_up(app)
    case, partner = "/en/cases/a-garden-over-the-depot/", "/en/partners/tram-depot-society/"
    uid = visitor.get("/api/v1/partners").json["items"][0]["uid"]

    def together():
        return {
            "the case names its holder": "Tram Depot Society" in visitor.get(case).text, "the case links to it": partner in visitor.get(case).text,
            "JSON names it": "Tram Depot Society" in visitor.get(case.rstrip("/") + ".json").text, "the list has a facet": visitor.get("/en/cases.json").json["facets"].get("holder", {}) == {uid: 1},
            "the form offers it": "Tram Depot Society" in editor.get(desk + "?language=en&form=full").text, "the partner's page is there": visitor.get(partner).status_code == 200,
            "the partner names what it keeps": "A garden over the depot" in visitor.get(partner).text, "the sitemap has it": partner in visitor.get("/sitemap-0.xml").text,
            "the menu has partners": 'href="/en/partners/"' in visitor.get("/en/cases/").text,
        }  # fmt: skip

    assert all(together().values()), together()
    assert run_hub(folder_of(app), "plugin", "off", "partners")[0] == 0
    hidden = together()
    assert not any(hidden.values()), f"still shows: {[name for name, there in hidden.items() if there]}"
    assert visitor.get(case).status_code == 200
    form = dict(form_values(editor.get(desk + "?language=en&form=full").text)) | {
        "summary.en": "Edited while partners were off",
        "do": "publish",
    }
    assert editor.post(desk, data=form).status_code == 302
    assert run_hub(folder_of(app), "plugin", "on", "partners")[0] == 0
    back = together()
    assert all(back.values()), f"lost: {[name for name, there in back.items() if not there]}"
    assert "Edited while partners were off" in visitor.get(case).text
