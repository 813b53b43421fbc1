"""What the framework alone can do, for comparison: a constant string, and a bare list of 20 of 10,000 rows by ORM and Jinja.

BENCH_ROWS names the SQLite file. No sign-in, languages, permissions, menus or facets: what a page costs before it is a page of a hub.
"""

from __future__ import annotations

import os

import sqlalchemy as sa
from flask import Flask, render_template_string, request
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

PAGE = """<!doctype html><title>Rows</title><ul>{% for row in rows %}<li><h2><a href="/{{ row.id }}">{{ row.title }}</a></h2>
<p>{{ row.summary }}</p><p>{{ row.author }} · {{ row.created }}</p></li>{% endfor %}</ul><p>{{ total }}</p>"""


class Base(DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "row"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    summary: Mapped[str]
    author: Mapped[str]
    created: Mapped[str]


def fill(file: str, count: int) -> None:
    """Make the file with so many rows."""
    engine = sa.create_engine(f"sqlite:///{file}")
    Base.metadata.create_all(engine)
    with Session(engine) as db:
        words = "A sentence of about the length that a summary has, so that pages are of the same size. " * 3
        db.add_all(
            Row(title=f"Practice {n}", summary=words, author=f"Author {n % 50}", created="2026-01-01")
            for n in range(count)
        )
        db.commit()


def app() -> Flask:
    made, engine = Flask("bare"), sa.create_engine(f"sqlite:///{os.environ['BENCH_ROWS']}")

    @made.get("/const")
    def const() -> str:
        return "constant"

    @made.get("/list")
    def rows() -> str:
        page = int(request.args.get("page", 1))
        with Session(engine) as db:
            total = db.scalar(sa.select(sa.func.count()).select_from(Row))
            found = db.scalars(sa.select(Row).order_by(Row.id).limit(20).offset((page - 1) * 20)).all()
            return render_template_string(PAGE, rows=found, total=total)

    return made
