"""The reader of feeds: what it asks and how, what it makes of answers, when it comes again (F1–F54 in its README)."""

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import sqlalchemy as sa
from newsroom import add, due, entries, feed, rss, run

from hub.content.model import ChangeRow, Content, Revision
from hub.store import db
from hub.testing.remote import Answer, RemoteSite

pytest.importorskip("hub_news")
PLUGINS = ["partners", "news"]
ONE = rss(("a", "https://library.example.org/a", "The reading room is open again"))


@pytest.fixture
def app(new_hub, remote_site):
    app = new_hub(PLUGINS)
    remote_site.trusted_by(app)
    return app


def header(asked, name):
    return {k.lower(): v for k, v in asked.headers.items()}.get(name)


# --- asking (F1–F9)


def test_the_first_request_is_plain_and_says_who_asks(app, remote_site):
    number = add(app, remote_site.answer("/feed", ONE))
    run(app, number)
    (asked,) = remote_site.asked
    assert header(asked, "if-none-match") is None and header(asked, "if-modified-since") is None
    assert header(asked, "cookie") is None and header(asked, "referer") is None and asked.path == "/feed"
    assert "Hub/" in header(asked, "user-agent") and "/bot" in header(asked, "user-agent")
    assert "application/atom+xml" in header(asked, "accept") and header(asked, "accept-encoding") == "gzip"


def test_validators_go_back_byte_for_byte_and_are_forgotten_when_gone(app, remote_site):
    odd = 'W/"a-b;c--gzip"'
    number = add(app, remote_site.answer("/feed", ONE, ETag=odd, Last_Modified="Tue, 3 Nov 2026 08:00:00 GMT"))
    run(app, number)
    run(app, number)
    assert header(remote_site.asked[1], "if-none-match") == odd
    assert header(remote_site.asked[1], "if-modified-since") == "Tue, 3 Nov 2026 08:00:00 GMT"
    remote_site.answer("/feed", rss(("b", "https://library.example.org/b", "Another thing entirely")))
    run(app, number)
    run(app, number)
    assert header(remote_site.asked[3], "if-none-match") is None


def test_a_304_is_a_success_and_its_headers_count(app, remote_site):
    number = add(app, remote_site.answer("/feed", ONE, ETag='"1"'))
    run(app, number)
    remote_site.answer("/feed", status=500)
    run(app, number)
    assert feed(app, number).failures == 1
    remote_site.answer("/feed", status=304, ETag='"2"', Cache_Control="max-age=36000")
    before = dt.datetime.now(dt.UTC)
    run(app, number)
    kept = feed(app, number)
    assert kept.failures == 0 and kept.error == "" and kept.etag == '"2"' and kept.why == "asked"
    assert kept.next_at > before + dt.timedelta(hours=9)
    assert entries(app) == [("The reading room is open again", "published")]


def test_the_same_body_is_not_read_again(app, remote_site, monkeypatch):
    from hub_news.reader import parsing

    number = add(app, remote_site.answer("/feed", ONE))
    run(app, number)
    monkeypatch.setattr(parsing, "parse", lambda *_: pytest.fail("parsed again"))
    run(app, number)
    assert feed(app, number).error == ""


# --- moving (F10–F14)


@pytest.mark.parametrize("to", ["/new", "/old/"])  # the second is the same source in another spelling, as https for http is
def test_a_permanent_redirect_is_adopted_only_after_days_and_can_be_seen(app, remote_site, clock, to):
    old, new = remote_site.url + "/old", remote_site.answer(to, ONE)
    remote_site.answer("/old", status=301, Location=to)
    number = add(app, old)
    for _ in range(6):
        run(app, number)
    assert feed(app, number).url == old and feed(app, number).moved_seen == 6
    clock.move(days=4)
    run(app, number)
    moved = feed(app, number)
    assert (moved.url, moved.previous_url) == (new, old)


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_temporary_redirect_never_changes_the_address(app, remote_site, clock, status):
    remote_site.answer("/new", ONE)
    remote_site.answer("/old", status=status, Location="/new")
    number = add(app, remote_site.url + "/old")
    for _ in range(6):
        run(app, number)
        clock.move(days=1)
    assert feed(app, number).url.endswith("/old") and entries(app)


