"""Notices through the public door: follow, confirm, hear of what is new, once, and end it without signing in."""

import datetime as dt
import re
from html import unescape

import pytest
import sqlalchemy as sa
from suggesting import Fields, main, words

from hub.content.changes import run_readers
from hub.hooks.parts import ContentType
from hub.store import db
from hub.testing.fixtures import csrf, sign_in
from hub.work.mail import Mail

PLUGINS = ["covers", "partners", "cases", "search", "notices"]
FRIDAY = dt.datetime(2027, 1, 8, 9, tzinfo=dt.UTC)


@pytest.fixture
def app(new_hub, clock):
    clock.stand(FRIDAY - dt.timedelta(days=10))
    app = new_hub(plugins=PLUGINS)
    with app.app_context(), db.writing():
        from hub.api import items

        items.put_topic({"slug": "parks", "en": {"name": "Parks"}, "ru": {"name": "Парки"}})
        items.put_topic({"slug": "gardens", "broader": "parks", "en": {"name": "Gardens"}})
        items.commit()
    return app


def publish(app, title, kind="case", lang="en", **doc):
    from hub.api import items

    with app.app_context(), db.writing():
        text = {"title": title, "summary": f"All about {title}.", "body": "", "fields": {}}
        author = doc.pop("author_id", None)
        content = items.create(kind, {"texts": {lang: text}, **doc}, author_id=author, status="published")
        items.commit()
        uid = content.uid
    with app.app_context():
        run_readers()
    return uid


def mails(app):
    with app.app_context():
        return db.session().scalars(sa.select(Mail).order_by(Mail.id)).all()


def run(app, job):
    from hub_notices import sending

    with app.app_context():
        getattr(sending, job)()


def link_in(mail, part):
    return re.sub(r"^https?://[^/]+", "", next(w for w in mail.text.split() if part in w))


def follow(client, query, app=None, **typed):
    """Tick everything that is offered; without an account confirm each mail."""
    path = f"/en/notices/follow/?{query}"
    page = client.get(path)
    assert page.status_code == 200
    picks = [unescape(pick) for pick in re.findall(r'name="pick" value="([^"]+)"', page.text)]
    data = {"csrf_token": csrf(page.text), "pick": typed.pop("pick", picks), "mode": "weekly", **typed}
    before = len(mails(app)) if app else 0
    answer = client.post(path, data=data, follow_redirects=True)
    for mail in mails(app)[before:] if app else ():
        link = link_in(mail, "/confirm/")
        client.post(link, data={"csrf_token": csrf(client.get(link).text)})
    return answer


def test_a_topic_followed_by_confirmed_mail_comes_weekly_and_once(app, clock):
    visitor = app.test_client()
    publish(app, "Old news", topics=["parks"])
    clock.move(minutes=5)
    page = visitor.get("/en/topics/parks/").text
    assert "/en/notices/follow/?topic=parks" in page
    answer = follow(visitor, "topic=parks", email="anna@example.net")
    assert "Look in your mailbox" in words(answer.text)
    assert 'href="?topic=parks"' in answer.text, "back to the form: the address may be mistyped"
    clock.move(minutes=5)
    publish(app, "Before the yes", topics=["parks"])
    clock.stand(FRIDAY)
    run(app, "weekly")
    [asked] = mails(app)
    assert "topic: Parks" in asked.text and asked.html, "who has not confirmed gets nothing but the question"
    link = link_in(asked, "/confirm/")
    visitor.post(link, data={"csrf_token": csrf(visitor.get(link).text)})
    publish(app, "Pear garden", topics=["gardens"])
    publish(app, "A bridge")
    run(app, "weekly")
    digest = mails(app)[-1]
    assert digest.subject == "New: Pear garden and 1 more" and "Old news" not in digest.text and "A bridge" not in digest.text
    assert "Before the yes" in digest.text and "topic: Parks" in digest.text and digest.html
    for days in (0, 7, 7):
        clock.move(days=days)
        run(app, "weekly")
    assert len(mails(app)) == 2, "nothing comes twice, and no mail where nothing is new"
    publish(app, "Rose garden", topics=["gardens"])
    clock.move(days=1)
    run(app, "weekly")
    assert len(mails(app)) == 2, "on Fridays only"
    clock.move(days=6)
    run(app, "weekly")
    assert mails(app)[-1].subject == "New: Rose garden"


