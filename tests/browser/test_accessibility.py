"""What everybody must be able to use: axe, keyboard, zoom, faults of forms. The short run looks at a sample of the pages
in each theme; the long one at all pages in every theme, scheme, language and width."""

from __future__ import annotations

import re
from itertools import product

import pytest
from axe import findings
from narrow import broken_words, narrow
from playwright.sync_api import expect
from pressing import press

EVENT = "the-yard-as-a-stage"
CASE = "cultural-environment-a-city-programme-its-audience-can-steer"
PUBLIC = ["/{}/", "/{}/cases/?topic=culture", "/{}/partners/", "/{}/cases/?q=zzzz", f"/{{}}/cases/{CASE}/", "/{}/topics/",
          "/{}/topics/culture/", "/{}/map/", "/{}/events/", f"/{{}}/events/{EVENT}/", "/{}/suggest/new/cases/", "/{}/search/",
          "/{}/search/?q=garden", "/{}/pages/accessibility/", "/{}/nowhere",
          "/account/login?lang={}", "/account/reset?lang={}"]  # fmt: skip
SAMPLE = ["/{}/", "/{}/cases/?topic=culture", f"/{{}}/cases/{CASE}/", "/{}/map/", f"/{{}}/events/{EVENT}/", "/{}/suggest/new/cases/",
          "/{}/search/?q=garden", "/account/login?lang={}"]  # fmt: skip
DESK = ["/desk/?lang={}", "/desk/cases/?lang={}", "/desk/cases/new?lang={}", "/desk/events/new?lang={}", "/desk/plugins?lang={}",
        "/desk/settings?lang={}", "/desk/topics?lang={}", "/desk/health?lang={}", "/desk/changes?lang={}", "/desk/patterns?lang={}",
        "/desk/look/?lang={}", "/account/change?lang={}"]  # fmt: skip


def look(page, paths, theme, language):
    """What axe says of pages at their own width, and what is cut off of them at 400 % zoom."""
    if theme == "contrast":
        page.goto("/en/?theme=contrast")
    found, usual = [], page.viewport_size
    for path in paths:
        page.set_viewport_size(usual)
        found += [*findings(page, path.format(language)), *narrow(page)]
    return found


def test_nothing_is_amiss_in_the_accessible_version(visit):
    """In the usual one test_crawl.py looks. Russian words are the longer ones."""
    assert not look(visit(scheme="dark"), SAMPLE, "contrast", "ru")


def test_nothing_is_amiss_at_the_desk(signed_in):
    assert not look(signed_in("admin"), DESK, "commons", "ru")


@pytest.mark.long
@pytest.mark.parametrize(
    ("theme", "scheme", "language", "width"),
    [*product(["commons", "meadow", "contrast"], ["light", "dark"], ["ru", "en"], [360, 1280])],
)
def test_nothing_is_amiss_anywhere(visit, signed_in, in_theme, theme, scheme, language, width):
    in_theme(theme)
    public = look(visit(scheme=scheme, width=width), PUBLIC, theme, language)
    assert not public + look(signed_in("admin", scheme=scheme, width=width), DESK, theme, language)


def test_every_stop_of_the_keyboard_shows_itself(visit):
    page = visit()
    page.goto(f"/en/cases/{CASE}/")
    seen = []
    for _ in range(25):
        page.keyboard.press("Tab")
        here = page.evaluate("""() => { const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
            return {name: e.innerText || e.getAttribute('aria-label') || e.id, outline: s.outlineStyle != 'none' && parseFloat(s.outlineWidth) >= 2,
                    seen: r.width > 0 && r.bottom > 0 && r.top < innerHeight}; }""")  # fmt: skip
        seen.append(here)
    assert all(stop["outline"] and stop["seen"] for stop in seen), [s for s in seen if not (s["outline"] and s["seen"])]
    assert seen[0]["name"] == "Skip to content"


