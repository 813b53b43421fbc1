"""Hubs that follow hubs: what is published in one is found in the other, corrected and withdrawn with it, and stays its own."""

import datetime as dt
import re
import sqlite3

import pytest
import sqlalchemy as sa
from networking import PLUGINS, behind, edit, follow, here, hub, make, refusals, step, sync, topic

from hub import items
from hub.content.model import Content
from hub.store import db
from hub.testing.fixtures import csrf, sign_in

pytest.importorskip("hub_network")


@pytest.fixture
def pair(new_hub, remote_site):
    """(the hub that is followed, the hub that follows it, the server of the first)."""
    origin, ours = new_hub(PLUGINS), new_hub([*PLUGINS, "search"])
    behind(origin, remote_site)
    remote_site.trusted_by(ours)
    return origin, ours, remote_site


def search(app, language, words):
    from hub.api import log

    with app.app_context():
        log.run()
    return [item["title"] for item in app.test_client().get(f"/{language}/search.json?q={words}").json["items"]]


def test_published_found_corrected_withdrawn(pair):
    origin, ours, site = pair
    uid = make(origin, en="Seeds by post", ru="Семена почтой", doc={"licence": "CC BY 4.0", "places": [
        {"lat": 55.75, "lon": 37.62, "names": {"en": "Moscow", "ru": "Москва"}, "country": "RU"}]})
    draft = make(origin, status="draft", en="Not yet")
    number = follow(ours, site.url)
    done = sync(ours)
    assert (done.created, done.failed, done.refused) == (1, 0, 0), refusals(ours)
    row = here(ours)["Seeds by post"]
    assert row.uid not in (uid, draft) and row.external_id == uid and row.licence == "CC BY 4.0" and row.source_name == "Test hub"
    assert row.source_url.startswith(site.url + "/en/cases/")
    assert search(ours, "en", "seed") == ["Seeds by post"] and search(ours, "ru", "семя") == ["Семена почтой"]
    listed = ours.test_client().get("/en/cases.json?place=RU").json["items"]
    assert [item["title"] for item in listed] == ["Seeds by post"]
    edit(origin, uid, lambda doc: doc["texts"]["en"].update(title="Seeds by parcel"))
    assert sync(ours).changed == 1
    assert search(ours, "en", "parcel") == ["Seeds by parcel"] and here(ours)["Seeds by parcel"].uid == row.uid
    step(origin, uid, "trash")
    assert sync(ours).removed == 1
    assert here(ours) == {} and search(ours, "ru", "семена") == []
    assert ours.test_client().get(f"/en/cases/{row.uid}/").status_code == 404, "it may come back"
    assert "Seeds by parcel" not in sign_in(ours, "admin").get("/desk/cases/").text
    erase(origin, uid)
    sync(ours)
    assert ours.test_client().get(f"/en/cases/{row.uid}/").status_code == 410 and not resting(ours)
    assert hub(ours, number).error == "" and hub(ours, number).failures == 0


def erase(app, uid):
    with app.test_request_context("/"), db.writing():
        items.erase(db.session().scalar(sa.select(Content).where(Content.uid == uid)))
        items.commit()


def resting(app):
    with app.app_context():
        return db.session().scalars(sa.select(Content.uid).where(Content.elsewhere, Content.status == "trash")).all()


