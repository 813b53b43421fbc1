"""Pages offer what can be used on them: no search in an empty list, no conditions where nothing was found."""

from __future__ import annotations

import re

from making import make

from hub.testing.fixtures import sign_in

SEARCH, CONDITIONS = '<form class="find in-list"', '<form class="facets"'


def test_an_empty_list_has_nothing_to_search(new_hub):
    app = new_hub(languages=["en", "ru"])
    empty = app.test_client().get("/en/cases/").text
    assert "Nothing here yet" in empty and SEARCH not in empty and "0 found" not in empty
    asked = app.test_client().get("/en/cases/?q=garden").text
    assert SEARCH in asked and "0 found" in asked
    make(app, title="Garden")
    assert SEARCH in app.test_client().get("/en/cases/").text
    assert SEARCH in app.test_client().get("/en/cases/?q=hippopotamus").text  # the way back from words that find nothing


def test_wishes_are_searched_among_those_that_the_conditions_leave(new_hub):
    app = new_hub(["feedback"], languages=["en", "ru"])
    empty = app.test_client().get("/en/proposals/").text
    assert "Nobody has wished for anything yet" in empty and SEARCH not in empty and "0 found" not in empty
    make(app, "proposal", title="A night in the archive", data={"format": "meeting"})
    page = app.test_client().get("/en/proposals/?format=meeting&sort=new").text
    form = page[page.index(SEARCH) :].partition("</form>")[0]
    assert 'name="format" value="meeting"' in form and 'name="sort"' not in form and "1 found" in page


def test_where_nothing_is_found_there_is_nothing_to_narrow(demo_app):
    reader = demo_app.test_client()
    assert CONDITIONS in reader.get("/en/search/?q=garden").text
    nothing = reader.get("/en/search/?q=hippopotamus").text
    assert "Nothing found" in nothing and CONDITIONS not in nothing
    assert CONDITIONS in reader.get("/en/search/?q=garden&from=2199-01-01").text  # what was set can be taken back


def test_the_other_names_of_a_topic_are_said_to_be_such(demo_app):
    page = demo_app.test_client().get("/ru/topics/culture/").text
    assert re.search(r'<p class="small">Сюда\s+же: ', page) and '<p class="deck">учреждение' not in page


def test_the_parts_of_the_desks_menu_have_names(demo_app):
    page = sign_in(demo_app, "admin").get("/desk/", follow_redirects=True).text
    menu = re.search(r'<nav class="rail".*?</nav>', page, re.S)[0]
    assert re.findall(r'<li class="small">(.*?)</li>', menu) == ["In hand", "Tools", "Site"]
    assert '<a href="/desk/cases/" data-kind="case">' in menu