def test_conditions_are_a_sheet_on_a_phone_even_without_scripts(visit):
    page = visit(width=360, scripts=False)
    page.goto("/en/cases/")
    assert not page.locator("form.facets").is_visible()
    page.click(".to-filter a")
    page.locator("form.facets input[name=topic]").first.check()
    press(page, "form.facets button")
    assert "topic=" in page.url
    assert not page.locator("form.facets").is_visible()
    assert page.locator(".chips a").count() >= 2
    assert page.locator(".to-filter b").inner_text() == "1"


def test_the_sheet_closes_by_escape_and_gives_the_focus_back(visit):
    page = visit(width=360)
    page.goto("/en/cases/")
    page.wait_for_load_state("networkidle")
    page.click(".to-filter a")
    page.keyboard.press("Escape")
    assert not page.locator("form.facets").is_visible()
    assert page.evaluate("document.activeElement.closest('.to-filter') !== null")


def test_faults_of_a_form_are_announced_and_lead_to_their_fields(signed_in):
    page = signed_in("editor")
    page.goto("/desk/partners/new?lang=en&form=full")
    page.fill("[name='f.website']", "nonsense")
    page.click(".bar button[value=save]")
    summary = page.locator("[role=alert]")
    expect(summary).to_be_focused()
    summary.locator("a").first.click()
    assert page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"
    for field in page.locator("[aria-invalid=true]").all():
        said = field.get_attribute("aria-describedby").split()[-1]
        assert page.locator(f"[id='{said}']").inner_text()


def test_the_keys_of_the_desk(signed_in):
    page = signed_in("editor")
    page.goto("/desk/cases/?lang=en")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
    page.goto("/desk/partners/new?lang=en")
    page.wait_for_load_state("networkidle")
    page.fill("[name='title.en']", "Yard with a key")
    page.keyboard.press("Control+s")
    page.wait_for_selector(".note.ok")


def test_what_can_be_done_with_an_entry_stays_in_sight(visit):
    page = visit(width=360, height=740)
    page.goto(f"/ru/cases/{CASE}/")
    page.evaluate("scrollTo(0, 3000)")
    box = page.locator(".next").bounding_box()
    assert 0 <= box["y"] < 100


def test_the_accessible_version_does_without_drawn_pictures(visit):
    page = visit()
    page.goto("/en/cases/?theme=contrast")
    assert page.locator("article.entry").count() > 5
    assert page.locator("main .cover:visible").count() == 0


def test_paper_stays_white_for_those_who_read_in_the_dark(visit):
    page = visit(scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    page.goto(f"/en/cases/{CASE}/")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert not page.locator(".next").is_visible() and not page.locator("nav.nav").is_visible()


SHEETS = {"/ru/": 4, "/ru/cases/": 3, "/ru/events/": 3, "/ru/cases/?topic=culture": 2, f"/ru/cases/{CASE}/": 4, f"/ru/events/{EVENT}/": 2}


def test_paper_holds_what_is_read_and_says_where_it_stands(visit):
    page, found = visit(), []
    for path, sheets in SHEETS.items():
        page.goto(path)
        if (printed := len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))) > sheets:
            found.append(f"{path}: {printed} sheets")
        page.emulate_media(media="print")
        if page.locator(".on-paper:visible").evaluate_all("all => all.map(e => getComputedStyle(e, '::after').content)") != [f'"{page.url}"']:
            found.append(f"{path}: no address")
        for leads_away in ("nav.crumbs", "text=Atom", "text=QR-код", "text=По почте", "text=Порядок:", "a:text-is('JSON')", "text=Все отклики",
                           "text=Линии для карты"):
            if page.locator(leads_away).locator("visible=true").count():
                found.append(f"{path}: {leads_away}")
        page.emulate_media(media="null")  # as the browser has it: "screen" would hold for page.pdf() too
    assert not found


def test_what_is_long_begins_on_the_first_sheet(visit):
    page = visit()
    page.goto("/ru/labs/the-city-for-life-results-of-the-second-laboratory/")
    page.locator("main a[href$='/results/']").first.click()
    page.wait_for_url("**/results/")
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) == 2, "an article is kept whole only where it fits a sheet"


