"""The search box with suggestions: by keyboard, by touch, and without scripts."""


def test_suggestions_by_keyboard(visit):
    page = visit()
    page.goto("/ru/search/")
    box = page.locator("#q")
    assert box.get_attribute("role") == "combobox" and box.get_attribute("aria-expanded") == "false"
    box.focus()
    page.keyboard.type("би", delay=20)
    page.wait_for_selector(".sugg [role=option]")
    assert box.get_attribute("aria-expanded") == "true" and page.locator("[role=status].vh").inner_text()
    page.keyboard.press("ArrowDown")
    chosen = page.locator("[role=option][aria-selected=true]")
    assert box.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
    page.keyboard.press("ArrowUp")  # back into the box
    assert box.get_attribute("aria-activedescendant") is None and box.input_value() == "би"
    page.keyboard.press("Escape")
    assert page.locator(".sugg").is_hidden() and box.get_attribute("aria-expanded") == "false"
    page.keyboard.type("б")
    page.wait_for_selector(".sugg [role=option]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/search/" not in url)


def test_recent_searches_stay_in_the_browser(visit):
    page = visit(width=360)
    page.goto("/ru/search/")
    page.fill("#q", "озеленение")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=**")
    page.goto("/ru/search/")
    page.locator("#q").focus()
    page.wait_for_selector(".sugg [role=option]")
    assert page.locator(".sugg [role=option]").first.inner_text().startswith("озеленение")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".sugg [role=option]").last.click()  # forget them
    assert page.evaluate("localStorage.getItem('hub-searches')") is None


def test_the_box_works_without_scripts(visit):
    page = visit(scripts=False)
    page.goto("/ru/search/")
    page.fill("#q", "ozelenenie")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=**")
    assert page.locator(".why").count() == 1 and page.locator("article.hit").count() > 0
