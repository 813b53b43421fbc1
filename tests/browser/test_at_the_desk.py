"""What editors and members do, in a real browser."""

from contextlib import suppress

from narrow import narrow
from playwright.sync_api import Error
from pressing import press


def test_an_editor_publishes_in_two_languages_from_a_phone(signed_in, visit):
    page = signed_in("editor", width=360, height=740)
    page.goto("/desk/cases/new?language=en")
    page.fill("[name='title.en']", "A bench for every bus stop")
    page.fill("[name='summary.en']", "Neighbours build the benches, the city pours the footings.")
    page.fill("[name='body.en']", "It began with **one** bench.\n\n- wood\n- screws")
    page.click(".bar button[value=save]")
    page.wait_for_url("**/desk/cases/*-*/**")
    page.click(".tabs button[value=ru]")
    page.fill("[name='title.ru']", "Скамейка на каждой остановке")
    page.fill("[name='summary.ru']", "Соседи сколачивают, город заливает основание.")
    page.click(".bar button[value=publish]")
    page.wait_for_selector(".note.ok")
    reader = visit()
    reader.goto("/en/cases/a-bench-for-every-bus-stop/")
    assert reader.locator("h1").inner_text() == "A bench for every bus stop"
    assert reader.locator(".prose li").count() == 2
    press(reader, "header a[hreflang=ru]")
    assert "Скамейка" in reader.locator("h1").inner_text()


def test_two_editors_collide_and_nothing_is_lost(signed_in):
    first, second = signed_in("editor"), signed_in("admin")
    first.goto("/desk/partners/new?language=en")
    first.fill("[name='title.en']", "House on the Corner")
    press(first, ".bar button[value=publish]")
    first.wait_for_selector(".note.ok")
    address = first.url
    second.goto(address)
    first.fill("[name='summary.en']", "The first editor's words.")
    press(first, ".bar button[value=publish]")
    first.wait_for_selector(".note.ok")
    second.fill("[name='summary.en']", "The second editor's words.")
    press(second, ".bar button[value=publish]")
    assert second.locator("[role=alert]").is_visible()
    assert second.input_value("[name='summary.en']") == "The second editor's words."
    assert "The first editor's words." in second.locator(".other").inner_text()
    press(second, ".bar button[value=publish]")
    second.wait_for_selector(".note.ok")
    assert second.input_value("[name='summary.en']") == "The second editor's words."


def test_faults_are_named_beside_the_field_and_nothing_is_lost(signed_in):
    page = signed_in("editor")
    page.goto("/desk/partners/new?language=en")
    page.fill("[name='summary.en']", "Kept although the title is missing.")
    page.fill("[name='f.email']", "no-at-sign.example.org")
    press(page, ".bar button[value=publish]")
    summary = page.locator("[role=alert]")
    assert summary.locator("a").count() == 2
    summary.locator("a").first.click()
    assert page.input_value("[name='summary.en']") == "Kept although the title is missing."
    assert page.locator("[name='f.email'][aria-invalid=true]").count() == 1


def test_a_member_proposes_by_the_short_form(signed_in):
    page = signed_in("member", width=360, height=740)
    page.goto("/desk/cases/new?language=ru")
    page.fill("[name='title.ru']", "Полка для семян у кассы")
    page.click(".bar button[value=submit]")
    page.wait_for_selector(".note.ok")
    editor = signed_in("editor")
    assert editor.locator("text=Полка для семян у кассы").count() == 1


def test_the_desk_works_on_a_phone_without_scripts(signed_in):
    page = signed_in("admin", width=360, height=740, scripts=False)
    for path in ("/desk/", "/desk/cases/", "/desk/partners/new", "/desk/plugins", "/desk/settings", "/desk/topics",
                 "/desk/changes", "/desk/health"):  # fmt: skip
        answer = page.goto(path)
        assert answer.status == 200, path


def test_a_plugin_is_switched_off_and_on_from_the_desk(signed_in, visit):
    page, reader = signed_in("admin"), visit()
    page.goto("/desk/plugins")
    press(page.locator("tr", has_text="covers").locator("button"))
    page.wait_for_selector(".note.ok")
    reader.goto("/en/cases/")
    assert reader.locator("img.cover").count() == 0
    press(page.locator("tr", has_text="covers").locator("button"))
    page.wait_for_selector(".note.ok")
    for _ in range(40):
        reader.goto("/en/cases/")
        if reader.locator("img.cover").count():
            return
        reader.wait_for_timeout(250)
    raise AssertionError("the plugin did not come back within ten seconds")


