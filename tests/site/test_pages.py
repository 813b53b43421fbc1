"""Pages for people: languages, themes, errors, sign-in, the desk's doors, forms, pictures."""

from __future__ import annotations

import io
import re
from html import unescape
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

import pytest
from making import at_most, csrf_of, folder_of, form_values, make, run_hub, step, work
from PIL import Image
from test_shapes import sample_paths

from hub.testing.fixtures import csrf, sign_in


@pytest.fixture(scope="module")
def busy(hub_instances, pytestconfig):
    """An application that several tests write into, each under a title of its own."""
    from hub.app import create_app

    app = create_app(hub_instances.make(pytestconfig.getini("hub_plugins"), start=True), strict=True)
    app.testing = True
    return app


@pytest.fixture(scope="module")
def admin(busy):
    """An administrator at work in `busy`; opens a form before each post."""
    return sign_in(busy, "admin")


def listed(app):
    return app.test_client().get("/en/cases.json?limit=1").json["total"]


@pytest.fixture
def demo(demo_app):
    """A visitor without any history."""
    return demo_app.test_client()


# -- languages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "cookie", "language"),
    [("", "", "en"), ("ru", "", "ru"), ("ru-RU,ru;q=0.9,en;q=0.8", "", "ru"), ("de, ru;q=0.5", "", "ru"), ("de", "", "en"), ("en-GB", "", "en"),
     ("en;q=0.5, ru;q=0.9", "", "ru"), ("en", "ru", "ru"), ("ru", "en", "en"), ("ru", "xx", "ru"), ("*", "", "en"), (";;;=,q", "", "en"), ("ru", "<script>", "ru")],
)  # fmt: skip
@pytest.mark.parametrize(
    "path", ["/", "/cases/", "/partners/", "/search/?q=сад&topic=culture", "/topics/", "/cases/?topic=culture&place=RU"]
)
def test_pages_without_a_language_lead_to_the_readers(demo_app, header, cookie, language, path):
    client = demo_app.test_client()
    if cookie:
        client.set_cookie("hub_lang", quote(cookie))
    answer = client.get(path, headers={"Accept-Language": header} if header else {})
    assert answer.status_code == 302
    where = urlsplit(answer.headers["Location"])
    asked = urlsplit(path)
    assert (where.scheme, where.netloc, where.path) == ("", "", f"/{language}{asked.path}")
    assert parse_qs(where.query) == parse_qs(asked.query)
    assert "Cookie" in answer.headers["Vary"] and "Accept-Language" in answer.headers["Vary"]
    assert client.get(answer.headers["Location"]).status_code == 200


def test_an_item_without_a_language_leads_to_the_readers(demo):
    item = demo.get("/ru/cases.json?limit=1&sort=title").json["items"][0]
    path = urlsplit(item["url"]).path
    answer = demo.get(path.removeprefix("/ru"), headers={"Accept-Language": "ru"})
    assert (answer.status_code, answer.headers["Location"]) == (302, path)
    assert (
        demo.get(
            path.removeprefix("/ru").rstrip("/"), headers={"Accept-Language": "ru"}, follow_redirects=True
        ).status_code
        == 200
    )


def raw(client, path, query=""):
    """A request whose path reaches the server as it is written."""
    return client.get("/", environ_overrides={"PATH_INFO": unquote(path), "QUERY_STRING": query})


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/",
        "/cases//evil.example",
        "/\\evil.example",
        "//evil.example/cases/",
        "/xx/cases/",
        "/nothing/",
        "/en/xx/",
        "/deutsch/",
    ],
)
def test_addresses_that_are_nowhere_lead_nowhere(demo, path):
    answer = raw(demo, path)
    assert answer.status_code in (404, 308, 302)
    if "Location" in answer.headers:
        where = urlsplit(answer.headers["Location"])
        assert where.netloc in ("", "localhost") and not answer.headers["Location"].startswith(("//", "/\\"))


def test_the_first_language_of_the_site_is_its_main_one(new_hub):
    app = new_hub(languages=["ru", "en"])
    client = app.test_client()
    assert client.get("/").headers["Location"] == "/ru/"
    make(app, title={"ru": "Сад", "en": "Garden"})
    assert client.get("/cases.json").json["items"][0]["title"] == "Сад"


def test_a_language_can_be_added_later(new_hub):
    from hub.app import create_app

    app = new_hub(languages=["en"])
    make(app, title="Garden")
    assert app.test_client().get("/tt/cases/").status_code == 404
    settings = folder_of(app) / "hub.toml"
    settings.write_text(settings.read_text().replace('languages = ["en"]', 'languages = ["en", "tt"]'))
    client = create_app(folder_of(app), strict=True).test_client()
    page = client.get("/tt/cases/garden/")
    assert page.status_code == 200 and '<html lang="tt">' in page.text and client.get("/tt/").status_code == 200
    assert re.search(r'<div class="stack" lang="en">\s*.*?<h1>Garden</h1>', page.text, re.S)


def test_what_is_missing_in_a_language_is_told_in_the_sites_first_one(new_hub):
    from hub.content import topics

    app = new_hub(languages=["ru", "en", "tt"])
    place = {"names": {"en": "Kazan", "ru": "Казань"}, "country": "RU", "address": "", "lat": None, "lon": None}
    with work(app) as db:
        topics.put(db, {"slug": "soil", "en": {"name": "Soil"}, "ru": {"name": "Почва"}})
    uid = make(app, title={"en": "Garden", "ru": "Сад"}, places=[place], topics=["soil"])
    page = app.test_client().get(f"/tt/cases/{uid}/", follow_redirects=True).text
    assert "<h1>Сад</h1>" in page and "Казань" in page and "Почва" in page
    assert "Kazan" not in page and "Soil" not in page
    page = app.test_client().get("/tt/cases/").text
    assert "Казань" in page and "Kazan" not in page


def links_of(html, pattern):
    return [unescape(url) for url in re.findall(pattern, html)]


def switch(html, language):
    return links_of(html, rf'<a href="([^"]+)" lang="{language}" hreflang="{language}"')[0]


