"""The plugin through its public door, with partners as what stands about in a town."""

from collections.abc import Callable
from typing import Any

import pytest
from hub.api import items, writing


@pytest.fixture
def town(hub_app: Any) -> None:
    """A library, a house 300 m from it, a museum at 1.6 km, a farm far away, and a fund without a place."""
    points = {"Library": (58.0100, 56.2500), "House": (58.0121, 56.2500), "Museum": (58.0210, 56.2500),
              "Farm": (58.5, 56.9), "Fund": None}  # fmt: skip
    with hub_app.app_context(), writing():
        for title, point in points.items():
            places = [{"lat": point[0], "lon": point[1], "names": {"en": "Perm"}}] if point else []
            text = {"title": title, "summary": "", "body": "", "fields": {}}
            doc = {"topics": [], "places": places, "links": {}, "data": {}, "texts": {"en": text}}
            items.create("partner", doc, status="published")
        items.commit()


@pytest.mark.usefixtures("town")
def test_the_nearest_come_first_with_minutes(client: Any) -> None:
    page = client.get("/en/partners/library/").text
    block = page[page.index('id="nearby"') :].split("</section>")[0]
    assert block.index("House") < block.index("Museum") and "Farm" not in block and "Library" not in block
    assert "4 minutes" in block, "230 metres, a third more for corners, at 75 metres a minute"


@pytest.mark.usefixtures("town")
def test_without_a_place_or_a_neighbour_there_is_no_block(client: Any) -> None:
    for slug in ("fund", "farm"):
        assert 'id="nearby"' not in client.get(f"/en/partners/{slug}/").text


@pytest.mark.usefixtures("town")
def test_it_counts_minutes_in_russian(client: Any) -> None:
    assert "4 минуты" in client.get("/ru/partners/library/").text.replace("\xa0", " ")


@pytest.mark.usefixtures("town")
def test_the_walk_is_a_setting(client: Any, as_user: Callable[..., Any]) -> None:
    from hub.testing.fixtures import csrf

    admin = as_user("admin")
    form = admin.get("/desk/settings").text
    data = {"csrf_token": csrf(form), "nearby.count": "4", "nearby.metres": "500"}
    assert admin.post("/desk/settings", data=data).status_code == 302
    assert "Museum" not in client.get("/en/partners/library/").text.split('id="nearby"')[1].split("</section>")[0]
