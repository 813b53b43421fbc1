"""A hostile hub: nothing of others is touched, limits hold, the desk says what was refused and why."""

import datetime as dt
import os
import signal
import subprocess
import sys
import time

import pytest
import sqlalchemy as sa
from networking import PLUGINS, FakeHub, follow, here, hub, make, refusals, sync, uid_of

from hub.content.model import Content
from hub.store import db
from hub.testing.fixtures import csrf, sign_in
from hub.testing.remote import Answer, RemoteSite

pytest.importorskip("hub_network")


@pytest.fixture
def ours(new_hub, remote_site):
    app = new_hub(PLUGINS)
    remote_site.trusted_by(app)
    return app


@pytest.fixture
def odd(remote_site):
    return FakeHub(remote_site)


def test_a_forged_uid_touches_nothing_of_others(ours, odd):
    own = make(ours, en="Our own practice")
    with RemoteSite() as site:
        site.trusted_by(ours)
        honest = FakeHub(site)
        honest.say(honest.item(1, "Honest practice"))
        follow(ours, site.url)
        sync(ours)
        forged = odd.item(1, "Taken over")  # the uid of the other hub's entry, at its own address
        odd.say(forged)
        odd.say({**odd.item(2, "Ours, it says"), "uid": own})
        odd.say({**odd.item(3, "At the other's address"), "url": f"{site.url}/en/cases/c3/"})
        odd.say({**odd.item(4, "Two names"), "uid": uid_of(99)}, uid=uid_of(4))
        odd.say({**odd.item(5, "Two kinds"), "kind": "partner"}, uid=uid_of(5))
        number = follow(ours, odd.site.url)
        sync(ours, number)
        assert list(here(ours)) == ["Honest practice", "Taken over"], "each hub has an entry of its own under that uid"
        assert here(ours)["Honest practice"].origin != here(ours)["Taken over"].origin
        assert refusals(ours) == {"echo": [own], "foreign": [uid_of(3)], "forged": [uid_of(4), uid_of(5)]}
        odd.say(uid=uid_of(1), gone=True)
        odd.say(uid=own, gone=True)
        sync(ours, number)
        assert list(here(ours)) == ["Honest practice"] and refusals(ours)["not_own"] == [own]
    with ours.app_context():
        assert db.session().scalar(sa.select(Content.status).where(Content.uid == own)) == "published"
    page = sign_in(ours, "editor").get(f"/desk/network/{number}/").text
    assert "not its own" in page and own in page and "another site" in page


def test_scripts_and_odd_values_are_harmless(ours, odd):
    evil = '<script>alert(1)</script><img src=x onerror=alert(1)>'
    text = {"title": f"Evil {evil}", "summary": evil, "body": f"{evil}\n\n[here](javascript:alert(1))\n\n\x00\ud800", "fields": {"results": evil}}
    odd.say(odd.item(1, texts={"en": text}, fields={"website": "javascript:alert(1)", "country": "RU", "themes": ["no-such-term"], "start": {"a": 1}},
                     licence=evil, places=[{"lat": "NaN", "lon": "1e999"}, {"names": {"en": evil}, "country": "RU"}, "x"],
                     concepts=[{"slug": evil, "names": {"en": evil}, "url": "javascript:alert(1)"}, 7], links={"holder": [{"uid": evil}], "x": 3}))  # fmt: skip
    odd.about["name"] = evil
    number = follow(ours, odd.site.url)
    done = sync(ours)
    assert done.created == 1, refusals(ours)
    admin, visitor = sign_in(ours, "admin"), ours.test_client()
    item = visitor.get(f"/en/cases/{visitor.get('/en/cases.json').json['items'][0]['uid']}/", follow_redirects=True)
    pages = [item.text, visitor.get("/en/cases/").text, visitor.get("/en/network/").text, visitor.get("/en/").text,
             *(admin.get(f"/desk/network/{part}").text for part in ("", f"{number}/", f"{number}/topics", f"{number}/leave"))]  # fmt: skip
    assert "Evil" in pages[0]
    for page in pages:
        assert "<script>alert" not in page and "<img src=x" not in page and 'href="javascript:' not in page


