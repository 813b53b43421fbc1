"""Helpers shared by the tests of the content and site rooms: items made in one line, the command line in process."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import sys
import time
from pathlib import Path
from typing import Any
from unittest import mock

LOCAL = "http://localhost:8000"


def run_hub(instance: Path | str, *arguments: str) -> tuple[int, str, str]:
    """The `hub` command, run in this process: (exit status, standard output, standard error)."""
    from hub.cli import main

    out, err, status = io.StringIO(), io.StringIO(), 0
    environment = {**os.environ, "HUB_INSTANCE": str(instance)}
    environment.pop("HUB_DEBUG", None)
    with (
        mock.patch.dict(os.environ, environment, clear=True), mock.patch.object(sys, "argv", ["hub", *arguments]),
        mock.patch("gc.disable"), mock.patch("gc.freeze"),  # this process goes on: what is frozen would stay open
        contextlib.redirect_stdout(out), contextlib.redirect_stderr(err),
    ):  # fmt: skip
        try:
            main()
        except SystemExit as stop:
            status = stop.code if isinstance(stop.code, int) else 1
    return status, out.getvalue(), err.getvalue()


def folder_of(app: Any) -> Path:
    """The instance folder of an application."""
    return Path(app.extensions["hub"].settings.instance)


@contextlib.contextmanager
def work(app: Any):
    """An application context that writes; commits at its end and tells the readers of the change log."""
    from hub.content import changes
    from hub.store.db import session, writing

    with app.app_context(), writing():
        yield session()
        changes.commit(session())


def catch_up(app: Any) -> None:
    """Let the readers of the change log (search) read what happened."""
    from hub.content import changes

    with app.app_context():
        changes.run_readers()


def make(
    app: Any, kind: str = "case", title: str | dict[str, str] = "A garden", *, status: str = "published", **parts: Any
) -> str:
    """Make one item, answer its uid. title: text or language → text; parts: other keys of a document."""
    from hub.content import document, workflow

    titles = {"en": title} if isinstance(title, str) else title
    bodies, summaries = parts.pop("body", ""), parts.pop("summary", "")
    texts = {
        code: {
            "title": text, "summary": summaries.get(code, "") if isinstance(summaries, dict) else summaries,
            "body": bodies.get(code, "") if isinstance(bodies, dict) else bodies, "fields": {},
        }
        for code, text in titles.items()
    }  # fmt: skip
    for code, own in parts.pop("texts", {}).items():
        texts.setdefault(code, {"title": "", "summary": "", "body": "", "fields": {}}).update(own)
    doc = {**document.empty(), "texts": texts, **parts}
    with work(app) as db:
        made = workflow.create(db, app.extensions["hub"].types.get(kind), doc, status=status)
        uid = made.uid
    catch_up(app)
    return uid


def content(db: Any, uid: str) -> Any:
    import sqlalchemy as sa

    from hub.content.model import Content

    return db.scalar(sa.select(Content).where(Content.uid == uid))


def step(app: Any, uid: str, action: str) -> None:
    """One step of the workflow, or "erase"."""
    from hub.content import workflow

    with work(app) as db:
        if action == "erase":
            workflow.erase_many(db, [content(db, uid)])
        else:
            workflow.move(db, content(db, uid), action)
    catch_up(app)


def change(app: Any, uid: str, alter: Any, *, publish: bool = True) -> None:
    """Edit an item: `alter(document)` changes its working copy in place."""
    from hub.content import workflow

    with work(app) as db:
        item = content(db, uid)
        doc, _ = workflow.working_copy(db, item)
        doc = json.loads(json.dumps(doc))
        alter(doc)
        workflow.save(db, item, app.extensions["hub"].types.get(item.kind), doc, publish=publish)
    catch_up(app)


def slug(app: Any, uid: str, language: str = "en") -> str:
    """The current address word of an item."""
    import sqlalchemy as sa

    from hub.content.model import Content, ContentSlug
    from hub.store.db import session

    with app.app_context():
        query = (
            sa.select(ContentSlug.slug)
            .join(Content)
            .where(Content.uid == uid, ContentSlug.lang == language, ContentSlug.current)
        )
        return str(session().scalar(query))


def csrf_of(client: Any, path: str) -> str:
    from hub.testing.fixtures import csrf

    return csrf(client.get(path).text)


def form_values(html: str, form: str = "edit") -> list[tuple[str, str]]:
    """What a browser would post of a form, untouched: (name, value) of every control."""
    from html import unescape

    inner = re.search(rf'<form[^>]*id="{form}".*?</form>', html, re.S)
    assert inner, f"no form {form}"
    found: list[tuple[str, str]] = []
    pattern = r"<input([^>]*)>|<textarea([^>]*)>(.*?)</textarea>|<select([^>]*)>(.*?)</select>"
    for one, area, text, select, options in re.findall(pattern, inner.group(), re.S):
        attributes = dict(re.findall(r'([\w-]+)="([^"]*)"', one or area or select))
        if "name" not in attributes:
            continue
        if one:
            if (
                attributes.get("type") in ("checkbox", "radio") and not re.search(r"\bchecked\b", one)
            ) or attributes.get("type") == "file":
                continue
            found.append((attributes["name"], unescape(attributes.get("value", ""))))
        elif area:
            found.append((attributes["name"], unescape(text.removeprefix("\n"))))
        else:
            every = re.findall(r'<option value="([^"]*)"([^>]*)>', options)
            chosen = [value for value, rest in every if "selected" in rest] or [value for value, _ in every[:1]]
            found += [(attributes["name"], unescape(value)) for value in chosen]
    return found


def copy_instance(source: Path, target: Path) -> Path:
    shutil.copytree(source, target)
    return target


@contextlib.contextmanager
def at_most(seconds: float):
    start = time.monotonic()
    yield
    taken = time.monotonic() - start
    assert taken < seconds, f"took {taken:.1f} s, at most {seconds} s were meant"
