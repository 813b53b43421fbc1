"""An organisation takes over its entry on a phone, without scripts; with them, what is there already appears while one types."""

import re
import sqlite3
from contextlib import closing

from pressing import press

SAWMILL = "/en/partners/old-sawmill-cultural-centre/"


def last_mail(server, to):
    with closing(sqlite3.connect(server.instance / "data" / "hub.db")) as db:
        return db.execute("SELECT text FROM hub_mail WHERE lower(\"to\") = ? ORDER BY id DESC LIMIT 1", (to,)).fetchone()[0]


def test_a_partner_claims_its_organisation_and_edits_it(site, visit, signed_in):
    phone = visit(width=360, height=740, scripts=False)
    phone.goto(SAWMILL)
    assert "Put here by the network" in phone.locator("main").inner_text()
    press(phone, "text=Is this your organisation?")
    phone.fill("#email", "olga@sawmill.example.org")
    phone.fill("#name", "Olga")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    press(phone, "text=Send me the link")
    assert "A link is on its way" in phone.locator("h1").inner_text()
    phone.goto(re.search(r"https?://[^/]+(/en/claims/c/\S+)", last_mail(site, "olga@sawmill.example.org"))[1])
    phone.check("#processing")
    press(phone, "text=Yes, that is right")
    assert "You speak for this organisation now" in phone.locator("main").inner_text().replace("\xa0", " ")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    press(phone, "text=Edit the entry")
    phone.fill("[name='summary.en']", "Concerts, rehearsals, and a yard of 46 trees.")
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    press(phone, "text=Save the draft")
    assert "Concerts, rehearsals, and a yard of 46 trees." in phone.locator("[name='summary.en']").input_value()

    editor = signed_in("editor")
    editor.goto(phone.url)
    press(editor, "button[value=publish]")
    reader = visit()
    reader.goto(SAWMILL)
    text = reader.locator("main").inner_text().replace("\xa0", " ")
    assert "a yard of 46 trees." in text and "looks after this entry itself" in text


def test_what_is_there_already_appears_while_typing(site, visit):
    page = visit(width=360, height=740)
    page.goto("/en/suggest/new/partners/")
    page.type("[name='title.en']", "Staraya lesopilka", delay=5)
    page.fill("[name='p.0.name']", "Tampere")
    hint = page.locator("[data-found]")
    hint.wait_for()
    assert "Old Sawmill" in hint.inner_text() and page.evaluate("document.documentElement.scrollWidth") <= 360
    page.fill("[name='title.en']", "Something wholly different")
    hint.wait_for(state="detached")