def test_withdrawn_and_published_again_it_is_the_same_entry_with_what_leads_to_it(pair):
    origin, ours, site = pair
    uid = make(origin, en="Seeds by post")
    follow(ours, site.url)
    sync(ours)
    copy = here(ours)["Seeds by post"].uid
    make(ours, en="Seeds from the reading room", doc={"links": {"based_on": [copy]}})
    for step_away in ("archive", "unpublish"):
        step(origin, uid, step_away)
        assert sync(ours).removed == 1 and here(ours) == {} and search(ours, "en", "post") == []
        assert "Seeds by post" not in ours.test_client().get("/en/cases/seeds-from-the-reading-room/").text
        edit(origin, uid, lambda doc: doc["texts"]["en"].update(title="Seeds by mail"))
        done = sync(ours)
        assert (done.created, done.changed) == (0, 1) and here(ours)["Seeds by mail"].uid == copy
        assert "Seeds by mail" in search(ours, "en", "mail") and not resting(ours)
        page = ours.test_client().get("/en/cases/seeds-from-the-reading-room/").text
        assert "Taken over from" in page and "Seeds by mail" in page
        edit(origin, uid, lambda doc: doc["texts"]["en"].update(title="Seeds by post"))
        sync(ours)
    erase(origin, uid)
    assert sync(ours).removed == 1 and not resting(ours) and here(ours) == {}, "erased there, erased here at once"


def test_what_another_hub_has_withdrawn_is_in_nobodys_hands_here(new_hub, remote_site):
    """Neither brought back nor thrown away with what lies in the trash of this hub."""
    origin, ours = new_hub(PLUGINS), new_hub([*PLUGINS, "editor"])
    site = behind(origin, remote_site)
    site.trusted_by(ours)
    uid = make(origin, en="Seeds by post")
    follow(ours, site.url)
    sync(ours)
    step(origin, uid, "trash")
    sync(ours)
    admin, copy = sign_in(ours, "admin"), resting(ours)[0]
    page = admin.get("/desk/editor/trash").text
    assert "Seeds by post" not in page
    for do in ("restore", "erase"):
        token = csrf(admin.get("/desk/cases/new").text)
        admin.post("/desk/editor/trash", data={"csrf_token": token, "uid": copy, "do": do})
        assert resting(ours) == [copy]


def test_what_stays_withdrawn_is_erased_after_a_month(pair):
    from hub_network.models import Kept

    origin, ours, site = pair
    uid = make(origin, en="Seeds by post")
    follow(ours, site.url)
    sync(ours)
    step(origin, uid, "trash")
    sync(ours)
    assert len(resting(ours)) == 1
    for days, left in ((20, 1), (31, 0)):
        with ours.app_context(), db.writing():
            day = (dt.datetime.now(dt.UTC).date() - dt.timedelta(days=days)).isoformat()
            db.session().execute(sa.update(Kept).values(day=day))
            db.session().commit()
        sync(ours)
        assert len(resting(ours)) == left


def test_a_full_disk_is_no_entrys_fault(pair, monkeypatch):
    """Nothing is refused for it, and everything is there once there is room."""
    origin, ours, site = pair
    make(origin, en="Seeds by post")
    make(origin, en="Tools to lend")
    follow(ours, site.url)

    def full(*_, **__):
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise sa.exc.OperationalError("INSERT", {}, error)

    with monkeypatch.context() as disk:
        disk.setattr(items, "create_many", full)
        sync(ours)
    assert here(ours) == {} and not refusals(ours)
    sync(ours)
    assert set(here(ours)) == {"Seeds by post", "Tools to lend"} and not refusals(ours)


def test_an_idle_follow_costs_one_304(pair):
    origin, ours, site = pair
    make(origin, en="Seeds by post")
    number = follow(ours, site.url)
    sync(ours)
    sync(ours)  # the answer without changes is new once
    before = len(site.asked)
    for _ in range(3):
        sync(ours)
    assert len(site.asked) - before == 3 and hub(ours, number).error == ""
    reply = origin.test_client().get(site.asked[-1].path, headers={"If-None-Match": site.asked[-1].headers["if-none-match"]})
    assert reply.status_code == 304 and not reply.data


