"""News as people meet them: river, archive, entry page, sources, the desk, lists of sources, what goes out."""

import io
import json
import re

import feedparser
import pytest
import sqlalchemy as sa
from days import today
from making import make
from newsroom import add, entries, feed, rss, run

from hub.content.model import Content
from hub.store import db
from hub.testing.fixtures import csrf, sign_in
from hub.work.mail import Mail

pytest.importorskip("hub_news")
TEXT = rss(("a", "https://library.example.org/a?utm_source=x", "Seeds are back in the library", "&lt;p onclick=x&gt;Five &lt;b&gt;packets&lt;/b&gt; each.&lt;script&gt;alert(1)&lt;/script&gt;&lt;/p&gt;"))


@pytest.fixture
def app(new_hub, remote_site):
    app = new_hub(["partners", "cases", "news", "search"])
    remote_site.trusted_by(app)
    return app


@pytest.fixture
def entry(app, remote_site):
    """A source with one entry: its number, and the path of the entry's page."""
    number = add(app, remote_site.answer("/feed", TEXT))
    run(app, number)
    url = app.test_client().get("/en/news.json").json["items"][0]["url"]
    return number, url[url.index("/en/") :]


def demo(app):
    from hub.content.seeding import load_demo

    with app.app_context(), db.writing():
        report = load_demo(db.session())
        assert not report.problems
        return report


def test_an_entry_is_an_excerpt_that_leads_to_its_source(app, entry):
    page = app.test_client().get(entry[1]).text
    assert '<link rel="canonical" href="https://library.example.org/a">' in page
    assert '<meta name="robots" content="noindex">' in page
    assert "Five packets each." in page and "alert(1)" not in page and "onclick" not in page
    listed = app.test_client().get("/sitemap-0.xml").text
    assert entry[1] not in listed


def test_own_articles_are_in_the_sitemap_and_show_who_wrote_them(app):
    demo(app)
    client = app.test_client()
    page = client.get("/en/news/we-now-read-what-our-partners-publish/").text
    assert "The editors" in page and "noindex" not in page
    assert page.count('href="https://example.org/help"') == 1 and "Support link" not in page, "said once, where the text ends"
    assert "/en/news/we-now-read-what-our-partners-publish/" in client.get("/sitemap-0.xml").text


def test_machines_read_authors_as_persons_and_organisations(app):
    partner = make(app, "partner", "Museum of the Yard")
    make(app, "news", "Seeds again", texts={"en": {"fields": {"authors": "Vera Example, Museum of the Yard"}}}, links={"partner": [partner]})
    make(app, "news", "Nobody's")
    client = app.test_client()

    def told(slug):
        page = client.get(f"/en/news/{slug}/").text
        return json.loads(page.partition('<script type="application/ld+json">')[2].partition("</script>")[0])

    assert told("seeds-again")["author"] == [
        {"@type": "Person", "name": "Vera Example"}, {"@type": "Organization", "name": "Museum of the Yard"},
    ]  # fmt: skip
    assert "author" not in told("nobody-s") and told("nobody-s")["@type"] == "NewsArticle"


def test_the_demo_reads_three_feeds_without_a_network_and_makes_no_doubles(app):
    demo(app)
    first = entries(app)
    demo(app)
    assert entries(app) == first and len(first) == 48
    assert sum(status == "archived" for _, status in first) == 2  # two stories in two sources each


def test_the_river_can_be_narrowed(app):
    demo(app)
    client = app.test_client()
    total = client.get("/en/news.json").json["total"]
    assert client.get("/en/news.json?origin=own").json["total"] == 19
    assert client.get("/en/news.json?origin=feed").json["total"] == total - 19 == 27
    assert client.get("/en/news.json?rubric=report").json["total"] == 5
    assert client.get("/en/news.json?lang=ru").json["total"] == 31
    partner = client.get("/en/news.json?origin=feed").json["facets"]["partner"]
    assert sorted(partner.values()) == [7, 8, 12]
    uid = next(u for u, n in partner.items() if n == 12)
    assert client.get(f"/en/news/?partner={uid}").status_code == 200 and client.get("/en/news/?rubric=nothing").status_code == 400


def test_where_the_whole_text_is_agreed_its_beginning_stands_there_once(app):
    demo(app)
    client = app.test_client()
    told = {item["title"][:12]: item["url"][item["url"].index("/ru/") :] for item in client.get("/ru/news.json?origin=feed").json["items"]}
    short = client.get(told["Ночь тихого "]).text.partition("<main")[2]
    assert short.count("Фонарики есть") == 1
    whole = client.get(told["Что взяли и "]).text.partition("<main")[2]  # its summary is another text than its beginning
    assert "переписали тетрадь" in whole and "Расписание электричек" in whole and "<strong>подпишите, где рос белый</strong>" in whole


