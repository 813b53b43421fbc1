"""Writing by programs: documents in and out, versions, repeats, problems; scopes against roles."""

from __future__ import annotations

import json
import threading
from collections import Counter

import pytest

from hub.testing.fixtures import csrf, sign_in

TEXTS = {"en": {"title": "A bed by the tram", "summary": "Lettuce."}}


@pytest.fixture
def app(new_hub):
    return new_hub(["partners", "cases"], start=True)


@pytest.fixture
def editor(app, program):
    return program(app, "editor", "read", "write:case", "write:partner")


@pytest.fixture(scope="module")
def shared(hub_instances):
    """One application for the tests of many cases that leave nothing behind that another could meet."""
    from hub.app import create_app
    from hub.store.db import engine

    made = create_app(hub_instances.make(["partners", "cases"], start=True), strict=True)
    made.testing = True
    yield made
    with made.app_context():
        engine().dispose()


@pytest.fixture
def refused(shared, program):
    """An editor's program; what it sends in this test makes nothing."""
    editor = program(shared, "editor", "read", "write:case", email="refused@example.org")
    before = editor("GET", "/cases?status=draft").json["total"]
    yield editor
    assert editor("GET", "/cases?status=draft").json["total"] == before


def made(program, path="/cases", **doc):
    answer = program("POST", path, {"texts": TEXTS, **doc})
    assert answer.status_code == 201, answer.text
    return answer


def uid_of(answer):
    return answer.json["uid"]


def problem(answer, status, *pointers):
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    assert (
        answer.json["status"] == status
        and answer.json["type"]
        and answer.json["title"]
        and isinstance(answer.json["detail"], str)
    )
    assert sorted(e["pointer"] for e in answer.json.get("errors", [])) == sorted(pointers), answer.text
    return answer


# -- documents ----------------------------------------------------------------------------------------------------------


def test_an_item_is_made_read_changed_published_and_erased(app, editor, program):
    visitor, admin = app.test_client(), program(app, "admin", "admin")
    answer = made(editor, data={"themes": ["culture"], "start": "2024-05"}, topics=["culture"],
                  places=[{"lat": 55.8, "lon": 49.1, "names": {"en": "Kazan"}, "country": "RU"}])  # fmt: skip
    uid, at = uid_of(answer), answer.headers["Location"].removeprefix("http://localhost:8000/api/v1")
    assert at == f"/cases/{uid}" and answer.json["status"] == "draft" and answer.headers["ETag"]
    assert visitor.get(f"/api/v1{at}").status_code == 404
    patched = editor(
        "PATCH",
        at,
        {"data": {"start": None, "area": "district"}, "texts": {"ru": {"title": "Грядка"}}},
        match=answer.headers["ETag"],
    )
    assert patched.status_code == 200 and patched.headers["ETag"] != answer.headers["ETag"]
    assert patched.json["data"] == {"themes": ["culture"], "area": "district"} and set(patched.json["texts"]) == {
        "en",
        "ru",
    }
    assert editor("POST", f"{at}/publish").json["status"] == "published"
    seen = visitor.get(f"/api/v1{at}").json
    assert seen["fields"]["area"] == "district" and seen["places"][0]["country"] == "RU" and "status" not in seen
    document = editor("GET", f"{at}?as=document")
    whole = {**document.json, "texts": {"en": {"title": "Replaced"}}}
    put = editor("PUT", at, whole, match=document.headers["ETag"])
    assert put.status_code == 200 and visitor.get(f"/api/v1{at}").json["title"] == "Replaced", "published at once"
    assert visitor.get(f"/api/v1{at}").json["languages"] == ["en"]
    assert editor("DELETE", at, match=put.headers["ETag"]).status_code == 204
    assert visitor.get(f"/api/v1{at}").status_code == 404
    assert editor("GET", "/cases?status=trash").json["items"][0]["uid"] == uid
    assert editor("POST", f"{at}/restore").json["status"] == "draft"
    problem(editor("POST", f"{at}/restore"), 409)
    problem(editor("POST", f"{at}/erase"), 403)
    problem(admin("POST", f"{at}/erase"), 409)
    editor("POST", f"{at}/trash")
    assert admin("POST", f"{at}/erase").status_code == 204
    problem(editor("PATCH", at, {}, match="*"), 410)


