"""Conditions of a search: organisation, dates, year, freshness, part of the map; counts equal what a click gives."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any
from urllib.parse import urlencode

import pytest
from days import today
from test_search_site import read

from hub.api import items, session, writing
from hub.testing.fixtures import sign_in

SHAPES = ("csv", "atom", "rss", "feed.json", "geojson")


def filled(app: Any) -> dict[str, str]:
    """Name → uid of: two libraries, a hidden one, and what is theirs, each with the word «сад»."""
    with app.app_context(), writing():
        spot = [{"lat": 55.8, "lon": 49.1, "names": {"ru": "Казань", "en": "Kazan"}, "country": "RU"}]
        uids: dict[str, str] = {}

        def put(name: str, kind: str, title: str, **doc: Any) -> None:
            text = {"title": title, "summary": "", "body": "", "fields": {}}
            data = {"partner": {"kind": "library"}, "event": {"starts": "2021-04-10T12:00", "ends": "2021-04-12T15:00"}}
            content = items.create(kind, {"texts": {"ru": text}, "data": data.get(kind, {}), **doc})
            items.move(content, "publish")
            uids[name] = content.uid

        put("north", "partner", "Северная библиотека", places=spot)
        put("south", "partner", "Южная библиотека")
        put("hidden", "partner", "Тайная библиотека", audience="editors")
        put("case", "case", "Сад на крыше", links={"holder": [uids["north"]]}, checked_on="2026-03-01", places=spot)
        put("other", "case", "Сад у реки", links={"holder": [uids["south"]]})
        put("quiet", "case", "Сад без вывески", links={"holder": [uids["hidden"]]})
        put("secret", "case", "Сад за забором", links={"holder": [uids["north"]]}, audience="editors")
        put("event", "event", "Сад весной", links={"supporter": [uids["north"]], "organiser": [uids["south"]]}, places=spot)
        items.commit()
    return uids


@pytest.fixture(scope="module", params=["whoosh", pytest.param("postgres", marks=pytest.mark.postgres), "none"])
def site(request: pytest.FixtureRequest, hub_instances: Any) -> Any:
    """(application, uids) with each engine, and without one."""
    from hub.app import create_app

    engine, database = request.param, {}
    if engine == "postgres":
        database = {"database": request.getfixturevalue("postgres_url").new_database()}
    plugins = ["partners", "cases", "events"] + ([] if engine == "none" else ["search"])
    app = create_app(hub_instances.make(plugins, **database), strict=True)
    if engine == "postgres":
        with app.app_context(), writing():
            from hub.store.state import set_setting

            set_setting(session(), "search.engine", "postgres")
            session().commit()
    uids = filled(app)
    if engine != "none":
        read(app)
    return app, uids


def asked(client: Any, **query: Any) -> Any:
    answer = client.get("/ru/search.json", query_string={"q": "сад", **query})
    assert answer.status_code == 200, answer.text
    return answer.json


def titles(data: Any) -> set[str]:
    return {item["title"] for item in data["items"]}


def test_an_organisation_is_a_condition_whatever_its_part(site) -> None:
    app, uids = site
    visitor, editor = app.test_client(), sign_in(app, "editor")
    north, south = uids["north"], uids["south"]
    assert titles(asked(visitor, partner=north)) == {"Сад на крыше", "Сад весной"}
    assert titles(asked(editor, partner=north)) == {"Сад на крыше", "Сад весной", "Сад за забором"}
    assert asked(visitor, partner=[north, south])["total"] == 3
    for client in (visitor, editor):
        for query in ({}, {"partner": south}, {"kind": "cases"}, {"partner": south, "kind": "events"}, {"from": "2021-01-01", "until": "2021-12-31"}):
            counted = asked(client, **query)["facets"].get("partner", {})
            assert north in counted or "from" not in query  # its own group stays selectable
            for uid, count in counted.items():
                assert asked(client, **{**query, "partner": uid})["total"] == count, (query, uid)
    # an organisation that this reader may not see is neither counted nor a way to ask
    assert uids["hidden"] not in asked(visitor)["facets"]["partner"] and uids["hidden"] in asked(editor)["facets"]["partner"]
    assert asked(visitor, partner=uids["hidden"])["total"] == 0 and asked(editor, partner=uids["hidden"])["total"] == 1
    assert asked(visitor, partner="0" * 8 + "-0000-0000-0000-" + "0" * 12)["total"] == 0
    bad = visitor.get("/ru/search/?q=сад&partner=library")
    assert bad.status_code == 400 and "partner" in bad.text
    # lists of one kind know the name too
    assert {i["title"] for i in visitor.get(f"/ru/events.json?partner={north}").json["items"]} == {"Сад весной"}
    assert visitor.get(f"/ru/cases.json?partner={north}").json["total"] == 1


def test_every_shape_knows_organisation_and_dates(site) -> None:
    app, uids = site
    client = app.test_client()
    for query in ({"partner": uids["north"]}, {"from": "2021-04-12", "until": "2021-04-12"}):
        wanted = titles(asked(client, **query))
        assert "Сад весной" in wanted
        for shape in SHAPES:
            answer = client.get(f"/ru/search.{shape}", query_string={"q": "сад", **query})
            assert answer.status_code == 200
            assert {t for t in ("Сад на крыше", "Сад у реки", "Сад весной", "Сад без вывески") if t in answer.text} == wanted, shape
        assert titles(client.get("/ru/search.json", query_string=query).json) >= wanted  # without words


@pytest.mark.parametrize("lang, word, none", [("ru", "Партнёр", "Не раньше"), ("en", "Partner", "Not before")])
def test_the_page_offers_them(site, lang: str, word: str, none: str) -> None:
    app, uids = site
    page = app.test_client().get(f"/{lang}/search/", query_string={"q": "сад", "partner": uids["south"]}).text
    group = page.split(f"<summary>{word}</summary>")[1].split("</details>")[0]
    assert re.search(rf'value="{uids["south"]}" checked>Южная библиотека<b>2', group)
    assert re.search(rf'value="{uids["north"]}">Северная библиотека<b>2', group)
    assert none in page and 'name="from"' in page and f"?{urlencode({'q': 'сад'})}" in page  # the chip takes it away
    page = app.test_client().get(f"/{lang}/search/?partner={uids['north']}&from=2021-04-01&until=2021-04-30").text
    assert page.count('class="hit"') == 1 and 'value="2021-04-01"' in page and 'value="2021-04-30"' in page
    assert page.count("<mark>") == 0
    page = app.test_client().get(f"/{lang}/search/?q=сад&from=1990-01-01&until=1990-02-01").text
    assert page.count('class="hit"') == 0 and 'name="until"' in page  # the way out stays


def test_dates_are_those_of_the_year_facet(site) -> None:
    app, _ = site
    client = app.test_client()
    day = today()
    found = asked(client)
    years = found["facets"]["year"]
    assert set(years) == {"2021", str(day.year)}
    for year, count in years.items():
        assert asked(client, year=year)["total"] == count
        assert asked(client, **{"from": f"{year}-01-01", "until": f"{year}-12-31"})["total"] == count
    spring = asked(client, **{"from": "2021-04-11", "until": "2021-04-11"})
    assert titles(spring) == {"Сад весной"} and spring["facets"]["kind"] == {"event": 1}
    assert asked(client, **{"from": "2021-04-13", "until": "2021-12-31"})["total"] == 0
    assert asked(client, **{"from": str(day + dt.timedelta(days=2))})["total"] == 0
    for name, value in (("from", "soon"), ("until", "2021-02-30")):
        bad = client.get(f"/ru/search.json?q=сад&{name}={value}")
        assert bad.status_code == 400 and name in bad.text


def test_freshness_and_map_are_counted_as_a_click_gives(site) -> None:
    app, _ = site
    client = app.test_client()
    assert asked(client)["facets"]["checked"] == {"2026": 1}
    assert titles(asked(client, checked="2026")) == {"Сад на крыше"}
    for query in ({"bbox": "49,55,50,56"}, {"bbox": "49,55,50,56", "from": "2021-01-01", "until": "2021-12-31"}):
        found = asked(client, **query)
        assert found["total"] == 3 - ("from" in query) * 2 - 1 + ("from" in query) * 1 or found["total"] in (1, 2)
        for name, counted in found["facets"].items():
            if name in ("kind", "year", "country", "lang", "checked", "partner"):
                for value, count in counted.items():
                    asks = {"country": "place"}.get(name, name)
                    value = {"case": "cases", "event": "events"}.get(value, value)
                    assert asked(client, **{**query, asks: value})["total"] == count, (query, name, value)
    near = asked(client, bbox="49,55,50,56", sort="title")
    assert [i["title"] for i in near["items"]] == ["Сад весной", "Сад на крыше"]


def test_a_hidden_organisation_is_not_called_by_its_name(site) -> None:
    app, uids = site
    assert "Тайная библиотека" not in app.test_client().get(f"/ru/search/?q=сад&partner={uids['hidden']}").text
    assert "Тайная библиотека" not in app.test_client().get(f"/ru/cases/?holder={uids['hidden']}").text
    assert "Тайная библиотека" in sign_in(app, "editor").get(f"/ru/search/?q=сад&partner={uids['hidden']}").text