@pytest.mark.parametrize("lang", ["en", "ru"])
def test_today_and_the_archive(app, entry, lang):
    client, day = app.test_client(), today()
    assert "Seeds are back" in client.get(f"/{lang}/news/today").text
    page = client.get(f"/{lang}/news/archive").text
    assert f"/{lang}/news/archive/{day.year}/{day.month}" in page
    assert "Seeds are back" in client.get(f"/{lang}/news/archive/{day.year}/{day.month}").text
    assert client.get(f"/{lang}/news/archive/{day.year}/13").status_code == 404
    assert client.get(f"/{lang}/news/archive/1995/1").status_code == 404


def test_the_page_of_sources_says_why(app, entry, remote_site):
    page = app.test_client().get("/en/news/sources").text
    assert "Library news" in page and "works" in page and "as often as there is something new" in page
    remote_site.answer("/feed", status=404)
    run(app, entry[0])
    page = app.test_client().get("/en/news/sources").text
    assert "There is nothing at this address (404)." in page and "a longer pause after each failure" in page
    assert "По этому адресу ничего нет (404)." in app.test_client().get("/ru/news/sources").text


def test_a_partners_page_shows_its_news(app, remote_site):
    demo(app)
    client = app.test_client()
    found = client.get("/en/news.json?origin=feed").json["facets"]["partner"]
    with app.app_context():
        uid = max(found, key=found.get)
    page = client.get(f"/en/partners/{uid}/", follow_redirects=True).text
    assert "partner-news" in page and f"partner={uid}" in page and page.count('href="/en/news/') >= 5


def test_reads_are_counted_by_the_hour_without_knowing_readers(app, entry, clock):
    from hub_news import care

    client = app.test_client()
    page = client.get(entry[1]).text
    pixel = re.search(r'src="(/news-seen/[^"]+)"', page).group(1)
    person = {"User-Agent": "Mozilla/5.0 Firefox/130"}
    answer = client.get(pixel, headers=person)
    client.get(pixel, headers=person)
    client.get(pixel, headers={"User-Agent": "Googlebot/2.1"})
    assert "max-age=3600" in answer.headers["Cache-Control"] and "Set-Cookie" not in answer.headers
    with app.app_context():
        assert care.sum_up() == 0  # the hour is not over
    clock.move(hours=1)
    with app.app_context():
        assert care.sum_up() == 2
        content = db.session().scalar(sa.select(Content).where(Content.kind == "news"))
        assert care.reads(content.id) == 2
    assert client.get("/news-seen/not-a-uid.gif").status_code == 200


# --- the desk


def post(client, address, **data):
    return client.post(address, data={"csrf_token": csrf(client.get("/desk/news/sources").text), **data})


def test_a_site_is_added_by_its_address_with_one_request_per_page(app, remote_site):
    remote_site.answer("/blog/", '<base href="/x/"><link rel="alternate" type="application/rss+xml" href="feed"><link rel="alternate" type="application/json" href="/wp-json/x">')
    remote_site.answer("/x/feed", TEXT)
    editor = sign_in(app, "editor")
    answer = post(editor, "/desk/news/sources", url=remote_site.url + "/blog/")
    assert answer.status_code == 302 and [a.path for a in remote_site.asked] == ["/blog/", "/x/feed"]
    assert len(entries(app)) == 1
    assert "This source is here already" in post(editor, "/desk/news/sources", url=remote_site.url + "/x/feed").text


def test_several_feeds_are_offered_and_a_page_without_any_says_so(app, remote_site):
    remote_site.answer("/", '<link rel="alternate" type="application/rss+xml" title="All" href="/a"><link rel=alternate type="application/atom+xml" title="Talk" href="/b"><link rel="alternate" type="application/rss+xml" href="/broken">')
    remote_site.answer("/a", TEXT)
    remote_site.answer("/b", TEXT.replace("Library news", "Talk"))
    remote_site.answer("/broken", "<html>soft 404</html>")
    editor = sign_in(app, "editor")
    page = post(editor, "/desk/news/sources", url=remote_site.url).text
    assert "Choose one" in page and remote_site.url + "/a" in page and remote_site.url + "/b" in page and "/broken" not in page
    remote_site.answer("/none/", "<html><p>nothing</p></html>")
    assert "There is no feed at this address" in post(editor, "/desk/news/sources", url=remote_site.url + "/none/").text
    for typed in ("ftp://x", "library", "our news", "новости"):
        assert "is not a web address" in post(editor, "/desk/news/sources", url=typed).text
    empty = post(editor, "/desk/news/sources", url=" ").text
    assert "Write the address of a feed" in empty and "is not a web address" not in empty