def test_an_edit_of_what_is_published_can_wait_as_a_draft(app, editor):
    answer = made(editor, status="published")
    at = f"/cases/{uid_of(answer)}"
    waits = editor("PATCH", f"{at}?publish=false", {"texts": {"en": {"title": "Later"}}}, match=answer.headers["ETag"])
    assert waits.json["pending"] and waits.json["texts"]["en"]["title"] == "Later"
    assert app.test_client().get(f"/api/v1{at}").json["title"] == TEXTS["en"]["title"]
    more = editor("PATCH", at, {"texts": {"en": {"summary": "S"}}}, match=waits.headers["ETag"])
    assert more.json["pending"], "an unpublished edit of somebody else is not published along the way"
    assert app.test_client().get(f"/api/v1{at}").json["title"] == TEXTS["en"]["title"]
    assert not editor("POST", f"{at}/publish").json["pending"]
    seen = app.test_client().get(f"/api/v1{at}").json
    assert (seen["title"], seen["summary"]) == ("Later", "S")


@pytest.mark.parametrize(("doc", "pointers"), [
    ({}, ["/texts"]),
    ({"texts": {"en": {"summary": "x"}}}, ["/texts/en/title"]),
    ({"texts": {"de": {"title": "x"}}}, ["/texts/de"]),
    ({"texts": TEXTS, "colour": 1, "data": {"them/es": 1}}, ["/colour", "/data/them~1es"]),
    ({"texts": TEXTS, "data": {"area": "moon", "start": "soon"}}, ["/data/start", "/data/area"]),
    ({"texts": TEXTS, "data": {"figures": [{"unit": "beds", "value": 1, "sort": 2}]}}, ["/data/figures/0/sort"]),
    ({"texts": TEXTS, "data": [], "topics": {}, "places": "Kazan"}, ["/data", "/topics", "/places"]),
    ({"texts": TEXTS, "topics": ["culture", "nonsense"]}, ["/topics/1"]),
    ({"texts": TEXTS, "topics": [1]}, ["/topics/0"]),
    ({"texts": TEXTS, "links": {"holder": ["nobody"], "friend": []}}, ["/links/friend"]),
    ({"texts": TEXTS, "links": {"holder": ["nobody"]}}, ["/links/holder/0"]),
    ({"texts": TEXTS, "places": [{"names": {"en": "x"}}, {"lat": 91, "lon": 0}]}, ["/places/1"]),
    ({"texts": TEXTS, "uid": "x", "published": "2020-01-01"}, ["/uid", "/published"]),
    ({"texts": TEXTS, "kind": "partner"}, ["/kind"]),
    ({"texts": TEXTS, "status": "archived"}, ["/status"]),
    ({"texts": TEXTS, "audience": "friends", "example": "no", "checked_on": "today", "slugs": {"en": "A b"}},
     ["/audience", "/example", "/checked_on", "/slugs/en"]),
    ({"texts": {"en": {"title": "x" * 301, "fields": {"objective": ["x"]}}}}, ["/texts/en/title", "/texts/en/fields/objective"]),
    ({"texts": {"en": {"title": "a\u0000b"}}}, ["/texts/en/title"]),
    ({"texts": TEXTS, "data": {"contact_email": "nothing"}}, ["/data/contact_email"]),
])  # fmt: skip
def test_what_cannot_be_taken_is_named(refused, doc, pointers):
    answer = problem(refused("POST", "/cases", doc), 422, *pointers)
    assert all(error["detail"] for error in answer.json["errors"])


