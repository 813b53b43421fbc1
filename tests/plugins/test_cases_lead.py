"""The practice at the top of the front page: an editor's choice, as long as everybody may read it."""

import re

import pytest
from making import change, make, step

from hub.testing.fixtures import csrf, sign_in


@pytest.fixture
def app(new_hub):
    return new_hub(("partners", "cases"))


def front(client):
    """(title of the lead, titles below it), as the front page has them."""
    page = client.get("/en/").text
    lead = re.search(r'<div class="lead".*?<h1[^>]*><a [^>]*>([^<]*)', page, re.S)
    below = re.search(r'aria-labelledby="home-cases".*?</section>', page, re.S)
    titles = re.findall(r"<h3[^>]*><a [^>]*>([^<]*)", below[0]) if below else []
    return lead and lead[1].replace("\xa0", " "), [title.replace("\xa0", " ") for title in titles]


def test_an_editor_chooses_and_lets_go(app):
    uids = {n: make(app, title=f"Practice number {n}") for n in range(15)}
    visitor, editor = app.test_client(), sign_in(app, "editor")
    assert front(visitor) == ("Practice number 14", ["Practice number 13", "Practice number 12", "Practice number 11"])
    address = f"/desk/cases/{uids[1]}/lead"  # older than what the front page looks at
    answer = editor.post(address, data={"csrf_token": csrf(editor.get(f"/desk/cases/{uids[1]}/").text), "do": "lead"}, follow_redirects=True)
    assert "stands at the top of the front page now" in answer.text and "Let the newest stand there" in answer.text
    assert front(visitor) == ("Practice number 1", ["Practice number 14", "Practice number 13", "Practice number 12"])
    assert "Let the newest stand there" not in editor.get(f"/desk/cases/{uids[2]}/").text
    step(app, uids[1], "unpublish")
    assert front(visitor)[0] == "Practice number 14"
    step(app, uids[1], "publish")
    assert front(visitor)[0] == "Practice number 1"
    editor.post(address, data={"csrf_token": csrf(editor.get(f"/desk/cases/{uids[1]}/").text), "do": "free"})
    assert front(visitor)[0] == "Practice number 14"


def test_a_chosen_one_that_is_for_members_now_is_shown_to_members_alone(app):
    uid, _other = make(app, title="Chosen"), make(app, title="The newest")
    editor = sign_in(app, "editor")
    editor.post(f"/desk/cases/{uid}/lead", data={"csrf_token": csrf(editor.get(f"/desk/cases/{uid}/").text), "do": "lead"})
    visitor = app.test_client()
    assert front(visitor)[0] == "Chosen"
    change(app, uid, lambda doc: doc.update(audience="members"))
    assert front(visitor) == ("The newest", []) and front(sign_in(app, "member"))[0] == "Chosen"


def test_what_not_everybody_may_read_cannot_be_chosen(app):
    uid = make(app, title="For members", audience="members")
    draft = make(app, title="A draft", status="draft")
    editor = sign_in(app, "editor")
    for number in (uid, draft, "nothing"):
        page = editor.get(f"/desk/cases/{number}/").text
        assert "To the top of the front page" not in page
        assert editor.post(f"/desk/cases/{number}/lead", data={"csrf_token": csrf(editor.get(f"/desk/cases/{uid}/").text)}).status_code == 404
    assert front(app.test_client())[0] is None
