"""The case lab's story with the demo: Moscow hours seen from London, groups with places, answers from phones, results, a case."""

import json
import sqlite3
import urllib.request

from pressing import press


def the_lab(site, language="en"):
    found = json.load(urllib.request.urlopen(f"{site.url}/{language}/labs.json?limit=100"))["items"]
    return {item["uid"]: item for item in found}


def test_two_days_in_moscow_time_seen_from_london(site, visit):
    lab = next(item for item in the_lab(site).values() if "Green transformations" in item["title"])
    reader = visit(width=360, timezone_id="Europe/London", locale="en-GB")
    reader.goto(lab["url"])
    assert "12:00" in reader.locator("main").inner_text() and "time of Moscow" in reader.locator("main").inner_text()
    assert reader.evaluate("document.documentElement.scrollWidth") <= 360
    press(reader, "text=The event: days, calendar, recording")
    reader.locator("text=/your time: 19 February 2021 at 0?9:00/").wait_for()
    press(reader.locator("main a", has_text="Results").last)
    assert "examples" in reader.locator(".note").first.inner_text()  # what the demo made up says so
    press(reader, "main a[hreflang=ru]")
    assert reader.locator("text=Требования к тем").first.is_visible()
    assert reader.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_lab_from_registration_to_a_case(site, visit, signed_in):
    lab = next(item for item in the_lab(site, "ru").values() if "одолжить двору" in item["title"])
    member = signed_in("member", width=360, height=740, scripts=False)
    member.goto(lab["url"])
    press(member.locator("a.btn", has_text="Записаться"))  # the event's form, with places in each group
    member.fill("#name", "Участник")
    member.check("text=Группа: грядки у стены")
    member.check("[name=consent]")
    press(member, "main form button.btn")
    assert "Группа: грядки у стены" in member.locator("main").inner_text()
    guest = visit(width=360, height=740, scripts=False)
    guest.goto(lab["url"].replace("/ru/", "/en/"))
    press(guest.locator("a.btn", has_text="Register"))
    guest.fill("#name", "Guest")
    guest.fill("#email", "guest@example.org")
    guest.check("[name=consent]")
    press(guest, "main form button.btn")
    assert "guest@example.org" in guest.locator("main").inner_text()

    with sqlite3.connect(site.instance / "data" / "hub.db") as db:
        code = db.execute("SELECT code FROM labs_platform WHERE is_open ORDER BY id").fetchone()[0]
    for phone, language, said in ((member, "ru", "Полить через день"), (guest, "en", "A rain barrel")):
        phone.goto(f"/{language}/labs/group/{code}/")
        phone.fill("#f2", said)
        press(phone, "button[name=add][value='2']")
        assert phone.locator("#q3", has_text=said).is_visible()
        assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    press(guest.locator("#q3 li", has_text="Полить").locator("button"))
    assert "▲ 2" in guest.locator("#q3 li", has_text="Полить").inner_text()

    editor = signed_in("editor", scripts=False)
    editor.goto(f"/desk/labs/{lab['uid']}/platforms/")
    press(editor.locator("button", has_text="Publish the results"))
    guest.goto(f"/en/labs/{lab['uid']}/results/")
    assert (
        guest.locator("li", has_text="A rain barrel").is_visible()
        and guest.locator("[lang=ru]", has_text="Полить").is_visible()
    )
    guest.goto(f"/en/labs/{lab['uid']}/screen/")
    assert guest.locator("header.top").is_hidden() and guest.evaluate("document.documentElement.scrollWidth") <= 360
    for part in ("commitments", "platforms"):  # wide enough for no scrolling to the side, on a laptop
        editor.set_viewport_size({"width": 1280, "height": 800})
        editor.goto(f"/desk/labs/{lab['uid']}/{part}/")
        assert editor.evaluate("[...document.querySelectorAll('main, main *')].every((one) => one.scrollWidth <= one.clientWidth || "
                               "getComputedStyle(one).overflowX === 'visible')")  # fmt: skip
    press(editor.locator(".labs-rows a", has_text="rows").first)
    editor.click("text=Begin a case")
    editor.wait_for_url("**/desk/cases/**")
    assert "Beds at the wall" in editor.locator("[name='title.en'], [name^='title']").first.input_value()