def test_a_well_known_address_must_parse(app, remote_site):
    remote_site.answer("/site/", "<html>no links</html>")
    remote_site.answer("/site/feed/", "<html>a page that answers 200 to everything</html>")
    remote_site.answer("/site/atom.xml", TEXT)
    editor = sign_in(app, "editor")
    assert post(editor, "/desk/news/sources", url=remote_site.url + "/site/").status_code == 302
    assert feed(app, 1).url.endswith("/site/atom.xml")


def test_an_address_typed_without_https_is_tried_in_the_old_way_too(app, remote_site):
    remote_site.answer("/feed", TEXT)  # this server speaks http only
    editor = sign_in(app, "editor")
    assert post(editor, "/desk/news/sources", url=remote_site.url.removeprefix("http://") + "/feed").status_code == 302
    assert feed(app, 1).url == remote_site.url + "/feed"


def test_a_closed_source_and_one_that_leads_in_a_circle_are_refused_in_words(app, remote_site):
    editor = sign_in(app, "editor")
    page = post(editor, "/desk/news/sources", url=remote_site.answer("/closed", status=410))
    assert page.status_code == 400 and "The source says that it is closed for good (410)." in page.text
    page = post(editor, "/desk/news/sources", url=remote_site.answer("/round", status=302, Location="/round"))
    assert page.status_code == 400 and "redirects in a circle" in page.text


def test_a_source_is_moved_by_hand_only_to_an_address_that_can_be_one(app, remote_site):
    first, other = add(app, remote_site.answer("/feed", status=404)), add(app, remote_site.answer("/other", TEXT))
    run(app, first)
    editor, page = sign_in(app, "editor"), f"/desk/news/sources/{first}"
    for typed, said in (("", "Write the address of a feed"), ("our news", "is not a web address"), (remote_site.url + "/other", "is here already")):
        answer = post(editor, page, do="move", url=typed)
        assert answer.status_code == 400 and said in answer.text and f'name="url" value="{typed}"' in answer.text
        assert feed(app, first).error == "status" and feed(app, first).url.endswith("/feed"), "nothing has happened yet"
    answer = post(editor, page, do="move", url=remote_site.url.replace("http://", "https://") + "/feed")
    moved = feed(app, first)
    assert answer.status_code == 302 and moved.url.startswith("https://") and moved.previous_url.startswith("http://") and not moved.error
    post(editor, page, do="move", url=remote_site.url + "/new")
    assert feed(app, first).url == remote_site.url + "/new" and feed(app, other).state == "active"


def test_a_sources_page_names_its_newest_entries_and_when_it_may_be_asked_again(app, entry):
    editor, page = sign_in(app, "editor"), f"/desk/news/sources/{entry[0]}"
    shown = editor.get(page).text
    address = re.search(r'href="(/desk/news/[0-9a-f-]{36}/)">Seeds are back', shown).group(1)
    assert editor.get(address).status_code == 200
    post(editor, page, do="fetch")
    assert re.search(r"Possible from \d+ \w+, \d\d:\d\d on", editor.get(page).text)


def test_editors_pause_hide_pin_and_promote(app, entry, remote_site):
    number, path = entry
    editor = sign_in(app, "editor")
    with app.app_context():
        uid = db.session().scalar(sa.select(Content.uid).where(Content.kind == "news"))
    post(editor, f"/desk/news/sources/item/{uid}", do="pin")
    assert "Worth knowing now" in app.test_client().get("/en/news/").text
    answer = post(editor, f"/desk/news/sources/item/{uid}", do="promote")
    assert answer.status_code == 302
    assert ("Seeds are back in the library", "draft") in entries(app)
    assert "Pin to the top" not in editor.get(f"/desk/news/{uid}/").text and "Hide" in editor.get(f"/desk/news/{uid}/").text
    post(editor, f"/desk/news/sources/item/{uid}", do="hide")
    assert app.test_client().get(path).status_code == 404
    remote_site.answer("/feed", TEXT.replace("Five", "Six"))
    run(app, number)
    assert [status for _, status in entries(app)] == ["trash", "draft"]
    post(editor, f"/desk/news/sources/{number}", do="pause")
    assert feed(app, number).state == "paused"
    post(editor, f"/desk/news/sources/{number}", do="resume")
    assert feed(app, number).state == "active"
    post(editor, f"/desk/news/sources/{number}", do="delete")
    assert "published" not in [status for _, status in entries(app)]


