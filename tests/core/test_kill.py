"""kill -9 of everything in the middle of an import and of indexing: nothing committed is lost, the index catches up."""

import csv
import json
import subprocess
import sys
import time
import urllib.request

import pytest

from hub.testing.server import Server, run_hub

ROWS = 2500


@pytest.fixture
def hub_folder(hub_instances):
    return hub_instances.make(("partners", "search"), start=True)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "places.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "title", "summary", "lat", "lon"])
        for n in range(ROWS):
            writer.writerow([n, f"Library number {n}", "Killable shelf of books", 50 + n / 1000, 30 + n / 1000])
    return path


def total(server, path):
    with urllib.request.urlopen(server.url + path, timeout=10) as answer:
        return json.load(answer)["total"]


def test_kill_during_import_and_indexing(hub_folder, table):
    arguments = ["import", "partners", str(table), "--lang", "en", "--map", "id=external_id", "--set", "kind=library"]
    with Server(hub_folder) as server:
        importing = subprocess.Popen(
            [sys.executable, "-m", "hub", "--instance", str(hub_folder), *arguments], stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 60
        while total(server, "/en/partners.json?limit=1") < 500 and time.monotonic() < deadline:
            time.sleep(0.1)
        importing.kill()
        server.kill()
        importing.wait()
        server.start()
        kept = total(server, "/en/partners.json?limit=1")
        assert 500 <= kept < ROWS, "the kill came too late to show anything"
        again = run_hub(hub_folder, *arguments).stdout
        assert f"{ROWS} rows: {ROWS - kept} created, 0 updated, {kept} unchanged, 0 with a problem" in again
        server.kill()  # now while the index is being written
        server.start()
        deadline = time.monotonic() + 90  # a lease of 30 seconds and the work
        answers = [0]  # of all web processes: one may open the newest index a moment before the others
        while set(answers) != {ROWS} and time.monotonic() < deadline:
            time.sleep(0.3)
            answers = [total(server, "/en/search.json?q=killable") for _ in range(8)]
        assert set(answers) == {ROWS}
        assert total(server, "/en/partners.json?limit=1") == ROWS