@pytest.mark.parametrize("items", [
    [None], ["x"], [{"id": 1}], [{"id": True, "uid": "x", "kind": "case", "gone": False}], [{"id": 2**60, "uid": "x", "kind": "c", "gone": False}],
    [{"id": 5}, {"id": 4}], {"a": 1}, 7,
])  # fmt: skip
def test_a_log_that_makes_no_sense_is_not_followed(ours, odd, items):
    number = follow(ours, odd.site.url)
    odd.twist = lambda body, asked: {**body, "changes": items, "next": 3}
    sync(ours)
    found = hub(ours, number)
    assert here(ours) == {} and (found.error == "log" or refusals(ours) == {"row": [""]})


def test_pages_without_end_stop(ours, odd):
    number = follow(ours, odd.site.url)
    odd.twist = lambda body, asked: {**body, "changes": [], "next": int(asked.path.partition("since=")[2].partition("&")[0]) + 1, "more": True, "restart": False}
    sync(ours)
    found = hub(ours, number)
    assert found.error == "endless" and len(odd.asked) < 30 and found.next_at > dt.datetime.now(dt.UTC) + dt.timedelta(seconds=50)
    odd.twist = lambda body, asked: {**body, "more": True, "next": found.since, "restart": False}
    sync(ours)
    assert hub(ours, number).error == "log"
    odd.twist = lambda body, asked: {**body, "restart": True}
    before = len(odd.asked)
    sync(ours)
    assert hub(ours, number).error == "log" and len(odd.asked) - before == 2, "it is begun anew once, not for ever"


def test_more_entries_than_are_kept_and_more_changes_than_are_read(ours, odd):
    from hub.api import instance

    with ours.app_context(), db.writing():
        instance.store_setting("network.most_items", 10)
        db.session().commit()
    for n in range(150):
        odd.say(odd.item(n))
    number = follow(ours, odd.site.url)
    sync(ours)
    assert len(here(ours)) == 10
    found = hub(ours, number)
    assert found.error == "much" and found.today >= 100 and found.next_at > dt.datetime.now(dt.UTC)
    assert len(refusals(ours)["full"]) <= 300 and found.refused == 90 + (50 if found.since == 150 else 0)


def test_what_was_refused_and_is_taken_when_read_again_is_no_refusal_any_more(ours, odd):
    wrong = odd.item(1, "Mended there")
    odd.say({**wrong, "url": "ftp://elsewhere.example/"})
    number = follow(ours, odd.site.url)
    sync(ours)
    assert here(ours) == {} and hub(ours, number).refused == 1
    odd.log[0]["item"] = wrong
    admin = sign_in(ours, "admin")
    page = admin.get(f"/desk/network/{number}/").text
    assert "1 refusal" in page
    admin.post(f"/desk/network/{number}/", data={"csrf_token": csrf(page), "do": "again"})
    sync(ours)
    assert list(here(ours)) == ["Mended there"] and "refusal" not in admin.get(f"/desk/network/{number}/").text


def test_a_log_that_was_not_read_to_its_end_removes_nothing(ours, odd):
    from hub_network import hubs
    from hub_network.models import Followed

    for n in range(30):
        odd.say(odd.item(n))
    number = follow(ours, odd.site.url)
    sync(ours)
    assert len(here(ours)) == 30
    with ours.app_context(), db.writing():
        hubs.again(db.session().get(Followed, number))
        db.session().commit()
    odd.twist = lambda body, asked: {**body, "changes": [], "next": body["next"] or 1, "more": True, "restart": False}
    sync(ours)
    assert hub(ours, number).error in ("endless", "log") and len(here(ours)) == 30


