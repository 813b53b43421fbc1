"""Every way in, and the ways out: password, code by mail, second factor, sessions."""

import html
import re
import time
import unicodedata

import pytest
import sqlalchemy as sa
import time_machine
from days import today
from humans import PASSWORD, post, signed_in
from passlib.totp import TOTP

from hub.people import accounts, codes, sessions
from hub.store import db
from hub.testing.fixtures import csrf, sign_in


def code_of(letter):
    return re.search(r"^(\d{6})$", letter.text, re.M).group(1)


@pytest.fixture
def member(people):
    """A site with a member whose mails are in Russian."""
    sign_in(people.app, "member")
    people.do(lambda s: setattr(accounts.find_user(s, "member@example.org"), "language", "ru"))
    return people


def test_a_code_by_mail_signs_in_once(member):
    browser = member.browser()
    assert post(browser, "/account/code", email="Member@example.org").status_code == 302
    letter = member.letters("member@")[-1]
    assert letter.subject == "Код для входа" and "15 минут" in letter.text and code_of(letter) in letter.html
    assert not signed_in(browser)
    answer = post(browser, "/account/code/enter", code=f" {code_of(letter)[:3]} {code_of(letter)[3:]} ")
    assert answer.status_code == 302 and signed_in(browser)
    again = member.browser()
    post(again, "/account/code", email="nobody@example.org")
    with again.session_transaction() as kept:
        kept["code_email"] = "member@example.org"
    assert post(again, "/account/code/enter", code=code_of(letter)).status_code == 422 and not signed_in(again)


def test_the_link_in_the_letter_only_shows_a_button(member):
    post(member.browser(), "/account/code", email="member@example.org")
    link, elsewhere = member.link("member@"), member.browser()
    assert elsewhere.get(link).status_code == 200 and elsewhere.head(link).status_code == 200 and not signed_in(elsewhere)
    assert post(elsewhere, link).status_code == 302 and signed_in(elsewhere)
    third = member.browser()
    assert post(third, link).status_code == 422 and not signed_in(third)
    cut = third.get("/account/code/" + "x" * 20)
    assert cut.status_code == 422 and "This link is not whole." in cut.text and 'name="code"' in cut.text


def test_a_code_is_over_after_five_tries_and_after_a_quarter_of_an_hour(member):
    browser = member.browser()
    post(browser, "/account/code", email="member@example.org")
    right = code_of(member.letters("member@")[-1])
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for _ in range(codes.TRIES):
        assert post(browser, "/account/code/enter", code=wrong).status_code == 422
    assert post(browser, "/account/code/enter", code=right).status_code == 422 and not signed_in(browser)
    fresh = member.browser()
    post(fresh, "/account/code", email="member@example.org")
    right = code_of(member.letters("member@")[-1])
    with time_machine.travel(time.time() + 16 * 60):
        assert post(fresh, "/account/code/enter", code=right).status_code == 422


def test_answers_do_not_tell_who_is_here(member, usual_wait, monkeypatch):
    """The same words, status and cookies for a known and an unknown address, in about the same time: the shortest of each,
    since a busy machine makes answers longer and none shorter."""
    monkeypatch.setattr(accounts, "SLOWEST", usual_wait)
    for path in ("/account/code", "/account/reset", "/account/confirm"):
        shortest = {"member@example.org": 9.0, "nobody@example.org": 9.0}
        for _ in range(4):
            seen = []
            for email, before in shortest.items():
                browser = member.browser()
                token = csrf(browser.get(path).text)
                began = time.monotonic()
                answer = browser.post(path, data={"csrf_token": token, "email": email})
                shortest[email] = min(before, time.monotonic() - began)
                text = browser.get(answer.location).text if answer.location else answer.text
                text = re.sub(r'value="[^"]*"', "", text).replace(email, "…")
                seen.append((answer.status_code, answer.location, text))
            assert seen[0] == seen[1], path
            known, unknown = shortest.values()
            if abs(known - unknown) < 0.25:
                break
        assert min(known, unknown) >= usual_wait >= 0.3 and abs(known - unknown) < 0.25, (path, shortest)


def test_codes_are_refused_when_asked_for_too_often(member):
    browser, statuses = member.browser(), []
    token = csrf(browser.get("/account/code").text)
    for _ in range(accounts.PER_ACCOUNT + 1):
        statuses.append(browser.post("/account/code", data={"csrf_token": token, "email": "member@example.org"}).status_code)
    assert statuses[-1] == 429 and set(statuses[:-1]) == {302}
    told = browser.post("/account/code", data={"csrf_token": token, "email": "member@example.org"})
    assert int(told.headers["Retry-After"]) > 60 and "in some minutes" in told.text, "a minute would not do"


