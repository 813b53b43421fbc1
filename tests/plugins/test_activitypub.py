"""The hub in the fediverse: found, followed, read; what is new is sent, corrected and withdrawn; what is hostile is refused."""

import datetime as dt
import json
from email.utils import format_datetime

import pytest
import sqlalchemy as sa
from fediverse import ACTIVITY, KEYS, Server, pem
from networking import edit, make, step

from hub.api import now
from hub.store import db
from hub.testing.fixtures import csrf, sign_in
from hub.testing.remote import RemoteSite

pytest.importorskip("hub_activitypub")
PLUGINS = ("partners", "cases", "events", "activitypub", "-privacy", "-people")
LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    from hub.app import create_app
    from hub.testing.instances import Instances

    made = create_app(Instances(tmp_path_factory.mktemp("fediverse")).make(PLUGINS), strict=True)
    made.testing = True
    return made


@pytest.fixture
def server(app):
    """A server of others, and a hub that nobody follows yet."""
    from hub_activitypub import models

    with app.app_context(), db.writing():
        for table in ("Follower", "Inbox", "Message", "Told", "Block", "Seen", "Refusal"):
            db.session().execute(sa.delete(getattr(models, table)))
        for table in ("hub_rate", "hub_job"):  # what another test's clock has left for later
            db.session().execute(sa.text(f"DELETE FROM {table}"))
        db.session().commit()
    with RemoteSite() as site:
        yield Server(site, app)


def work(app):
    from hub.work.jobs import run_due

    run_due(app)


def get(app, path, accept=ACTIVITY):
    return app.test_client().get(path, headers={"Accept": accept}, base_url=app.extensions["hub"].settings.site.url)


def rows(app, name, column="*"):
    with app.app_context():
        return [tuple(row) for row in db.session().execute(sa.text(f"SELECT {column} FROM activitypub_{name}"))]


def refused(app):
    return {reason for (reason,) in rows(app, "refusal", "reason")}


def following(server, name="ann", **options):
    """Somebody follows and has been answered; their address."""
    me = server.account(name, **options)
    assert server.send(server.follow(me)).status_code == 202
    work(server.app)
    return me


def tell(app, clock):
    """Let a minute go by and everything be sent."""
    work(app)
    clock.move(seconds=70)
    work(app)
    work(app)


# -- read by anybody ------------------------------------------------------------------------------------------------------


def test_found_by_its_account_and_by_its_address(app):
    home = app.extensions["hub"].settings.site.url
    account = f"acct:hub@{home.partition('://')[2]}"
    for resource in (account, home, f"{home}/", f"{home}/activitypub/actor"):
        answer = get(app, f"/.well-known/webfinger?resource={resource}", "*/*")
        assert answer.status_code == 200 and answer.mimetype == "application/jrd+json" and answer.json["subject"] == account
        own = next(link for link in answer.json["links"] if link["rel"] == "self")
        assert own == {"rel": "self", "type": ACTIVITY, "href": f"{home}/activitypub/actor"}
    assert get(app, "/.well-known/webfinger?resource=acct:other@example.org").status_code == 404
    assert get(app, "/.well-known/webfinger").status_code == 400
    actor = get(app, "/activitypub/actor")
    assert actor.mimetype == ACTIVITY and actor.json["type"] == "Service" and actor.json["preferredUsername"] == "hub"
    assert actor.json["publicKey"]["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY-----") and "PRIVATE" not in actor.text
    assert actor.json["id"] == f"{home}/activitypub/actor" and actor.json["name"] == "Test hub"
    for name in ("inbox", "outbox", "followers"):
        assert actor.json[name] == f"{home}/activitypub/{name}"
    assert get(app, "/activitypub/actor").json["publicKey"] == actor.json["publicKey"], "the key stays"


def test_whoever_reads_makes_no_key_and_a_missing_one_is_made_by_the_job(new_hub):
    app = new_hub(("cases", "activitypub", "-privacy"))
    first = rows(app, "key", "public")[0][0]
    with app.app_context(), db.writing():
        db.session().execute(sa.text("DELETE FROM activitypub_key"))
        db.session().commit()
    early = get(app, "/activitypub/actor")
    assert early.status_code == 503 and early.headers["Retry-After"] == "60" and rows(app, "key") == []
    work(app)
    made = get(app, "/activitypub/actor").json["publicKey"]["publicKeyPem"]
    assert made != first and len(rows(app, "key")) == 1