def test_a_redirect_to_a_source_that_is_here_makes_no_second_one(app, remote_site, clock):
    add(app, remote_site.answer("/new", ONE))
    remote_site.answer("/old", status=301, Location="/new")
    number = add(app, remote_site.url + "/old")
    for _ in range(6):
        run(app, number)
    clock.move(days=4)
    run(app, number)
    assert (feed(app, number).state, feed(app, number).paused_why) == ("paused", "double")


def test_a_loop_is_an_error_and_410_stops(app, remote_site):
    remote_site.answer("/loop", status=302, Location="/loop")
    remote_site.answer("/gone", status=410)
    loop, gone = add(app, remote_site.url + "/loop"), add(app, remote_site.url + "/gone")
    run(app, loop)
    run(app, gone)
    assert feed(app, loop).error == "refused" and feed(app, loop).state == "active"
    assert feed(app, gone).state == "gone"
    asked = len(remote_site.asked)
    run(app, gone)
    assert len(remote_site.asked) == asked


# --- failing (F15, F16, F19, F24, F25, F34)


def test_whatever_fails_is_tried_again_and_never_given_up(app, remote_site, clock):
    number = add(app, remote_site.answer("/feed", status=404))
    waits = []
    for _ in range(14):
        run(app, number)
        kept = feed(app, number)
        waits.append((kept.next_at - kept.asked).total_seconds())
    assert kept.state == "active" and kept.why == "failing" and waits[0] < 2400 < waits[2] and max(waits) <= 7 * 86_400 + 120
    remote_site.answer("/feed", ONE)
    run(app, number)
    assert feed(app, number).failures == 0 and feed(app, number).failing_since is None


def test_429_gives_the_whole_server_peace(app, remote_site):
    one = add(app, remote_site.answer("/one", status=429, Retry_After="7200"))
    other = add(app, remote_site.answer("/other", ONE))
    run(app, one)
    kept = feed(app, one)
    assert kept.why == "retry" and (kept.next_at - kept.asked).total_seconds() >= 7199
    with app.app_context():
        from hub_news.reader import running

        assert running.claim_due("me", 8) == [] and other


@pytest.mark.parametrize("body", ["<!doctype html><title>Back soon</title>", "", "no feed at all", '{"a": 1}'])
def test_what_is_no_feed_is_an_error_and_keeps_what_there_is(app, remote_site, body):
    number = add(app, remote_site.answer("/feed", ONE, ETag='"1"'))
    run(app, number)
    remote_site.answer("/feed", body)
    run(app, number)
    kept = feed(app, number)
    assert kept.error in ("page", "empty") and kept.etag == '"1"' and len(entries(app)) == 1


def test_an_empty_feed_is_no_error_and_takes_nothing_away(app, remote_site):
    number = add(app, remote_site.answer("/feed", ONE))
    run(app, number)
    remote_site.answer("/feed", rss())
    run(app, number)
    assert feed(app, number).error == "" and len(entries(app)) == 1


# --- safety (F26–F33)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://[::1]/", "http://169.254.169.254/", "http://2130706433/", "http://10.1.2.3/f"])
def test_inner_addresses_are_refused(new_hub, url):
    app = new_hub(PLUGINS)
    number = add(app, url)
    run(app, number)
    assert feed(app, number).error == "refused"


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://a.example/f", "gopher://a.example", "data:text/xml,<rss/>", "javascript:1", "http://u:p@a.example/"])
def test_other_schemes_and_passwords_are_no_sources(app, url):
    from hub_news.keeping import Refused

    with pytest.raises(Refused):
        add(app, url)


# --- when (F17, F18, F20–F23)


def test_feeds_of_one_server_never_share_a_minute(app, remote_site):
    from hub_news.models import Feed

    remote_site.script("/f", lambda asked: Answer(ONE.encode(), 200, {"Content-Type": "text/xml"}))
    numbers = [add(app, f"{remote_site.url}/f?n={n}") for n in range(25)]
    for number in numbers:
        run(app, number)
    with app.app_context():
        minutes = [at.replace(second=0, microsecond=0) for at in db.session().scalars(sa.select(Feed.next_at))]
    assert len(set(minutes)) == 25


