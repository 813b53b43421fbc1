"""WebSub: a stand-in hub confirms, delivers, lies, is late; our own hub is told, and finds itself named in our feeds."""

import hmac
from urllib.parse import parse_qs

import feedparser
import pytest
import sqlalchemy as sa
from commands import run_here
from making import make
from newsroom import add, entries, feed, rss, run

from hub.store import db
from hub.testing.remote import Answer

pytest.importorskip("hub_news")
FEED = rss(("a", "https://l.example/a", "The first story of this library"))


class Hub:
    """A hub that takes what it is asked for; what it does next is for the test to say."""

    def __init__(self, site):
        self.asked, self.status = [], 202
        site.script("/hub", self.answer)
        self.url = site.url + "/hub"

    def answer(self, asked):
        self.asked.append(parse_qs(asked.body.decode()))
        return Answer(b"", self.status, {})

    @property
    def last(self):
        return {name.removeprefix("hub."): values[0] for name, values in self.asked[-1].items()}

    def path(self):
        return self.last["callback"].removeprefix("https://hub.example.org")

    def confirm(self, app, **more):
        query = {"hub.mode": "subscribe", "hub.topic": self.last["topic"], "hub.challenge": "c<h>allenge", "hub.lease_seconds": "86400", **more}
        return app.test_client().get(self.path(), query_string=query)

    def deliver(self, app, body, secret=None, method="sha256"):
        secret = self.last["secret"] if secret is None else secret
        signature = f"{method}={hmac.new(secret.encode(), body.encode(), method).hexdigest()}"
        headers = {"X-Hub-Signature": signature, "Content-Type": "application/rss+xml"}
        return app.test_client().post(self.path(), data=body.encode(), headers=headers).status_code


@pytest.fixture
def app(new_hub, remote_site):
    app = new_hub(["partners", "cases", "news"], toml='url = "https://hub.example.org"\n')
    remote_site.trusted_by(app)
    return app


@pytest.fixture
def hub(remote_site):
    return Hub(remote_site)


@pytest.fixture
def number(app, remote_site, hub):
    """A source that names its hub in its document."""
    link = f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="{hub.url}"/>'
    number = add(app, remote_site.answer("/feed", FEED.replace("<link>", link + "<link>", 1), mimetype="application/rss+xml"))
    run(app, number)
    return number


def subscribe(app):
    from hub_news import websub

    with app.app_context():
        return websub.subscribe()


def push(app):
    from hub_news.models import Push

    with app.app_context():
        row = db.session().scalar(sa.select(Push))
        db.session().expunge_all()
        return row


def test_a_hub_is_asked_once_and_confirmed_only_by_what_nobody_can_guess(app, number, hub, remote_site):
    assert subscribe(app) == 1 and subscribe(app) == 0
    asked = hub.last
    assert asked["mode"] == "subscribe" and asked["topic"] == remote_site.url + "/feed" and len(asked["secret"]) > 30
    assert hub.confirm(app, **{"hub.topic": "https://other.example/"}).status_code == 404
    assert app.test_client().get("/news-push/guessed", query_string={"hub.mode": "subscribe", "hub.topic": asked["topic"], "hub.challenge": "x"}).status_code == 404
    assert hub.confirm(app, **{"hub.mode": "unsubscribe"}).status_code == 404 and push(app).state == "asked"
    answer = hub.confirm(app)
    assert answer.text == "c<h>allenge" and answer.mimetype == "text/plain" and answer.headers["X-Content-Type-Options"] == "nosniff"
    assert push(app).state == "on"


def test_what_is_delivered_counts_only_with_the_signature(app, number, hub, remote_site):
    from newsroom import due

    subscribe(app)
    hub.confirm(app)
    new = rss(("b", "https://l.example/b", "The second story of this library"))
    before = len(remote_site.asked)
    assert hub.deliver(app, new, secret="guessed") == 202 and hub.deliver(app, new, method="md5") == 202 and len(entries(app)) == 1
    due(app)
    assert hub.deliver(app, new) == 202 and hub.deliver(app, new, method="sha1") == 202
    assert sorted(t for t, _ in entries(app)) == ["The first story of this library", "The second story of this library"]
    assert len(remote_site.asked) == before, "nobody was asked for what was brought"
    assert hub.deliver(app, "no feed at all") == 202 and feed(app, number).why == "pushed"
    assert app.test_client().post(hub.path(), data=b"x" * 2_000_001).status_code == 413


