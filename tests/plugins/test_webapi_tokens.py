"""Personal tokens: made in the desk, shown once, counted, revoked; who may see what; nothing of them in logs."""

from __future__ import annotations

import datetime as dt
import logging
import re

import pytest
import sqlalchemy as sa
import time_machine
from hub_webapi.models import Token

from hub.store.db import session, writing
from hub.testing.fixtures import csrf, sign_in

DESK = "/desk/webapi/"


@pytest.fixture
def app(new_hub):
    return new_hub(["partners", "cases"])


def ask(client, **typed):
    data = {"name": "My map", "scope": ["read"], "days": "90", **typed, "csrf_token": csrf(client.get(DESK).text)}
    return client.post(DESK, data=data)


def secret_of(answer):
    found = re.search(r"hub_pat_[\w-]{43}", answer.text)
    assert answer.status_code == 200 and found, answer.text
    return found.group()


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


def test_a_token_is_shown_once_and_works(app):
    editor, program = sign_in(app, "editor"), app.test_client()
    secret = secret_of(ask(editor, scope=["read", "write:case"]))
    page = editor.get(DESK).text
    assert secret not in page and "My map" in page and secret[-4:] in page and ">never<" in page
    with app.app_context():
        row = session().scalar(sa.select(Token))
        assert secret not in str(vars(row)) and len(row.digest) == 64
    told = program.get("/api/v1/token", headers=bearer(secret))
    assert told.json == {
        "name": "My map",
        "scopes": ["read", "write:case"],
        "owner": "Editor",
        "level": 2,
        "expires": told.json["expires"],
    }
    assert told.headers["Cache-Control"] == "no-store"
    assert ">never<" not in editor.get(DESK).text, "the day of its last use is shown"
    assert (
        program.post("/api/v1/cases", json={"texts": {"en": {"title": "T"}}}, headers=bearer(secret)).status_code == 201
    )


def test_what_is_asked_for_is_checked(app):
    member, admin = sign_in(app, "member"), sign_in(app, "admin")
    for typed, words in (
        ({"name": " "}, "Write what it is for"), ({"scope": []}, "Choose at least one"), ({"scope": ["write:case"]}, "Choose at least one"),
        ({"scope": ["admin"]}, "Choose at least one"), ({"days": "7"}, "Choose how long"), ({"name": "x" * 81}, "Too long"),
    ):  # fmt: skip
        answer = ask(member, **typed)
        assert answer.status_code == 422 and words in answer.text and "hub_pat_" not in answer.text
    assert 'value="admin"' not in member.get(DESK).text and 'value="write:case"' not in member.get(DESK).text
    assert secret_of(ask(admin, scope=["admin"], days="0"))
    assert member.post(DESK, data={"name": "x", "scope": "read", "days": "90"}).status_code == 400, "CSRF"
    assert app.test_client().get(DESK).status_code == 302


def test_revoking(app):
    member, editor, admin = sign_in(app, "member"), sign_in(app, "editor"), sign_in(app, "admin")
    secret = secret_of(ask(member))
    with app.app_context():
        number = session().scalar(sa.select(Token.id))
    where = f"{DESK}tokens/{number}/revoke"
    assert editor.post(where, data={"csrf_token": csrf(editor.get(DESK).text)}).status_code == 404, "not theirs"
    assert "My map" not in editor.get(DESK).text and "Tokens of others" in admin.get(DESK).text
    assert admin.get(where).status_code in (404, 405)
    assert app.test_client().get("/api/v1/cases", headers=bearer(secret)).status_code == 200
    assert admin.post(where, data={"csrf_token": csrf(admin.get(DESK).text)}).status_code == 302
    assert app.test_client().get("/api/v1/cases", headers=bearer(secret)).status_code == 401


def test_a_token_ends(app):
    secret = secret_of(ask(sign_in(app, "editor"), days="30"))
    program = app.test_client()
    assert program.get("/api/v1/cases", headers=bearer(secret)).status_code == 200
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=31)):
        assert program.get("/api/v1/cases", headers=bearer(secret)).status_code == 401


@pytest.mark.parametrize("header", ["Bearer", "Bearer ", "Bearer hub_pat_nothing", "bearer \xff\xfe", "Bearer a b c"])
def test_a_bad_token_opens_nothing_not_even_what_is_public(app, header):
    answer = app.test_client().get("/api/v1/cases", headers={"Authorization": header})
    assert answer.status_code == 401 and answer.mimetype == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer realm=")


def test_passwords_of_a_proxy_are_not_ours(app):
    assert app.test_client().get("/api/v1/cases", headers={"Authorization": "Basic YTpi"}).status_code == 200


def test_cookies_do_not_count_for_writing(app):
    editor = sign_in(app, "editor")
    doc = {"texts": {"en": {"title": "T"}}}
    token = csrf(editor.get("/desk/cases/new").text)
    for method, path in (
        ("post", "/cases"),
        ("put", "/cases/x"),
        ("patch", "/cases/x"),
        ("delete", "/cases/x"),
        ("post", "/cases/x/publish"),
        ("post", "/media"),
    ):
        answer = getattr(editor, method)(f"/api/v1{path}", json=doc, headers={"X-CSRFToken": token})
        assert answer.status_code == 401 and "WWW-Authenticate" in answer.headers, path
    assert editor.get("/api/v1/token").status_code == 401
    assert editor.get("/api/v1/cases").headers["Cache-Control"] == "no-store", "reading may use them, as everywhere"


