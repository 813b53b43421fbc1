"""One's own data: consents, the copy, leaving and staying; nothing personal in logs."""

import io
import json
import logging
import re
import time
import zipfile

import pytest
import sqlalchemy as sa
import time_machine
from humans import PASSWORD, Site, post, signed_in
from test_representatives import make_case

from hub.content.model import Content, Revision
from hub.people import accounts
from hub.store import db
from hub.testing.fixtures import sign_in

KEEPER = '''
import os
from hub.api import Plugin, hookimpl

plugin = Plugin(name="keeper", label="Keeper")


@hookimpl
def user_exported(user):
    return {"notes": ["about " + user.email]}


@hookimpl
def user_forgotten(session, user):
    if os.environ.get("KEEPER_FAILS"):
        raise RuntimeError("the shelf is locked")
'''


@pytest.fixture
def own(new_hub, run_jobs):
    """A site with the privacy plugin, its documents, and a member who wrote a case."""
    app = new_hub(["partners", "cases", "people", "privacy", "keeper"], start=True, files={"plugins/keeper.py": KEEPER})
    run_jobs(app)
    site = Site(app)
    site.run = lambda: run_jobs(app)
    site.admin, site.member = sign_in(app, "admin"), sign_in(app, "member")
    site.case = make_case(site, "By a member")
    site.do(lambda s: s.execute(sa.update(Content).where(Content.uid == site.case).values(author_id=site.number(s))))
    site.do(lambda s: s.execute(sa.update(Revision).values(author_id=site.number(s))))
    return site


def number(self, s, email="member@example.org"):
    return accounts.find_user(s, email).id


Site.number = number


def leave(site, **how):
    return post(site.member, "/en/privacy/leave", do="leave", **(how or {"password": PASSWORD}))


def later(site, days=8):
    with time_machine.travel(time.time() + days * 86_400):
        site.run()


def test_documents_are_seeded_for_the_lawyer_in_both_languages(own):
    visitor = own.browser()
    for slug in ("consent-processing", "consent-publication", "consent-mailing"):
        russian, english = visitor.get(f"/ru/pages/{slug}/").text, visitor.get(f"/en/pages/{slug}/").text
        assert "152" in russian and "юрист" in russian.lower()
        assert "GDPR" in english and "lawyer" in english


def consent_rows(site):
    with site.app.app_context():
        return db.session().execute(sa.text("SELECT purpose, version, form, given, withdrawn FROM privacy_consent ORDER BY id")).all()


def test_consents_are_recorded_with_version_time_and_form(own):
    post(own.member, "/en/privacy/consents", "/account/", processing="yes", mailing="yes")
    rows = consent_rows(own)
    assert {row.purpose for row in rows} == {"processing", "mailing"} and all(row.form == "/account/" for row in rows)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d-[0-9a-f]{10}", row.version) and row.given for row in rows)
    post(own.member, "/en/privacy/consents", "/account/", processing="yes")
    assert {row.purpose: bool(row.withdrawn) for row in consent_rows(own)} == {"processing": False, "mailing": True}


def test_a_changed_text_is_a_new_version_and_asks_anew(own):
    post(own.member, "/en/privacy/consents", "/account/", mailing="yes")
    with own.app.app_context():
        uid = db.session().scalar(sa.select(Content.uid).where(Content.external_id == "consent-mailing"))
    form = f"/desk/pages/{uid}/?language=en&form=full"
    base = re.search(r'name="base" value="([^"]*)"', own.admin.get(form).text).group(1)
    words = {"title.en": "Consent to letters", "body.en": "Now weekly.", "do": "publish", "base": base, "language": "en", "form": "full"}
    assert post(own.admin, f"/desk/pages/{uid}/", form, **words).status_code == 302
    page = own.member.get("/account/").text
    assert "has changed since you agreed" in page and not re.search(r'name="mailing"[^>]*checked', page)
    ask = own.app.extensions["hub"].hooks.ask
    with own.app.app_context():
        user = accounts.find_user(db.session(), "member@example.org")
        assert ask("consented", user=user, purpose="mailing") is False
        link = ask("consent_link", user=user, purpose="mailing", language="ru")
    assert own.browser().get(link).status_code == 200 and not consent_rows(own)[0].withdrawn, "a GET shows"
    post(own.browser(), link)
    assert consent_rows(own)[0].withdrawn