def test_sentences_are_in_the_language_of_the_program(editor):
    answer = editor("POST", "/cases", {"colour": 1, "texts": TEXTS}, headers={"Accept-Language": "ru"})
    assert answer.json["errors"] == [{"pointer": "/colour", "detail": "Поля «colour» здесь нет."}]


@pytest.mark.parametrize(("method", "path", "said"), [
    ("GET", "/nothing", "ничего нет"), ("GET", "/cases/0190-0", "ничего нет"), ("PATCH", "/cases", "GET, POST"), ("GET", "/changes?since=x", "целое число"),
])  # fmt: skip
def test_reading_speaks_it_too(editor, method, path, said):
    answer = editor(method, path, {} if method != "GET" else None, headers={"Accept-Language": "ru"})
    assert said in answer.json["detail"] and "URL" not in answer.json["detail"]


@pytest.mark.parametrize(("more", "status"), [
    ({"data": b"{", "content_type": "application/json"}, 400), ({"data": b"", "content_type": "application/json"}, 400),
    ({"data": b"[" * 100_000, "content_type": "application/json"}, 400), ({"data": b'{"a": NaN}', "content_type": "application/json"}, 400),
    ({"data": b"\xff\xfe{}", "content_type": "application/json"}, 400),
    ({"data": b"a=1", "content_type": "application/x-www-form-urlencoded"}, 415), ({"data": b"{}"}, 415),
    ({"json": [{"texts": TEXTS}, {"texts": TEXTS}]}, 422), ({"json": "text"}, 422), ({"json": None, "data": b"null", "content_type": "application/json"}, 422),
    ({"data": b" " * 2_000_001, "content_type": "application/json"}, 413),
])  # fmt: skip
def test_bodies_that_are_no_document(refused, more, status):
    answer = problem(refused("POST", "/cases", **more), status)
    if isinstance(more.get("json"), list):
        assert "hub import" in answer.json["detail"]


def test_addresses_and_methods(editor, program, app):
    problem(editor("POST", "/nothing", {}), 404)
    problem(editor("POST", "/cases/x/y/z", {}), 404)
    problem(editor("GET", "/cases/0190-0"), 404)
    problem(editor("PATCH", "/partners/x", {}, match="*"), 404)
    problem(editor("PATCH", "/cases", {}), 405)
    assert editor("PATCH", "/cases", {}).headers["Allow"] == "GET, POST"
    problem(editor("GET", "/cases/x/publish"), 405)
    problem(editor("PUT", "/changes", {}), 405)
    for path in ("/cases/%00", "/cases/%ff", "/%00", "/cases/%0a"):
        problem(editor("GET", path), 404)
        problem(editor("PATCH", path, {}, match="*"), *((405,) if path == "/%00" else (404,)))
    problem(app.test_client().get("/api/"), 404)
    problem(app.test_client().post("/api/v2/cases"), 404)
    problem(editor("GET", "/cases?year=x"), 400)
    problem(editor("GET", "/cases?status=draft&topic=culture"), 400)


def test_lists_of_drafts_lead_to_their_end(editor):
    for n in range(5):
        assert editor("POST", "/cases", {"texts": {"en": {"title": f"Draft {n}"}}, "status": "draft"}).status_code == 201
    page, seen = editor("GET", "/cases?status=draft&limit=2").json, []
    while True:
        seen += [item["uid"] for item in page["items"]]
        assert page["truncated"] is (page["returned"] < page["total"]) and len(seen) <= page["total"]
        if not page["next"]:
            break
        page = editor("GET", f"/cases?status=draft&limit=2&after={page['next']}").json
    assert len(seen) == len(set(seen)) == page["total"] >= 5
    problem(editor("GET", "/cases?status=sleeping"), 400)
    uid = uid_of(made(editor))
    problem(editor("POST", f"/cases/{uid}/dance"), 404)
    problem(editor("GET", f"/partners/{uid}"), 404)
    problem(editor("GET", f"/cases/{uid}?as=poem"), 400)