def test_the_language_switch_leads_to_the_same_item(demo):
    items = demo.get("/en/cases.json?limit=1000").json["items"] + demo.get("/en/partners.json?limit=10").json["items"]
    for item in items:
        page = demo.get(urlsplit(item["url"]).path).text
        other = switch(page, "ru")
        assert other.startswith("/ru/")
        answer = demo.get(other)
        assert answer.status_code == 200 and item["uid"] in answer.text + demo.get(other.rstrip("/") + ".json").text
        assert switch(answer.text, "en") == urlsplit(item["url"]).path
        alternates = dict(re.findall(r'<link rel="alternate" hreflang="(\w+)" href="([^"]+)">', page))
        assert alternates["ru"].endswith(other) and set(alternates) == {"en", "ru"}


@pytest.mark.parametrize("path", ["/en/cases/?topic=culture&topic=learning&q=city&sort=title&page=1", "/en/search/?q=%D1%81%D0%B0%D0%B4&kind=cases", "/en/partners/?bbox=-10,40,60,70&place=RU",
                                  "/en/cases/?q=a%26b%3Dc%23d"])  # fmt: skip
def test_the_language_switch_keeps_the_query(demo, path):
    other = switch(demo.get(path).text, "ru")
    here, there = urlsplit(path), urlsplit(other)
    assert there.path == here.path.replace("/en/", "/ru/") and parse_qs(there.query) == parse_qs(here.query)
    assert demo.get(other).status_code == 200


@pytest.mark.parametrize("path", ["/en/", "/en/topics/", "/en/topics/culture/", "/en/pages/about/"])
def test_the_language_switch_of_other_pages(demo, path):
    other = switch(demo.get(path).text, "ru")
    assert demo.get(other).status_code == 200 and other.startswith("/ru/")


def test_a_text_in_another_language_is_labelled(hub_app, client):
    make(hub_app, title={"ru": "Только по-русски"}, summary="Кратко", body="Длинно", topics=["x"])
    make(hub_app, title="Only English", summary="In short")
    page = client.get("/en/cases/tolko-po-russki/").text
    assert '<html lang="en">' in page
    for text in ("Только по-русски", "Длинно"):
        around = page[: page.index(text, page.index("<article"))]
        assert (
            'lang="ru"' in around[around.rindex("<div") :]
            or 'lang="ru"' in around[around.rindex("<div", 0, around.rindex("<div")) :]
        )
    assert "There is no text in" in page and "Russian" in page
    row = re.search(
        r"<article[^>]*>(?:(?!</article>).)*Только по-русски.*?</article>", client.get("/en/cases/").text, re.S
    ).group()
    assert re.search(r'<h2[^>]* lang="ru"', row) and re.search(r'<p[^>]* lang="ru">', row) and "in Russian" in row
    assert 'lang="ru"' not in client.get("/en/cases/only-english/").text.split("<main")[1]
    found = client.get("/en/search/?q=русски").text
    assert re.search(r'<h2[^>]* lang="ru"', found)
    atom = client.get("/en/cases.atom").text
    assert 'xml:lang="ru"' in atom and 'xml:lang="en"' in atom


# -- themes -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/en/",
        "/ru/cases/?topic=culture&q=сад",
        "/en/search/?q=a%26b&lang=ru",
        "/en/topics/culture/",
        "/en/pages/about/",
        "/account/login",
        "/account/login?next=%2Fdesk%2F",
    ],
)
def test_the_accessible_version_is_one_click_away_and_back(demo_app, path):
    client = demo_app.test_client()
    page = client.get(path).text
    link = links_of(page, r'href="(\?[^"]*theme=contrast)"')[0]
    asked = urlsplit(path)
    answer = client.get(asked.path + link)
    assert (
        answer.status_code == 302
        and "hub_theme=contrast" in answer.headers["Set-Cookie"]
        and "no-store" in answer.headers["Cache-Control"]
    )
    where = urlsplit(answer.headers["Location"])
    assert (where.netloc, where.path) == ("", asked.path) and parse_qs(where.query) == parse_qs(asked.query)
    page = client.get(answer.headers["Location"]).text
    assert "theme-contrast" in page
    back = links_of(page, r'href="(\?[^"]*theme=default)"')[0]
    answer = client.get(asked.path + back)
    assert (
        "hub_theme=;" in answer.headers["Set-Cookie"]
        and "theme-contrast" not in client.get(answer.headers["Location"]).text
    )


def test_other_themes_cannot_be_set_by_a_link(demo_app):
    client = demo_app.test_client()
    for wanted in ("meadow", "../../etc", "<script>", ""):
        answer = client.get("/en/", query_string={"theme": wanted})
        assert answer.status_code == 200 and "Set-Cookie" not in answer.headers
    client.set_cookie("hub_theme", "meadow")
    assert "theme-meadow" not in client.get("/en/").text


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/",
        "///evil.example/",
        "////evil.example/",
        "/\\evil.example/",
        "/%5cevil.example/",
        "/%09/evil.example/",
        "/en/..//evil.example",
    ],
)
@pytest.mark.parametrize("name", ["theme=contrast", "theme=default", "lang=ru"])
def test_a_switch_never_leads_away(demo, path, name):
    answer = raw(demo, path, name)
    location = answer.headers.get("Location", "/")
    where = urlsplit(location)
    assert (
        answer.status_code in (302, 308, 404)
        and where.netloc in ("", "localhost")
        and not re.match(r"[/\\]{2}|/[\t\\]", location)
    ), location


@pytest.mark.parametrize("name", ["commons", "meadow"])
def test_the_site_wears_its_theme(new_hub, name):
    app = new_hub()
    assert run_hub(folder_of(app), "theme", "use", name)[0] == 0
    assert f"/static/theme-{name}/style.css" in app.test_client().get("/en/").text
    assert "/*" not in app.test_client().get(f"/static/theme-{name}/style.css").text, "comments of the sources are not sent"
    assert run_hub(folder_of(app), "theme", "use", "nothing")[0] == 1


# -- errors -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def small(new_hub):
    """An application that takes 100 kB at most, with something erased in it."""
    app = new_hub(start=True, toml="[limits]\nform_bytes = 100000")
    step(app, make(app, title="Erased"), "erase")
    return app