def test_one_question_at_a_time_per_server(app, remote_site, monkeypatch):
    from hub_news.reader import schedule

    monkeypatch.setattr(schedule, "HOST_PAUSE", 0.3)
    at_once, most, lock = [0], [0], threading.Lock()

    def speak(asked):
        with lock:
            at_once[0] += 1
            most[0] = max(most[0], at_once[0])
        time.sleep(0.1)
        with lock:
            at_once[0] -= 1
        return Answer(ONE.encode(), 200, {})

    remote_site.script("/f", speak)
    for n in range(3):
        add(app, f"{remote_site.url}/f?n={n}")
    run(app, seconds=12)
    assert most[0] == 1 and len(remote_site.asked) == 3


def test_two_workers_never_have_one_source(app, remote_site):
    from hub_news.reader import running

    add(app, remote_site.answer("/feed", ONE))
    with app.app_context():
        assert len(running.claim_due("one", 8)) == 1 and running.claim_due("two", 8) == []


def test_a_late_worker_writes_nothing(app, remote_site):
    """Its lease ran out, another worker has the server: what it still brings is left out."""
    from hub_news.reader import running

    add(app, remote_site.answer("/feed", ONE))
    with app.app_context():
        (claim,) = running.claim_due("slow", 8)
        got = running.get(claim, "x", [remote_site.host], ("en",))
        due(app)
        assert len(running.claim_due("quick", 8)) == 1
        running.finish(claim, got, "slow")
    assert entries(app) == []


def test_a_restart_asks_nobody_early(app, remote_site, run_jobs):
    number = add(app, remote_site.answer("/feed", ONE))
    run(app, number)
    asked = len(remote_site.asked)
    run_jobs(app)
    assert len(remote_site.asked) == asked


def test_by_hand_is_no_way_around_peace(app, remote_site):
    from hub_news import keeping
    from hub_news.models import Feed

    number = add(app, remote_site.answer("/feed", status=503, Retry_After="3600"))
    run(app, number)
    with app.app_context():
        later = keeping.hurry(db.session().get(Feed, number))
    assert later and later > dt.datetime.now(dt.UTC) + dt.timedelta(minutes=50)


def test_pausing_and_taking_up_is_no_way_around_peace_either(app, remote_site, clock):
    from hub_news import keeping
    from hub_news.models import Feed

    number = add(app, remote_site.answer("/feed", ONE))
    run(app, number)
    for minutes, why in ((0, "hand"), (60, "hand")):
        clock.move(minutes=minutes)
        with app.app_context(), db.writing():
            source = db.session().get(Feed, number)
            keeping.pause(source)
            keeping.resume(source)
            wait, said = source.next_at - keeping.now(), source.why
            db.session().commit()
        assert (wait > dt.timedelta(minutes=25)) == (not minutes) and said == why


@pytest.mark.parametrize(
    "said, seconds",
    [("120", 120), ("0", 0), ("-5", 0), ("soon", 0), ("999999999999", 86_400), ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
     ("Fri, 20 Nov 2026 21:00:00 GMT", 3600), ("Fri, 20 Nov 2020 21:00:00 GMT", 0), ("", 0)],
)  # fmt: skip
def test_retry_after_in_every_form(said, seconds):
    from hub_news.reader.schedule import retry_after

    assert retry_after({"retry-after": said}, dt.datetime(2026, 11, 20, 20, 0, tzinfo=dt.UTC)) == seconds


@pytest.mark.parametrize(
    "headers, ttl, least, most",
    [({}, 0, 3600, 4500), ({"cache-control": "max-age=7200"}, 0, 7200, 9000), ({"cache-control": "max-age=7200", "age": "3600"}, 0, 3600, 4500),
     ({"cache-control": "no-store, max-age=90000"}, 0, 3600, 4500), ({"cache-control": "max-age=0"}, 0, 3600, 4500),
     ({"cache-control": "public, max-age=31536000"}, 0, 86_400, 108_000), ({}, 180, 10_800, 13_500),
     ({"expires": "Fri, 20 Nov 2026 23:00:00 GMT", "date": "Fri, 20 Nov 2026 21:00:00 GMT"}, 0, 7200, 9000), ({"expires": "0"}, 0, 3600, 4500)],
)  # fmt: skip
def test_what_a_source_asks_for_within_bounds(headers, ttl, least, most):
    from hub_news.reader.schedule import after_success

    assert after_success(3600, headers, ttl, 0).seconds == least and after_success(3600, headers, ttl, 1).seconds == most


