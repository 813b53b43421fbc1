"""What who registered and who runs an event read in letters, on the ticket and at the door."""

import pytest
from eventing import mails, make, register

from hub.store import db
from hub.testing.fixtures import csrf, sign_in


@pytest.fixture(scope="module")
def app(hub_instances):
    """One application for all; each test has an event of another name."""
    from hub.app import create_app

    app = create_app(hub_instances.make(("partners", "events", "-privacy")), strict=True)
    app.testing = True
    yield app
    with app.app_context():
        db.engine().dispose()


def post(client, path, **typed):
    return client.post(path, data={"csrf_token": csrf(client.get(path).text), **typed}, follow_redirects=True)


def test_a_letter_keeps_the_paragraphs_and_lines_that_a_browser_sends(app):
    uid = make(app, "Lines", plan={"capacity": 5})
    register(app, uid)
    text = "Dear {name},\r\nbring:\r\n- gloves\r\n- a pot\r\n\r\nSee you there."
    shown = post(sign_in(app, "editor"), f"/desk/events/{uid}/letter/", subject="Bring", text=text, do="preview")
    assert '<p class="events-said">See you there.</p>' in shown.text
    post(sign_in(app, "editor"), f"/desk/events/{uid}/letter/", subject="Bring", text=text, do="send")
    html = mails(app)[-1].html
    assert html.count("<p style") == 2 and "bring:\n- gloves\n- a pot</p>" in html and 'pre-line">See you there.</p>' in html
