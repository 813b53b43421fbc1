"""Search compared with its peers on the same documents: `make bench-search` (or `python bench/search/run.py 20000 [100000]`).

What is measured: building; a result page (20 hits, snippets, three facets, total; the permission filter on) with empty and
with warm caches; suggestions and corrections; updates. Peers: Whoosh as its documentation leads to, SQLite FTS5 with the
same stems, PostgreSQL with its own dictionaries, tantivy where it is installed (it gets a venv of its own).
Prints milliseconds and ratios. The machine should have nothing else to do.
"""

from __future__ import annotations

import gc
import json
import os
import random
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
WORK = Path(os.environ.get("HUB_BENCH", Path(tempfile.gettempdir()) / "hub-bench-search"))
FACETS = ("kind", "topic", "place")
NAIVE = 2000  # documents on which the slow peer's rate is measured
sys.path[:0] = [str(HERE), str(HERE.parents[1] / "tests")]


def documents(count: int) -> list[dict[str, Any]]:
    file = WORK / f"documents-{count}.jsonl"
    if not file.exists():
        subprocess.run([sys.executable, str(HERE / "generate.py"), str(count), str(WORK)], check=True)
    return [json.loads(line) for line in file.open(encoding="utf-8")]


def timed(work: Callable[[str], Any], queries: list[str], before: Callable[[], None] = lambda: None) -> tuple[float, float]:
    """(p50, p95) in milliseconds."""
    took = []
    for query in queries:
        before()
        started = time.perf_counter()
        work(query)
        took.append(1000 * (time.perf_counter() - started))
    return statistics.median(took), sorted(took)[int(len(took) * 0.95)]


def cpu() -> float:
    """Seconds of processor time of this process and its children so far (fairer than the clock on a busy machine)."""
    own, helpers = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + helpers.ru_utime + helpers.ru_stime


def show(what: str, value: Any, note: str = "") -> None:
    text = f"{value[0]:8.2f} / {value[1]:8.2f} ms (p50 / p95)" if isinstance(value, tuple) else f"{value:,.0f} documents/s"
    print(f"{what:52} {text} {note}", flush=True)


class Ours:
    """The embedded engine with texts from SQLite, as the site takes them from its database."""

    def __init__(self, rows: list[dict[str, Any]], processes: int) -> None:
        from hub_search import building
        from hub_search.embedded import WhooshEngine

        from hub.api import SearchDocument

        self.documents = {
            d["id"]: SearchDocument(
                d["id"], d["kind"], d["level"], {d["lang"]: (d["title"], d["summary"], d["body"])},
                facets={"topic": (d["topic"],), "place": (d["place"],), "year": (d["year"],)},
            ) for d in rows
        }  # fmt: skip
        building.Builder.__init__.__defaults__ = (processes, building.PORTION)
        self.folder = WORK / f"ours-{len(rows)}"
        shutil.rmtree(self.folder, ignore_errors=True)
        ids = sorted(self.documents)
        self.engine = WhooshEngine(
            self.folder, lambda wanted: {n: self.documents[n] for n in wanted if n in self.documents},
            lambda: [ids[n : n + 500] for n in range(0, len(ids), 500)],
        )  # fmt: skip

    def build(self) -> tuple[float, float]:
        """Documents a second by the clock and of processor time, the lemmas of all forms known."""
        from hub_search.entries import entry

        for document in self.documents.values():
            entry(document)
        started, used = time.perf_counter(), cpu()
        self.engine.rebuild()
        return len(self.documents) / (time.perf_counter() - started), len(self.documents) / (cpu() - used)

    def forget(self) -> None:
        memory = self.engine.snapshot().memory
        memory._kept.clear()
        memory._size = 0

    def page(self, text: str) -> int:
        from hub.api import SearchQuery
        from hub.site.lists import _window, mark

        found = self.engine.answer(SearchQuery(text, "ru", limit=20, literal=True))
        assert found is not None
        for hit in found.hits:
            d = self.documents[hit.content_id]
            mark(_window(next(iter(d.texts.values()))[2], found), found)
        return found.total

    def top(self, text: str) -> int:
        from hub.api import SearchQuery

        return self.engine.answer(SearchQuery(text, "ru", limit=20, literal=True)).total  # type: ignore[union-attr]


