"""What the hub stands on goes away and comes back: it says so at /-/health, answers what it can, and goes on without a restart."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

import pytest
import sqlalchemy as sa

from hub.app import create_app
from hub.settings import load_settings
from hub.store import db
from hub.testing.fixtures import csrf, sign_in


class Wire:
    """A way to a server on this machine that can be cut and mended."""

    def __init__(self, port: int) -> None:
        self.target, self.open, self.links = port, True, []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._take, daemon=True).start()

    def _take(self):
        while True:
            try:
                near, _ = self.server.accept()
            except OSError:
                return
            if not self.open:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self.target))
            self.links += [near, far]
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pass, args=(one, other), daemon=True).start()

    def _pass(self, one, other):
        try:
            while data := one.recv(65536):
                other.sendall(data)
        except OSError:
            pass
        for end in (one, other):
            end.close()

    def cut(self):
        self.open = False
        for link in self.links:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        self.links.clear()

    def mend(self):
        self.open = True


@pytest.mark.postgres
def test_postgresql_gone_and_back(postgres_url, hub_instances):
    wire = Wire(postgres_url.port)
    url = postgres_url.new_database()
    folder = hub_instances.make(("partners",), database=url)
    app = create_app(settings=load_settings(folder, {"HUB_DATABASE__URL": url.replace(f":{postgres_url.port}/", f":{wire.port}/")}), strict=False)
    editor, visitor = sign_in(app, "editor"), app.test_client()
    assert visitor.get("/en/partners/").status_code == 200 and visitor.get("/-/ready").status_code == 200
    wire.cut()
    health = visitor.get("/-/health")
    assert health.status_code == 503 and "core.database" in health.text and visitor.get("/-/ready").status_code == 503
    page = visitor.get("/en/partners/")
    assert page.status_code in (500, 503) and "psycopg" not in page.text and "Traceback" not in page.text
    assert visitor.get("/static/hub/hub.js").status_code == 200, "files need no database"
    wire.mend()
    end = time.monotonic() + 10
    while visitor.get("/-/ready").status_code != 200 and time.monotonic() < end:
        time.sleep(0.1)
    assert visitor.get("/en/partners/").status_code == 200 and visitor.get("/-/health").status_code == 200
    form = editor.get("/desk/partners/new?language=en&form=full")
    answer = editor.post("/desk/partners/new", data={"csrf_token": csrf(form.text), "language": "en", "form": "full", "do": "draft", "title.en": "After the cut"})
    assert answer.status_code == 302, answer.text[:300]
    with app.app_context():
        db.engine().dispose()


def moved(hub_instances, place):
    """An instance whose database lies on the small disk."""
    folder = hub_instances.make(("partners",))
    target = place / "hub.db"
    target.write_bytes((folder / "data" / "hub.db").read_bytes())
    return create_app(settings=load_settings(folder, {"HUB_DATABASE__URL": f"sqlite:///{target}"}), strict=False)


def save(editor, title):
    form = editor.get("/desk/partners/new?language=en&form=full")
    data = {"csrf_token": csrf(form.text), "language": "en", "form": "full", "do": "publish", "title.en": title, "body.en": "Words. " * 20_000}
    return editor.post("/desk/partners/new", data=data).status_code


def test_a_full_disk_loses_nothing_and_readers_go_on(hub_instances, small_disk):
    app = moved(hub_instances, small_disk)
    editor, visitor = sign_in(app, "editor"), app.test_client()
    assert save(editor, "Before") == 302
    with (small_disk / "ballast").open("wb") as ballast, pytest.raises(OSError):
        while True:
            ballast.write(b"\0" * 65536)
            ballast.flush()
    assert save(editor, "While it is full") in (500, 503)
    page = visitor.get("/en/partners/?sort=title").text
    assert "Before" in page and "While it is full" not in page
    (small_disk / "ballast").unlink()
    assert save(editor, "After") == 302
    assert "After" in visitor.get("/en/partners/").text
    with app.app_context():
        assert db.session().execute(sa.text("PRAGMA integrity_check")).scalar() == "ok"
        db.engine().dispose()
