"""The practice library in a real browser: a pasted picture, two practices side by side on a phone."""

import base64

from test_accessibility import findings
from test_pictures_and_translations import jpeg

PASTE = """([area, data]) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0)), clipboardData = new DataTransfer();
  clipboardData.items.add(new File([bytes], "image.png", { type: "image/jpeg" }));
  area.focus();
  area.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
}"""


def test_a_picture_pasted_into_a_text_is_sent_and_stands_there(signed_in):
    page = signed_in("editor")
    page.goto("/desk/cases/new?language=en&form=full")
    page.fill("[name='title.en']", "A tram with a picture")
    area = page.locator("[name='body.en']")
    area.fill("Look:")
    page.evaluate(PASTE, [area.element_handle(), base64.b64encode(jpeg()).decode()])
    page.locator("#picture-upload", has_text="square brackets").wait_for()
    page.keyboard.type("Shelves")
    assert "![Shelves](/media/" in area.input_value()


def test_two_practices_side_by_side(visit):
    page = visit(width=360, height=740)
    page.goto("/en/cases/")
    boxes = page.locator("input[name=c]")
    names = [boxes.nth(n).get_attribute("aria-label").removeprefix("Compare: ") for n in (0, 1)]
    boxes.nth(0).check()
    boxes.nth(1).check()
    page.get_by_role("button", name="side by side").click()
    page.wait_for_url("**/tools/compare/**")
    for name in names:
        assert page.locator("main", has_text=name).count() == 1
    assert page.evaluate("document.documentElement.scrollWidth") <= 360 and not findings(page, page.url)