def test_several_things_are_confirmed_by_one_letter_and_the_next_ones_from_that_browser_by_none(app, clock):
    uid = publish(app, "Library", "partner", topics=["parks"], data={"kind": "library"}, places=[{"names": {"en": "Kazan"}, "country": "RU"}])
    visitor = app.test_client()
    follow(visitor, f"item={uid}", email="anna@example.net")
    [asked] = mails(app)
    assert "- Library" in asked.text and "- topic: Parks" in asked.text and "- place: Kazan" in asked.text and "topic: Parks" in asked.html
    link = link_in(asked, "/confirm/")
    page = visitor.get(link).text
    assert "Library" in page and "Topic: Parks" in page and "Place: Kazan" in page
    assert "You follow it now" in visitor.post(link, data={"csrf_token": csrf(page)}).text
    done = follow(visitor, "topic=gardens", email="anna@example.net", mode="once")
    assert "You follow it now" in done.text and len(mails(app)) == 1
    own = re.search(r'href="[^"]*(/en/notices/mine/[^"]+)"', done.text)[1]
    assert all(word in visitor.get(own).text for word in ("Library", "opic: Parks", "lace: Kazan", "opic: Gardens"))
    follow(visitor, "topic=gardens", email="boris@example.net")
    follow(app.test_client(), "topic=parks", email="anna@example.net")
    assert [mail.to for mail in mails(app)[1:]] == ["boris@example.net", "anna@example.net"], "another address or browser is asked"


def test_one_click_ends_it_without_signing_in(app, clock):
    visitor = app.test_client()
    follow(visitor, "topic=parks", app, email="anna@example.net", mode="once")
    clock.move(minutes=1)
    publish(app, "Pear garden", topics=["parks"])
    run(app, "once")
    mail = mails(app)[-1]
    stop = link_in(mail, "/stop/")
    assert mail.headers["List-Unsubscribe"].endswith(f"{stop}>")
    assert "Shall we stop" in visitor.get(stop).text
    publish(app, "Rose garden", topics=["parks"])
    run(app, "once")
    assert "Rose garden" in mails(app)[-1].text, "looking at the page ends nothing"
    assert "do not write to you any more" in visitor.post(stop, data={"List-Unsubscribe": "One-Click"}).text
    publish(app, "Lily garden", topics=["parks"])
    run(app, "once")
    assert "Lily" not in mails(app)[-1].text
    follow(visitor, "topic=parks", app, email="anna@example.net", mode="once")
    assert mails(app)[-1].subject == "Confirm what you want to follow", "who changes their mind gets the letter that the page promises"
    publish(app, "Iris garden", topics=["parks"])
    run(app, "once")
    assert "Iris garden" in mails(app)[-1].text


def test_a_search_a_place_and_an_organisation(app, clock):
    clock.stand(FRIDAY)
    home = publish(app, "Library", "partner", data={"kind": "library"}, places=[{"names": {"en": "Kazan"}, "country": "RU"}])
    member = sign_in(app, "member")
    listed = member.get("/en/partners/?kind=library").text
    assert "path=partners" in listed and "notices/follow" in listed
    follow(member, "path=partners&query=kind%3Dlibrary", mode="once")
    clock.move(minutes=1)
    publish(app, "Reading room", "partner", data={"kind": "library"})
    publish(app, "Theatre", "partner", data={"kind": "theatre"})
    run(app, "once")
    assert mails(app)[-1].to == "member@example.org" and mails(app)[-1].subject == "New: Reading room"
    assert "search in Partners: library" in mails(app)[-1].text
    offered = words(member.get(f"/en/notices/follow/?item={home}").text)
    assert "Library" in offered and "Place: Kazan" in offered
    follow(member, f"item={home}", mode="once", pick=[f"partner:{home}", "place:kazan"])
    clock.move(minutes=1)
    publish(app, "Night of books", links={"holder": [home]})
    publish(app, "Kazan street", places=[{"names": {"en": "Kazan"}, "country": "RU"}])
    run(app, "once")
    assert mails(app)[-1].subject == "New: Kazan street and 1 more" and "Night of books" in mails(app)[-1].text


