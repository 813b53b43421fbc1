"""Icons of sources, pictures of entries through the proxy, and the search for a dead feed's new address."""

import datetime as dt
import io
import re

import pytest
import sqlalchemy as sa
from newsroom import add, entries, feed, rss, run
from PIL import Image

from hub.store import db
from hub.testing.fixtures import csrf, sign_in

pytest.importorskip("hub_news")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def picture(form="PNG", size=(64, 64), **options):
    out = io.BytesIO()
    Image.new("RGB", size, (20, 90, 40)).save(out, form, **options)
    return out.getvalue()


@pytest.fixture
def app(new_hub, remote_site):
    app = new_hub(["news"])
    remote_site.trusted_by(app)
    return app


def source(app, site, icon="", text=""):
    home = f"<link>{site.url}/</link>"
    extra = f"<image><url>{site.url}{icon}</url></image>" if icon else ""
    body = rss(("a", "https://l.example/a", "The first story of this library", *([text] if text else [])), extra=extra)
    number = add(app, site.answer("/feed", body.replace("<link>https://library.example.org/</link>", home)))
    run(app, number)
    site.asked.clear()
    return number


def fetch(app):
    from hub_news import icons
    from hub_news.models import Host

    with app.app_context():
        with db.writing():
            db.session().execute(sa.update(Host).values(free_at=None, busy_until=None))
            db.session().commit()
        return icons.fetch()


# --- icons


@pytest.mark.parametrize("form", ["ICO", *(pytest.param(form, marks=pytest.mark.long) for form in ("PNG", "GIF", "JPEG", "WEBP"))])
def test_the_icon_that_the_feed_names_is_made_anew_and_served_from_here(app, remote_site, form):
    secret = {"comment": b"somebody's secret"} if form in ("GIF", "JPEG") else {}
    remote_site.answer("/sign", picture(form, **secret), mimetype="image/svg+xml")
    source(app, remote_site, "/sign")
    assert fetch(app) == 1 and [asked.path for asked in remote_site.asked] == ["/sign"] and fetch(app) == 0
    page = app.test_client().get("/en/news/sources").text
    address = re.search(r'src="(/news-icon/[^"]+)"', page).group(1)
    assert address in app.test_client().get("/en/news/").text
    answer = app.test_client().get(address)
    assert answer.mimetype == "image/png" and "immutable" in answer.headers["Cache-Control"] and b"secret" not in answer.data
    assert max(Image.open(io.BytesIO(answer.data)).size) <= 48 and len(answer.data) < 10_000
    assert app.test_client().get(address.replace("-", "-0")).status_code == 404


def test_else_the_page_then_the_usual_address_and_nothing_with_a_program(app, remote_site):
    remote_site.answer("/sign", SVG, mimetype="image/png")
    remote_site.answer("/", '<base><link rel="icon" href="/v.svg" type="image/svg+xml"><link rel="apple-touch-icon" sizes="180x180" href="/big"><link rel="shortcut icon" sizes="48x48" href="/good">')
    remote_site.answer("/good", picture())
    source(app, remote_site, "/sign")
    assert fetch(app) == 1 and [asked.path for asked in remote_site.asked] == ["/sign", "/", "/good"]


@pytest.mark.parametrize("body", [SVG, b"<html>soft 404</html>", b"", picture(size=(5000, 5000)), picture()[:60], picture(size=(1, 1))])
def test_what_is_no_picture(body):
    from hub_news import pictures

    assert pictures.small(body) is None and pictures.rewritten(body if len(body) < 9000 else picture(size=(6000, 6000))) is None


def test_what_is_no_picture_is_not_asked_for_again_soon(app, remote_site, clock):
    remote_site.answer("/favicon.ico", b"x" * 400_000)
    source(app, remote_site)
    assert fetch(app) == 0 and [asked.path for asked in remote_site.asked] == ["/", "/favicon.ico"]
    clock.move(days=10)
    assert fetch(app) == 0 and len(remote_site.asked) == 2
    clock.move(days=5)
    fetch(app)
    assert len(remote_site.asked) == 4


def test_icons_can_be_switched_off(app, remote_site):
    put(app, icons=False)
    source(app, remote_site, "/sign")
    assert fetch(app) == 0 and not remote_site.asked


def put(app, **values):
    from hub.store.state import set_setting

    with app.app_context(), db.writing():
        for name, value in values.items():
            set_setting(db.session(), f"news.{name}", value)
        db.session().commit()


# --- pictures of entries


