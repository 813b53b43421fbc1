"""Entries for members that a hub shares with some hubs only: who gets them, who does not, and that they go when they should."""

import re
import time

import pytest
import sqlalchemy as sa
from networking import PLUGINS, behind, edit, follow, here, hub, make, refusals, step, sync

from hub.content.model import Content
from hub.store import db
from hub.testing.fixtures import csrf, sign_in
from hub.testing.remote import RemoteSite

pytest.importorskip("hub_network")

MEMBERS = {"audience": "members"}


@pytest.fixture
def three(new_hub, remote_site):
    """(the hub that is followed, a hub that it trusts, one that it does not, the server of the first)."""
    origin, friend, stranger = new_hub(PLUGINS), new_hub([*PLUGINS, "search", "greenmap", "activitypub"]), new_hub(PLUGINS)
    behind(origin, remote_site)
    with RemoteSite() as second, RemoteSite() as third:
        for app, site in ((friend, second), (stranger, third)):
            app.extensions["hub"].settings.site.__dict__["url"] = site.url
            remote_site.trusted_by(app)
        yield origin, friend, stranger, remote_site


def key_of(app):
    from hub_network import identity

    with app.app_context():
        return identity.ready().key_id.rpartition("#")[2]


def read_log(app):
    """What the worker does after every change."""
    from hub.api import log

    with app.app_context():
        log.run()


def decide(origin, app, state, **more):
    """An administrator decides what a hub that has asked gets, on the pages of the desk."""
    admin = sign_in(origin, "admin")
    listed = admin.get("/desk/network/readers").text
    with app.app_context():
        address = app.extensions["hub"].settings.site.url
    number = re.search(rf'href="/desk/network/readers/(\d+)">[^<]*{re.escape(address.partition("://")[2])}', listed).group(1)
    page = admin.get(f"/desk/network/readers/{number}").text
    answer = admin.post(f"/desk/network/readers/{number}", data={"csrf_token": csrf(page), "do": "save", "state": state, **more})
    assert answer.status_code == 302
    return number


def signed(app, url):
    """The headers with which a hub asks for an address."""
    from hub_network import identity

    with app.app_context():
        return identity.ready().question(url)