def test_its_page_leads_to_the_origin_and_has_no_forms(new_hub, remote_site):
    origin, ours = new_hub(PLUGINS), new_hub([*PLUGINS, "feedback", "suggest", "claims", "contact", "notices", "share", "greenmap"])
    site = behind(origin, remote_site)
    site.trusted_by(ours)
    make(origin, en="Seeds by post", ru="Семена почтой")
    follow(ours, site.url)
    sync(ours)
    row = here(ours)["Seeds by post"]
    client = ours.test_client()
    answer = client.get(f"/en/cases/{row.uid}/", follow_redirects=True)
    page = answer.text
    assert answer.headers["X-Robots-Tag"] == "noindex" and '<meta name="robots" content="noindex">' in page
    assert f'<link rel="canonical" href="{site.url}/en/cases/' in page and "ld+json" not in page
    assert f'href="{site.url}/en/cases/seeds-by-post/"' in page and "From another hub" in page
    links = {path for path in re.findall(r'href="([^"]+)"', page) if row.uid in path}
    assert not links, f"{links} lead to forms about what lives elsewhere"
    assert f'href="{site.url}/ru/cases/' in client.get(f"/ru/cases/{row.uid}/", follow_redirects=True).text
    for form in (f"/en/feedback/{row.uid}/rate/", f"/en/feedback/{row.uid}/comment/", f"/en/cases/{row.uid}/adopt/",
                 f"/en/suggest/item/{row.uid}/", f"/en/claims/{row.uid}/", f"/en/contact/item/{row.uid}/"):  # fmt: skip
        assert client.get(form).status_code == 302, form
        token = csrf(client.get("/en/contact/").text)
        assert client.post(form, data={"csrf_token": token}).status_code == 403, form
    assert "from Test hub" in client.get("/en/cases/").text
    assert row.uid not in client.get("/sitemap-0.xml").text and "seeds-by-post" not in client.get("/sitemap-0.xml").text


def test_editors_cannot_change_it_here(pair):
    origin, ours, site = pair
    make(origin, en="Seeds by post")
    follow(ours, site.url)
    sync(ours)
    uid = here(ours)["Seeds by post"].uid
    admin = sign_in(ours, "admin")
    assert admin.get(f"/desk/cases/{uid}/").status_code == 403
    assert "Seeds by post" not in admin.get("/desk/cases/").text
    assert f"/desk/cases/{uid}" not in admin.get("/en/cases/seeds-by-post/").text
    token = csrf(admin.get("/desk/cases/new").text)
    assert admin.post(f"/desk/cases/{uid}/trash", data={"csrf_token": token}).status_code == 403


def test_a_circle_of_three_hubs_does_not_echo(new_hub, remote_site):
    from hub.testing.remote import RemoteSite

    hubs = [new_hub(PLUGINS) for _ in range(3)]
    with RemoteSite() as second, RemoteSite() as third:
        sites, titles = [remote_site, second, third], ["Seeds by post", "Soil from coffee", "A bench a year"]
        uids = [make(app, en=title) for app, title in zip(hubs, titles, strict=True)]
        for app, site in zip(hubs, sites, strict=True):
            behind(app, site)
        for app in hubs:
            for other, site in zip(hubs, sites, strict=True):
                site.trusted_by(app)
                if other is not app:
                    follow(app, site.url)
        for _ in range(2):
            for app in hubs:
                sync(app)
        for n, app in enumerate(hubs):
            assert sorted(here(app)) == sorted(title for title in titles if title != titles[n]), "each once, from where it lives"
            visitor = app.test_client()
            assert [change["uid"] for change in visitor.get("/api/v1/changes").json["changes"]] == [uids[n]]
            for feed in ("/en/cases.atom", "/en/feed.rss", "/en/cases.feed.json", "/en/feed.atom"):
                told = visitor.get(feed).text
                assert [title for title in titles if title in told] == [titles[n]], feed
            assert visitor.get("/en/cases.json").json["total"] == 3
        step(hubs[0], uids[0], "trash")
        for app in hubs[1:]:
            sync(app)
            assert titles[0] not in here(app)
            assert len(app.test_client().get("/api/v1/changes").json["changes"]) == 1, "nor is its end told by others"


