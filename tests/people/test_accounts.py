"""Making accounts, changing them, looking after them."""

import datetime as dt
import re
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from humans import post, signed_in

from hub.content.model import Content
from hub.people import accounts, partners
from hub.store import db
from hub.testing.fixtures import csrf, sign_in


def test_registration_open_by_invitation_closed(new_hub):
    from humans import Site

    for mode, status in (("open", 200), ("invitation", 404), ("closed", 404)):
        site = Site(new_hub(["people"], toml=f'[accounts]\nregistration = "{mode}"'))
        assert site.browser().get("/account/register").status_code == status
        assert site.browser().post("/account/register", data={"email": "a@example.org"}).status_code in (400, 404)
        admin = sign_in(site.app, "admin")
        post(admin, "/desk/people/invite", "/desk/people/", email="new@example.org", role="member")
        assert bool(site.letters("new@")) == (mode != "closed")


def test_an_invitation_tells_that_no_accounts_are_made_just_now(people):
    admin = sign_in(people.app, "admin")
    post(admin, "/desk/people/invite", "/desk/people/", email="new@example.org", role="member")
    path = people.link("new@")
    page = admin.get("/desk/settings").text
    for mode, told in (("closed", "Keep the letter"), ("invitation", "Accept the invitation")):
        admin.post("/desk/settings", data={"csrf_token": csrf(page), "hub.registration": mode})
        page = people.browser().get(path)
        assert told in page.text and ("older than 14 days" not in page.text), mode
        page = admin.get("/desk/settings").text


def test_an_administrator_opens_registration_in_the_desk(people):
    admin = sign_in(people.app, "admin")
    assert people.browser().get("/account/register").status_code == 404
    page = admin.get("/desk/settings").text
    admin.post("/desk/settings", data={"csrf_token": csrf(page), "hub.registration": "open"})
    assert people.browser().get("/account/register").status_code == 200


def test_an_address_counts_once_its_owner_pressed_the_button(open_site):
    browser = open_site.browser("ru")
    words = {"email": "anna@example.org", "password": "horse battery correct", "password_confirm": "horse battery correct"}
    post(browser, "/account/register", **words)
    link = open_site.link("anna@")
    post(browser, "/account/login", email="anna@example.org", password=words["password"])
    assert not signed_in(browser), "not confirmed yet"
    refused = post(browser, "/account/login", email="anna@example.org", password=words["password"]).text
    assert 'href="/account/confirm"' in refused and "Письмо не пришло?" in refused, "whoever registered learns what is missing"
    assert "это мой адрес" in browser.get(link).text
    post(browser, "/account/login", email="anna@example.org", password=words["password"])
    assert not signed_in(browser), "opening the link is not pressing the button"
    assert post(browser, link).status_code == 302
    post(browser, "/account/login", email="anna@example.org", password=words["password"])
    assert signed_in(browser)


def test_a_new_address_is_confirmed_there_and_told_to_the_old_one(people):
    browser = sign_in(people.app, "member")
    browser.set_cookie("hub_lang", "en")
    post(browser, "/account/change-email", email="new@example.org")
    link = people.link("new@")
    browser.get(link)
    with people.app.app_context():
        assert accounts.find_user(db.session(), "new@example.org") is None
    post(browser, link)
    with people.app.app_context():
        assert accounts.find_user(db.session(), "new@example.org").confirmed_at
    notice = people.letters("member@")[-1]
    assert notice.subject == "The address of your account was changed" and "new@example.org" in notice.text


def test_what_was_done_is_said_once_and_in_the_persons_language(people):
    browser = sign_in(people.app, "member")
    browser.set_cookie("hub_lang", "ru")
    for email in ("new@example.org", "admin@example.org"):  # whether it is taken is not told
        said = post(browser, "/account/change-email", email=email).text
        assert said.count(f"Если адрес {email} не занят") == 1
    said = browser.post("/account/change-email/worn-out", data={"csrf_token": csrf(said)}, follow_redirects=True).text
    assert re.findall(r'class="note (\w+)[^>]*>Это не подходит', said) == ["bad"]
    assert "Напишите, как назвать ключ" in post(browser, "/account/wan-register", name="", usage="first").text


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])  # in one of them it is never the day of Greenwich
def test_who_signed_in_when_is_told_in_days_of_the_site(new_hub, monkeypatch, zone):
    monkeypatch.setenv("HUB_SITE__TIMEZONE", zone)
    app = new_hub(["people"])
    admin, today = sign_in(app, "admin"), dt.datetime.now(ZoneInfo(zone))
    admin.set_cookie("hub_lang", "en")
    day = f"{today.day} {today:%B %Y}"
    assert f"since {day}, last seen {day}" in admin.get("/account/").text
    assert f">{day}</td>" in admin.get("/desk/people/").text