def test_a_trusted_hub_gets_what_is_for_members_and_nobody_else_does(three, run_jobs):
    origin, friend, stranger, site = three
    make(origin, en="Seeds by post")
    inner = make(origin, en="Plans of the board", ru="Планы правления", doc={**MEMBERS, "places": [
        {"lat": 55.75, "lon": 37.62, "names": {"en": "Moscow", "ru": "Москва"}, "country": "RU"}]})
    make(origin, en="Only for editors", doc={"audience": "editors"})
    read_log(origin)
    numbers = {app: follow(app, site.url) for app in (friend, stranger)}
    for app in (friend, stranger):
        sync(app)
        assert list(here(app)) == ["Seeds by post"], "nothing is shared by itself"
    decide(origin, friend, "trusted")
    for app in (friend, stranger):
        sync(app)
        sync(app)
    assert sorted(here(friend)) == ["Plans of the board", "Seeds by post"] and list(here(stranger)) == ["Seeds by post"]
    copy = here(friend)["Plans of the board"]
    assert copy.audience == "members" and hub(friend, numbers[friend]).swept == 2
    plain = origin.test_client().get("/api/v1/changes?since=0&items=1").json
    assert inner not in str(plain) and "shared" not in plain

    read_log(friend)  # search is a reader of the log
    visitor, member = friend.test_client(), sign_in(friend, "member")
    shapes = ("/en/cases/", "/en/cases.json", "/en/cases.csv", "/en/cases.geojson", "/en/cases.atom", "/en/feed.atom", "/en/search/?q=board",
              "/en/search.json?q=plans", "/en/", "/ru/", "/en/map/", "/en/network/", "/en/network/hubs.json", "/sitemap-0.xml",
              "/api/v1/cases", "/api/v1/changes", f"/api/v1/cases/{copy.uid}", "/activitypub/outbox?page=1")  # fmt: skip
    for path in shapes:
        got = visitor.get(path, follow_redirects=True).text
        assert "lans of the board" not in got and "правления" not in got and copy.uid not in got.replace(path, ""), path
    assert visitor.get("/en/cases.json").json["total"] == 1 and visitor.get("/en/network/hubs.json").json["follows"][0]["entries"] == 1
    closed = visitor.get(f"/en/cases/{copy.uid}/")
    assert closed.status_code == 404 and "lans of the board" not in closed.text
    page = member.get(f"/en/cases/{copy.uid}/", follow_redirects=True).text
    assert "Plans of the board" in page and "shares this with members of this site only" in page
    assert "Did you do it too?" not in page, "what is not public there cannot say by whom it was taken over"
    assert member.get("/en/cases.json").json["total"] == 2
    assert "Планы правления" in [item["title"] for item in member.get("/ru/search.json?q=правление").json["items"]]
    admin = sign_in(friend, "admin")
    desk = admin.get(f"/desk/network/{numbers[friend]}/").text
    assert "shared with the members of this site" in desk and desk.count(">for members<") == 1

    edit(origin, inner, lambda doc: doc["texts"]["en"].update(title="Plans of the new board"))
    read_log(origin)
    assert sync(friend).changed == 1 and here(friend)["Plans of the new board"].uid == copy.uid
    edit(origin, inner, lambda doc: doc.update(audience="public"))
    read_log(origin)
    assert sync(friend).changed == 1 and here(friend)["Plans of the new board"].audience == "public"
    assert sync(stranger).created == 1
    edit(origin, inner, lambda doc: doc.update(audience="members"))
    read_log(origin)
    assert sync(friend).changed == 1 and here(friend)["Plans of the new board"].audience == "members"
    assert sync(stranger).removed == 1
    edit(origin, inner, lambda doc: doc.update(audience="editors"))
    read_log(origin)
    assert sync(friend).removed == 1 and list(here(friend)) == ["Seeds by post"]
    edit(origin, inner, lambda doc: doc.update(audience="members"))
    read_log(origin)
    sync(friend)
    step(origin, inner, "trash")
    read_log(origin)
    assert sync(friend).removed == 1 and list(here(friend)) == ["Seeds by post"]
    assert not refusals(friend) and not refusals(stranger) and list(here(stranger)) == ["Seeds by post"]


def test_only_the_kinds_that_were_chosen_are_shared_and_all_goes_when_the_trust_ends(three, run_jobs):
    origin, friend, _, site = three
    make(origin, en="Seeds by post")
    make(origin, en="Inner practice", doc=MEMBERS)
    make(origin, "partner", en="Inner partner", doc=MEMBERS)
    read_log(origin)
    number = follow(friend, site.url)
    sync(friend)
    decide(origin, friend, "trusted", kind="case")
    for _ in range(2):
        sync(friend)
    assert sorted(here(friend)) == ["Inner practice", "Seeds by post"]
    decide(origin, friend, "trusted", kind="partner")
    for _ in range(2):
        sync(friend)
    assert sorted(here(friend)) == ["Inner partner", "Seeds by post"], "what is shared no longer is swept away"
    decide(origin, friend, "new")
    sync(friend)
    run_jobs(friend)
    assert list(here(friend)) == ["Seeds by post"] and hub(friend, number).shared == "" and hub(friend, number).error == ""
    decide(origin, friend, "trusted")
    for _ in range(2):
        sync(friend)
    assert len(here(friend)) == 3
    decide(origin, friend, "blocked")
    assert sync(friend).failed == 1 and hub(friend, number).error == "blocked"
    run_jobs(friend)
    assert list(here(friend)) == ["Seeds by post"], "a hub that blocks us shares nothing more with us"
    assert "It has blocked this hub" in sign_in(friend, "admin").get(f"/desk/network/{number}/").text
    url = f"{site.url}/api/v1/changes?since=0&items=1"
    refused = origin.test_client().get(url.removeprefix(site.url), headers=signed(friend, url))
    assert refused.status_code == 403 and refused.mimetype == "application/problem+json" and refused.json["signature"] == "blocked"
    assert origin.test_client().get("/api/v1/changes?items=1").status_code == 200, "what is public stays so"


