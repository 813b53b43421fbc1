"""Signing in as people do it: a passkey (a virtual one that Chromium offers to tests), a second factor, a link by mail."""

import re
import sqlite3
import time

import pytest
from passlib.totp import TOTP
from pressing import press


def letter(site, to):
    """The text of the newest letter in the outbox to somebody."""
    with sqlite3.connect(site.instance / "data" / "hub.db") as db:
        return db.execute('SELECT text FROM hub_mail WHERE "to" = ? ORDER BY id DESC', (to,)).fetchone()[0]


@pytest.fixture
def local(site):
    """Passkeys exist for names, not for numbers: the same server as `localhost`."""
    return site.url.replace("127.0.0.1", "localhost")


def sign_in(page, base, login):
    page.goto(f"{base}/account/login")
    page.fill("#email", login[0])
    page.fill("#password", login[1])
    page.click("main button[type=submit]")
    page.wait_for_url("**/desk/")


def test_a_passkey_signs_in_without_a_password(site, chromium, logins, local):
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.set_default_timeout(10_000)
    faults = []
    page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    cdp = context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
               "isUserVerified": True, "automaticPresenceSimulation": True}  # fmt: skip
    cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    sign_in(page, local, logins["member"])
    page.goto(f"{local}/account/wan-register")
    page.fill("#name", "my phone")
    page.click("main form button")
    page.wait_for_url("**/account/")
    assert page.locator("dd", has_text="my phone").count() == 1
    page.goto(f"{local}/account/wan-register")
    page.fill("#name", "the same phone")
    page.click("main form button")
    page.wait_for_selector("#passkey-known", state="visible")
    assert page.locator("#passkey-trouble").is_hidden(), "what is so, and not what else may be"
    page.goto(f"{local}/account/")
    press(page.locator(".head form button"))
    page.goto(f"{local}/account/login")
    press(page.locator("main a[href*='wan-signin']"))
    page.click("main form button")
    page.wait_for_url("**/desk/")
    page.goto(f"{local}/account/")
    assert page.locator(".stop .st.ok").count() == 1
    press(page.locator("dd form button", has_text=re.compile("Remove|Убрать")))
    assert page.locator("dd", has_text="my phone").count() == 0
    assert not faults
    context.close()


def test_a_passkey_that_does_not_come_is_told(visit, local):
    page = visit(width=360)
    page.add_init_script("CredentialsContainer.prototype.get = () => Promise.reject(new Error('cancelled'))")
    page.goto("/account/wan-signin")
    page.click("main form button")
    page.wait_for_selector("#passkey-trouble", state="visible")
    assert page.locator("main form button").is_visible(), "it can be tried again"


def test_a_second_factor_without_scripts(visit, site, logins):
    page = visit(width=360, scripts=False)
    sign_in(page, site.url, logins["member"])
    page.goto("/account/tf-setup")
    press(page, "main form button")
    box = page.locator("img.qr").bounding_box()
    assert box["width"] > 150 and abs(box["width"] - box["height"]) < 2
    totp = TOTP(key=page.locator("code.key").inner_text().replace("-", "").replace(" ", ""))
    page.fill("#code", totp.generate().token)
    page.locator("main form button").click()
    page.wait_for_url("**/account/")
    page.goto("/account/mf-recovery-codes")
    press(page.locator("main form[method=post] button"))
    spare = page.locator("code.key").all_inner_texts()
    assert len(spare) == 8
    fresh = visit(width=360, scripts=False)
    fresh.goto("/account/login")
    fresh.fill("#email", logins["member"][0])
    fresh.fill("#password", logins["member"][1])
    fresh.click("main button[type=submit]")
    fresh.fill("#code", totp.generate(time=int(time.time()) + 30).token)
    fresh.click("main form button")
    fresh.wait_for_url("**/desk/")
    page.goto("/account/tf-setup")
    page.locator("main form button.danger").click()
    page.wait_for_url("**/account/")


def test_a_link_by_mail_from_the_phone(visit, site, logins):
    page = visit(width=360)
    page.goto("/account/login?lang=ru")
    press(page.locator("main a[href*='/account/code']"))
    page.fill("#email", logins["member"][0])
    page.click("main form button")
    page.wait_for_selector("#code")
    text = letter(site, logins["member"][0])
    page.goto(re.search(r"http\S+/account/code/\S+", text).group())
    page.click("main form button")
    page.wait_for_url("**/desk/")
    assert page.locator("header a[href='/account/']").count() == 1, "a member's page is one step away"


def test_inviting_on_a_phone(signed_in, visit, site):
    page = signed_in("admin", width=360)
    page.goto("/desk/people/")
    page.locator("summary").first.click()
    page.fill("#i-email", "vera@example.org")
    page.select_option("#i-role", "editor")
    page.locator("details form button.btn").first.click()
    page.wait_for_selector(".note.warn")  # no mail leaves this hub
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    guest = visit(width=360)
    guest.goto(re.search(r"http\S+/people/invited/\S+", letter(site, "vera@example.org")).group())
    guest.fill("#name", "Vera")
    guest.check("#processing")
    guest.locator("main form button").click()
    guest.wait_for_url("**/account/")
    assert guest.input_value("#name") == "Vera" and guest.evaluate("document.documentElement.scrollWidth") <= 360