@pytest.mark.parametrize(("language", "subject"), [("ru", "Новый пароль"), ("en", "A new password")])
def test_letters_speak_the_language_of_who_gets_them(people, language, subject):
    sign_in(people.app, "member")
    people.do(lambda s: setattr(accounts.find_user(s, "member@example.org"), "language", language))
    post(people.browser("en" if language == "ru" else "ru"), "/account/reset", email="member@example.org")
    letter = people.letters("member@")[-1]
    assert letter.subject == subject
    assert bool(re.search("[а-яё]{3}", letter.text)) == bool(re.search("[а-яё]{3}", letter.html)) == (language == "ru")
    assert ("1 день" if language == "ru" else "1 day") in letter.text or ("24" in letter.text)


def test_english_claims_no_letter_that_was_not_sent_and_says_what_to_do(people):
    browser = people.browser("en")
    said = browser.post("/account/reset", data={"csrf_token": csrf(browser.get("/account/reset").text), "email": "nobody@example.org"}, follow_redirects=True).text
    assert "If there is an account with the address nobody@example.org" in said and "have been sent" not in said
    assert "This link for a new password does not work. Ask for a new one." in browser.get("/account/reset/worn-out", follow_redirects=True).text
    assert "Check the keyboard" in post(browser, "/account/login", email="nobody@example.org", password="wrong").text.replace("&#39;", "'")


def test_name_and_language_are_ones_own(people):
    browser = sign_in(people.app, "member")
    post(browser, "/account/", name="Анна\n Гранина", language="ru")
    with people.app.app_context():
        user = accounts.find_user(db.session(), "member@example.org")
        assert (user.name, user.language) == ("Анна Гранина", "ru")
    fresh = people.app.test_client()
    post(fresh, "/account/login", email="member@example.org", password="correct horse battery")
    assert 'lang="ru"' in fresh.get("/account/").text
    post(browser, "/account/", name="x", language="xx", role="admin", active="", email="other@example.org")
    with people.app.app_context():
        user = accounts.find_user(db.session(), "member@example.org")
        assert user.level == 1 and user.active and user.language == ""


# --- invitations


def partner_of(site, title="House by the river"):
    from hub.content import changes, document, workflow
    from hub.hooks.here import hub

    def make(s):
        doc = {**document.empty(), "texts": {"en": {"title": title, "summary": "A house.", "body": "", "fields": {}}}}
        content = workflow.create(s, hub().types.get("partner"), doc, status="published")
        changes.commit(s)
        return content.id, content.uid

    return site.do(make)


def test_an_invitation_makes_an_account_with_role_and_organisation(people):
    number, uid = partner_of(people)
    admin, guest = sign_in(people.app, "admin"), people.browser()
    sent = {"email": "rita@example.org", "role": "editor", "language": "ru", "partner": f"/desk/partners/{uid}/"}
    assert post(admin, "/desk/people/invite", "/desk/people/", **sent).status_code == 302
    letter, link = people.letters("rita@")[-1], people.link("rita@")
    assert letter.subject == "Вас приглашают" and "Admin" in letter.text and "14 дней" in letter.html
    page = guest.get(link)
    assert "House by the river" in page.text and "rita@example.org" in page.text
    assert post(guest, link, name="Рита", password="short").status_code == 422
    assert post(guest, link, name="Рита", password="").status_code == 302 and signed_in(guest)
    with people.app.app_context():
        rita = accounts.find_user(db.session(), "rita@example.org")
        assert (rita.role, rita.name, rita.language, partners.partners_of(rita)) == ("editor", "Рита", "ru", [number])
    assert people.browser().get(link).status_code == 410, "used"


@pytest.mark.parametrize(("toml", "said"), [('[mail]\nurl = "smtp://127.0.0.1:1"', "on its way to rita"), ("", "rita@example.org waits: this hub sends no mail yet")])
def test_an_invitation_says_whether_a_letter_leaves(new_hub, toml, said):
    admin = sign_in(new_hub(["people"], toml=toml), "admin")
    answer = post(admin, "/desk/people/invite", "/desk/people/", email="rita@example.org", role="editor", language="en")
    assert said in admin.get(answer.location).text


def test_a_refused_invitation_keeps_its_role_and_language(people):
    admin = sign_in(people.app, "admin")
    chosen = lambda page: re.findall(r'<option value="(\w+)" selected', page.partition('id="i-partner"')[0])  # noqa: E731
    assert chosen(admin.get("/desk/people/").text) == ["en"], "the letter's language is that of who looks"
    answer = post(admin, "/desk/people/invite", "/desk/people/", email="rita", role="editor", language="ru")
    assert chosen(admin.get(answer.location).text) == ["editor", "ru"]
    admin.get("/desk/?lang=ru")
    assert chosen(admin.get("/desk/people/").text) == ["ru"]


def test_an_invitation_names_its_organisation_by_the_title(people):
    partner_of(people)
    admin, guest = sign_in(people.app, "admin"), people.browser()
    assert '<option value="House by the river">' in admin.get("/desk/people/").text, "offered while somebody types"
    answer = post(admin, "/desk/people/invite", "/desk/people/", email="rita@example.org", role="member", partner="No such house")
    again = admin.get(answer.location).text
    assert "nothing called “No such house”" in again and 'value="No such house"' in again and not people.letters("rita@")
    post(admin, "/desk/people/invite", "/desk/people/", email="rita@example.org", role="member", partner="house by the river")
    assert "House by the river" in guest.get(people.link("rita@")).text


