"""The site's own words: any string of the interface, per language, with plural forms; nothing harmful gets in."""

import re

import pytest

from hub.testing.fixtures import csrf, sign_in


@pytest.fixture(scope="module")
def app(hub_instances):
    from hub.app import create_app
    from hub.store.db import engine

    made = create_app(hub_instances.make(["look", "partners", "cases", "search"]), strict=True)
    made.testing = True
    yield made
    with made.app_context():
        engine().dispose()


def save(admin, message, q="", **typed):
    """Word a message otherwise: en_0="…", ru_1="…"."""
    page = admin.get("/desk/look/words", query_string={"q": q} if q else {}).text
    assert f'name="message" value="{message}"' in page
    data = {"csrf_token": csrf(page), "message": message}
    data |= {f"{message}.{name.replace('_', '.')}": text for name, text in typed.items()}
    return admin.post("/desk/look/words", data=data, follow_redirects=True)


def test_practices_become_stories_everywhere_in_each_language(app):
    admin, visitor = sign_in(app, "admin"), app.test_client()
    before = visitor.get("/en/cases/").text
    assert "Practices" in before
    save(admin, "Practices", en_0="Stories")
    save(admin, "Practices", ru_0="Истории")
    english, russian = visitor.get("/en/cases/").text, visitor.get("/ru/cases/").text
    assert "<h1>Stories" in english.replace("\n", "") or re.search(r"<h1[^>]*>\s*Stories", english)
    assert ">Stories</a>" in visitor.get("/en/topics/").text, "the menu, too"
    assert re.search(r"<h1[^>]*>\s*Истории", russian) and "Stories" not in russian
    assert "Stories" in sign_in(app, "editor").get("/desk/cases/").text
    with app.app_context():
        from hub.api import content_type

        assert str(content_type("case").plural) == "Stories", "outside of requests as well"
    page = admin.get("/desk/look/words").text
    assert "Own words so far" in page and 'value="Истории"' in page
    save(admin, "Practices", en_0="", ru_0="Истории")
    assert re.search(r"<h1[^>]*>\s*Practices", visitor.get("/en/cases/").text)
    assert re.search(r"<h1[^>]*>\s*Истории", visitor.get("/ru/cases/").text), "one language back leaves the other"


def test_russian_plural_forms(app):
    admin = sign_in(app, "admin")
    message = "%(count)s found"
    page = admin.get("/desk/look/words?q=found").text
    assert "2, 3, 4" in page and "5, 6, 7" in page
    ru = {"ru_0": "%(count)s история", "ru_1": "%(count)s истории", "ru_2": "%(count)s историй"}
    assert "1 word is changed" in save(admin, message, q="found", **ru).text
    with app.test_request_context("/ru/"):
        from flask_babel import ngettext

        told = [ngettext(message, message, n, count=n) for n in (1, 3, 7, 21)]
    assert told == ["1 история", "3 истории", "7 историй", "21 история"]


@pytest.mark.parametrize(("text", "said"), [
    ("<script>alert(1)</script>", "No &lt; &gt;"), ('" onclick="x', "straight quotation marks"), ("a & b", "No &lt; &gt;"),
    ("no placeholder left", "Keep the placeholders"), ("%(count)s and %(other)s", "Keep the placeholders"), ("100 % %(count)s", "Keep the placeholders"),
    ("x" * 301, "At most 300"),
])  # fmt: skip
def test_what_could_break_pages_is_refused_beside_the_line(app, text, said):
    admin = sign_in(app, "admin")
    page = admin.get("/desk/look/words?q=Published at").text
    data = {"csrf_token": csrf(page), "message": "Published at %(time)s.", "Published at %(time)s..en.0": text}
    answer = admin.post("/desk/look/words?q=Published at", data=data)
    assert answer.status_code == 422 and said.replace("count", "time") in answer.text
    with app.app_context():
        from hub.api import setting

        assert "Published at %(time)s." not in setting("look.words").get("en", {})


def test_only_administrators_and_only_known_words(app):
    editor, admin = sign_in(app, "editor"), sign_in(app, "admin")
    assert editor.get("/desk/look/words").status_code == 403
    token = csrf(admin.get("/desk/look/words").text)
    assert admin.post("/desk/look/words", data={"csrf_token": token, "message": "No such words"}).status_code == 400
    assert "0 found" in admin.get("/desk/look/words?q=zzzz").text
