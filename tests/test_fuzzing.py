"""Words and files that nobody would write: the API from its own OpenAPI document, search, Markdown, feeds, files to import.

`make test` takes a small sample that is always the same; `make fuzz` thousands of new ones (FUZZ_EXAMPLES=n for each test).
"""

from __future__ import annotations

import os
import re
import sys
import time
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent / "plugins"))
sys.path.insert(0, str(Path(__file__).parent / "content"))
from making import make
from programs import token_for
from test_fields import ATTACKS, Judge

from hub.content import texts

LONG = int(os.environ.get("FUZZ_EXAMPLES", "0"))


def examples(few: int, share: float = 1.0):
    """So many examples, always the same; with FUZZ_EXAMPLES its number (times `share`), new ones each time."""
    many = max(1, int(LONG * share)) if LONG else few
    return settings(max_examples=many, derandomize=not LONG, deadline=None, database=None, suppress_health_check=list(HealthCheck))


def pieces(*words: str, letters: str = "abzАяё0 \n\t", most: int = 30):
    """Texts made of words that mean something to a parser, in any order, with anything between."""
    odd = st.sampled_from(["\x00", "\u202e", "\ufeff", "\u2028", "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), "ß", "İ", "\u0301"])
    return st.lists(st.sampled_from(words) | st.text(letters, max_size=6) | st.text(max_size=4) | odd, max_size=most).map("".join)


@pytest.fixture(scope="module")
def app(hub_instances):
    from hub.app import create_app
    from hub.store import db

    app = create_app(hub_instances.make(("partners", "cases", "greenmap", "events", "news", "search", "-privacy"), start=True), strict=True)
    app.testing = True
    for number in range(3):
        make(app, "case", f"Garden number {number}", summary={"en": "A summary"}, places=[{"names": {"en": "Kazan"}, "country": "RU", "lat": 55.8, "lon": 49.1}])
    yield app
    with app.app_context():
        db.engine().dispose()


# -- the API -----------------------------------------------------------------------------------------------------------

WANTED = ("status_code_conformance", "content_type_conformance", "response_schema_conformance", "response_headers_conformance")


def test_the_api_is_what_its_document_says(app):
    schemathesis = pytest.importorskip("schemathesis")
    from schemathesis.generation.modes import GenerationMode
    from schemathesis.specs.openapi import checks as known

    checks = [schemathesis.checks.not_a_server_error, *(getattr(known, name) for name in WANTED)]
    with app.app_context():
        from hub.store import db, state

        with db.writing():
            state.set_setting(db.session(), "webapi.per_minute", 100_000)
            db.session().commit()
    secret = {"Authorization": f"Bearer {token_for(app, 'admin', 'admin')}"}
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, headers=secret)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 20
    statuses = set()
    for number, operation in enumerate(operations):
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            if LONG or number % 2 == (mode is GenerationMode.NEGATIVE):
                statuses |= asked_for(app.test_client(), operation, mode, secret, checks)
    assert {200, 404} <= statuses and statuses & {201, 422}, statuses


def asked_for(client, operation, mode, secret, checks):
    """Cases of one operation are sent and held against the document; answers their statuses."""
    statuses, whole = set(), operation.path

    @examples(2, 0.05)
    @given(operation.as_strategy(generation_mode=mode), st.booleans())
    def ask(case, real):
        headers = dict(secret)
        known = client.get(re.sub(r"/\{uid\}.*", "?limit=1", whole), headers=secret).json.get("items") if real and "{uid}" in whole else None
        if known:  # an item that is there, in its newest version
            case.path_parameters["uid"] = known[0]["uid"]
            one = whole.replace("{uid}", known[0]["uid"]).replace("/{step}", "")
            headers["If-Match"] = client.get(one, headers=secret).headers.get("ETag", "*")
        answer = case.call(headers=headers)
        statuses.add(answer.status_code)
        case.validate_response(answer, checks=checks)

    ask()
    return statuses


# -- search and lists --------------------------------------------------------------------------------------------------

QUERIES = pieces('"', "(", ")", " AND ", " OR ", "NOT ", "*", "?", "~", "^", ":", "[a TO b]", "title:", "kind:case", "-", "+", "\\", "%", "_", "garden", "сад", "<>", "''")


@examples(25)
@given(words=QUERIES, name=st.sampled_from(["q", "topic", "place", "year", "kind", "bbox", "near", "when", "from", "until", "page", "after", "limit", "sort", "lang"]),
       value=pieces("1", "-1", "9999999999999", "2026-02-30", "0,0,1,1", "nan,inf,1,1", "55.1,37.2", "new", "null", "../", "true", "1e400"))  # fmt: skip
def test_no_words_break_search_or_lists(app, words, name, value):
    client = app.test_client()
    for address in (f"/en/search.json?q={quote(words, errors='replace')}", f"/ru/search/?q={quote(words, errors='replace')}&{name}={quote(value, errors='replace')}",
                    f"/en/cases.json?{name}={quote(value, errors='replace')}", f"/en/map.geojson?{name}={quote(value, errors='replace')}"):  # fmt: skip
        began = time.monotonic()
        status = client.get(address).status_code
        assert status in (200, 400, 404), f"{address} answers {status}"
        assert time.monotonic() - began < 3, address


# -- Markdown ----------------------------------------------------------------------------------------------------------


@examples(150)
@given(pieces("*", "_", "[", "](", ")", "![", "`", "```\n", "> ", "- ", "1. ", "# ", "|", "---", "<b>", "</", "<!--", "&lt;", "&#x6A;", "javascript:", "data:text/html,", "https://a.example/",
              '"', "'", "onerror=", "~~", "\\", "\n\n", *ATTACKS[:40]))  # fmt: skip
def test_no_markdown_runs_anything(text):
    made = texts.render(text)
    assert Judge(made).crimes == [], text
    assert "<" not in re.sub(r"&lt;|<\s|<$|<\W|<\w", "", texts.plain(text)) and texts.excerpt(texts.plain(text)) is not None
    placed = texts.render(text, lambda path: "/hub" + path)
    assert Judge(placed).crimes == [], text


# -- feeds -------------------------------------------------------------------------------------------------------------

FEED = ("<rss version='2.0'><channel>", "</channel></rss>", "<feed xmlns='http://www.w3.org/2005/Atom'>", "</feed>", "<item>", "</item>", "<entry>", "</entry>", "<title>", "</title>",
        "<link>https://a.example/1</link>", "<link href='javascript:alert(1)'/>", "<guid>1</guid>", "<id>x</id>", "<pubDate>Sat, 31 Feb 2026 25:61:00 +9999</pubDate>", "<updated>0001-01-01T00:00:00Z</updated>",
        "<updated>9999-12-31T23:59:59-14:00</updated>", "<description><![CDATA[", "]]></description>", "<content type='html'>", "</content>", "<enclosure url='x' length='-1' type='audio/mpeg'/>",
        "<!DOCTYPE a [<!ENTITY b 'c'>]>", "&b;", "&nbsp;", "<?xml version='1.0' encoding='utf-7'?>", "<?xml version='1.0' encoding='windows-1251'?>", "<media:group>", "<georss:point>a b</georss:point>",
        '{"version":"https://jsonfeed.org/version/1.1","items":[', '{"id":1,"title":null,"url":[]}', '{"id":"a","content_html":"<script>","date_published":"yesterday"}', "]}", ",", "<script>alert(1)</script>")  # fmt: skip


@examples(120)
@given(st.one_of(pieces(*FEED), pieces(*FEED).map(lambda text: f"<rss version='2.0'><channel><item>{text}</item></channel></rss>"),
                 pieces(*FEED).map(lambda text: '{"version":"https://jsonfeed.org/version/1.1","items":[' + text)),
       st.sampled_from(["", "text/xml; charset=utf-16", "application/json", "text/html; charset=nonsense"]), st.binary(max_size=8))  # fmt: skip
def test_every_feed_is_read_or_refused(text, kind, noise):
    import datetime as dt

    from hub_news.reader import cleaning, parsing

    data = text.encode("utf-8", "surrogatepass")
    for body in (data, data[: len(data) // 2] + noise + data[len(data) // 2 :]):
        try:
            found = parsing.parse(body, kind, "https://a.example/feed")
        except parsing.NotAFeed:
            continue
        now = dt.datetime.now(dt.UTC)
        for entry in cleaning.clean(found, "https://a.example/feed", now):
            assert entry.title or entry.html or entry.url
            assert entry.published is None or entry.published <= now
            assert "<script" not in entry.html.lower() and "javascript:" not in (entry.url or "").lower()


# -- files to import ---------------------------------------------------------------------------------------------------

FILES = {
    "csv": ("id,title,lat,lon\n", "1,A,55,37\n", '"', ",", ";", "\t", "\n", "=1+1", "\r", '""', "id", "title"),
    "jsonl": ('{"title":"A"}\n', "{", "}", "[", "]", '"a":', "1e999", "NaN", "null", "\n", "," '"\\ud800"', '{"kind":"case","texts":{"en":{"title":1}}}\n'),
    "json": ("[", "]", '{"title":"A"}', ",", "{", "}", '"a":', "-0", "1e999", "null", '{"items":[', "[" * 50),
    "geojson": ('{"type":"FeatureCollection","features":[', '{"type":"Feature","geometry":{"type":"Point","coordinates":[37,55]},"properties":{"name":"A"}}', ",", "]}", '{"type":"Feature"}', "null",
                '{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[0,0],[1e999,"a"]]]},"properties":[]}', '"coordinates":[', "[" * 30),
    "kml": ("<kml xmlns='http://www.opengis.net/kml/2.2'>", "<Document>", "<Placemark>", "</Placemark>", "<name>", "</name>", "<Point><coordinates>37,55</coordinates></Point>", "<coordinates>a,b,c</coordinates>", "</Document></kml>", "&x;"),
    "gpx": ("<gpx xmlns='http://www.topografix.com/GPX/1/1'>", "<wpt lat='55' lon='37'>", "</wpt>", "<name>A</name>", "<wpt lat='north' lon=''/>", "<wpt/>", "</gpx>", "<!DOCTYPE x>"),
    "ics": ("BEGIN:VCALENDAR\r\n", "BEGIN:VEVENT\r\n", "END:VEVENT\r\n", "END:VCALENDAR\r\n", "DTSTART:20260101T000000Z\r\n", "DTSTART;TZID=Nowhere/Else:20260230T250000\r\n", "SUMMARY:A\r\n", "RRULE:FREQ=SECONDLY\r\n",
            "RRULE:FREQ=DAILY;COUNT=3\r\n", "UID:1\r\n", "GEO:a;b\r\n", "DURATION:-P1W\r\n", "DTEND:19700101\r\n", "EXDATE:x\r\n", "BEGIN:VTIMEZONE\r\n"),
    "xlsx": ("x",),
    "kmz": ("x",),
}  # fmt: skip


@pytest.mark.parametrize("ending", FILES)
def test_every_file_is_read_or_refused(app, ending, tmp_path_factory):
    from hub_transfer.reading import Source, Unusable

    folder = tmp_path_factory.mktemp("files")

    @examples(20)
    @given(pieces(*FILES[ending]), st.binary(max_size=12), st.sampled_from(["plain", "cut", "packed"]))
    def read(text, noise, way):
        path = folder / f"file.{ending}"
        body = text.encode("utf-8", "surrogatepass")
        if way == "cut":
            body = body[: len(body) // 2] + noise
        if way == "packed" or ending in ("xlsx", "kmz"):
            with zipfile.ZipFile(path, "w") as packed:
                for name in ("doc.kml", "xl/workbook.xml", "[Content_Types].xml", "xl/worksheets/sheet1.xml"):
                    packed.writestr(name, body)
            if way == "cut":
                path.write_bytes(path.read_bytes()[:-20] + noise)
        else:
            path.write_bytes(body)
        with app.test_request_context("/en/"):
            try:
                rows = list(Source(path).rows())
            except Unusable as error:
                assert str(error) and "Traceback" not in str(error)
                return
        for number, row in rows:
            assert isinstance(number, int) and isinstance(row, dict | Exception)
            assert not isinstance(row, Exception) or str(row)

    read()


@examples(60)
@given(pieces("<opml version='2.0'>", "<body>", "<outline text='A' xmlUrl='https://a.example/f'/>", "<outline text='B'>", "</outline>", "</body></opml>", "<outline xmlUrl='file:///etc/passwd'/>", "<!DOCTYPE a>", "&b;"))
def test_every_opml_is_read_or_refused(app, text):
    from hub_news import opml

    with app.test_request_context("/en/"):
        try:
            rows = opml.read(text.encode("utf-8", "surrogatepass"))
        except opml.NotOpml as error:
            assert str(error)
        else:
            assert len(rows) < 100