def test_no_account_without_consent(new_hub, run_jobs):
    app = new_hub(["people", "privacy"], toml='[accounts]\nregistration = "open"', start=True)
    run_jobs(app)
    site = Site(app)
    words = {"email": "new@example.org", "password": PASSWORD, "password_confirm": PASSWORD}
    again = post(site.browser(), "/account/register", **words)
    assert "Without your consent" in again.text and not site.letters("new@")
    assert 'value="new@example.org"' in again.text and PASSWORD not in again.text, "what was typed stands there again, the password does not"
    post(site.browser(), "/account/register", processing="yes", **words)
    assert site.letters("new@") and consent_rows(site)[0].form == "/account/register"


def test_a_copy_of_everything_and_of_no_secret(own):
    post(own.member, "/en/privacy/consents", "/account/", processing="yes")
    answer = post(own.member, "/en/privacy/copy", "/account/")
    packed = zipfile.ZipFile(io.BytesIO(answer.data))
    found = {name: json.loads(packed.read(name)) for name in packed.namelist()}
    assert set(found) == {"hub.json", "keeper.json", "people.json", "privacy.json"}
    assert found["hub.json"]["account"][0]["email"] == "member@example.org" and found["hub.json"]["session"][0]["began"]
    assert found["hub.json"]["content"][0]["uid"] == own.case and found["hub.json"]["revision"]
    assert found["keeper.json"] == {"notes": ["about member@example.org"]}
    with own.app.app_context():
        user = accounts.find_user(db.session(), "member@example.org")
        for secret in (user.password, user.fs_uniquifier):
            assert secret not in answer.data.decode("latin-1") and not any(secret in json.dumps(part) for part in found.values())
    assert own.browser().post("/en/privacy/copy").status_code in (302, 400)


def test_leaving(own):
    assert leave(own, password="wrong wrong wrong").status_code == 422
    assert leave(own).status_code == 302
    letter = own.letters("member@")[-1]
    assert letter.subject == "Your account will be erased" and letter.html
    later(own, 6)
    assert signed_in(own.member), "seven days have not passed"
    later(own)
    assert not signed_in(own.member)
    with own.app.app_context():
        s = db.session()
        assert accounts.find_user(s, "member@example.org") is None
        for table in db.Base.metadata.sorted_tables:
            for row in s.execute(sa.select(table)).mappings() if sa.inspect(s.connection()).has_table(table.name) else ():
                if "member@example.org" in str(dict(row)):
                    assert table.name == "hub_mail" and "last letter" in row["text"], table.name
        content = s.query(Content).filter_by(uid=own.case).one()
        assert s.get(accounts.User, content.author_id).shown_name == "former member"
    assert accounts.FORMER not in own.admin.get("/desk/people/").text


def test_the_way_back_from_pages_of_an_account(own):
    page = own.member.get("/en/privacy/leave").text.partition('class="crumbs"')[2].partition("</nav>")[0]
    assert '<a href="/account/">My account</a>' in page and "<li>Erase my account</li>" in page
    assert 'class="crumbs"' in own.member.get("/account/change").text
    assert 'class="crumbs"' not in own.browser().get("/account/login").text, "a visitor has none"


def test_leaving_by_a_code(own):
    own.do(lambda s: setattr(accounts.find_user(s, "member@example.org"), "password", None))
    post(own.member, "/en/privacy/leave", do="code")
    assert "on its way to member@example.org" in own.member.get("/en/privacy/leave").text
    code = re.search(r"^(\d{6})$", own.letters("member@")[-1].text, re.M).group(1)
    assert leave(own, code="000000" if code != "000000" else "1").status_code == 422
    assert leave(own, code=code).status_code == 302


def test_taking_it_back_by_the_link(own):
    leave(own)
    link, anybody = own.link("member@"), own.browser()
    assert anybody.get(link).status_code == 200
    later(own, 1)
    post(anybody, link)
    later(own)
    assert signed_in(sign_in(own.app, "member")) and anybody.get(link).status_code == 410


def test_a_plugin_that_fails_stops_it_whole_and_says_so(own, monkeypatch):
    own.app.extensions["hub"].hooks.strict = False
    monkeypatch.setenv("KEEPER_FAILS", "1")
    leave(own)
    later(own)
    with own.app.app_context():
        user = accounts.find_user(db.session(), "member@example.org")
        assert user is not None and user.name == "Member", "nothing of it happened"
    with time_machine.travel(time.time() + 8 * 86_400):
        page = own.admin.get("/desk/privacy/").text
    assert "keeper: RuntimeError: the shelf is locked" in page
    monkeypatch.delenv("KEEPER_FAILS")
    later(own, 9)
    with own.app.app_context():
        assert accounts.find_user(db.session(), "member@example.org") is None