@pytest.mark.parametrize("path", ["/en/cases/", "/ru/nothing/"])
def test_a_name_that_is_not_the_hubs_is_told_so_in_a_line(small, caplog, path):
    answer = small.test_client().get(path, headers={"Host": "scanner.example"})
    assert answer.status_code == 400 and answer.mimetype == "text/plain" and "[site] url" in answer.text
    assert ("имя" in answer.text) == path.startswith("/ru/") and not caplog.records
    assert small.test_client().get("/en/cases.json", headers={"Host": "scanner.example"}).mimetype == "application/problem+json"


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_error_is_a_page_of_the_site(small, language):
    visitor, member = small.test_client(), sign_in(small, "member")
    member.set_cookie("hub_lang", language)
    answers = {
        400: visitor.get(f"/{language}/cases/?bbox=1"), 403: member.get("/desk/settings"), 404: visitor.get(f"/{language}/nothing/"), 405: visitor.post(f"/{language}/cases/"),
        410: visitor.get(f"/{language}/cases/erased/"), 413: member.post("/desk/cases/new", data={"title.en": "x" * 200_000}),
    }  # fmt: skip
    titles = set()
    for status, answer in answers.items():
        assert answer.status_code == status
        assert answer.mimetype == "text/html" and f'<html lang="{language}">' in answer.text, status
        assert re.search(r'<form class="find"[^>]*role="search"', answer.text) and "<footer" in answer.text
        assert '<meta name="robots" content="noindex">' in answer.text and answer.headers["Cache-Control"] == "no-store"
        assert str(status) in answer.text and "Traceback" not in answer.text
        titles.add(re.search(r"<h1>(.*?)</h1>", answer.text).group(1))
    assert len(titles) == len(answers)
    assert "GET" in answers[405].headers["Allow"]
    assert "bbox" in answers[400].text


def test_a_form_without_its_session_says_so_and_gives_back_what_was_written(small):
    words = "We mend chairs on Saturdays, twenty so far & counting."
    typed = {"title.en": words, "csrf_token": "stale", "body": "short"}
    answer = small.test_client().post("/desk/cases/new?lang=en", data=typed)
    assert answer.status_code == 400 and "no longer valid" in answer.text and "conditions in the address" not in answer.text
    assert "twenty so far &amp; counting." in answer.text and answer.text.count("<textarea") == 1
    assert 'name="csrf_token"' not in answer.text, "it is not sent on by a button: another site may have made it up"
    secret = small.test_client().post("/account/login", data={"password": words, "email": "a@example.org"})
    assert secret.status_code == 400 and "mend chairs" not in secret.text


def test_every_error_of_data_is_problem_details(small):
    visitor = small.test_client()
    answers = {
        400: visitor.get("/en/cases.json?bbox=1"),
        404: visitor.get("/en/cases/nothing.json"),
        405: visitor.post("/en/cases.json"),
        410: visitor.get("/en/cases/erased.json"),
    }
    for status, answer in answers.items():
        assert (
            answer.status_code == status
            and answer.mimetype == "application/problem+json"
            and answer.json["status"] == status
        )
        assert "URL" not in answer.json["detail"], "our words, or none"
    for path in (
        "/en/cases.geojson?bbox=1",
        "/en/cases.atom?bbox=1",
        "/ru/cases.rss?bbox=1",
        "/cases.csv?bbox=1",
        "/en/cases.feed.json?bbox=1",
        "/api/v1/cases?bbox=1",
        "/feed.json?bbox=1",
    ):
        assert visitor.get(path).mimetype == "application/problem+json", path


def test_a_fault_of_ours_tells_visitors_nothing(new_hub):
    app = new_hub(strict=False, toml="")
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    import sqlite3

    with sqlite3.connect(folder_of(app) / "data" / "hub.db") as db:
        db.execute("DROP TABLE content_facet")
    page, data = app.test_client().get("/en/cases/"), app.test_client().get("/en/cases.json")
    assert page.status_code == data.status_code == 500
    assert "content_facet" not in page.text and "Traceback" not in page.text and 'role="search"' in page.text
    assert (
        data.mimetype == "application/problem+json" and data.json["status"] == 500 and "content_facet" not in data.text
    )


# -- CSRF and methods ---------------------------------------------------------------------------------------------------


def state_of(app):
    """All that a careless request could change."""
    from hub.content.model import ChangeRow, Content, Revision
    from hub.people.accounts import User
    from hub.store.db import session
    from hub.store.state import State, StoredSetting

    with app.app_context():
        db = session()
        rows = [
            [tuple(row) for row in db.execute(model.__table__.select().order_by(*model.__table__.primary_key))]
            for model in (Content, Revision, ChangeRow, State, StoredSetting)
        ]
        users = [(user.email, user.password, user.level) for user in db.query(User).order_by(User.id)]
    return repr((rows, users)), (folder_of(app) / "plugins.txt").read_text()


@pytest.mark.parametrize("role", [None, "admin"])
def test_every_post_route_wants_the_token(demo_copy, role):
    client = sign_in(demo_copy, role) if role else demo_copy.test_client()
    paths = [path for method in ("POST", "PUT", "PATCH", "DELETE") for _, path in sample_paths(demo_copy, method)]
    assert {
        "/desk/cases/new",
        "/desk/plugins",
        "/desk/settings",
        "/desk/topics",
        "/account/login",
        "/account/logout",
    } <= set(paths)
    assert sum("/publish" in path for path in paths) == 1
    before = state_of(demo_copy)
    foreign = csrf_of(demo_copy.test_client(), "/account/login")
    data = {
        "do": "off",
        "name": "cases",
        "title.en": "Forged",
        "name.en": "Forged",
        "email": "admin@example.org",
        "password": "correct horse battery",
        "hub.theme": "meadow",
    }
    for n, path in enumerate(dict.fromkeys(paths)):
        forged = (data, {**data, "csrf_token": foreign}, {**data, "csrf_token": "x"}, {**data, "csrf_token": ""})
        for body in forged if n % 7 == 0 else forged[:2]:
            answer = client.post(path, data=body)
            refused = (400, 401, 404, 405) if path.startswith("/api/") else (400, 405, 404) if path.startswith("/account/") else (400, 405)
            assert answer.status_code in refused, (path, answer.status_code)
        for more in (
            {"json": data},
            {"data": "{}", "headers": {"Content-Type": "text/plain"}},
            {"data": b"\xff\x00", "headers": {"Content-Type": "application/octet-stream"}},
        ):
            if n % 7 == 0:
                assert client.post(path, **more).status_code in (400, 401, 404, 405, 415), path
        for method in ("put", "patch", "delete") if n % 7 == 0 else ("delete",):
            assert getattr(client, method)(path, data=data).status_code in (400, 401, 404, 405), path
    assert state_of(demo_copy) == before
    if role:
        assert client.get("/desk/").status_code == 200, "a forged sign-out signs nobody out"


