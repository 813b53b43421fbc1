"""Pictures that other sites show beside a link: one per entry and language, of the right size, kept and made anew."""

import io
import re
from html import unescape

import pytest
from making import change, make
from PIL import Image, ImageChops

PLUGINS = ["covers", "partners", "cases", "search"]


@pytest.fixture
def app(new_hub):
    return new_hub(PLUGINS)


def address(client, path):
    page = client.get(path).text
    found = unescape(re.search(r'<meta property="og:image" content="([^"]+)"', page).group(1))
    assert f'<meta name="twitter:image" content="{found}">'.replace("&", "&amp;") in page or found in unescape(page)
    assert 'content="summary_large_image"' in page and "og:title" in page and "og:description" in page
    return "/" + found.split("/", 3)[3]


def pixels(client, path):
    answer = client.get(path)
    assert answer.mimetype == "image/png" and "immutable" in answer.headers["Cache-Control"]
    picture = Image.open(io.BytesIO(answer.data)).convert("RGB")
    assert picture.size == (1200, 630) and len(answer.data) < 300_000
    return picture


@pytest.mark.parametrize("topic", ["culture", "ecology", "water", "urban", "food", "heritage", "volunteering", ""])
def test_every_kind_of_drawing_becomes_a_picture(app, topic):
    make(app, title={"en": "A garden"}, topics=[topic] if topic else [])
    client = app.test_client()
    picture = pixels(client, address(client, "/en/cases/a-garden/"))
    assert len(set(picture.crop((700, 10, 1200, 620)).get_flattened_data())) > 5, "the drawing"
    text = picture.crop((60, 120, 640, 200)).convert("L")
    assert min(text.get_flattened_data()) < 80, "the title"


def test_the_picture_speaks_the_language_of_the_page(app):
    make(app, title={"en": "A garden behind the ring road", "ru": "Сад за кольцевой, № 5 — «Ёлки»"})
    client = app.test_client()
    english, russian = (
        pixels(client, address(client, path))
        for path in ("/en/cases/a-garden-behind-the-ring-road/", "/ru/cases/sad-za-koltsevoi-no-5-elki/")
    )
    assert ImageChops.difference(english, russian).getbbox()


def test_a_title_without_end_stays_inside(app):
    make(app, title={"en": "W" * 100 + " " + "word " * 36})
    client = app.test_client()
    uid = client.get("/en/cases.json").json["items"][0]
    picture = pixels(client, address(client, "/" + uid["url"].split("/", 3)[3]))
    edge = picture.crop((645, 30, 699, 600)).convert("L")
    assert min(edge.get_flattened_data()) > 200, "nothing reaches the drawing"


def test_a_letter_that_the_fonts_lack_is_drawn_without_its_mark(app):
    uid = make(app, title={"en": "Łódź, Gdańsk, Čakovec"})
    client = app.test_client()
    drawn = []
    for title in ("Łódź, Gdańsk, Čakovec", "Lódz, Gdansk, Cakovec", "Lódz, Gdansk, Zakovec"):
        change(app, uid, lambda doc, title=title: doc["texts"]["en"].update(title=title))
        item = client.get("/en/cases.json").json["items"][0]
        assert item["title"] == title
        drawn.append(pixels(client, address(client, "/" + item["url"].split("/", 3)[3])))
    assert not ImageChops.difference(drawn[0], drawn[1]).getbbox()
    assert ImageChops.difference(drawn[1], drawn[2]).getbbox()


def test_an_event_says_when_it_is(new_hub):
    app = new_hub(["covers", "events"])
    hours = {"starts": "2031-02-04T18:30", "ends": "2031-02-04T20:00", "zone": "Europe/Moscow"}
    uid = make(app, "event", "Lamps", data=hours)
    client = app.test_client()
    first = pixels(client, path := address(client, "/en/events/lamps/"))
    below = first.crop((60, 480, 640, 540)).convert("L")
    assert min(below.get_flattened_data()) < 80, "day and hours stand under the title"
    change(app, uid, lambda doc: doc["data"].update(ends="2031-02-04T21:00"))
    later = address(client, "/en/events/lamps/")
    assert later != path and ImageChops.difference(first, pixels(client, later)).getbbox()


def test_a_picture_is_kept_and_changes_with_its_title(app):
    make(app, title={"en": "A garden"})
    client = app.test_client()
    first = address(client, "/en/cases/a-garden/")
    client.get(first)
    kept = app.extensions["hub"].settings.cache / "share"
    assert [path.stem[37:] for path in kept.iterdir()] == [first.partition("v=")[2]]
    assert client.get(first.partition("?")[0]).headers["Cache-Control"] == "no-cache"


def test_a_withdrawn_entry_takes_its_picture_along(app):
    from hub.api import items, writing

    make(app, title={"en": "A garden"})
    client = app.test_client()
    pixels(client, address(client, "/en/cases/a-garden/"))
    folder = app.extensions["hub"].settings.cache / "share"
    assert len(list(folder.iterdir())) == 1
    uid = client.get("/en/cases.json").json["items"][0]["uid"]
    with app.app_context(), writing():
        items.move(items.get("case", uid), "archive")
        items.commit()
    assert not list(folder.iterdir())


@pytest.mark.parametrize("parts", [{"status": "draft"}, {"audience": "members"}])
def test_what_is_not_public_has_no_picture(app, parts):
    uid = make(app, title={"en": "A secret"}, **parts)
    assert app.test_client().get(f"/en/covers/share/case/{uid}.png").status_code == 404


def test_an_unknown_entry_has_no_picture(app):
    assert app.test_client().get("/en/covers/share/case/00000000-0000-7000-8000-000000000000.png").status_code == 404


def test_drawings_in_lists_wear_the_colours_of_the_theme(app):
    from hub.api import instance, items, writing

    make(app, title={"en": "A garden"})
    client = app.test_client()

    def drawn():
        found = unescape(re.search(r'<img class="cover" src="([^"]+)"', client.get("/en/cases/").text).group(1))
        answer = client.get(found)
        assert "immutable" in answer.headers["Cache-Control"]
        return found, set(re.findall(r"#[0-9a-f]{6}", answer.text))

    usual, colours = drawn()
    with app.app_context(), writing():
        instance.store_setting("hub.theme", "meadow")
        items.commit()
    meadow, other = drawn()
    tokens = (app.extensions["hub"].themes.all["meadow"].folder / "tokens.css").read_text()
    assert meadow != usual and other != colours and other <= set(re.findall(r"--cv-\w+:(#[0-9a-f]{6})", tokens))
    assert "immutable" not in client.get(usual).headers["Cache-Control"], "a former address is asked for again"
