"""Real feeds, good and broken, through parse and clean: no exception, nothing unsafe, what is expected of each."""

import datetime as dt
import json
import random
import re
import time

import pytest

pytest.importorskip("hub_news")
import contextlib

from hub_news.reader import addresses, cleaning, discovery, parsing
from hub_news.reader.parts import NotAFeed

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
AT = "https://feed.example/a/feed.xml"
UNSAFE = re.compile(r"<\s*/?\s*(script|style|iframe|object|embed|form|svg|math|link|meta|base)\b|<[^>]+\s(on\w+|style|srcdoc)\s*=|(href|src|poster)\s*=\s*[\"']?\s*(javascript|data|vbscript|file):", re.I)


def read(data, content_type=""):
    document = parsing.parse(data, content_type, AT)
    return document, cleaning.clean(document, AT, NOW)


def check(path):
    """One file: read or refused as no feed; whatever comes is safe, safe again, and not dated ahead."""
    try:
        _document, found = read(path.read_bytes())
    except NotAFeed:
        return 0
    assert len({entry.key for entry in found}) == len(found) <= parsing.MAX_ENTRIES, path
    for entry in found:
        assert not UNSAFE.search(entry.html), path
        assert cleaning.safe_html(entry.html, AT) == entry.html, path
        assert entry.title == " ".join(entry.title.split()) and not re.search(r"<(script|b|p|a)\b[^>]*>", entry.title), path
        for url in (entry.url, entry.image, *(link for link, _ in entry.media)):
            assert not url or url.startswith(("http://", "https://")), path
        assert entry.published is None or entry.published <= NOW, path
    return len(found)


def files(folder):
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix in (".xml", ".json", ".rss", ".atom", ".rdf", ".html", ".txt")]


def test_a_sample_of_all_feeds(real_data):
    everything = files(real_data("feeds"))
    sample = random.Random(7).sample(everything, 250)
    print(f"250 of {len(everything)} files, seed 7")
    assert sum(check(path) for path in sample) > 80


@pytest.mark.long
def test_every_feed(real_data):
    assert sum(check(path) for path in files(real_data("feeds"))) > 900


EXPECTED = {  # file → how many entries at least, and what must be true of them
    "rss2_utf-8.xml": 10, "atom_utf-8.xml": 10, "rss2_windows-1251.xml": 10, "rss2_koi8-r.xml": 10, "rss2_cp1251_declared_utf8.xml": 10,
    "dates_ru.xml": 10, "dates_none.xml": 10, "guid_missing.xml": 10, "duplicates.xml": 10, "title_html.xml": 1, "xss_description.xml": 1,
    "xss_link.xml": 1, "enclosure_podcast.xml": 1, "broken_truncated.xml": 1, "broken_nbsp_entity.xml": 1, "attack_xxe.xml": 1, "feed.json": 1,
}  # fmt: skip


def test_every_expectation(real_data):
    folder = real_data("feeds/cyrillic-derived")
    said = json.loads((folder / "_expect.json").read_text())
    assert set(said) == {*EXPECTED, "empty_channel.xml", "not_a_feed.html"}
    for name, least in EXPECTED.items():
        document, found = read((folder / name).read_bytes(), said[name]["content_type"])
        assert len(found) >= least, name
        letters = "".join(entry.title for entry in found)
        assert len(re.findall(r"[А-Яа-яЁё]", letters)) > 0.4 * len(letters) and "Ð" not in letters, name
        again = cleaning.clean(document, AT, NOW)
        assert [entry.key for entry in again] == [entry.key for entry in found], name
        if name.startswith(("rss2", "duplicates", "atom")):
            assert len(found) == 10, name
        if name == "dates_ru.xml":
            assert all(entry.published and entry.published.year == 2026 for entry in found)
        if name == "dates_none.xml":
            assert all(entry.published is None for entry in found)
        if name == "title_html.xml":
            assert not any(re.search(r"<\w|&(amp|lt|nbsp);", entry.title) for entry in found)
        if name == "enclosure_podcast.xml":
            assert any(kind.startswith("audio") for entry in found for _, kind in entry.media)
        if name.startswith("broken_truncated"):
            assert document.broken
        if name.startswith("attack"):
            assert "root:" not in json.dumps([entry.__dict__ for entry in found], default=str)


def test_an_empty_channel_is_healthy_and_a_page_is_no_feed():
    """The two that `_expect.json` names without a file."""
    document, found = read(b'<rss version="2.0"><channel><title>\xd0\x9b</title></channel></rss>')
    assert not found and not document.broken
    with pytest.raises(NotAFeed):
        read(b"<!doctype html><html><body><h1>Not a feed</h1></body></html>")


def test_every_list_of_sources(real_data, hub_app):
    from hub_news import opml

    rows = refused = 0
    with hub_app.test_request_context():
        for path in [p for p in sorted(real_data("opml").rglob("*")) if p.is_file()]:
            try:
                found = opml.read(path.read_bytes())
            except opml.NotOpml:
                refused += 1
                continue
            rows += len(found)
            assert all(bool(row.url) != bool(row.fault) for row in found), path
    assert rows > 800 and refused < 15


