"""Moving in: a draft from an address, a WordPress site with its old addresses; hostile pages and files."""

import io
import re
from pathlib import Path

import pytest
import sqlalchemy as sa

from hub.content.model import Content, Media
from hub.store import db
from hub.testing.fixtures import csrf, sign_in
from hub.testing.remote import RemoteSite
from hub.work.jobs import run_due


@pytest.fixture(scope="module")
def town(hub_instances):
    """An application with news and events, an editor, and somebody else's site."""
    from hub.app import create_app
    from hub.store.db import engine

    app = create_app(hub_instances.make(["partners", "news", "events", "movein"]), strict=True)
    app.testing = True
    with RemoteSite() as site:
        site.trusted_by(app)
        yield app, sign_in(app, "editor"), site
    with app.app_context():
        engine().dispose()


def draft(editor, address, **more):
    page = editor.get("/desk/movein/").text
    return editor.post("/desk/movein/draft", data={"csrf_token": csrf(page), "address": address, **more})


def test_what_cannot_be_fetched_is_told_in_the_language_of_the_page(town):
    app, _, _ = town
    editor = sign_in(app, "editor")
    editor.get("/desk/movein/?lang=ru")
    page = draft(editor, "http://169.254.169.254/latest/")
    assert page.status_code == 422 and "— не сервер открытого интернета" in page.text and "is not a server" not in page.text
    assert "Укажите адрес" in draft(editor, "слово").text
    assert "Укажите адрес" in draft(editor, " ").text


def made(app, answer):
    """The item that an answer leads to: (content, texts by language)."""
    assert answer.status_code == 302, re.findall(r'class="error"[^>]*>([^<]*)', answer.text)
    uid = re.search(r"[0-9a-f-]{36}", answer.location).group()
    with app.app_context():
        content = db.session().scalar(sa.select(Content).where(Content.uid == uid))
        assert content.status == "draft" and app.test_client().get(f"/desk/x/{uid}/").status_code != 200
        texts = {t.lang: t for t in content.texts}
        _ = [p.names for p in content.places]
        media = db.session().scalar(sa.select(Media).where(Media.content_id == content.id))
        return content, texts, content.places, media


def picture():
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(out, "PNG")
    return out.getvalue()


EVENT = """<!doctype html><html lang="ru"><head><title>Афиша</title>
<script type="application/ld+json">{"@context": "https://schema.org", "@graph": [{"@type": "WebSite", "name": "Дом"},
{"@type": "MusicEvent", "name": "Вечер хора &amp; органа", "description": "Поют соседи. <b>Вход</b> свободный.",
"startDate": "2027-05-14T19:00+03:00", "endDate": "2027-05-14T21:00+03:00", "image": ["/pic.png"],
"location": {"@type": "Place", "name": "Дом у реки", "address": {"streetAddress": "Набережная, 1", "addressLocality": "Пермь",
"addressCountry": "RU"}, "geo": {"latitude": "58.01", "longitude": 56.25}}}]}</script>
<meta property="og:site_name" content="Дом культуры"><script>steal()</script></head><body><p>x</p></body></html>"""


def test_an_event_page_becomes_a_draft_with_everything_it_says(town):
    app, editor, site = town
    site.answer("/event", EVENT, mimetype="text/html; charset=utf-8")
    site.answer("/pic.png", picture(), mimetype="image/png")
    content, texts, places, media = made(app, draft(editor, f"{site.url}/event"))
    assert content.kind == "event" and texts["ru"].title == "Вечер хора & органа"
    assert texts["ru"].summary == "Поют соседи. Вход свободный."
    assert content.starts_at.isoformat() == "2027-05-14T16:00:00+00:00" and content.ends_at.hour == 18
    assert places[0].names == {"ru": "Дом у реки"} and places[0].lat == 58.01 and places[0].country == "RU"
    assert content.source_name == "Дом культуры" and content.source_url == f"{site.url}/event"
    assert media is not None and media.credit == "Дом культуры" and media.alt["ru"]
    again = draft(editor, f"{site.url}/event")
    assert again.status_code == 422 and "from this address already" in again.text and content.uid in again.text
    assert draft(editor, f"{site.url}/event", again="yes").status_code == 302
    for number, wrong in enumerate(("580.1", "NaN", "north")):
        site.answer(f"/lost{number}", EVENT.replace("58.01", wrong), mimetype="text/html; charset=utf-8")
        _, _, places, _ = made(app, draft(editor, f"{site.url}/lost{number}"))
        assert places[0].names == {"ru": "Дом у реки"} and places[0].lat is None, "a place outside the world is none; the rest comes in"


