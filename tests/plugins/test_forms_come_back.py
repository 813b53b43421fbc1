"""Forms of the desk that come back, for whatever reason, hold what was typed: no script is needed for that."""

import re

import pytest

from hub.testing.fixtures import csrf, sign_in

NEW = "/desk/cases/new?language=en&form=full"


@pytest.fixture
def editor(hub_app):
    return sign_in(hub_app, "editor")


def send(browser, path, _page=None, **typed):
    """Post a form of the desk as a browser would: the hidden fields of its page and what was typed."""
    page = browser.get(_page or path).text
    hidden = {name: re.search(rf'name="{name}" value="([^"]*)"', page).group(1) for name in ("base", "language", "form")}
    return browser.post(path.partition("?")[0], data={"csrf_token": csrf(page), **hidden, **typed})


def test_the_other_language_of_a_new_entry_keeps_the_first(editor):
    assert '<button class="tab" form="edit" name="goto" value="ru"' in editor.get(NEW).text
    answer = send(editor, NEW, goto="ru", **{"title.en": "Beds by the clinic", "summary.en": "We dig."})
    assert answer.status_code == 302 and "language=ru" in answer.location
    assert 'value="Beds by the clinic"' in editor.get(answer.location.replace("language=ru", "language=en")).text


def test_the_other_language_of_an_empty_form_asks_for_nothing(editor):
    answer = send(editor, NEW, goto="ru", **{"title.en": " ", "f.start": ""})
    assert answer.status_code == 302 and answer.location.startswith("/desk/cases/new?language=ru")


def test_the_other_language_of_a_form_without_a_title_loses_nothing(editor):
    answer = send(editor, NEW, goto="ru", **{"title.en": "", "f.start": "2019-05"})
    assert answer.status_code == 422 and 'value="2019-05"' in answer.text


def test_the_full_form_has_what_was_typed_into_the_short_one(hub_app):
    member = sign_in(hub_app, "member")
    answer = send(member, "/desk/cases/new?language=en", do="look full", **{"title.en": "Beds by the clinic", "f.start": "2019-05"})
    assert answer.status_code == 200 and 'name="form" value="full"' in answer.text
    assert 'value="Beds by the clinic"' in answer.text and 'value="2019-05"' in answer.text and 'name="t.lessons.en"' in answer.text
    assert "Beds by the clinic" not in member.get("/desk/cases/").text, "nothing was saved"
