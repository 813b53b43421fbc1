"""The plugin through its public door: the shape, the page, the mails."""

from collections.abc import Callable
from typing import Any

import pytest
from hub.api import items, writing
from hub.testing.fixtures import csrf


@pytest.fixture
def news(hub_app: Any) -> None:
    with hub_app.app_context(), writing():
        text = {"title": "Seed library", "summary": "Forty drawers of seeds. " * 5, "body": "", "fields": {}}
        doc = {"topics": [], "places": [], "links": {}, "data": {"kind": "library"}, "texts": {"en": text}}
        items.create("partner", doc, status="published")
        items.commit()


@pytest.mark.usefixtures("news")
def test_any_list_is_a_letter(client: Any) -> None:
    answer = client.get("/en/partners.letter.txt?kind=library")
    assert answer.mimetype == "text/plain" and all(len(line) <= 72 for line in answer.text.splitlines())
    assert (
        "* Seed library (Partner)" in answer.text and "http://localhost:8000/en/partners/seed-library/" in answer.text
    )
    assert "Seed library" not in client.get("/en/partners.letter.txt?kind=museum").text
    assert "/en/partners.letter.txt" in client.get("/en/partners/").text, "the list does not offer it"


@pytest.mark.usefixtures("news")
def test_the_page_tells_what_is_new(client: Any) -> None:
    page = client.get("/en/digest/").text
    assert "Seed library" in page and "New since" in page and 'href="/en/digest/"' in client.get("/en/").text
    assert "Новое с " in client.get("/ru/digest/").text.replace("\xa0", " ")


def test_a_quiet_week(client: Any) -> None:
    assert "Nothing was published during 7 days." in client.get("/en/digest/").text


def choose(admin: Any, addresses: str) -> Any:
    form = admin.get("/desk/settings").text
    return admin.post("/desk/settings", data={"csrf_token": csrf(form), "digest.to": addresses, "digest.days": "7"})


@pytest.mark.usefixtures("news")
def test_once_a_week_it_goes_out_by_mail(
    as_user: Any, run_jobs: Callable[..., int], mailbox: Callable[[], list[Any]], hub_app: Any
) -> None:
    assert choose(as_user("admin"), "anna@example.org\nnobody\nboris@example.org").status_code == 302
    run_jobs()
    sent = [mail for mail in mailbox() if "New in" in mail.subject]
    assert {mail.to for mail in sent} == {"anna@example.org", "boris@example.org"} and "* Seed library" in sent[0].text
    with hub_app.app_context():
        hub_app.extensions["hub"].jobs["digest.weekly"].run()
    assert len([mail for mail in mailbox() if "New in" in mail.subject]) == 2, "the same week was sent twice"
