"""`hub export site DIR`: the public hub as plain files, in which nothing private is and no link leads to nothing."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from lxml import html
from making import folder_of, make, run_hub, slug, step

from hub.app import create_app


@pytest.fixture(scope="module")
def app(hub_instances, pytestconfig):
    app = create_app(hub_instances.make(pytestconfig.getini("hub_plugins")), strict=True)
    app.testing = True
    for number in range(25):
        russian = {"ru": f"Сад номер {number}"} if number % 2 else {}
        make(app, "case", title={"en": f"Garden number {number}", **russian})
    make(app, "case", title="Not for everybody", status="draft")
    return app


def copied(app, folder: Path, status: int = 0) -> str:
    found, out, err = run_hub(folder_of(app), "export", "site", str(folder))
    assert found == status and "Traceback" not in out + err, out + err
    return out + err


@pytest.fixture(scope="module")
def copy(app, tmp_path_factory):
    folder = tmp_path_factory.mktemp("copy") / "site"
    copied(app, folder)
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file() and ".copy" not in p.parts
    }


def trees(folder: Path):
    return {name: html.document_fromstring(body) for name, body in files(folder).items() if name.endswith(".html")}


def test_every_link_from_file_to_file_leads_to_one(copy):
    seen = 0
    for name, tree in trees(copy).items():
        for element in tree.iter():
            for attribute in ("href", "src"):
                href = element.get(attribute) if isinstance(element.tag, str) else None
                if href and not href.startswith("#") and not urlsplit(href).scheme:
                    seen += 1
                    assert not href.startswith("/"), (name, href)
                    assert (copy / name).parent.joinpath(unquote(urlsplit(href).path)).resolve().is_file(), (name, href)
    assert seen > 500


def test_pages_stand_alone_and_say_what_they_are(app, copy):
    for name, tree in trees(copy).items():
        assert not tree.findall(".//form") and not tree.findall(".//button"), name
        scripts = [s for s in tree.iter("script") if s.get("type") != "application/ld+json"]
        assert len(scripts) == (1 if name.endswith("/search/index.html") else 0), name
        if name != "index.html":
            original = tree.find(".//aside[@class='copy-note']//a").get("href")
            assert original.startswith("http://localhost"), name
    one = trees(copy)["en/cases/garden-number-3/index.html"]
    assert one.find(".//link[@rel='canonical']").get("href").endswith("/en/cases/garden-number-3/")
    russian = next(t for n, t in trees(copy).items() if n.startswith("ru/cases/") and "Сад номер 3" in t.text_content())
    assert "Это копия" in russian.find(".//aside").text_content() and russian.get("lang") == "ru"


def test_only_what_a_visitor_sees(copy):
    whole = b"".join(files(copy).values())
    assert b"Garden number 24" in whole and b"Not for everybody" not in whole
    assert not [name for name in files(copy) if name.split("/")[0] in ("desk", "account", "api")]


def test_lists_are_turned_narrowed_and_data_as_well(copy):
    names = files(copy)
    assert "en/cases/_page=2/index.html" in names
    narrowed = html.document_fromstring(names["en/cases/index.html"]).xpath("//div[@id='filter']//a/@href")
    assert any("_lang=" in unquote(href) or "_year=" in unquote(href) for href in narrowed), narrowed
    data = json.loads(names["en/cases.json"])
    assert data["total"] == data["returned"] == len(data["items"]) == 25 and data["next"] is None
    assert names["en/cases.csv"].count(b"Garden number") == 25
    assert json.loads(names["en/cases/garden-number-3.json"])["title"] == "Garden number 3"
    assert b"<feed" in names["ru/cases.atom"]


def test_layers_of_the_map_are_not_combined(hub_instances, tmp_path):
    """Each layer's link keeps the conditions that are chosen: followed, they would lead to every combination of all of them."""
    app = create_app(hub_instances.make(("partners", "cases", "greenmap", "search")), strict=True)
    for kind, data in (("partner", {"kind": "library"}), ("case", {}), ("initiative", {"kind": "orchard"})):
        place = {"name": "Perm", "country": "RU", "lat": 58.01, "lon": 56.25}
        make(app, kind, title=f"The {kind}", places=[place], data=data)
    copied(app, tmp_path / "copy")
    narrowed = [name for name in files(tmp_path / "copy") if name.startswith("en/map/_")]
    assert "en/map/_kind=cases/index.html" in narrowed and "en/map/_kind=partners/index.html" in narrowed
    assert not [name for name in narrowed if name.count("/_") > 1], narrowed


