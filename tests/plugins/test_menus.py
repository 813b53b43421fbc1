"""Menus arranged in the desk: order, lines left out, further pages, in every language."""

import re

import pytest
from suggesting import words

from hub.store import db
from hub.testing.fixtures import csrf, sign_in


@pytest.fixture
def app(new_hub):
    return new_hub(plugins=["look", "covers", "partners", "cases", "search"])


def nav(client, lang="en"):
    html = client.get(f"/{lang}/topics/").text
    return re.findall(r"<a[^>]*>([^<]+)</a>", html[html.index('<nav class="nav') : html.index('<div class="neat">')])


def step(admin, do, slot="main", **more):
    token = csrf(admin.get("/desk/look/menus").text)
    return admin.post("/desk/look/menus", data={"csrf_token": token, "slot": slot, "do": do, **more}, follow_redirects=True)


def test_kinds_are_ordered_and_left_out(app):
    admin, visitor = sign_in(app, "admin"), app.test_client()
    assert nav(visitor) == ["Practices", "Partners"]
    step(admin, "up partner")
    assert nav(visitor) == ["Partners", "Practices"] and nav(visitor, "ru") == ["Партнёры", "Практики"]
    step(admin, "hide case")
    assert nav(visitor) == ["Partners"]
    assert visitor.get("/en/cases/").status_code == 200, "left out of the menu, not off the site"
    step(admin, "show case")
    step(admin, "down partner")
    assert nav(visitor) == ["Practices", "Partners"]


def test_a_page_joins_a_menu_in_the_readers_language(app):
    from hub.api import items

    admin, visitor = sign_in(app, "admin"), app.test_client()
    with app.app_context(), db.writing():
        texts = {"en": {"title": "Our way", "body": "We walk."}, "ru": {"title": "Наш путь", "body": "Идём."}}
        whole = {code: {"summary": "", "fields": {}, **text} for code, text in texts.items()}
        content = items.create("page", {"texts": whole}, status="published")
        items.commit()
        uid = content.uid
    step(admin, "add", page=uid)
    step(admin, f"up {uid}")
    assert nav(visitor) == ["Practices", "Our way", "Partners"] and nav(visitor, "ru")[1] == "Наш путь"
    link = re.search(r'href="([^"]+)"[^>]*>Наш путь', visitor.get("/ru/topics/").text).group(1)
    assert visitor.get(link).status_code == 200
    step(admin, "add", slot="footer", page=uid)
    assert visitor.get("/en/").text.count("Our way") >= 2
    with app.app_context(), db.writing():
        items.move(items.get("page", uid), "unpublish")
        items.commit()
    assert "Our way" not in visitor.get("/en/topics/").text
    step(admin, f"remove {uid}")


def test_the_foot_of_the_page(app):
    admin, visitor = sign_in(app, "admin"), app.test_client()
    foot = lambda: words('<main id="main">' + visitor.get("/en/").text.partition("<footer")[2] + "</main>")  # noqa: E731
    assert "About us Contact Publication rules" in foot()
    step(admin, "hide /pages/rules/", slot="network")
    step(admin, "up /pages/contact/", slot="network")
    assert "Contact About us Privacy" in foot()


def test_only_administrators_and_only_what_there_is(app):
    admin = sign_in(app, "admin")
    assert sign_in(app, "editor").get("/desk/look/menus").status_code == 403
    assert step(admin, "explode main").status_code == 400 and step(admin, "up case", slot="desk").status_code == 400
    assert step(admin, "add", page="nothing").status_code == 200
