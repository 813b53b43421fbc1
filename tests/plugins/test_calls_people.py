"""What a call's people meet on the way: an organiser who errs, a juror who hears of it, an author who is asked."""

import re

import pytest
from suggesting import Fields, main
from test_calls import call, enter, go, letters, numbers, publish, send, someone

from hub.store import db


@pytest.fixture
def app(new_hub):
    return new_hub(plugins=["partners", "cases", "calls", "people", "webapi"], languages=["en", "ru"])


@pytest.fixture
def begun(app):
    """A call with two entries of Anna's that have passed the check, and one of Boris's that nobody has looked at."""
    editor, anna = someone(app, "ed", "editor"), someone(app, "anna")
    uid = call(app)
    for title in ("Benches", "Swings"):
        enter(anna, uid, publish(app, "case", title, author="anna"))
    someone(app, "boris")
    enter(someone(app, "boris"), uid, publish(app, "case", "Paint", author="boris"))
    number, run = numbers(app), f"/desk/calls/run/{uid}/"
    for title in ("Benches", "Swings"):
        send(editor, run, to=f"/desk/calls/entry/{number[title]}", do="accept")
    return uid, number, editor, anna


def test_numbers_that_no_jury_could_use_are_refused(app):
    editor, uid = someone(app, "ed", "editor"), call(app)
    form = f"/desk/calls/{uid}/"
    values = Fields(main(editor.get(form).text)).values
    said = editor.post(form, data={**values, "f.supports": "-3", "f.most": "0", "f.criteria.0.points": "-5", "do": "publish"})
    assert said.status_code == 422 and said.text.count("At least 1 is expected") >= 3 and 'value="-5"' in said.text
    schema = app.test_client().get("/api/v1/openapi.json").text
    assert re.search(r'"supports": ?\{[^{}]*"minimum": ?1[,}]', schema), "programs read it in the description"


def test_nobody_decides_by_a_slip(app, begun):
    uid, number, editor, _anna = begun
    go(editor, uid, "jury")
    before = len(letters(app, "anna"))
    said = go(editor, uid, "decided").text
    assert "1 entry waits for the formal check" in said and "No entry has a result" in said
    assert len(letters(app, "anna")) == before and app.test_client().get("/en/calls.json?stage=decided").get_json()["total"] == 0
    run = f"/desk/calls/run/{uid}/"
    send(editor, run, to=f"/desk/calls/entry/{number['Paint']}", do="refuse", reason="No dates.")
    send(editor, run, to=f"/desk/calls/entry/{number['Benches']}", do="result", result="winner")
    assert "No entry has a result" not in editor.get(run).text
    go(editor, uid, "decided")
    assert len(letters(app, "anna")) == before + 2 and "has won" in letters(app, "anna")[-2].text


def test_a_call_without_winners_can_be_decided_on_purpose(app, begun):
    uid, _number, editor, anna = begun
    go(editor, uid, "jury")
    go(editor, uid, "decided", sure="on")
    assert "not among the winners" in letters(app, "anna")[-1].text
    assert "It is decided." in anna.get(f"/en/calls/{uid}/", follow_redirects=True).text


def test_a_juror_hears_of_it_once_and_when_all_read_everything(app, begun):
    uid, _number, editor, _anna = begun
    juror, run = someone(app, "judge"), f"/desk/calls/run/{uid}/"
    said = send(editor, run, to=run, email="judge@example.org").text
    assert "Judge is in the jury now and gets a letter." in said
    [letter] = letters(app, "judge")
    assert "You are in the jury of “Best yard”" in letter.text and f"/en/calls/jury/{uid}/" in letter.text and letter.html
    send(editor, run, to=run, email="judge@example.org", languages="en")
    assert len(letters(app, "judge")) == 1, "saying what they read is no second appointment"
    go(editor, uid, "jury")
    assert "1 juror gets a letter." in send(editor, run, to=run, do="tell").text
    assert "2 new entries to read" in letters(app, "judge")[-1].text
    number = re.findall(r"/en/calls/sheet/(\d+)/", juror.get(f"/en/calls/jury/{uid}/").text)
    for one in number:
        send(juror, f"/en/calls/sheet/{one}/", conflict="on", do="done")
    assert "0 jurors get a letter." in send(editor, run, to=run, do="tell").text, "who is done is left in peace"
    assert "Removed from the jury" in send(editor, run, to=run, dismiss=re.search(r'name="dismiss" value="(\d+)"', editor.get(run).text)[1]).text


def test_an_author_hears_what_is_asked_once_a_day_and_not_of_their_own_words(app, begun):
    uid, number, editor, anna = begun
    go(editor, uid, "public")
    entry, before = f"/en/calls/entry/{number['Benches']}/", len(letters(app, "anna"))
    send(anna, entry, do="comment", text="Ask me anything.")
    assert len(letters(app, "anna")) == before
    boris = someone(app, "boris")
    send(boris, entry, do="comment", text=" ")
    said = send(boris, entry, do="comment", text="How long did it take?\n\nAnd <b>who</b> paid?").text
    assert "<p>How long did it take?</p>" in said and "<p>And &lt;b&gt;who&lt;/b&gt; paid?</p>" in said, "lines stay lines"
    send(boris, entry, do="comment", text="Hello?")
    [letter] = letters(app, "anna")[before:]
    assert "Boris writes about “Benches” in “Best yard”:" in letter.text and "How long did it take?" in letter.text and entry in letter.text
    assert "&lt;b&gt;" in letter.html


