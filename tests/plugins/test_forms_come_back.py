"""Forms of the desk that come back, for whatever reason, hold what was typed: no script is needed for that."""

import io
import re

import pytest
from making import make
from PIL import Image

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


PICTURE = {"picture_alt": "Beds in May", "picture_credit": "Ann"}


@pytest.mark.parametrize(("wrong", "code"), [({"f.start": "32.13.2020"}, 422), ({"do": "look 0"}, 200)])
def test_a_form_that_lost_its_picture_says_so(editor, wrong, code):
    typed = {**PICTURE, "title.en": "Beds", "publish_at": "2031-05-04T10:30", "do": "save", **wrong}
    Image.new("RGB", (60, 40)).save(picture := io.BytesIO(), "PNG")
    picture.seek(0)
    answer = send(editor, NEW, picture=(picture, "beds.png"), **typed)
    assert answer.status_code == code
    assert 'href="#picture">Choose the picture once more' in answer.text
    for value in (*PICTURE.values(), "2031-05-04T10:30"):
        assert f'value="{value}"' in answer.text
    assert "once more" not in send(editor, NEW, **{"title.en": "", "picture_alt": "Beds"}).text, "none was chosen"


def test_every_fault_stands_in_the_summary(editor):
    answer = send(editor, NEW, do="publish", finishing="1", unfinished="on", **{"title.en": "Beds"})
    assert answer.status_code == 422
    summary = re.search(r'role="alert".*?</div>', answer.text, re.S).group(0)
    assert "One field needs a look" in summary and 'href="#unfinished"' in summary


def test_an_editor_is_not_told_that_an_editor_will_read_it(hub_app, editor):
    uid = make(hub_app, "case", "Beds by the clinic", status="review")
    answer = send(editor, f"/desk/cases/{uid}/?language=en&form=full", do="save", **{"title.en": "Beds at the clinic"})
    page = editor.get(answer.location).text
    assert "Saved at" in page and "usually within two days" not in page


def test_two_organisations_of_one_name_can_be_told_apart(hub_app, editor):
    first, second = (make(hub_app, "partner", "Central Library") for _ in range(2))
    uid = make(hub_app, "case", "Beds by the clinic", links={"holder": [second]})
    form, typed = f"/desk/cases/{uid}/?language=en&form=full", {"do": "publish", "title.en": "Beds by the clinic"}
    holder = lambda: hub_app.test_client().get("/en/cases/beds-by-the-clinic.json").json["links"]["holder"]  # noqa: E731
    assert send(editor, form, **typed, **{"r.holder": "Central Library"}).status_code == 302, "it stays what it was"
    assert second in str(holder())
    clash = send(editor, NEW, **typed, **{"r.holder": "Central Library"})
    assert clash.status_code == 422 and "put the address of that page here" in clash.text
    address = f"http://localhost/desk/partners/{first}/?language=en&form=full"
    assert send(editor, form, **typed, **{"r.holder": address}).status_code == 302
    assert first in str(holder())


def test_codes_of_languages_come_back_as_they_were_typed(editor):
    answer = send(editor, NEW, **{"title.en": "", "f.languages": "ru, tt"})
    assert answer.status_code == 422 and 'value="ru, tt"' in answer.text


def test_a_conflict_shows_what_differs_and_nothing_else(hub_app, editor):
    uid = make(
        hub_app, "case", {"en": "Beds by the clinic"}, body={"en": "We dig.\n\nOn Saturdays."}, topics=[],
        places=[{"lat": 55.79, "lon": 49.11, "names": {"en": "Kazan"}, "country": "RU", "address": "Quay 1"}],
        data={"languages": ["ru", "tt"], "figures": [{"unit": "participants", "value": 640, "year": 2022}], "candidacy": "new"},
    )  # fmt: skip
    form = f"/desk/cases/{uid}/?language=en&form=full"
    page = editor.get(form).text
    typed = {
        "csrf_token": csrf(page), "language": "en", "form": "full", "do": "publish", "base": re.search(r'name="base" value="([^"]*)"', page).group(1),
        "title.en": "Beds by the clinic", "body.en": "We dig.\r\n\r\nOn Saturdays.", "f.languages": "ru, tt", "f.candidacy": "new",
        "f.figures.0.unit": "participants", "f.figures.0.value": "640", "f.figures.0.year": "2022",
        "p.0.name": "Kazan", "p.0.country": "RU", "p.0.address": "Quay 1", "p.0.point": "55.79, 49.11",
    }  # fmt: skip
    told = lambda answer: [re.sub(r"<[^>]+>", "", t) for t in re.findall(r'class="note warn other">(.*?)</p>', answer.text)]  # noqa: E731
    theirs = {"summary.en": "Every week.", "p.0.address": "Quay 2", "f.candidacy": "innovation"}
    assert editor.post(form.partition("?")[0], data={**typed, **theirs}).status_code == 302
    clash = editor.post(form.partition("?")[0], data={**typed, "summary.en": "Each week."})
    assert clash.status_code == 409
    assert [line.partition(": ")[2] for line in told(clash)] == [
        "Every week.", "innovation on an existing experience", "Kazan, Quay 2, Russia, 55.79, 49.11",
    ]  # fmt: skip