def test_we_did_it_too_is_confirmed_at_the_origin_and_both_pages_lead_to_each_other(new_hub, remote_site):
    from hub.testing.remote import RemoteSite

    first, second = new_hub(PLUGINS), new_hub(PLUGINS)
    with RemoteSite() as other:
        behind(first, remote_site)
        behind(second, other)
        remote_site.trusted_by(second)
        other.trusted_by(first)
        model = make(first, en="Seeds by post")
        follow(second, remote_site.url)
        follow(first, other.url)
        sync(second)
        copy = here(second)["Seeds by post"].uid
        too = second.test_client().get(f"/en/cases/{copy}/", follow_redirects=True).text
        assert "Did you do it too?" in too and f'href="{remote_site.url}/en/cases/' in too
        own = make(second, en="Seeds from the reading room", doc={"links": {"based_on": [copy]}})
        told = second.test_client().get(f"/api/v1/cases/{own}").json["links"]["based_on"][0]
        assert told["source"] == {"uid": model, "url": f"{remote_site.url}/en/cases/seeds-by-post/"}
        for _ in range(2):
            sync(first)
        page = first.test_client().get("/ru/cases/seeds-by-post/")  # the English page is to be made later
        assert "reading room" not in page.text, "nothing is public before somebody here has said yes"
        editor = sign_in(first, "editor")
        queue = editor.get("/desk/cases/adoptions/waiting").text
        assert queue.count("Seeds from the reading room (Test hub)") == 1, "offered once, however often it is read"
        number = re.search(r'name="number" value="([^"]+)"', queue).group(1)
        editor.post("/desk/cases/adoptions/waiting", data={"csrf_token": csrf(queue), "number": number, "do": "accept"})
        page = first.test_client().get("/en/cases/seeds-by-post/").text
        assert f'href="{other.url}/en/cases/seeds-from-the-reading-room/"' in page and "Seeds from the reading room" in page
        page = second.test_client().get("/en/cases/seeds-from-the-reading-room/").text
        assert "Taken over from" in page and "/en/cases/seeds-by-post/" in page


def test_a_filter_decides_by_kind_topic_place_and_language(pair):
    origin, ours, site = pair
    topic(origin, "gardening", en="Gardening")
    topic(origin, "seeds", en="Seeds")
    kept = make(origin, en="Seeds by post", ru="Семена почтой", doc={"topics": ["gardening"], "places": [{"names": {"en": "Kazan"}, "country": "RU"}]})
    make(origin, en="Elsewhere", ru="Не здесь", doc={"topics": ["gardening"], "places": [{"names": {"en": "Oslo"}, "country": "NO"}]})
    make(origin, en="Other topic", ru="Другая тема", doc={"topics": ["seeds"], "places": [{"names": {"en": "Kazan"}, "country": "RU"}]})
    make(origin, en="Only English", doc={"topics": ["gardening"], "places": [{"names": {"en": "Kazan"}, "country": "RU"}]})
    make(origin, "partner", en="A partner", ru="Партнёр", doc={"topics": ["gardening"], "places": [{"country": "RU"}]})
    follow(ours, site.url, "kind=cases&topic=gardening&place=ru&lang=ru")
    sync(ours)
    assert list(here(ours)) == ["Семена почтой"], "and only in the language that is followed"
    said = re.search(r"What is followed</dt>(.*?)</div>", sign_in(ours).get("/desk/network/1/").text).group(1)
    assert re.findall("<dd>(.*?)</dd>", said) == ["Practices", "gardening", "Russia", "Russian"]
    edit(origin, kept, lambda doc: doc.update(topics=["seeds"]))
    assert sync(ours).removed == 1 and here(ours) == {}


@pytest.mark.parametrize("query, name", [("kind=nothing", "kind"), ("colour=red", "colour"), ("place=a b c!", "place"), ("lang=xx", "lang")])
def test_a_bad_filter_says_what_is_wrong(pair, query, name):
    from hub_network import filters

    with pair[1].test_request_context("/"), pytest.raises(filters.BadFilter) as told:
        filters.parse(query)
    assert told.value.name == name


