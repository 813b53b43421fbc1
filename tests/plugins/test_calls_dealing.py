"""Dealing a shortlist out to a jury: as many readers as can be, loads as even as can be, nobody biased, nothing taken away."""

import itertools

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from test_calls import call, go, letters, numbers, publish, send, someone

from hub.store import db


@st.composite
def juries(draw, most=12):
    """(entries, jurors, wanted, kept, barred): what is kept is never barred, and no entry has too many of it."""
    entries = list(range(1, draw(st.integers(0, most)) + 1))
    jurors = list(range(101, 101 + draw(st.integers(0, 7))))
    wanted = draw(st.integers(1, 4))
    pairs = list(itertools.product(entries, jurors))
    some = st.sets(st.sampled_from(pairs), max_size=len(pairs) // 2) if pairs else st.just(set())
    barred = draw(some)
    kept = {pair for pair in draw(some) if pair not in barred}
    return entries, jurors, wanted, kept, barred


def loads(jurors, pairs):
    return [sum(juror == j for _entry, j in pairs) for juror in jurors]


@settings(max_examples=300, deadline=None)
@given(juries())
def test_nobody_is_biased_nothing_is_lost_and_it_is_the_same_each_time(jury):
    from hub_calls.dealing import spread

    entries, jurors, wanted, kept, barred = jury
    new = spread(entries, jurors, wanted, kept, barred)
    assert new == spread(entries, jurors, wanted, kept, barred) and not new & (kept | barred)
    for entry in entries:
        had, has = (sum(e == entry for e, _juror in pairs) for pairs in (kept, kept | new))
        assert has <= max(wanted, had)
    assert not spread(entries, jurors, wanted, kept | new, barred), "once more: nothing to do"
    gone = jurors[:1]
    rest = {pair for pair in kept | new if pair[1] not in gone}
    again = spread(entries, jurors[1:], wanted, rest, barred)
    assert not again & rest and all(juror not in gone for _entry, juror in again)


@settings(max_examples=120, deadline=None)
@given(juries(most=4))
def test_no_other_dealing_reaches_more_or_is_more_even(jury):
    """Against every possible dealing of a small jury, one entry after the other (loads are all that matters in between)."""
    from hub_calls.dealing import spread

    entries, jurors, wanted, kept, barred = jury
    found: set[tuple[int, ...]] = {tuple(loads(jurors, kept))}
    for entry in entries:
        free = [n for n, juror in enumerate(jurors) if (entry, juror) not in kept | barred]
        room = max(0, wanted - sum(e == entry for e, _juror in kept))
        chosen = list(itertools.combinations(free, min(room, len(free))))
        found = {tuple(load + (n in several) for n, load in enumerate(state)) for state in found for several in chosen}
    best = min(sum(load * load for load in state) for state in found)
    ours = loads(jurors, kept | spread(entries, jurors, wanted, kept, barred))
    assert sum(ours) == sum(next(iter(found))), "as many readers as can be"
    assert sum(load * load for load in ours) == best, "as even as can be"


@given(st.integers(0, 60), st.integers(1, 12), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_without_conflicts_no_two_loads_differ_by_more_than_one(entries, jurors, wanted):
    from hub_calls.dealing import spread

    people = list(range(jurors))
    new = spread(list(range(entries)), people, wanted, (), ())
    several = loads(people, new)
    assert max(several) - min(several) <= 1 and sum(several) == entries * min(wanted, jurors)
    late = spread(list(range(entries + 3)), people, wanted, new, ())
    several = loads(people, new | late)
    assert max(several) - min(several) <= 1, "late entries even out, too"


def pairs(app):
    with app.app_context():
        rows = db.session().execute(sa.text("SELECT s.entry_id, u.email FROM calls_share s JOIN hub_user u ON u.id = s.user_id"))
        return {(row[0], row[1].split("@")[0]) for row in rows}


def test_an_editor_deals_out_and_a_conflict_goes_to_somebody_else(new_hub):
    app = new_hub(plugins=["partners", "cases", "calls", "people"], languages=["en", "ru"])
    editor, author = someone(app, "ed", "editor"), someone(app, "anna")
    uid, run = call(app, categories=[]), ""
    run = f"/desk/calls/run/{uid}/"
    jury = {name: someone(app, name) for name in ("one", "two", "three")}
    for n in range(4):
        send(author, f"/en/calls/enter/{uid}/", case=publish(app, "case", f"Case {n}", author="anna"), right="on")
    send(jury["one"], f"/en/calls/enter/{uid}/", case=publish(app, "case", "Own", author="one"), right="on")
    number = numbers(app)
    for each in number.values():
        send(editor, run, to=f"/desk/calls/entry/{each}", do="accept")
    for name in jury:
        send(editor, run, to=run, email=f"{name}@example.org")
    assert "a whole number from 1" in send(editor, run, to=run, do="deal", readers="2").text, "no shortlist yet"
    go(editor, uid, "jury")
    page = f"/en/calls/jury/{uid}/"
    read = [jury[name].get(page).text.count("/en/calls/sheet/") for name in ("one", "two")]
    assert read == [4, 5], "nothing is dealt out: all read all but their own"
    assert "a whole number from 1" in send(editor, run, to=run, do="deal", readers="two").text
    assert "Dealt out." in send(editor, run, to=run, do="deal", readers="2").text
    dealt = pairs(app)
    assert len(dealt) == 10 and sorted(sum(j == name for _e, j in dealt) for name in jury) == [3, 3, 4]
    assert (number["Own"], "one") not in dealt, "one's own entry"
    assert jury["one"].get(page).text.count("/en/calls/sheet/") == sum(j == "one" for _e, j in dealt)
    assert "new entries to read" in letters(app, "one")[-1].text and page in letters(app, "one")[-1].text
    outside = next(n for n in number.values() if (n, "two") not in dealt)
    assert jury["two"].get(f"/en/calls/sheet/{outside}/").status_code == 404, "not in one's share"

    judged = next(n for n, j in sorted(dealt) if j == "two" and n != number["Own"])
    send(jury["two"], f"/en/calls/sheet/{judged}/", **{"points.0": "3", "reason.0": "So.", "points.1": "2", "reason.1": "So."}, do="done")
    third = next(name for name in ("one", "three") if (judged, name) in dealt)
    other = ({"one", "three"} - {third}).pop()
    send(jury[third], f"/en/calls/sheet/{judged}/", conflict="on", do="save")
    after = pairs(app)
    assert dealt - after == {(judged, third)} and after - dealt == {(judged, other)}, "freed, and offered to somebody else"
    assert "conflict of interest" in jury[third].get(page).text and "5 of 15" in editor.get(run).text

    send(editor, run, to=run, dismiss=_user(app, "two"))
    assert "reader is missing" in editor.get(run).text
    told = send(editor, run, to=run, do="deal", readers="2").text
    final = pairs(app)
    assert after - final == {pair for pair in after if pair[1] == "two"} and "5 of 15" in told, "what was judged counts on"
    assert {(n, name) for n in number.values() for name in ("one", "three")} - final == {(number["Own"], "one"), (judged, third)}
    assert "But 1 reader is missing" in told and "1 reader is missing: the others have" in told, "own entry: one reader"

    send(editor, run, to=run, do="gather")
    assert not pairs(app) and jury["three"].get(page).text.count("/en/calls/sheet/") == 5


def test_languages_that_a_juror_reads(new_hub):
    app = new_hub(plugins=["partners", "cases", "calls", "people"], languages=["en", "ru"])
    editor, reader = someone(app, "ed", "editor"), someone(app, "reader")
    someone(app, "anna"), someone(app, "both")
    uid = call(app, categories=[])
    run, page = f"/desk/calls/run/{uid}/", f"/en/calls/jury/{uid}/"
    author = someone(app, "anna")
    for n in range(3):
        send(author, f"/en/calls/enter/{uid}/", case=publish(app, "case", f"Case {n}", author="anna"), right="on")
    for each in numbers(app).values():
        send(editor, run, to=f"/desk/calls/entry/{each}", do="accept")
    send(editor, run, to=run, email="reader@example.org", languages="ru")
    send(editor, run, to=run, email="both@example.org")
    go(editor, uid, "jury")
    assert "3 readers are missing" in send(editor, run, to=run, do="deal", readers="2").text
    assert {juror for _entry, juror in pairs(app)} == {"both"} and "reads: Russian" in " ".join(editor.get(run).text.split())
    assert "Nothing is yours to read" in reader.get(page).text
    send(reader, page, to=page, languages="en")
    assert len(pairs(app)) == 6, "who says that they read more, gets what had no reader"


def _user(app, name):
    from hub.api import accounts

    with app.app_context():
        return accounts.find_user(db.session(), f"{name}@example.org").id
