"""A hub at https://hub.example.net/hub, behind a proxy that passes the path on or takes it off: no address leaves that path."""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from commands import run_here
from werkzeug.test import Client

from hub.app import create_app
from hub.settings import SettingsError, load_settings
from hub.store import db
from hub.testing.crawling import Crawler
from hub.testing.fixtures import PASSWORD, csrf

PROXY = "https://hub.example.net"  # what the proxy in front is called; the hub is at /hub there
# An address in a page or a file: below the host, or of this host.
ADDRESS = re.compile(r"""(?:href|src|action|content|data-[a-z-]+)=["'](/[^"']*)|https?(?::|%3A)(?://|%2F%2F)hub\.example\.net([^\s"'<>)\\,;]*)""")
DATA = ("sitemap.xml", "sitemap-0.xml", "robots.txt", "feed.atom", "feed.rss", "feed.json", "en/cases.json", "en/cases.csv", "en/cases.atom", "en/cases.geojson",
        "en/cases.xlsx", "ru/partners.json", "en/initiatives.geojson", "en/initiatives.kml", "en/events.ics", "en/events.json", "api/v1/openapi.json",
        "api/v1/cases", "api/v1/changes", "en/search.json?q=a", "en/search.rss?q=a", "en/look/manifest.webmanifest", "-/health",
        "oembed?url=https://hub.example.net/hub/en/cases/", "unknown/page")  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("below") / "hub"
    run_here(made, "init", "--preset", "all", "--languages", "en,ru", check=True)
    settings = made / "hub.toml"
    settings.write_text(re.sub(r"(?m)^#? *url = .*", f'url = "{PROXY}/hub/"', settings.read_text(), count=1))
    run_here(made, "demo", check=True)
    return made


@pytest.fixture(scope="module")
def app(folder):
    app = create_app(folder, strict=True)
    with app.app_context(), db.writing():
        from hub.people import accounts

        accounts.add_user(db.session(), "admin@example.org", PASSWORD, "admin", "Admin")
        db.session().commit()
    yield app
    with app.app_context():
        db.engine().dispose()


@pytest.fixture
def browser(app):
    """A browser in front of the proxy. It knows nothing of the application's own idea of its path."""
    return lambda: Client(app.wsgi_app, app.response_class, use_cookies=True)