def test_topics_are_sorted_by_name_and_by_editors(pair):
    origin, ours, site = pair
    topic(origin, "urban-gardens", en="Gardens", ru="Огороды")
    topic(origin, "beekeeping", en="Bees")
    topic(ours, "gardening", en="Gardening", ru="Огороды")
    topic(ours, "animals", en="Animals")
    make(origin, en="Seeds by post", doc={"topics": ["urban-gardens", "beekeeping"]})
    number = follow(ours, site.url)
    sync(ours)
    listed = lambda name: ours.test_client().get(f"/en/cases.json?topic={name}").json["total"]  # noqa: E731
    assert listed("gardening") == 1 and listed("animals") == 0
    admin = sign_in(ours, "admin")
    page = admin.get(f"/desk/network/{number}/topics").text
    assert "not sorted" in page and f'{site.url}/en/topics/beekeeping/' in page
    field = re.search(r'beekeeping.*?name="(t\.\d+)"', page, re.S).group(1)
    admin.post(f"/desk/network/{number}/topics", data={"csrf_token": csrf(page), field: "animals"})
    with ours.app_context():
        from hub_network import mapping

        assert mapping.remap(number) == 1
    assert listed("animals") == 1 and listed("gardening") == 1
    edit(origin, make(origin, en="Hives", doc={"topics": ["beekeeping"]}), lambda doc: None)
    sync(ours)
    assert listed("animals") == 2


def test_what_belongs_together_is_joined_whatever_comes_first(pair):
    origin, ours, site = pair
    partner = make(origin, "partner", en="Seed library")
    make(origin, en="Seeds by post", doc={"links": {"holder": [partner]}})
    edit(origin, partner, lambda doc: doc["texts"]["en"].update(summary="Edited, and so later in the log"))
    follow(ours, site.url)
    sync(ours)
    page = ours.test_client().get("/en/cases/seeds-by-post/").text
    assert "/en/partners/seed-library/" in page


def test_data_about_people_stay_where_they_can_be_corrected(pair):
    origin, ours, site = pair
    make(origin, "partner", en="Seed library", doc={"data": {"website": "https://seeds.example.org", "people": [
        {"name": "Anna Example", "email": "anna@example.org", "agreed": "2026-01-01"}]}})
    assert "Anna Example" in origin.test_client().get("/en/partners/seed-library/").text
    follow(ours, site.url)
    sync(ours)
    kept = here(ours)["Seed library"]
    assert kept.data.get("website") == "https://seeds.example.org" and "Anna" not in str(kept.data)


def test_editors_hide_show_and_put_first(pair):
    origin, ours, site = pair
    for n in range(4):
        uid = make(origin, en=f"Practice {n}")
    number = follow(ours, site.url)
    sync(ours)
    editor = sign_in(ours, "editor")

    def entry(title, what):
        page = editor.get(f"/desk/network/{number}/?q={title}&show={'hidden' if what == 'show' else ''}").text
        where = re.search(r'action="(/desk/network/entry/\d+)"', page).group(1)
        return editor.post(where, data={"csrf_token": csrf(page), "do": what})

    assert entry("Practice 3", "hide").status_code == 302
    assert "Practice 3" not in here(ours)
    edit(origin, uid, lambda doc: doc["texts"]["en"].update(summary="Better now"))
    sync(ours)
    assert "Practice 3" not in here(ours), "hidden is hidden, whatever the origin says"
    entry("Practice 3", "show")
    sync(ours)
    assert "Practice 3" in here(ours)
    entry("Practice 0", "feature")
    home = ours.test_client().get("/en/").text
    assert "From other hubs" in home and "Practice 0" in home[home.index("home-network") :]
    assert editor.get("/desk/network/1/leave").status_code == 403, "an administrator decides whom we follow"


