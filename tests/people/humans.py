"""Helpers for tests about people: they go through the forms of a site."""

from __future__ import annotations

import re
from typing import Any

import sqlalchemy as sa

from hub.store import db
from hub.testing.fixtures import csrf
from hub.work.mail import Mail

PASSWORD = "correct horse battery"  # what `sign_in` gives


class Site:
    """An application, its letters, its accounts."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def browser(self, language: str = "en") -> Any:
        client = self.app.test_client()
        client.set_cookie("hub_lang", language)
        return client

    def letters(self, to: str = "") -> list[Any]:
        with self.app.app_context():
            return list(db.session().scalars(sa.select(Mail).where(Mail.to.contains(to)).order_by(Mail.id)))

    def link(self, to: str) -> str:
        """The path of the first link of the newest letter to somebody."""
        return re.findall(r"https?://[^/\s]+(/\S+)", self.letters(to)[-1].text)[0]

    def do(self, change: Any) -> Any:
        """Run something in a transaction of its own."""
        with self.app.app_context(), db.writing():
            answer = change(db.session())
            db.session().commit()
            return answer


def post(client: Any, path: str, page: str = "", /, **data: Any) -> Any:
    """Send a form with the token of the page it stands on (`page`, default: the path itself)."""
    return client.post(path, data={"csrf_token": csrf(client.get(page or path).text), **data})


def signed_in(client: Any) -> bool:
    return client.get("/account/").status_code == 200