def test_an_item_is_an_object_at_its_own_address(app):
    home = app.extensions["hub"].settings.site.url
    uid = make(app, doc={
        "texts": {"en": {"title": "Seeds & <b>post</b>", "summary": "Sent by <i>post</i>", "body": "See [all](/en/cases/).\n\n<script>alert(1)</script>"},
                  "ru": {"title": "Семена почтой", "summary": "По почте", "body": "Смотрите."}},
        "places": [{"lat": 55.75, "lon": 37.62, "names": {"en": "Moscow", "ru": "Москва"}, "country": "RU"}],
    })  # fmt: skip
    page = next(i["url"] for i in app.test_client().get("/en/cases.json").json["items"] if i["uid"] == uid)
    html = get(app, page, "text/html,*/*;q=0.8")
    assert html.mimetype == "text/html" and f'href="{home}/activitypub/items/{uid}"' in html.text and "Accept" in html.headers["Vary"]
    for accept in (ACTIVITY, LD, f"{LD}, {ACTIVITY}"):
        found = get(app, page, accept)
        assert found.status_code == 200 and found.mimetype == ACTIVITY and "Accept" in found.headers["Vary"], "though the page is cached"
    for accept in ("application/ld+json", "application/ACTIVITY+json", "application/json", f"text/html, {ACTIVITY};q=0.5", "text/html"):
        assert get(app, page, accept).mimetype == "text/html", f"{accept}: nobody gets the form of another from the cache"
    said = found.json
    assert said["@context"][0] == "https://www.w3.org/ns/activitystreams"
    assert said["id"] == f"{home}/activitypub/items/{uid}" and said["type"] == "Article" and said["attributedTo"] == f"{home}/activitypub/actor"
    assert set(said["contentMap"]) == set(said["nameMap"]) == {"en", "ru"} and said["nameMap"]["ru"] == "Семена почтой"
    assert said["content"] == said["contentMap"]["en"] and f'href="{home}/en/cases/"' in said["content"] and "<script" not in said["content"]
    assert said["location"] == {"type": "Place", "name": "Moscow", "latitude": 55.75, "longitude": 37.62}
    assert [link["hreflang"] for link in said["url"]] == ["en", "ru"] and said["url"][0]["href"] == page
    assert dt.datetime.fromisoformat(said["published"]) <= dt.datetime.fromisoformat(said["updated"])
    assert get(app, said["url"][1]["href"]).json["content"] == said["contentMap"]["ru"]
    assert get(app, f"/activitypub/items/{uid}").json == said
    step(app, uid, "trash")
    assert get(app, f"/activitypub/items/{uid}").status_code == 404, "nobody was told of it: it never was"
    assert get(app, "/activitypub/items/nonsense").status_code == 404


def test_short_ones_are_notes_and_dated_ones_events(app):
    uid = make(app, en="Tools <to> lend")
    said = get(app, f"/activitypub/items/{uid}").json
    assert said["type"] == "Note" and "name" not in said and "summary" not in said, "a Note's summary would be shown as a warning"
    assert "<strong>Tools &lt;to&gt; lend</strong>" in said["content"] and "About Tools &lt;to&gt; lend" in said["content"]
    event = make(app, "event", doc={"texts": {"en": {"title": "Walk", "summary": "", "body": "We walk."}},
                                    "data": {"starts": "2027-05-01T10:00", "ends": "2027-05-01T12:00", "timezone": "Europe/Moscow"}})  # fmt: skip
    said = get(app, f"/activitypub/items/{event}").json
    assert said["type"] == "Event" and said["startTime"] == "2027-05-01T07:00:00Z"