def test_the_directory_says_who_where_what_and_when(pair):
    origin, ours, site = pair
    visitor = ours.test_client()
    assert "follows no other one yet" in visitor.get("/en/network/").text
    make(origin, en="Seeds by post", doc={"places": [{"names": {"en": "Kazan", "ru": "Казань"}, "country": "RU"}]})
    follow(ours, site.url)
    sync(ours)
    page = visitor.get("/ru/network/").text
    assert site.url in page and "Казань" in page and "/ru/cases/?hub=" in page
    told = visitor.get("/en/network/hubs.json").json["follows"]
    assert told[0]["url"] == site.url and told[0]["entries"] == 1 and told[0]["places"] == ["Kazan"] and told[0]["last_contact"]
    outlines = visitor.get("/en/network/hubs.opml")
    assert f'xmlUrl="{site.url}/en/feed.atom"' in outlines.text
    word = re.search(r"/ru/cases/\?hub=([\w.-]+)", page).group(1)
    make(ours, en="Our own")
    filtered = visitor.get(f"/en/cases.json?hub={word}").json
    assert [item["title"] for item in filtered["items"]] == ["Seeds by post"]
    assert "From other hubs" in visitor.get("/en/cases/").text and "Test hub" in visitor.get(f"/en/cases/?hub={word}").text


def test_pause_stop_and_block(pair):
    origin, ours, site = pair
    make(origin, en="Seeds by post")
    number = follow(ours, site.url)
    sync(ours)
    admin = sign_in(ours, "admin")

    def do(what, where=""):
        page = admin.get(f"/desk/network/{number}/{where}").text
        return admin.post(f"/desk/network/{number}/{where}", data={"csrf_token": csrf(page), "do": what})

    do("pause")
    before = len(site.asked)
    sync(ours)
    assert len(site.asked) == before and "Seeds by post" in here(ours)
    do("resume")
    page = admin.get(f"/desk/network/{number}/leave").text
    assert "1 entry of it stands here" in page
    do("block", "leave")
    from hub_network import hubs

    with ours.app_context():
        assert hubs.clear(number) == 1
    assert here(ours) == {}
    with pytest.raises(hubs.Refused, match="blocked"):
        follow(ours, site.url)
    do("unblock")
    sync(ours)
    assert "Seeds by post" in here(ours)
    do("leave", "leave")
    with ours.app_context():
        hubs.clear(number)
    assert here(ours) == {} and hub(ours, number) is None
    assert follow(ours, site.url)


def test_the_desk_follows_and_says_what_is_wrong(pair):
    origin, ours, site = pair
    make(origin, en="Seeds by post")
    admin = sign_in(ours, "admin")
    page = admin.get("/desk/network/").text

    def post(**data):
        return admin.post("/desk/network/", data={"csrf_token": csrf(page), **data})

    for url in ("nonsense", "чепуха", "our hub", " "):
        assert "This does not look like a web address" in post(url=url).text, url
    for url in ("http://127.0.0.1:1/", "http://169.254.169.254/", "ftp://hub.example.org", ours.extensions["hub"].settings.site.url):
        answer = post(url=url)
        assert answer.status_code == 400 and 'id="url-e"' in answer.text and f'value="{url}"' in answer.text, url
    answer = post(url=site.url, place="not a place!")
    assert answer.status_code == 400 and 'id="place-e"' in answer.text and "not a place!" in answer.text
    assert "[net] allow in hub.toml" in post(url="http://169.254.169.254/").text, "what to do where it is meant"
    topic(ours, "environment", en="Environment", ru="Экология")
    assert post(url=f"{site.url}/en/cases/", kind="case", topic="ЭКОЛОГИЯ, seeds").status_code == 302
    assert "followed already" in post(url=site.url).text
    assert "<dd>Environment, seeds</dd>" in admin.get("/desk/network/1/").text, "our topics by name; other words are theirs"
    with ours.app_context(), db.writing():
        from hub_network.models import Followed

        followed = db.session().get(Followed, 1)
        followed.error, followed.detail = "unreachable", "hub.example does not accept connections."
        db.session().commit()
    admin.set_cookie("hub_lang", "ru")
    assert '<span class="small" lang="en">hub.example does not' in admin.get("/desk/network/1/").text, "not read out as Russian"
    assert "network" in sign_in(ours, "editor").get("/desk/").text