def test_a_great_import_hides_nothing(app, clock):
    """What was published before hundreds of other entries, which the follower did not ask for."""
    from hub.api import items

    member = sign_in(app, "member")
    follow(member, "path=cases&query=", mode="once")
    clock.move(minutes=1)
    publish(app, "Before the flood")
    clock.move(minutes=1)
    with app.app_context(), db.writing():
        docs = [{"texts": {"en": {"title": f"Library {n}", "summary": "", "body": "", "fields": {}}}} for n in range(600)]
        items.create_many([items.prepare("partner", doc) for doc in docs])
        items.commit()
    with app.app_context():
        run_readers()
    run(app, "once")
    assert [mail.subject for mail in mails(app)] == ["New: Before the flood"]


def test_a_thousand_and_more_of_what_is_followed_are_all_told(app, clock):
    from hub_notices import models

    from hub.api import items

    follow(sign_in(app, "member"), "path=cases&query=", mode="once")
    clock.move(minutes=1)
    with app.app_context(), db.writing():
        docs = [{"texts": {"en": {"title": f"Case {n}", "summary": "", "body": "", "fields": {}}}} for n in range(1100)]
        items.create_many([items.prepare("case", doc) for doc in docs])
        items.commit()
    with app.app_context():
        run_readers()
    told, before = 0, -1
    while told != before:
        run(app, "once")
        clock.move(minutes=2)
        before = told
        with app.app_context():
            told = db.session().scalar(sa.select(sa.func.count()).select_from(models.Sent))
    assert told == 1100


def test_words_are_searched_for(app, clock):
    from hub.work.jobs import run_due

    member = sign_in(app, "member")
    follow(member, "path=search&query=q%3Dpears", mode="once")
    clock.move(minutes=1)
    publish(app, "A pear for everybody")
    publish(app, "Apples")
    run_due(app)
    run(app, "once")
    assert [m.subject for m in mails(app)] == ["New: A pear for everybody"]


def test_nothing_past_nothing_of_ones_own_nothing_hidden(app, clock, monkeypatch):
    from hub.api import items
    from hub.people import accounts

    clock.stand(FRIDAY)
    member = sign_in(app, "member")
    follow(member, "topic=parks", mode="once")
    clock.move(minutes=1)
    with app.app_context():
        number = accounts.find_user(db.session(), "member@example.org").id
    publish(app, "My own", topics=["parks"], author_id=number)
    publish(app, "Kept by me", topics=["parks"], data={"contact_email": "member@example.org"})
    publish(app, "For editors", topics=["parks"], audience="editors")
    over = publish(app, "Over", topics=["parks"])
    gone = publish(app, "Taken back", topics=["parks"])
    with app.app_context(), db.writing():
        items.move(items.get("case", gone), "archive")
        items.get("case", over).ends_at = db.now() - dt.timedelta(hours=1)
        items.commit()
    monkeypatch.setattr(ContentType, "dated", property(lambda self: True), raising=False)
    run(app, "once")
    assert not mails(app)


def test_the_language_of_the_mail_and_of_the_item(app, clock):
    visitor = app.test_client()
    page = visitor.get("/ru/notices/follow/?topic=parks")
    data = {"csrf_token": csrf(page.text), "pick": "topic:parks", "mode": "once", "email": "boris@example.net"}
    visitor.post("/ru/notices/follow/?topic=parks", data=data)
    link = link_in(mails(app)[0], "/confirm/")
    assert "тема: Парки" in mails(app)[0].text
    visitor.post(link, data={"csrf_token": csrf(visitor.get(link).text)})
    clock.move(minutes=1)
    publish(app, "Pear garden", topics=["parks"])
    run(app, "once")
    assert mails(app)[-1].subject == "Новое: «Pear garden»" and "(язык: английский)" in mails(app)[-1].text