def test_the_outbox_has_pages_of_what_is_public(app):
    public = [make(app, en=f"Public practice {n}") for n in range(25)]
    hidden = make(app, status="draft", en="Not yet")
    whole = get(app, "/activitypub/outbox").json
    assert whole["type"] == "OrderedCollection" and whole["totalItems"] >= 25
    ids, address = [], whole["first"]
    while address:
        page = get(app, address).json
        assert page["type"] == "OrderedCollectionPage" and page["partOf"] == whole["id"]
        assert all(said["type"] == "Create" and said["actor"] == said["object"]["attributedTo"] for said in page["orderedItems"])
        ids += [said["object"]["id"].rpartition("/")[2] for said in page["orderedItems"]]
        address = page.get("next")
    assert len(ids) == len(set(ids)) == whole["totalItems"] and set(public) <= set(ids) and hidden not in ids
    assert get(app, "/activitypub/outbox?page=0").status_code == get(app, "/activitypub/outbox?page=x").status_code == 404


# -- followed -------------------------------------------------------------------------------------------------------------


def test_follow_is_answered_and_undone(app, server):
    me = server.account()
    follow = server.follow(me)
    assert server.send(follow).status_code == 202 and server.inbox == []
    work(app)
    (answer,) = server.got("Accept")
    assert answer["actor"] == server.actor and answer["object"] == follow
    looked_up = next(asked for asked in server.site.asked if asked.path == "/users/ann")
    assert "signature" in {name.lower() for name in looked_up.headers}, "servers in secure mode ask who asks"
    collection = get(app, "/activitypub/followers").json
    assert collection["totalItems"] == 1 and me not in json.dumps(collection)
    assert server.send(server.follow(me)).status_code == 202, "again: still one"
    assert get(app, "/activitypub/followers").json["totalItems"] == 1
    undo = {"id": f"{me}#undo", "type": "Undo", "actor": me, "object": {**follow, "id": f"{me}/other"}}
    assert server.send(undo).status_code == 202
    assert rows(app, "follower") == rows(app, "inbox") == [], "nothing of them is kept"
    assert server.send({**undo, "id": f"{me}#undo2"}).status_code == 202 and refused(app) == set()


def test_an_account_that_ends_is_forgotten(app, server):
    me, gone = following(server), following(server, "bob")
    delete = {"id": f"{me}#delete", "type": "Delete", "actor": me, "object": me}
    assert server.send(delete).status_code == 202
    server.site.answer("/users/bob", b"", status=410)
    ended = {"id": f"{gone}#delete", "type": "Delete", "actor": gone, "object": {"id": gone, "type": "Tombstone"}}
    assert server.send(ended, key=KEYS[1]).status_code == 202, "its key cannot be asked for any more; that it is gone can"
    assert rows(app, "follower") == []
    asked = len(server.site.asked)
    stranger = f"{server.site.url}/users/stranger"
    assert server.send({"id": f"{stranger}#d", "type": "Delete", "actor": stranger, "object": stranger}).status_code == 202
    assert len(server.site.asked) == asked, "servers tell everybody of every end: nobody is looked up for that"


def test_new_corrected_withdrawn(app, server, clock):
    before = make(app, en="Before anybody followed")
    following(server)
    following(server, "bob")
    uid, quick = make(app, en="Seeds by post", ru="Семена почтой"), make(app, en="A mistake")
    draft, members = make(app, status="draft", en="Not yet"), make(app, doc={"audience": "members"}, en="For members")
    edit(app, uid, lambda doc: doc["texts"]["en"].update(title="Seeds by parcel"))
    step(app, quick, "trash")
    tell(app, clock)
    (new,) = server.got("Create")
    assert "Seeds by parcel" in new["object"]["content"] and new["object"]["id"].endswith(uid), "a minute's corrections are told once"
    assert new["cc"] == [f"{server.home}/activitypub/followers"] and new["to"] == ["https://www.w3.org/ns/activitystreams#Public"]
    assert len([a for a in server.site.asked if a.path == "/inbox"]) == 1, "two of one server: one message"
    edit(app, uid, lambda doc: doc["texts"]["en"].update(title="Seeds by air"))
    edit(app, before, lambda doc: doc["texts"]["en"].update(title="Nobody was told of it"))
    tell(app, clock)
    (changed,) = server.got("Update")
    assert changed["object"]["id"] == new["object"]["id"] and "Seeds by air" in changed["object"]["content"]
    step(app, uid, "trash")
    step(app, before, "trash")
    work(app)
    work(app)
    (gone,) = server.got("Delete")
    assert gone["object"] == {"id": new["object"]["id"], "type": "Tombstone"}
    ids = [said["id"] for said in server.inbox]
    assert len(ids) == len(set(ids)) and not any(secret in json.dumps(server.inbox) for secret in (draft, members, quick, before))
    answer = get(app, f"/activitypub/items/{uid}")
    assert answer.status_code == 410 and answer.json["type"] == "Tombstone" and answer.json["id"] == new["object"]["id"]
    from hub.api import log

    with app.app_context():
        log.reset("activitypub.followers")
    tell(app, clock)
    assert [said["id"] for said in server.inbox] == ids, "the log read anew tells nothing twice"