def test_commands_follow_and_read(pair):
    origin, ours, site = pair
    make(origin, en="Seeds by post")
    run = ours.test_cli_runner()
    from hub_network.commands import follow as follow_command
    from hub_network.commands import sync as sync_command

    with ours.app_context():
        assert "nothing" in run.invoke(follow_command, [site.url, "--filter", "kind=nothing"]).output
        told = run.invoke(follow_command, [site.url, "--filter", "kind=case"]).output
        assert told.startswith("followed: Test hub")
        assert "hubs asked: 1, failed: 0; entries new: 1" in run.invoke(sync_command, []).output


def test_a_hub_that_was_down_catches_up_and_one_set_back_is_read_anew(pair):
    origin, ours, site = pair
    make(origin, en="First")
    gone = make(origin, en="Second")
    number = follow(ours, site.url)
    sync(ours)
    answers, site._answers = site._answers, {}
    sync(ours)
    failing = hub(ours, number)
    assert failing.failures == 1 and failing.error == "status" and failing.next_at > dt.datetime.now(dt.UTC)
    make(origin, en="Third")
    step(origin, gone, "trash")
    site._answers = answers
    done = sync(ours)
    assert (done.created, done.removed) == (1, 1) and list(here(ours)) == ["First", "Third"]
    assert hub(ours, number).failures == 0
    with ours.app_context(), db.writing():  # as if it had been further before it was set back to a backup
        from hub_network.models import Followed, Kept

        found = db.session().get(Followed, number)
        found.since, found.etag = 10_000, ""
        db.session().scalars(sa.select(Kept).where(Kept.title == "First")).one().uid = "0" * 8 + "-0000-0000-0000-" + "0" * 12
        db.session().scalars(sa.select(Content).where(Content.elsewhere).limit(1)).one().external_id = "lost"
        db.session().commit()
    sync(ours)
    assert sorted(here(ours)) == ["First", "Third"] and hub(ours, number).round == 2


def test_entries_of_feeds_and_pages_are_not_offered(new_hub, remote_site):
    origin = new_hub([*PLUGINS, "news"])
    from hub.api import items

    with origin.test_request_context("/"), db.writing():
        items.create("news", {"origin": "feed:1", "external_id": "x", "texts": {"en": {"title": "Somebody's news"}}, "data": {"origin": "feed"}}, status="published")
        items.create("news", {"texts": {"en": {"title": "Our news"}}, "data": {"origin": "own"}}, status="published")
        items.commit()
    told = origin.test_client().get("/api/v1/changes?items=1").json
    titles = [change["item"]["title"] for change in told["changes"]]
    assert "Our news" in titles and "Somebody's news" not in titles


def test_an_api_token_makes_no_entry_of_another_hub(new_hub, program):
    app = new_hub(PLUGINS)
    answer = program(app, "editor", "write:case")("POST", "/cases", {"texts": {"en": {"title": "Stuck"}}, "origin": "hub/example.org", "external_id": "1"})
    assert answer.status_code == 422


def test_a_file_makes_or_changes_no_entry_of_another_hub(pair):
    from hub_transfer.importing import Importer

    from hub.api import content_type

    origin, ours, site = pair
    make(origin, en="Seeds by post")
    follow(ours, site.url)
    sync(ours)
    uid = here(ours)["Seeds by post"].uid
    row = {"kind": "case", "texts": {"en": {"title": "Taken over"}}, "status": "published"}
    rows = [(1, {**row, "uid": uid}), (2, {**row, "origin": "hub/example.org", "external_id": "1"})]
    with ours.test_request_context("/"):
        told = Importer(content_type("case"), "file").run("rows.jsonl", rows).problems
    assert list(here(ours)) == ["Seeds by post"] and ["another hub" in told[0][2], "other hubs" in told[1][2]] == [True, True]