def test_pages_that_name_feeds(real_data):
    """Whatever a page does, nothing raises and only whole web addresses come out."""
    for path in [p for p in real_data("feeds/autodiscovery-html").rglob("*") if p.is_file()]:
        for url, _title in discovery.named(path.read_bytes(), "text/html", "https://site.example/"):
            assert url.startswith(("http://", "https://"))


LETTERS = "Ёжики и грядки: как устроен общий огород, где соседи сажают морковь и делят урожай"


@pytest.mark.parametrize("real", ["utf-8", "cp1251", "koi8-r", "cp866", "utf-16", "iso8859-5"])
@pytest.mark.parametrize("prolog", ["", "utf-8", "windows-1251"])
def test_encodings_and_wrong_labels(real, prolog):
    """UTF-8 and a byte order mark win over any label; a label that is right wins over a guess; a guess knows Russian."""
    from hub_news.reader.decoding import decode

    said = f'<?xml version="1.0"{f" encoding={chr(34)}{prolog}{chr(34)}" if prolog else ""}?>'
    data = f"{said}<rss><channel><title>{LETTERS}</title></channel></rss>".encode(real)
    if (real, prolog) in (("koi8-r", "windows-1251"), ("cp866", "windows-1251"), ("iso8859-5", "windows-1251"), ("iso8859-5", ""), ("iso8859-5", "utf-8")):
        assert decode(data, f"text/xml; charset={real}").count(LETTERS) == 1  # only its label can tell
    else:
        assert LETTERS in decode(data)


@pytest.mark.parametrize(
    "hostile",
    ['<img src=x onerror=alert(1)>', '<a href="jav&#x09;ascript:alert(1)">x</a>', "<svg><script>1</script></svg>", '<math><mi xlink:href="data:x">', "<style>*{}</style>t",
     '<p style="position:fixed">x</p>', "<iframe src=//evil.example></iframe>", '<a href=" javascript:1">x</a>', "<form><input autofocus onfocus=1></form>", "<noscript><p title='</noscript><img src=x onerror=1>'>",
     '<img src="https://mc.yandex.ru/watch/1">', '<img src="https://a.example/p.gif" width="1" height="1">', "<base href=//evil.example>", "\u202etxt.exe<b>x"],
)  # fmt: skip
def test_hostile_html_is_harmless_once_and_again(hostile):
    once = cleaning.safe_html(hostile, AT)
    assert not UNSAFE.search(once) and "evil" not in once and "yandex" not in once and "p.gif" not in once
    assert cleaning.safe_html(once, AT) == once


def test_links_are_whole_and_without_trackers():
    found = cleaning.safe_html('<a href="/n?utm_source=rss&id=5">n</a><img src="//img.example/a.png" alt="A">', AT)
    assert 'href="https://feed.example/n?id=5"' in found and 'src="https://img.example/a.png"' in found
    assert 'rel="noopener nofollow noreferrer"' in found and 'loading="lazy"' in found and 'referrerpolicy="no-referrer"' in found
    assert addresses.key("http://www.a.example/n/?b=2&a=1&fbclid=x#top") == addresses.key("https://a.example/n?a=1&b=2")


def test_deep_nesting_and_entity_bombs_take_no_time():
    began = time.monotonic()
    cleaning.safe_html("<div>" * 50_000 + "x")
    lol = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY l0 "lol">{lol}]><rss version="2.0"><channel><item><title>&l9;</title></item></channel></rss>'
    with contextlib.suppress(NotAFeed):
        read(bomb.encode())
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "text, wanted",
    [("Пт, 01 мая 2026 10:00:00 +0300", "2026-05-01T07:00"), ("1 мая 2026 г. в 10:00 мск", "2026-05-01T07:00"), ("20.11.2026 09:30", "2026-11-20T09:30"),
     ("Mon, 20 Nov 26 10:00 GMT", "2026-11-20T10:00"), ("2026-11-20", "2026-11-20T00:00"), ("32 мая 2026", None), ("99.99.9999", None), ("gestern", None), (None, None)],
)  # fmt: skip
def test_dates_however_written(text, wanted):
    from hub_news.reader import dates

    found = dates.read(text)
    assert (found.strftime("%Y-%m-%dT%H:%M") if found else None) == wanted


def test_excerpts_end_at_words_and_sentences():
    text = "Одно предложение про двор. " * 40
    assert cleaning.shortened(text, 420).endswith("двор.") and len(cleaning.shortened(text, 420)) <= 420
    assert cleaning.shortened("слово " * 100, 50).endswith("слово…")


@pytest.mark.parametrize("text, named, wanted", [("Сады во дворе", "en", "ru"), ("The garden is open", "ru", "en"), ("Гarden", "", "en"), ("2026", "ru-RU", "ru"), ("2026", "", "en")])
def test_languages(text, named, wanted):
    assert cleaning.language_of(text, named, ("en", "ru")) == wanted
