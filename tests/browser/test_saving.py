"""Saving without an account: kept by the browser, shown, taken into an account after signing in."""

from pressing import press


def test_saved_in_the_browser(visit):
    page = visit(width=360)
    page.goto("/en/cases/")
    press(page.locator(".entry h2 a").first)
    title = page.locator("h1").inner_text()
    page.get_by_role("button", name="Save for later").click()
    assert page.get_by_role("button", name="Saved: take out").get_attribute("aria-pressed") == "true"
    page.reload()
    page.get_by_role("button", name="Saved: take out").wait_for()
    page.goto("/en/saved/")
    page.get_by_role("heading", name=title).wait_for()
    page.goto("/ru/saved/")
    page.locator("#saved-here article").wait_for()
    page.get_by_role("button", name="Убрать").click()
    page.get_by_text("Пока ничего не сохранено").wait_for()