def test_the_only_administrator_stays(own):
    answer = post(own.admin, "/en/privacy/leave", do="leave", password=PASSWORD)
    assert answer.status_code == 422 and "only administrator" in answer.text


def test_the_record_of_processing(own):
    page = own.admin.get("/desk/privacy/").text
    assert "Accounts and signing in" in page and "Contact person" in page
    rows = own.admin.get("/desk/privacy/record.csv").text.splitlines()
    assert len(rows) > 6 and own.member.get("/desk/privacy/").status_code == 403


def test_what_was_kept_long_enough_goes(own):
    own.do(lambda s: accounts.add_user(s, "idle@example.org", None))
    own.do(lambda s: setattr(accounts.find_user(s, "idle@example.org"), "confirmed_at", None))
    later(own, 20)
    with own.app.app_context():
        assert accounts.find_user(db.session(), "idle@example.org") is None
        assert accounts.find_user(db.session(), "member@example.org") is not None


def test_whoever_accepts_an_invitation_agrees_to_the_processing(own):
    post(own.admin, "/desk/people/invite", "/desk/people/", email="guest@example.org", role="member")
    path, browser = own.link("guest@"), own.browser()
    assert 'name="processing"' in browser.get(path).text
    refused = post(browser, path, name="Guest", consent_asked="yes")
    assert "Without your consent" in refused.text and 'value="Guest"' in refused.text and not signed_in(browser)
    refused = post(browser, path, name="Guest", consent_asked="yes", processing="yes", password="short")
    assert re.search(r'name="processing" value="yes" required checked', refused.text), "what was ticked stays so"
    post(browser, path, name="Guest", consent_asked="yes", processing="yes")
    assert re.search(r'name="processing" value="yes" checked', browser.get("/account/").text)
    with own.app.app_context():
        from hub_privacy.models import Consent

        kept = db.session().scalars(sa.select(Consent)).all()
        assert [row.purpose for row in kept] == ["processing"] and path.rpartition("/")[2] not in kept[0].form


def test_nothing_personal_in_the_log(own, caplog):
    """What people usually do, and what goes wrong: the log knows numbers, not addresses, names or codes."""
    caplog.set_level(logging.DEBUG)
    browser = own.browser()
    post(browser, "/account/login", email="member@example.org", password="a wrong password")
    post(browser, "/account/code", email="member@example.org")
    code = re.search(r"^(\d{6})$", own.letters("member@")[-1].text, re.M).group(1)
    post(browser, "/account/code/enter", code=code)
    post(browser, "/account/", name="Zinaida Secretive")
    post(own.admin, "/desk/people/invite", "/desk/people/", email="guest@example.org", role="member")
    with own.app.app_context():
        number = own.number(db.session())
    post(own.admin, f"/desk/people/{number}", do="disable")
    post(own.admin, f"/desk/people/{number}", do="enable")
    post(own.browser(), "/account/reset", email="member@example.org")
    post(sign_in(own.app, "member"), "/en/privacy/copy", "/account/")
    own.run()
    said = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("sqlalchemy"))
    assert "disable" in said, "the log is read at all"
    for word in ("member@example.org", "guest@example.org", "Zinaida", PASSWORD, "a wrong password", code, "127.0.0.1"):
        assert word not in said, word


def test_an_administrator_erases_who_has_asked_for_it(own):
    with own.app.app_context():
        number, me = own.number(db.session()), own.number(db.session(), "admin@example.org")
    path, person = f"/desk/privacy/erase/{number}", f"/desk/people/{number}"
    assert "Erase the account" in own.admin.get(person).text and "Erase the account" not in own.admin.get(f"/desk/people/{me}").text
    assert own.member.post(path, data={"do": "erase"}).status_code in (400, 403)
    post(own.admin, path, person, do="erase", email="someone@example.org")
    assert "nothing was erased" in own.admin.get(person).text
    post(own.admin, f"/desk/privacy/erase/{me}", person, do="erase", email="admin@example.org")
    assert "only administrator" in own.admin.get(person).text
    post(own.admin, path, person, do="erase", email="Member@example.org")
    assert "will be erased on" in own.admin.get(person).text and "/privacy/stay/" in own.letters("member@")[-1].text
    post(own.admin, path, person, do="keep")
    later(own)
    assert own.admin.get(person).status_code == 200
    post(own.admin, path, person, do="erase", email="member@example.org")
    later(own, 20)
    assert own.admin.get(person).status_code == 404 and own.letters("member@")[-1].subject == "Your account is erased"