def test_an_external_id_is_taken_once(editor):
    first = made(editor, origin="old", external_id="7")
    again = problem(editor("POST", "/cases", {"texts": TEXTS, "origin": "old", "external_id": "7"}), 409)
    assert again.headers["Location"] == first.headers["Location"]
    made(editor, path="/partners", origin="old", external_id="7")
    made(editor, origin="new", external_id="7")
    answer = editor("PATCH", f"/cases/{uid_of(first)}", {"external_id": "8"}, match=first.headers["ETag"])
    problem(answer, 422, "/external_id")


def test_what_may_not_be_changed_may_be_sent_back(editor):
    first = made(editor, data={"contact_email": "a@example.org"}, audience="members", licence="CC0")
    assert first.json["data"]["contact_email"] == "a@example.org", "an editor sees editors' fields"
    same = editor("PUT", f"/cases/{uid_of(first)}", first.json, match=first.headers["ETag"])
    assert same.status_code == 200
    bare = editor("PUT", f"/cases/{uid_of(first)}", {"texts": TEXTS}, match=same.headers["ETag"])
    assert bare.json["audience"] == "members" and bare.json["licence"] == "CC0", (
        "a part that is left out opens nothing to everybody"
    )
    assert bare.json["data"] == {}
    at, tag = f"/cases/{uid_of(first)}", bare.headers["ETag"]
    told = problem(editor("PATCH", at, {"status": "published"}, match=tag), 422, "/status").json
    assert "publish" in told["errors"][0]["detail"]
    problem(editor("PATCH", at, {"uid": "x", "owner": "y"}, match=tag), 422, "/uid", "/owner")
    problem(
        editor("PATCH", at, {"audience": None, "slugs": None, "checked_on": None}, match=tag),
        422,
        "/audience",
        "/slugs",
        "/checked_on",
    )
    cleared = editor("PATCH", at, {"licence": None}, match=tag)
    assert cleared.json["licence"] == "" and cleared.json["audience"] == "members", "null takes away"


# -- versions -----------------------------------------------------------------------------------------------------------


def test_an_edit_says_which_version_it_has_seen(app, editor):
    first = made(editor)
    at = f"/cases/{uid_of(first)}"
    for method in ("PUT", "PATCH", "DELETE"):
        problem(editor(method, at, {} if method != "DELETE" else None), 428)
    second = editor("PATCH", at, {"texts": {"en": {"title": "Second"}}}, match=first.headers["ETag"])
    for method in ("PUT", "PATCH", "DELETE"):
        late = problem(
            editor(method, at, {"texts": TEXTS} if method != "DELETE" else None, match=first.headers["ETag"]), 412
        )
        assert (
            late.json["current"]["texts"]["en"]["title"] == "Second" and late.headers["ETag"] == second.headers["ETag"]
        )
    problem(editor("POST", f"{at}/publish", match=first.headers["ETag"]), 412)
    assert editor("GET", at).headers["ETag"] == second.headers["ETag"]
    assert editor("GET", at, headers={"If-None-Match": second.headers["ETag"]}).status_code == 304
    in_desk = sign_in(app, "editor")
    page = in_desk.get(f"/desk{at}/?language=en&form=full").text
    token = csrf(page)
    base = second.headers["ETag"].strip('"')
    saved = in_desk.post(
        f"/desk{at}/",
        data={"csrf_token": token, "base": base, "language": "en", "form": "full", "title.en": "In the desk"},
    )
    assert saved.status_code == 302
    late = problem(editor("PATCH", at, {"data": {"area": "district"}}, match=second.headers["ETag"]), 412)
    assert late.json["current"]["texts"]["en"]["title"] == "In the desk", "desk and API see each other"
    assert editor("PATCH", at, {"data": {"area": "district"}}, match="*").status_code == 200


def together(number, work):
    """Run `work(n)` in as many threads at the same time."""
    barrier, answers = threading.Barrier(number), [None] * number

    def run(n):
        barrier.wait()
        answers[n] = work(n)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