def test_an_entry_says_what_it_is_and_in_which_language(app, begun):
    uid, number, editor, _anna = begun
    go(editor, uid, "public")
    page = app.test_client().get(f"/ru/calls/entry/{number['Benches']}/").text
    assert "Заявка на конкурс" in page and '<h1 class="h2" lang="en">' in page
    assert '<h1 class="h2">' in app.test_client().get(f"/en/calls/entry/{number['Benches']}/").text


def test_taking_back_what_cannot_be_sent_in_again_asks_once_more(app, begun):
    uid, number, editor, anna = begun
    mine, one = "/en/calls/mine/", f"/en/calls/mine/{number['Benches']}"
    go(editor, uid, "public")
    assert "Nothing was taken back" in send(anna, mine, to=one).text
    assert app.test_client().get(f"/en/calls/entry/{number['Benches']}/").status_code == 200
    assert "is taken back" in send(anna, mine, to=one, sure="on").text
    assert app.test_client().get(f"/en/calls/entry/{number['Benches']}/").status_code == 404


def test_the_way_in_stands_at_the_top_while_entries_are_taken(app):
    uid = call(app)
    page = app.test_client().get(f"/ru/calls/{uid}/", follow_redirects=True).text
    way = f'href="/ru/calls/enter/{uid}/"'
    assert way in page[page.index('<nav class="next"'): page.index('class="facts"', page.index('<nav class="next"'))]
    go(someone(app, "ed", "editor"), uid, "check")
    assert way not in app.test_client().get(f"/ru/calls/{uid}/", follow_redirects=True).text


def test_nobody_supports_what_is_their_own_or_their_organisations(app):
    from hub.api import accounts, items

    editor, anna, boris = (someone(app, n, r) for n, r in (("ed", "editor"), ("anna", "member"), ("boris", "member")))
    uid, garden = call(app), publish(app, "partner", "Garden")
    enter(anna, uid, publish(app, "case", "Benches", author="anna", owner=garden))
    [number] = numbers(app).values()
    send(editor, f"/desk/calls/run/{uid}/", to=f"/desk/calls/entry/{number}", do="accept")
    go(editor, uid, "public")
    at, refused = f"/en/calls/entry/{number}/", "This entry is yours or of an organisation you speak for"
    assert "Support it" in boris.get(at).text and "Support it" not in anna.get(at).text
    said = send(anna, at, do="support")
    assert said.status_code == 409 and said.text.count(refused) == 2
    assert "1 support" not in anna.get(f"/en/calls/{uid}/", follow_redirects=True).text
    send(boris, at, do="support")
    with app.app_context(), db.writing():
        accounts.appoint(accounts.find_user(db.session(), "boris@example.org"), items.get("partner", garden).id)
        items.commit()
    page = boris.get(at).text
    assert "Support it" not in page and "Take my support back" in page, "what was given before can be taken back"
    send(boris, at, do="unsupport")
    assert refused in boris.get(at).text and send(boris, at, do="support").status_code == 409


def test_when_the_jurys_time_is_over_its_sheets_are_read_and_no_forms(app, begun):
    uid, number, editor, _anna = begun
    juror, run = someone(app, "judge"), f"/desk/calls/run/{uid}/"
    send(editor, run, to=run, email="judge@example.org")
    go(editor, uid, "jury")
    done, begun_ = (f"/en/calls/sheet/{number[title]}/" for title in ("Benches", "Swings"))
    typed = {"points.0": "9", "reason.0": "New.\nVery.", "points.1": "4", "reason.1": "Far.", "words": "Go on."}
    send(juror, done, **typed, do="done")
    send(juror, begun_, **{"points.0": "3", "do": "save"})
    token = Fields(main(juror.get(done).text)).values["csrf_token"]
    go(editor, uid, "decided", sure="on")
    for path, sentence in ((done, "this is what you handed in"), (begun_, "you did not hand in this sheet")):
        page = main(juror.get(path).text)
        assert sentence in page and not re.search(r"<(form|input|textarea|button)", page)
    page = main(juror.get(done).text)
    assert "Points: 9 of 10" in page and "<p>New.</p>" in page and "Go on." in page
    late = juror.post(begun_, data={"csrf_token": token, "points.0": "7", "reason.0": "A long thought.", "do": "done"})
    assert late.status_code == 409 and "so this was not saved" in late.text and "A long thought." in late.text, "and not lost"
    assert "A long thought." not in juror.get(begun_).text and "Points: 3 of 10" in juror.get(begun_).text


def test_who_goes_from_a_call_to_write_a_practice_finds_the_way_back(app):
    uid, anna = call(app), someone(app, "anna")
    form, note = "/desk/cases/new", "For the call:"
    assert note not in anna.get(form).text
    write = f"/en/calls/enter/{uid}/?write=1"
    assert f'href="{write}"' in anna.get(f"/en/calls/enter/{uid}/").text
    assert anna.get(write).location == form
    new = main(anna.get(f"{form}?language=ru").text)
    assert note in new and 'href="/en/calls/best-yard/"' in new, "in whatever language it is written"
    assert f"/en/calls/enter/{uid}/" not in new and "Save the practice" in new
    made = send(anna, form, **{"title.en": "Benches", "summary.en": "Of wood.", "do": "save"})
    way = re.search(rf'href="(/en/calls/enter/{uid}/\?case=[^"]+)"', main(made.text))
    assert way, "saved, it can be sent in from where one is"
    chosen = Fields(main(anna.get(way[1]).text)).values
    assert chosen["case"] == [way[1].partition("case=")[2]]
    assert "It is sent in" in send(anna, way[1], category="Small towns", right="on").text
    assert note not in anna.get(form).text, "done with"
    assert "Write another one" in main(anna.get(f"/en/calls/enter/{uid}/").text) and note not in anna.get(form).text, "only looked at"
    assert note in anna.get(write, follow_redirects=True).text