@pytest.fixture
def entry(app, remote_site):
    """The address of the page of an entry with two pictures, full text agreed."""
    from hub_news.models import Feed

    text = f"&lt;p&gt;Apples. &lt;img src=&quot;{remote_site.url}/tree.jpg?a=1&amp;amp;b=2&quot; alt=&quot;A tree&quot;&gt;&lt;/p&gt;&lt;video src=&quot;{remote_site.url}/v.mp4&quot;&gt;&lt;/video&gt;"
    remote_site.answer("/tree.jpg", picture("JPEG", (3000, 2000), comment=b"taken at home"))
    number = source(app, remote_site, text=text)
    with app.app_context(), db.writing():
        db.session().get_one(Feed, number).full_text = True
        db.session().commit()
    remote_site.answer("/feed", rss(("a", "https://l.example/a", "The first story of this library", text + "!")))
    run(app, number)
    remote_site.asked.clear()
    return app.test_client().get("/en/news.json").json["items"][0]["url"].partition("/en/")[2]


def shown(app, entry):
    return app.test_client().get("/en/" + entry).text


def test_pictures_of_others_are_not_there_unless_switched_on(app, entry, remote_site):
    page = shown(app, entry)
    assert "Apples." in page and "tree.jpg" not in page and "<video" not in page and f'href="{remote_site.url}/v.mp4"' in page
    assert not remote_site.asked


def test_a_picture_comes_signed_through_us_made_anew_and_kept(app, entry, remote_site):
    put(app, pictures=True)
    address = re.search(r'src="(/news-picture/[^"]+)"', shown(app, entry)).group(1)
    client = app.test_client()
    answer = client.get(address)
    seen = Image.open(io.BytesIO(answer.data))
    assert answer.mimetype == "image/webp" and seen.size[0] == 1200 and b"taken at home" not in answer.data
    assert [asked.path for asked in remote_site.asked] == ["/tree.jpg?a=1&b=2"] and "Referer" not in remote_site.asked[0].headers
    assert client.get(address).data == answer.data and len(remote_site.asked) == 1
    assert client.get(address[:-3] + "abc").status_code == 404 and client.get("/news-picture/https:..x").status_code == 404
    put(app, pictures=False)
    assert client.get(address).status_code == 404


def test_no_picture_is_remembered_as_none(app, entry, remote_site):
    remote_site.answer("/tree.jpg", SVG)
    put(app, pictures=True)
    address = re.search(r'src="(/news-picture/[^"]+)"', shown(app, entry)).group(1)
    assert [app.test_client().get(address).status_code for _ in range(2)] == [404, 404] and len(remote_site.asked) == 1


def test_an_inner_address_is_refused_and_the_cache_has_a_limit(app, remote_site):
    from hub_news import pictures

    put(app, pictures=True, picture_cache=10)
    with app.test_request_context():
        assert pictures.kept("http://169.254.169.254/x.png") is None
        folder = pictures._folder()
        for n in range(4):
            (folder / f"{n:064}").write_bytes(b"x" * 4_000_000)
        assert pictures.tidy() >= 2 and sum(p.stat().st_size for p in folder.iterdir()) < 10_000_000


# --- a dead feed's new address


def test_after_a_dead_week_the_site_is_asked_once_a_week_and_an_editor_decides(app, remote_site, clock):
    from hub_news import care
    from hub_news.models import Host

    number = source(app, remote_site)
    old = remote_site.url + "/feed"
    remote_site.answer("/feed", status=404)
    remote_site.answer("/", '<link rel="alternate" type="application/rss+xml" href="/feed"><link rel="alternate" type="application/rss+xml" href="/new">')
    remote_site.answer("/new", rss(("b", "https://l.example/b", "The second story of this library")))

    def search():
        with app.app_context():
            with db.writing():
                db.session().execute(sa.update(Host).values(free_at=None))
                db.session().commit()
            return care.search_again()

    run(app, number)
    clock.move(days=6)
    run(app, number)
    assert search() == 0
    clock.move(days=2)
    remote_site.asked.clear()
    assert search() == 1 and search() == 0 and [asked.path for asked in remote_site.asked] == ["/", "/feed", "/new"]
    assert feed(app, number).url == old and feed(app, number).offered_url == remote_site.url + "/new"
    editor = sign_in(app, "editor")
    page = editor.get(f"/desk/news/sources/{number}").text
    assert "Its site names another feed" in page
    editor.post(f"/desk/news/sources/{number}", data={"csrf_token": csrf(page), "do": "move", "url": remote_site.url + "/new"})
    run(app, number)
    assert feed(app, number).url.endswith("/new") and feed(app, number).previous_url == old and len(entries(app)) == 2
    assert isinstance(feed(app, number).succeeded, dt.datetime)
