"""Two stories of events in a browser: Kazan's, from the announcement to the next event; a place on a phone, by the waiting list."""

import datetime as dt
import json
import re
import shutil
import sqlite3
import subprocess
import time
import urllib.request

import pytest
from pressing import press


def hours(count):
    return f"{dt.datetime.now(dt.UTC) + dt.timedelta(hours=count):%Y-%m-%dT%H:%M}"


def letters(site, to):
    with sqlite3.connect(site.instance / "data" / "hub.db") as db:
        return [text for (text,) in db.execute('SELECT text FROM hub_mail WHERE "to" = ? ORDER BY id', (to,))]


def awaited(site, to, words):
    """The letter to somebody that holds these words, as soon as it is there."""
    for _ in range(60):
        if found := [text for text in letters(site, to) if words in text]:
            return found[-1]
        time.sleep(0.2)
    raise AssertionError((words, letters(site, to)))


def link(text, part):
    return next(word for word in text.split() if part in word)


def announce(editor, title, begins, over, **more):
    """Fill in the form of an event and publish it; answers the address of its form."""
    editor.goto("/desk/events/new?language=en")
    fields = {"title.en": title, "f.starts": hours(begins), "f.ends": hours(over), **{f"f.{n}": v for n, v in more.items()}}
    for name, value in fields.items():
        editor.fill(f"[name='{name}']", value)
    editor.select_option("[name='f.zone']", "UTC")
    publish(editor)
    return editor.url


def publish(editor):
    editor.click(".bar button[value=publish]")
    editor.wait_for_selector(".note.ok")


def until_seen(page, address, words):
    """Open a cached page until it says something: what happens is gathered for a second."""
    for _ in range(20):
        page.goto(address)
        if words in page.locator("main").inner_text().replace("\xa0", " "):
            return
        time.sleep(0.3)
    raise AssertionError((words, page.locator("main").inner_text()))


def test_a_lecture_is_joined_rewatched_rated_and_leads_to_the_next_one(site, visit, signed_in):
    editor, phone = signed_in("editor"), visit(width=360, height=740, scripts=False)
    form = announce(editor, "The carved gates of Kazan", -0.5, 1, live="https://video.example.org/live/gates")
    until_seen(phone, "/en/events/?when=now", "The carved gates of Kazan")
    press(phone, "text=The carved gates of Kazan")
    lecture = phone.url
    assert phone.locator("a.btn >> text=Join on video.example.org").get_attribute("href") == "https://video.example.org/live/gates"
    assert "live now" in phone.locator("main").inner_text()

    editor.goto(form)
    editor.fill("[name='f.ends']", hours(-0.1))
    editor.fill("[name='f.replay']", "https://video.example.org/gates")
    publish(editor)
    until_seen(phone, "/en/events/?when=past&replay=true", "The carved gates of Kazan")
    press(phone, "text=The carved gates of Kazan")
    assert phone.locator("a.btn >> text=Watch the recording").get_attribute("href") == "https://video.example.org/gates"
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360

    member = signed_in("member", width=360, height=740)
    member.goto(lecture)
    press(member, "#voices >> text=Rate it")
    member.check("input[name=score][value='5']")
    member.fill("#text", "I went out and counted the gates.")
    press(member, "form.edit button.btn")
    member.wait_for_selector(".note.ok")
    until_seen(phone, lecture, "I went out and counted the gates.")

    member.goto("/en/feedback/new/")
    member.fill("#title", "Who carves gates today?")
    press(member, "form.edit button.btn")
    member.wait_for_selector(".note.ok")
    until_seen(phone, "/en/proposals/?sort=new", "Who carves gates today?")
    press(phone, "text=Who carves gates today?")
    press(phone, "#voices >> text=Vote for it")
    phone.fill("#email", "neighbour@example.org")
    phone.wait_for_timeout(3200)  # people are not faster
    press(phone, "form.edit button.btn")
    phone.goto(link(awaited(site, "neighbour@example.org", "/feedback/v/"), "/feedback/v/"))
    press(phone, "button[value=confirm]")

    announce(editor, "An evening with a gate carver", 48, 50)
    wishes = visit(scripts=False)
    wishes.goto("/en/proposals/?sort=new")
    press(wishes, "text=Who carves gates today?")
    slug = wishes.url.rstrip("/").rpartition("/")[2]
    editor.goto(f"/desk/proposals/{wishes.request.get(f'/en/proposals/{slug}.json').json()['uid']}/")
    editor.locator("[name='r.became']").first.fill("An evening with a gate carver")
    publish(editor)
    told = awaited(site, "neighbour@example.org", "An evening with a gate carver")
    phone.goto(link(told, "/en/events/"))
    until_seen(phone, phone.url, "Chosen by 2 people")


