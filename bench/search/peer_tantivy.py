"""tantivy on the same documents; runs in a venv of its own and prints JSON."""

import json
import statistics
import sys
import time
from pathlib import Path

import tantivy

work, count = Path(sys.argv[1]), int(sys.argv[2])
rows = [json.loads(line) for line in (work / f"documents-{count}.jsonl").open(encoding="utf-8")]
queries = (work / f"queries-{count}.txt").read_text(encoding="utf-8").split("\n")
chain = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.lowercase())
chain = chain.filter(tantivy.Filter.stemmer("russian")).filter(tantivy.Filter.stemmer("english")).build()
builder = tantivy.SchemaBuilder()
for name in ("title", "summary", "body"):
    builder.add_text_field(name, stored=True, tokenizer_name="both")
for name in ("kind", "topic", "place", "level"):
    builder.add_text_field(name, stored=False, tokenizer_name="raw", fast=True)
schema = builder.build()
index = tantivy.Index(schema)
index.register_tokenizer("both", chain)
started = time.perf_counter()
writer = index.writer(heap_size=200_000_000, num_threads=2)
for d in rows:
    made = {name: d[name].replace("ё", "е") for name in ("title", "summary", "body")}
    writer.add_document(tantivy.Document(**made, **{n: str(d[n]) for n in ("kind", "topic", "place", "level")}))
writer.commit()
writer.wait_merging_threads()
rate = len(rows) / (time.perf_counter() - started)
index.reload()
searcher = index.searcher()
counts = {n: {"terms": {"field": n, "size": 300}} for n in ("kind", "topic", "place")}


def page(text):
    words = index.parse_query(" ".join(f"+{w}" for w in text.replace("ё", "е").split()), ["title", "summary", "body"])
    public = tantivy.Query.term_query(schema, "level", "0")
    query = tantivy.Query.boolean_query([(tantivy.Occur.Must, words), (tantivy.Occur.Must, public)])
    found = searcher.search(query, 20, count=True)
    snippets = tantivy.SnippetGenerator.create(searcher, words, schema, "body")
    for _, address in found.hits:
        snippets.snippet_from_doc(searcher.doc(address)).to_html()
    searcher.aggregate(query, counts)


took = []
for text in queries:
    started = time.perf_counter()
    page(text)
    took.append(1000 * (time.perf_counter() - started))
print(json.dumps({"rate": rate, "page": [statistics.median(took), sorted(took)[int(len(took) * 0.95)]]}))