@pytest.mark.parametrize("role", ["admin"])
def test_get_never_changes_anything(demo_copy, role):
    client = sign_in(demo_copy, role)
    from hub.content.workflow import MOVES

    uid = client.get("/en/cases.json?limit=1").json["items"][0]["uid"]
    before = state_of(demo_copy)
    query = urlencode(
        {
            "do": "off",
            "name": "cases",
            "title.en": "Forged",
            "name.en": "Forged",
            "hub.theme": "meadow",
            "slug": "x",
            "csrf_token": csrf_of(client, "/desk/cases/new"),
        }
    )
    paths = (
        [path for _, path in sample_paths(demo_copy, "POST")]
        + [f"/desk/cases/{uid}/{action}" for action in MOVES]
        + [path for _, path in sample_paths(demo_copy)]
    )
    for path in dict.fromkeys(paths):
        client.get(f"{path}?{query}").close()
        client.head(f"{path}?{query}").close() if path.startswith(("/desk", "/account")) else None
    assert state_of(demo_copy) == before and client.get("/desk/").status_code == 200
    for action in MOVES:
        assert client.get(f"/desk/cases/{uid}/{action}?{query}").status_code in (404, 405)


def test_public_pages_carry_no_form_with_a_token(demo):
    paths = ["/en/", "/en/cases/", "/en/search/?q=a", "/en/topics/", "/en/nothing/"] + [
        urlsplit(i["url"]).path for i in demo.get("/en/cases.json?limit=3").json["items"]
    ]
    for path in paths:
        answer = demo.get(path)
        assert (
            "csrf_token" not in answer.text
            and 'method="post"' not in answer.text.lower()
            and "Set-Cookie" not in answer.headers
        ), path


# -- sign-in ------------------------------------------------------------------------------------------------------------


def tried(app, path, **data):
    client = app.test_client()
    answer = client.post(path, data={"csrf_token": csrf_of(client, path), **data}, follow_redirects=True)
    text = re.sub(r'name="csrf_token"[^>]*>|value="[^"]*"', "", answer.text).replace(data["email"], "")
    return answer.status_code, text


def test_sign_in_does_not_tell_who_is_here(hub_app):
    sign_in(hub_app, "member")
    known = tried(hub_app, "/account/login", email="member@example.org", password="wrong horse battery")
    unknown = tried(hub_app, "/account/login", email="nobody@example.org", password="wrong horse battery")
    assert known == unknown and re.search(r'class="(err|note bad)"', known[1]), "the same, and the fault is said"


def test_recovery_does_not_tell_who_is_here(hub_app, mailbox):
    sign_in(hub_app, "member")
    known = tried(hub_app, "/account/reset", email="member@example.org")
    assert len(mailbox()) == 1
    unknown = tried(hub_app, "/account/reset", email="nobody@example.org")
    assert known == unknown and len(mailbox()) == 1


def test_registration_is_closed_unless_opened(new_hub):
    closed, opened = new_hub(), new_hub(toml='[accounts]\nregistration = "open"')
    assert closed.test_client().get("/account/register").status_code == 404
    assert closed.test_client().post("/account/register", data={"email": "a@example.org"}).status_code in (
        400,
        404,
        405,
    )
    assert "/account/register" not in closed.test_client().get("/account/login").text
    assert opened.test_client().get("/account/register").status_code == 200
    assert "/account/register" in opened.test_client().get("/account/login").text


def test_registration_does_not_tell_who_is_here(new_hub):
    from hub.people import accounts
    from hub.store.db import session

    app = new_hub(toml='[accounts]\nregistration = "open"')
    sign_in(app, "member")
    password = "a long enough password 7"
    known = tried(app, "/account/register", email="member@example.org", password=password, password_confirm=password)
    fresh = tried(app, "/account/register", email="fresh@example.org", password=password, password_confirm=password)
    assert known == fresh
    with app.app_context():
        assert accounts.find_user(session(), "fresh@example.org").level == 1


def test_the_desks_tabs_keep_the_words_that_are_searched_for(demo_copy):
    page = sign_in(demo_copy, "editor").get("/desk/cases/?q=сад").text
    tabs = page.partition('class="tabs"')[2].partition("</nav>")[0]
    assert tabs.count("q=%D1%81%D0%B0%D0%B4") == tabs.count("<a ") > 3


def test_the_desk_leads_visitors_to_sign_in_and_back(demo_copy):
    make_member = sign_in(demo_copy, "admin")
    assert make_member.get("/desk/").status_code == 200
    for _, path in sample_paths(demo_copy):
        if not path.startswith("/desk/"):
            continue
        answer = demo_copy.test_client().get(path + "?q=x")
        assert answer.status_code == 302, path
        where = urlsplit(answer.headers["Location"])
        assert where.path == "/account/login" and parse_qs(where.query)["next"] == [path + "?q=x"]
    client = demo_copy.test_client()
    asked = client.get("/desk/cases/?status=draft&q=сад").headers["Location"]
    form = client.get(asked)
    action = unescape(re.search(r'<form action="([^"]+)"', form.text).group(1))
    answer = client.post(
        action, data={"csrf_token": csrf(form.text), "email": "admin@example.org", "password": "correct horse battery"}
    )
    where = urlsplit(answer.headers["Location"])
    assert (
        where.netloc == ""
        and where.path == "/desk/cases/"
        and parse_qs(where.query) == {"status": ["draft"], "q": ["сад"]}
    )


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example/", "https:evil.example", "///evil.example", "\\\\evil.example", "/\t/evil.example", "javascript:alert(1)",
                                    "http://localhost@evil.example/", "https://localhost.evil.example/", "%2f%2fevil.example"])  # fmt: skip
