"""The plugin through its public door. `hub_app`, `client`, `session` … come from the hub's own pytest plugin."""

from typing import Any

import pytest
from hub.api import items, writing
from hub.testing.fixtures import csrf


@pytest.fixture
def tools(hub_app: Any) -> None:
    """Three ladders. The application context ends before anybody asks for a page, as in real life."""
    with hub_app.app_context(), writing():
        for number, state in enumerate(("in", "out", "in"), 1):
            use = ["garden", "wood"] if number == 1 else ["garden"]
            text = {"title": f"Ladder {number}", "summary": "", "body": "", "fields": {"terms": "Dry, please."}}
            doc = {"data": {"use": use, "state": state, "days": number, "shelf": "B7"}, "texts": {"en": text}}
            items.create("tool", {"topics": [], "places": [], "links": {}, **doc}, status="published")
        items.commit()


@pytest.mark.usefixtures("tools")
def test_lists_are_narrowed_by_its_own_facets(client: Any) -> None:
    page = client.get("/en/tools/").text
    assert "Ladder 1" in page and 'name="use" value="garden"' in page and 'name="state" value="out"' in page
    page = client.get("/en/tools/?state=out").text
    assert "Ladder 2" in page and "Ladder 1" not in page
    assert client.get("/en/tools.json?use=garden").json["facets"]["state"] == {"in": 2, "out": 1}
    assert client.get("/en/tools/?state=rusty").status_code == 400


@pytest.mark.usefixtures("tools")
def test_a_page_says_whether_one_can_have_it(client: Any) -> None:
    page = client.get("/en/tools/ladder-3/").text
    assert "To be had" in page and "for up to 3 days" in page and "Dry, please." in page and "B7" not in page
    assert "на срок до 3 дней" in client.get("/ru/tools/ladder-3/").text.replace("\xa0", " ")
    assert "For the garden" in client.get("/en/").text, "the front page does not count by use"


def test_a_member_can_offer_a_tool(hub_app: Any, as_user: Any, client: Any) -> None:
    member = as_user("member")
    form = member.get("/desk/tools/new?language=en&form=quick").text
    assert 'name="f.use"' in form and 'name="f.deposit"' not in form
    data = {
        "csrf_token": csrf(form),
        "language": "en",
        "form": "quick",
        "do": "submit",
        "title.en": "Saw",
        "f.use": "wood",
    }
    assert member.post("/desk/tools/new", data=data).status_code == 302
    assert "Saw" not in client.get("/en/tools/").text