def test_many_at_once_come_at_a_pace(app, server, clock):
    following(server)
    for n in range(30):
        make(app, en=f"One of many {n}")
    tell(app, clock)
    assert len(server.got("Create")) == 12
    clock.move(minutes=61)
    tell(app, clock)
    assert len(server.got("Create")) == 24
    clock.move(days=8)
    tell(app, clock)
    assert len(server.got("Create")) == 24 and rows(app, "message", "number").count((None,)) == 0, "what has waited a week is no news"


def test_a_server_that_is_down_catches_up_or_is_given_up(app, server, clock):
    following(server)
    server.status = 503
    uid = make(app, en="While it was down")
    tell(app, clock)
    tried = len([a for a in server.site.asked if a.path == "/inbox"])
    work(app)
    assert len([a for a in server.site.asked if a.path == "/inbox"]) == tried, "it is left in peace for a while"
    assert "503" in sign_in(app, "editor").get("/desk/activitypub/").text
    server.status = 202
    clock.move(hours=7)
    work(app)
    assert [said["object"]["id"].rpartition("/")[2] for said in server.got("Create")] == [uid]
    server.status = 422
    make(app, en="Which it does not like")
    tell(app, clock)
    server.status = 202
    make(app, en="Which it likes")
    tell(app, clock)
    assert "Which it likes" in server.got("Create")[-1]["object"]["content"] and len(server.got("Create")) == 2, "one that is refused stops no other"
    server.status = 500
    make(app, en="Into the void")
    tell(app, clock)
    for days in (6, 2):
        assert len(rows(app, "follower")) == 1
        clock.move(days=days)
        work(app)
    assert rows(app, "follower") == rows(app, "inbox") == []


def test_an_inbox_of_its_own_and_an_answer_that_is_late(app, server, clock):
    me = server.account("solo", shared=False)
    server.status = 503
    server.send(server.follow(me))
    work(app)
    assert server.inbox == []
    server.status = 202
    clock.move(minutes=2)
    work(app)
    assert [said["object"]["actor"] for said in server.got("Accept")] == [me]
    make(app, en="For one")
    tell(app, clock)
    assert len(server.got("Create")) == 1 and [a.path for a in server.site.asked if a.method == "POST"][-1] == "/users/solo/inbox"
    silent = server.account("silent", shared=False)
    server.status = 503
    server.send(server.follow(silent))
    for days in (2, 2):
        clock.move(days=days)
        work(app)
    assert [actor for (actor,) in rows(app, "follower", "actor")] == [me]


# -- published examples of the older standard ------------------------------------------------------------------------------

# draft-cavage-http-signatures-12, appendix C; its key has 1024 bits
EXAMPLE_KEY = """-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDCFENGw33yGihy92pDjZQhl0C3
6rPJj+CvfSC8+q28hxA161QFNUd13wuCTUcq0Qd2qsBe/2hFyc2DCJJg0h1L78+6
Z4UMR7EOcpfdUE9Hf3m/hs+FUR45uBJeDK1HSFHD8bHKD6kv8FPGfJTotc+2xjJw
oYi+1hqp1fIekaxsyQIDAQAB
-----END PUBLIC KEY-----
"""
EXAMPLE = {
    "host": "example.com", "date": "Sun, 05 Jan 2014 21:31:40 GMT", "content-type": "application/json", "content-length": "18",
    "digest": "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=",
}  # fmt: skip
EXAMPLES = {
    "date": (
        "SjWJWbWN7i0wzBvtPl8rbASWz5xQW6mcJmn+ibttBqtifLN7Sazz6m79cNfwwb8DMJ5cou1s7uEGKKCs+FLEEaDV5lp7q25WqS+lavg7T8hc0GppauB"
        "6hbgEKTwblDHYGEtbGmtdHgVCk9SuS13F0hZ8FD0k/5OxEPXe5WozsbM="
    ),
    "(request-target) host date": (
        "qdx+H7PHHDZgy4y/Ahn9Tny9V3GP6YgBPyUXMmoxWtLbHpUnXS2mg2+SbrQDMCJypxBLSPQR2aAjn7ndmw2iicw3HMbe8VfEdKFYRqzic+efkb3nndi"
        "v/x1xSHDJWeSWkx3ButlYSuBskLu6kd9Fswtemr3lgdDEmn04swr2Os0="
    ),
    "(request-target) host date content-type digest content-length": (
        "vSdrb+dS3EceC9bcwHSo4MlyKS59iFIrhgYkz8+oVLEEzmYZZvRs8rgOp+63LEM3v+MFHB32NfpB2bEKBIvB1q52LaEUHFv120V01IL+TAD48XaERZF"
        "ukWgHoBTLMhYS2Gb51gWxpeIq8knRmPnYePbF5MOkR0Zkly4zKH7s1dE="
    ),
}


