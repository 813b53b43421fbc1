"""Webhooks against real receivers on this machine: order, signature, slow ones, broken ones, refused addresses, the desk."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import time

import pytest
import sqlalchemy as sa
import time_machine
from hub_webapi import webhooks
from hub_webapi.models import Delivery, Hook

from hub import log
from hub.store.db import session, writing
from hub.testing.fixtures import csrf, sign_in
from hub.work.jobs import run_due

PATH = "/desk/webapi/hooks"


@pytest.fixture
def hooked(hub_instances, receiver):
    """A function: an application that trusts some receivers, and these."""
    from hub.app import create_app
    from hub.store.db import engine

    apps = []

    def make(number=1, plugins=("partners", "cases", "-privacy"), **options):
        receivers = [receiver() for _ in range(number)]
        allowed = json.dumps([one.at for one in receivers])
        app = create_app(hub_instances.make(plugins, toml=f"[net]\nallow = {allowed}", **options), strict=True)
        app.testing = True
        apps.append(app)
        return (app, *receivers)

    yield make
    for app in apps:
        with app.app_context():
            engine().dispose()


def add(app, url, *kinds):
    """A hook; its secret."""
    with app.app_context(), writing():
        hook = webhooks.make(url, kinds)
        found = hook.id, hook.secret
        session().commit()
    return found


def publish(app, title="A garden", kind="case", status="published", **more):
    from hub import items

    with app.app_context(), writing():
        made = items.create(kind, {"texts": {"en": {"title": title}}, **more}, status=status)
        uid = made.uid
        items.commit()
    return uid


def work(app):
    """What the worker would do now."""
    return run_due(app)


def later(seconds):
    return time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(seconds=seconds))


def bodies(receiver):
    return [json.loads(body) for _, body in receiver.got]


def state(app, number):
    with app.app_context():
        hook = session().get(Hook, number)
        return hook.state, hook.error


def test_public_changes_arrive_in_order_and_signed(hooked):
    app, there = hooked()
    publish(app, "Before")
    work(app)
    _, secret = add(app, there.url)
    first = publish(app, "One")
    publish(app, "Draft", status="draft")
    publish(app, "Members", audience="members")
    second = publish(app, "Two", kind="partner")
    with app.app_context(), writing():
        from hub import items

        items.move(items.get("case", first), "trash")
        items.commit()
    work(app)
    test, *changes = bodies(there)
    assert test["test"] is True and set(test) == {"test", "at"}
    assert [(c["uid"], c["kind"], c["gone"]) for c in changes] == [
        (first, "case", False),
        (second, "partner", False),
        (first, "case", True),
    ]
    assert all(set(c) == {"id", "kind", "uid", "gone", "at", "url"} for c in changes)
    assert changes[1]["url"] == f"http://localhost:8000/api/v1/partners/{second}"
    assert [c["id"] for c in changes] == sorted(c["id"] for c in changes)
    public = app.test_client().get("/api/v1/changes").json["changes"]
    assert [{k: v for k, v in c.items() if k != "url"} for c in changes] == public[1:], "the same as in the change log"
    assert len({headers["webhook-id"] for headers, _ in there.got}) == 4
    for headers, body in there.got:
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        key = base64.b64decode(secret.removeprefix("whsec_"))
        mine = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert (
            headers["webhook-signature"] == f"v1,{mine}" and abs(int(headers["webhook-timestamp"]) - time.time()) < 60
        )
        assert headers["content-type"] == "application/json"
    work(app)
    assert len(there.got) == 4, "what was taken is not sent again"


def test_a_hook_for_some_kinds(hooked):
    app, there = hooked()
    add(app, there.url, "partner")
    publish(app)
    uid = publish(app, kind="partner")
    work(app)
    assert [b.get("uid") for b in bodies(there)] == [None, uid]


def test_the_example_of_the_standard():
    """The sample of standardwebhooks.com."""
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    assert (
        webhooks.sign(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body)
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


def test_what_is_not_taken_is_sent_again_with_its_number(hooked):
    app, there = hooked()
    number, _ = add(app, there.url)
    work(app)
    there.play = lambda n: 500 if n <= 3 else 200
    first, second = publish(app, "One"), publish(app, "Two")
    work(app)
    assert len(there.got) == 2, "the second waits for the first"
    for seconds, sent in ((5, 2), (16, 3), (60, 3), (90, 5)):
        with later(seconds):
            work(app)
        assert len(there.got) == sent, seconds
    assert [b.get("uid") for b in bodies(there)] == [None, first, first, first, second]
    ids = [headers["webhook-id"] for headers, _ in there.got]
    assert ids[1] == ids[2] == ids[3] != ids[4]
    with app.app_context():
        rows = session().scalars(sa.select(Delivery).order_by(Delivery.id)).all()
        assert [(r.attempts, r.code, bool(r.done)) for r in rows] == [(1, 204, True), (3, 200, True), (1, 200, True)]
    assert state(app, number) == ("on", "")


def test_after_three_days_it_rests_and_goes_on_with_all_it_missed(hooked):
    app, there = hooked()
    number, _ = add(app, there.url)
    work(app)
    there.play = lambda n: 503
    first = publish(app, "One")
    start, hours = dt.datetime.now(dt.UTC), 0
    with time_machine.travel(start) as clock:
        while state(app, number)[0] == "on":
            with app.app_context():
                log.run()
                webhooks.deliver()
            clock.shift(3600 * 3)
            hours += 3
            assert hours < 100
    assert 72 <= hours <= 81 and state(app, number) == ("dead", "HTTP 503") and 10 <= len(there.got) <= 30
    second = publish(app, "Two")
    sent = len(there.got)
    work(app)
    assert len(there.got) == sent
    health = {c["name"]: c for c in app.test_client().get("/-/health").json["checks"]}
    assert health["webapi.webhook-1"]["state"] == "warning" and "HTTP 503" in health["webapi.webhook-1"]["message"]
    admin = sign_in(app, "admin")
    page = admin.get(f"{PATH}/{number}").text
    assert "rests" in page and "HTTP 503" in page
    there.play = lambda n: 200
    assert admin.post(f"{PATH}/{number}", data={"csrf_token": csrf(page), "do": "on"}).status_code == 302
    work(app)
    assert [b["uid"] for b in bodies(there)[sent:]] == [first, second] and state(app, number) == ("on", "")


def test_who_says_gone_is_not_asked_again(hooked):
    app, there = hooked()
    there.play = lambda n: 410
    number, _ = add(app, there.url)
    work(app)
    assert state(app, number) == ("dead", "HTTP 410") and len(there.got) == 1


def test_redirects_are_not_followed(hooked):
    app, there = hooked()
    there.play = lambda n: 302
    number, _ = add(app, there.url)
    work(app)
    with app.app_context():
        row = session().scalar(sa.select(Delivery))
        assert (row.code, row.done) == (0, None) and "redirects" in row.error
    assert len(there.got) == 1 and state(app, number)[0] == "on"


def test_a_slow_one_keeps_nobody_else_waiting(hooked, monkeypatch):
    monkeypatch.setattr(webhooks, "DEADLINE", 1.0)
    app, slow, quick, broken = hooked(3)
    slow.play = lambda n: time.sleep(3) or 200
    broken.play = lambda n: 500
    hooks = [add(app, one.url)[0] for one in (slow, quick, broken)]
    uids = [publish(app, f"Item {n}") for n in range(8)]
    started = time.monotonic()
    work(app)
    assert time.monotonic() - started < 8
    assert [b.get("uid") for b in bodies(quick)] == [None, *uids]
    assert len(slow.got) == 1 and len(broken.got) == 1
    with app.app_context():
        assert log.behind("webapi.hooks") == 0, "the reader waits for nobody"
        late = webhooks.failing(session().get(Hook, hooks[0]))
        assert late.code == 0 and late.error


def test_one_that_answers_slowly_gets_pauses(hooked, monkeypatch):
    monkeypatch.setattr(webhooks, "SLOW", 0.1)
    app, there = hooked()
    there.play = lambda n: time.sleep(0.3) or 200
    add(app, there.url)
    publish(app)
    work(app)
    assert len(there.got) == 1
    with later(10):
        work(app)
    assert len(there.got) == 2


@pytest.mark.parametrize("url", ["http://example.org/x", "http://127.0.0.1:9/x", "ftp://example.org", "example.org", "", "https://", "https://me:pw@example.org/",
                                 "https://example.org:abc/", "javascript:alert(1)", "https://" + "a" * 2000 + ".org"])  # fmt: skip
def test_addresses_that_cannot_be(hooked, url):
    app, _ = hooked()
    with app.app_context(), pytest.raises(ValueError):
        webhooks.check(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://10.0.0.7/",
        "https://[::1]/",
        "https://169.254.169.254/latest/",
    ],
)
def test_inner_addresses_are_never_reached(hooked, url):
    app, _ = hooked()
    number, _ = add(app, url)
    work(app)
    with app.app_context():
        row = session().scalar(sa.select(Delivery).where(Delivery.hook_id == number))
        assert (row.code, row.done) == (0, None) and (
            "not a server of the public web" in row.error or "no server with the name" in row.error
        )


def test_workers_at_the_same_time_send_once(either_hub, receiver):
    import threading

    there = receiver()
    app = either_hub(toml=f'[net]\nallow = ["{there.at}"]')
    add(app, there.url)
    uids = [publish(app, f"Item {n}") for n in range(10)]
    barrier = threading.Barrier(3)

    def worker():
        with app.app_context():
            barrier.wait()
            webhooks.read(())
            webhooks.deliver()

    threads = [threading.Thread(target=worker) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    work(app)
    assert [b.get("uid") for b in bodies(there)] == [None, *uids]


def test_only_a_hundred_are_kept(hooked):
    app, there = hooked()
    number, _ = add(app, there.url)
    work(app)
    with app.app_context(), writing():
        hook = session().get(Hook, number)
        for _ in range(130):
            webhooks.test(hook)
        session().execute(sa.update(Delivery).values(done=dt.datetime.now(dt.UTC)))
        session().commit()
        webhooks.forget_old()
        session().commit()
        assert len(webhooks.sent(hook)) == 100 == session().scalar(sa.select(sa.func.count()).select_from(Delivery))


def test_the_desk(hooked):
    app, there = hooked()
    admin, editor = sign_in(app, "admin"), sign_in(app, "editor")
    assert (
        editor.get(PATH).status_code == 403
        and editor.get(f"{PATH}/1").status_code == 403
        and "Webhooks" not in editor.get("/desk/").text
    )
    assert "Webhooks" in admin.get("/desk/").text
    assert admin.post(PATH, data={"url": there.url}).status_code == 400, "CSRF"
    token = csrf(admin.get(PATH).text)
    wrong = admin.post(PATH, data={"csrf_token": token, "url": "http://example.org/"})
    assert wrong.status_code == 422 and "https://" in wrong.text and 'value="http://example.org/"' in wrong.text
    answer = admin.post(PATH, data={"csrf_token": token, "url": there.url, "kind": ["case"]})
    assert answer.status_code == 200 and answer.text.count("whsec_") == 1 and "Practices" in answer.text
    assert "whsec_" not in admin.get(PATH).text + admin.get(f"{PATH}/1").text
    work(app)
    assert len(there.got) == 1 and "204" in admin.get(f"{PATH}/1").text

    def act(do):
        return admin.post(f"{PATH}/1", data={"csrf_token": token, "do": do})

    assert act("test").status_code == 302
    work(app)
    assert len(there.got) == 2
    assert act("off").status_code == 302
    uid = publish(app)
    work(app)
    assert len(there.got) == 2
    assert act("on").status_code == 302
    work(app)
    assert bodies(there)[-1]["uid"] == uid
    assert act("renew").text.count("whsec_") == 1
    assert act("dance").status_code == 400
    assert act("delete").status_code == 302 and "127.0.0.1" not in admin.get(PATH).text
    assert admin.get(f"{PATH}/1").status_code == 404


def test_nothing_is_lost_when_a_worker_dies_in_the_middle(hooked, monkeypatch):
    app, there = hooked()
    add(app, there.url)
    work(app)
    uid = publish(app)
    real = webhooks._record
    monkeypatch.setattr(webhooks, "_record", lambda *a: (_ for _ in ()).throw(SystemExit("killed")))
    work(app)
    monkeypatch.setattr(webhooks, "_record", real)
    assert len(there.got) == 2
    with later(120):
        work(app)
    assert [b.get("uid") for b in bodies(there)] == [None, uid, uid], "at least once"
    assert there.got[1][0]["webhook-id"] == there.got[2][0]["webhook-id"], "the receiver can tell"