def test_signing_in_speaks_the_language_of_the_page_that_one_comes_from_and_leads_back_there(people):
    sign_in(people.app, "member")
    browser = people.app.test_client()
    english = {"Accept-Language": "en"}
    path = re.search(r'href="(/account/login[^"]*)"', browser.get("/ru/topics/?utm_source=x", headers=english).text)[1]
    page = browser.get(path, headers=english).text
    assert '<html lang="ru"' in page and "utm" not in path
    answer = browser.post(path, headers=english, data={"csrf_token": csrf(page), "email": "member@example.org", "password": PASSWORD})
    assert answer.location == "/ru/topics/"
    stranger = people.app.test_client()
    for way in ("/account/reset", "/account/confirm"):
        link = re.search(rf'href="({way}[^"]*)"', stranger.get("/account/login?next=/ru/topics/", headers=english).text)
        if link:  # where accounts are made by invitation nobody waits for a confirming letter
            asked = stranger.get(link[1], headers=english).text
            to = re.search(rf'action="({way}[^"]*)"', asked)[1]
            said = stranger.post(to, headers=english, data={"csrf_token": csrf(asked), "email": "member@example.org"}, follow_redirects=True).text
            assert '<html lang="ru"' in asked and '<html lang="ru"' in said, way
    other = people.app.test_client()
    other.set_cookie("hub_lang", "en")
    assert '<html lang="en"' in other.get("/account/login?next=/ru/topics/").text, "what one chose stays"
    assert '<html lang="en"' in people.app.test_client().get("/account/login?next=/xx/", headers=english).text


# --- second factor


def with_second_factor(site, role="member"):
    """Switch the second factor on through the forms; answers the browser and the app's secret."""
    browser = sign_in(site.app, role)
    page = post(browser, "/account/tf-setup", setup="authenticator")
    assert '<img class="qr"' in page.text and "data:image/svg+xml,%3C" in page.text and "style=" not in page.text
    key = re.search(r'<code class="key">([^<]+)</code>', page.text).group(1)
    totp = TOTP(key=key.replace("-", "").replace(" ", ""))
    target = re.search(r'action="(/account/second-factor/[^"]+)"', page.text).group(1)
    answer = browser.post(target, data={"csrf_token": csrf(page.text), "code": totp.generate().token})
    assert answer.status_code == 302, answer.text
    return browser, totp


def test_a_wrong_first_code_keeps_the_key_that_the_phone_has(people):
    browser = sign_in(people.app, "member")
    page = post(browser, "/account/tf-setup", setup="authenticator")
    key = re.search(r'<code class="key">([^<]+)</code>', page.text).group(1)
    for wrong in ("000000", ""):
        target = re.search(r'action="(/account/[^"]+/[^"]+)" method="post"><input type="hidden" name="csrf_token"[^>]+><input type="hidden" name="setup" value="auth', page.text)
        fields = {"csrf_token": csrf(page.text), "setup": "authenticator", "code": wrong}
        page = browser.post(target.group(1), data=fields)
        assert page.status_code == 200 and f'<code class="key">{key}</code>' in page.text and 'aria-describedby="code-e"' in page.text
    totp = TOTP(key=key.replace("-", "").replace(" ", ""))
    target = re.search(r'action="(/account/second-factor/[^"]+)"', page.text).group(1)
    right = totp.generate().token
    assert browser.post(target, data={**fields, "code": f"{right[:3]} {right[3:]}"}).status_code == 302
    with people.app.app_context():
        assert accounts.find_user(db.session(), "member@example.org").tf_primary_method == "authenticator"
    anew = post(browser, "/account/tf-setup", setup="authenticator")
    assert key not in anew.text, "another app gets a key of its own"


def password_step(site, role="member"):
    browser = site.browser()
    answer = post(browser, "/account/login", email=f"{role}@example.org", password=PASSWORD)
    assert not signed_in(browser)
    return browser, answer


def test_two_factors(people):
    _, totp = with_second_factor(people)
    browser, answer = password_step(people)
    assert "/account/tf-validate" in answer.location
    assert browser.get("/desk/").status_code == 302, "half signed in is not signed in"
    later = int(time.time()) + 30
    assert post(browser, "/account/tf-validate", code="000000").status_code == 200 and not signed_in(browser)
    right = totp.generate(time=later).token
    assert post(browser, "/account/tf-validate", code=right).status_code == 302 and signed_in(browser)
    other, _ = password_step(people)
    assert post(other, "/account/tf-validate", code=right).status_code == 200 and not signed_in(other), "each code works once"
    by_code = people.browser()
    post(by_code, "/account/code", email="member@example.org")
    answer = post(by_code, "/account/code/enter", code=code_of(people.letters("member@")[-1]))
    assert "/account/tf-validate" in answer.location and not signed_in(by_code), "a code by mail is the first factor only"
    aimed = people.browser()
    post(aimed, "/account/code?next=/en/topics/", email="member@example.org")
    answer = post(aimed, "/account/code/enter?next=/en/topics/", code=code_of(people.letters("member@")[-1]))
    assert post(aimed, answer.location, code=totp.generate(time=later + 30).token).location == "/en/topics/"


