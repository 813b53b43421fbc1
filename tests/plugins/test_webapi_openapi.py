"""The OpenAPI document is sound, and every operation in it does what it says; the README's examples work as they stand."""

from __future__ import annotations

import io
import json
import re
import subprocess
from pathlib import Path

import pytest
from PIL import Image
from programs import Program, token_for

from hub.testing.server import Server

README = Path(__file__).resolve().parents[2] / "plugins/hub_webapi/README.md"


@pytest.fixture
def app(new_hub):
    source = (Path(__file__).parents[1] / "content" / "gear.py.txt").read_text()
    return new_hub(["partners", "cases", "gear"], files={"plugins/gear.py": source}, start=True)


def resolved(document, part):
    while "$ref" in part:
        here = document
        for word in part["$ref"].removeprefix("#/").split("/"):
            here = here[word]
        part = here
    return part


def every(value, key):
    if isinstance(value, dict):
        yield from ([value[key]] if key in value else [])
        for inner in value.values():
            yield from every(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from every(inner, key)


def test_it_is_built_as_the_standard_says(app, program):
    for document in (
        app.test_client().get("/api/v1/openapi.json").json,
        program(app, "admin", "admin")("GET", "/openapi.json").json,
    ):
        assert {"openapi", "info", "paths", "webhooks", "components"} <= set(document)
        for ref in every(document, "$ref"):
            assert resolved(document, {"$ref": ref}) is not None
        names = list(every(document, "operationId"))
        assert len(names) == len(set(names)) > 30
        schemes = document["components"]["securitySchemes"]
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                where = f"{method} {path}"
                assert operation["summary"] and operation["operationId"], where
                assert [p["name"] for p in operation["parameters"] if p["in"] == "path"] == re.findall(
                    r"{(\w+)}", path
                ), where
                assert all(set(need) <= set(schemes) for need in operation["security"]), where
                assert {} not in operation["security"] or method == "get", where
                for code, answer in operation["responses"].items():
                    assert re.fullmatch(r"[2345]\d\d", code) and resolved(document, answer)["description"], where
                if method in ("post", "put", "patch") and "{step}" not in path:
                    assert operation["requestBody"]["content"], where


def test_fields_become_schemas(app, program):
    schemas = program(app, "editor", "read")("GET", "/openapi.json").json["components"]["schemas"]
    case = schemas["CaseDocument"]["properties"]
    assert case["data"]["properties"]["area"]["enum"] == ["all", "district", "neighbourhood"]
    assert case["data"]["properties"]["figures"]["items"]["required"] == ["unit", "value"]
    assert case["data"]["properties"]["contact_email"]["format"] == "email"
    english = case["texts"]["properties"]["en"]
    assert english["required"] == ["title"] and english["properties"]["title"]["maxLength"] == 300
    assert english["properties"]["fields"]["properties"]["objective"]["maxLength"] == 100_000
    assert (
        case["status"]["readOnly"]
        and "readOnly" not in case["licence"]
        and case["links"]["properties"]["holder"]["maxItems"] == 1
    )
    visitors = app.test_client().get("/api/v1/openapi.json").json["components"]["schemas"]["CaseDocument"]["properties"]
    assert "contact_email" not in visitors["data"]["properties"] and visitors["licence"]["readOnly"]


@pytest.fixture
def world(app):
    """A program that may do everything, and what the walk needs."""
    admin = Program(app, token_for(app, "admin", "admin", "read"))
    return admin, admin("GET", "/openapi.json").json


def fits(document, operation, answer, where):
    """The status is declared, and so is the type of what came; problems have the members of a problem."""
    code = str(answer.status_code)
    assert code in operation["responses"], f"{where}: {code} is not declared: {answer.text[:300]}"
    declared = resolved(document, operation["responses"][code])
    if answer.data:
        assert answer.mimetype in declared["content"], f"{where}: {answer.mimetype}"
    for name in declared.get("headers", {}):
        assert name in answer.headers or name == "ETag", f"{where}: {name}"
    return answer


def fresh(admin, document, path):
    """An item made of the example in the document: (address, ETag)."""
    operation = document["paths"][path]["post"]
    schema = resolved(document, operation["requestBody"]["content"]["application/json"]["schema"]["anyOf"][0])
    made = fits(document, operation, admin("POST", path[7:], schema["examples"][0]), f"POST {path}")
    assert made.status_code == 201, made.text
    return f"{path[7:]}/{made.json['uid']}", made.headers["ETag"]


def test_every_operation_can_be_called(world):
    admin, document = world
    walked = set()

    def call(path, method, *arguments, **more):
        """(answer) of an operation with its template's path."""
        template, concrete = path
        operation = document["paths"][template][method.lower()]
        walked.add((template, method.lower()))
        return fits(document, operation, admin(method, concrete, *arguments, **more), f"{method} {template}")

    for path in [p for p in document["paths"] if p + "/{uid}" in document["paths"]]:
        one, step = path + "/{uid}", path + "/{uid}/{step}"
        at, tag = fresh(admin, document, path)
        walked.add((path, "post"))
        assert call((path, path[7:] + "?status=draft"), "GET").json["total"] >= 1
        assert call((path, path[7:] + "?year=x"), "GET").status_code == 400
        assert call((path, path[7:]), "POST", {}).status_code == 422
        assert call((path, path[7:]), "POST", data=b"x").status_code == 415
        document_now = call((one, at + "?as=document"), "GET")
        assert call((one, at), "GET", headers={"If-None-Match": tag}).status_code == 304
        for method in ("PUT", "PATCH", "DELETE"):
            body = document_now.json if method == "PUT" else {} if method == "PATCH" else None
            assert call((one, at), method, body).status_code == 428
            assert call((one, at), method, body, match='"0.0"').status_code == 412
            assert call((one, path[7:] + "/nothing"), method, body, match="*").status_code == 404
            no_token = admin.app.test_client().open(f"/api/v1{at}", method=method, json=body)
            assert fits(document, document["paths"][one][method.lower()], no_token, method).status_code == 401
        tag = call((one, at), "PUT", document_now.json, match=tag).headers["ETag"]
        assert call((one, at), "PATCH", {"status": "published"}, match=tag).status_code == 422
        tag = call((one, at), "PATCH", {"texts": {"en": {"title": "Again"}}}, match=tag).headers["ETag"]
        for name in ("submit", "return", "publish", "archive", "publish", "unpublish", "trash", "restore"):
            assert call((step, f"{at}/{name}"), "POST").status_code == 200, name
        assert call((step, f"{at}/archive"), "POST").status_code == 409
        assert call((one, at), "DELETE", match="*").status_code == 204
        assert call((step, f"{at}/erase"), "POST").status_code == 204
        assert call((one, at), "GET").status_code == 410
    for own in ("changes", "openapi.json", "token"):
        assert call((f"/api/v1/{own}", f"/{own}"), "GET").status_code == 200
    assert call(("/api/v1/changes", "/changes?since=x"), "GET").status_code == 400
    at, _ = fresh(admin, document, "/api/v1/cases")
    out = io.BytesIO()
    Image.new("RGB", (9, 9)).save(out, "PNG")
    send = {"item": at.rpartition("/")[2], "file": (io.BytesIO(out.getvalue()), "a.png")}
    assert call(("/api/v1/media", "/media"), "POST", data=send).status_code == 201
    everything = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert walked == everything, everything - walked


def test_the_readme_works_as_it_stands(hub_instances, tmp_path):
    """Every shell example, run by bash against a real server."""
    if subprocess.run(["bash", "-c", "command -v curl"], capture_output=True).returncode:
        pytest.skip("no curl here")
    from hub.app import create_app
    from hub.store.db import engine

    folder = hub_instances.make(["partners", "cases"], start=True)
    app = create_app(folder, strict=True)
    secret = token_for(app, "editor", "read", "write:case")
    with app.app_context():
        engine().dispose()
    script = "\n".join(re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.S)).replace(
        "curl -s ", "curl -sS --fail-with-body "
    )
    server = Server(folder)
    (folder / "hub.toml").write_text((folder / "hub.toml").read_text() + f'url = "{server.url}"\n')
    with server:
        ran = subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=tmp_path, text=True, capture_output=True, timeout=60,
                             env={"PATH": "/usr/bin:/bin", "HUB": server.url, "TOKEN": secret})  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    answers = [json.loads(text) for text in re.sub(r"\}\{", "}\n{", ran.stdout).splitlines()]
    assert [sorted(a)[0] for a in answers[:3]] == ["facets", "changes", "expires"]
    made, patched, published, seen = answers[3:7]
    assert (
        made["status"] == "draft"
        and patched["texts"]["ru"]["title"] == "Семена по почте"
        and "start" not in patched["data"]
    )
    assert published["status"] == "published" and seen["title"] == "Seeds by post" and len(answers) == 7
    python = re.search(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.S).group(1)
    names = {}
    exec(python, names)
    from hub_webapi.webhooks import new_secret, sign

    secret, moment = new_secret(), int(__import__("time").time())
    headers = {
        "webhook-id": "1",
        "webhook-timestamp": str(moment),
        "webhook-signature": sign(secret, "1", moment, b"{}"),
    }
    assert names["is_ours"](secret, headers, b"{}") and not names["is_ours"](secret, headers, b"{ }")