def test_adoptions_are_passed_on_in_small_numbers(ours, odd):
    from hub_network import adopting

    own = make(ours, en="Our own practice")
    home = ours.extensions["hub"].settings.site.url
    for n in range(30):
        odd.say(odd.item(n, links={"based_on": [{"uid": uid_of(900), "source": {"uid": own, "url": f"{home}/en/cases/x/"}}]}))
    odd.say(odd.item(31, links={"based_on": [{"source": {"uid": uid_of(999), "url": f"{home}/en/cases/y/"}}, {"source": 7}, 8]}))
    odd.say(odd.item(32, links={"based_on": [{"source": {"uid": own, "url": "https://elsewhere.example.org/"}}]}))
    follow(ours, odd.site.url)
    for _ in range(3):
        sync(ours)
    queue = sign_in(ours, "editor").get("/desk/cases/adoptions/waiting").text
    assert queue.count('value="accept"') == adopting.A_DAY


def test_a_clock_in_the_future_puts_nothing_first_for_ever(ours, odd):
    odd.say(odd.item(1, published="2999-01-01T00:00:00+00:00", updated="9999-12-31T23:59:59+00:00"))
    odd.say(odd.item(2, published="yesterday", updated=7))
    follow(ours, odd.site.url)
    sync(ours)
    now = dt.datetime.now(dt.UTC)
    assert [row.published <= now and row.updated <= now for row in here(ours).values()] == [True, True]


def test_a_redirect_to_inside_or_to_another_site_is_not_followed(ours, odd):
    number = follow(ours, odd.site.url)
    with RemoteSite() as inside, RemoteSite() as other:
        other.trusted_by(ours)
        FakeHub(other)
        odd.twist = lambda body, asked: Answer(b"", 302, {"Location": f"{inside.url}/api/v1/changes"})
        sync(ours)
        assert hub(ours, number).error == "refused" and inside.asked == []
        odd.twist = lambda body, asked: Answer(b"", 302, {"Location": f"{other.url}/api/v1/changes?since=0&limit=100"})
        sync(ours)
        assert hub(ours, number).error == "moved"


def test_an_entry_that_flips_is_left_until_tomorrow(ours, odd):
    number = follow(ours, odd.site.url)
    for n in range(30):
        odd.say(odd.item(1, f"Version {n}"))
        sync(ours)
    assert list(here(ours)) == ["Version 23"] and refusals(ours)["flips"] == [uid_of(1)]
    odd.site.script(f"/api/v1/cases/{uid_of(1)}", lambda asked: Answer(__import__("json").dumps(odd.log[-1]["item"]).encode()))
    with ours.app_context(), db.writing():
        from hub_network.models import Kept

        db.session().execute(sa.update(Kept).values(day="2026-01-01"))
        db.session().commit()
    sync(ours)
    assert list(here(ours)) == ["Version 29"]
    odd.say(uid=uid_of(1), gone=True)
    sync(ours, number)
    assert here(ours) == {}, "a withdrawal always counts"


def test_coming_and_going_without_end_is_counted_too(ours, odd):
    follow(ours, odd.site.url)
    for _ in range(14):
        odd.say(odd.item(1))
        sync(ours)
        odd.say(uid=uid_of(1), gone=True)
        sync(ours)
    odd.say(odd.item(1))
    sync(ours)
    assert here(ours) == {} and "flips" in refusals(ours)


def test_answers_too_large_too_deep_or_no_json(ours, odd):
    number = follow(ours, odd.site.url)
    for body, word in ((b"[" * 100_000, "answer"), (b"\xff\xfe", "answer"), (b'{"changes": NaN}', "answer"), (b"[]", "answer"),
                       (b'{"a":' * 40 + b"1" + b"}" * 40, "answer"), (b"<html>", "answer")):  # fmt: skip
        odd.twist = lambda told, asked, body=body: Answer(body)
        sync(ours)
        assert hub(ours, number).error == word, body[:20]
    big = odd.item(1, texts={"en": {"title": "Big", "body": "x" * 9_000_000, "fields": {}}})
    odd.say(big)
    odd.say(odd.item(2, "After it"))
    odd.twist = lambda body, asked: {**body, "changes": [{**c, "item": None} for c in body["changes"]]} if "kind=none" in asked.path else body
    sync(ours)
    assert list(here(ours)) == ["After it"] and refusals(ours)["big"] == [uid_of(1)]


