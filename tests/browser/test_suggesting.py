"""A suggestion's whole way in a real browser, on a phone and without scripts."""

import pytest
from pressing import press


def title_of(server, language):
    """An address of a published partner in that language, and its uid."""
    import json
    import urllib.request

    found = json.load(urllib.request.urlopen(f"{server.url}/{language}/partners.json?limit=100"))
    return next(item for item in found["items"] if "Old Sawmill" in item["title"] or "лесопил" in item["title"].lower())


@pytest.mark.parametrize(("language", "site_word", "said"), [
    ("en", "Something wrong or missing?", ("taken over", "left as it was")),
    ("ru", "Что-то неверно или не хватает?", ("принято", "оставлено как было")),
])  # fmt: skip
def test_a_visitor_on_a_phone_corrects_and_an_editor_takes_two_of_three(
    site, visit, signed_in, language, site_word, said
):
    item = title_of(site, language)
    phone = visit(width=360, height=740, scripts=False)
    phone.goto(item["url"])
    press(phone, f"text={site_word}")
    for name, value in ((f"summary.{language}", f"New words, {language}."), ("f.phone", {"en": "+7 900 000-00-01", "ru": "+7 900 000-00-02"}[language]),
        ("f.website", f"https://{language}.example.org")):  # fmt: skip
        box = phone.locator("details", has=phone.locator(f"[name='{name}']"))
        box.locator("summary").click()
        phone.fill(f"[name='{name}']", value)
    phone.wait_for_timeout(4200)  # people are not faster
    phone.click("form.edit button.btn:not(.alt)")
    phone.wait_for_url("**/suggest/status/**")
    link = phone.locator("a.suggest-link").get_attribute("href")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360

    editor = signed_in("editor", width=360, height=740, scripts=False)
    editor.goto("/desk/suggest/")
    press(editor.locator("td a", has_text=item["title"]).last)
    assert editor.evaluate("document.documentElement.scrollWidth") <= 360
    assert editor.locator("ins").count() >= 2
    editor.uncheck("input[name=take][value='f.website']")
    editor.fill("#reason", "The website is not yours.")
    press(editor, "button[value=some]")

    reader = visit()
    reader.goto(item["url"])
    text = reader.locator("main").inner_text()
    assert f"New words, {language}." in text.replace("\xa0", " ") and f"{language}.example.org" not in text
    later = visit(width=360, height=740, scripts=False)
    later.goto(link)
    assert "/s/" not in later.url
    state = later.locator("table").inner_text()
    assert state.count(said[0]) == 2 and state.count(said[1]) == 1
    assert "The website is not yours." in later.locator("main").inner_text()


def test_a_new_entry_is_one_screen_of_a_phone(visit):
    phone = visit(width=360, height=740, scripts=False)
    for language in ("en", "ru"):
        for path in ("partners", "cases"):
            phone.goto(f"/{language}/suggest/new/{path}/")
            first, last = phone.locator("h1").bounding_box(), phone.locator("form.edit button.btn:not(.alt)").bounding_box()
            assert last["y"] + last["height"] - first["y"] <= 740, (language, path)
            assert phone.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_new_entry_by_keyboard_with_one_alike(visit, signed_in):
    phone = visit(width=360, height=740, scripts=False)
    phone.goto("/en/suggest/new/partners/")
    phone.focus("[name='title.en']")
    phone.keyboard.type("Lower Quay Libary")
    phone.wait_for_timeout(4200)
    phone.keyboard.press("Enter")
    near = phone.locator("[role=alert]")
    assert "Lower Quay Library" in near.inner_text()
    phone.click("form.edit button.btn:not(.alt)")
    phone.wait_for_url("**/suggest/status/**")
    editor = signed_in("editor")
    editor.goto("/desk/suggest/")
    assert editor.locator("td a", has_text="Lower Quay Libary").count() == 1


def test_a_visitors_new_entry_becomes_public(visit, signed_in):
    phone = visit(width=360, height=740, scripts=False)
    phone.goto("/en/suggest/new/partners/")
    phone.fill("[name='title.en']", "Bakery of the neighbours")
    phone.wait_for_timeout(4200)
    phone.click("form.edit button.btn:not(.alt)")
    phone.wait_for_url("**/suggest/status/**")
    link = phone.locator("a.suggest-link").get_attribute("href")
    reader = visit()
    assert reader.goto("/en/partners/bakery-of-the-neighbours/").status == 404, "nobody has looked at it yet"
    editor = signed_in("editor", width=360, height=740, scripts=False)
    editor.goto("/desk/suggest/")
    press(editor.locator("td a", has_text="Bakery of the neighbours").last)
    press(editor.locator("form.edit button[value=all]"))
    reader.goto("/en/partners/bakery-of-the-neighbours/")
    assert reader.locator("h1").inner_text() == "Bakery of the neighbours"
    phone.goto(link)
    assert phone.locator("main a", has_text="Bakery of the neighbours").count() or "bakery-of-the-neighbours" in phone.content()
