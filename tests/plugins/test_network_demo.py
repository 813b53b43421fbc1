"""Three hubs on three ports of this machine, as `examples/network-demo` starts them: published, corrected, withdrawn, killed."""

import importlib.machinery
import importlib.util
import json
import signal
import sqlite3
import time
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
import sqlalchemy as sa
from networking import edit, step
from servers import free_port

from hub.content.model import Content
from hub.store import db

ROOT = Path(__file__).parents[2]


@pytest.fixture
def demo():
    loader = importlib.machinery.SourceFileLoader("network_demo", str(ROOT / "examples" / "network-demo"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("network_demo", loader))
    loader.exec_module(module)
    return module


def titles(port, language, words=""):
    path = f"/{language}/search.json?q={urllib.parse.quote(words)}&kind=cases" if words else f"/{language}/cases.json"
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as reply:
        return [item["title"] for item in json.load(reply)["items"]]


def until(seconds, told, what):
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if told():
            return time.monotonic() - began
        time.sleep(1)
    pytest.fail(f"{what}: not within {seconds} s")


@pytest.mark.long
def test_three_hubs_follow_each_other(demo, tmp_path):
    from hub.app import create_app

    ports = [free_port() for _ in range(3)]
    folders = [tmp_path / name for name in ("a", "b", "c")]
    running = []
    try:
        for n in range(3):
            demo.make(folders[n], n, ports)
            running.append(demo.start(folders[n], ports[n], ports))
        for n in range(3):
            for port in ports:
                if port != ports[n]:
                    demo.hub(folders[n], ports[n], ports, "network", "follow", f"http://127.0.0.1:{port}")
        everything = sorted(row[2] for row in demo.HUBS)
        for port in ports:
            until(90, lambda port=port: sorted(titles(port, "en")) == everything, "everything is everywhere")
            assert sorted(titles(port, "ru")) == sorted(row[3] for row in demo.HUBS), "once each, in both languages"
        until(60, lambda: "Семена почтой" in titles(ports[1], "ru", "семя"), "found in Russian")
        until(60, lambda: "Seeds by post" in titles(ports[2], "en", "seed"), "found in English")

        app = create_app(folders[0])
        with app.app_context():
            uid = db.session().scalar(sa.select(Content.uid).where(Content.kind == "case", ~Content.elsewhere))
            db.session().rollback()
        edit(app, uid, lambda doc: doc["texts"]["en"].update(title="Seeds by parcel"))
        for port in ports[1:]:
            print("corrected after", until(70, lambda port=port: "Seeds by parcel" in titles(port, "en"), "corrected"))

        demo.stop(running[1], signal.SIGKILL)
        (tmp_path / "more.jsonl").write_text("\n".join(
            json.dumps({"external_id": f"m{n}", "title.en": f"Neighbours' practice {n}", "summary.en": "One of many."}) for n in range(300)
        ))
        demo.hub(folders[0], ports[0], ports, "import", "cases", str(tmp_path / "more.jsonl"), "--set", "status=published")
        running[1] = demo.start(folders[1], ports[1], ports)
        time.sleep(2)
        demo.stop(running[1], signal.SIGKILL)
        running[1] = demo.start(folders[1], ports[1], ports)
        step(app, uid, "trash")
        for n in (1, 2):
            until(200, lambda n=n: len(kept(folders[n])) == 301 and "Seeds by parcel" not in titles(ports[n], "en"), "caught up, and withdrawn")
            assert len(set(kept(folders[n]))) == 301, "nothing is lost, nothing is there twice"
    finally:
        for process in running:
            demo.stop(process, signal.SIGKILL)


def kept(folder):
    """(origin, its uid there) of what came from other hubs."""
    with sqlite3.connect(f"file:{folder / 'data' / 'hub.db'}?mode=ro", uri=True) as link:
        return link.execute("SELECT origin, external_id FROM content WHERE origin LIKE 'hub/%' AND status = 'published'").fetchall()