def test_what_a_trusted_hub_is_given_is_for_it_alone(three):
    origin, friend, stranger, site = three
    doc = {**MEMBERS, "data": {"people": [{"name": "Anna Example", "email": "anna@example.org", "agreed": "2026"}], "contact_person": "Boris Example"}}
    uid = make(origin, "partner", en="Inner partner", doc=doc)
    shown = make(origin, "partner", en="Open partner", doc={"data": doc["data"]})
    read_log(origin)
    for app in (friend, stranger):
        follow(app, site.url)
    decide(origin, friend, "trusted")
    client = origin.test_client()
    log, one = f"{site.url}/api/v1/changes?since=0&items=1", f"{site.url}/api/v1/partners/{uid}"
    assert client.get(one.removeprefix(site.url)).status_code == 404
    for url in (log, one):
        path = url.removeprefix(site.url)
        answer = client.get(path, headers=signed(friend, url))
        assert "Inner partner" in answer.text and answer.headers["Cache-Control"] == "private, no-store", url
        assert "Signature-Input" in answer.headers["Vary"] and "Access-Control-Allow-Origin" not in answer.headers
        for asked in ({}, signed(stranger, url)):
            assert "Inner partner" not in client.get(path, headers=asked).text, "nor is it kept for the next who asks"
        assert "Inner partner" in client.get(path, headers=signed(friend, url)).text, "nor is what others get kept for it"
    told = {row["item"]["title"]: row["item"] for row in client.get(log.removeprefix(site.url), headers=signed(friend, log)).json["changes"]}
    assert told["Inner partner"]["audience"] == "members" and "audience" not in told["Open partner"]
    assert "Anna" not in str(told["Inner partner"]) and "Boris" not in str(told)
    open_path = f"/api/v1/partners/{shown}"
    before = client.get(open_path).text  # now it is in the cache
    answer = client.get(open_path, headers=signed(friend, site.url + open_path))
    assert answer.text == before and "Signature" in answer.headers and "Signature" not in client.get(open_path).headers


def test_a_signature_counts_only_here_now_and_for_this_question(three, new_hub):
    origin, friend, stranger, site = three
    make(origin, en="Inner practice", doc=MEMBERS)
    read_log(origin)
    follow(friend, site.url)
    decide(origin, friend, "trusted")
    path = "/api/v1/changes?since=0&items=1"
    good, client = signed(friend, site.url + path), origin.test_client()

    def ask(headers, path=path):
        answer = client.get(path, headers=headers)
        assert "Inner practice" not in answer.text
        return answer.status_code, (answer.json or {}).get("signature")

    assert "Inner practice" in client.get(path, headers=good).text
    assert ask({}) == (200, None)
    assert ask(signed(stranger, site.url + path)) == (200, None)
    assert ask(good, path + "&limit=5") == (401, "forged"), "another question"
    assert ask(signed(friend, "http://other.example" + path)) == (401, "forged"), "made for another hub"
    answer = client.get(path, headers=signed(friend, "http://other.example" + path), base_url="http://other.example")
    assert answer.status_code in (400, 401), "whatever the request calls us"
    theirs = key_of(stranger)
    mine = key_of(friend)
    forged = {**signed(stranger, site.url + path)}
    forged["signature-input"] = forged["signature-input"].replace(theirs, mine)
    assert ask(forged) == (401, "forged"), "the name of another"
    for shift in (-400, 400):
        from hub_network import identity, signing

        with friend.app_context():
            signer = identity.ready()
        old = {"created": int(time.time()) + shift, "keyid": signer.key_id, "tag": identity.TAG}
        values = {identity.METHOD: "GET", identity.TARGET: site.url + path}
        assert ask(signing.sign(signer.secret, values, old, identity.LABEL)) == (401, "time")
        few = {**old, "created": int(time.time())}
        assert ask(signing.sign(signer.secret, {identity.METHOD: "GET"}, few, identity.LABEL)) == (401, "parts")
    for told in ("hub=(", 'hub=("@method");created=x', "hub=();hub", "hub=()" * 2000, 'hub=("@method" "@target-uri");created=1;keyid="é#x"'):
        assert ask({**good, "signature-input": told}) == (401, "form"), told
    assert ask({**good, "signature": "hub=:!!:"}) == (401, "form")
    assert ask({"signature-input": good["signature-input"]}) == (401, "form")
    other = good["signature-input"].replace("hub=", "sig1=")
    assert ask({"signature-input": other, "signature": good["signature"].replace("hub=", "sig1=")}) == (200, None), "not ours to judge"