def test_read_again_while_an_answer_is_on_its_way_loses_nothing(pair):
    from hub_network import hubs
    from hub_network.models import Followed

    origin, ours, site = pair
    for n in range(3):
        make(origin, en=f"Practice {n}")
    number = follow(ours, site.url)
    sync(ours)
    make(origin, en="Practice 3")
    speak, asked = site._answers.speak, []

    def late(question):
        answer = speak(question)
        if not asked:
            asked.append(question)
            with ours.app_context(), db.writing():
                hubs.again(db.session().get(Followed, number))
                db.session().commit()
        return answer

    site._answers.speak = late
    sync(ours)
    sync(ours)
    assert sorted(here(ours)) == [f"Practice {n}" for n in range(4)] and hub(ours, number).swept == 2


def test_a_name_that_is_missing_keeps_what_was_typed(pair):
    _, ours, site = pair
    number = follow(ours, site.url)
    admin = sign_in(ours, "admin")
    page = admin.get(f"/desk/network/{number}/").text
    answer = admin.post(f"/desk/network/{number}/", data={"csrf_token": csrf(page), "do": "save", "name": " ", "where": "Kazan", "place": "a b!"})
    assert answer.status_code == 400 and 'id="name-e"' in answer.text and 'id="place-e"' in answer.text and 'value="Kazan"' in answer.text
    assert hub(ours, number).name == "Test hub"


def test_answers_are_signed_and_a_changed_key_stops_the_following(pair):
    from hub_network import hubs, identity
    from hub_network.models import Key

    origin, ours, site = pair
    uid = make(origin, en="Seeds by post")
    number = follow(ours, site.url)
    first = hub(ours, number).key
    assert first and sync(ours).created == 1 and hub(ours, number).key == first, "trusted at first sight, then known"
    admin, editor = sign_in(ours, "admin"), sign_in(ours, "editor")
    assert identity.fingerprint(first) in admin.get(f"/desk/network/{number}/").text
    assert identity.fingerprint(first) in sign_in(origin, "editor").get("/desk/network/").text, "what is compared stands on both sides"
    with origin.app_context(), db.writing():  # set up anew, or somebody else
        db.session().execute(sa.delete(Key))
        db.session().commit()
    with origin.app_context():
        identity.ready()
    edit(origin, uid, lambda doc: doc["texts"]["en"].update(title="Not from them"))
    done = sync(ours)
    assert (done.failed, done.changed) == (1, 0) and list(here(ours)) == ["Seeds by post"] and hub(ours, number).error == "key"
    page = editor.get(f"/desk/network/{number}/").text
    assert identity.fingerprint(first) in page and identity.fingerprint(hub(ours, number).new_key) in page and 'value="accept"' not in page
    token = csrf(page)
    assert editor.post(f"/desk/network/{number}/", data={"csrf_token": token, "do": "accept"}).status_code == 403
    page = admin.get(f"/desk/network/{number}/").text
    assert 'value="accept"' in page
    admin.post(f"/desk/network/{number}/", data={"csrf_token": csrf(page), "do": "accept"})
    assert hub(ours, number).key not in ("", first) and sync(ours).changed == 1 and list(here(ours)) == ["Not from them"]
    speak = site._answers.speak
    other = "sha-256=:AAAA:"
    for forge, error in ((lambda k, v: other if k == "Unencoded-Digest" else v, "forged"), (lambda k, v: "" if "Signature" in k else v, "key")):
        site._answers.speak = lambda asked, forge=forge: (a := speak(asked), a.headers.update({k: forge(k, v) for k, v in a.headers.items()}))[0]
        edit(origin, uid, lambda doc, error=error: doc["texts"]["en"].update(title=f"Changed on the way {error}"))
        assert (sync(ours).changed, hub(ours, number).error) == (0, error)
    site._answers.speak = speak
    assert sync(ours).changed == 1 and hub(ours, number).new_key == "", "the right key again: read on without a word"
    assert hubs.NO_KEY == "-"