@pytest.mark.parametrize("covers", EXAMPLES)
def test_the_published_examples_hold_as_far_as_they_cover_enough(covers):
    """Default, Basic and All Headers Test. Only the last covers what is asked for here; the key is too short for any of them."""
    import base64

    from cryptography.hazmat.primitives import serialization
    from hub_activitypub import signatures

    key = serialization.load_pem_public_key(EXAMPLE_KEY.encode())
    header = f'keyId="Test",algorithm="rsa-sha256",headers="{covers}",signature="{EXAMPLES[covers]}"'
    asked = ("POST", "/foo?param=value&pet=dog", {**EXAMPLE, "signature": header}, b'{"hello": "world"}', "example.com")
    moment = dt.datetime(2014, 1, 5, 21, 31, 40, tzinfo=dt.UTC)
    if "digest" not in covers:
        with pytest.raises(signatures.Refused, match="parts"):
            signatures.read(*asked, moment)
        lines = {**EXAMPLE, "(request-target)": "post /foo?param=value&pet=dog"}
        text = "\n".join(f"{name}: {lines[name]}" for name in covers.split()).encode()
        found = signatures.Signature("Test", text, base64.b64decode(EXAMPLES[covers]))
    else:
        found = signatures.read(*asked, moment)
    assert found.key_id == "Test" and signatures.made_with(key, found)
    assert not signatures.made_with(key, signatures.Signature("Test", found.text + b" ", found.value))
    assert not signatures.holds(found, EXAMPLE_KEY), "1024 bits can be forged by now"


# -- refused --------------------------------------------------------------------------------------------------------------


def test_what_is_not_rightly_signed_changes_nothing(app, server):
    me = server.account()
    follow = server.follow(me)

    def check(status, reason, answer):
        assert (answer.status_code, refused(app), rows(app, "follower")) == (status, refused(app) | {reason}, []), reason

    headers, body = server.signed(follow)
    check(401, "unsigned", server.post({k: v for k, v in headers.items() if k != "signature"}, body))
    check(401, "unsigned", server.post({**headers, "signature": headers["signature"] + ',keyId="x"'}, body))
    check(401, "digest", server.post(headers, body.replace(b"/follows/", b"/follows/0")))
    check(401, "digest", server.send(follow, digest="SHA-256=AAAA"))
    for hours in (-2, 2):
        check(401, "date", server.send(follow, date=format_datetime(now() + dt.timedelta(hours=hours), usegmt=True)))
    check(401, "date", server.send(follow, date="yesterday"))
    check(401, "parts", server.send(follow, covers="(request-target) host date"))
    check(401, "parts", server.send(follow, covers="host date digest"))
    check(401, "forged", server.send(follow, key=KEYS[1]))
    check(401, "foreign", server.send(follow, key_id=f"{server.site.url}/users/bob#main-key"))
    check(401, "foreign", server.send(follow, key_id="https://elsewhere.example/users/ann#main-key"))
    check(401, "foreign", server.send({**follow, "id": "https://elsewhere.example/1"}))
    other = RemoteSite()
    with other:
        Server(other, app)
        check(401, "foreign", server.send(server.follow(server.account("thief", inbox=f"{other.url}/inbox"))))
        check(401, "foreign", server.send(server.follow(server.account("thief", endpoints={"sharedInbox": f"{other.url}/inbox"}))))
    check(401, "actor", server.send(server.follow(server.account("two", id=f"{server.site.url}/users/one"))))
    check(401, "actor", server.send(server.follow(server.account("owned", publicKey={
        "id": f"{server.site.url}/users/owned#main-key", "owner": me, "publicKeyPem": pem(server.key)}))))  # fmt: skip
    server.site.answer("/users/away", b"", status=302, Location="http://127.0.0.1:1/admin")
    check(401, "actor", server.send(server.follow(f"{server.site.url}/users/away")))
    server.site.answer("/users/large", b"x" * 300_000, mimetype=ACTIVITY)
    check(401, "actor", server.send(server.follow(f"{server.site.url}/users/large")))
    assert server.inbox == []