def test_only_an_organisation_can_be_represented(people):
    uid = people.do(lambda s: s.scalar(sa.select(Content.uid).where(Content.kind == "page").limit(1)))
    admin = sign_in(people.app, "admin")
    answer = post(admin, "/desk/people/invite", "/desk/people/", email="rita@example.org", role="member", partner=f"/desk/pages/{uid}/")
    assert uid and "There is nothing called" in admin.get(answer.location).text and not people.letters("rita@")


def test_the_password_page_names_both_passwords_and_leads_back(people):
    page = sign_in(people.app, "member").get("/account/change").text
    assert "Present password" in page and "New password" in page and 'href="/account/"' in page.partition("<main")[2].partition("</main")[0]


def test_an_invitation_can_be_withdrawn_and_runs_out(people):
    import time

    import time_machine

    admin = sign_in(people.app, "admin")
    post(admin, "/desk/people/invite", "/desk/people/", email="a@example.org", role="member")
    post(admin, "/desk/people/invite", "/desk/people/", email="b@example.org", role="member")
    first, second = people.link("a@example"), people.link("b@example")
    number = re.search(r'name="withdraw" value="(\d+)" aria-label="[^"]*a@example', admin.get("/desk/people/").text).group(1)
    post(admin, "/desk/people/invite", "/desk/people/", withdraw=number)
    assert people.browser().get(first).status_code == 410 and people.browser().get(second).status_code == 200
    with time_machine.travel(time.time() + 15 * 86_400):
        assert people.browser().get(second).status_code == 410
    assert people.browser().get(second[:-3] + "abc").status_code == 410, "forged"


def test_an_invitation_gives_nothing_to_who_registered_the_address_without_owning_it(open_site):
    thief, admin = open_site.browser(), sign_in(open_site.app, "admin")
    post(thief, "/account/register", email="rita@example.org", password="a password of a thief", password_confirm="a password of a thief")
    assert open_site.letters("rita@"), "there is an account"
    post(admin, "/desk/people/invite", "/desk/people/", email="rita@example.org", role="editor")
    owner = open_site.browser()
    post(owner, open_site.link("rita@"))
    post(thief, "/account/login", email="rita@example.org", password="a password of a thief")
    assert not signed_in(thief)
    with open_site.app.app_context():
        rita = accounts.find_user(db.session(), "rita@example.org")
        assert rita.role == "editor" and rita.confirmed_at and not rita.password
    assert signed_in(owner), "the link has shown whose address it is"


def test_an_invitation_never_lowers_a_role(people):
    admin = sign_in(people.app, "admin")
    sign_in(people.app, "editor")
    post(admin, "/desk/people/invite", "/desk/people/", email="editor@example.org", role="member")
    post(people.browser(), people.link("editor@"))
    with people.app.app_context():
        assert accounts.find_user(db.session(), "editor@example.org").role == "editor"


# --- the desk


def test_administrators_look_after_accounts(people):
    admin, member = sign_in(people.app, "admin"), sign_in(people.app, "member")
    listed = admin.get("/desk/people/?q=memb").text
    assert "member@example.org" in listed and "admin@example.org" not in re.sub(r"<form.*?</form>", "", listed, flags=re.S)
    address = re.search(r'href="(/desk/people/\d+)"', listed).group(1)
    post(admin, address, do="role", role="editor")
    assert member.get("/desk/topics").status_code == 200
    post(admin, address, do="disable")
    assert not signed_in(member) and "disabled" in admin.get(address + "?lang=en", follow_redirects=True).text
    post(admin, address, do="enable")
    assert signed_in(sign_in(people.app, "member"))
    assert admin.post(address, data={"csrf_token": csrf(admin.get(address).text), "do": "role", "role": "god"}).status_code == 400


def test_nobody_locks_themselves_out(people):
    admin = sign_in(people.app, "admin")
    mine = re.search(r'href="(/desk/people/\d+)"', admin.get("/desk/people/?role=admin").text).group(1)
    for fields in ({"do": "disable"}, {"do": "role", "role": "member"}):
        post(admin, mine, **fields)
    assert admin.get("/desk/people/").status_code == 200


def test_the_command_line_does_the_same(people, run_hub_here):
    sign_in(people.app, "member")
    assert "disabled" in run_hub_here("user", "disable", "member@example.org")
    assert "disabled" in run_hub_here("user", "list")
    assert "may sign in again" in run_hub_here("user", "disable", "member@example.org", "--undo")
    assert "editor" in run_hub_here("user", "role", "member@example.org", "editor")
    assert "without a second factor" in run_hub_here("user", "reset-2fa", "member@example.org")
    assert "has taken away the second factor" in people.letters("member@example.org")[-1].text
    assert "there is no account" in run_hub_here("user", "disable", "nobody@example.org", check=False)


@pytest.fixture
def run_hub_here(people):
    from commands import run_here

    def run(*words, check=True):
        done = run_here(people.app.extensions["hub"].settings.instance, *words, check=check)
        return done.out + done.err

    return run