def naive_whoosh(rows: list[dict[str, Any]]) -> tuple[float, float]:
    from whoosh import fields, index
    from whoosh.analysis import LowercaseFilter, RegexTokenizer, StemFilter, StopFilter

    folder = WORK / "naive"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    analyzer = RegexTokenizer() | LowercaseFilter() | StopFilter() | StemFilter(lang="ru") | StemFilter(lang="en")
    text = lambda: fields.TEXT(analyzer=analyzer, stored=True)  # noqa: E731
    schema = fields.Schema(
        id=fields.ID(unique=True, stored=True), title=text(), summary=text(), body=text(),
        **{name: fields.ID(sortable=True) for name in FACETS},
    )  # fmt: skip
    started, used = time.perf_counter(), cpu()
    writer = index.create_in(str(folder), schema).writer(limitmb=128)
    for d in rows[:NAIVE]:
        writer.add_document(id=str(d["id"]), **{n: d[n] for n in ("title", "summary", "body", *FACETS)})
    writer.commit()
    return len(rows[:NAIVE]) / (time.perf_counter() - started), len(rows[:NAIVE]) / (cpu() - used)


class Fts5:
    def __init__(self, rows: list[dict[str, Any]]) -> None:
        from hub_search import analysis

        stems = lambda text: " ".join(analysis.stem(form) for form in analysis.forms(text))  # noqa: E731
        self.stems = stems
        path = WORK / f"fts-{len(rows)}.db"
        path.unlink(missing_ok=True)
        self.db = sqlite3.connect(path)
        self.db.execute("CREATE TABLE d (id INTEGER PRIMARY KEY, kind, topic, place, level, body)")
        self.db.execute("CREATE VIRTUAL TABLE t USING fts5(title, summary, body, tokenize='unicode61 remove_diacritics 0')")
        started = time.perf_counter()
        with self.db:
            for d in rows:
                self.db.execute("INSERT INTO d VALUES (?,?,?,?,?,?)", [d[n] for n in ("id", *FACETS, "level", "body")])
                self.db.execute("INSERT INTO t (rowid, title, summary, body) VALUES (?,?,?,?)",
                                [d["id"], *(stems(d[n]) for n in ("title", "summary", "body"))])  # fmt: skip
        self.rate = len(rows) / (time.perf_counter() - started)

    def page(self, text: str) -> int:
        query = " ".join(f'"{stem}"' for stem in self.stems(text).split())
        rows = self.db.execute(
            "SELECT t.rowid, d.body FROM t JOIN d ON d.id = t.rowid WHERE t MATCH ? AND d.level = 0 ORDER BY bm25(t, 4, 1.5, 1) LIMIT 20",
            [query],
        ).fetchall()  # fmt: skip
        matched = "FROM t JOIN d ON d.id = t.rowid WHERE t MATCH ? AND d.level = 0"
        for name in FACETS:
            self.db.execute(f"SELECT {name}, count(*) {matched} GROUP BY 1", [query]).fetchall()
        self.db.execute(f"SELECT count(*) {matched}", [query]).fetchone()
        wanted = set(query.replace('"', "").split())
        for _, body in rows:  # the same simple highlighter for peers without one
            [word for word in body.split()[:400] if word[:5].lower() in wanted]
        return len(rows)


class Postgres:
    """Its own `russian` configuration, which stems English as well."""

    def __init__(self, rows: list[dict[str, Any]], url: str) -> None:
        import psycopg

        self.db = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
        self.db.execute("CREATE TABLE d (id int PRIMARY KEY, kind text, topic text, place text, level int, body text, v tsvector)")
        vector = "setweight(to_tsvector('russian', %s), 'A') || setweight(to_tsvector('russian', %s), 'C') || to_tsvector('russian', %s)"
        started = time.perf_counter()
        with self.db.cursor() as cursor:
            cursor.executemany(
                f"INSERT INTO d VALUES (%s,%s,%s,%s,%s,%s,{vector})",
                [[d["id"], d["kind"], d["topic"], d["place"], d["level"], d["body"], d["title"], d["summary"], d["body"]] for d in rows],
            )  # fmt: skip
        self.db.execute("CREATE INDEX ON d USING gin (v)")
        self.db.execute("ANALYZE d")
        self.rate = len(rows) / (time.perf_counter() - started)

    def page(self, text: str) -> int:
        q = "plainto_tsquery('russian', %s)"
        rows = self.db.execute(
            f"SELECT id, ts_headline('russian', body, {q}) FROM (SELECT id, body FROM d WHERE v @@ {q} AND level = 0 "
            f"ORDER BY ts_rank(v, {q}) DESC LIMIT 20) best", [text] * 3,
        ).fetchall()  # fmt: skip
        for name in FACETS:
            self.db.execute(f"SELECT {name}, count(*) FROM d WHERE v @@ {q} AND level = 0 GROUP BY 1", [text]).fetchall()
        self.db.execute(f"SELECT count(*) FROM d WHERE v @@ {q} AND level = 0", [text]).fetchone()
        return len(rows)


