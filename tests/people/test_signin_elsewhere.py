"""Signing in by OpenID Connect, Yandex ID and VK ID against stand-ins on this machine that are as strict as the real ones."""

import base64
import hashlib
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from humans import Site, post, signed_in
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from hub.people import accounts
from hub.store import db
from hub.testing.fixtures import sign_in

BACK = {"oidc": "/en/signin/oidc/back", "yandex": "/en/signin/yandex/back", "vk": "/en/signin/vk/back"}


class StandIn:
    """What a person would see as "the other side": hands out codes, checks PKCE and secrets, signs tokens."""

    def __init__(self):
        self.key = RSAKey.generate_key(2048, parameters={"kid": "one", "use": "sig", "alg": "RS256"})
        self.signing, self.claims, self.asked, self.person = self.key, {}, {}, {}
        self.seen = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self, {})

            def do_POST(self):
                length = int(self.headers.get("Content-Length", 0))
                outer.answer(self, {k: v[0] for k, v in parse_qs(self.rfile.read(length).decode()).items()})

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def let_in(self, address):
        """A person says yes over there; answers the query that they come back with."""
        asked = {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}
        assert asked["code_challenge_method"] == "S256" and asked["response_type"] == "code"
        self.asked = asked
        return {"code": "the-code", "state": asked["state"], "device_id": "device-1"}

    def answer(self, handler, form):
        self.seen.append((handler.path, form, dict(handler.headers)))
        body = self.routes(urlsplit(handler.path).path, form, handler.headers)
        data = json.dumps(body or {"error": "invalid_grant"}).encode()
        handler.send_response(200 if body else 400)
        handler.send_header("Content-Length", str(len(data)))
        handler.end_headers()
        handler.wfile.write(data)

    def routes(self, path, form, headers):
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "authorization_endpoint": self.url + "/authorize", "token_endpoint": self.url + "/token",
                    "jwks_uri": self.url + "/keys"}  # fmt: skip
        if path == "/keys":
            return KeySet([self.key]).as_dict(private=False)
        if path == "/token":
            digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
            challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
            right = challenge == self.asked["code_challenge"] and form.get("client_secret") == "hush"
            if not right or form["redirect_uri"] != self.asked["redirect_uri"]:
                return None
            claims = {"iss": self.url, "aud": "us", "iat": int(time.time()), "exp": int(time.time()) + 60, "nonce": self.asked.get("nonce"),
                      **self.person, **self.claims}  # fmt: skip
            token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.signing)
            return {"access_token": "pass", "token_type": "Bearer", "id_token": token}
        if path == "/yandex/info" and headers["Authorization"] == "OAuth pass":
            return {"id": "1000", "default_email": "anna@yandex.example", "real_name": "Анна"}
        if path == "/vk/user_info" and form == {"access_token": "pass", "client_id": "us"}:
            return {"user": {"user_id": 77, "first_name": "Анна", "last_name": "Г", "email": "anna@vk.example"}}
        return None


@pytest.fixture(scope="module")
def there():
    found = StandIn()
    yield found
    found.server.shutdown()


@pytest.fixture
def site(new_hub, there, monkeypatch):
    from hub_signin import providers

    here = f"{there.url}/"
    presets = {"yandex": {"authorize": here + "a", "token": here + "token", "about": here + "yandex/info?format=json", "scope": "x"},
               "vk": {"authorize": here + "a", "token": here + "token", "about": here + "vk/user_info", "scope": "email"}}  # fmt: skip
    monkeypatch.setattr(providers, "PRESETS", presets)
    toml = f"""
[accounts]
registration = "open"
[net]
allow = ["{there.host}"]
[plugin.signin]
oidc_issuer = "{there.url}"
oidc_client = "us"
oidc_secret = "hush"
oidc_label = "City account"
yandex_client = "us"
yandex_secret = "hush"
vk_client = "us"
vk_secret = "hush"
"""
    there.claims, there.signing = {}, there.key
    there.person = {"sub": "42", "email": "anna@example.org", "email_verified": True, "name": "Anna"}
    return Site(new_hub(["people", "signin"], toml=toml))


def go(client, there, provider="oidc", **changed):
    """From the button there and back; answers the page one comes back to."""
    address = client.get(f"/en/signin/{provider}").location
    answer = there.let_in(address) | changed
    back = client.get(BACK[provider], query_string=answer)
    return client.get(back.location)