def test_what_one_token_reads_is_kept_for_nobody_else(app, program):
    editor, visitor = program(app, "editor", "read", "write:case"), app.test_client()
    public = visitor.get("/api/v1/cases")
    made = editor(
        "POST", "/cases", {"texts": {"en": {"title": "Members only"}}, "audience": "members", "status": "published"}
    )
    seen = editor("GET", "/cases")
    assert "Members only" in seen.text and "ETag" not in seen.headers and seen.headers["Cache-Control"] == "no-store"
    for headers in ({}, {"If-None-Match": public.headers["ETag"]}):
        assert "Members only" not in visitor.get("/api/v1/cases", headers=headers).text
    tag = visitor.get("/api/v1/cases").headers["ETag"]
    assert "Members only" in editor("GET", "/cases", headers={"If-None-Match": tag}).text, (
        "the memory for visitors is not asked"
    )
    assert visitor.get(f"/api/v1/cases/{made.json['uid']}").status_code == 404
    assert (
        "contact_email" in editor("GET", "/openapi.json").text
        and "contact_email" not in visitor.get("/api/v1/openapi.json").text
    )


def test_too_many_requests(app, program):
    with app.app_context(), writing():
        from hub.store.state import set_setting

        set_setting(session(), "webapi.per_minute", 3)
        session().commit()
    one, other = program(app, "editor", "read"), program(app, "editor", "read")
    with time_machine.travel(dt.datetime(2030, 1, 1, 12, 0, 20, tzinfo=dt.UTC), tick=False) as clock:
        one.secret, other.secret = (secret_of(ask(sign_in(app, "editor"), days="0")) for _ in "ab")
        assert [one("GET", "/cases").status_code for _ in range(4)] == [200, 200, 200, 429]
        late = one("POST", "/cases", {})
        assert (
            late.status_code == 429
            and late.headers["Retry-After"] == "40"
            and late.mimetype == "application/problem+json"
        )
        assert other("GET", "/cases").status_code == 200, "each token has its own"
        assert app.test_client().get("/api/v1/cases").status_code == 200
        clock.shift(41)
        assert one("GET", "/cases").status_code == 200


def test_no_token_is_in_a_log(app, caplog, monkeypatch):
    app.testing, app.extensions["hub"].hooks.strict = False, False
    caplog.set_level(logging.DEBUG)
    secret = secret_of(ask(sign_in(app, "editor"), scope=["read", "write:case"]))
    program = app.test_client()
    monkeypatch.setattr("hub.items.create", lambda *a, **k: 1 / 0)
    for call in (
        lambda: program.post("/api/v1/cases", json={"texts": {"en": {"title": "T"}}}, headers=bearer(secret)),
        lambda: program.post("/api/v1/cases", json={}, headers=bearer(secret)),
        lambda: program.get("/api/v1/nothing", headers=bearer(secret)),
        lambda: program.get("/api/v1/cases", headers=bearer(secret + "x")),
    ):
        assert call().status_code in (500, 422, 404, 401)
    assert caplog.records and secret[8:] not in caplog.text and "ZeroDivisionError" in caplog.text


def test_hook_user_forgotten_and_exported(app):
    from hub.people import accounts

    secret = secret_of(ask(sign_in(app, "editor")))
    hooks = app.extensions["hub"].hooks
    with app.app_context(), writing():
        user = accounts.find_user(session(), "editor@example.org")
        told = dict(hooks.answers("user_exported", user=user))["webapi"]
        assert told["API tokens"][0]["name"] == "My map" and secret not in str(told)
        hooks.tell("user_forgotten", session=session(), user=user)
        session().commit()
        assert session().scalar(sa.select(sa.func.count()).select_from(Token)) == 0
    assert app.test_client().get("/api/v1/cases", headers=bearer(secret)).status_code == 401


def test_switched_off_there_is_no_api(new_hub):
    client = new_hub(["cases", "-webapi"]).test_client()
    for path in ("/api/v1/cases", "/api/v1/openapi.json", "/api/"):
        answer = client.get(path)
        assert answer.status_code == 404 and answer.mimetype == "application/problem+json"
    assert "Open data" not in client.get("/en/").text and client.get("/en/cases.json").status_code == 200


def test_switched_off_while_it_runs(app):
    from hub.plugins.host import read_list, write_list

    client, file = app.test_client(), app.extensions["hub"].settings.instance / "plugins.txt"
    assert "/api/v1/openapi.json" in client.get("/en/").text
    write_list(file, [name for name in read_list(file) if name != "webapi"])
    assert "-webapi" in file.read_text().splitlines()
    assert client.get("/api/v1/cases").status_code == 404 and "/api/v1" not in client.get("/en/").text


def test_tables_come_and_go(either_hub):
    from hub.store import migrate
    from hub.store.db import engine

    app = either_hub(("cases",))
    with app.app_context():
        history = app.extensions["hub"].plugins.found["webapi"].history
        migrate.check(engine(), history)
        migrate.downgrade(engine(), history)
        assert not [name for name in sa.inspect(engine()).get_table_names() if name.startswith("webapi_")]
        migrate.upgrade(engine(), history)
        migrate.check(engine(), history)