def tantivy(count: int) -> dict[str, Any] | None:
    """Figures from tantivy in a venv of its own, or None where it cannot be installed."""
    python = WORK / "venv" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(WORK / "venv")], check=True)
        made = subprocess.run([str(python), "-m", "pip", "install", "--quiet", "tantivy"], check=False)
        if made.returncode:
            shutil.rmtree(WORK / "venv")
            return None
    run = subprocess.run([str(python), str(HERE / "peer_tantivy.py"), str(WORK), str(count)], capture_output=True, text=True, check=False)
    if run.returncode:
        print(run.stderr, file=sys.stderr)
        return None
    return json.loads(run.stdout)


def small_things(ours: Ours, queries: list[str]) -> None:
    """Suggestions, corrections and updates in the engine."""
    from hub_search.engine import Search

    from hub.api import Change, SearchQuery, now

    dice = random.Random(3)
    words = [word for query in queries for word in query.split() if len(word) > 4]
    ours.engine.suggest("го", "ru", 0)
    show("suggestions", timed(lambda q: ours.engine.suggest(q, "ru", 0), [w[: dice.randint(2, 5)] for w in words[:200]]))

    def slip(word: str) -> str:
        at = dice.randrange(1, len(word) - 1)
        return word[:at] + dice.choice("аеиоtsn") + word[at + 1 :]

    snapshot = ours.engine.snapshot()
    started = time.perf_counter()
    Search(snapshot, SearchQuery("ошибкка", "ru")).run()
    print(f"{'first correction (reads all words)':52} {1000 * (time.perf_counter() - started):8.2f} ms")
    slips = [slip(w) for w in words[:200]]
    show("looking for near words", timed(lambda q: snapshot.lexicon().near(q, 1), slips))
    show("a query with a slip, mended, whole answer", timed(lambda q: Search(snapshot, SearchQuery(q, "ru")).run(), slips[:100]))
    ids = sorted(ours.documents)[:600]
    changes = [Change(n, "case", str(i), i, False, True, "changed", now()) for n, i in enumerate(ids, 1)]
    started = time.perf_counter()
    for at in range(0, 600, 100):
        ours.engine.read(changes[at : at + 100])
    print(f"{'updates in batches of 100':52} {1000 * (time.perf_counter() - started) / 600:8.2f} ms a document")


def main() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    for count in [int(word) for word in sys.argv[1:]] or [20_000]:
        print(f"\n{count:,} documents, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
        rows = documents(count)
        queries = (WORK / f"queries-{count}.txt").read_text(encoding="utf-8").split("\n")
        naive, naive_cpu = naive_whoosh(rows)
        show("build: naive Whoosh", naive, f"({naive_cpu:.0f} a CPU second, on {NAIVE:,})")
        ours = Ours(rows, 2)
        rate, rate_cpu = ours.build()
        show("build: ours, two processes", rate, f"= {rate / naive:.1f} × naive ({rate_cpu / naive_cpu:.1f} × by CPU time)")
        fts = Fts5(rows)
        show("build: FTS5, stemmed", fts.rate)
        gc.collect()
        ours.top("сад")
        pages = {"ours, cold": timed(ours.page, queries, ours.forget), "ours, warm": timed(ours.page, queries)}
        pages["ours, answer only, cold"] = timed(ours.top, queries, ours.forget)
        pages["FTS5"] = timed(fts.page, queries)
        from servers import postgres_url

        try:
            cluster = postgres_url.__wrapped__(None)  # the fixture's generator
            postgres = Postgres(rows, next(cluster).new_database())
            show("build: PostgreSQL", postgres.rate)
            pages["PostgreSQL"] = timed(postgres.page, queries)
            postgres.db.close()
            cluster.close()
        except Exception as error:
            print(f"PostgreSQL is left out: {error!r}")
        peer = tantivy(count)
        if peer:
            show("build: tantivy, two threads", peer["rate"])
            pages["tantivy"] = tuple(peer["page"])
        else:
            print("tantivy is left out: it could not be installed")
        base = pages["ours, cold"]
        for name, figures in pages.items():
            show(f"result page: {name}", figures, f"ours cold = {base[0] / figures[0]:.2f} × p50, {base[1] / figures[1]:.2f} × p95")
        small_things(ours, queries)
        print(f"{'memory of this process at most':52} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:8.0f} MB")


if __name__ == "__main__":
    main()