class Outside:
    """What the crawler asks: whole paths of the host, by https."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get(self, path: str, **more):
        return self.client.get(path, base_url=PROXY, **more)


def strayed(text: str) -> set[str]:
    """The addresses in a text that lead elsewhere than below /hub, or below it twice."""
    found = {html.unescape(m[1] or m[2] or "/") for m in ADDRESS.finditer(text.replace("\\/", "/").replace("\r\n ", ""))}
    return {path for path in found if not re.match(r"(?:/|%2F)hub(?:[/?#%.&]|$)", path) or re.match(r"/hub/hub\b", path)} - {"/"}


def check(page):
    return sorted(strayed(page.text))[:5]


def sign_in(client: Client, at: str = "") -> Client:
    outside = Outside(client)
    page = outside.get(f"/hub/account/login{at}")
    action = re.search(r'<form[^>]*action="([^"]*)"[^>]*method="post"|<form[^>]*method="post"[^>]*action="([^"]*)"', page.text)
    path = html.unescape(next(filter(None, action.groups()), "") if action else "") or f"/hub/account/login{at}"
    answer = client.post(path, base_url=PROXY, data={"email": "admin@example.org", "password": PASSWORD, "csrf_token": csrf(page.text)}, headers={"Referer": f"{PROXY}/hub/account/login"})
    assert answer.status_code == 302, answer.text[:500]
    cookie = next(line for line in answer.headers.getlist("Set-Cookie") if line.startswith("__Secure-hub="))
    assert "Path=/hub;" in cookie + ";" and "Secure" in cookie, cookie
    client.landed = urlsplit(answer.location).path
    return client


@pytest.mark.long
def test_no_page_or_file_for_visitors_leaves_the_path(browser):
    crawler = Crawler(Outside(browser()), languages=(), starts=["/hub/", "/hub/en/", "/hub/ru/", *(f"/hub/{path}" for path in DATA)], each=1, base=PROXY,
                      skip=r"^/hub/(static|media)/|^/hub/account/(logout|verify)|theme=|/hub/desk/", check=check, limit=700).run()  # fmt: skip
    faults = [line for line in crawler.faults() if "/hub/unknown/page answers 404" not in line]
    assert not faults, "\n".join(faults[:40])
    assert len(crawler.pages) > 150
    kinds = {page.mimetype for page in crawler.pages.values() if page.status == 200}
    assert {"text/html", "application/json", "application/atom+xml", "application/rss+xml", "text/csv", "text/calendar", "application/xml"} <= kinds, kinds
    openapi = crawler.pages["/hub/api/v1/openapi.json"].text
    assert '"https://hub.example.net/hub"' in openapi


def test_an_administrator_signs_in_and_works(browser):
    client = sign_in(browser(), "?next=/hub/desk/cases/")
    assert client.landed == "/hub/desk/cases/"
    crawler = Crawler(Outside(client), languages=(), starts=["/hub/desk/", "/hub/account/"], each=1, base=PROXY, check=check, limit=150,
                      skip=r"^/hub/(static|media|en|ru)/|^/hub/account/(logout|verify)|theme=|lang=").run()  # fmt: skip
    faults = [line for line in crawler.faults() if "answers 40" not in line or "answers 404" in line]
    assert not faults, "\n".join(faults[:40])
    assert len(crawler.pages) > 60
    form = Outside(client).get("/hub/desk/pages/new?language=en").text
    text = "A [list](/en/cases/), a [page](/hub/en/pages/about/) and ![](/media/AAAAAAAAAAAAAAAA.webp)"
    data = {"csrf_token": csrf(form), "language": "en", "form": "full", "do": "publish", "title.en": "Where we are", "body.en": text}
    answer = client.post("/hub/desk/pages/new", base_url=PROXY, data=data, headers={"Referer": PROXY + "/hub/desk/"})
    assert answer.status_code == 302 and answer.location.startswith(("/hub/desk/", f"{PROXY}/hub/desk/")), answer.text
    page = Outside(browser()).get("/hub/en/pages/where-we-are/").text
    assert 'href="/hub/en/cases/"' in page and 'href="/hub/en/pages/about/"' in page and 'src="/hub/media/AAA' in page
    out = re.search(r'<form[^>]*action="(/hub/account/logout[^"]*)"', Outside(client).get("/hub/account/").text)
    assert out, "no way to sign out"


def test_who_must_sign_in_comes_back(browser):
    answer = Outside(browser()).get("/hub/desk/cases/?status=draft")
    assert answer.status_code == 302 and answer.location.startswith("/hub/account/login?next=/hub/desk/cases/")


def test_a_proxy_may_take_the_path_off(browser):
    passed, bare = Outside(browser()).get("/hub/en/cases/"), Outside(browser()).get("/en/cases/")
    assert passed.status_code == bare.status_code == 200 and passed.headers["ETag"] == bare.headers["ETag"]
    again = Outside(browser()).get("/hub/en/cases/", headers={"If-None-Match": passed.headers["ETag"]})
    assert again.status_code == 304
    for path in ("/hub", "/hub/"):
        assert Outside(browser()).get(path, headers={"Accept-Language": "ru"}).location == "/hub/ru/"
    assert Outside(browser()).get("/hubris/").status_code == 404


def test_files_and_switches_stay_below(browser):
    page = Outside(browser()).get("/hub/en/").text
    style = re.search(r'<link rel="stylesheet" href="([^"]+)"', page)[1]
    assert style.startswith("/hub/static/") and Outside(browser()).get(html.unescape(style)).status_code == 200
    for path, back in (("/hub/en/?theme=contrast", "/hub/en/"), ("/hub/account/login?lang=ru", "/hub/account/login")):
        answer = Outside(browser()).get(path)
        assert answer.location == back and "Path=/hub;" in answer.headers["Set-Cookie"] + ";"


def test_mails_and_what_jobs_write(app, folder, browser):
    page = Outside(client := browser()).get("/hub/account/code").text
    client.post("/hub/account/code", base_url=PROXY, data={"csrf_token": csrf(page), "email": "admin@example.org"}, headers={"Referer": PROXY + "/hub/"})
    reset = Outside(client).get("/hub/account/reset").text
    client.post("/hub/account/reset", base_url=PROXY, data={"csrf_token": csrf(reset), "email": "admin@example.org"}, headers={"Referer": PROXY + "/hub/"})
    from hub.work.mail import Mail

    with app.app_context():
        letters = db.session().scalars(sa.select(Mail)).all()
        texts = [str(letter.text) + str(letter.html) for letter in letters]
    assert len(texts) >= 2 and all(f"{PROXY}/hub/" in text for text in texts)
    assert not {path for text in texts for path in strayed(text)}


def test_the_copy_of_the_site(hub_instances, tmp_path):
    made = hub_instances.make(("partners", "cases"), start=True, toml=f'url = "{PROXY}/hub/"')
    done = run_here(made, "export", "site", str(tmp_path / "copy"))
    assert done.status == 0, done
    names = {path.relative_to(tmp_path / "copy").as_posix() for path in (tmp_path / "copy").rglob("*.html")}
    assert {"en/index.html", "ru/cases/index.html"} <= names and not any(name.startswith("hub/") for name in names)


@pytest.mark.parametrize("url", ["https://hub.example.net/en", "https://hub.example.net/desk/x", "https://hub.example.net/a b", "https://hub.example.net/hub?x=1"])
def test_paths_that_cannot_be(hub_instances, url):
    with pytest.raises(SettingsError, match="url"):
        load_settings(hub_instances.make(()), {"HUB_SITE__URL": url})
