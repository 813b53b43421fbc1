"""Main tasks from the first to the last key, without a mouse: find and open, narrow a list, suggest, sign in and publish."""

import pytest


def reach(page, what, most=90):
    """Go to an element by Tab alone. Wherever the focus stands on the way, it can be seen."""
    for _ in range(most):
        page.keyboard.press("Tab")
        lost = page.evaluate("""() => { const here = document.activeElement, style = getComputedStyle(here);
            return here === document.body || style.outlineStyle == 'none' && !here.matches(':focus-visible') ? here.outerHTML.slice(0, 120) : ''; }""")
        assert not lost, f"the focus cannot be seen on {lost}"
        if what.evaluate("it => it === document.activeElement"):
            return
    raise AssertionError(f"{what} is not reached in {most} steps")


def past_the_head(page):
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"


def test_find_and_open(visit):
    page = visit()
    page.goto("/ru/")
    reach(page, page.locator("header .tools a").first)
    page.keyboard.press("Enter")
    page.wait_for_url("**/ru/search/")
    past_the_head(page)
    reach(page, page.locator("#q"), 5)
    page.keyboard.type("озеленения")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=**")
    for _ in range(20):  # a site that has just begun is still making its index
        if page.locator("article.hit").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    title = page.locator("article.hit a").first
    words = title.inner_text()
    past_the_head(page)
    reach(page, title)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "/search/" not in address)
    assert page.locator("h1").inner_text().replace("\xa0", " ") == words.replace("\xa0", " ")


def test_narrow_a_list_and_widen_it_again(visit):
    page = visit()
    page.goto("/en/cases/")
    everything = page.locator("article.entry").count()
    past_the_head(page)
    box = page.locator("form.facets input[name=topic]").nth(2)
    reach(page, box)
    page.keyboard.press("Space")
    assert box.is_checked()
    reach(page, page.locator("form.facets button.btn").last)
    page.keyboard.press("Enter")
    page.wait_for_url("**topic=**")
    assert 0 < page.locator("article.entry").count() < everything
    past_the_head(page)
    reach(page, page.locator(".chips a").first)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "topic=" not in address)
    assert page.locator("article.entry").count() == everything


@pytest.mark.long
def test_suggest_a_place_from_the_map(visit):
    page = visit()
    page.goto("/en/map/")
    past_the_head(page)
    reach(page, page.locator("main a.btn[href='/en/suggest/new/initiatives/']"), 150)
    page.keyboard.press("Enter")
    page.wait_for_url("**/suggest/new/initiatives/")
    past_the_head(page)
    reach(page, page.locator("[name='title.en']"), 12)
    page.keyboard.type("A hedge of hazels at the ferry")
    reach(page, page.locator("#place"), 20)
    page.keyboard.type("Perm")
    page.wait_for_timeout(4200)  # people are not faster
    reach(page, page.locator("form.edit .acts button[value=send]"), 40)
    page.keyboard.press("Enter")
    page.wait_for_url("**/suggest/status/**")


def test_sign_in_and_publish(visit, logins):
    page = visit()
    page.goto("/en/")
    reach(page, page.locator("header .tools a").last)
    page.keyboard.press("Enter")
    page.wait_for_url("**/account/login**")
    past_the_head(page)
    reach(page, page.locator("#email"), 12)
    page.keyboard.type(logins["editor"][0])
    reach(page, page.locator("#password"), 5)
    page.keyboard.type(logins["editor"][1])
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "/account/login" not in address)
    page.goto("/desk/partners/new?language=en")
    past_the_head(page)
    reach(page, page.locator("[name='title.en']"), 60)
    page.keyboard.type("The keyboard makers' guild")
    reach(page, page.locator(".bar button[value=publish]"), 150)
    page.keyboard.press("Enter")
    page.locator(".note.ok").wait_for()
    reader = visit()
    assert reader.goto("/en/partners/the-keyboard-makers-guild/").status == 200
