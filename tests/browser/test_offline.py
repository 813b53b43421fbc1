"""The pocket copy in a real browser: with a network nothing old, without one what was read, and nothing after signing out.

Elsewhere the browser tests do without the service worker: what it asks for, `page.route` does not see."""

from __future__ import annotations

import pytest

from hub.testing.server import run_hub

CONTROLLED = """new Promise(done => navigator.serviceWorker.controller ? done()
    : navigator.serviceWorker.addEventListener('controllerchange', () => done()))"""
KEPT = """(async () => { const cache = await caches.open('pocket-%s');
    return (await cache.keys()).map(request => new URL(request.url).pathname); })()"""


def kept(page, where="read"):
    return page.evaluate(KEPT % where)


def comes(page, address, where="read"):
    """Wait until an address is kept: that happens after the page is there."""
    for _ in range(100):
        if address in kept(page, where):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"{address} is not kept, only {kept(page, where)}")


def read(page, *addresses):
    for address in addresses:
        page.goto(address)
        page.evaluate(CONTROLLED)
    for address in addresses[1:]:
        comes(page, address.split("?")[0])


def test_without_a_network_what_was_read_opens_and_says_from_when_it_is(visit):
    page = visit(width=360, service_workers="allow")
    read(page, "/ru/", "/ru/cases/", "/ru/map/")
    comes(page, "/ru/map.geojson", "own")
    page.context.set_offline(True)
    page.goto("/ru/cases/")
    assert "Сети нет. Страница сохранена" in page.locator("main .note").first.inner_text()
    assert page.locator("article.entry").count() > 3
    assert page.evaluate("getComputedStyle(document.body).fontFamily").startswith('"Golos')
    page.goto("/ru/map/")
    page.locator(".pin").first.wait_for()
    assert page.goto("/ru/partners/").status == 503
    assert "не сохранена" in page.locator("main .note").first.inner_text()
    page.locator("#kept li a", has_text="Карта").click()
    assert page.locator("h1").inner_text().startswith("Карта")
    page.context.set_offline(False)
    page.goto("/ru/cases/")
    assert not page.locator("main .note").count()


def test_with_a_network_nothing_is_older_than_the_site(site, visit):
    page = visit(service_workers="allow")
    read(page, "/en/", "/en/topics/")
    try:
        run_hub(site.instance, "theme", "use", "meadow")
        page.goto("/en/topics/")
        assert page.locator("body").get_attribute("data-theme") == "meadow"
    finally:
        run_hub(site.instance, "theme", "use", "commons")


def test_what_somebody_signed_in_sees_is_not_kept_and_signing_out_forgets_all(visit, logins):
    page = visit(service_workers="allow")
    read(page, "/en/", "/en/topics/")
    page.goto("/account/login?next=/desk/")
    page.fill("#email", logins["member"][0])
    page.fill("#password", logins["member"][1])
    page.click("main button[type=submit]")
    page.wait_for_url("**/desk/**")
    page.goto("/en/partners/")
    page.goto("/account/")
    page.wait_for_timeout(300)
    assert set(kept(page)) == {"/en/topics/"}
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    page.wait_for_url("**/en/**")
    assert "/en/topics/" not in kept(page)


def test_the_list_of_what_is_kept_can_be_forgotten(visit):
    page = visit(service_workers="allow")
    read(page, "/en/", "/en/topics/", "/en/cases/")
    page.goto("/en/pocket/")
    page.locator("#kept li").nth(1).wait_for()
    assert page.locator("#kept li").first.inner_text().startswith("Practices")
    page.click("#kept-forget")
    page.get_by_text("Nothing yet.").wait_for()
    assert not kept(page)


@pytest.mark.parametrize("way", ["setting", "plugin"])
def test_switched_off_it_takes_itself_and_everything_away(site, visit, way):
    page = visit(service_workers="allow")
    read(page, "/en/", "/en/topics/")
    off = ("settings", "set", "pocket.offline", "false") if way == "setting" else ("plugin", "off", "pocket")
    on = ("settings", "set", "pocket.offline", "true") if way == "setting" else ("plugin", "on", "pocket")
    try:
        run_hub(site.instance, *off)
        for _ in range(60):
            page.goto("/en/topics/")
            if not page.evaluate("navigator.serviceWorker.getRegistrations().then(found => found.length)"):
                break
            page.wait_for_timeout(100)
        else:
            raise AssertionError("the worker is still there")
        assert page.evaluate("caches.keys()") == []
    finally:
        run_hub(site.instance, *on)