def test_sign_in_never_leads_away(busy, admin, target):
    from hub.work.limits import Rate

    with work(busy) as db:
        db.query(Rate).delete()
    client = busy.test_client()
    path = "/account/login?" + urlencode({"next": target})
    answer = client.post(
        path,
        data={
            "csrf_token": csrf_of(client, path),
            "email": "admin@example.org",
            "password": "correct horse battery",
            "next": target,
        },
    )
    assert answer.status_code in (200, 302), "refused at the form, or led to the desk"
    location = answer.headers.get("Location", "/desk/")
    assert urlsplit(location).netloc in ("", "localhost") and not re.match(r"[/\\]{2}|/[\t\\]|javascript", location), (
        location
    )


def test_signing_out_ends_it(hub_app):
    member = sign_in(hub_app, "member")
    assert member.get("/account/logout").status_code in (404, 405)
    assert member.get("/desk/").status_code == 200
    assert member.post("/account/logout", data={"csrf_token": csrf_of(member, "/desk/")}).status_code == 302
    assert member.get("/desk/").status_code == 302


def test_account_pages_speak_the_chosen_language(demo_app):
    client = demo_app.test_client()
    answer = client.get("/account/login?lang=ru&next=%2Fdesk%2F")
    assert answer.status_code == 302 and answer.headers["Location"] == "/account/login?next=%2Fdesk%2F"
    assert '<html lang="ru">' in client.get("/account/login").text
    assert client.get("/", headers={"Accept-Language": "en"}).headers["Location"] == "/ru/"


def test_another_language_or_theme_leads_to_the_same_place_at_the_desk(demo_app):
    visitor, editor = demo_app.test_client(), sign_in(demo_app, "editor")
    page = visitor.get("/account/login?next=%2Fdesk%2Fcases%2F").text
    assert switch(page, "ru") == "/account/login?next=%2Fdesk%2Fcases%2F&lang=ru"
    path = "/desk/partners/?status=published&q=library&page=1"
    page = editor.get(path).text
    link = switch(page, "ru")
    answer = editor.get(link)
    assert answer.headers["Location"] == path and '<html lang="ru">' in editor.get(path).text
    theme = links_of(page, r'href="(\?[^"]*theme=contrast)"')[0]
    assert editor.get("/desk/partners/" + theme).headers["Location"] == path


# -- forms --------------------------------------------------------------------------------------------------------------


def new_form(client, path="/desk/cases/new?language=en&form=full"):
    answer = client.get(path)
    assert answer.status_code == 200
    return dict(form_values(answer.text))


def test_members_get_the_short_form_of_nine_fields(new_hub):
    app = new_hub(start=True)
    member, editor = sign_in(app, "member"), sign_in(app, "editor")
    page = member.get("/desk/cases/new?language=en").text
    assert re.findall(r'<div class="field[^"]*" id="f-([\w-]+)-box"', page) == [
        "title-en", "summary-en", "p", "topics", "f-start", "f-end", "f-experience_types", "r-holder", "t-objective-en"]  # fmt: skip
    assert "Open the full one" in page
    full = member.get("/desk/cases/new?language=en&form=full").text
    assert len(re.findall(r'id="f-[\w-]+-box"', full)) > 20 and "contact_email" not in full
    assert "contact_email" in editor.get("/desk/cases/new?language=en&form=full").text
    assert len(re.findall(r'id="f-[\w-]+-box"', editor.get("/desk/cases/new?language=en").text)) > 20


def test_what_the_short_form_does_not_show_stays(hub_app):
    editor = sign_in(hub_app, "editor")
    uid = make(hub_app, title={"en": "Garden", "ru": "Сад"}, body="Long text", data={"themes": ["health"], "area": "district", "start": "2019"}, status="draft",
               licence="CC BY 4.0", texts={"en": {"fields": {"innovation": "New"}}})  # fmt: skip
    desk = f"/desk/cases/{uid}/?language=en&form=quick"
    form = dict(form_values(editor.get(desk).text)) | {"summary.en": "Short", "f.start": "2020", "do": "publish"}
    assert editor.post(desk, data=form).status_code == 302
    item = hub_app.test_client().get(f"/api/v1/cases/{uid}").json
    assert (item["summary"], item["body"], item["licence"]) == ("Short", "Long text", "CC BY 4.0")
    assert item["fields"] == {"start": "2020", "themes": ["health"], "area": "district", "innovation": "New"}
    assert item["texts"]["ru"]["title"] == "Сад"


