"""Export: every item in every status with every field, as JSON documents or as a flat table."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from hub.api import Content, ContentType, gettext, items, ngettext, session

from .importing import CHUNK
from .reading import Unusable
from .sheets import Writer

DOCUMENTS, TABLES = (".jsonl", ".json"), (".csv", ".xlsx")
NUMBERS = ("integer", "number")


def export(ctype: ContentType | None, path: Path, progress: Callable[[int], None], notes: list[str]) -> int:
    """Write every item of a kind (or, None, of all kinds with the topics); answers how many.

    The end of the name chooses: .jsonl and .json keep everything, .csv and .xlsx are a flat table in all languages.
    Raises Unusable.
    """
    suffix = path.suffix.lower()
    if suffix not in (*DOCUMENTS, *TABLES) or (suffix in TABLES and ctype is None):
        raise Unusable(
            gettext("the file's name must end in .jsonl or .json") if ctype is None
            else gettext("the file's name must end in .jsonl, .json, .csv or .xlsx")
        )  # fmt: skip
    if not path.parent.is_dir():
        raise Unusable(gettext("there is no folder %(folder)s", folder=path.parent))
    draft = path.with_name(path.name + ".part")
    if suffix in DOCUMENTS or ctype is None:
        count = _write_documents(ctype, draft, suffix == ".json", progress)
    elif suffix == ".csv":
        with draft.open("w", encoding="utf-8-sig", newline="") as file:
            count = sum(1 for _ in map(csv.writer(file).writerow, _table(ctype, progress))) - 1
    else:
        count = _write_sheet(ctype, draft, progress, notes)
    draft.replace(path)
    return count


def _write_documents(ctype: ContentType | None, draft: Path, as_list: bool, progress: Callable[[int], None]) -> int:
    count = 0
    with draft.open("w", encoding="utf-8", newline="") as file:
        file.write("[" if as_list else "")
        for count, doc in enumerate(_documents(ctype, progress), 1):
            file.write((",\n" if count > 1 else "\n") if as_list else "")
            file.write(json.dumps(doc, ensure_ascii=False) + ("" if as_list else "\n"))
        file.write("\n]\n" if as_list else "")
    return count


def _write_sheet(ctype: ContentType, draft: Path, progress: Callable[[int], None], notes: list[str]) -> int:
    writer = Writer()
    count = sum(1 for _ in map(writer.row, _table(ctype, progress, numbers=True))) - 1
    writer.save(draft)
    if writer.cut:
        notes.append(
            ngettext(
                "%(num)s text is longer than a cell may be and was cut; .csv and .jsonl keep it whole",
                "%(num)s texts are longer than a cell may be and were cut; .csv and .jsonl keep them whole",
                writer.cut,
            )
        )
    return count


def _documents(ctype: ContentType | None, progress: Callable[[int], None]) -> Iterator[dict[str, Any]]:
    if ctype is None:
        for entry in items.topic_dump():
            yield {"kind": "topic", "topic": entry}
    last = count = 0
    whole = sa.select(Content).options(*map(selectinload, (Content.texts, Content.places, Content.links)))
    whole = whole.where(~Content.elsewhere)  # what other hubs publish comes from them again
    while True:
        query = whole.where(Content.id > last).order_by(Content.id).limit(CHUNK)
        contents = session().scalars(query.where(Content.kind == ctype.kind) if ctype else query).all()
        if not contents:
            return
        yield from items.read_many(contents)
        last, count = contents[-1].id, count + len(contents)
        session().expunge_all()
        progress(count)


def _table(ctype: ContentType, progress: Callable[[int], None], *, numbers: bool = False) -> Iterator[list[Any]]:
    """The names of the columns, then a row per item. numbers: as numbers, not as texts."""
    languages = items.site()["languages"]
    plain = [f for f in ctype.fields if not f.translated]
    spoken = [(part, code) for part in ("title", "summary", "body") for code in languages]
    own = [(f.name, code) for f in ctype.fields if f.translated for code in languages]
    yield ["uid", "status", "audience", "origin", "external_id", *(f"{p}.{c}" for p, c in spoken), "topics",
           *(f"place.{c}" for c in languages), "country", "address", "lat", "lon", "licence", "source_name",
           "source_url", *(f.name for f in plain),
           *(f"{n}.{c}" for n, c in own), *(r.name for r in ctype.relations), "created", "updated", "published"]  # fmt: skip
    for doc in _documents(ctype, progress):
        place = doc["places"][0] if doc["places"] else {}
        names = place.get("names") or {}
        row: list[Any] = [doc["uid"], doc["status"], doc["audience"], doc["origin"], doc["external_id"] or ""]
        row += [doc["texts"].get(code, {}).get(part, "") for part, code in spoken]
        row += ["|".join(doc["topics"]), *(names.get(code, "") for code in languages)]
        row += [place.get("country", ""), place.get("address", "")]
        row += [_number(place.get(part), numbers) for part in ("lat", "lon")]
        row += [doc["licence"], doc["source_name"], doc["source_url"]]
        for field in plain:
            value = doc["data"].get(field.name)
            row.append(_number(value, numbers) if field.type in NUMBERS else items.as_cell(field, value))
        row += [doc["texts"].get(code, {}).get("fields", {}).get(name, "") for name, code in own]
        row += ["|".join(doc["links"].get(r.name, [])) for r in ctype.relations]
        row += [doc["created"], doc["updated"], doc["published"] or ""]
        yield row


def _number(value: Any, as_number: bool) -> Any:
    return "" if value is None else value if as_number else str(value)