ARTICLE = """<html><head><meta property="og:title" content="Beds &amp; benches"><meta property="og:type" content="article">
<meta name="description" content="How it was built."></head><body><nav>Menu of everything</nav><article><h1>Beds &amp; benches</h1>
<p>It <b>began</b> with *one* <a href="/bed">bed</a>, <a href="javascript:alert(1)">not this</a>.<script>alert(1)</script></p>
<ul><li>wood<li>screws</ul><iframe src="https://evil.example"></iframe><p onclick="x()">1. not a list &lt;img src=x onerror=alert(1)&gt;</p>
<table><tr><th>Who</th><th>What</th></tr><tr><td>We</td><td>a | b</td></tr></table></article></body></html>"""


def test_a_page_without_linked_data_is_read_by_open_graph_and_its_article(town):
    app, editor, site = town
    site.answer("/article", ARTICLE, mimetype="text/html")
    content, texts, _, _ = made(app, draft(editor, f"{site.url}/article"))
    assert (
        content.kind == "news" and texts["en"].title == "Beds & benches" and texts["en"].summary == "How it was built."
    )
    body = texts["en"].body
    assert "It **began** with \\*one\\* [bed](" in body and f"{site.url}/bed" in body and "- wood\n- screws" in body
    assert "Menu of" not in body and "javascript" not in body and "alert(1)</" not in body and "iframe" not in body
    assert "| Who | What |\n| --- | --- |\n| We | a \\| b |" in body
    shown = editor.get(f"/desk/news/{content.uid}/preview?language=en").text
    assert "<img src=x" not in shown and "1. not a list &lt;img" in shown
    content, *_ = made(app, draft(editor, f"{site.url}/article", kind="page", again="yes"))
    assert content.kind == "page"


def test_calendars_and_feeds_offer_their_entries(town):
    app, editor, site = town
    days = "".join(
        f"BEGIN:VEVENT\r\nUID:{n}\r\nSUMMARY:Open day {n}\r\nDTSTART;VALUE=DATE:2027060{n}\r\nDTEND;VALUE=DATE:2027060{n + 1}\r\n"
        "LOCATION:Town garden\r\nEND:VEVENT\r\n"
        for n in (1, 2)
    )
    site.answer(
        "/c.ics",
        f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nX-WR-CALNAME:Garden days\r\n{days}END:VCALENDAR\r\n",
        mimetype="text/calendar",
    )
    page = draft(editor, f"{site.url}/c.ics")
    assert page.status_code == 200 and "2 entries were found" in page.text
    wanted = re.findall(r'name="one" value="([^"]*Open day 2)"', page.text)[0]
    content, _, places, _ = made(app, draft(editor, f"{site.url}/c.ics", one=wanted))
    assert content.data["starts"] == "2027-06-02T00:00" and content.data["ends"] == "2027-06-02T23:59"
    assert content.source_name == "Garden days" and places[0].names["en"] == "Town garden"
    feed = """<?xml version="1.0"?><rss version="2.0"><channel><title>River news</title><item><title>Only one</title>
    <link>https://river.example.org/1</link><description>&lt;p&gt;Clean &lt;script&gt;x()&lt;/script&gt;water.&lt;/p&gt;</description>
    <pubDate>Sat, 14 Nov 2026 10:00:00 +0300</pubDate></item></channel></rss>"""
    site.answer("/feed", feed, mimetype="application/rss+xml")
    content, texts, _, _ = made(app, draft(editor, f"{site.url}/feed"))
    assert (
        content.kind == "news"
        and texts["en"].body == "Clean water."
        and content.source_url == "https://river.example.org/1"
    )


