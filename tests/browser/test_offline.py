"""The pocket copy in a real browser: with a network nothing old, without one what was read, and nothing after signing out.

Elsewhere the browser tests do without the service worker: what it asks for, `page.route` does not see."""

from __future__ import annotations

import pytest
from commands import run_beside

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


def test_the_map_without_a_network_says_from_when_it_is(visit):
    page = visit(width=360, service_workers="allow")
    read(page, "/en/", "/en/map/", "/en/map/?kind=partners")
    comes(page, "/en/map.geojson", "own")
    page.context.set_offline(True)
    page.goto("/en/map/")
    page.get_by_text("The map shows the places as of").wait_for()
    places = page.locator(".pin").count()
    assert "This page is from" in page.locator("main .note").first.inner_text() and places > 30
    page.goto("/en/map/?kind=partners")
    page.get_by_text("The map shows the places as of").wait_for()
    assert 0 < page.locator(".pin").count() == page.locator(".places > li").count() < places


def test_a_suggestion_without_a_network_waits_and_becomes_exactly_one(visit, signed_in):
    title = "Currants behind the pumping station"
    page = visit(width=360, service_workers="allow")
    read(page, "/en/", "/en/map/")
    comes(page, "/en/suggest/new/initiatives/", "own")
    page.context.set_offline(True)
    page.goto("/en/map/")
    page.locator("a.btn[href='/en/suggest/new/initiatives/']").click()
    page.get_by_text("You can write all the same").wait_for()
    page.locator("form.edit .acts button[value=send]").click()
    page.locator("[name='title.en']:focus").wait_for()  # what is not complete is not kept
    page.fill("[name='title.en']", title)
    page.fill("#place", "Perm")
    page.locator("form.edit .acts button[value=send]").click()
    page.get_by_text("Kept on this device.").wait_for()
    assert page.evaluate("document.activeElement.className").startswith("note")
    page.get_by_role("link", name="What waits").click()
    page.locator("#outbox a", has_text=title).wait_for()
    second = page.context.new_page()  # two pages, one sends
    second.goto("/en/map/")
    page.context.set_offline(False)
    sent = [one.get_by_text(f"this was sent: {title}") for one in (page, second)]
    for _ in range(300):  # if the network is not there at once for all, it is tried again after ten seconds
        if any(one.count() for one in sent):
            break
        page.wait_for_timeout(100)
    else:
        raise AssertionError("it was not sent")
    assert not page.evaluate("caches.open('pocket-outbox').then(cache => cache.keys()).then(keys => keys.length)")
    page.reload()
    page.wait_for_timeout(500)
    editor = signed_in("editor")
    editor.goto("/desk/suggest/")
    assert editor.locator("td a", has_text=title).count() == 1


KEPT_ONCE = """() => {
  const real = fetch;
  let asked = false;
  window.fetch = (address, how = {}) => {
    const first = !asked && how.method !== "POST" && String(address).endsWith("/en/suggest/new/initiatives/");
    asked ||= first;
    return first ? caches.match(address, { ignoreVary: true }) : real(address, how);
  };
}
"""


@pytest.mark.long
def test_a_network_that_goes_again_at_once_spoils_nothing(visit):
    """The worker answers with the form as it was kept, its token fits no session: what waits went there and was refused."""
    page = visit(service_workers="allow")
    read(page, "/en/", "/en/map/")
    comes(page, "/en/suggest/new/initiatives/", "own")
    page.context.set_offline(True)
    page.goto("/en/suggest/new/initiatives/")
    page.fill("[name='title.en']", "Gooseberries behind the depot")
    page.fill("#place", "Perm")
    page.locator("form.edit .acts button[value=send]").click()
    page.get_by_text("Kept on this device.").wait_for()
    page.evaluate(KEPT_ONCE)
    page.context.set_offline(False)
    page.get_by_text("this was sent: Gooseberries behind the depot").wait_for(timeout=40_000)


@pytest.mark.long
def test_what_cannot_be_sent_as_it_is_comes_back_filled_in(visit):
    page = visit(service_workers="allow")
    read(page, "/en/", "/en/partners/")
    comes(page, "/en/suggest/new/partners/", "own")
    page.context.set_offline(True)
    page.goto("/en/suggest/new/partners/")
    page.fill("[name='title.en']", "Old Sawmil")  # there is one of nearly that name: the sender has to say that it is another
    page.locator("summary", has_text="More").click()
    page.fill("#email", "somebody@example.org")
    page.locator("form.edit .acts button[value=send]").click()
    page.get_by_text("Kept on this device.").wait_for()
    page.context.set_offline(False)
    page.goto("/en/")
    page.get_by_role("link", name="Look at it once more").click(timeout=15_000)
    page.locator('#email').and_(page.locator(':not(:placeholder-shown)')).wait_for()
    assert page.input_value("[name='title.en']") == "Old Sawmil" and page.locator("#email").is_visible()
    page.fill("[name='title.en']", "Rope works of the north")
    page.wait_for_timeout(4200)
    page.locator("form.edit .acts button[value=send]").click()
    page.wait_for_url("**/suggest/status/**")
    for _ in range(100):
        if not page.evaluate("caches.open('pocket-outbox').then(cache => cache.keys()).then(keys => keys.length)"):
            break
        page.wait_for_timeout(100)
    else:
        raise AssertionError("it still waits")


def test_with_a_network_nothing_is_older_than_the_site(site, visit):
    page = visit(service_workers="allow")
    read(page, "/en/", "/en/topics/")
    try:
        run_beside(site.instance, "theme", "use", "meadow")
        page.goto("/en/topics/")
        assert page.locator("body").get_attribute("data-theme") == "meadow"
    finally:
        run_beside(site.instance, "theme", "use", "commons")


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
        run_beside(site.instance, *off)
        for _ in range(60):
            page.goto("/en/topics/")
            if not page.evaluate("navigator.serviceWorker.getRegistrations().then(found => found.length)"):
                break
            page.wait_for_timeout(100)
        else:
            raise AssertionError("the worker is still there")
        assert page.evaluate("caches.keys()") == []
    finally:
        run_beside(site.instance, *on)