def confirm(site, client, to):
    post(client, "/en/signin/enter")
    code = re.search(r"^(\d{6})$", site.letters(to)[-1].text, re.M).group(1)
    return post(client, "/en/signin/enter", code=code)


def test_a_first_visit_is_confirmed_by_a_code_then_one_press_is_enough(site, there):
    browser = site.browser()
    assert "City account" in browser.get("/account/login").text
    page = go(browser, there)
    assert "anna@example.org" in page.text and not signed_in(browser)
    wrong = post(browser, "/en/signin/enter")
    assert wrong.status_code == 302 and post(browser, "/en/signin/enter", code="1").status_code == 422 and not signed_in(browser)
    assert confirm(site, browser, "anna@").status_code == 302 and signed_in(browser)
    again = site.browser()
    go(again, there)
    assert not signed_in(again), "coming back is a GET and shows"
    post(again, "/en/signin/enter")
    assert signed_in(again)
    assert len(site.letters("anna@")) == 2


@pytest.mark.parametrize(("provider", "email"), [("yandex", "anna@yandex.example"), ("vk", "anna@vk.example")])
def test_presets(site, there, provider, email):
    browser = site.browser()
    go(browser, there, provider)
    confirm(site, browser, email)
    assert signed_in(browser) and "Анна" in browser.get("/account/").text
    if provider == "vk":
        form = next(form for path, form, _ in reversed(there.seen) if path == "/token")
        assert form["device_id"] == "device-1" and form["state"] == there.asked["state"]


def test_an_account_that_is_there_is_linked_only_by_its_owner(site, there):
    sign_in(site.app, "member")
    there.person = {**there.person, "email": "member@example.org"}
    thief = site.browser()
    go(thief, there)
    post(thief, "/en/signin/enter")
    assert not signed_in(thief) and "link" in site.letters("member@")[-1].subject
    assert post(thief, "/en/signin/enter", code="000000").status_code == 422 and not signed_in(thief)


def test_a_password_that_a_stranger_chose_for_an_unconfirmed_address_ends_with_the_owners_first_visit(site, there):
    thief = site.browser()
    post(thief, "/account/register", email="anna@example.org", password="a password of a thief", password_confirm="a password of a thief")
    assert site.letters("anna@"), "there is an account"
    browser = site.browser()
    go(browser, there)
    confirm(site, browser, "anna@")
    assert signed_in(browser)
    post(thief, "/account/login", email="anna@example.org", password="a password of a thief")
    assert not signed_in(thief) and signed_in(browser)


def test_an_address_that_nobody_checked_over_there_counts_for_nothing(site, there):
    there.person = {**there.person, "email": "member@example.org", "email_verified": False}
    sign_in(site.app, "member")
    browser = site.browser()
    page = go(browser, there)
    assert "There is no account here yet" in page.text and not site.letters("member@")


def test_linked_and_unlinked_from_ones_own_page(site, there):
    mine = sign_in(site.app, "member")
    go(mine, there)
    post(mine, "/en/signin/enter")
    other = site.browser()
    go(other, there)
    post(other, "/en/signin/enter")
    assert signed_in(other) and "member@example.org" in other.get("/account/").text
    post(mine, "/en/signin/oidc/unlink", "/account/")
    fresh = site.browser()
    assert "first visit" in go(fresh, there).text


def test_a_disabled_account_stays_out(site, there):
    mine = sign_in(site.app, "member")
    go(mine, there)
    post(mine, "/en/signin/enter")
    site.do(lambda s: accounts.set_active(accounts.find_user(s, "member@example.org"), False))
    browser = site.browser()
    go(browser, there)
    post(browser, "/en/signin/enter")
    assert not signed_in(browser)


def broken(there, how):
    if how == "foreign key":
        there.signing = RSAKey.generate_key(2048, parameters={"kid": "one"})
    elif how == "over":
        there.claims = {"exp": int(time.time()) - 600}
    else:
        there.claims = {"audience": {"aud": "others"}, "issuer": {"iss": "https://evil.example"}, "nonce": {"nonce": "x"}}[how]


