"""The public's voice on a phone and without scripts: rated and counted by the link in the mail; a wish that comes true."""

import json
import sqlite3
import time
import urllib.request

import pytest
from commands import run_beside
from pressing import press

EVENT = {
    "title": "Lamps by candlelight", "external_id": "lamps", "starts": "2031-02-04 18:30", "ends": "2031-02-04 20:00",
}  # fmt: skip


def letters(site, to):
    with sqlite3.connect(site.instance / "data" / "hub.db") as db:
        return [text for (text,) in db.execute('SELECT text FROM hub_mail WHERE "to" = ? ORDER BY id', (to,))]


def confirm(site, visit, to):
    link = next(word for word in letters(site, to)[-1].split() if "/feedback/v/" in word)
    page = visit(width=360, height=740, scripts=False)
    page.goto(link)
    press(page, "button[value=confirm]")
    return page


def listed(site, path):
    return json.load(urllib.request.urlopen(f"{site.url}/{path}.json?limit=100&sort=new"))["items"]


@pytest.mark.parametrize(("language", "button", "said"), [
    ("en", "Rate it", "4 ratings"), ("ru", "Оценить", "5 оценок"),
])  # fmt: skip
def test_rated_on_a_phone_without_an_account(site, visit, language, button, said):
    case = next(item for item in listed(site, f"{language}/cases") if item["title"].startswith(("Repair Saturdays", "Субботы ремонта")))
    phone = visit(width=360, height=740, scripts=False)
    phone.goto(case["url"])
    press(phone, f"#voices >> text={button}")
    phone.check("input[name=score][value='5']")
    phone.fill("#text", "Mended in ten minutes.")
    phone.fill("#email", f"{language}@example.org")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    phone.wait_for_timeout(3200)  # people are not faster
    press(phone, "form.edit button.btn")
    phone.wait_for_url("**/sent/")
    confirm(site, visit, f"{language}@example.org")
    time.sleep(1.2)  # touches are gathered for a second
    reader = visit()
    reader.goto(case["url"])
    assert said in reader.locator("#voices").inner_text().replace("\xa0", " ")


def test_a_wish_gets_votes_becomes_an_event_and_its_voters_hear_of_it(site, visit, signed_in, tmp_path):
    writer = visit(width=360, height=740)
    writer.goto("/en/feedback/new/")
    writer.type("#title", "Learn to mend lamps", delay=5)
    writer.wait_for_selector("#similar:not([hidden]) a")
    assert "An evening where we learn to mend lamps" in writer.locator("#similar").inner_text()
    press(writer, "#similar a")  # somebody wished for it before: then a vote
    press(writer, "#voices >> text=Vote for it")
    writer.fill("#email", "voter@example.org")
    writer.wait_for_timeout(3200)
    press(writer, "form.edit button.btn")
    writer.wait_for_url("**/sent/")
    confirm(site, visit, "voter@example.org")

    (tmp_path / "event.jsonl").write_text(json.dumps(EVENT))
    run_beside(site.instance, "import", "events", str(tmp_path / "event.jsonl"))
    wish = next(item for item in listed(site, "en/proposals") if "mend lamps" in item["title"])
    [event] = [item for item in listed(site, "en/events") if item["title"] == EVENT["title"]]
    editor = signed_in("editor", scripts=False)
    editor.goto(f"/desk/proposals/{wish['uid']}/")
    choose(editor, event)
    for _ in range(100):
        if len(told := letters(site, "voter@example.org")) == 2:
            break
        time.sleep(0.3)
    assert EVENT["title"] in told[-1] and "/en/events/" in told[-1]
    reader = visit(width=360, height=740, scripts=False)
    reader.goto(event["url"])
    assert "Chosen by 32 people" in reader.locator("main").inner_text()
    assert reader.evaluate("document.documentElement.scrollWidth") <= 360


def choose(editor, event):
    """Name the event in the form of the wish and publish."""
    editor.locator("[name='r.became']").first.fill(event["title"])
    press(editor, "button[value=publish] >> visible=true")
    editor.wait_for_load_state()