def test_opml_in_and_out_again_is_the_same(app, remote_site):
    text = '<opml version="2.0"><body><outline text="Town"><outline title="One &amp; only" xmlUrl="https://a.example/1" htmlUrl="https://a.example/"/><outline text="Deeper"><outline type="rss" text="Two" xmlUrl="https://b.example/2"/></outline></outline><outline type="rss" text="Nothing"/><outline type="rss" text="Bad" xmlUrl="javascript:1"/><outline text="Twice" xmlUrl="http://a.example/1/"/></body></opml>'
    editor = sign_in(app, "editor")
    page = post(editor, "/desk/news/sources", do="opml", file=(io.BytesIO(text.encode()), "list.opml")).text
    assert "2 sources were added." in page and "3 rows were left out" in page and "is here already" in page and "no address of a feed" in page
    out = editor.get("/desk/news/sources/opml").data
    from hub_news import opml

    rows = [(row.url, row.title, row.home, row.folder) for row in opml.read(out)]
    assert sorted(rows) == [("https://a.example/1", "One & only", "https://a.example/", "Town"), ("https://b.example/2", "Two", "", "Town / Deeper")]
    assert "This is not an OPML file" in post(editor, "/desk/news/sources", do="opml", file=(io.BytesIO(b"hello"), "x.opml")).text


# --- over time


def test_a_silent_week_is_a_task_and_one_letter(app, remote_site, clock):
    from hub_news import care
    from making import make

    uid = make(app, "partner", "Library", data={"email": "post@library.example.org"})
    with app.app_context():
        partner = db.session().scalar(sa.select(Content.id).where(Content.uid == uid))
    number = add(app, remote_site.answer("/feed", status=500), partner_id=partner)
    run(app, number)
    clock.move(days=8)
    run(app, number)
    for _ in range(2):
        with app.app_context():
            care.tend()
    with app.app_context():
        (mail,) = db.session().scalars(sa.select(Mail)).all()
    assert mail.to == "post@library.example.org" and "500" in mail.text and "/bot" in mail.text
    editor = sign_in(app, "editor")
    assert "still alive?" in editor.get("/desk/").text and "Still alive?" in editor.get(f"/desk/partners/{uid}/").text
    post(editor, f"/desk/news/sources/{number}", do="alive")
    for days, asked in ((0, False), (8, True)):  # it is not asked again in the next hour, but after another week
        clock.move(days=days)
        with app.app_context():
            care.tend()
        assert bool(feed(app, number).alive_asked) == asked
    with app.app_context():
        assert db.session().scalar(sa.select(sa.func.count()).select_from(Mail)) == 1


def test_a_closed_source_may_be_left_closed(app, remote_site):
    from hub_news import care

    number = add(app, remote_site.answer("/feed", status=410))
    run(app, number)
    editor = sign_in(app, "editor")
    for asked in (True, False):
        with app.app_context():
            care.tend()
        assert ("still alive?" in editor.get("/desk/").text) == asked
        assert not asked or "Leave it closed" in editor.get(f"/desk/news/sources/{number}").text
        post(editor, f"/desk/news/sources/{number}", do="pause")


@pytest.mark.parametrize(("lang", "one", "two"), [("en", "1 source has been silent", "2 sources have been silent"), ("ru", "1 источник молчит", "2 источника молчат")])
def test_doctor_counts_silent_sources_in_grammatical_words(app, remote_site, lang, one, two):
    from flask_babel import force_locale
    from hub_news import care, hooks

    for path, said in (("/a", one), ("/b", two)):
        run(app, add(app, remote_site.answer(path, status=410)))
        with app.app_context(), force_locale(lang):
            care.tend()
            assert said in hooks.health()[0].message


def test_an_archived_partner_pauses_its_sources(app, remote_site, run_jobs):
    from making import make

    from hub import items

    uid = make(app, "partner", "Library")
    with app.app_context():
        partner = db.session().scalar(sa.select(Content.id).where(Content.uid == uid))
    number = add(app, remote_site.answer("/feed", TEXT), partner_id=partner)
    for step, state in (("archive", "paused"), ("publish", "active")):
        with app.app_context(), db.writing():
            items.move(items.get("partner", uid), step)
            items.commit()
        run_jobs(app)
        assert feed(app, number).state == state


# --- out