def test_an_answer_that_was_recorded_is_not_taken_for_a_new_one(three):
    origin, friend, _, site = three
    uid = make(origin, en="Seeds by post")
    number = follow(friend, site.url)
    sync(friend)
    speak, kept = site._answers.speak, []

    def record(asked):
        kept.append(speak(asked))
        return kept[-1]

    site._answers.speak = record
    sync(friend)
    assert kept[-1].status in (200, 304)
    edit(origin, uid, lambda doc: doc["texts"]["en"].update(title="Seeds by parcel"))
    site._answers.speak = lambda asked: kept[-1]
    assert sync(friend).failed == 1 and hub(friend, number).error == "forged"
    site._answers.speak = speak
    assert sync(friend).changed == 1


def test_read_twice_or_killed_in_between_nothing_is_doubled_or_lost(three):
    from hub_network import inner
    from hub_network.models import Followed, Inner, Place

    from hub.content import changes

    origin, friend, _, site = three
    for n in range(3):
        make(origin, en=f"Inner {n}", doc=MEMBERS)
    number = follow(friend, site.url)
    decide(origin, friend, "trusted")
    sync(friend)
    assert here(friend) == {}, "what the reader has not seen yet is not told"
    with origin.app_context():
        batch = changes.since(db.session(), 0)
        inner.read(batch[:2])
        inner.read(batch)  # killed before its place was noted: the same once more
        inner.read(batch)
        assert db.session().scalar(sa.select(sa.func.count()).select_from(Inner)) == 3
        assert db.session().get(Place, 1).change == batch[-1].id
    sync(friend)
    assert sorted(here(friend)) == ["Inner 0", "Inner 1", "Inner 2"]
    uids = {row.uid for row in here(friend).values()}
    with friend.app_context(), db.writing():  # killed before its place was noted
        found = db.session().get(Followed, number)
        found.since, found.etag = 0, ""
        db.session().commit()
    done = sync(friend)
    assert (done.created, done.removed) == (0, 0) and {row.uid for row in here(friend).values()} == uids
    with origin.app_context():
        inner.restart()  # the place in its own log is lost
    read_log(origin)
    for _ in range(2):
        sync(friend)
    assert {row.uid for row in here(friend).values()} == uids and hub(friend, number).error == ""


def test_while_the_reader_is_behind_nothing_is_swept_away(three):
    origin, friend, _, site = three
    make(origin, en="Inner practice", doc=MEMBERS)
    read_log(origin)
    make(origin, en="Seeds by post")
    number = follow(friend, site.url)
    sync(friend)
    uid = here(friend)["Seeds by post"].uid
    decide(origin, friend, "trusted")
    for _ in range(2):
        sync(friend)
    assert sorted(here(friend)) == ["Inner practice", "Seeds by post"], "read anew, and not to the end"
    read_log(origin)
    for _ in range(2):
        sync(friend)
    assert here(friend)["Seeds by post"].uid == uid and hub(friend, number).swept == 2


def test_a_hub_that_says_members_without_sharing_is_not_believed(new_hub, remote_site):
    from networking import FakeHub

    ours = new_hub(PLUGINS)
    odd = FakeHub(remote_site)
    remote_site.trusted_by(ours)
    odd.say(odd.item(1, audience="members"))
    odd.say(odd.item(2, audience="editors"))
    follow(ours, remote_site.url)
    sync(ours)
    assert here(ours) == {} and len(refusals(ours)["audience"]) == 2
    marks = iter(range(1000))
    odd.twist = lambda body, asked: {**body, "shared": f"m{next(marks)}"}
    for n in range(3, 300):
        odd.say(odd.item(n))
    before = len(odd.asked)
    sync(ours)
    assert len(odd.asked) - before < 10, "one that changes its mind all the time is not read on and on"


