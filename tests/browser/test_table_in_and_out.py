"""Import at the desk, in a real browser: a table in, a look at it, undo; without scripts and on a phone."""

from __future__ import annotations

import re
from pathlib import Path

from pressing import press

TABLE = "Название;Город;Сайт;Почта;№\nДом у реки;Пермь;river.example.org;a@example.org;1\nБитая;Томск;;no-at-sign;2\n"


def uploaded(page, tmp_path, name):
    path = tmp_path / name
    path.write_text(TABLE, encoding="windows-1251")
    page.goto("/desk/")
    page.click("a[href='/desk/transfer/']")
    page.set_input_files("#file", str(path))
    page.select_option("#kind", "partner")
    press(page, "form[action$=upload] button")
    assert page.locator("h1").inner_text() == name


def test_a_table_in_and_out_again_on_a_phone_without_scripts(signed_in, visit, tmp_path):
    page = signed_in("editor", width=360, height=740, scripts=False)
    uploaded(page, tmp_path, "phone.csv")
    assert page.get_by_label("Название", exact=False).first.input_value() == "title.ru"
    assert page.get_by_label("Почта", exact=False).first.input_value() == "email"
    assert "windows-1251" in page.locator("main").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    preview = page.locator("#preview")
    assert "Дом у реки" in preview.inner_text() and "no-at-sign" in preview.inner_text()
    page.locator(".bar button[value=run]").click()
    page.wait_for_selector("a[href$='report.csv']", timeout=30_000)  # the page renews itself
    with page.expect_download() as download:
        page.click("a[href$='report.csv']")
    assert len(Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()) == 3
    reader = visit()
    reader.goto("/ru/partners/dom-u-reki/")
    assert reader.locator("h1").inner_text().split() == ["Дом", "у", "реки"]
    page.click("text=Undo this import")
    page.wait_for_selector("text=1 entry removed", timeout=30_000)
    assert reader.goto("/ru/partners/dom-u-reki/").status == 410


def test_columns_are_changed_by_keyboard_and_a_workbook_goes_out(signed_in, tmp_path):
    page = signed_in("editor")
    uploaded(page, tmp_path, "desk.csv")
    page.locator("#c3").focus()
    page.keyboard.press("Home")  # the first choice: not used
    page.get_by_role("button", name="Look again").press("Enter")
    page.wait_for_selector("#preview .note.ok")
    assert page.locator("#c3").input_value() == ""
    press(page, "text=Delete the file")
    page.wait_for_selector(".note.ok")
    page.select_option("#x-kind", "partner")
    page.select_option("#format", "xlsx")
    page.click("form[action$=export] button")
    with page.expect_download(timeout=30_000) as download:
        page.click("a[href$='/file']", timeout=30_000)
    assert re.fullmatch(r"partners\.xlsx", download.value.suggested_filename)
