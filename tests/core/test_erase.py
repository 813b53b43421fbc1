"""`hub plugin erase`: everything of a plugin is written down, then deleted; nothing else is touched."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from commands import run_here

from hub.app import create_app
from hub.content.model import ChangeRow, Content
from hub.store import db
from hub.testing.fixtures import csrf, sign_in
from hub.work.jobs import run_due

SHELF = '''
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column
from hub.api import Base, ContentType, Job, Plugin, Setting, hookimpl, session

plugin = Plugin("shelf", "Shelf")

@hookimpl
def content_types():
    return [ContentType(kind="book", path="books", label="Book", plural="Books")]

@hookimpl
def settings():
    return [Setting("size", "int", 3)]
'''
MODELS = '''
import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column
from hub.api import Base

class Loan(Base):
    __tablename__ = "shelf_loan"
    id: Mapped[int] = mapped_column(primary_key=True)
    content_id: Mapped[int] = mapped_column(sa.ForeignKey("content.id"))
    who: Mapped[str] = mapped_column(sa.String(50), default="")
'''
MIGRATION = '''
import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None

def upgrade():
    op.create_table("shelf_loan", sa.Column("id", sa.Integer, primary_key=True),
                    sa.Column("content_id", sa.Integer, sa.ForeignKey("content.id"), nullable=False),
                    sa.Column("who", sa.String(50), nullable=False))

def downgrade():
    op.drop_table("shelf_loan")
'''
FILES = {
    "plugins/hub_shelf/__init__.py": 'from hub.api import Plugin\n\nplugin = Plugin("shelf", "Shelf")\n',
    "plugins/hub_shelf/hooks.py": SHELF.replace('plugin = Plugin("shelf", "Shelf")\n', ""),
    "plugins/hub_shelf/models.py": MODELS, "plugins/hub_shelf/migrations/0001_loans.py": MIGRATION,
}  # fmt: skip
BOOK = {"kind": "book", "status": "published", "texts": {"en": {"title": "The beds", "summary": "", "body": "", "fields": {}}}}


@pytest.fixture(params=["sqlite", "postgresql"])
def shelf(request, hub_instances):
    """An application with books, a partner, a loan; and its instance folder."""
    url = request.getfixturevalue("postgres_url").new_database() if request.param == "postgresql" else ""
    folder = hub_instances.make(("partners", "shelf"), files=FILES, database=url)
    app = create_app(folder, strict=True)
    from hub.api import items

    with app.app_context(), db.writing():
        for n in range(3):
            items.create("book", {**BOOK, "texts": {"en": {**BOOK["texts"]["en"], "title": f"Book {n}"}}}, status="published")
        items.create("partner", {"texts": {"en": {"title": "The library"}}, "data": {"kind": "library"}}, status="published")
        items.commit()
        book = db.session().scalar(sa.select(Content.id).where(Content.kind == "book").limit(1))
        db.session().execute(sa.text("INSERT INTO shelf_loan (content_id, who) VALUES (:book, 'Anna')"), {"book": book})
        db.session().commit()
    yield app, folder
    with app.app_context():
        db.engine().dispose()


def gone(app, folder):
    with app.app_context():
        tables = set(sa.inspect(db.engine()).get_table_names())
        kinds = list(db.session().scalars(sa.select(Content.kind)))
        verbs = list(db.session().scalars(sa.select(ChangeRow.verb).where(ChangeRow.kind == "book").order_by(ChangeRow.id)))
        db.session().rollback()
    assert not {"shelf_loan", "alembic_version_shelf"} & tables and kinds.count("book") == 0 and kinds.count("partner") == 1
    assert verbs[-3:] == ["gone"] * 3, "followers must learn of it"
    (copy,) = (folder / "data" / "erased").iterdir()
    books = [json.loads(line) for line in (copy / "items.jsonl").read_text().splitlines()]
    assert [b["texts"]["en"]["title"] for b in books] == ["Book 0", "Book 1", "Book 2"]
    assert json.loads((copy / "shelf_loan.jsonl").read_text())["who"] == "Anna"
    assert "shelf" not in (folder / "plugins.txt").read_text().replace("-", "").split()


def test_by_the_command(shelf):
    app, folder = shelf
    status, _, err = run_here(folder, "plugin", "erase", "shelf", "--yes", "shlef")
    assert status == 1 and "nothing was erased" in err
    assert app.test_client().get("/en/books/").status_code == 200
    status, out, err = run_here(folder, "plugin", "erase", "hub_shelf", "--yes", "shelf")
    assert status == 0 and "3  book" in out and "1  shelf_loan" in out, err
    gone(app, folder)
    assert app.test_client().get("/en/books/").status_code == 404


def test_at_the_desk(shelf):
    app, folder = shelf
    if app.extensions["hub"].settings.database_url.startswith("postgresql"):
        pytest.skip("the desk is the same on both")
    admin = sign_in(app, "admin")
    page = admin.get("/desk/plugins/shelf/erase").text
    assert "shelf_loan" in page
    answer = admin.post("/desk/plugins/shelf/erase", data={"csrf_token": csrf(page), "typed": "books"})
    assert answer.status_code == 422 and "nothing was erased" in answer.text
    answer = admin.post("/desk/plugins/shelf/erase", data={"csrf_token": csrf(page), "typed": "shelf"})
    assert answer.status_code == 302
    assert "being erased" in admin.get("/desk/plugins").text
    run_due(app)
    gone(app, folder)
    assert admin.get("/desk/plugins/nothing/erase").status_code == 302
    assert sign_in(app, "editor").get("/desk/plugins/shelf/erase").status_code == 403


def test_what_cannot_be_erased(hub_instances):
    folder = hub_instances.make(("partners", "cases"), files={"plugins/needy.py": NEEDY})
    status, _, err = run_here(folder, "plugin", "erase", "nowhere", "--yes", "nowhere")
    assert status == 1 and "not installed" in err
    (Path(folder) / "plugins.txt").write_text("partners\ncases\nneedy\n")
    status, _, err = run_here(folder, "plugin", "erase", "partners", "--yes", "partners")
    assert status == 1 and "needy needs partners" in err


NEEDY = 'from hub.api import Plugin\n\nplugin = Plugin("needy", "Needy", requires=("partners",))\n'