def test_recovery_codes_work_once_and_are_not_kept_readable(people):
    browser, _ = with_second_factor(people)
    none = browser.get("/account/mf-recovery-codes").text
    assert "Make codes" in none and "Show the codes I have" not in none, "where there are none"
    page = post(browser, "/account/mf-recovery-codes", generate_new_codes="yes")
    assert "Show the codes I have" in browser.get("/account/mf-recovery-codes").text
    spare = re.findall(r'<code class="key">([^<]+)</code>', page.text)
    assert len(spare) == 8
    with people.app.app_context():
        kept = accounts.find_user(db.session(), "member@example.org").mf_recovery_codes
    assert not any(code in str(kept) for code in spare)
    back, _ = password_step(people)
    way = re.search(r'href="(/account/mf-recovery[^"]*)"', post(back, "/account/tf-validate?next=/en/topics/", code="1").text)[1]
    answer = post(back, re.search(r'action="(/account/mf-recovery[^"]*)"', back.get(way).text)[1], code=spare[0])
    said = back.get("/en/topics/").text
    assert answer.location == "/en/topics/" and signed_in(back)
    assert "You have 7 recovery codes left." in said and 'href="/account/mf-recovery-codes"' in said
    assert "You have 7" not in back.get("/en/topics/").text, "it is said once"
    assert "7 recovery codes left" in back.get("/account/?lang=en", follow_redirects=True).text
    again, _ = password_step(people)
    assert post(again, "/account/mf-recovery", code=spare[0]).status_code == 200 and not signed_in(again)


def test_the_last_recovery_code_leads_to_new_ones(people):
    """Said on the page that one comes to and by mail, in the language of the account."""
    browser, _ = with_second_factor(people)
    post(browser, "/account/", name="Вера", language="ru")
    spare = re.findall(r'<code class="key">([^<]+)</code>', post(browser, "/account/mf-recovery-codes", generate_new_codes="yes").text)
    before = len(people.letters("member@"))
    for left in range(7, -1, -1):
        back, _ = password_step(people)
        assert post(back, "/account/mf-recovery", code=spare[left]).status_code == 302
        said = back.get("/en/topics/").text
        assert ("That was your last recovery code." in said) == (left == 0), left
    assert 'class="note warn gap-s"' in said and 'href="/account/mf-recovery-codes"' in said
    letters = people.letters("member@")[before:]
    assert len(letters) == 8 and "Здравствуйте, Вера." in letters[0].text and "осталось 7 запасных кодов" in letters[0].text
    for part in (letters[-1].text, letters[-1].html):
        assert "последний" in part and "/account/mf-recovery-codes" in part and "/account/reset" in part


def test_the_second_factor_can_be_switched_off_by_its_owner(people):
    browser, _ = with_second_factor(people)
    assert post(browser, "/account/tf-setup", setup="disable").status_code == 302
    again = people.browser()
    post(again, "/account/login", email="member@example.org", password=PASSWORD)
    assert signed_in(again)


# --- sessions


def rows(site):
    with site.app.app_context():
        return db.session().scalars(sa.select(sessions.SignedIn)).all()


def test_one_browser_is_signed_out_from_another(member):
    here, there = sign_in(member.app, "member"), sign_in(member.app, "member")
    assert len(rows(member)) == 3, "the fixture's browser and these"
    for browser in (here, there):
        assert '<b class="st ok">' in browser.get("/account/").text.partition('<li class="stop">')[2].partition("</li>")[0], "this one first"
    with there.session_transaction() as kept:
        number = sessions._hash(kept[sessions.KEY])
    assert post(here, "/account/sessions", "/account/", id=number).status_code == 302
    assert not signed_in(there) and signed_in(here)
    stranger = sign_in(member.app, "editor")
    with here.session_transaction() as kept:
        number = sessions._hash(kept[sessions.KEY])
    post(stranger, "/account/sessions", "/account/", id=number)
    assert signed_in(here), "nobody signs others out"


def test_signed_out_everywhere_and_a_stolen_cookie_is_worth_nothing(member):
    here, there = sign_in(member.app, "member"), sign_in(member.app, "member")
    stolen = here.get_cookie("hub").value
    post(here, "/account/sessions", "/account/")
    assert not signed_in(here) and not signed_in(there) and not rows(member)
    third = sign_in(member.app, "member")
    stolen_again = third.get_cookie("hub").value
    post(third, "/account/logout", "/account/")
    thief = member.app.test_client()
    for value in (stolen, stolen_again):
        thief.set_cookie("hub", value)
        assert not signed_in(thief)