def test_titles_that_no_form_can_carry_come_while_one_types(signed_in):
    page = signed_in("editor")
    page.goto("/desk/cases/new?language=en")
    field = page.locator("[name='r.holder']").first
    offers = page.locator(f"#{field.get_attribute('list')} option")
    field.evaluate("(one) => one.list.replaceChildren()")  # as if the hub had more titles than a form carries
    field.press_sequentially("kaz", delay=20)
    offers.first.wait_for(state="attached")
    titles = offers.evaluate_all("(all) => all.map((one) => one.value.toLowerCase())")
    assert titles and all("kaz" in title or "каз" in title for title in titles)


def test_words_without_end_widen_no_page_of_a_phone(signed_in, visit):
    """A compound word and a pasted address, as they come in titles and summaries of feeds."""
    page = signed_in("editor", width=360, height=740)
    page.goto("/desk/partners/new?language=ru&form=full")
    page.fill("[name='title.ru']", "Водоэлектрокоммуникационнопотребительскоснабженческое товарищество " + "длинно" * 12)
    page.fill("[name='summary.ru']", "https://example.org/" + "a-very-long-path-" * 8)
    page.evaluate("document.querySelectorAll('details').forEach(part => part.open = true)")
    page.fill("[name='p.0.name']", "Ы" * 60)
    page.check("[name=topics][value=food]")
    page.click(".bar button[value=publish]")
    page.wait_for_selector(".note.ok")
    reader = visit()
    edit = page.url
    found = [fault for path in (edit, "/desk/", "/desk/partners/", "/desk/drafts/") for fault in narrow(page, path)]
    reader.goto("/ru/partners/?sort=new")
    reader.click("main a:has-text('Водоэлектро')")
    found += [fault for path in (reader.url, "/ru/partners/", "/ru/topics/food/", "/ru/search/?q=товарищество", "/ru/") for fault in narrow(reader, path)]
    assert not found, "\n".join(found)


def test_topics_stand_in_two_columns_on_a_phone(signed_in):
    page = signed_in("editor", width=360, height=740, scripts=False)
    page.goto("/desk/partners/new?language=ru&form=quick&lang=ru", wait_until="load")
    boxes = page.locator("label:has([name=topics])").evaluate_all("(all) => all.map((one) => [one.offsetLeft, one.offsetHeight, one.scrollWidth - one.clientWidth])")
    assert len(boxes) > 20 and len({left for left, _, _ in boxes}) == 2
    assert min(height for _, height, _ in boxes) >= 44 and max(more for _, _, more in boxes) <= 0


def test_a_phone_shows_every_part_of_the_desk(signed_in):
    page = signed_in("admin", width=360, height=740)
    page.goto("/desk/")
    for address in ("/desk/settings", "/desk/topics", "/desk/people/"):
        link = page.locator(f".all-parts a[href='{address}']")
        assert link.is_visible() and link.bounding_box()["x"] + link.bounding_box()["width"] <= 360, address
    page.set_viewport_size({"width": 1280, "height": 800})
    assert not page.locator(".all-parts").is_visible(), "beside the menu it would be said twice"


def test_the_menu_shows_where_one_is_without_scripts(signed_in):
    page = signed_in("admin", width=360, height=740, scripts=False)
    page.goto("/desk/settings")
    box = page.locator("nav.rail [aria-current]").bounding_box()
    assert 0 <= box["x"] < 300


def test_the_desks_menu_is_one_line_of_a_phone_in_the_accessible_version_too(signed_in):
    page = signed_in("editor", width=360, height=740)
    page.goto("/desk/?theme=contrast")
    assert page.locator("nav.rail").bounding_box()["height"] < 70
    page.goto("/desk/?theme=default")


def test_a_button_pressed_twice_makes_one_draft(signed_in):
    page, word, posted = signed_in("editor"), "Ptarmigan", []
    page.goto("/desk/cases/new?lang=en&language=en")
    page.fill("[name='title.en']", word)

    def slowly(route):
        posted.append(route.fetch(max_redirects=0))
        page.wait_for_timeout(900)
        with suppress(Error):  # the page has sent another one meanwhile
            route.fulfill(response=posted[-1])

    page.route(lambda url: "/desk/cases/new" in url, lambda route: slowly(route) if route.request.method == "POST" else route.continue_())
    page.evaluate("() => { const save = document.querySelector('.bar button[value=save]'); save.click(); setTimeout(() => save.click(), 400); }")
    page.wait_for_url("**/desk/cases/*-*/**")
    assert len(posted) == 1
