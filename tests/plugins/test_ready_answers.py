"""Ready answers of three desks: what is deleted or emptied can be had back at once, and nothing says "saved" that was not."""

import re

import pytest

from hub.testing.fixtures import csrf, sign_in

DESKS = ("suggest", "contact", "feedback")


@pytest.fixture(scope="module")
def editor(hub_instances):
    from hub.app import create_app

    app = create_app(hub_instances.make(DESKS, languages=["en", "ru"]), strict=True)
    app.testing = True
    return sign_in(app, "editor")


def forms(page):
    """[(number, English text)] of the forms, the last is for a new one."""
    found = re.findall(r'name="number" value="(\d*)">.*?<textarea name="text.en"[^>]*>([^<]*)', page, re.S)
    return [(number, text) for number, text in found]


@pytest.mark.parametrize("desk", DESKS)
def test_what_was_deleted_can_be_had_back(editor, desk):
    address = f"/desk/{desk}/answers"

    def send(**data):
        return editor.post(address, data={"csrf_token": csrf(editor.get(address).text), **data}, follow_redirects=True).text

    said = {"text.en": "Too short.", "text.ru": "Слишком коротко."}
    before = len(forms(editor.get(address).text))
    assert "Write the text first" in send(do="save") and len(forms(editor.get(address).text)) == before
    assert "Saved." in send(do="save", **said)
    number, text = forms(editor.get(address).text)[-2]
    assert text == "Too short."
    for asked in ({"do": "remove"}, {"do": "save", "text.en": "", "text.ru": " "}):
        page = send(number=number, **asked)
        assert "Deleted." in page and forms(page)[-1] == ("", "Too short.") and "Слишком коротко." in page
        assert len(forms(page)) == before and forms(editor.get(address).text)[-1] == ("", ""), "it is shown once"
        assert "Saved." in send(do="save", **said)
        number, text = forms(editor.get(address).text)[-2]
    send(number=number, do="remove")
    page = send(number=number, do="save", **said | {"text.en": "Far too short."})
    assert "Somebody deleted it meanwhile" in page and "Saved." not in page and forms(page)[-1] == ("", "Far too short.")
