"""The picture library and the translation desk in a real browser: with a mouse, without scripts, and looked at by axe."""

import base64
import io

from PIL import Image
from pressing import press
from test_accessibility import findings

DROP = """([area, data]) => {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0)), transfer = new DataTransfer();
  transfer.items.add(new File([bytes], "beds.jpg", { type: "image/jpeg" }));
  area.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


def jpeg():
    file = io.BytesIO()
    Image.new("RGB", (900, 600), (90, 140, 60)).save(file, "JPEG")
    return file.getvalue()


def test_a_picture_dropped_into_a_text_is_sent_and_described_there(signed_in):
    page = signed_in("editor")
    page.goto("/desk/cases/new?language=en&form=full")
    page.fill("[name='title.en']", "A yard with a picture")
    area = page.locator("[name='body.en']")
    area.fill("Look at this.")
    assert page.get_by_role("toolbar").first.get_by_role("button", name="Picture").count() == 1
    page.evaluate(DROP, [area.element_handle(), base64.b64encode(jpeg()).decode()])
    page.locator("#picture-upload", has_text="square brackets").wait_for()
    page.keyboard.type("Beds in June")  # the cursor waits where the description goes
    assert "![Beds in June](/media/" in area.input_value() and area.input_value().startswith("Look at this.\n\n![")
    page.click(".bar button[value=publish]")
    page.wait_for_selector(".note.ok")
    page.goto("/desk/pictures/")
    assert page.locator(".pics a", has_text="A yard with a picture").count() == 1
    press(page.locator(".pics a").first)
    page.locator("[name=focus]").nth(4).focus()
    page.keyboard.press("ArrowLeft")
    assert page.locator("[name=focus]").nth(3).is_checked(), "by keyboard, too"
    found = [*findings(page, page.url), *findings(page, "/desk/pictures/"), *findings(page, "/desk/pictures/?tab=removed")]
    assert not found


def test_a_translation_side_by_side_on_a_phone_without_scripts(signed_in):
    page = signed_in("editor", width=360, height=740, scripts=False)
    page.goto("/desk/drafts/?into=en&state=missing")
    press(page.locator("table a", has_text="Подоконник"))
    address = page.url
    assert page.locator("[name='x.title.0']").is_visible()
    page.fill("[name='x.title.0']", "The Windowsill, a newspaper")
    press(page, ".bar button[value=publish]")
    assert "Tick this" in page.locator("[role=alert]").inner_text()
    assert page.input_value("[name='x.title.0']") == "The Windowsill, a newspaper", "nothing typed is lost"
    page.check("#finished")
    press(page, ".bar button[value=publish]")
    page.wait_for_selector(".note.ok")
    page.goto("/en/partners/the-windowsill-a-newspaper/")
    assert page.locator("h1").inner_text().startswith("The Windowsill")
    other = signed_in("editor")
    assert not [*findings(other, address), *findings(other, "/desk/drafts/?into=en&state=missing")]