def test_what_is_signed_by_the_newer_standard_is_taken_and_checked_as_well(app, server):
    me = server.account()
    follow = server.follow(me)

    def check(status, reason, answer):
        assert (answer.status_code, refused(app), rows(app, "follower")) == (status, refused(app) | {reason}, []), reason

    headers, body = server.signed_anew(follow)
    check(401, "digest", server.post(headers, body.replace(b"/follows/", b"/follows/0")))
    for digest in ("sha-256=:AAAA:", "sha-512=:AAAA:", "SHA-256=AAAA", "sha-256=:é:"):
        check(401, "digest", server.post(*server.signed_anew(follow, content_digest=digest)))
    for hours in (-2, 2):
        check(401, "date", server.post(*server.signed_anew(follow, created=int(now().timestamp()) + hours * 3600)))
    check(401, "date", server.post(*server.signed_anew(follow, more=f";expires={int(now().timestamp()) - 5}")))
    check(401, "date", server.post(*server.signed_anew(follow, created='"now"')))
    check(401, "parts", server.post(*server.signed_anew(follow, covers='"@method" "@target-uri"')))
    check(401, "parts", server.post(*server.signed_anew(follow, covers='"@method" "@path" "content-digest"')))
    check(401, "parts", server.post(*server.signed_anew(follow, covers='"@method" "@method" "@target-uri" "content-digest"')))
    check(401, "forged", server.post(*server.signed_anew(follow, key=KEYS[1])))
    check(401, "forged", server.post(*server.signed_anew(follow, target="https://elsewhere.example/activitypub/inbox")))
    check(401, "unsigned", server.post(*server.signed_anew(follow, more=';alg="hmac-sha256"')))
    check(401, "unsigned", server.post({**headers, "signature": headers["signature"].replace("sig1", "sig2")}, body))
    check(401, "unsigned", server.post({**headers, "signature-input": f"{headers['signature-input']}, a=()"}, body))
    assert server.post(*server.signed_anew(follow, more=';alg="rsa-v1_5-sha256"')).status_code == 202
    headers, body = server.signed_anew({"id": f"{me}#undo", "type": "Undo", "actor": me, "object": follow})
    assert len(rows(app, "follower")) == 1 and server.post(headers, body).status_code == 202 and rows(app, "follower") == []
    headers, body = server.signed_anew(server.follow(me), covers='"@method" "@target-uri" "content-digest" "content-type" "host"')
    assert server.post(headers, body).status_code == 202
    assert server.post(headers, body).status_code == 401 and "again" in refused(app), "one signature counts once"


def test_what_is_no_follow_or_no_address_is_refused(app, server):
    me = server.account()
    note = {"id": f"{me}/1", "type": "Create", "actor": me, "object": {"type": "Note", "content": "<script>alert(1)</script>"}}
    assert server.send(note).status_code == 403
    assert server.send(server.follow(me, object=f"{server.home}/activitypub/other")).status_code == 403
    assert server.send(b"{" * 100_000).status_code == 413
    assert server.send(b"[" * 50_000).status_code == server.send(b"nonsense").status_code == server.send(b"[]").status_code == 400
    assert server.send(server.follow(me), content_type="text/html").status_code == 415
    assert get(app, "/activitypub/inbox").status_code == 405
    evil = ("http://169.254.169.254/latest", "javascript:alert(1)", "https://x.example/<script>alert(1)</script>", "https://user@x.example/",
            "file:///etc/passwd", "https://x.example/" + "a" * 600, "http://x.example/", {"id": 7}, None)  # fmt: skip
    for actor in evil:
        assert server.send({"id": me, "type": "Follow", "actor": actor, "object": server.actor}, key_id=f"{me}#main-key").status_code == 400, actor
    server.site.trusted_by(app)
    inside = server.send({"id": "https://10.0.0.1/1", "type": "Follow", "actor": "https://10.0.0.1/a", "object": server.actor})
    assert inside.status_code == 401 and rows(app, "follower") == []
    assert refused(app) == {"kind", "big", "form", "address", "actor"}
    page = sign_in(app, "editor").get("/desk/activitypub/").text
    assert "neither a follow" in page and "larger than 64 KB" in page and "<script>alert" not in page