def test_all_faults_are_listed_with_links_and_nothing_typed_is_lost(new_hub):
    app = new_hub(start=True)
    editor = sign_in(app, "editor")
    make(app, "partner", "Twin"), make(app, "partner", "Twin")
    typed = {
        "title.en": "", "summary.en": "A summary", "body.en": "Body <b>& more</b>", "f.start": "soon", "f.end": "31.02.2020", "f.languages": "english", "f.contact_email": "nobody",
        "f.links_out.0.url": "javascript:alert(1)", "f.figures.0.value": "many", "f.figures.0.unit": "beds", "f.figures.1.year": "2020", "p.0.name": "Kazan", "p.0.point": "99, 200",
        "p.0.country": "RU", "r.holder": "No such organisation", "source_url": "javascript:alert(1)", "source_name": "S" * 400, "topics": ["culture"], "f.themes": ["health", "jobs"],
        "t.objective.en": "An objective", "publish_at": "2020-01-01T10:00",
    }  # fmt: skip
    answer = editor.post(
        "/desk/cases/new",
        data={**new_form(editor), **typed, "picture": (io.BytesIO(b"no picture"), "x.png")},
        content_type="multipart/form-data",
    )
    assert answer.status_code == 422
    page = answer.text
    summary = re.search(r'<div class="note bad" role="alert".*?</div>', page, re.S).group()
    links = re.findall(r'<a href="#([\w-]+)">', summary)
    expected = {
        "f-title-en",
        "f-f-start",
        "f-f-end",
        "f-f-languages",
        "f-f-contact_email",
        "f-f-links_out",
        "f-f-figures",
        "f-p",
        "f-r-holder",
        "f-source_url",
        "f-source_name",
        "picture",
        "publish_at",
    }
    assert set(links) == expected
    assert f"{len(expected)} fields need a look" in summary
    for anchor in links:
        assert f'id="{anchor}"' in page, "a link to a field that is not there"
        if anchor not in ("picture", "f-p", "f-f-links_out", "f-f-figures", "f-r-holder"):
            assert re.search(rf'id="{anchor}"[^>]*aria-invalid="true"', page), anchor
    kept = dict(form_values(page))
    for name, value in typed.items():
        if name not in ("topics", "f.themes"):
            assert kept[name] == value, name
    values = form_values(page)
    assert ("topics", "culture") in values and ("f.themes", "health") in values and ("f.themes", "jobs") in values
    assert app.test_client().get("/en/cases.json").json["total"] == 0 and 'javascript:alert(1)"' not in re.sub(
        r'value="[^"]*"', "", page
    )
    assert not list((folder_of(app) / "data" / "media").glob("*")), "no picture of a refused form stays behind"

    again = {**kept, "title.en": "Good", "f.start": "2019", "f.end": "2020", "f.languages": "ru, en", "f.contact_email": "a@example.org", "f.links_out.0.url": "example.org",
             "f.figures.0.value": "1 200", "f.figures.1.year": "", "p.0.point": "55,79; 49,11", "r.holder": "Twin", "source_url": "www.example.org", "source_name": "S", "publish_at": "", "do": "publish"}  # fmt: skip
    clash = editor.post("/desk/cases/new", data={**again, "topics": ["culture"]})
    assert clash.status_code == 422 and "There are several called “Twin”" in clash.text
    assert (
        editor.post(
            "/desk/cases/new", data={**again, "r.holder": "", "topics": ["culture"], "f.themes": ["health"]}
        ).status_code
        == 302
    )
    item = app.test_client().get("/en/cases/good.json").json
    assert (
        item["places"][0]["lat"] == 55.79
        and item["places"][0]["lon"] == 49.11
        and item["source_url"] == "https://www.example.org"
    )
    assert item["fields"]["figures"] == [{"value": 1200, "unit": "beds"}] and item["fields"]["links_out"] == [
        {"url": "https://example.org"}
    ]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_faults_are_said_in_the_readers_language(hub_app, language):
    editor = sign_in(hub_app, "editor")
    editor.set_cookie("hub_lang", language)
    answer = editor.post(
        "/desk/cases/new",
        data={
            **new_form(editor, f"/desk/cases/new?language={language}&form=full"),
            "f.start": "x",
            f"title.{language}": "T",
        },
    )
    assert answer.status_code == 422 and f'<html lang="{language}">' in answer.text


@pytest.mark.parametrize(
    ("typed", "lat", "lon"),
    [("55.79, 49.11", 55.79, 49.11), ("55.79,49.11", 55.79, 49.11), ("55.79 49.11", 55.79, 49.11), ("55,79; 49,11", 55.79, 49.11), ("55,79 49,11", 55.79, 49.11), ("55.79;49.11", 55.79, 49.11),
     (" -33.9 , 18.4 ", -33.9, 18.4), ("55,79, 49,11", 55.79, 49.11)],
)  # fmt: skip
def test_coordinates_as_people_write_them(busy, admin, typed, lat, lon):
    form = new_form(admin) | {"title.en": f"Placed {typed}", "p.0.point": typed, "do": "publish"}
    assert admin.post("/desk/cases/new", data=form).status_code == 302
    place = busy.test_client().get("/en/cases.json?sort=new&limit=1").json["items"][0]["places"][0]
    assert (place["lat"], place["lon"]) == (lat, lon)


def test_rows_places_and_relations_are_typed(new_hub):
    app = new_hub(start=True)
    editor = sign_in(app, "editor")
    holder = make(app, "partner", {"en": "Kazan City Hall", "ru": "Исполком Казани"})
    form = new_form(editor) | {
        "title.en": "Typed", "r.holder": "kazan city hall", "f.figures.0.value": "98 000", "f.figures.0.unit": "participants", "f.figures.0.more": "true", "f.figures.0.year": "2021",
        "f.figures.1.value": "3,5", "f.figures.1.unit": "beds", "p.0.name": "Kazan", "p.0.country": "RU", "p.0.address": "Kremlin 1", "p.0.point": "55.79, 49.11", "do": "publish",
    }  # fmt: skip
    answer = editor.post("/desk/cases/new", data=form)
    assert answer.status_code == 302
    desk = answer.headers["Location"]
    item = app.test_client().get("/en/cases/typed.json").json
    assert item["fields"]["figures"] == [
        {"value": 98000, "more": True, "unit": "participants", "year": "2021"},
        {"value": 3.5, "unit": "beds"},
    ]
    assert item["links"]["holder"][0]["uid"] == holder and item["places"][0]["names"] == {"en": "Kazan"}
    page = editor.get(desk).text
    values = dict(form_values(page))
    assert (
        values["r.holder"] == "Kazan City Hall"
        and values["f.figures.1.value"] == "3.5"
        and "f.figures.3.value" in values
        and values["p.0.point"] == "55.79, 49.11"
    )
    assert "p.1.name" in values, "there is room for one more place"
    untouched = editor.post(desk, data=values | {"do": "publish"})
    assert untouched.status_code == 302 and app.test_client().get("/en/cases/typed.json").json | {
        "updated": 0
    } == item | {"updated": 0}, "saving a form untouched changes nothing"

    russian = desk.replace("language=en", "language=ru")
    form = dict(form_values(editor.get(russian).text)) | {"title.ru": "Набрано", "p.0.name": "Казань", "r.holder": "Исполком Казани", "f.figures.0.value": "", "f.figures.0.unit": "", "f.figures.0.more": "",
                                                          "f.figures.0.year": "", "p.1.name": "Уфа", "do": "publish"}  # fmt: skip
    assert editor.post(russian, data=form).status_code == 302
    item = app.test_client().get("/en/cases/typed.json").json
    assert [p["names"] for p in item["places"]] == [{"en": "Kazan", "ru": "Казань"}, {"ru": "Уфа"}] and item["fields"][
        "figures"
    ] == [{"value": 3.5, "unit": "beds"}]
    assert (
        item["texts"]["ru"]["title"] == "Набрано"
        and item["texts"]["en"]["title"] == "Typed"
        and item["links"]["holder"][0]["uid"] == holder
    )
    form = dict(form_values(editor.get(desk).text)) | {
        "r.holder": "",
        "p.0.name": "",
        "p.0.country": "",
        "p.0.address": "",
        "p.0.point": "",
        "do": "publish",
    }
    assert editor.post(desk, data=form).status_code == 302
    item = app.test_client().get("/en/cases/typed.json").json
    assert item["links"] == {} and [p["names"] for p in item["places"]] == [{"ru": "Уфа"}], (
        "a place that showed nothing here stays"
    )