def test_a_place_on_a_phone_by_the_waiting_list(site, visit, signed_in):
    editor = signed_in("editor", width=360, height=740)
    form = announce(editor, "Four chairs in a workshop", 72, 74)
    uid = re.search(r"/desk/events/([0-9a-f-]{36})/", form)[1]
    editor.goto(f"/desk/events/{uid}/registration/")
    editor.check("[name=is_open]")
    editor.fill("#capacity", "1")
    press(editor, "main form button.btn >> text=Save")
    editor.wait_for_selector(".note.ok")

    def come(name, language, words):
        page = visit(width=360, height=740, scripts=False)
        page.goto(f"/{language}/events/register/{uid}/")
        page.fill("#name", name)
        press(page, "main form button.btn")
        assert page.locator(".err").count() == 2 and page.input_value("#name") == name  # address and consent are missing
        page.fill("#email", f"{name}@example.org".lower())
        page.check("[name=consent]")
        press(page, "main form button.btn")
        page.goto(link(awaited(site, f"{name}@example.org".lower(), "/events/place/"), "/events/place/"))
        press(page, "button[value=confirm]")
        assert words in page.locator("main").inner_text().replace("\xa0", " "), page.locator("main").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        return page

    first = come("Anna", "en", "You have a place, Anna.")
    assert first.locator("img.events-qr").evaluate("image => image.decode().then(() => image.naturalWidth)") > 100
    second = come("Vera", "ru", "Вы в очереди, ваш номер — 1.")
    press(first, "text=Give the place back")
    assert "Your registration is cancelled." in first.locator("main").inner_text()
    offer = awaited(site, "vera@example.org", "Освободилось место")
    second.goto(link(offer, "/events/place/"))
    press(second, "button[value=confirm]")
    assert "У вас есть место, Vera." in second.locator("main").inner_text().replace("\xa0", " ")

    code = second.locator(".events-code").inner_text()
    editor.goto(f"/desk/events/{uid}/people/")
    assert editor.evaluate("document.documentElement.scrollWidth") <= 360
    editor.context.set_offline(True)  # the cellar of the workshop
    editor.fill("#code", code.lower())
    editor.click("main form button >> text=Is there >> nth=0")
    row = editor.locator(f"tr[data-code='{code}'] [data-state]")
    assert row.inner_text() == "is there; will be sent"
    assert "1 kept in this browser" in editor.locator("[data-waiting]").inner_text()
    editor.context.set_offline(False)
    editor.wait_for_selector(f"tr[data-code='{code}'] [data-state]:text-is('was there')")
    assert editor.locator("[data-waiting]").is_hidden()


KHAL = """[calendars]
[[hub]]
path = {0}/cal/
type = calendar
readonly = True
[locale]
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
timeformat = %H:%M
local_timezone = Europe/Moscow
default_timezone = Europe/Moscow
[sqlite]
path = {0}/khal.db
"""
VDIRSYNCER = """[general]
status_path = "{0}/status/"
[pair hub]
a = "town"
b = "here"
collections = null
[storage town]
type = "http"
url = "{1}/ru/events.ics"
[storage here]
type = "filesystem"
path = "{0}/cal/"
fileext = ".ics"
"""


@pytest.mark.skipif(not (shutil.which("khal") and shutil.which("vdirsyncer")), reason="no khal or vdirsyncer on this machine")
def test_the_calendar_programs_of_debian_read_the_guide(site, tmp_path):
    (tmp_path / "khal.conf").write_text(KHAL.format(tmp_path))
    (tmp_path / "vdirsyncer.conf").write_text(VDIRSYNCER.format(tmp_path, site.url))
    for step in ("discover", "sync"):
        done = subprocess.run(["vdirsyncer", "-c", tmp_path / "vdirsyncer.conf", step], input="y\ny\n", text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
    told = json.load(urllib.request.urlopen(f"{site.url}/ru/events.json?when=coming&limit=100"))["items"]
    assert len(list((tmp_path / "cal").iterdir())) > len(told) > 10
    listed = subprocess.run(["khal", "-c", tmp_path / "khal.conf", "list", "--format", "{title}", "today", "200d"], text=True, capture_output=True)
    assert listed.returncode == 0 and not listed.stderr, listed.stderr
    assert not [item["title"] for item in told if " ".join(item["title"].split()) not in listed.stdout]


def test_a_programme_without_an_account_says_hours_and_cancellations_as_the_guide_does(site, visit):
    page = visit(timezone_id="Asia/Novosibirsk")
    for slug in ("morning-swim-at-the-old-lock", "seed-swap-in-the-reading-room"):
        page.goto(f"/en/events/{slug}/")
        page.click("button[data-star]")
    page.goto("/en/events/mine/")
    page.wait_for_selector("[data-mine] li")
    text = page.locator("[data-mine]").inner_text().replace("\xa0", " ")
    assert not page.locator("[data-empty]").is_visible()
    assert text.index("12:00–\u206015:00 (time of Moscow)") < text.index("Seed swap") < text.index("Morning swim") < text.index("cancelled")
