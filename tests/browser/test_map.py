"""The map as people use it: by keyboard, with conditions, on a phone, without scripts, with tiles that fail."""

import contextlib
import json
import math
import re

from playwright.sync_api import expect
from pressing import press
from test_accessibility import findings


def pins(page):
    page.goto("/en/map/")
    page.wait_for_selector(".pin")
    return page.locator(".pin")


def test_without_scripts_the_list_is_the_page(visit):
    page = visit(scripts=False, width=360, height=740)
    page.goto("/en/map/?kind=initiatives&stage=looking")
    assert page.locator(".places [data-uid]").count() == 6 and not page.locator(".greenmap").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    wide = visit(scripts=False, width=1280)
    wide.goto("/en/map/")
    left = wide.locator("#list").bounding_box()["x"]
    assert left == wide.locator("h1").bounding_box()["x"] and not wide.get_by_text("Natural Earth").is_visible(), "an empty map beside the list"
    page.goto("/en/map/")
    page.click("text=In winter too")
    page.wait_for_url("**season=winter**")
    assert page.locator(".places [data-uid]").count() > 3


def test_the_land_is_all_there_and_lakes_are_none(visit):
    page = visit()
    pins(page)
    page.locator("path.land").nth(5).wait_for(state="attached")
    over = """() => { const land = [...document.querySelectorAll("path.land")];
        return [...document.querySelectorAll(".pin")].map(({ _leaflet_pos: at }) => land.some(path => path.isPointInFill(new DOMPoint(at.x, at.y)))); }"""
    for _ in range(50):  # it is drawn in portions
        found = page.evaluate(over)
        if found.count(True) > len(found) / 2:
            break
        page.wait_for_timeout(100)
    assert found.count(True) > len(found) / 2, "places stand in the sea"
    land = page.request.get(page.locator("#map").get_attribute("data-land")).json()["coordinates"]
    for outline, *lakes in land:
        west, east = min(x for x, _ in outline), max(x for x, _ in outline)
        assert west > -200 and east < 200
        assert all(west <= x <= east for lake in lakes for x, _ in lake)


def test_no_circle_lies_on_another_and_the_scale_speaks_russian(visit):
    page = visit(width=1280)
    page.goto("/ru/map/")
    near = """() => { const all = [...document.querySelectorAll(".pin.many")].map(pin => pin.getBoundingClientRect());
        return all.flatMap((a, n) => all.slice(0, n).map(b => [Math.hypot(a.x - b.x + (a.width - b.width) / 2, a.y - b.y + (a.height - b.height) / 2),
            (a.width + b.width) / 2 + 6])); }"""
    seen = 0
    for _ in range(3):
        page.wait_for_selector(".pin.many")
        page.wait_for_load_state("networkidle")
        pairs = page.evaluate(near)
        assert all(apart > least - 1 for apart, least in pairs), pairs
        seen += len(pairs)
        page.click(".leaflet-control-zoom-in")
    assert seen > 30 and re.fullmatch(r"[\d\s]+ (км|м)", page.locator(".leaflet-control-scale").inner_text())
    phone = visit(width=360, height=740)
    phone.goto("/ru/map/")
    phone.wait_for_selector(".pin")
    box = phone.locator("#map").bounding_box()
    assert box["y"] + box["height"] <= 740, "the map stands on the first screen"


def test_counts_follow_the_conditions(visit):
    page = visit()
    found = pins(page)
    assert found.count() > 3
    for pin in found.all():
        assert len(pin.get_attribute("aria-label")) > 5
    page.goto("/en/map/?kind=initiatives&place=kazan")
    page.wait_for_selector(".pin")
    total = sum(int(p.inner_text()) if "many" in p.get_attribute("class") else 1 for p in page.locator(".pin").all())
    assert total == page.locator(".places [data-uid]").count() == 5


def test_opened_by_keyboard_and_the_focus_comes_back(visit):
    page = visit()
    page.goto("/en/map/?kind=initiatives&place=kazan")
    page.wait_for_selector(".pin:not(.many)")
    pin = page.locator(".pin:not(.many)").first
    name = pin.get_attribute("aria-label")
    pin.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".leaflet-popup-content a")
    assert page.evaluate("document.activeElement.textContent") in name
    page.keyboard.press("Escape")
    page.wait_for_selector(".pin:focus")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == name
    page.locator(".onmap").nth(2).focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".leaflet-popup-content a")
    page.keyboard.press("Escape")
    page.wait_for_selector(".onmap:focus")


