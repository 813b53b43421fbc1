"""All of the desk without the command line, in a real browser: what an administrator and an editor of a small hub do."""

from __future__ import annotations

import re
from pathlib import Path

from pressing import press

WXR = Path(__file__).parents[1] / "fixtures" / "imports" / "wordpress.xml"
OPML = """<?xml version="1.0"?><opml version="2.0"><body><outline text="River" type="rss" xmlUrl="https://river.example.org/feed.xml"/>
<outline text="Garden" type="rss" xmlUrl="https://garden.example.org/feed.xml"/></body></opml>"""


def test_an_administrator_runs_the_site_without_the_command_line(signed_in, visit, tmp_path):
    page = signed_in("admin")
    page.goto("/desk/people/")  # inviting, and a role
    page.locator("details summary", has_text="Invite somebody").click()
    page.fill("#i-email", "new.editor@example.org")
    page.select_option("#i-role", "editor")
    press(page.get_by_role("button", name="Send the invitation"))
    assert "1 invitation not yet accepted" in page.locator("main").inner_text()
    page.fill("#people-q", "member")
    press(page.get_by_role("button", name="Find"))
    press(page.locator("tbody a").first)
    press(page.get_by_role("button", name="Give this role"))
    page.wait_for_selector(".note.ok")

    page.goto("/desk/news/sources")  # feeds by a list of sources
    page.locator("details summary", has_text="OPML").click()
    (tmp_path / "list.opml").write_text(OPML)
    page.set_input_files("#file", str(tmp_path / "list.opml"))
    press(page.get_by_role("button", name="Add its sources"))
    assert "2 sources were added" in page.locator("main").inner_text()
    with page.expect_download() as list_home:
        page.evaluate("location.href = '/desk/news/sources/opml'")
    assert "river.example.org" in Path(list_home.value.path()).read_text()

    page.goto("/desk/settings")  # a setting, with a fault first
    box = page.locator("[name='editor.trash_days']")
    box.fill("soon")
    press(page.locator(".bar button"))
    assert page.locator("[name='editor.trash_days'][aria-invalid=true]").input_value() == "soon"
    page.locator("[name='editor.trash_days']").fill("31")
    press(page.locator(".bar button"))
    page.wait_for_selector(".note.ok")

    page.goto("/desk/look/words")  # a word of one's own
    line = page.locator("#kinds tr", has_text="Write an article")
    line.locator("input[lang=en]").fill("Tell a story")
    press(page.locator("#kinds button"))
    page.wait_for_selector(".note.ok")
    page.goto("/desk/news/")
    assert page.locator(".head .btn").inner_text() == "Tell a story"

    page.goto("/desk/backups/")  # a backup to take home
    press(page.get_by_role("button", name="Make one now"))
    for _ in range(40):
        page.goto("/desk/backups/")
        if page.locator("tbody a[download]").count():
            break
        page.wait_for_timeout(250)
    with page.expect_download() as backup:
        page.locator("tbody a[download]").first.click()
    assert Path(backup.value.path()).stat().st_size > 10_000

    page.goto("/desk/editor/log")  # and all of it stands in the log
    log = page.locator("main").inner_text()
    for deed in ("settings changed", "Backups", "People", "Look"):
        assert deed in log, deed
    assert "new.editor@" not in log


def test_many_entries_at_once_on_a_phone_without_scripts_and_back(signed_in, visit):
    page, reader = signed_in("editor", width=360, height=740, scripts=False), visit()
    page.goto("/desk/cases/?status=published")
    boxes = page.locator("input[name=uid]")
    named = [boxes.nth(n).get_attribute("aria-label") for n in range(2)]
    for n in range(2):
        boxes.nth(n).check()
    page.select_option("#b-step", "archive")
    press(page.get_by_role("button", name="Do it"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.locator(".st.ok", has_text="done").count() == 2
    total = int(reader.goto("/en/cases.json").json()["total"])
    press(page.get_by_role("button", name="Undo"))
    page.wait_for_selector(".note.ok")
    assert page.locator(".st.off", has_text="as it was").count() == 2
    assert int(reader.goto("/en/cases.json").json()["total"]) == total + 2
    assert all(name in page.locator("main").inner_text() for name in named)


def test_a_wordpress_site_moves_in_and_its_old_addresses_lead_on(signed_in, visit):
    page, reader = signed_in("editor", width=360, height=740, scripts=False), visit()
    page.goto("/desk/movein/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.set_input_files("#file", str(WXR))
    press(page.get_by_role("button", name="Upload and look"))
    assert "About the garden" in page.locator("#preview").inner_text()
    press(page.locator(".bar button[value=run]"))
    page.wait_for_selector("a[href$='report.csv']", timeout=30_000)
    reader.goto("/about/")
    assert reader.url.endswith("/en/pages/about-the-garden/") and "old editor" in reader.locator("main").inner_text()
    page.get_by_role("button", name=re.compile("^Undo this import")).click()
    page.wait_for_selector("text=6 entries removed", timeout=30_000)
    assert reader.goto("/about/").status == 404