def test_an_edit_keeps_the_order_of_the_topics(new_hub):
    app = new_hub(start=True)
    editor = sign_in(app, "editor")
    uid = make(app, title="Ordered", topics=["water", "culture", "learning"])
    desk = f"/desk/cases/{uid}/?language=en&form=full"
    values = form_values(editor.get(desk).text)
    data = {name: [v for n, v in values if n == name] for name, _ in values} | {"do": "publish"}
    assert editor.post(desk, data=data).status_code == 302
    assert app.test_client().get(f"/api/v1/cases/{uid}").json["topics"] == ["water", "culture", "learning"], (
        "the first one chooses the cover"
    )
    data["topics"] = ["culture", "environment", "water"]
    data["base"] = dict(form_values(editor.get(desk).text))["base"]
    assert editor.post(desk, data=data).status_code == 302
    assert app.test_client().get(f"/api/v1/cases/{uid}").json["topics"] == ["water", "culture", "environment"]


def test_going_on_in_the_other_language_saves_first(hub_app):
    editor = sign_in(hub_app, "editor")
    uid = make(hub_app, title="Garden", status="draft")
    desk = f"/desk/cases/{uid}/?language=en&form=full"
    form = dict(form_values(editor.get(desk).text)) | {"summary.en": "Kept", "goto": "ru"}
    answer = editor.post(desk, data=form)
    assert answer.status_code == 302 and "language=ru" in answer.headers["Location"]
    assert dict(form_values(editor.get(desk).text))["summary.en"] == "Kept"


@pytest.mark.parametrize("path", ["/desk/cases/?page=99999999999999999999", "/desk/cases/?page=-5", "/desk/cases/?page=x", "/desk/cases/?status=nothing", "/desk/cases/?q=%25%00_", "/desk/cases/new?language=xx&form=zz",
                                  "/desk/nothing/", "/desk/cases/nothing/", "/desk/cases/%00/", "/desk/changes", "/desk/cases/nothing/preview?language=zz"])  # fmt: skip
def test_nonsense_at_the_desk_is_answered(admin, path):
    assert admin.get(path).status_code in (200, 404)


@pytest.mark.parametrize(
    "data",
    [{}, {"language": "xx"}, {"language": "en", "form": "full", "title.en": "T", "f.figures.999.value": "1"}, {"title.en": "T\x00\x07", "language": "en"}, {"title.en": "😀" * 300, "language": "en"},
     {"title.en": "x" * 301, "language": "en"}, {"title.en": "T", "language": "en", "topics": ["<b>", "nothing"]}, {"title.en": "T", "language": "en", "p.0.name": "x", "p.0.country": "RUS"},
     {"title.en": "T", "language": "en", "form": "full", "audience": "everybody"}, {"title.en": "T", "language": "en", "f.start": "9999-12"}, {"title.en": "T", "language": "en", "f.start": "0001"},
     {"title.en": "T", "language": "en", "do": "explode"}, {"title.en": "T", "language": "en", "goto": "//evil.example"}, {"title.en": "T", "language": "en", "f.themes": ["nothing"], "form": "full"},
     {"title.en": "\ud83d", "language": "en"}, {"title.en": "T", "language": "en", "form": "full", "licence": "x" * 500}],
)  # fmt: skip
def test_nonsense_in_a_form_is_answered(admin, data):
    answer = admin.post(
        "/desk/cases/new",
        data={"csrf_token": csrf_of(admin, "/desk/cases/new"), **{k: v for k, v in data.items() if v != "\ud83d"}},
    )
    assert answer.status_code in (302, 422), answer.status_code
    assert "evil" not in answer.headers.get("Location", "") or urlsplit(answer.headers["Location"]).netloc == ""


# -- pictures -----------------------------------------------------------------------------------------------------------


def picture(kind="JPEG", size=(640, 480), **more):
    file = io.BytesIO()
    Image.new("RGB", size, (200, 30, 60)).save(file, kind, **more)
    return file.getvalue()


def upload(editor, content, name="x.jpg", title="Pictured", **fields):
    form = {**new_form(editor), "title.en": title, "do": "publish", "picture": (io.BytesIO(content), name), **fields}
    return editor.post("/desk/cases/new", data=form, content_type="multipart/form-data")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "AVIF"])
def test_a_picture_is_taken_rewritten_and_shown(busy, admin, kind):
    client = busy.test_client()
    answer = upload(
        admin,
        picture(kind),
        f"x.{kind.lower()}",
        f"Pictured {kind}",
        picture_alt="A red field & <more>",
        picture_credit="Anna <b>",
    )
    assert answer.status_code == 302
    page = client.get(f"/en/cases/pictured-{kind.lower()}/").text
    tag = re.search(
        r'<img class="cover" src="(/media/[\w-]+\.webp)" width="640" height="480" alt="A red field &amp; &lt;more&gt;"',
        page,
    )
    assert tag and "Anna &lt;b&gt;" in page
    served = client.get(tag.group(1))
    assert (
        served.status_code == 200
        and served.mimetype == "image/webp"
        and served.headers["X-Content-Type-Options"] == "nosniff"
    )
    assert "immutable" in served.headers["Cache-Control"] and "sandbox" in served.headers["Content-Security-Policy"]
    assert Image.open(io.BytesIO(served.data)).size == (640, 480)
    assert tag.group(1) in client.get("/en/cases/?limit=100").text
    served.close()