def test_what_was_written_into_a_form_stands_whole_on_paper(visit):
    page = visit()
    page.goto("/en/contact/")
    field = page.locator("main textarea").first
    field.fill("A long sentence of somebody who prints what was written.\n" * 30)
    page.emulate_media(media="print")
    assert field.evaluate("e => e.clientHeight >= e.scrollHeight - 2 && e.clientHeight > 300")


def test_ten_badges_fill_a_sheet(signed_in):
    page = signed_in("editor")
    page.goto("/desk/events/run/")
    page.goto(page.locator("main a[href$='/people/']").first.get_attribute("href").replace("/people/", "/badges/?who=visitors&empty=0"))
    already = page.locator(".events-badge").count()
    page.goto(page.url.replace("empty=0", f"empty={20 - already % 10}"))
    badges = page.locator(".events-badge")
    page.emulate_media(media="print")
    width, height = badges.first.evaluate("e => [e.offsetWidth / 96 * 25.4, e.offsetHeight / 96 * 25.4]")
    assert (round(width), round(height)) == (90, 54) and not page.locator(".events-heading, .top").locator("visible=true").count()
    page.emulate_media(media="null")
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4"))) == badges.count() / 10


def test_tables_are_not_cut_off_on_paper(signed_in):
    page = signed_in("admin", width=680)
    page.emulate_media(media="print")
    for path in ("/desk/privacy/?lang=ru", "/desk/people/?lang=ru", "/desk/cases/?lang=ru", "/desk/feedback/report?lang=ru"):
        assert not narrow(page, path, width=680)
        assert page.evaluate("[...document.querySelectorAll('.scroll')].every(box => box.scrollWidth <= box.clientWidth)"), path


def test_the_first_facts_on_a_tablet_stand_under_their_names(visit):
    page = visit(width=800)
    page.goto(f"/ru/cases/{CASE}/")
    for fact in page.locator(".keys dl > div").all():
        name, value = fact.locator("dt").bounding_box(), fact.locator("dd").bounding_box()
        assert name["x"] == value["x"] and name["y"] < value["y"], "a name at the foot of one column, its value at the head of the next"


@pytest.mark.parametrize("width", [320, 360])
def test_on_a_phone_no_long_word_breaks_and_no_table_runs_out(visit, signed_in, width):
    reader, page, found = visit(), signed_in("admin"), []
    for path in ("/ru/", "/ru/partners/", "/ru/partners/?page=2", "/ru/initiatives/", "/ru/initiatives/?page=2", f"/ru/cases/{CASE}/", "/ru/topics/"):
        found += broken_words(reader, path, width)
    for path in ("/desk/privacy/?lang=ru", "/desk/people/?lang=ru", "/desk/suggest/?lang=ru", "/desk/initiatives/?lang=ru", "/desk/?lang=ru"):
        found += broken_words(page, path, width)
        if page.evaluate("[...document.querySelectorAll('.scroll')].some(box => box.scrollWidth > box.clientWidth)"):
            found.append(f"{path} at {width}px: a table runs out")
    assert not found


def test_letters_twice_as_large_fit_a_phone(visit):
    """The browser's own size of letters, as people with weak eyes set it: 32 pixels instead of 16."""
    page = visit(width=360)
    devtools = page.context.new_cdp_session(page)
    devtools.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    found = []
    for path in ("/ru/", "/ru/cases/", f"/ru/cases/{CASE}/", f"/ru/events/{EVENT}/", "/ru/map/", "/ru/search/?q=сад", "/account/login"):
        found += narrow(page, path, 360)
        assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "32px"
    assert not found


def test_what_stands_close_together_can_be_met_by_a_finger(visit, signed_in):
    reader, page, found = visit(width=360), signed_in("editor", width=360), []
    for tab, path, what in ((reader, f"/ru/cases/{CASE}/", ".facts a"), (reader, "/ru/events/", ".meta > a"),
                            (page, "/desk/cases/?lang=ru", "td > input[type=checkbox]"), (page, "/desk/events/run/?lang=ru", "td a")):  # fmt: skip
        tab.goto(path)
        sizes = tab.locator(what).evaluate_all("all => all.filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect().height)")
        found += [f"{path} {what}: {size}px" for size in sizes if size < 24]
        assert sizes, path
    assert not found