def test_retry_after_counts_and_failures_wait_longer(ours, odd):
    number = follow(ours, odd.site.url)
    odd.twist = lambda body, asked: Answer(b"", 503, {"Retry-After": "7200"})
    sync(ours)
    found = hub(ours, number)
    assert dt.timedelta(minutes=115) < found.next_at - dt.datetime.now(dt.UTC) < dt.timedelta(minutes=125)
    odd.twist = lambda body, asked: Answer(b"", 500)
    for _ in range(4):
        sync(ours)
    assert found.failures + 4 == hub(ours, number).failures
    assert hub(ours, number).next_at - dt.datetime.now(dt.UTC) > dt.timedelta(minutes=15)
    with ours.app_context():
        from hub_network import running

        before = len(odd.asked)
        running.run(2, by_hand=True)
        assert len(odd.asked) == before, "by hand is no way around peace"


def test_a_hub_that_gives_another_ones_address_is_not_followed(ours, odd):
    from hub_network import hubs

    with RemoteSite() as victim:
        victim.trusted_by(ours)
        odd.about["url"] = victim.url
        with pytest.raises(hubs.Refused):
            follow(ours, odd.site.url)


KILLED = """
import sys
from hub.app import create_app
app = create_app(sys.argv[1])
app.extensions["hub"].settings.net.allow.append(sys.argv[2])
with app.app_context():
    from hub_network import running
    print("begun", flush=True)
    running.run(60)
"""


def test_killed_in_the_middle_loses_and_doubles_nothing(ours, odd):
    for n in range(450):
        odd.say(odd.item(n))
    number = follow(ours, odd.site.url)
    folder = str(ours.extensions["hub"].settings.instance)
    for pause in (0.1, 0.5):
        child = subprocess.Popen([sys.executable, "-c", KILLED, folder, odd.site.host], stdout=subprocess.PIPE, text=True)
        assert child.stdout.readline() == "begun\n"
        time.sleep(pause)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        with ours.app_context():
            kept = db.session().scalar(sa.select(sa.func.count()).select_from(Content).where(Content.elsewhere))
            db.session().rollback()
        assert kept == hub(ours, number).since, "a part and the place up to which the log was read are one transaction"
    sync(ours)
    assert len(here(ours)) == 450 and hub(ours, number).since == 450
    with ours.app_context():
        uids = db.session().scalars(sa.select(Content.external_id).where(Content.elsewhere)).all()
    assert sorted(uids) == sorted(uid_of(n) for n in range(450))


@pytest.mark.long
def test_a_hundred_thousand_entries_in_bounded_memory(ours, odd):
    import resource

    from hub.api import instance

    count = 100_000
    with ours.app_context(), db.writing():
        instance.store_setting("network.most_items", 200_000)
        db.session().commit()

    def many(body, asked):
        since = int(asked.path.partition("since=")[2].partition("&")[0])
        last = min(since + 100, count)
        rows = [{"id": n, "kind": "case", "uid": uid_of(n), "gone": False, "at": "", "item": odd.item(n)} for n in range(since + 1, last + 1)]
        return {**body, "changes": rows, "next": last, "more": last < count, "head": count, "restart": False}

    odd.twist = many
    number = follow(ours, odd.site.url)
    sync(ours, number, seconds=60)
    early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.monotonic()
    while hub(ours, number).since < count and time.monotonic() - began < 3600:
        odd.asked.clear()
        odd.site.asked.clear()
        sync(ours, number, seconds=120)
    late = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{count} entries in {time.monotonic() - began:.0f} s more, peak {early // 1024} → {late // 1024} MB")
    with ours.app_context():
        assert db.session().scalar(sa.select(sa.func.count()).select_from(Content).where(Content.elsewhere)) == count
    assert late - early < 150_000, "memory grows with the number of entries"
