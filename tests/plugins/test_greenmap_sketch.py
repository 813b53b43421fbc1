"""The front page's drawing of green places: its numbers, where they lead, and when a list says as much."""

import re
from html import unescape

import pytest
from making import make

FAR = {"Kazan": (55.79, 49.11), "Leeds": (53.80, -1.55), "Irkutsk": (52.29, 104.29), "Perm": (58.01, 56.25)}


@pytest.fixture
def app(new_hub):
    return new_hub(("partners", "greenmap"))


@pytest.fixture
def client(app):
    return app.test_client()


def plant(app, title, lat, lon, town, **parts):
    place = {"lat": lat, "lon": lon, "names": {"en": town, "ru": f"{town} ру"}, "country": "RU"}
    return make(app, "initiative", title, places=[place], data={"kind": "orchard", **parts})


def section(client, address="/en/"):
    found = re.search(r'<section[^>]*aria-labelledby="home-map".*?</section>', client.get(address).text, re.S)
    return unescape(found[0]) if found else ""


def circles(html):
    """(address, name, x, y, radius, how many places) of every circle."""
    found = re.findall(r'<a href="([^"]*)" aria-label="([^"]*)"[^>]*><circle cx="(\d+)" cy="(\d+)" r="(\d+)"/>(?:<text[^>]*>(\d+)<)?', html)
    return [(*one[:5], one[5] or "1") for one in found]


def test_every_place_is_counted_once_and_its_circle_leads_there(app, client):
    for town, (lat, lon) in FAR.items():
        for n in range(3 if town == "Leeds" else 1):
            plant(app, f"Orchard {n} of {town}", lat + n / 100, lon, town)
    html = section(client)
    found = circles(html)
    assert sum(int(count) for *_rest, count in found) == 6 and len(found) >= 3
    address, label = next((a, label) for a, label, *_rest, count in found if count == "3")
    assert label == "Leeds: 3 places in this part of the map"
    assert client.get(address.replace("/map/", "/map.json")).json["total"] == 3
    single = next(a for a, label, *_rest in found if label.startswith("Orchard 0 of Irkutsk"))
    assert "Orchard 0 of Irkutsk" in client.get(single).text
    for one in found:  # nothing lies on anything else, nor over the edge
        x, y, radius = map(int, one[2:5])
        assert radius <= x <= 520 - radius and radius <= y <= 400 - radius
        assert all(one is other or (x - int(other[2])) ** 2 + (y - int(other[3])) ** 2 >= (radius + int(other[4])) ** 2 for other in found)
    assert '<path class="land" d="M' in html and ">Leeds</text>" in html


def test_the_list_names_squares_of_the_drawing_in_the_readers_alphabet(app, client):
    for town, (lat, lon) in FAR.items():
        plant(app, {"en": f"Orchard of {town}", "ru": f"Сад {town}"}, lat, lon, town)
    found = re.findall(r"</span>([A-D]\d)</span><h3><a [^>]*>Orchard\sof\s(\w+)", section(client))
    by_town = {town: square for square, town in found}
    assert by_town["Leeds"][0] == "A" and by_town["Irkutsk"][0] == "D" and by_town["Leeds"][0] < by_town["Kazan"][0] <= by_town["Perm"][0]
    russian = section(client, "/ru/")
    assert ">Г2</span><h3>" in russian and ">Г</text>" in russian and "Зелёные места на карте" in russian


def test_one_town_is_a_list_without_a_drawing(app, client):
    for n in range(7):
        plant(app, f"Bed {n}", 55.79 + n / 1000, 49.11, "Kazan")
    html = section(client)
    assert 'class="sketch"' not in html
    assert html.count("<h3>") == 5 and "7 green initiatives" in html and "/en/map/?kind=initiatives" in html


def test_what_cannot_be_read_is_neither_drawn_nor_listed(app, client):
    assert section(client) == ""
    make(app, "initiative", "Without a place", data={"kind": "orchard"})
    make(app, "initiative", "A draft", status="draft", data={"kind": "orchard"},
         places=[{"lat": 55.0, "lon": 49.0, "names": {"en": "Kazan"}, "country": "RU"}])  # fmt: skip
    make(app, "initiative", "For members", audience="members", data={"kind": "orchard"},
         places=[{"lat": 55.0, "lon": 49.0, "names": {"en": "Kazan"}, "country": "RU"}])  # fmt: skip
    assert section(client) == ""


@pytest.mark.parametrize("spots", [
    [(66.0, 179.9), (66.0, -179.9), (0.0, 0.0), (-41.3, 174.8)], [(90.0, 0.0), (-90.0, 10.0), (0.0, 180.0), (0.0, -180.0)],
    [(10.0, 10.0)] * 4, [(10.0, 10.0), (10.0, 40.0), (10.0, 70.0)],
])  # fmt: skip
def test_any_places_can_be_drawn(app, client, spots):
    for n, (lat, lon) in enumerate(spots):
        plant(app, f"Place {n}", lat, lon, f"Town {n}")
    html = section(client)
    assert "Place 0" in html.replace("\xa0", " ") and sum(int(c[-1]) for c in circles(html)) in (0, len(spots))