@pytest.mark.parametrize(
    "extra, minutes",
    [("<ttl>90</ttl>", 90), ("<ttl>soon</ttl>", 0), ("<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>2</sy:updateFrequency>", 720),
     ("<sy:updatePeriod>hourly</sy:updatePeriod>", 60), ("<sy:updatePeriod>never</sy:updatePeriod>", 0)],
)  # fmt: skip
def test_how_often_a_document_itself_wishes_to_be_read(extra, minutes):
    from hub_news.reader import parsing

    text = rss(extra=extra).replace("<rss ", '<rss xmlns:sy="http://purl.org/rss/1.0/modules/syndication/" ')
    assert parsing.parse(text.encode()).ttl == minutes


def test_one_failure_stops_nobody_and_is_logged(app, remote_site, caplog):
    bad = add(app, remote_site.answer("/bad", status=500))
    good = add(app, remote_site.answer("/good", rss(("a", "https://l.example/a", "A story of this library"))))
    caplog.set_level("INFO", logger="hub.news")
    run(app, bad)
    run(app, good)
    assert [title for title, _ in entries(app)] == ["A story of this library"]
    lines = [record.getMessage() for record in caplog.records if record.name == "hub.news"]
    assert any(line.startswith(f"source {bad}: 500 status in ") for line in lines) and any(line.startswith(f"source {good}: 200 new in ") for line in lines)


def test_quiet_sources_drift_up_and_busy_ones_down():
    from hub_news.reader.schedule import LEAST, MOST, learned

    quiet = busy = 3600
    for _ in range(30):
        quiet, busy = learned(quiet, 0), learned(busy, 9)
    assert quiet == MOST and busy == LEAST


# --- identity (F39–F45)


def test_a_second_reading_adds_nothing_and_an_edit_changes_in_place(app, remote_site):
    number = add(app, remote_site.answer("/feed", rss(("a", "http://l.example/a?utm_source=rss", "A first title here"))))
    run(app, number)
    remote_site.answer("/feed", rss(("a", "https://l.example/a", "A second title here", "With a text")))
    assert run(app, number).changed == 1
    assert entries(app) == [("A second title here", "published")]
    with app.app_context():
        content = db.session().scalar(sa.select(Content).where(Content.kind == "news"))
        changes = db.session().scalars(sa.select(ChangeRow.verb).where(ChangeRow.content_id == content.id)).all()
        assert changes == ["published", "changed"]  # one row per run and entry
        assert db.session().scalar(sa.select(sa.func.count()).select_from(Revision).where(Revision.content_id == content.id)) == 0


def test_new_ids_for_old_entries_double_nothing(app, remote_site):
    number = add(app, remote_site.answer("/feed", rss(("1", "https://l.example/a", "One title here now"), ("2", "https://l.example/b", "Two titles here now"))))
    run(app, number)
    remote_site.answer("/feed", rss(("x1", "https://l.example/a", "One title here now"), ("x2", "https://l.example/b", "Two titles here now")))
    run(app, number)
    assert len(entries(app)) == 2


def test_ids_are_told_apart_within_a_document(app, remote_site):
    text = rss(("same", "https://l.example/a", "One title"), ("same", "https://l.example/b", "Another title"), ("same", "https://l.example/a", "One title"))
    number = add(app, remote_site.answer("/feed", text))
    run(app, number)
    due(app)
    run(app, number)
    assert sorted(title for title, _ in entries(app)) == ["Another title", "One title"]


def test_what_an_editor_wrote_stays(app, remote_site):
    from hub import items

    number = add(app, remote_site.answer("/feed", rss(("a", "https://l.example/a", "From the source"))))
    run(app, number)
    with app.app_context(), db.writing():
        content = db.session().scalar(sa.select(Content).where(Content.kind == "news"))
        doc = items.read(content)
        doc["texts"]["en"]["title"] = "From the editor"
        items.save(content, doc, publish=True)
        items.commit()
    remote_site.answer("/feed", rss(("a", "https://l.example/a", "From the source, once more")))
    run(app, number)
    assert entries(app) == [("From the editor", "published")]


def test_the_past_of_a_new_source_is_no_flood(app, remote_site):
    many = rss(*((f"g{n}", f"https://l.example/{n}", f"Title number {n} of many") for n in range(320)))
    number = add(app, remote_site.answer("/feed", many))
    run(app, number)
    run(app, number)
    assert len(entries(app)) == 30