@pytest.mark.parametrize(("path", "body", "mimetype", "said"), [
    ("/gone", None, "", "answered 404"),
    ("/pdf", b"%PDF-1.7 ...", "application/pdf", "This is not a page, a calendar or a feed, but application/pdf"),
    ("/big", b"<html>" + b"x" * 5_000_000, "text/html", "large"),
    ("/bomb", b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><channel><item><title>&b;</title></item></channel></rss>',
     "application/rss+xml", "entities"),
    ("/empty", b"", "text/html", ""),
    ("/deep", b"<html><title>t</title><script type='application/ld+json'>" + b"[" * 90_000 + b"</script>" + b"<div>" * 20_000, "text/html", None),
    ("/ics", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:nonsense\r\nEND:VCALENDAR", "text/calendar", ""),
])  # fmt: skip
def test_what_cannot_be_read_is_said_beside_the_field_and_nothing_is_made(town, path, body, mimetype, said):
    app, editor, site = town
    if body is not None:
        site.answer(path, body, mimetype=mimetype)
    with app.app_context():
        before = db.session().scalar(sa.select(sa.func.count(Content.id)))
    answer = draft(editor, f"{site.url}{path}")
    if said is None:  # absurd, but a page with a title
        assert answer.status_code in (302, 422)
        return
    assert answer.status_code == 422 and f'value="{site.url}{path}"' in answer.text
    assert said in re.search(r'id="address-fault"[^>]*>(.*?)</p>', answer.text, re.S).group(1)
    with app.app_context():
        assert db.session().scalar(sa.select(sa.func.count(Content.id))) == before


def test_inner_addresses_and_strangers_are_refused(town):
    app, editor, _site = town
    for address in (
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "http://localhost:1/",
        "nonsense with words",
    ):
        assert draft(editor, address).status_code == 422, address
    member = sign_in(app, "member")
    token = csrf(member.get("/account/").text)
    assert (
        member.post("/desk/movein/draft", data={"csrf_token": token, "address": "https://example.org"}).status_code
        == 403
    )


WXR = Path(__file__).parents[1] / "fixtures" / "imports" / "wordpress.xml"


def imported(app, editor, content=None, name="old.xml", status="published"):
    page = editor.get("/desk/movein/").text
    data = {"csrf_token": csrf(page), "kind": "all", "file": (io.BytesIO(content or WXR.read_bytes()), name)}
    answer = editor.post("/desk/transfer/upload", data=data, content_type="multipart/form-data", follow_redirects=True)
    if 'value="run"' not in answer.text:
        return answer.text
    number = re.search(r"/desk/transfer/([0-9a-f]{32})/", answer.text).group(1)
    token = csrf(answer.text)
    editor.post(
        f"/desk/transfer/{number}/",
        data={"csrf_token": token, "kind": "all", "language": "en", "source": "old", "status": status, "do": "run"},
    )
    run_due(app)
    return editor.get(f"/desk/transfer/{number}/").text


def test_a_wordpress_site_moves_in_and_out_again(town):
    app, editor, _ = town
    told = imported(app, editor)
    reader = app.test_client()
    assert "/undo/" in told
    moved = reader.get("/2019/05/pervaya-gryadka/")
    assert moved.status_code == 301 and moved.location.startswith("/ru/news/")
    page = reader.get(moved.location).text
    assert "Первая грядка" in page and "<strong>лопат</strong>" in page and "Анна Иванова" in page
    assert "steal" not in page and "onerror" not in page and "[caption" not in page
    assert reader.get("/about/").location == "/en/pages/about-the-garden/" and reader.get("/about").status_code == 301
    assert reader.get("/?p=77").location.startswith("/en/pages/by-number/") or reader.get("/?p=77").location.startswith(
        "/en/news/"
    )
    assert reader.get("/a-draft/").status_code == 404 and reader.get("/no-such/").status_code == 404
    with app.app_context():
        rows = {
            c.external_id: c
            for c in db.session().scalars(sa.select(Content).where(Content.origin.startswith("wordpress:")))
        }
        assert rows["/a-draft/"].status == "draft" and rows["/secret/"].status == "draft"
        assert rows["/2019/05/pervaya-gryadka/"].published.year == 2019
        assert "/trash/" not in rows and len(rows) == 6
    assert "Soil &amp; seeds" in page or "soil" in page.lower()
    desk = editor.get("/desk/movein/").text
    assert "/2019/05/pervaya-gryadka/" in desk and "4 old addresses lead on." in desk
    batch = re.findall(r"/desk/transfer/undo/(\d+)", editor.get("/desk/transfer/").text)
    for number in batch:
        editor.post(f"/desk/transfer/undo/{number}", data={"csrf_token": csrf(editor.get("/desk/transfer/").text)})
        run_due(app)
    assert reader.get("/2019/05/pervaya-gryadka/").status_code == 404
    with app.app_context():
        assert not db.session().scalars(sa.select(Content).where(Content.origin.startswith("wordpress:"))).all()


def entry(number, title, link, body="<p>Text.</p>", *, status="publish", sort="post", date="2019-05-04 08:00:00", more=""):
    return (f"<item><title><![CDATA[{title}]]></title><link>{link}</link><content:encoded><![CDATA[{body}]]></content:encoded><wp:post_id>{number}"
            f"</wp:post_id><wp:post_date_gmt>{date}</wp:post_date_gmt><wp:status>{status}</wp:status><wp:post_type>{sort}</wp:post_type>{more}</item>")  # fmt: skip


def export_of(*entries):
    head = WXR.read_text(encoding="utf-8").partition("<item>")[0]
    return (head + "".join(entries) + "</channel></rss>").encode()


def moved_in(app):
    with app.app_context():
        rows = db.session().scalars(sa.select(Content).where(Content.origin.startswith("wordpress:")))
        return {c.external_id: (c, {t.lang: (t.title, t.body) for t in c.texts}) for c in rows}


def test_a_blog_below_a_path_with_drafts_and_dates_to_come(new_hub):
    """Drafts have a number for an address; what is no public article yet has no day of publication from the old site."""
    app = new_hub(["movein", "news"])
    editor, blog = sign_in(app, "editor"), "https://garden.example.org/blog"
    drafts = [entry(n, f"Draft {n}", f"{blog}/?p={n}", status="draft", date="0000-00-00 00:00:00") for n in (7, 8)]
    told = imported(app, editor, export_of(
        *drafts, entry(9, "Private", f"{blog}/private/", status="private"), entry(10, "To come", f"{blog}/soon/", status="future", date="2090-01-01 08:00:00"),
        entry(11, "Plain", f"{blog}/?p=11"), entry(12, "", f"{blog}/aside/", "<p>A note without a title, about the first radishes.</p>"), entry(13, "", f"{blog}/void/", ""),
    ))  # fmt: skip
    assert "neither a title nor a text: /blog/void/" in told
    rows = moved_in(app)
    assert {"/blog/?p=7", "/blog/?p=8", "/blog/private/", "/blog/soon/", "/blog/?p=11", "/blog/aside/"} == set(rows)
    assert rows["/blog/private/"][0].published is None and rows["/blog/soon/"][0].published is None
    assert rows["/blog/private/"][0].created.year == 2019 and rows["/blog/soon/"][0].created.year < 2090
    assert rows["/blog/aside/"][1]["en"][0].startswith("A note without a title")
    reader = app.test_client()
    assert reader.get("/blog/?p=11").location == "/en/news/plain/" and reader.get("/blog/?p=7").status_code == 404
    assert reader.get("/blog/aside/").status_code == 301


def test_shortcodes_go_and_bracketed_words_stay(new_hub):
    app = new_hub(["movein", "news"])
    body = ('<p>Write [contact-form-7 id="12" title="x"] [button url="https://a.example.org"]to us[/button] [sic] [see <a href="https://b.example.org">there</a>] [1].</p>'
            '<p>[youtube https://youtu.be/abc] [embed]https://youtu.be/xyz[/embed] [audio src="https://c.example.org/a.mp3"][/audio] [gallery ids="1,2"] [su_spacer]</p>')  # fmt: skip
    imported(app, sign_in(app, "editor"), export_of(entry(1, "Codes", "https://garden.example.org/codes/", body)))
    text = moved_in(app)["/codes/"][1]["en"][1].replace("\\", "")
    assert "to us [sic] [see [there](https://b.example.org)] [1]." in " ".join(text.split())
    for gone in ("contact-form", "button", "gallery", "su_spacer", "embed", "[youtube"):
        assert gone not in text
    for kept in ("https://youtu.be/abc", "https://youtu.be/xyz", "https://c.example.org/a.mp3"):
        assert kept in text


def test_what_xml_does_not_allow_breaks_nothing_off(new_hub):
    app = new_hub(["movein", "news"])
    editor = sign_in(app, "editor")
    site = "https://garden.example.org"
    told = imported(app, editor, export_of(entry(1, "Pasted", f"{site}/pasted/", "<p>From\x0b Word\x01.</p>"), entry(2, "Behind", f"{site}/behind/")))
    assert {"/pasted/", "/behind/"} == set(moved_in(app)) and "Created 2" in " ".join(re.sub("<[^>]+>", " ", told).split())
    editor.get("/desk/movein/?lang=ru")
    broken = export_of(entry(3, "Before", f"{site}/before/"), "<item><title>&nbsp;</b></title></item>", entry(4, "After", f"{site}/after/"))
    told = imported(app, editor, broken)
    assert "здесь файл обрывается: строка" in told and "Entity" not in told and "/before/" in moved_in(app)


def test_all_of_a_site_can_come_as_drafts_and_its_topics_in_its_language(new_hub):
    app = new_hub(["movein", "news"])
    editor = sign_in(app, "editor")
    content = export_of(entry(1, "Грядки", "https://garden.example.org/beds/", "<p>Как вскопать.</p>",
                              more='<category domain="category" nicename="ogorod"><![CDATA[Огород]]></category>'))  # fmt: skip
    assert "/undo/" in imported(app, editor, content, status="draft")
    assert moved_in(app)["/beds/"][0].status == "draft"
    with app.app_context():
        from hub.api import items

        [named] = [concept.names for concept in items.concepts() if "Огород" in concept.names.values()]
        assert named == {"ru": "Огород"}
    imported(app, editor, content)
    assert moved_in(app)["/beds/"][0].status == "draft", "who publishes it is an editor"


def test_posts_become_pages_where_there_is_no_news(new_hub):
    app = new_hub(["movein", "-news"])
    editor = sign_in(app, "editor")
    imported(app, editor)
    assert app.test_client().get("/2019/05/pervaya-gryadka/").location.startswith("/ru/pages/")


BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><rss><channel><item><title>&c;</title></item></channel></rss>"""


@pytest.mark.parametrize(("content", "said"), [
    (BOMB, "declares no document type"),
    ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss><channel><item><title>&x;</title></item></channel></rss>'.encode("utf-16"),
     "declares no document type"),
    (b"<notes><note/></notes>", "XML that begins with &lt;notes&gt;, but no WordPress export"),
    (b"not xml at all", "not XML"),
    (b"<rss xmlns:wp='http://wordpress.org/export/1.2/'><channel><wp:wxr_version>1.2</wp:wxr_version></channel></rss>", "no pages and articles"),
])  # fmt: skip
def test_hostile_and_foreign_files_are_refused_with_a_sentence(town, content, said):
    app, editor, _ = town
    told = imported(app, editor, content, "bad.xml")
    assert "cannot be read as WordPress export" in told and said in told and "root:" not in told


@pytest.mark.parametrize(("content", "said"), [
    (b"<schedule><conference/><day><room><event><title>Seeds</title></event></room></day></schedule>", "it goes into the programme of an event"),
    (b"<opml><body/></opml>", "it goes to the page \u201cSources of news\u201d"),
    (b"<rss version='2.0'><channel><item><title>Seeds</title></item></channel></rss>", "takes its address and makes drafts of its entries"),
    (b"<feed xmlns='http://www.w3.org/2005/Atom'><entry/></feed>", "takes its address and makes drafts of its entries"),
    (b"<kml xmlns='http://www.opengis.net/kml/2.2'><Document/></kml>", "this is KML: let the file\u2019s name end in .kml"),
])  # fmt: skip
def test_xml_of_another_kind_is_told_where_it_goes(new_hub, content, said):
    app = new_hub(["partners", "events", "news", "greenmap", "movein"])
    told = imported(app, sign_in(app, "editor"), content, "other.xml")
    assert "cannot be read as WordPress export" in told and said in told and "Tools →" not in told


def test_a_file_that_breaks_off_gives_what_came_before(town):
    app, editor, _ = town
    whole = WXR.read_bytes()
    told = imported(app, editor, whole[: whole.rindex(b"<item>") + 40], "torn.xml")
    assert "breaks off here" in told and app.test_client().get("/about/").status_code == 301
    for number in re.findall(r"/desk/transfer/undo/(\d+)", editor.get("/desk/transfer/").text):
        editor.post(f"/desk/transfer/undo/{number}", data={"csrf_token": csrf(editor.get("/desk/transfer/").text)})
        run_due(app)


@pytest.mark.parametrize("html", [
    "<p>a</p>" * 20_000, "<div>" * 3000 + "deep", "<a href='x'>" * 2000, "<b>" * 5000, "&" * 50_000, "<ul><li>" * 200, "<!--" * 10_000,
    "<table>" + "<tr><td>" * 3000, "\x00\x01<p>x\ud800</p>", "<svg><script>alert(1)</script></svg><math><p>x",
])  # fmt: skip
def test_absurd_html_is_quick_and_harmless(html, timed):
    from hub_movein import prose

    from hub.content.texts import render

    with timed(5):
        text = prose.from_html(html, "https://example.org/")
        assert "alert" not in text and "<script" not in str(render(text))
