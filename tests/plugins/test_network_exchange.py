"""Needs, offers, projects and wishes of a followed hub: seen with whose they are, matched on both sides, closed only where they live."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from days import today
from networking import PLUGINS, behind, follow, here, make, sync
from suggesting import main

from hub.store import db
from hub.testing.fixtures import sign_in

pytest.importorskip("hub_network")
MORE = ("exchange", "feedback", "contact", "greenmap")
YARD = [{"lat": 55.75, "lon": 37.62, "names": {"en": "Yard"}, "country": "RU"}]


@pytest.fixture
def pair(new_hub, remote_site):
    """(the hub that is followed, the hub that follows it)."""
    origin, ours = new_hub([*PLUGINS, *MORE]), new_hub([*PLUGINS, *MORE, "search", "look", "editor"])
    remote_site.trusted_by(ours)
    behind(origin, remote_site)
    follow(ours, remote_site.url)
    return origin, ours


def day(count):
    return (today() + dt.timedelta(days=count)).isoformat()


def listing(app, title, direction="offer", until=30, **data):
    return make(app, "listing", en=title, doc={"places": YARD, "data": {
        "direction": direction, "kind": "equipment", "until": day(until), **data}})  # fmt: skip


def daily(app):
    from hub_exchange import asking

    with app.app_context():
        asking.daily()


def test_what_is_over_at_another_hub_is_closed_there_and_nowhere_else(pair):
    origin, ours = pair
    listing(origin, "Old wheelbarrow", until=-9)
    make(origin, "project", en="Seeds by train", doc={"data": {"stage": "finished"}})
    sync(ours)
    assert {"Old wheelbarrow", "Seeds by train"} <= set(here(ours))
    daily(ours)
    with ours.app_context():
        assert db.session().scalar(sa.text("SELECT count(*) FROM exchange_asked")) == 0, "whoever keeps it is asked by its own hub"
        db.session().execute(sa.text("INSERT INTO exchange_asked (content_id, at, reached) SELECT id, '2020-01-01 00:00:00.000000', 0 "
                                     "FROM content WHERE kind = 'listing'"))  # what an earlier version noted
        db.session().commit()
    daily(ours)
    assert here(ours)["Old wheelbarrow"].status == "published", "not ours to close"
    editor = sign_in(ours, "editor")
    said = main(editor.get("/desk/exchange/over/").text)
    assert "Old wheelbarrow" not in said and "Seeds by train" not in said, "nothing of it is ours to do"
    assert "could become practices" not in editor.get("/desk/").text
    daily(origin)
    assert "Old wheelbarrow" in main(sign_in(origin, "editor").get("/desk/exchange/over/").text)


def test_a_match_across_hubs_stands_on_both_pages_and_says_whose_it_is(pair):
    origin, ours = pair
    listing(origin, "A lent barrow")
    listing(ours, "Looking for a barrow", "need")
    sync(ours)
    visitor = ours.test_client()
    need, offer = (visitor.get(f"/en/exchange/{slug}/").text for slug in ("looking-for-a-barrow", "a-lent-barrow"))
    fits = need[need.index('id="fits"'):]
    assert "A lent barrow" in fits and "from Test hub" in fits[: fits.index("</section>")]
    assert "Looking for a barrow" in offer[offer.index('id="fits"'):], "shown on both sides"


def test_every_list_says_from_which_hub_an_entry_is(pair):
    origin, ours = pair
    listing(origin, "A lent barrow")
    make(origin, "proposal", en="A barrow race")
    make(ours, "proposal", en="Own barrow day")
    sync(ours)
    from hub.api import log

    with ours.app_context():
        log.run()
    visitor = ours.test_client()
    for path in ("/en/exchange/", "/en/search/?q=barrow", "/en/proposals/", "/en/map/?kind=exchange", "/en/"):
        assert "from Test hub" in main(visitor.get(path).text), path
    assert "из Test hub" in main(visitor.get("/ru/exchange/").text)
    votes = re.findall(r'href="/en/feedback/([^/]+)/vote/"', visitor.get("/en/proposals/").text)
    assert len(votes) == 1 and votes[0] not in {row.uid for title, row in here(ours).items() if title == "A barrow race"}
