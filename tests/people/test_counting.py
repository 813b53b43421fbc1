"""How often one may try: by account, however it is spelt and whatever the form adds; by address, not by the whole site."""

import datetime as dt
import re

from humans import PASSWORD, post, signed_in
from test_signing_in import password_step, with_second_factor

from hub.people import accounts
from hub.testing.fixtures import csrf, sign_in
from hub.work import limits


def tried(browser, path, times, **typed):
    """The statuses of so many tries, each from another address, so that only the account counts."""
    token = csrf(browser.get(path).text)
    data = [{"csrf_token": token, **{name: say(n) if callable(say) else say for name, say in typed.items()}} for n in range(times)]
    return [browser.post(path, data=one, environ_base={"REMOTE_ADDR": f"10.0.0.{n}"}).status_code for n, one in enumerate(data)]


def test_no_further_field_of_the_form_gives_more_tries_at_the_second_factor(people):
    with_second_factor(people)
    browser, answer = password_step(people)
    assert "/account/tf-validate" in answer.location
    statuses = tried(browser, "/account/tf-validate", accounts.PER_ACCOUNT + 2, code="000000", email=lambda n: f"x{n}@example.org")
    assert statuses[-1] == 429 and set(statuses[:-2]) == {200}


def test_who_has_time_without_end_guesses_a_hundred_codes_a_day(people, monkeypatch):
    with_second_factor(people)
    browser, _ = password_step(people)
    moment = limits.now()
    statuses = []
    for window in range(accounts.PER_DAY // 5 + 1):  # never too often in ten minutes
        monkeypatch.setattr(limits, "now", lambda at=moment.replace(hour=0) + dt.timedelta(seconds=window * accounts.WINDOW): at)
        statuses += tried(browser, "/account/tf-validate", 5, code="000000")
    assert set(statuses[: accounts.PER_DAY]) == {200} and set(statuses[accounts.PER_DAY :]) == {429}
    monkeypatch.setattr(limits, "now", lambda: moment + dt.timedelta(days=1))
    assert set(tried(browser, "/account/tf-validate", 5, code="000000")) == {200}, "the next day is a new one"


def test_an_account_is_one_account_however_its_address_is_spelt(people):
    sign_in(people.app, "member")
    wide = "ｅｘａｍｐｌｅ．ｏｒｇ"
    spelt = lambda n: f"Member@{wide[:n]}{'example.org'[n:]}"  # noqa: E731
    statuses = tried(people.browser(), "/account/login", len(wide), email=spelt, password="not the right one")
    assert statuses[-1] == 429
    browser = people.browser()
    post(browser, "/account/logout", "/account/login")
    answer = browser.post("/account/login", data={"csrf_token": csrf(browser.get("/account/login").text), "email": spelt(0),
                                                  "password": PASSWORD})  # fmt: skip
    assert answer.status_code == 429 and not signed_in(browser)


def test_signing_out_is_not_counted_by_the_site_and_a_school_signs_in_from_one_address(people):
    browser = people.browser()
    assert 429 not in tried(browser, "/account/login", 2 * accounts.PER_ADDRESS, email=lambda n: f"p{n}@example.org", password="wrong")
    token = csrf(browser.get("/account/login").text)
    for n in range(accounts.PER_ADDRESS + 5):  # as many people, who name no account
        answer = browser.post("/account/logout", data={"csrf_token": token}, environ_base={"REMOTE_ADDR": f"10.0.1.{n}"})
        assert answer.status_code == 302
    statuses = [browser.post("/account/login", data={"csrf_token": token, "email": f"q{n}@example.org", "password": "wrong"}).status_code
                for n in range(3 * accounts.PER_ADDRESS + 1)]  # fmt: skip
    assert set(statuses[:-1]) == {200} and statuses[-1] == 429


def test_letters_about_names_in_entries_are_counted_too(people):
    from hub_privacy import named

    from hub.work.jobs import run_due

    run_due(people.app)  # the texts of consents
    member = sign_in(people.app, "member")
    page = member.post("/desk/cases/new", data={
        "csrf_token": csrf(member.get("/desk/cases/new").text), "language": "en", "title.en": "Mine", "do": "save"}).location  # fmt: skip
    uid = re.search(r"[\w-]{36}", page)[0]
    path, statuses = f"/desk/privacy/named/case/{uid}/", []
    token = csrf(member.get(path).text)
    for _ in range(named.PER_ADDRESS + 1):
        statuses.append(member.post(path, data={"csrf_token": token, "words": "Buy my pills", "email": "victim@elsewhere.example"}))
    assert [answer.status_code for answer in statuses] == [302] * named.PER_ADDRESS + [422]
    assert "Too many letters" in statuses[-1].text and "Buy my pills" in statuses[-1].text
    assert len(people.letters("victim@")) == named.PER_ADDRESS
    many = [member.post(path, data={"csrf_token": token, "words": "Somebody", "email": f"v{n}@elsewhere.example"}).status_code
            for n in range(named.PER_HOUR + 1)]  # fmt: skip
    assert many[-1] == 422 and set(many[: named.PER_HOUR - named.PER_ADDRESS - 1]) == {302}
    assert member.post(path, data={"csrf_token": token, "words": "On paper", "paper": "signed in May"}).status_code == 302


def test_the_link_of_somebody_named_opens_nobody_named_later(people):
    from hub_privacy.models import Named

    from hub.content.model import Content

    def entry(session):
        from hub.api import items

        content = items.create("case", {"texts": {"en": {"title": "Lamps"}}}, status="published")
        session.flush()
        return content.id

    number = people.do(entry)

    def name(session, word):
        row = Named(content_id=session.get(Content, number).id, words=[word], digests=[], email="", language="en")
        session.add(row)
        session.flush()
        return row.id

    first = people.do(lambda session: name(session, "Vera"))
    people.do(lambda session: session.delete(session.get(Named, first)))
    assert people.do(lambda session: name(session, "Boris")) > first
