"""Attacks that belong to no single room; docs/security.md says which line of its table each of these holds."""

from __future__ import annotations

import hashlib
import io
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from making import make
from making_fixtures import *  # noqa: F403

from hub.testing.crawling import parsed
from hub.testing.fixtures import PASSWORD, csrf, sign_in

ROOT = Path(__file__).parents[1]
SCRIPT = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
BRACES = "{{ 1234+4321 }} {% print(config) %} ${1234+4321} #{1234+4321}"
ODD = ["\u202egnp.exe", "a" + "\u0301" * 60, "🌱🌻", "admin", "static", "api", "new", "..", "…", "\u200b\u200b", "Ⅷ", "ß" * 100]


@pytest.fixture
def stocked(new_hub):
    """A hub with one published partner whose every word is hostile, by the address of its page."""

    def made(words):
        app = new_hub(["covers", "editor", "partners", "cases", "search"], start=True)
        uid = make(app, "partner", words, summary={"en": words}, body={"en": words}, places=[{"names": {"en": words}, "country": "RU"}])
        return app, uid

    return made


def handlers(page):
    """Scripts and handlers that stand in a page and are not files of this site."""
    nodes = list(parsed(page).walk())
    inline = [n for n in nodes if n.tag == "script" and "src" not in n.attributes and n.attributes.get("type") != "application/ld+json"]
    return inline + [n for n in nodes if any(name.startswith("on") for name in n.attributes)]


def test_words_of_strangers_are_text(stocked):
    app, uid = stocked(SCRIPT)
    visitor, editor = app.test_client(), sign_in(app, "editor")
    addresses = ["/en/", "/en/partners/", f"/en/partners/{uid}/", f"/en/search/?q={quote(SCRIPT)}", f"/en/{quote(SCRIPT)}/", "/en/partners/embed"]
    for client, found in ((visitor, addresses), (editor, ["/desk/", "/desk/partners/", f"/desk/partners/{uid}/", "/desk/changes"])):
        for address in found:
            page = client.get(address, follow_redirects=True).text
            assert not handlers(page), address
    assert "<script>alert" not in visitor.get(f"/en/partners/{uid}.json").text or visitor.get("/en/partners.json").mimetype == "application/json"


def test_braces_are_text(stocked):
    app, uid = stocked(BRACES)
    for address in (f"/en/partners/{uid}/", "/en/partners/", "/en/partners.atom", f"/en/search/?q={quote(BRACES)}"):
        answer = app.test_client().get(address, follow_redirects=True)
        read = parsed(answer.text).text() if answer.mimetype == "text/html" else answer.text
        assert "1234+4321" in read and "5555" not in read and "SECRET_KEY" not in read, address


@pytest.mark.parametrize("way", ["../hub.toml", "..%2fhub.toml", "%2e%2e/hub.toml", "..\\hub.toml", "..%5chub.toml", "%00", "....//hub.toml",
                                 "%c0%ae%c0%ae/hub.toml", "/etc/passwd", "CON", "data/secret_key"])  # fmt: skip
def test_no_path_leads_out_of_a_folder(plain_app, way):
    visitor = plain_app.test_client()
    for base in ("/static/hub/", "/static/instance/", "/static/theme-commons/", "/media/", "/en/pages/"):
        answer = visitor.get(base + way)
        assert answer.status_code in (301, 302, 308, 400, 404), (base, way)
        if answer.status_code < 400:  # a tidied path
            assert visitor.get(answer.location).status_code == 404, answer.location


def test_a_session_from_before_signing_in_is_not_kept(hub_app):
    client = hub_app.test_client()
    token = csrf(client.get("/account/login").text)
    before = client.get_cookie("hub").value
    sign_in(hub_app, "member")  # makes the account
    answer = client.post("/account/login", data={"email": "member@example.org", "password": PASSWORD, "csrf_token": token})
    assert answer.status_code == 302
    after = client.get_cookie("hub").value
    stranger = hub_app.test_client()
    stranger.set_cookie("hub", before)
    assert before != after and stranger.get("/account/").status_code == 302


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "localhost:80@evil.example", "evil.example#localhost"])
def test_a_forged_host_is_refused(plain_app, host):
    for address in ("/en/", "/feed.atom", "/sitemap.xml", "/account/reset", "/-/health"):
        assert plain_app.test_client().get(address, headers={"Host": host}).status_code == 400