def test_hubs_are_entered_by_key_blocked_and_taken_off_the_list(three):
    origin, friend, _, site = three
    admin, editor = sign_in(origin, "admin"), sign_in(origin, "editor")
    page = admin.get("/desk/network/readers").text
    assert key_of(origin) in page and "No hub has asked with a signature yet" in page
    token = csrf(page)
    assert editor.post("/desk/network/readers", data={"csrf_token": csrf(editor.get("/desk/cases/new").text), "key": key_of(friend)}).status_code == 403
    for key, told in (("nonsense", "This is no key of a hub"), (key_of(origin), "This is the key of this hub itself")):
        answer = admin.post("/desk/network/readers", data={"csrf_token": token, "key": key, "name": "Friend of ours"})
        assert answer.status_code == 400 and told in answer.text and f'value="{key}"' in answer.text and 'value="Friend of ours"' in answer.text
    entered = admin.post("/desk/network/readers", data={"csrf_token": token, "key": f" {key_of(friend)} ", "name": "Friend of ours"})
    address = entered.headers["Location"]
    again = admin.post("/desk/network/readers", data={"csrf_token": token, "key": key_of(friend), "name": ""})
    assert again.status_code == 400 and "known already: Friend of ours" in again.text
    assert "Anybody can make a key" in admin.get(address).text and 'name="state"' not in editor.get(address).text
    assert editor.post(address, data={"csrf_token": csrf(editor.get("/desk/cases/new").text), "do": "save", "state": "trusted"}).status_code == 403
    assert admin.post(address, data={"csrf_token": token, "do": "save", "state": "anything"}).status_code == 400
    make(origin, en="Inner practice", doc=MEMBERS)
    read_log(origin)
    admin.post(address, data={"csrf_token": token, "do": "save", "state": "trusted", "name": "Friend of ours"})
    follow(friend, site.url)
    sync(friend)
    assert list(here(friend)) == ["Inner practice"], "trusted before it asked"
    shown = admin.get(address).text
    assert friend.extensions["hub"].settings.site.url in shown, "what it calls itself is known now"
    admin.post(address, data={"csrf_token": token, "do": "forget"})
    assert admin.get(address).status_code == 404


def test_made_up_keys_fill_no_table(three, monkeypatch):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from hub_network import identity, sharing
    from hub_network.models import Reader

    origin, _, _, site = three
    monkeypatch.setattr(sharing, "MOST_NEW", 3)
    client, path = origin.test_client(), "/api/v1/changes?since=0"
    for n in range(30):
        import base64

        secret = Ed25519PrivateKey.generate()
        public = base64.b64encode(secret.public_key().public_bytes_raw()).decode()
        asked = identity.Signer(secret, f"http://h{n}.example#{public}").question(site.url + path)
        assert client.get(path, headers=asked).status_code == 200
    with origin.app_context():
        rows = db.session().scalars(sa.select(Reader.address).order_by(Reader.id)).all()
    assert len(rows) == 3 and rows[-1] == "http://h19.example", "twenty new ones of one address in an hour, and the last stay"


def test_the_entry_page_does_not_know_the_difference_to_others(three):
    """A shared entry that an editor hid and shows again is fetched by itself, signed."""
    from hub_network import hubs
    from hub_network.models import Kept

    origin, friend, _, site = three
    make(origin, en="Inner practice", doc=MEMBERS)
    read_log(origin)
    follow(friend, site.url)
    decide(origin, friend, "trusted")
    for _ in range(2):
        sync(friend)
    for act in (hubs.hide, hubs.show):
        with friend.test_request_context("/"), db.writing():
            act(db.session().scalars(sa.select(Kept).where(Kept.title == "Inner practice")).one())
            db.session().commit()
    assert sync(friend).failed == 0
    assert here(friend)["Inner practice"].audience == "members"
    with friend.app_context():
        assert db.session().scalar(sa.select(sa.func.count()).select_from(Content).where(Content.elsewhere)) == 1