def test_a_drawing_stays_whole_where_its_links_lead_nowhere(hub_instances, tmp_path):
    app = create_app(hub_instances.make(("partners", "greenmap", "search")), strict=True)
    for town, lat, lon in (("Perm", 58.01, 56.25), ("Leeds", 53.8, -1.55), ("Irkutsk", 52.29, 104.29)):
        for number in range(2):
            place = {"names": {"en": town}, "country": "RU", "lat": lat, "lon": lon}
            make(app, "initiative", title=f"Bed {number} of {town}", places=[place], data={"kind": "orchard"})
    copied(app, tmp_path / "copy")
    drawing = trees(tmp_path / "copy")["en/index.html"].find(".//figure[@class='sketch']//svg")
    assert [text.text for text in drawing.findall(".//g[@class='many']/text")] == ["2", "2", "2"]
    assert not drawing.findall(".//span") and not drawing.findall(".//a")


def test_what_only_programs_ask_for_is_no_page(hub_instances, tmp_path):
    """An entry's ActivityPub object has no ending in its address: kept as index.html, its JSON counted as a page with dead links."""
    app = create_app(hub_instances.make(("cases", "activitypub", "search")), strict=True)
    make(app, "case", title="A garden", body="It is open to [everybody](https://example.org).")
    assert "leads to nothing" not in copied(app, tmp_path / "copy")
    assert not [name for name, body in files(tmp_path / "copy").items() if name.endswith(".html") and body.startswith(b"{")]


def test_everything_is_on_the_page_of_the_search(copy):
    page = trees(copy)["ru/search/index.html"]
    entries = page.findall(".//li[@data-entry]")
    assert len([e for e in entries if "Сад номер" in e.text_content() or "Garden number" in e.text_content()]) == 25
    assert re.search(r"ru/cases\.csv \d+\sКБ", page.text_content()), "sizes are said in the language of the page"
    assert (copy / "copy" / "find.js").is_file()


def test_long_lists_are_fetched_in_parts(app, tmp_path, monkeypatch):
    from hub_transfer.copying import fetching

    monkeypatch.setattr(fetching, "PART", 10)
    copied(app, tmp_path / "site")
    made = files(tmp_path / "site")
    assert len(json.loads(made["en/cases.json"])["items"]) == 25
    lines = made["en/cases.csv"].decode("utf-8-sig").split("\n")
    assert (
        len([line for line in lines if "Garden number" in line]) == 25
        and len([x for x in lines if x.startswith("uid,")]) == 1
    )


def test_a_stopped_run_goes_on(app, copy, tmp_path, monkeypatch):
    from hub_transfer.copying import fetching

    asked: list[str] = []
    get, stop = fetching._get, [60]

    def counted(client, site, address):
        asked.append(address)
        if len(asked) == stop[0]:
            raise KeyboardInterrupt
        return get(client, site, address)

    monkeypatch.setattr(fetching, "_get", counted)
    status, _out, _err = run_hub(folder_of(app), "export", "site", str(tmp_path / "site"))
    assert status == 130
    with (tmp_path / "site" / ".copy" / "fetched" / "index.jsonl").open("a") as index:
        index.write('{"address": "/en/ha')  # a line that the end cut
    first, stop[0] = set(asked), 0
    asked.clear()
    copied(app, tmp_path / "site")
    again = {a for a in asked if a in first and "limit=1" not in a and "sitemap" not in a}
    assert len(first) > 40 and len(again) <= 1, again
    whole, other = files(tmp_path / "site"), files(copy)
    assert whole.keys() == other.keys()
    for name in ("en/search/index.html", "ru/search/index.html"):  # a workbook knows when it was written: a byte more or less
        whole[name], other[name] = (re.sub(rb">\d+ \S+</span>", b"></span>", made[name]) for made in (whole, other))
    assert not [name for name in whole if name.endswith((".html", ".json", ".csv")) and whole[name] != other[name]]


def test_again_it_is_up_to_date(app, tmp_path):
    uid = make(app, "case", title="Soon gone")
    copied(app, tmp_path / "site")
    page = tmp_path / "site" / "en" / "cases" / slug(app, uid) / "index.html"
    assert page.is_file()
    step(app, uid, "archive")
    copied(app, tmp_path / "site")
    assert not page.exists() and b"Soon gone" not in b"".join(files(tmp_path / "site").values())


def test_a_folder_of_somebody_else_is_left_alone(app, tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    said = copied(app, tmp_path, status=1)
    assert "is no copy of a hub" in said and [p.name for p in tmp_path.iterdir()] == ["letter.txt"]
