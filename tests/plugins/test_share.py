"""Posts to channels: what is posted where, preview, decisions, both networks' answers, and no doubles whatever dies."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from urllib.parse import parse_qs

import pytest
import sqlalchemy as sa
from making import make

from hub.store import db
from hub.testing.fixtures import csrf, sign_in
from hub.testing.remote import Answer

pytest.importorskip("hub_share")
TOKEN = "123:secret-of-the-bot"


class Networks:
    """A stand-in of both APIs: what was posted to them, and what they answer next."""

    def __init__(self, site):
        self.site, self.posts, self.next = site, [], []
        site.script(f"/bot{TOKEN}/sendMessage", self.telegram)
        site.script("/method/wall.post", self.vk)

    def telegram(self, asked):
        body = json.loads(asked.body)
        if self.next:
            return said(*self.next.pop(0))
        self.posts.append((body["chat_id"], body["text"]))
        return said(200, {"ok": True, "result": {"message_id": len(self.posts)}})

    def vk(self, asked):
        body = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
        assert body["access_token"] == "vk-secret" and body["from_group"] == "1" and body["v"]
        if self.next:
            return said(*self.next.pop(0))
        if body["guid"] not in [key for key, _ in self.posts]:  # it knows a post again
            self.posts.append((body["guid"], body["message"]))
        return said(200, {"response": {"post_id": len(self.posts)}})


def said(status, body, delay=0.0):
    return Answer(json.dumps(body).encode() if body is not None else b"<html>Bad gateway", status, {"Content-Type": "application/json"}, delay)


@pytest.fixture
def app(new_hub, remote_site):
    app = new_hub(["partners", "cases", "news", "share"])
    remote_site.trusted_by(app)
    configure(app, telegram_token=TOKEN, vk_token="vk-secret", telegram_api=remote_site.url, vk_api=remote_site.url, pause=0)
    return app


@pytest.fixture
def networks(remote_site):
    return Networks(remote_site)


def configure(app, **values):
    from hub.store.state import set_setting

    with app.app_context(), db.writing():
        for name, value in values.items():
            set_setting(db.session(), f"share.{name}", value)
        db.session().commit()


def place(app, **values):
    from hub_share.models import Place

    with app.app_context(), db.writing():
        made = Place(**{"network": "telegram", "channel": "@our_town", "lang": "en", "asks": False, **values})
        db.session().add(made)
        db.session().commit()
        return made.id


def go(app):
    """The change log is read, and what waits is sent, as the worker would; places do not rest meanwhile."""
    from hub_share import keeping
    from hub_share.models import Place

    from hub.content import changes

    with app.app_context():
        changes.run_readers(["share.places"])
        sent = 0
        for _ in range(6):
            with db.writing():
                db.session().execute(sa.update(Place).values(next_at=db.now()))
                db.session().commit()
            sent += keeping.post()
        return sent


def states(app):
    from hub_share.models import Post

    with app.app_context():
        return list(db.session().scalars(sa.select(Post.state).order_by(Post.id)))


def first(app):
    from hub_share.models import Post

    with app.app_context():
        return db.session().scalars(sa.select(Post).order_by(Post.id)).first()


# --- text and sign


def test_every_item_has_a_text_to_post_and_a_sign_to_print(app):
    uid = make(app, "case", {"en": "A garden", "ru": "Сад"}, status="published")
    client = app.test_client()
    page = client.get("/en/cases/a-garden/").text
    assert 'lang="ru">Сад' in page and 'lang="en">A garden' in page
    sign = client.get(f"/ru/share/sign/case/{uid}")
    assert "data:image/svg+xml;base64," in sign.text and "Сад" in sign.text and "noindex" in sign.headers["X-Robots-Tag"]
    draft = make(app, "case", "A secret", status="draft")
    assert client.get(f"/en/share/sign/case/{draft}").status_code == 404


# --- what is posted


def test_what_fits_is_posted_once_in_its_language(app, networks):
    from hub.api import items

    with app.app_context(), db.writing():
        for slug in ("food", "water"):
            items.put_topic({"slug": slug, "en": {"name": slug}})
        items.commit()
    make(app, "case", "From before", topics=["food"])
    place(app, kinds=["case"], topics=["food"])
    make(app, "case", {"en": "A garden & a <b>", "ru": "Сад"}, topics=["food"])
    make(app, "case", "Another topic", topics=["water"])
    make(app, "case", {"ru": "Только по-русски"}, topics=["food"])
    make(app, "case", "For members", topics=["food"], audience="members")
    make(app, "partner", "Another kind", topics=["food"])
    assert go(app) == 1
    ((channel, text),) = networks.posts
    assert channel == "@our_town" and text.startswith("A garden & a <b>\n\n") and text.endswith("/en/cases/a-garden-a-b/")
    assert go(app) == 0 and states(app) == ["sent"] and first(app).url == "https://t.me/our_town/1"


def test_read_from_the_beginning_again_nothing_is_posted_again(app, networks):
    from hub.content import changes

    place(app)
    make(app, "case", "A garden")
    go(app)
    with app.app_context(), db.writing():
        changes.reset(db.session(), "share.places")
        db.session().commit()
    assert go(app) == 0 and len(networks.posts) == 1


def test_what_was_published_before_or_comes_from_feeds_or_is_an_example_stays(app, networks, clock):
    from hub.api import items

    make(app, "case", "Old")
    clock.move(hours=1)
    number = place(app)
    borrowed = {"texts": {"en": {"title": "Theirs"}}, "origin": "feed:1", "external_id": "x", "data": {"origin": "feed"}}
    with app.app_context(), db.writing():
        items.create("news", {"texts": {"en": {"title": "Invented"}}, "example": True}, status="published")
        items.create("news", borrowed, status="published")
        items.save(items.get("case", uid_of(app, "Old")), {**items.read(items.get("case", uid_of(app, "Old"))), "topics": ["food"]}, publish=True)
        items.commit()
    assert go(app) == 0 and states(app) == []
    sample = sign_in(app, "admin").get(f"/desk/share/place/{number}/").text
    assert ">Old\n\n" in sample and "Invented" not in sample and "Theirs" not in sample


def uid_of(app, title):
    from hub.content.model import Content, ContentText

    query = sa.select(Content.uid).join(ContentText, ContentText.content_id == Content.id).where(ContentText.title == title)
    return db.session().scalar(query)


def test_a_translation_that_comes_later_is_posted_then(app, networks):
    from hub.api import items

    place(app, lang="ru")
    uid = make(app, "case", "A garden")
    assert go(app) == 0
    with app.app_context(), db.writing():
        content = items.get("case", uid)
        doc = items.read(content)
        doc["texts"]["ru"] = {"title": "Сад", "summary": "", "body": "", "fields": {}}
        items.save(content, doc, publish=True)
        items.commit()
    assert go(app) == 1 and networks.posts[0][1].startswith("Сад\n\n")


def test_one_post_and_then_a_pause(app, networks):
    from hub_share import keeping

    from hub.content import changes

    configure(app, pause=5)
    place(app)
    for n in range(3):
        make(app, "case", f"Garden {n}")
    with app.app_context():
        changes.run_readers(["share.places"])
        assert keeping.post() == 1 and keeping.post() == 0
    assert states(app) == ["sent", "waiting", "waiting"]


# --- people decide


def test_an_editor_sees_changes_and_releases_a_post(app, networks):
    place(app, asks=True)
    for n in range(2):
        make(app, "case", f"Garden {n}")
    assert go(app) == 0 and states(app) == ["asked", "asked"]
    editor = sign_in(app, "editor")
    assert "2 posts wait for your decision" in editor.get("/desk/").text and "Garden 0" in editor.get("/desk/share/").text
    page = editor.get("/desk/share/post/1/").text
    assert "Garden 0\n\nhttp" in page.replace("\r", "")
    token = csrf(page)
    long = editor.post("/desk/share/post/1/", data={"csrf_token": token, "do": "post", "text": "x" * 3501})
    assert long.status_code == 422 and "at most 3500" in long.text and "x" * 3501 in long.text
    assert editor.post("/desk/share/post/1/", data={"csrf_token": token, "do": "post", "text": "Come and see!"}).status_code == 302
    editor.post("/desk/share/post/2/", data={"csrf_token": token, "do": "leave"})
    assert go(app) == 1 and networks.posts == [("@our_town", "Come and see!")] and states(app) == ["sent", "left"]
    late = editor.post("/desk/share/post/1/", data={"csrf_token": token, "do": "post", "text": "Again"})
    assert late.status_code == 409 and go(app) == 0


def test_a_post_by_hand_and_what_is_withdrawn_meanwhile(app, networks):
    from hub.api import items

    uid = make(app, "case", "From before")
    number = place(app)
    editor = sign_in(app, "editor")
    page = editor.get(f"/desk/cases/{uid}/").text
    assert "Prepare a post" in page
    answer = editor.post(f"/desk/share/item/case/{uid}", data={"csrf_token": csrf(page), "place": number})
    assert answer.location.endswith("/desk/share/post/1/")
    editor.post(answer.location, data={"csrf_token": csrf(page), "do": "post", "text": "Look"})
    with app.app_context(), db.writing():
        items.move(items.get("case", uid), "archive")
        items.commit()
    assert go(app) == 0 and states(app) == ["left"] and not networks.posts


def test_channels_are_written_as_people_know_them(app, networks):
    admin = sign_in(app, "admin")
    token = csrf(admin.get("/desk/share/place/").text)
    new = {"csrf_token": token, "network": "telegram", "lang": "en", "asks": "1"}
    bad = admin.post("/desk/share/place/", data={**new, "channel": "our town!"})
    assert bad.status_code == 422 and "for example @our_town" in bad.text and 'value="our town!"' in bad.text
    for network, typed, kept in (("telegram", "https://t.me/our_town", "@our_town"), ("vk", "vk.com/club123", "123"), ("telegram", "-100123", "-100123")):
        page = admin.post("/desk/share/place/", data={**new, "network": network, "channel": typed}, follow_redirects=True)
        assert f'value="{kept}"' in page.text and "Preview" in page.text
    assert "here already" in admin.post("/desk/share/place/", data={**new, "channel": "@our_town"}).text
    assert "secret" not in admin.get("/desk/share/").text


# --- what the networks answer


def test_telegram_asks_to_wait_refuses_one_or_all(app, networks):
    place(app)
    make(app, "case", "A garden")
    networks.next = [(429, {"ok": False, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 1}})]
    assert go(app) == 1 and states(app) == ["sent"]
    make(app, "case", "Second")
    networks.next = [(400, {"ok": False, "error_code": 400, "description": "Bad Request: message text is empty"})]
    go(app)
    assert states(app) == ["sent", "failed"]
    make(app, "case", "Third")
    networks.next = [(401, {"ok": False, "error_code": 401, "description": f"Unauthorized {TOKEN}"})]
    go(app)
    admin = sign_in(app, "admin")
    page = admin.get("/desk/share/place/1/")
    assert states(app)[2] == "waiting" and "stopped" in page.text and "Unauthorized" in page.text and TOKEN not in page.text
    admin.post("/desk/share/place/1/", data={"csrf_token": csrf(page.text), "do": "on"})
    assert go(app) == 1 and states(app) == ["sent", "failed", "sent"]


def test_vk_posts_in_the_name_of_the_community(app, networks):
    place(app, network="vk", channel="77", lang="ru")
    make(app, "case", {"ru": "Сад"})
    networks.next = [(200, {"error": {"error_code": 6, "error_msg": "Too many requests per second"}})]
    assert go(app) == 1 and networks.posts[0][1].startswith("Сад\n\n") and first(app).url == "https://vk.com/wall-77_1"
    make(app, "case", {"ru": "Второй сад"})
    networks.next = [(200, {"error": {"error_code": 5, "error_msg": "User authorization failed"}})]
    assert go(app) == 0
    assert "User authorization failed" in sign_in(app, "admin").get("/desk/share/place/1/").text


def test_where_nobody_knows_a_person_looks(app, networks):
    place(app)
    for n, answer in enumerate([(502, None), (500, {"ok": False, "description": "Internal"}), (200, None)]):
        make(app, "case", f"Garden {n}")
        networks.next = [answer]
        assert go(app) == 0 and states(app)[n] == "unclear"
    assert go(app) == 0 and not networks.posts
    editor = sign_in(app, "editor")
    page = editor.get("/desk/share/post/1/").text
    assert "nobody knows whether it arrived" in page
    for number, word in ((1, "there"), (2, "post"), (3, "leave")):
        editor.post(f"/desk/share/post/{number}/", data={"csrf_token": csrf(page), "do": word, "text": "It was not there"})
    assert go(app) == 1 and states(app) == ["sent", "sent", "left"] and networks.posts == [("@our_town", "It was not there")]


def test_no_server_no_token_and_no_way_inside(app, networks, new_hub):
    place(app)
    make(app, "case", "A garden")
    configure(app, telegram_api="http://127.0.0.1:9")  # not in [net] allow
    assert go(app) == 0 and states(app) == ["waiting"]
    configure(app, telegram_token="")
    assert go(app) == 0
    page = sign_in(app, "admin").get("/desk/share/place/1/").text
    assert "There is no token" in page and not networks.site.asked


# --- no doubles


CODE = """
import sys
from hub.app import create_app
from hub_share import keeping
app = create_app(sys.argv[1])
with app.app_context():
    keeping.post()
