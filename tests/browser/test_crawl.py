"""Every page that can be reached by links: it answers, its HTML is without fault, axe and the console have nothing to say, at
320 pixels nothing is cut off, and nothing is asked of other hosts (the fixture `visit` looks at console and requests)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import product

import pytest
from axe import findings
from crawl import html_faults, sample, sort, walk
from narrow import narrow

PER_FORM = 3  # of pages that are the same form for another entry (`/suggest/…`, `/share/…`), so many go before axe


def through(page, pages, each, frames=True):
    """axe on pages; of forms about an entry the first ones. frames: with what stands around each, else only around the first."""
    forms = [address for address in pages if len(address.strip("/").split("/")) > 3 or "?" in address]
    chosen = [*(a for a in pages if a not in set(forms)), *sample(forms, each)]
    found, usual = [], page.viewport_size
    for address in chosen:
        page.set_viewport_size(usual)
        within = "html" if frames or address == chosen[0] or "embed" in address else "main"
        found += [*findings(page, address, within), *narrow(page)]
    # pins lie over each other where places do; each place is also a line of the list (WCAG 2.5.8, "equivalent")
    return [line for line in found if not ("target-size" in line and "leaflet-marker-icon" in line)]


def none(*faults):
    found = [line for lines in faults for line in lines]
    assert not found, f"{len(found)} faults:\n" + "\n".join(found[:60])


def test_a_page_of_every_sort_is_in_order(site, visit, tmp_path):
    found = walk(site.url, "/ru/", each=1, stay="/ru/", alike=sort)
    plain = [address for address in found.pages if "?" not in address]
    assert len(plain) > 35
    with ThreadPoolExecutor(1) as beside:  # the checker works on the other core
        html = beside.submit(html_faults, found.pages, tmp_path)
        none(found.faults, through(visit(), plain, 1, frames=False), html.result())


@pytest.mark.long
@pytest.mark.parametrize(("theme", "language"), [*product(["commons", "meadow", "contrast"], ["en", "ru"])])
def test_every_page_is_in_order(site, visit, in_theme, tmp_path, theme, language):
    in_theme(theme)
    cookie = "hub_theme=contrast" if theme == "contrast" else ""
    found = walk(site.url, f"/{language}/", cookie=cookie, stay=f"/{language}/")
    assert len(found.pages) > 1000
    none(found.faults, html_faults(found.pages, tmp_path))
    page = visit(width=360 if language == "en" else 1280, scheme="dark" if theme == "meadow" else "light")
    if theme == "contrast":
        page.goto("/en/?theme=contrast")
    none(through(page, list(found.pages), PER_FORM))


@pytest.mark.long
@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_page_of_the_desk_is_in_order(site, signed_in, tmp_path, language):
    page = signed_in("admin")
    page.goto(f"/desk/?lang={language}")
    cookie = "; ".join(f"{c['name']}={c['value']}" for c in page.context.cookies())
    found = walk(site.url, "/desk/", cookie=cookie, each=4, stay="/desk/")
    assert len(found.pages) > 80
    none(found.faults, html_faults(found.pages, tmp_path), through(page, list(found.pages), 2))