def test_of_two_clients_one_wins(either_hub, program):
    app = either_hub()
    editor = program(app, "editor", "write:case", "read")
    first = made(editor)
    at = f"/cases/{uid_of(first)}"
    answers = together(
        6, lambda n: editor("PATCH", at, {"texts": {"en": {"title": f"Mine {n}"}}}, match=first.headers["ETag"])
    )
    assert Counter(a.status_code for a in answers) == {200: 1, 412: 5}
    won = next(a for a in answers if a.status_code == 200).json["texts"]["en"]["title"]
    assert editor("GET", at).json["title"] == won


# -- repeats ------------------------------------------------------------------------------------------------------------


def test_a_repeated_request_gets_the_first_answer(app, editor, program):
    first = editor("POST", "/cases", {"texts": TEXTS}, key="k1")
    again = editor("POST", "/cases", {"texts": TEXTS}, key="k1")
    assert (again.status_code, again.json, again.headers["Location"]) == (201, first.json, first.headers["Location"])
    assert again.headers["Idempotency-Replayed"] == "true" and again.headers["ETag"] == first.headers["ETag"]
    assert editor("GET", "/cases?status=draft").json["total"] == 1
    problem(editor("POST", "/cases", {"texts": {"en": {"title": "Other"}}}, key="k1"), 422)
    problem(editor("POST", "/partners", {"texts": TEXTS}, key="k1"), 422)
    assert program(app, "editor", "write:case")("POST", "/cases", {"texts": TEXTS}, key="k1").status_code == 201, (
        "keys are the token's own"
    )
    problem(editor("POST", "/cases", {"colour": 1, "texts": TEXTS}, key="k2"), 422, "/colour")
    assert editor("POST", "/cases", {"texts": TEXTS}, key="k2").status_code == 201, "what came to nothing may be mended"
    problem(editor("POST", "/cases", {"texts": TEXTS}, key="k" * 129), 400)
    at = f"/cases/{uid_of(first)}"
    gone = editor("DELETE", at, match=first.headers["ETag"], key="k3")
    same = editor("DELETE", at, match=first.headers["ETag"], key="k3")
    assert gone.status_code == same.status_code == 204 and same.data == b""


def test_a_key_is_free_again_after_two_days(app, editor):
    import time_machine

    assert editor("POST", "/cases", {"texts": TEXTS}, key="k").status_code == 201
    with time_machine.travel(
        __import__("datetime").datetime.now(__import__("datetime").UTC) + __import__("datetime").timedelta(hours=49)
    ):
        assert editor("POST", "/cases", {"texts": {"en": {"title": "Other"}}}, key="k").status_code == 201


def test_requests_at_the_same_time_with_one_key_make_one_item(either_hub, program):
    app = either_hub()
    editor = program(app, "editor", "write:case", "read")
    answers = together(6, lambda n: editor("POST", "/cases", {"texts": TEXTS}, key="same"))
    counted = Counter(a.status_code for a in answers)
    assert set(counted) <= {201, 409} and counted[201] >= 1
    assert len({uid_of(a) for a in answers if a.status_code == 201}) == 1
    assert all(a.headers["Retry-After"] for a in answers if a.status_code == 409)
    assert editor("GET", "/cases?status=draft").json["total"] == 1
    assert editor("POST", "/cases", {"texts": TEXTS}, key="same").headers["Idempotency-Replayed"] == "true"


def test_a_key_left_behind_by_a_dead_process_is_taken_over(app, editor):
    import datetime as dt

    import sqlalchemy as sa
    from hub_webapi.models import Kept

    from hub.store.db import now, session, writing

    editor("POST", "/cases", {"texts": TEXTS}, key="k")

    def left(minutes):
        with app.app_context(), writing():
            session().execute(sa.update(Kept).values(status=0, at=now() - dt.timedelta(minutes=minutes)))
            session().commit()

    left(1)
    problem(editor("POST", "/cases", {"texts": TEXTS}, key="k"), 409)
    left(3)
    assert editor("POST", "/cases", {"texts": TEXTS}, key="k").status_code == 201