def test_who_comes_by_keyboard_sees_the_button_that_zooms(visit):
    page = visit()
    pins(page)
    page.locator(".leaflet-control-zoom-in").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.className").startswith("leaflet-control-zoom-in")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_a_cluster_opens_and_the_page_scrolls_over_the_map(visit):
    page = visit()
    pins(page)
    page.locator(".pin.many").first.focus()
    before = page.locator(".pin").count()
    page.keyboard.press("Enter")
    page.wait_for_timeout(1200)
    assert page.evaluate("document.activeElement.id") == "map" and page.locator(".pin").count() != 0 and before
    page.mouse.move(300, 500)
    page.mouse.wheel(0, 400)
    page.wait_for_timeout(300)
    assert page.evaluate("scrollY") > 100


def test_the_server_silent_and_offline_are_said_and_differ(visit):
    page = visit()
    pins(page)
    page.route("**/map.geojson*", lambda route: route.fulfill(status=503))
    page.locator(".leaflet-control-zoom-in").click()
    page.wait_for_selector("#map-status:has-text('does not answer')")
    page.evaluate("Object.defineProperty(navigator, 'onLine', { get: () => false })")
    page.locator(".leaflet-control-zoom-out").click()
    page.wait_for_selector("#map-status:has-text('offline')")


def test_tiles_that_fail_leave_the_places(visit, site):
    page = visit()
    tiles = f"{site.url}/static/nothing/{{z}}-{{x}}-{{y}}.png"

    def with_tiles(route):
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace('data-words="', f'data-tiles="{tiles}" data-deepest="19" data-words="', 1))

    page.route("**/en/map/", with_tiles)
    pins(page)
    page.wait_for_selector("#map-status:has-text('background')")
    assert page.locator(".pin").count() > 3


def test_a_place_is_suggested_on_a_phone(visit):
    page = visit(width=360, height=740)
    page.goto("/en/map/")
    page.click("text=Mark a place")
    page.wait_for_url("**/suggest/new/initiatives/**")
    page.fill("[name='title.en']", "Parsley at the ferry")
    page.fill("#place", "Perm")
    page.select_option("[name='f.kind']", "edible-bed")
    page.wait_for_timeout(4200)
    page.click("form.edit button.btn:not(.alt)")
    page.wait_for_url("**/suggest/status/**")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert json.dumps("Parsley at the ferry").strip('"') in page.locator("main").inner_text()


def test_a_place_is_chosen_on_a_phone_by_pin_link_and_device(visit):
    page = visit(width=360, height=740, geolocation={"latitude": 58.01, "longitude": 56.25, "accuracy": 120}, permissions=["geolocation"])
    page.goto("/en/suggest/new/initiatives/")
    page.fill("[name='title.en']", "Still here")
    page.click("text=The exact place")
    assert page.locator("#spot-0").bounding_box()["height"] < 200, "no room is kept for a map that nobody has opened"
    point = page.locator("#point")
    point.fill("https://yandex.ru/maps/?ll=49.1088%2C55.7963&z=12")
    page.click("[name=do][value='look 0']")
    page.wait_for_selector("[data-answer]:has-text('are read as 55.7963, 49.1088')")
    page.click("text=Choose on the map")
    page.wait_for_selector(".spot .leaflet-container .spot-pin")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(400)
    page.click("text=Pin to the middle")
    lat, lon = (float(part) for part in point.input_value().split(","))
    assert abs(lat - 55.7963) < 0.2 and lon > 49.2, "arrow keys move the map, a button sets the pin"
    page.click("text=Where I am now")
    expect(point).to_have_value(re.compile(r"^58\.01"))  # not wait_for_function: the policy lets no page evaluate a text
    page.wait_for_selector("[data-status]:has-text('120 m')")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360 and page.input_value("[name='title.en']") == "Still here"
    assert not findings(page, None)


def test_a_place_is_read_without_scripts(visit):
    page = visit(scripts=False, width=360, height=740)
    page.goto("/ru/suggest/new/initiatives/")
    page.fill("[name='title.ru']", "Грядка")
    page.click("text=Точное место")
    page.fill("#point", "55°47′46″ с. ш. 49°06′32″ в. д.")
    press(page, "[name=do][value='look 0']")
    assert "Координаты прочитаны" in page.locator("#spot-0").inner_text() and page.input_value("[name='title.ru']") == "Грядка"