def test_nothing_is_taken_twice_and_floods_are_stopped(app, server, clock):
    me = server.account()
    headers, body = server.signed(server.follow(me))
    assert server.post(headers, body).status_code == 202
    undo, undo_body = server.signed({"id": f"{me}#undo", "type": "Undo", "actor": me, "object": json.loads(body)})
    assert server.post(undo, undo_body).status_code == 202
    assert server.post(headers, body).status_code == 401 and refused(app) == {"again"} and rows(app, "follower") == [], "caught and sent again"
    clock.move(hours=5)
    work(app)
    assert server.post(headers, body).status_code == 401 and "date" in refused(app), "nor later, when its mark is forgotten"
    clock.stand(now().replace(second=5))  # the limit counts by the minute
    for n in range(31):
        answer = server.send(server.follow(f"{server.site.url}/users/nobody{n}"))
    assert answer.status_code == 429 and answer.headers["Retry-After"] == "60"


def test_a_blocked_server_is_forgotten_and_kept_out(app, server):
    me = following(server)
    editor = sign_in(app, "editor")
    page = editor.get("/desk/activitypub/").text
    assert server.site.host in page and me not in page, "which servers, not who"
    assert app.test_client().get("/desk/activitypub/").status_code == 302 and sign_in(app, "member").get("/desk/activitypub/").status_code == 403
    token = csrf(page)
    wrong = editor.post("/desk/activitypub/", data={"csrf_token": token, "do": "block", "host": "no server", "note": "spam"})
    assert wrong.status_code == 422 and 'value="no server"' in wrong.text and 'value="spam"' in wrong.text
    assert editor.post("/desk/activitypub/", data={"csrf_token": token, "do": "block", "host": f"@ann@{server.site.host}"}).status_code == 302
    assert rows(app, "follower") == rows(app, "inbox") == []
    asked = len(server.site.asked)
    assert server.send(server.follow(me)).status_code == 403 and len(server.site.asked) == asked and refused(app) == {"blocked"}
    editor.post("/desk/activitypub/", data={"csrf_token": token, "do": "unblock", "host": server.site.host})
    assert server.send(server.follow(me)).status_code == 202
    with app.app_context():
        from hub_activitypub import following as table

        with db.writing():
            table.block("example.org")
        assert table.is_blocked("a.b.example.org") and table.is_blocked("example.org:8443") and not table.is_blocked("notexample.org")


def test_switched_off_it_leaves_no_trace(new_hub):
    app = new_hub(("cases", "activitypub", "-privacy"))
    uid = make(app, en="Seeds by post")
    page = app.test_client().get("/en/cases.json").json["items"][0]["url"]
    assert get(app, page).mimetype == ACTIVITY
    (app.extensions["hub"].settings.instance / "plugins.txt").write_text("cases\n-privacy\n")
    assert get(app, page).mimetype == "text/html" and "activity" not in get(app, page, "text/html").text
    for path in ("/.well-known/webfinger?resource=http://localhost", "/activitypub/actor", f"/activitypub/items/{uid}", "/en/activitypub/"):
        assert get(app, path).status_code == 404


def test_people_read_how_to_follow(app):
    account = f"@hub@{app.extensions['hub'].settings.site.url.partition('://')[2]}"
    for language in ("en", "ru"):
        page = app.test_client().get(f"/{language}/activitypub/")
        assert page.status_code == 200 and account in page.text
    assert f'href="/{language}/activitypub/"' in app.test_client().get(f"/{language}/").text