def test_ones_own_page_changes_and_removes(app):
    member = sign_in(app, "member")
    follow(member, "topic=parks")
    assert "You follow 1 thing" in words(member.get("/account/").text)
    page = member.get("/en/notices/mine/")
    assert "Topic: Parks" in words(page.text) and '<li>What I follow</li>' in page.text.partition('class="crumbs"')[2]
    token = csrf(page.text)
    member.post("/en/notices/mine/", data={"csrf_token": token, "mode": "off", "language": "ru"})
    assert Fields(main(member.get("/en/notices/mine/").text)).values["mode"] == ["off"]
    member.post("/en/notices/mine/", data={"csrf_token": token, "do": "remove 1"})
    assert "You follow nothing yet" in member.get("/en/notices/mine/").text
    assert app.test_client().get("/en/notices/mine/").status_code == 302


def test_bad_input_and_too_much(app):
    visitor = app.test_client()
    page = visitor.get("/en/notices/follow/?topic=parks")
    data = {"csrf_token": csrf(page.text), "pick": "topic:parks", "email": "nonsense", "mode": "weekly"}
    answer = visitor.post("/en/notices/follow/?topic=parks", data=data)
    assert answer.status_code == 422 and "Write an e-mail address" in answer.text
    assert visitor.get("/en/notices/follow/?topic=nothing").status_code == 404
    for _n in range(6):
        answer = visitor.post("/en/notices/follow/?topic=parks", data={**data, "email": "a@example.net"})
    assert answer.status_code == 429 and len(mails(app)) == 5


def test_who_is_erased_follows_nothing(app, clock):
    from hub.people import accounts

    follow(sign_in(app, "member"), "topic=parks")
    follow(app.test_client(), "topic=parks", email="never@example.net")
    with app.app_context(), db.writing():
        from hub_notices import keeping
        from hub_notices.models import Follower

        user = accounts.find_user(db.session(), "member@example.org")
        assert "parks" in str(keeping.exported(user))
        keeping.forgotten(db.session(), user)
        db.session().commit()
        clock.move(days=15)
        keeping.forget()
        assert not db.session().scalars(sa.select(Follower)).all(), "nor an address that was never confirmed"


def test_the_language_switch_keeps_what_one_is_about_to_follow(new_hub):
    visitor = new_hub(["notices", "search", "-privacy"]).test_client()
    page = visitor.get("/en/notices/follow/?path=search&query=q%3Dlibrary&utm_source=x")
    assert page.status_code == 200
    assert "/ru/notices/follow/?path=search&amp;query=q%3Dlibrary\"" in page.text and "utm_source" not in page.text


def test_new_near_me(new_hub, clock):
    """A part of the map is followed from the map, and only what stands in it comes, over the antimeridian too."""
    clock.stand(FRIDAY - dt.timedelta(days=10))
    app = new_hub(plugins=[*PLUGINS, "greenmap"])
    visitor = app.test_client()
    places = {"Kazan": (55.8, 49.1), "Perm": (58.0, 56.2), "Lavrentiya": (65.6, -171.0), "Anadyr": (64.7, 177.5)}

    def publish_at(title, town, kind="partner"):
        lat, lon = places[town]
        publish(app, title, kind=kind, places=[{"lat": lat, "lon": lon, "names": {"en": town}}])

    publish_at("Old library", "Kazan")
    assert "notices/follow" not in visitor.get("/en/map/").text, "the whole map is no area"
    page = visitor.get("/en/map/?kind=partners&kind=cases&bbox=48.5,55.5,49.5,56").text
    query = re.search(r'notices/follow/\?([^"]+)"', page)[1].replace("&amp;", "&")
    assert "around Kazan" in words(visitor.get(f"/en/notices/follow/?{query}").text)
    follow(visitor, query, app, email="anna@example.net", mode="once")
    follow(visitor, "path=search&query=bbox%3D170,60,-169,70", app, email="boris@example.net", mode="once")
    clock.move(minutes=1)
    for title, town in (("New library", "Kazan"), ("Museum", "Perm"), ("Whale museum", "Lavrentiya"), ("Far library", "Anadyr")):
        publish_at(title, town)
    clock.move(minutes=1)
    before = len(mails(app))
    run(app, "once")
    sent = {mail.to: mail.text for mail in mails(app)[before:]}
    assert "New library" in sent["anna@example.net"] and "useum" not in sent["anna@example.net"] and "Far" not in sent["anna@example.net"]
    assert "Whale museum" in sent["boris@example.net"] and "Far library" in sent["boris@example.net"] and "New library" not in sent["boris@example.net"]
    assert "notices/follow" not in visitor.get("/en/map/?bbox=1,2,3").text


