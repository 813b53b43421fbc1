"""The engine through its public door: the site's search page and its data shapes."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner
from hub.api import ListQuery, items, writing

PARTNERS = {
    "Seed library": ("library", "Seeds of old apple trees.", "Библиотека семян", "Здесь выдают семена старых яблонь."),
    "House of music": ("house-of-culture", "Concerts, and a library of scores.", "Дом музыки", "Концерты и ноты."),
    "Tea museum": ("museum", "Cups from everywhere.", "Музей чая", "Чашки отовсюду."),
}


@pytest.fixture
def found(hub_app: Any, client: Any, run_jobs: Callable[..., int]) -> Callable[[str], set[str]]:
    """`found("q=seeds")`: the titles that a visitor finds, among three partners."""
    with hub_app.app_context(), writing():
        for title, (kind, body, russian, russian_body) in PARTNERS.items():
            texts = {"en": {"title": title, "summary": "", "body": body, "fields": {}},
                     "ru": {"title": russian, "summary": "", "body": russian_body, "fields": {}}}  # fmt: skip
            doc = {"topics": [], "places": [], "links": {}, "data": {"kind": kind}, "texts": texts}
            items.create("partner", doc, status="published")
        items.commit()
    run_jobs()
    return lambda query: {item["title"] for item in client.get(f"/en/search.json?{query}").json["items"]}


def test_word_forms_of_both_languages(found: Callable[[str], set[str]]) -> None:
    assert found("q=tree") == {"Seed library"} and found("q=яблоня") == {"Seed library"}
    assert found("q=чашка") == {"Tea museum"} and found("q=cup") == {"Tea museum"}
    assert found("q=library") == {"Seed library", "House of music"}
    assert found("q=library+seed") == {"Seed library"} and found("q=tractor") == set()
    assert found('q="*') == set(), "signs of the query language are only signs"


def test_the_better_match_comes_first(client: Any, found: Any) -> None:
    titles = [item["title"] for item in client.get("/en/search.json?q=library").json["items"]]
    assert titles == ["Seed library", "House of music"], "a word in the title weighs more"
    page = client.get("/en/search/?q=libraries").text
    assert "<mark>library</mark>" in page.lower(), "the found form is not marked"


def test_facets_tell_what_a_click_gives(client: Any, found: Any) -> None:
    answer = client.get("/en/partners.json?q=library&kind=library").json
    assert answer["total"] == 1 and answer["facets"]["kind"] == {"library": 1, "house-of-culture": 1}


def test_changes_are_followed_and_the_index_can_be_made_anew(hub_app: Any, found: Any, run_jobs: Any) -> None:
    with hub_app.app_context(), writing():
        for number in items.find(ListQuery(("partner",), "en")).ids:
            item = items.load([number], "en")[0]
            if item.title == "Tea museum":
                content = items.get("partner", item.uid)
                assert content is not None
                items.move(content, "archive")
        items.commit()
    run_jobs()
    assert found("q=cups") == set() and found("q=library") == {"Seed library", "House of music"}
    with hub_app.app_context():
        from hub_fts.hooks import rebuild

        assert re.fullmatch(r"\d+ items indexed\n", CliRunner().invoke(rebuild).output)
    assert found("q=library") == {"Seed library", "House of music"}


def test_another_name_of_a_topic_is_found_too(hub_app: Any) -> None:
    with hub_app.app_context():
        from hub_fts.index import other_names
    concepts = (("gardening", "садоводство", "озеленение"), ("music",))
    assert other_names("Gardening", concepts) == ("садоводство", "озеленение") and other_names("tea", concepts) == ()