@pytest.mark.parametrize("how", ["foreign key", "audience", "issuer", "nonce", "over"])
def test_tokens_that_are_not_right_are_refused(site, there, how):
    broken(there, how)
    browser = site.browser()
    page = go(browser, there)
    assert "Signing in over there did not work" in page.text and not signed_in(browser)


def test_an_answer_that_nobody_asked_for_is_refused(site, there):
    browser = site.browser()
    assert "did not work" in go(browser, there, state="forged").text
    stranger = site.browser()
    address = browser.get("/en/signin/oidc").location
    answer = there.let_in(address)
    assert "did not work" in stranger.get(BACK["oidc"], query_string=answer, follow_redirects=True).text
    assert browser.get("/en/signin/unknown").status_code == 404


def test_without_open_registration_only_known_people_come_in(site, there):
    site.do(lambda s: __import__("hub.store.state", fromlist=["x"]).set_setting(s, "hub.registration", "invitation"))
    browser = site.browser()
    assert "ask the administrators" in go(browser, there).text
    assert post(browser, "/en/signin/enter", "/account/login").status_code == 200 and not site.letters("anna@")
    with site.app.app_context():
        assert accounts.find_user(db.session(), "anna@example.org") is None


def test_one_comes_back_to_the_page_and_language_that_one_left(site, there):
    mine = sign_in(site.app, "member")
    go(mine, there)
    post(mine, "/en/signin/enter")
    browser = site.app.test_client()
    page = browser.get("/account/login?next=/ru/topics/", headers={"Accept-Language": "en"}).text
    assert '<html lang="ru"' in page and 'href="/ru/signin/oidc?next=/ru/topics/"' in page
    answer = there.let_in(browser.get("/ru/signin/oidc?next=/ru/topics/").location)
    asked = browser.get(BACK["oidc"], query_string=answer).location
    assert asked.startswith("/ru/signin/enter") and "Вас здесь" not in asked
    assert post(browser, asked).location == "/ru/topics/" and signed_in(browser)
    thief = site.browser()
    answer = there.let_in(thief.get("/en/signin/oidc?next=https://evil.example/").location)
    asked = thief.get(BACK["oidc"], query_string=answer).location
    assert "evil" not in post(thief, asked).location and signed_in(thief), "to no other site"


def test_whoever_says_no_over_there_is_told_so(site, there):
    browser = site.browser("ru")
    answer = there.let_in(browser.get("/ru/signin/oidc?next=/ru/topics/").location)
    back = browser.get(BACK["oidc"], query_string={"state": answer["state"], "error": "access_denied"})
    assert back.location == "/account/login?next=/ru/topics/"
    page = browser.get(back.location).text
    assert "Вы отказались" in page and "не получилось" not in page


def test_without_a_checked_address_one_is_shown_the_way_to_an_account(site, there):
    there.person = {"sub": "77", "email": "x@example.org"}
    page = go(site.browser(), there).text
    assert "has not told us an e-mail address that it has checked" in page and 'href="/account/register"' in page and "invitation" not in page
    there.person = {"sub": "78", "email": "no address", "email_verified": True}
    assert "has not told us" in go(site.browser(), there).text


def test_a_new_account_from_elsewhere_agrees_to_the_processing_too(new_hub, there, run_jobs):
    toml = f"""[accounts]\nregistration = "open"\n[net]\nallow = ["{there.host}"]\n[plugin.signin]\noidc_issuer = "{there.url}"
oidc_client = "us"\noidc_secret = "hush"\n"""
    there.claims, there.signing, there.person = {}, there.key, {"sub": "42", "email": "anna@example.org", "email_verified": True, "name": "Anna"}
    site = Site(new_hub(["people", "signin", "privacy"], toml=toml))
    run_jobs(site.app)
    browser = site.browser()
    page = go(browser, there)
    assert 'name="processing"' in page.text
    post(browser, "/en/signin/enter", consent_asked="yes")
    assert not site.letters("anna@") and "there can be no account" in browser.get("/en/signin/enter").text
    post(browser, "/en/signin/enter", consent_asked="yes", processing="yes")
    code = re.search(r"^(\d{6})$", site.letters("anna@")[-1].text, re.M).group(1)
    assert 'name="processing"' not in browser.get("/en/signin/enter").text
    post(browser, "/en/signin/enter", code=code)
    assert signed_in(browser)
    assert re.search(r'name="processing" value="yes" checked', browser.get("/account/").text)
