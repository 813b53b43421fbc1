"""Letters that did not arrive: administrators see which and why and send them again, their receivers hear of it."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa
from humans import post

from hub.store import db
from hub.testing.fixtures import sign_in
from hub.work import mail
from hub.work.mail import Mail

LETTERS, PEOPLE = "/desk/people/letters/", "/desk/people/"
FOR_GOOD = "550 5.1.1 <member@example.org>: no such user"


@pytest.fixture
def site(new_hub):
    return new_hub([])


def write(site, to, error="", *, given_up=True, subject="A letter"):
    with site.app_context(), db.writing():
        mail.send(db.session(), to, subject, "Text.")
        db.session().flush()
        number = db.session().scalar(sa.select(sa.func.max(Mail.id)))
        values = {"error": error, "attempts": mail.MAX_ATTEMPTS if given_up else 1}
        db.session().execute(sa.update(Mail).where(Mail.id == number).values(**values))
        db.session().commit()
    return number


def letter(site, number):
    with site.app_context():
        return db.session().get(Mail, number)


def words(page):
    return " ".join(re.sub(r"<[^>]+>", " ", page.text.partition("<main")[2]).split())


def checks(site):
    return {check["name"]: check for check in site.test_client().get("/-/health").json["checks"]}


@pytest.mark.parametrize(("said", "why"), [
    (FOR_GOOD, "There is no such mailbox"), ("550 User unknown", "There is no such mailbox"), ("452 4.2.2 Mailbox full", "is full"),
    ("554 5.2.2 quota exceeded", "is full"), ("554 5.7.1 relay access denied", "forwards nothing for this hub"),
    ("535 5.7.8 authentication failed", "name or password"), ("451 4.7.1 Greylisted", "asks to wait"), ("451 try later", "asks to wait"),
    ("553 no", "for good"), ("[Errno 111] Connection refused", "does not answer"), ("timed out", "does not answer"),
])  # fmt: skip
def test_why_in_plain_words_with_the_servers_own_behind(site, said, why):
    admin = sign_in(site, "admin")
    write(site, "a@example.org", said)
    page = words(admin.get("/desk/people/letters/"))
    assert why in page and said.replace("<", "&lt;").replace(">", "&gt;") in page, page


def test_which_letters_and_what_now(site):
    admin, member = sign_in(site, "admin"), sign_in(site, "member")
    assert "All letters have gone out" in words(admin.get("/desk/people/letters/")) and checks(site)["people.outbox"]["state"] == "ok"
    write(site, "waits@example.org")
    lost = write(site, "member@example.org", FOR_GOOD, subject="Lost <b>")
    late = write(site, "later@example.org", "451 try later", given_up=False, subject="Late")
    assert checks(site)["people.outbox"]["state"] == "warning" and "1" in checks(site)["people.outbox"]["message"]
    page = words(admin.get("/desk/people/letters/"))
    assert "Lost &lt;b&gt;" in page and "not tried any more" in page and "Late" in page and "next try" in page and "waits@" not in page
    assert "later@" not in words(admin.get("/desk/people/letters/?to=MEMBER@example.org"))
    assert 'href="/desk/people/letters/"' in admin.get("/desk/people/").text
    told = member.get("/account/")
    assert "Letters to your address do not arrive. There is no such mailbox" in words(told) and "/account/change-email" in told.text
    number = re.search(r'href="/desk/people/(\d+)">member@', admin.get("/desk/people/letters/").text)[1]
    assert "1 letter to this address did not arrive" in words(admin.get(f"/desk/people/{number}"))
    write(site, "editor@example.org", "550 5.7.1 relaying denied")
    assert "Letters to your address" not in words(sign_in(site, "editor").get("/account/")) and letter(site, late).attempts == 1
    assert post(admin, LETTERS, PEOPLE, again=str(lost)).status_code == 302
    assert (letter(site, lost).attempts, letter(site, late).attempts) == (0, 1)
    assert "Letters to your address" not in words(member.get("/account/"))


def test_all_again_and_one_away(site):
    admin = sign_in(site, "admin")
    numbers = [write(site, f"{n}@example.org", FOR_GOOD) for n in range(3)]
    post(admin, LETTERS, PEOPLE, drop=str(numbers[0]))
    assert letter(site, numbers[0]) is None
    post(admin, LETTERS, PEOPLE, again="all")
    assert [letter(site, n).attempts for n in numbers[1:]] == [0, 0]
    with site.app_context(), db.writing():
        db.session().execute(sa.update(Mail).values(sent=db.now()))
        db.session().commit()
    post(admin, LETTERS, PEOPLE, drop=str(numbers[1]))
    assert letter(site, numbers[1]) is not None, "what has gone out is not on the page"
    for odd in ("x", "-1", "9" * 30, ""):
        assert post(admin, LETTERS, PEOPLE, again=odd).status_code in (302, 404)