def test_on_a_phone_nothing_lies_over_what_a_place_says_and_no_word_breaks(visit):
    page = visit(width=360, height=740)
    page.goto("/en/map/?kind=initiatives&place=kazan")
    page.wait_for_selector(".pin:not(.many)")
    page.locator(".pin:not(.many)").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".leaflet-popup-content a")
    assert not page.locator(".leaflet-control-zoom").is_visible()
    assert page.locator(".leaflet-popup-content").bounding_box()["width"] >= 150
    page.keyboard.press("Escape")
    page.wait_for_selector(".leaflet-control-zoom", state="visible")


def test_axe_finds_nothing_on_the_map(visit, signed_in):
    page = visit(scheme="dark")
    page.goto("/en/map/?kind=initiatives&place=kazan")
    page.locator(".pin:not(.many)").first.click()
    page.wait_for_selector(".leaflet-popup")
    page.wait_for_timeout(400)  # it fades in
    assert not findings(page, None)
    assert not findings(signed_in("editor"), "/desk/initiatives/new?form=full&language=en")


def test_a_late_answer_of_an_old_view_is_ignored(visit):
    page = visit()
    pins(page)
    slow = []

    def hold(route):
        if not slow:  # the first view's answer comes when the second one is drawn already
            slow.append(route)
        else:
            route.continue_()

    page.route("**/map.geojson*", hold)
    page.locator(".leaflet-control-zoom-out").click()
    page.wait_for_timeout(600)
    page.locator(".leaflet-control-zoom-in").click()
    page.wait_for_timeout(1200)
    before = page.locator(".pin").evaluate_all("all => all.map(pin => pin.ariaLabel).sort()")
    with contextlib.suppress(Exception):  # the browser may have given it up
        slow[0].fulfill(json={"type": "FeatureCollection", "features": [], "total": 0})
    page.wait_for_timeout(300)
    assert before and page.locator(".pin").evaluate_all("all => all.map(pin => pin.ariaLabel).sort()") == before


def test_calm_and_large(visit):
    """Reduced motion moves nothing by itself; at 200 % nothing stands beside the window."""
    page = visit(width=640, height=450, reduced_motion="reduce")
    pins(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    moving = page.evaluate("[...document.querySelectorAll('.greenmap .map *')].filter(e => getComputedStyle(e).transitionDuration !== '0s').length")
    assert moving == 0


def test_practices_taken_over_are_lines_from_the_origin_to_whoever_took_them(visit):
    page = visit()
    pins(page)
    box = page.locator("[data-layer*='adoptions.geojson']")
    told = page.request.get(box.get_attribute("data-layer")).json()["features"]
    for _ in range(6):  # until the whole world is seen: then every line is
        if not page.locator(".leaflet-control-zoom-out:not(.leaflet-disabled)").count():
            break
        page.locator(".leaflet-control-zoom-out").click()
        page.wait_for_timeout(350)
    box.check()
    page.wait_for_selector("path.join", state="attached")
    drawn = page.evaluate("""() => [...document.querySelectorAll("path.join")].map((path) => {
        const [a, b] = [path.getPointAtLength(0), path.getPointAtLength(path.getTotalLength())];
        return [a.x, a.y, b.x, b.y]; })""")
    ends = page.evaluate("() => [...document.querySelectorAll('.pin.other')].map(({ _leaflet_pos: at }) => [at.x, at.y])")
    assert len(drawn) == len(ends) == len(told) > 0, "a line and a square at its end for each"

    def flat(lon, lat):
        return lon / 360, -math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)) / (2 * math.pi)

    spans = [(flat(*line["geometry"]["coordinates"][0]), flat(*line["geometry"]["coordinates"][1])) for line in told]
    widest = max(range(len(told)), key=lambda n: abs(spans[n][1][0] - spans[n][0][0]))
    world = abs((drawn[widest][2] - drawn[widest][0]) / (spans[widest][1][0] - spans[widest][0][0]))  # pixels around the globe
    for (x, y, x2, y2), end, (start, there) in zip(drawn, ends, spans, strict=True):
        assert abs(x2 - end[0]) < 2 and abs(y2 - end[1]) < 2, "it ends at whoever took it over"
        east = (there[0] - start[0] + 0.5) % 1 - 0.5  # the shorter way round
        assert abs(x2 - x - east * world) < 3 and abs(y2 - y - (there[1] - start[1]) * world) < 3, "and begins where the practice is from"
