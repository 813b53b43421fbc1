"""`hub search eval`: the measures, on small collections of our own in Russian, in English and in both."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hub_search.evaluate import BadCollection, _ndcg, measure, read

COLLECTIONS = Path(__file__).parents[1] / "fixtures" / "search"


@pytest.mark.parametrize("name, least", [("ru", 0.97), ("en", 0.97), ("mixed", 0.97)])
def test_queries_find_their_documents(tmp_path: Path, name: str, least: float) -> None:
    (figures,) = measure(read(COLLECTIONS / name), tmp_path / "index", lambda done: None)
    assert figures.ndcg >= least and figures.recall >= least and figures.split == "test"


def test_the_measures_are_those_of_the_textbook() -> None:
    assert _ndcg(["a", "b", "c"], {"a": 1}) == 1 and _ndcg(["b", "a"], {"a": 1}) == pytest.approx(1 / math.log2(3))
    assert _ndcg(["x"] * 10 + ["a"], {"a": 1}) == 0
    graded = (1 + 2 / math.log2(3)) / (2 + 1 / math.log2(3))
    assert _ndcg(["a", "b"], {"a": 1, "b": 2, "c": 0}) == pytest.approx(graded)


def test_the_command_prints_a_table_and_names_bad_lines(hub_app, tmp_path: Path) -> None:
    run = hub_app.test_cli_runner().invoke
    from hub_search.commands import evaluate

    done = run(evaluate, [str(COLLECTIONS / "en")])
    heading, line = done.output.splitlines()
    assert "nDCG@10" in heading and line.split("\t")[:3] == ["test", "16", "16"], done.output
    (tmp_path / "corpus.jsonl").write_text('{"_id": "1", "text": "x"}\n{"text": "no id"}\n')
    assert "corpus.jsonl, line 2" in run(evaluate, [str(tmp_path)]).output
    (tmp_path / "corpus.jsonl").write_text('{"_id": "1", "text": "x"}\n')
    assert "queries.jsonl" in run(evaluate, [str(tmp_path)]).output
    (tmp_path / "queries.jsonl").write_text(json.dumps({"_id": "q", "text": "x"}))
    assert "qrels" in run(evaluate, [str(tmp_path)]).output
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "dev.tsv").write_text("query-id\tcorpus-id\tscore\nq\t1\tgood\n")
    assert "dev.tsv, line 2" in run(evaluate, [str(tmp_path)]).output
    (tmp_path / "qrels" / "dev.tsv").write_text("q\t0\t1\t1\n")
    with pytest.raises(BadCollection):
        read(tmp_path / "nowhere")
    assert "dev\t1\t1\t1.0000\t1.0000\t0" in run(evaluate, [str(tmp_path)]).output