"""


@pytest.mark.parametrize("network, outcome", [("telegram", "unclear"), pytest.param("vk", "sent", marks=pytest.mark.long)])
def test_killed_between_the_post_and_its_note_nothing_is_doubled(app, networks, remote_site, clock, network, outcome):
    """The window that nothing can close: the network has the post, and we die before we know."""
    from hub_share.models import Place

    from hub.content import changes

    place(app, network=network, channel="@our_town" if network == "telegram" else "77")
    make(app, "case", "A garden")
    with app.app_context():
        changes.run_readers(["share.places"])
    arrived, killed, real = threading.Event(), threading.Event(), getattr(networks, network)

    def slow(asked):
        answer = real(asked)
        if killed.is_set():
            return answer
        arrived.set()
        killed.wait(60)
        return Answer()

    remote_site.script(f"/bot{TOKEN}/sendMessage" if network == "telegram" else "/method/wall.post", slow)
    environment = {**os.environ, "HUB_NET__ALLOW": f'["{remote_site.host}"]'}
    process = subprocess.Popen([sys.executable, "-c", CODE, str(app.extensions["hub"].settings.instance)], env=environment)
    assert arrived.wait(90)
    process.send_signal(signal.SIGKILL)
    process.wait()
    killed.set()
    assert states(app) == ["sending"] and go(app) == 0, "somebody may still be at it"
    clock.move(minutes=3)
    go(app)
    assert states(app) == [outcome] and len(networks.posts) == 1
    with app.app_context():
        assert db.session().scalar(sa.select(Place.state)) == "on"


def test_two_workers_never_send_one_post(either_hub, networks, remote_site):
    from hub_share import keeping

    from hub.content import changes

    app = either_hub(("cases", "share"))
    remote_site.trusted_by(app)
    configure(app, telegram_token=TOKEN, telegram_api=remote_site.url, pause=0)
    place(app)
    make(app, "case", "A garden")
    with app.app_context():
        changes.run_readers(["share.places"])
    networks.site.script(f"/bot{TOKEN}/sendMessage", lambda asked: (time.sleep(0.2), networks.telegram(asked))[1])

    def work():
        with app.app_context():
            keeping.post()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(networks.posts) == 1 and states(app) == ["sent"]
