"""What a first visit weighs on a phone: every byte that came over the wire as `hub serve` sends it (texts in gzip, fonts as they
lie there, headers too), pictures left out. The fixture `visit` sees that nothing is asked of another site."""

from __future__ import annotations

import pytest

KB = 1000
HOME, READ, FORM, MAP = 120 * KB, 130 * KB, 170 * KB, 260 * KB  # the map draws its land itself: 80 KB of outlines
CASE = "cultural-environment-a-city-programme-its-audience-can-steer"
PAGES = {
    "/{}/": HOME, "/{}/cases/": READ, "/{}/search/?q=garden": READ, "/{}/events/": READ, "/{}/events/the-yard-as-a-stage/": READ,
    f"/{{}}/cases/{CASE}/": READ, "/{}/suggest/new/cases/": FORM, "/{}/map/": MAP,
}  # fmt: skip


FEW = ("/{}/", f"/{{}}/cases/{CASE}/", "/{}/suggest/new/cases/", "/{}/map/")


def weighed(page, address):
    """Bytes that were transferred without pictures, and those of scripts among them."""
    sorts, sizes = {}, {}
    engine = page.context.new_cdp_session(page)
    engine.send("Network.enable")
    engine.on("Network.responseReceived", lambda e: sorts.update({e["requestId"]: (e["type"], e["response"]["mimeType"])}))
    engine.on("Network.loadingFinished", lambda e: sizes.update({e["requestId"]: e["encodedDataLength"]}))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    seen = {key: sorts[key] for key in sizes if key in sorts and not sorts[key][1].startswith("image/")}
    return sum(sizes[key] for key in seen), sum(sizes[key] for key, (sort, _) in seen.items() if sort == "Script")


@pytest.mark.parametrize("language", [
    pytest.param("en", marks=pytest.mark.long), pytest.param("ru", marks=pytest.mark.long), "ru in short",
])  # fmt: skip
def test_a_first_visit_is_light(visit, language):
    code, _, short = language.partition(" ")
    pages = {path.format(code): most for path, most in PAGES.items() if not short or path in FEW}
    found = {path: (*weighed(visit(width=360), path), most) for path, most in pages.items()}
    heavy = [f"{path}: {every / KB:.1f} KB of {most / KB:.0f}, {script / KB:.1f} KB of script"
             for path, (every, script, most) in found.items() if every > most or script > 60 * KB]  # fmt: skip
    assert not heavy, heavy
    assert all(every > 50 * KB and script > 1 * KB for every, script, _ in found.values()), "it was weighed"