def test_headers_that_mean_nothing_change_nothing(plain_app):
    """Behind no proxy, nothing that a visitor sends gets into a page that others are given."""
    claims = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher", "X-Forwarded-Prefix": "/evil", "X-Original-URL": "/evil",
              "X-Rewrite-URL": "/evil", "Forwarded": "host=evil.example", "X-HTTP-Method-Override": "DELETE", "Referer": "https://evil.example"}  # fmt: skip
    for address in ("/en/", "/feed.atom", "/sitemap.xml", "/en/topics/"):
        poisoned = plain_app.test_client().get(address, headers=claims)
        assert "evil" not in poisoned.text and poisoned.data == plain_app.test_client().get(address).data


def test_a_page_of_ones_own_is_not_kept_under_a_public_name(hub_app):
    member = sign_in(hub_app, "member")
    for address in ("/account/x.css", "/account/home.js", "/account/;x.css"):
        assert member.get(address).status_code == 404
    assert "no-store" in member.get("/account/").headers["Cache-Control"] or "private" in member.get("/account/").headers["Cache-Control"]


@pytest.mark.parametrize("end", ["\r\nX-Evil: 1", "%0d%0aX-Evil:%201", "%E5%98%8A%E5%98%8DX-Evil:%201"])
def test_no_line_end_gets_into_a_header(demo_app, end):
    visitor = demo_app.test_client()
    for address in (f"/?lang={quote(end, safe='%')}", f"/{quote(end, safe='%')}", f"/account/login?next=/{quote(end, safe='%')}",
                    f"/en/cases.csv?q={quote(end, safe='%')}", f"/cases/{quote(end, safe='%')}"):  # fmt: skip
        answer = visitor.get(address)
        assert "X-Evil" not in answer.headers and not any("\n" in value for _, value in answer.headers)


def test_absurd_forms_are_refused(hub_app):
    editor = sign_in(hub_app, "editor")
    token = csrf(editor.get("/desk/partners/new").text)
    many = {f"x{n}": "1" for n in range(6000)}
    assert editor.post("/desk/partners/new", data={"csrf_token": token, **many, "file": (io.BytesIO(b""), "x")},
                       content_type="multipart/form-data").status_code == 413  # fmt: skip
    assert editor.post("/desk/partners/new", data=b"a" * 21_000_000, content_type="application/x-www-form-urlencoded").status_code == 413
    for broken in (b"", b"--x\r\n", b"--x\r\nContent-Disposition: form-data; name=\"a\r\n\r\n", b"\xff\xfe" * 50):
        assert editor.post("/desk/partners/new", data=broken, content_type="multipart/form-data; boundary=x").status_code in (400, 413)


@pytest.mark.parametrize("title", ODD, ids=range(len(ODD)))
def test_odd_letters_make_good_addresses(new_hub, title):
    app = new_hub(["partners"])
    uids = [make(app, "partner", title) for _ in range(2)]
    addresses = {app.test_client().get(f"/en/partners/{uid}.json", follow_redirects=True).json["url"].partition("localhost:8000")[2] for uid in uids}
    assert len(addresses) == 2
    for address in addresses:
        assert re.fullmatch(r"/en/partners/[a-z0-9-]+/", address) and app.test_client().get(address).status_code == 200


def test_vendored_files_are_what_they_were():
    """Files of others that we ship are those whose hash stands beside them."""
    noted = list(ROOT.glob("**/static/**/VENDORED.txt"))
    assert noted
    for note in (n for n in noted if ".venv" not in n.parts):
        lines = re.findall(r"sha256 of ([\w.-]+)\s+([0-9a-f]{64})", note.read_text())
        assert lines
        for name, digest in lines:
            assert hashlib.sha256((note.parent / name).read_bytes()).hexdigest() == digest, name


def test_no_entry_is_hidden_behind_a_page(new_hub):
    """An event called like a page of its plugin has an address of its own."""
    app = new_hub(["events"])
    visitor = app.test_client()
    for title in ("Mine", "Reach", "Embed", "New"):
        uid = make(app, "event", title, data={"format": "lecture", "starts": "2030-05-01T12:00", "ends": "2030-05-01T14:00"})
        address = visitor.get(f"/en/events/{uid}.json", follow_redirects=True).json["url"].partition("localhost:8000")[2]
        assert title in visitor.get(address).text.partition("<h1")[2].partition("</h1>")[0]