def test_a_source_with_a_hub_is_looked_at_seldom_until_the_hub_misses_something(app, number, hub, remote_site, clock):
    subscribe(app)
    hub.confirm(app)
    run(app, number)
    assert feed(app, number).why == "pushed" and (feed(app, number).next_at - feed(app, number).asked).total_seconds() > 6 * 3600
    remote_site.answer("/feed", FEED.replace("</channel>", "<item><title>The hub said nothing of this</title><guid>c</guid></item></channel>").replace("<link>", f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="hub" href="{hub.url}"/><link>', 1))
    run(app, number)
    assert push(app).missed and feed(app, number).why != "pushed"
    hub.deliver(app, FEED)
    run(app, number)
    assert not push(app).missed and feed(app, number).why == "pushed"


def test_a_lease_is_renewed_before_its_end_and_a_refusal_is_no_end(app, number, hub, clock):
    subscribe(app)
    hub.confirm(app)
    clock.move(hours=11)
    assert subscribe(app) == 0
    clock.move(hours=2)
    assert subscribe(app) == 1 and push(app).state == "on"
    hub.confirm(app, **{"hub.lease_seconds": "99999999999999"})
    assert (push(app).until - db.now()).days <= 31
    hub.confirm(app, **{"hub.mode": "denied", "hub.reason": "full"})
    assert push(app).state == "refused" and push(app).error == "full"
    clock.move(days=40)
    assert subscribe(app) == 1


def test_a_hub_that_does_not_answer_is_asked_more_and_more_seldom(app, number, hub, clock):
    hub.status = 500
    times = []
    for _ in range(4):
        assert subscribe(app) == 1 and push(app).error == "HTTP 500"
        times.append((push(app).next_at - db.now()).total_seconds() / 3600)
        clock.move(hours=25)
    assert [round(hours) for hours in times] == [2, 4, 8, 16]


def test_the_header_counts_before_the_document_and_a_source_without_hub_has_none(app, number, hub, remote_site):
    head = f'<{hub.url}?2>; rel="hub", <{remote_site.url}/canonical>; rel="self"'
    remote_site.answer("/feed", FEED + " ", Link=head)
    run(app, number)
    assert push(app).hub == hub.url + "?2" and push(app).topic == remote_site.url + "/canonical"
    remote_site.answer("/feed", FEED + "  ")
    run(app, number)
    assert push(app) is None
    assert app.test_client().post("/news-push/gone", data=b"x").status_code == 410


def test_no_hub_is_asked_where_none_could_call(new_hub, remote_site, hub):
    app = new_hub(["news"])
    remote_site.trusted_by(app)
    link = f'<{hub.url}>; rel="hub"'
    run(app, add(app, remote_site.answer("/feed", FEED, Link=link)))
    assert push(app) is None


def test_our_hubs_are_told_and_named_in_our_feeds(app, hub, clock, run_jobs):
    from hub.store.state import set_setting

    client = app.test_client()
    assert "Link" not in client.get("/en/news.atom").headers
    with app.app_context(), db.writing():
        set_setting(db.session(), "news.hubs", [hub.url, "хаб", "hub.example.org"])
        db.session().commit()
    make(app, "case", "A garden")
    clock.move(minutes=2)
    run_jobs(app)
    (told,) = hub.asked
    assert told["hub.mode"] == ["publish"] and "https://hub.example.org/en/cases.atom" in told["hub.url"] and "https://hub.example.org/ru/feed.rss" in told["hub.url"]
    answer = client.get("/en/cases.atom")
    assert answer.headers["Link"] == f'<{hub.url}>; rel="hub", <https://hub.example.org/en/cases.atom>; rel="self"'
    assert client.get("/en/cases.atom").headers["Link"] == answer.headers["Link"], "also from the cache"
    assert "Link" not in client.get("/en/cases.atom?topic=").headers or client.get("/en/cases/").headers.get("Link") is None
    assert feedparser.parse(answer.data).feed.links
    told = run_here(app.extensions["hub"].settings.instance, "doctor").out
    assert "“хаб” is not a web address" in told and "“hub.example.org” is not a web address" in told and hub.url not in told