# -- scopes and roles ---------------------------------------------------------------------------------------------------

ROLES = ("member", "editor", "admin")
SCOPES = ((), ("read",), ("suggest",), ("write:case",), ("write:partner",), ("admin",))


def allowed(role, scopes, act):
    """What the rules say: a scope counts only as far as the role goes."""
    admin = "admin" in scopes and role == "admin"
    writes = "write:case" in scopes or admin
    staff = role != "member"
    return {
        "suggest": writes or "suggest" in scopes, "draft": writes, "publish new": writes and staff,
        "edit": writes and staff, "publish": writes and staff, "trash": writes and staff,
        "read draft": staff and (writes or "read" in scopes), "read members": writes or "read" in scopes, "erase": admin,
        "edit own": writes or "suggest" in scopes,
    }[act]  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("scopes", SCOPES, ids=lambda s: "+".join(s) or "none")
def test_scopes_against_roles(shared, program, role, scopes):
    app = shared
    staff = program(app, "editor", "read", "write:case", email="staff@example.org")
    draft, secret = made(staff), made(staff, status="published", audience="members")
    one = program(app, role, *scopes, email=f"some-{role}@example.org")
    outcome = {}

    def note(act, answer, good):
        assert answer.status_code in (*good, 401, 403, 404), (act, answer.text)
        outcome[act] = answer.status_code in good

    own = one("POST", "/cases", {"texts": TEXTS, "status": "review"})
    note("suggest", own, (201,))
    if own.status_code == 201:
        note(
            "edit own",
            one("PATCH", f"/cases/{uid_of(own)}", {"data": {"area": "district"}}, match=own.headers["ETag"]),
            (200,),
        )
    else:
        outcome["edit own"] = False
    note("draft", one("POST", "/cases", {"texts": TEXTS, "status": "draft"}), (201,))
    note("publish new", one("POST", "/cases", {"texts": TEXTS, "status": "published"}), (201,))
    at = f"/cases/{uid_of(draft)}"
    note("read draft", one("GET", at), (200,))
    note("read members", one("GET", f"/cases/{uid_of(secret)}"), (200,))
    note("edit", one("PATCH", at, {"texts": {"en": {"summary": role}}}, match="*"), (200,))
    note("publish", one("POST", f"{at}/publish"), (200,))
    note("trash", one("DELETE", at, match="*"), (204,))
    if not outcome["trash"]:
        staff("POST", f"{at}/trash")
    note("erase", one("POST", f"{at}/erase"), (204,))
    assert outcome == {act: allowed(role, scopes, act) for act in outcome}


def test_a_role_that_is_lowered_takes_the_token_along(app, program):
    from hub.people import accounts
    from hub.store.db import session, writing

    admin = program(app, "admin", "admin", "read")
    uid = uid_of(made(admin))
    assert admin("GET", "/cases?status=draft").json["total"] == 1

    def become(role=None, active=True):
        with app.app_context(), writing():
            user = accounts.find_user(session(), "admin@example.org")
            user.active = active
            if role:
                accounts.set_role(session(), user, role)
            session().commit()

    become("editor")
    problem(admin("POST", "/cases", {"texts": TEXTS}), 403)
    assert admin("GET", "/cases?status=draft").json["total"] == 1
    become("member")
    assert admin("GET", "/partners?status=draft").json["total"] == 0
    problem(admin("POST", f"/cases/{uid}/publish"), 403)
    become("admin")
    assert admin("POST", f"/cases/{uid}/publish").status_code == 200
    become(active=False)
    problem(admin("GET", "/cases"), 401)


