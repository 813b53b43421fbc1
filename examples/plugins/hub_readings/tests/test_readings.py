"""The reader of BibTeX, and the plugin through its public door."""

from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).parent / "refs.bib"


@pytest.fixture
def rows(hub_app: Any) -> dict[int, Any]:
    """Line → row or error of the file, read by what the plugin has registered for `.bib`."""
    _, importer = hub_app.extensions["hub"].importers["bib"]
    rows = dict(importer.read(FILE.read_bytes()))
    return {n: {k: v for k, v in row.items() if v} if isinstance(row, dict) else row for n, row in rows.items()}


def test_entries_become_rows(rows: dict[int, Any]) -> None:
    assert rows[5] == {
        "key": "alexander1977",
        "form": "book",
        "title": "A Pattern Language",
        "year": "1977",
        "author": "Christopher Alexander, Sara Ishikawa",
        "publisher": "The Yard Press of Oxford",
        "keywords": "gardening|space",
    }
    assert rows[12] == {
        "key": "muller2019",
        "form": "article",
        "title": "Über Gärten & Höfe",
        "author": "José Müller",
        "year": "2019-03",
        "url": "https://example.org/gardens",
        "abstract": "What a yard needs — and what not.",
    }
    assert rows[17]["title"] == "Сад во дворе" and rows[17]["author"] == "Вера Петрова"


def test_a_bad_entry_spoils_no_other(rows: dict[int, Any]) -> None:
    assert "has no title" in str(rows[15]) and "no closing brace" in str(rows[16]) and len(rows) == 5


def test_its_columns_are_fields_of_the_kind(hub_app: Any, rows: dict[int, Any]) -> None:
    """So that `hub import readings refs.bib` needs no --map."""
    hub = hub_app.extensions["hub"]
    _, importer = hub.importers["bib"]
    mapped = dict(pair.split("=") for pair in importer.maps)
    fields = {field.name for field in hub.types.get("reading").fields}
    columns = {column for row in rows.values() if isinstance(row, dict) for column in row}
    assert columns <= fields | {"title"} | set(mapped)


def test_it_is_listed_and_narrowed(client: Any, as_user: Any) -> None:
    from hub.testing.fixtures import csrf

    editor = as_user("editor")
    form = editor.get("/desk/readings/new?language=en&form=full").text
    data = {"csrf_token": csrf(form), "language": "en", "form": "full", "do": "publish", "title.en": "Green streets"}
    answer = editor.post(
        "/desk/readings/new", data={**data, "f.form": "book", "f.author": "Vera Petrova", "f.came_out": "2020-03"}
    )
    assert answer.status_code == 302, answer.text
    page = client.get("/en/readings/?form=book").text
    assert "Green streets" in page and "Vera Petrova" in page
    assert "Green streets" not in client.get("/en/readings/?form=article").text
