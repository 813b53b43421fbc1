"""The fixtures that plugin authors get with the hub."""

import datetime as dt
import socket

import pytest

from hub.api import Check, NavItem, NetError, enqueue, fetch, now, send_mail
from hub.hooks.parts import FIELD_TYPES, Choice, ContentType, Field, Relation
from hub.testing import sample_document
from hub.testing.remote import Answer


def test_the_clock_moves_what_now_tells(clock):
    before = now()
    clock.move(days=3, hours=1)
    assert dt.timedelta(days=3, hours=1) <= now() - before < dt.timedelta(days=3, hours=1, minutes=1)
    clock.stand(dt.datetime(2027, 1, 31, 12, tzinfo=dt.UTC))
    assert now() == now() == dt.datetime(2027, 1, 31, 12, tzinfo=dt.UTC) and now().tzinfo is dt.UTC
    clock.move(days=1)
    assert now().day == 1
    with pytest.raises(ValueError):
        clock.stand(dt.datetime(2027, 1, 1))


def test_a_job_of_tomorrow_is_due_tomorrow(hub_app, session, clock, run_jobs, monkeypatch):
    from hub.api import Job

    done = []
    monkeypatch.setitem(hub_app.extensions["hub"].jobs, "hub.remind", Job("remind", lambda: done.append(now())))
    enqueue(session, "hub.remind", run_at=now() + dt.timedelta(days=1))
    session.commit()
    run_jobs()
    assert not done
    clock.move(days=1, minutes=1)
    run_jobs()
    assert len(done) == 1


def test_the_mailbox_shows_what_was_sent(session, mailbox):
    send_mail(session, "anna@example.org", "Hello", "Good day")
    session.commit()
    assert [(mail.to, mail.subject) for mail in mailbox()] == [("anna@example.org", "Hello")]


def test_the_remote_site_answers_as_told(hub_app, remote_site, no_network):
    address = remote_site.answer("/feed.xml", "<rss/>", mimetype="application/rss+xml", ETag='"1"')
    remote_site.answer("/old", status=301, Location=address)
    remote_site.script("/echo", lambda asked: Answer(asked.body + b"!", 201))
    with hub_app.app_context():
        reply = fetch(remote_site.url + "/old")
        assert (reply.status, reply.body, reply.headers["etag"]) == (200, b"<rss/>", '"1"')
        assert fetch(remote_site.url + "/nothing").status == 404
        assert fetch(remote_site.url + "/echo", method="POST", content=b"hey").body == b"hey!"
    assert [asked.path for asked in remote_site.asked] == ["/old", "/feed.xml", "/nothing", "/echo"]


def test_only_trusted_inner_addresses_are_fetched(new_hub, remote_site):
    with new_hub(()).app_context(), pytest.raises(NetError):
        fetch(remote_site.answer("/", "x"))
    with new_hub((), toml=f'[net]\nallow = ["{remote_site.host}"]').app_context():
        assert fetch(remote_site.url + "/").body == b"x"


def test_hooks_are_asked_and_tried(hub_app, client, hooks):
    assert "partners" in dict(hooks.answers("blocks", slot="home", user=None, subject=None))
    hooks.implement(navigation=lambda slot, user: [NavItem("A trial line", "/en/", 1)] if slot == "main" else [])
    hooks.implement("second", health=lambda: [Check("tried", "warning", "only a trial")])
    assert "A trial line" in client.get("/en/").text and "only a trial" in client.get("/-/health").text
    hooks.close()
    assert "A trial line" not in client.get("/en/?v=2").text


def test_people_of_every_role(as_user):
    for role, status in (("member", 403), ("editor", 403), ("admin", 200)):
        assert as_user(role).get("/desk/plugins").status_code == status


def test_no_network(no_network):
    with pytest.raises(pytest.fail.Exception):
        socket.create_connection(("192.0.2.1", 80), timeout=1)


EVERYTHING = ContentType(
    kind="everything", path="everything", label="E", plural="E", places="many",
    fields=(*(
        Field(f"a_{name}", name, name, choices=(Choice("one", "one"), Choice("two", "two")) if name.startswith("choice") else (),
              columns=(Field("of", "number", "of", required=True), Field("when", "datetime", "when")) if name == "rows" else (),
              translated=name in ("text", "longtext"), max_length=5 if name == "longtext" else 0)
        for name in FIELD_TYPES
    ), Field("begin", "datetime", "b", fills="starts_at"), Field("till", "partialdate", "e", fills="ends_at", audience="editors")),
    relations=(Relation("near", to="partner", label="near", many=True),),
)  # fmt: skip


def test_a_sample_of_every_field_type_is_taken(hub_app):
    from hub.content.document import cleaned

    with hub_app.app_context():
        doc = sample_document(EVERYTHING, number=3, audience="members", licence="CC0")
        kept = cleaned(EVERYTHING, doc, ["en", "ru"])
    assert set(kept["data"]) == {f.name for f in EVERYTHING.fields if not f.translated}, "a sample is empty or refused"
    assert set(kept["texts"]["ru"]["fields"]) == {"a_text", "a_longtext"} and kept["audience"] == "members"
    assert kept["places"] and kept["licence"] == "CC0"


def test_the_pytest_plugin_imports_nothing_of_the_hub():
    """pytest starts no slower where it is not used."""
    import subprocess
    import sys

    look = "import sys, hub.testing.fixtures; print([m for m in sys.modules if m.startswith(('hub.', 'flask', 'sqlalchemy'))])"
    said = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout
    assert said.strip() == "['hub.testing', 'hub.testing.fixtures']"