def test_stay_signed_in_is_a_longer_session_and_no_second_cookie(member):
    browser = member.browser()
    answer = post(browser, "/account/login", email="member@example.org", password=PASSWORD, remember="y")
    cookies = answer.headers.getlist("Set-Cookie")
    assert not any("remember" in cookie for cookie in cookies) and any("Expires" in cookie for cookie in cookies)
    with time_machine.travel(time.time() + 20 * 86_400):
        assert signed_in(browser)
    with time_machine.travel(time.time() + 60 * 86_400):
        assert not signed_in(browser)


def test_what_is_kept_of_a_visit_is_coarse(member):
    browser = member.app.test_client()
    agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"
    browser.environ_base["HTTP_USER_AGENT"] = agent
    post(browser, "/account/login", email="member@example.org", password=PASSWORD)
    (row,) = [row for row in rows(member) if row.device]
    assert row.device == "Chrome, Linux" and row.seen == today()
    assert not {c.name for c in sessions.SignedIn.__table__.columns} & {"ip", "address", "agent"}


def test_a_disabled_account_is_out_at_once(member):
    browser = sign_in(member.app, "member")
    member.do(lambda s: accounts.set_active(accounts.find_user(s, "member@example.org"), False))
    assert not signed_in(browser)
    again = member.browser()
    post(again, "/account/login", email="member@example.org", password=PASSWORD)
    assert not signed_in(again)
    before = len(member.letters("member@"))
    post(again, "/account/code", email="member@example.org")
    assert len(member.letters("member@")) == before


# --- passkeys (made by hand here: tests/browser/test_account.py drives a virtual one)


def with_passkey(site, name, role="member"):
    """Somebody signed in whose account has a passkey of this name; answers the browser."""
    browser = sign_in(site.app, role)

    def add(db):
        store = site.app.extensions["security"].datastore
        user = accounts.find_user(db, f"{role}@example.org")
        store.set_webauthn_user_handle(user)
        store.create_webauthn(user, name=name, credential_id=name.encode(), public_key=b"1", sign_count=0, transports=[],
                              backup_state=False, device_type="single_device", extensions="", usage="first")  # fmt: skip

    site.do(add)
    return browser


@pytest.mark.parametrize("name", ["мой телефон", unicodedata.normalize("NFKD", "мой телефон"), "Zoë's “phone”"])
def test_a_passkey_of_any_name_can_be_taken_away_again(people, name):
    browser = with_passkey(people, name)
    page = browser.get("/account/").text
    answer = post(browser, "/account/wan-delete", "/account/", name=html.unescape(re.search(r'name="name" value="([^"]*)"><span>', page).group(1)))
    assert answer.location == "/account/", "where one came from"
    page = browser.get("/account/").text
    assert "wan-delete" not in page and ("удал" in page or "emoved" in page or "eleted" in page)
    asked = post(browser, "/account/wan-register", name=name, usage="first")
    assert "data-options" in asked.text, "any name will do"


def test_a_stranger_at_the_address_where_passkeys_are_taken_away_is_asked_to_sign_in(people):
    assert "/account/login?next" in people.browser().get("/account/wan-delete").location


def test_an_administrator_takes_factors_and_passkeys_away(people):
    with_second_factor(people)
    owner = with_passkey(people, "phone", "editor")
    with_passkey(people, "key", "member")
    admin = sign_in(people.app, "admin")
    for name in ("Member", "Editor"):
        person = re.search(rf'href="(/desk/people/\d+)">[^<]*{name}', admin.get("/desk/people/").text, re.I).group(1)
        assert post(admin, person, do="reset").status_code == 302
        assert "passkey" not in re.search(r"<dl.*?</dl>", admin.get(person).text, re.S).group()
    assert not signed_in(owner)
    assert "has taken away the second factor" in people.letters("member@example.org")[-1].text, "its owner may not be who asked for it"
    browser = people.browser()
    post(browser, "/account/login", email="member@example.org", password=PASSWORD)
    assert signed_in(browser), "the password is enough now"


def test_pages_of_signing_in_lead_on(people):
    with_second_factor(people)
    browser, _ = password_step(people)
    spare = browser.get("/account/mf-recovery").text
    assert '<a href="/account/tf-validate">' in spare and browser.get("/account/tf-validate").status_code == 200
    assert '<a href="/account/login">' in people.browser().get("/account/confirm").text
    refused = post(people.browser(), "/account/login", email="", password="").text
    assert refused.count("does not fit") == 1, "said once, whatever is wrong"
    assert re.search(r'administrators\. <a href="/en/pages/contact/">', refused), "a way to ask for an account"