def test_dates_ahead_and_missing(app, remote_site):
    text = rss(("a", "https://l.example/a", "No date at all here")).replace("</channel>", "<item><title>From the future it came</title><guid>f</guid><pubDate>Mon, 01 Jan 2035 00:00:00 GMT</pubDate></item></channel>")
    number = add(app, remote_site.answer("/feed", text))
    run(app, number)
    with app.app_context():
        moments = db.session().scalars(sa.select(Content.published).where(Content.kind == "news")).all()
    assert len(moments) == 2 and all(m <= dt.datetime.now(dt.UTC) for m in moments)
    remote_site.answer("/feed", text + " ")
    run(app, number)
    with app.app_context():
        assert db.session().scalars(sa.select(Content.published).where(Content.kind == "news")).all() == moments


# --- stories, expiry


def test_one_story_of_two_sources_is_folded_and_can_be_taken_apart(app, remote_site):
    from hub_news import stories
    from hub_news.models import Entry

    one = add(app, remote_site.answer("/one", rss(("a", "https://a.example/1", "The council pays for yard libraries"))))
    two = add(app, remote_site.answer("/two", rss(("b", "https://b.example/9", "The council pays for yard LIBRARIES!"), ("c", "https://b.example/2", "Meeting"))))
    run(app, one)
    run(app, two)
    assert sorted(entries(app)) == [("Meeting", "published"), ("The council pays for yard LIBRARIES!", "archived"), ("The council pays for yard libraries", "published")]
    with app.test_client() as client:
        listed = client.get("/en/news.json").json
        assert listed["total"] == 2
    with app.app_context(), db.writing():
        folded = db.session().scalar(sa.select(Entry).where(Entry.main_id.is_not(None)))
        stories.take_apart(folded)
        db.session().commit()
    run(app, two)
    assert {status for _, status in entries(app)} == {"published"}


def test_old_entries_go_and_do_not_come_back(app, remote_site, clock):
    from hub_news import care
    from hub_news.models import Pin

    text = rss(("a", "https://a.example/1", "The first of them all"), ("b", "https://a.example/2", "The pinned one of them"))
    number = add(app, remote_site.answer("/feed", text))
    run(app, number)
    with app.app_context(), db.writing():
        kept = next(c for c in db.session().scalars(sa.select(Content).where(Content.kind == "news")) if "pinned" in c.texts[0].title)
        db.session().add(Pin(content_id=kept.id))
        db.session().commit()
    client = app.test_client()
    gone = next(i["url"] for i in client.get("/en/news.json").json["items"] if "first" in i["title"])
    clock.move(days=401)
    with app.app_context():
        assert care.expire() == 1
    assert client.get(gone[gone.index("/en/") :]).status_code == 410
    run(app, number)
    remote_site.answer("/feed", text + "\n")
    run(app, number)
    assert entries(app) == [("The pinned one of them", "published")]


# --- kill -9 in the middle


def test_killed_in_the_middle_nothing_is_doubled_or_lost(app, remote_site, hub_instances):
    instance = app.extensions["hub"].settings.instance
    slow = threading.Event()

    def speak(asked):
        slow.set()
        time.sleep(0.4)
        n = asked.path.rpartition("=")[2]
        return Answer(rss((f"g{n}", f"https://l.example/{n}", f"Story number {n} of them")).encode(), 200, {})

    sites = [RemoteSite().__enter__() for _ in range(4)]
    try:
        for n, site in enumerate(sites):
            site.script("/f", speak)
            site.trusted_by(app)
            add(app, f"{site.url}/f?n={n}")
        code = "import sys; from hub.app import create_app; from hub_news.reader import running\napp = create_app(sys.argv[1])\nwith app.app_context(): running.run(5)"
        environment = {**os.environ, "HUB_NET__ALLOW": ",".join(f'"{s.host}"' for s in sites).join("[]")}
        process = subprocess.Popen([sys.executable, "-c", code, str(instance)], env=environment)
        assert slow.wait(20)
        time.sleep(0.1)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert run(app).asked == 4
        run(app)
        assert sorted(entries(app)) == [(f"Story number {n} of them", "published") for n in range(4)]
    finally:
        for site in sites:
            site.__exit__(None, None, None)
