"""How well a collection's queries are answered: nDCG@10 and recall@100 on a folder in the BEIR layout.

`corpus.jsonl` (`_id`, `title`, `text`), `queries.jsonl` (`_id`, `text`), `qrels.tsv` or `qrels/*.tsv` (query, document,
grade; a heading line is skipped). The corpus is analysed, indexed and ranked as the site's own items are; where fewer
than a hundred documents have all words of a query, those that have some of them are ranked with them.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hub.api import SearchDocument, SearchQuery

from .embedded import WhooshEngine
from .engine import search

DEPTH, TOP = 100, 10


class BadCollection(Exception):
    """The folder is not in the BEIR layout; the message names file and line."""


@dataclass(frozen=True)
class Collection:
    """Documents by number (with their ids), queries by id, and what is relevant to each query: document → grade."""

    documents: Mapping[int, SearchDocument]
    names: Sequence[str]
    queries: Mapping[str, str]
    relevant: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Figures:
    """Means over the judged queries; seconds are those of all queries together."""

    documents: int
    queries: int
    ndcg: float
    recall: float
    none: int  # queries that found nothing at all
    seconds: float
    split: str


def read(folder: Path) -> dict[str, Collection]:
    """The collection of a folder, once per file of judgements. Raises BadCollection."""
    rows = list(_lines(folder / "corpus.jsonl"))
    names = [str(row["_id"]) for row in rows]
    documents = {
        n: SearchDocument(
            n, "document", 0, {_language(row): (str(row.get("title") or ""), "", str(row.get("text") or ""))}
        )
        for n, row in enumerate(rows)
    }
    queries = {str(row["_id"]): str(row.get("text") or "") for row in _lines(folder / "queries.jsonl")}
    files = sorted((folder / "qrels").glob("*.tsv")) or sorted(folder.glob("qrels*.tsv"))
    if not files:
        raise BadCollection(f"{folder} has no qrels/*.tsv")
    return {file.stem: Collection(documents, names, queries, _judgements(file, queries)) for file in files}


def measure(found: Mapping[str, Collection], folder: Path, progress: Callable[[int], None]) -> Iterator[Figures]:
    """Index the documents in `folder` (an empty one), ask every judged query and yield figures per set of judgements."""
    documents = next(iter(found.values())).documents
    numbers = sorted(documents)
    service = WhooshEngine(
        folder,
        lambda ids: {n: documents[n] for n in ids},
        lambda: [numbers[n : n + 500] for n in range(0, len(numbers), 500)],
    )
    service.rebuild(progress)
    snapshot = service.snapshot(fresh=True)
    for split, collection in found.items():
        judged = {q: grades for q, grades in collection.relevant.items() if any(g > 0 for g in grades.values())}
        started, ndcg, recall, none = time.perf_counter(), 0.0, 0.0, 0
        for query, grades in judged.items():
            text = collection.queries[query]
            page = search(snapshot, SearchQuery(text, _language({"text": text}), limit=DEPTH), fill=DEPTH)
            ranked = [collection.names[hit.content_id] for hit in page.hits]
            ndcg += _ndcg(ranked, grades)
            good = {name for name, grade in grades.items() if grade > 0}
            recall += len(good & set(ranked)) / len(good)
            none += not ranked
        count = max(1, len(judged))
        seconds = time.perf_counter() - started
        yield Figures(len(documents), len(judged), ndcg / count, recall / count, none, seconds, split)


def _ndcg(ranked: Sequence[str], grades: Mapping[str, int]) -> float:
    gained = sum(max(0, grades.get(name, 0)) / math.log2(n + 2) for n, name in enumerate(ranked[:TOP]))
    best = sorted((grade for grade in grades.values() if grade > 0), reverse=True)[:TOP]
    return gained / sum(grade / math.log2(n + 2) for n, grade in enumerate(best))


def _judgements(file: Path, queries: Mapping[str, str]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for number, line in enumerate(file.read_text(encoding="utf-8-sig").splitlines(), 1):
        cells = line.split("\t")
        if len(cells) == 4:  # TREC: query, iteration, document, grade
            cells = [cells[0], cells[2], cells[3]]
        if not line.strip() or (number == 1 and not re.fullmatch(r"-?\d+", cells[-1].strip())):
            continue
        if len(cells) != 3 or not re.fullmatch(r"-?\d+", cells[2].strip()):
            raise BadCollection(f"{file}, line {number}: expected query, document and grade with tabs between")
        if cells[0] in queries:
            found.setdefault(cells[0], {})[cells[1]] = int(cells[2])
    return found


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except OSError:
        raise BadCollection(f"{file} cannot be read") from None
    except UnicodeDecodeError:
        raise BadCollection(f"{file} is not UTF-8") from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = json.loads(line)
                row["_id"]
            except (ValueError, KeyError, TypeError):
                raise BadCollection(f"{file}, line {number}: expected a JSON object with _id") from None
            yield row


def _language(row: Mapping[str, Any]) -> str:
    """Russian where Cyrillic letters prevail."""
    text = f"{row.get('title') or ''} {row.get('text') or ''}"[:500]
    return "ru" if len(re.findall(r"[а-яё]", text, re.I)) > len(re.findall(r"[a-z]", text, re.I)) else "en"