def test_a_picture_loses_its_metadata_and_keeps_its_orientation(hub_app, client):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned
    exif[0x010F] = "ZqCamera"
    exif[0x8825] = {1: "N", 2: (55.0, 47.0, 46.0), 3: "E", 4: (49.0, 6.0, 31.0)}
    raw = picture("JPEG", (640, 480), exif=exif, comment=b"ZqComment")
    assert b"ZqCamera" in raw and b"ZqComment" in raw
    assert upload(sign_in(hub_app, "editor"), raw).status_code == 302
    name = re.search(r'src="(/media/[\w-]+\.webp)"', client.get("/en/cases/pictured/").text).group(1)
    served = client.get(name)
    kept = Image.open(io.BytesIO(served.data))
    served.close()
    assert (
        kept.size == (480, 640)
        and not kept.getexif()
        and b"Zq" not in served.data
        and not ({"exif", "icc_profile", "xmp"} & set(kept.info))
    )
    stored = list((folder_of(hub_app) / "data" / "media").iterdir())
    assert [p.suffix for p in stored] == [".webp"]


def test_a_large_picture_is_made_smaller(busy, admin):
    assert upload(admin, picture("PNG", (5000, 1000)), "x.png", "Pictured large").status_code == 302
    assert 'width="2000" height="400"' in busy.test_client().get("/en/cases/pictured-large/").text


@pytest.mark.parametrize(
    ("content", "name"),
    [(b"just text", "x.jpg"), (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "x.svg"), (b"<html><script>alert(1)</script>", "x.png"), (b"GIF89a", "x.gif"),
     (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "x.png"), (b"\xff\xd8\xff\xe0" + b"x" * 100, "x.jpg"), (b"BM" + b"\0" * 100, "x.bmp"), (b"%PDF-1.4", "x.pdf"), (b"\0" * 8_000_001, "x.jpg")],
    ids=range(9),
)  # fmt: skip
def test_what_is_no_picture_is_refused_with_the_form_kept(busy, admin, content, name):
    def files():
        return sorted((folder_of(busy) / "data").glob("media/*"))

    before = (listed(busy), files())
    answer = upload(admin, content, name)
    assert answer.status_code == 422 and 'href="#picture"' in answer.text and 'value="Pictured"' in answer.text
    assert (listed(busy), files()) == before


@pytest.mark.parametrize("side", [7_000, 12_000])
def test_a_picture_bomb_does_not_go_off(admin, side):
    file = io.BytesIO()
    Image.new("1", (side, side)).save(file, "PNG")
    assert len(file.getvalue()) < 100_000
    with at_most(5):
        answer = upload(admin, file.getvalue(), "x.png")
    assert answer.status_code == 422 and "40 million" in answer.text


def test_the_contact_page_and_the_footer_are_there(demo):
    page = demo.get("/en/").text
    for path in ("about", "contact", "rules", "privacy", "imprint", "accessibility"):
        assert f'href="/en/pages/{path}/"' in page and demo.get(f"/en/pages/{path}/").status_code == 200
    for path in links_of(page, r'href="(/(?!static)[^"#?]*)"'):
        assert demo.get(path).status_code in (200, 302), path


def test_a_time_typed_beside_publish_is_the_time_it_goes_out(new_hub):
    """An embargo is not broken by the nearest button; what was planned can still be published at once."""
    app = new_hub(start=True)
    editor, visitor = sign_in(app, "editor"), app.test_client()
    typed = {**new_form(editor), "title.en": "A secret until May", "publish_at": "2031-05-04T10:30", "do": "publish"}
    answer = editor.post("/desk/cases/new", data=typed, follow_redirects=True)
    assert "Goes out by itself: 4 May 2031, 10:30" in answer.text and "A secret" not in visitor.get("/en/cases/").text
    for odd in ("in May", "04.05.2031 10:30"):  # a browser without a field for times sends what was typed
        wrong = editor.post(answer.request.path, data={**dict(form_values(answer.text)), "publish_at": odd, "do": "publish"})
        assert wrong.status_code == 422 and "A date and time is expected" in wrong.text and f'value="{odd}"' in wrong.text
    editor.post(answer.request.path, data={**dict(form_values(answer.text)), "do": "publish"})
    assert "A secret until May" in visitor.get("/en/cases/").text


def test_an_entry_whose_organisation_lies_in_the_trash_can_be_corrected_and_keeps_it(new_hub):
    app = new_hub(start=True)
    keeper = make(app, "partner", "House on the Corner")
    case, editor, visitor = make(app, title="Beds", links={"holder": [keeper]}), sign_in(app, "editor"), app.test_client()
    step(app, keeper, "trash")
    path = f"/desk/cases/{case}/?language=en&form=full"
    typed = dict(form_values(editor.get(path).text))
    assert typed["r.holder"] == "House on the Corner"
    answer = editor.post(path, data={**typed, "summary.en": "Set right.", "do": "publish"}, follow_redirects=True)
    page = visitor.get(f"/en/cases/{case}/", follow_redirects=True).text
    assert answer.status_code == 200 and "Set right." in page and "House on the Corner" not in page
    step(app, keeper, "restore")
    step(app, keeper, "publish")
    assert "House on the Corner" in visitor.get(f"/en/cases/{case}/", follow_redirects=True).text


def test_a_member_who_is_not_signed_in_comes_to_an_entry_for_members_by_signing_in(new_hub):
    """The page says of every address that is not there the same, so it gives nothing away."""
    app = new_hub(start=True)
    case, visitor, member = make(app, title="For us", audience="members"), app.test_client(), sign_in(app, "member")
    for path in (f"/en/cases/{case}/", "/en/cases/no-such-entry/"):
        answer = visitor.get(path)
        assert answer.status_code == 404 and f'href="/account/login?next={path}"' in answer.text and "For us" not in answer.text
    assert "For us" in member.get(f"/en/cases/{case}/", follow_redirects=True).text
    assert "members only" not in member.get("/en/cases/no-such-entry/").text


def test_tabs_of_the_desk_count_what_their_words_find(new_hub):
    app = new_hub(start=True)
    make(app, title="A bench for birds"), make(app, title="A bench for cats", status="draft"), make(app, title="Beds", status="draft")
    page = sign_in(app, "editor").get("/desk/cases/?q=bench").text
    tabs = {name: int(number) for name, number in re.findall(r"status=(\w+)&amp;q=bench[^>]*>[^<]*<[^>]*>(\d+)", page)}
    assert tabs["published"] == 1 and tabs["draft"] == 1 and "2 found" in page