def test_atom_of_any_filter_obeys_the_rfc(app):
    """RFC 4287: 4.1.1, 4.1.2 (id, title, updated once; an alternate link or content), 3.3 (dates), 4.2.6 (ids are IRIs)."""
    from lxml import etree

    demo(app)
    body = app.test_client().get("/en/news.atom?origin=feed").data
    root, ns = etree.fromstring(body), {"a": "http://www.w3.org/2005/Atom"}
    moment = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
    feeds = [root, *root.findall("a:entry", ns)]
    assert len(feeds) == 28
    for part in feeds:
        for name in ("id", "title", "updated"):
            assert len(part.findall(f"a:{name}", ns)) == 1 and part.find(f"a:{name}", ns).text
        assert moment.fullmatch(part.find("a:updated", ns).text) and ":" in part.find("a:id", ns).text
        assert part.findall("a:link[@rel='alternate']", ns)
    assert root.find("a:author/a:name", ns).text and root.find("a:link[@rel='self']", ns).get("href").endswith("news.atom?origin=feed")
    ids = [e.find("a:id", ns).text for e in feeds]
    assert len(set(ids)) == len(ids)
    assert root.find("a:updated", ns).text == max(e.find("a:updated", ns).text for e in root.findall("a:entry", ns))
    for part in feeds:  # 4.1.1, 4.1.2: no two alternate links of one type and language; 4.2.2: categories have terms
        links = [(link.get("type"), link.get("hreflang")) for link in part.findall("a:link[@rel='alternate']", ns)]
        assert len(links) == len(set(links)) and all(link.get("href").startswith("http") for link in part.findall("a:link", ns))
        assert all(category.get("term") for category in part.findall("a:category", ns))
        for text in (*part.findall("a:title", ns), *part.findall("a:summary", ns), *part.findall("a:content", ns)):
            assert not len(text) and text.get("type", "text") in ("text", "html")  # 3.1.1: no markup as elements
    read = feedparser.parse(io.BytesIO(body))
    assert not read.bozo and read.version == "atom10" and len(read.entries) == 27


def test_rss_has_what_rss_2_0_wants_and_is_read_back(app):
    """RSS 2.0: title, link, description of the channel; title or description of each item; guids; dates of RFC 822."""
    from email.utils import parsedate_to_datetime

    from lxml import etree

    demo(app)
    body = app.test_client().get("/en/news.rss").data
    channel = etree.fromstring(body).find("channel")
    assert all(channel.findtext(name) for name in ("title", "link", "description", "language")) and len(channel) > 10
    for item in channel.findall("item"):
        assert item.findtext("title") and item.findtext("link").startswith("http") and item.find("guid").get("isPermaLink") == "false"
        assert parsedate_to_datetime(item.findtext("pubDate")).tzinfo
    read = feedparser.parse(io.BytesIO(body))
    assert not read.bozo and read.version == "rss20" and len(read.entries) == len(channel.findall("item"))
    assert all(entry.published_parsed and entry.id and entry.link for entry in read.entries)
    one = feedparser.parse(io.BytesIO(app.test_client().get("/en/news.rss?rubric=interview").data))
    assert [e.title for e in one.entries] == ["“Number 41 is the one that leans”: a keeper and her apple tree", "“Why is the door so heavy?”: two members of a school council"]


def test_json_feed_has_what_version_1_1_wants_and_is_read_back(app):
    """jsonfeed.org/version/1.1: version, title, items; of an item a string id and content; whole addresses, RFC 3339, BCP 47."""
    demo(app)
    for query in ("", "?origin=own", "?rubric=report&lang=ru", "?q=nothing-like-this"):
        check_json_feed(app, query)


def check_json_feed(app, query):
    from hub_news.reader import parsing

    answer = app.test_client().get(f"/ru/news.feed.json{query}")
    body = answer.json
    assert answer.mimetype == "application/feed+json" and body["version"] == "https://jsonfeed.org/version/1.1"
    assert body["title"] and isinstance(body["items"], list) and body["language"] == "ru"
    assert body["feed_url"].endswith(f"/ru/news.feed.json{query}") and body["home_page_url"].startswith("http")
    for item in body["items"]:
        assert isinstance(item["id"], str) and item["id"] and item["url"].startswith("http")
        assert isinstance(item.get("content_html", item.get("content_text")), str) and item["language"] in ("en", "ru")
        for name in {"date_published", "date_modified"} & set(item):
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", item[name])
        assert all(isinstance(tag, str) for tag in item.get("tags", []))
    assert len({item["id"] for item in body["items"]}) == len(body["items"])
    read = parsing.parse(answer.data)
    assert [entry.id for entry in read.entries] == [item["id"] for item in body["items"]]


def test_the_word_to_publishers(app):
    for path in ("/bot", "/en/bot", "/ru/bot"):
        page = app.test_client().get(path)
        assert page.status_code == 200 and "Hub/" in page.text