def test_a_followed_search_keeps_organisation_and_dates(app):
    holder = publish(app, "House of Lamps", kind="partner")
    other = publish(app, "House of Bells", kind="partner")
    mine = publish(app, "A garden with lamps", links={"holder": [holder]})
    publish(app, "A garden with bells", links={"holder": [other]})
    visitor = app.test_client()
    page = visitor.get(f"/en/search/?q=garden&partner={holder}&from=2001-01-01&until=2030-12-31").text
    assert "notices/follow" in page and "partner%3D" in page and "from%3D2001-01-01" in page
    with app.app_context():
        from hub_notices import subjects

        from hub.api import items

        pairs = [("q", "garden"), ("partner", holder), ("from", "2001-01-01"), ("until", "soon"), ("sort", "new")]
        what, value = subjects.of_list("search", pairs)[0]
        assert what == "search" and "until" not in value and "sort" not in value
        said = subjects.label((what, value), "en")
        assert "House of Lamps" in said and "not before 1 January 2001" in said
        asked = subjects.query_of(value, "en", 0)
        assert [item.uid for item in items.load(items.find(asked).ids, "en")] == [mine]
        late = subjects.query_of(value.replace("2001-01-01", "2999-01-01"), "en", 0)
        assert items.find(late).ids == []


def test_with_and_without_an_account_a_person_hears_once(app, clock):
    """Somebody follows by mail, gets an account of that address, follows more with it, and once more without signing in."""
    visitor = app.test_client()
    follow(visitor, "topic=parks", app, email="member@example.org", mode="once")
    member = sign_in(app, "member")
    assert "topic: Parks" in unescape(member.get("/en/notices/mine/").text).replace("Topic", "topic")
    assert "You follow 1 thing." in member.get("/account/").text
    follow(member, "topic=parks", mode="once")
    follow(visitor, "topic=gardens", app, email="member@example.org", mode="once")
    assert "You follow 2 things." in member.get("/account/").text
    before = len(mails(app))
    clock.move(minutes=1)
    publish(app, "Pear garden", topics=["gardens"])
    run(app, "once")
    assert [mail.to for mail in mails(app)[before:]] == ["member@example.org"]


def test_the_guide_and_the_wishes_are_followed_by_mail_like_any_list_and_events_come_with_their_date(new_hub, clock):
    clock.stand(FRIDAY - dt.timedelta(days=10))
    app = new_hub(plugins=["partners", "events", "feedback", "notices", "search"])
    visitor = app.test_client()
    assert "/en/notices/follow/?path=proposals&query=" in unescape(visitor.get("/en/proposals/").text)
    page = unescape(visitor.get("/en/events/?format=lecture").text)
    assert "/en/notices/follow/?path=events&query=format%3Dlecture" in page
    follow(visitor, "path=events&query=format%3Dlecture", app, email="anna@example.net", mode="once")
    clock.move(minutes=1)
    publish(app, "Mosses", "event", data={"starts": "2027-02-03T18:30", "ends": "2027-02-03T20:00", "format": "lecture"})
    run(app, "once")
    told = mails(app)[-1]
    assert "Event, 3 February 2027, 18:30\u00a0–\u00a020:00" in told.text and "3 February 2027, 18:30\u00a0–\u00a020:00" in told.html