def test_a_member_writes_within_the_limits_of_the_desk(app, program):
    member = program(app, "member", "read", "suggest")
    mine = made(member)
    assert mine.json["status"] == "review", "a suggestion waits for the editors"
    at = f"/cases/{uid_of(mine)}"
    assert "contact_email" not in mine.json["data"]
    problem(
        member("PATCH", at, {"data": {"contact_email": "a@example.org"}}, match=mine.headers["ETag"]),
        422,
        "/data/contact_email",
    )
    problem(member("PATCH", at, {"audience": "editors"}, match=mine.headers["ETag"]), 422, "/audience")
    problem(member("POST", "/cases", {"texts": TEXTS, "licence": "CC0"}), 422, "/licence")
    problem(member("POST", "/pages", {"texts": TEXTS}), 403)
    staff = program(app, "editor", "write:case")
    kept = staff("PATCH", at, {"data": {"contact_email": "desk@example.org"}}, match=mine.headers["ETag"])
    edited = member("PATCH", at, {"texts": {"en": {"title": "Better"}}}, match=kept.headers["ETag"])
    assert edited.status_code == 200 and "contact_email" not in edited.json["data"]
    assert staff("GET", f"{at}?as=document").json["data"]["contact_email"] == "desk@example.org", (
        "what one cannot see stays"
    )
    assert [i["uid"] for i in member("GET", "/cases?status=review").json["items"]] == [uid_of(mine)]
    made(staff, status="review")
    assert (
        member("GET", "/cases?status=review").json["total"] == 1
        and staff("GET", "/cases?status=review").json["total"] == 2
    )


# -- pictures -----------------------------------------------------------------------------------------------------------


def picture(form="PNG", size=(40, 30)):
    import io

    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", size, "green").save(out, form)
    return io.BytesIO(out.getvalue())


def test_a_picture_for_an_item(app, editor, program):
    import io

    first = made(editor, status="published")
    uid = uid_of(first)
    send = {"item": uid, "alt": "A green bed", "lang": "en", "credit": "Anna"}
    answer = editor("POST", "/media", data={**send, "file": (picture(), "a.png")})
    assert answer.status_code == 201 and (answer.json["width"], answer.json["height"]) == (40, 30)
    path = answer.json["url"].removeprefix("http://localhost:8000")
    assert app.test_client().get(path).mimetype == "image/webp"
    page = app.test_client().get("/en/cases/a-bed-by-the-tram/").text
    assert path in page and 'alt="A green bed"' in page
    problem(editor("POST", "/media", data={**send, "file": (io.BytesIO(b"text"), "a.png")}), 422, "/file")
    problem(editor("POST", "/media", data={**send}, content_type="multipart/form-data"), 422, "/file")
    problem(editor("POST", "/media", data={**send, "item": "x", "file": (picture(), "a.png")}), 422, "/item")
    problem(editor("POST", "/media", data={**send, "lang": "de", "file": (picture(), "a.png")}), 422, "/lang")
    problem(editor("POST", "/media", {"item": uid}), 415)
    for role, scopes in (("member", ("suggest", "read")), ("editor", ("read",)), ("editor", ("write:partner",))):
        problem(program(app, role, *scopes)("POST", "/media", data={**send, "file": (picture(), "a.png")}), 403)


def test_nothing_is_half_written(app, editor, monkeypatch):
    """Where the commit fails, neither the item nor the key is there."""
    from hub import items

    app.testing = False
    app.extensions["hub"].hooks.strict = False
    real = items.commit
    monkeypatch.setattr(items, "commit", lambda: (_ for _ in ()).throw(RuntimeError("no disk")))
    problem_500 = editor("POST", "/cases", {"texts": TEXTS}, key="k")
    assert problem_500.status_code == 500 and problem_500.mimetype == "application/problem+json"
    monkeypatch.setattr(items, "commit", real)
    assert editor("GET", "/cases?status=draft").json["total"] == 0
    assert json.loads(editor("POST", "/cases", {"texts": TEXTS}, key="k").data)["status"] == "draft"
