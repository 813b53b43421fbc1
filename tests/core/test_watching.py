"""What an operator watches: figures for Prometheus, logs that nobody can forge and that tell of nobody."""

import io
import json
import logging
import re

import pytest

from hub.work import logs

LINE = re.compile(r'^hub_[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?\d+(\.\d+)?$')


@pytest.fixture
def written(hub_app):
    """What the process has written, as a function; the process's logging is as before afterwards."""
    root, before = logging.getLogger(), list(logging.getLogger().handlers)
    level = root.level
    stream = io.StringIO()

    def read(form, requests=False):
        logs.configure(form, requests)
        for handler in root.handlers:
            handler.setStream(stream)
        return stream

    yield read
    root.handlers[:] = before
    root.setLevel(level)
    logs.log.setLevel(logging.NOTSET)


def test_figures_in_the_form_that_prometheus_reads(hub_app, client):
    answer = client.get("/-/metrics")
    assert answer.status_code == 200 and answer.mimetype == "text/plain"
    lines = answer.text.strip().split("\n")
    assert all(line.startswith("# ") or LINE.match(line) for line in lines), lines
    names = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(names) == len(set(names)) and {"hub_check", "hub_jobs_late_seconds", "hub_mail_waiting", "hub_changes_head"} <= set(names)
    assert 'hub_check{name="core.database"} 0' in lines


def test_figures_are_for_this_machine_and_named_networks(new_hub):
    far = {"REMOTE_ADDR": "203.0.113.9"}
    assert new_hub().test_client().get("/-/metrics", environ_base=far).status_code == 404
    named = new_hub(toml='[server]\nmetrics = ["203.0.113.0/24"]')
    assert named.test_client().get("/-/metrics", environ_base=far).status_code == 200


def test_behind_a_proxy_a_visitor_is_no_neighbour(new_hub):
    app = new_hub(toml="[server]\nproxies = 1")
    claimed = {"X-Forwarded-For": "127.0.0.1, 203.0.113.9"}  # what a visitor claims stands left of what the proxy says
    assert app.test_client().get("/-/metrics", headers=claimed).status_code == 404


def test_no_header_moves_the_site_below_a_path(new_hub):
    app = new_hub(toml="[server]\nproxies = 1")
    page = app.test_client().get("/en/", headers={"X-Forwarded-Prefix": "/evil"}).text
    assert "/evil" not in page and "/evil" not in app.test_client().get("/en/").text


def test_a_line_cannot_be_forged(written):
    for form in ("text", "json"):
        stream = written(form)
        logging.getLogger("hub.site").warning("not found: %s", "/x\n2026-01-01 hub.people CRITICAL \x1b[31mhacked\u2028")
        text = stream.getvalue()
        assert text.count("\n") == 1 and "\x1b" not in text and "\u2028" not in text.replace("\\u2028", "")
        stream.truncate(0), stream.seek(0)


def test_errors_bring_their_trace(written):
    stream = written("json")
    try:
        raise ValueError("on purpose")
    except ValueError:
        logging.getLogger("hub.jobs").exception("a job failed")
    line = json.loads(stream.getvalue())
    assert line["message"] == "a job failed" and line["level"] == "error" and "on purpose" in line["trace"]


def test_requests_are_told_without_who_and_what(hub_app, written):
    stream, visitor = written("json", requests=True), hub_app.test_client()
    visitor.get("/en/search/?q=my+secret+illness", headers={"User-Agent": "Spy/1.0"})
    visitor.get("/account/reset/a-secret-token")
    for _ in range(2):
        hub_app.test_client().get("/en/")
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    told = [(line["rule"], line["status"]) for line in lines if line["logger"] == "hub.requests"]
    assert told[0] == ("/<lang:lang>/search/", 200) and told[2:] == [("/<lang:lang>/", 200), ("kept", 200)]
    assert not re.search(r"secret|Spy|127\.0\.0\.1", stream.getvalue())
