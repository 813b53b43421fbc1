"""What visitors do, in a real browser: with and without scripts, on a phone and a wide screen, by keyboard."""

import pytest
from narrow import narrow
from pressing import press

PAGES = ["/{}/", "/{}/cases/", "/{}/partners/", "/{}/search/?q=garden", "/{}/topics/", "/{}/pages/about/",
         "/{}/cases/cultural-environment-a-city-programme-its-audience-can-steer/", "/{}/nowhere"]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "ru"])
def test_no_page_scrolls_sideways(visit, language):
    page = visit()
    for path in PAGES:
        page.goto(path.format(language))
        assert not [fault for width in (320, 360, 1280) for fault in narrow(page, width=width)]
        assert page.evaluate("document.documentElement.lang") == language
        assert page.locator("h1").count() == 1, path


def test_narrowing_a_list_without_scripts(visit):
    page = visit(scripts=False)
    page.goto("/en/cases/")
    everything = page.locator("article.entry").count()
    box = page.locator("form.facets input[name=topic]").first
    promised = int(page.locator("form.facets label.check b").first.inner_text())
    box.check()
    press(page, "form.facets button")
    page.wait_for_load_state()
    assert "topic=" in page.url
    assert page.locator("article.entry").count() == min(promised, 20) <= everything
    press(page.locator(".chips a").first)
    assert "topic=" not in page.url


def test_the_language_switch_keeps_item_and_query(visit):
    page = visit()
    page.goto("/en/cases/?q=Kazan")
    press(page, "header a[hreflang=ru]")
    assert "/ru/cases/" in page.url and "q=Kazan" in page.url
    page.goto("/en/cases/cultural-environment-a-city-programme-its-audience-can-steer/")
    press(page, "header a[hreflang=ru]")
    assert "Культурная среда" in page.locator("h1").inner_text()
    press(page, "header a[hreflang=en]")
    assert "Cultural Environment" in page.locator("h1").inner_text()


def test_search_by_keyboard(visit):
    page = visit()
    page.goto("/ru/search/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.locator("#q").focus()
    page.keyboard.type("озеленения")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=**")
    assert page.locator("article.hit").count() > 0
    assert page.locator("mark").count() > 0


def test_the_accessible_version_is_one_click_and_stays(visit):
    page = visit()
    page.goto("/en/cases/")
    press(page, "header a[href='?theme=contrast']")
    assert page.url.endswith("/en/cases/")
    page.goto("/en/partners/")
    assert page.evaluate("getComputedStyle(document.body.parentElement).color") == "rgb(0, 0, 0)"
    press(page, "header a[href='?theme=default']")
    assert page.evaluate("getComputedStyle(document.body.parentElement).color") != "rgb(0, 0, 0)"


def test_dark_scheme_follows_the_system(visit):
    page = visit(scheme="dark")
    page.goto("/en/")
    assert page.evaluate("getComputedStyle(document.body.parentElement).backgroundColor") == "rgb(16, 24, 21)"


def test_an_old_address_without_language_leads_on(visit):
    page = visit(locale="ru-RU")
    page.goto("/cases")
    assert "/ru/cases/" in page.url


def test_the_front_page_leaves_no_hole_and_no_lonely_line(visit):
    page = visit()
    page.goto("/ru/")
    text, caption = page.locator(".lead .txt").bounding_box(), page.locator(".lead .cap").bounding_box()
    assert abs(text["y"] + text["height"] - caption["y"] - caption["height"]) < 48, "the picture is as high as the words beside it"
    lines = page.locator(".foot li").evaluate_all("all => all.map(li => li.getBoundingClientRect().height - li.firstElementChild.getBoundingClientRect().height)")
    assert min(lines) >= 6, "a line of two lines keeps its distance from the next"
    page.goto("/ru/?theme=contrast")
    rows = page.locator(".nav li").evaluate_all("all => all.map(li => Math.round(li.getBoundingClientRect().top))")
    assert len(set(rows)) == 1 or rows.count(max(rows)) > 2, "no section stands alone below the others"


def test_kinds_without_a_colour_have_that_of_the_ink_wherever_they_stand(visit):
    page = visit()
    page.goto("/ru/map/?kind=exchange")
    assert page.locator(".places .n").first.evaluate("e => getComputedStyle(e).borderTopColor === getComputedStyle(document.body).color")


BROKEN = """() => [...document.querySelectorAll(".foot a")].flatMap((link) => [...link.firstChild.data.matchAll(/\\p{L}{4,}/gu)].filter((word) => {
  const range = document.createRange();
  range.setStart(link.firstChild, word.index);
  range.setEnd(link.firstChild, word.index + word[0].length);
  return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size > 1;
}).map((word) => word[0]))"""


@pytest.mark.parametrize("theme", ["default", "contrast"])
def test_the_foot_of_a_page_breaks_no_word_in_two(visit, theme):
    page = visit(width=1000)
    page.goto(f"/ru/?theme={theme}")
    page.goto("/ru/partners/")
    assert page.evaluate(BROKEN) == []
