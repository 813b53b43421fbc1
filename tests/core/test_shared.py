"""Two applications with a Redis server between them: limits and pages are shared, and nothing stops when it goes."""

import pytest

from hub.settings import SettingsError, load_settings
from hub.site.health import checks
from hub.work import limits, shared


@pytest.fixture
def two(new_hub, redis_server):
    """Two hosts of one hub: each with a database of its own here, so that what they share is in Redis alone."""
    if redis_server.process is None:
        redis_server.start()
    toml = f'[redis]\nurl = "{redis_server.url}"'
    return new_hub(toml=toml), new_hub(toml=toml)


def counted(app, what):
    with app.app_context():
        return limits.hit(what, "somebody", 2, 3600)


def test_limits_count_together(two):
    one, other = two
    assert counted(one, "together") == 0 and counted(other, "together") == 0
    assert counted(one, "together") > 0 and counted(other, "together") > 0


def test_a_page_made_by_one_is_answered_by_the_other(two, monkeypatch):
    one, other = two
    page = one.test_client().get("/en/")
    with monkeypatch.context() as patched:
        for function in ("home", "site.home"):
            patched.setitem(other.view_functions, function, lambda **_: pytest.fail("made again"))
        again = other.test_client().get("/en/")
    assert again.status_code == 200 and again.data == page.data and again.headers["ETag"] == page.headers["ETag"]


def test_what_somebody_signed_in_sees_is_never_shared(two, as_user):
    one, other = two
    name = "Editor"
    assert name in as_user("editor", one).get("/account/").text
    assert name not in other.test_client().get("/account/", follow_redirects=True).text


def test_without_it_everything_goes_on_and_is_told(two, redis_server, monkeypatch):
    one, other = two
    monkeypatch.setattr(shared, "REST", 0.0)
    redis_server.stop()
    try:
        assert counted(one, "alone") == 0 and counted(one, "alone") == 0 and counted(one, "alone") > 0
        assert other.test_client().get("/en/topics/").status_code == 200
        with one.app_context():
            assert [c.state for c in checks() if c.name == "redis"] == ["warning"]
        assert one.test_client().get("/-/health").status_code == 200
    finally:
        redis_server.start()
    with one.app_context():
        assert not [c for c in checks() if c.name == "redis"]
    assert counted(one, "back") == 0 and counted(other, "back") == 0 and counted(other, "back") > 0


def test_an_address_that_is_none_is_told_at_the_start(new_hub):
    with pytest.raises(SettingsError, match="must be like redis://"):
        load_settings(new_hub().extensions["hub"].settings.instance, {"HUB_REDIS__URL": "localhost:6379"})
