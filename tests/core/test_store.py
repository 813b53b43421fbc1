"""The database on SQLite and PostgreSQL: migrations wholly or not at all, writers that queue, times and uids."""

import datetime as dt
import shutil
import threading
import time
import uuid

import pytest
import sqlalchemy as sa

from hub.app import create_app  # noqa: F401  (every model is known)
from hub.store import db, migrate
from hub.store.db import Base, Utc, new_uid, prepare_engine, writing
from hub.store.migrate import CORE, History, MigrationError

HEAD = "import sqlalchemy as sa\nfrom alembic import op\nrevision = '{0}'\ndown_revision = {1!r}\nbranch_labels = depends_on = None\n\n"


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty(request, tmp_path):
    """An engine, set up as the application does it, on an empty database."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/test.db"
    else:
        url = request.getfixturevalue("postgres_url").new_database()
    engine = sa.create_engine(url, connect_args={"timeout": 30} if request.param == "sqlite" else {})
    prepare_engine(engine)
    yield engine
    engine.dispose()
    if request.param == "postgres":
        request.getfixturevalue("postgres_url").drop(url)


@pytest.fixture
def history(tmp_path):
    """`history("trial", "0001", up, down)` writes a revision of a plugin's own history and answers the history."""

    def make(name, number, up, down="pass", *, after=None):
        folder = tmp_path / name / "migrations"
        folder.mkdir(parents=True, exist_ok=True)
        body = "".join(f"def {which}():\n" + "".join(f"    {line}\n" for line in text.splitlines()) + "\n"
                       for which, text in (("upgrade", up), ("downgrade", down)))  # fmt: skip
        (folder / f"{number}.py").write_text(HEAD.format(number, after) + body)
        return History(name, folder, f"{name}_")

    return make


def picture(engine):
    """Everything the database says about its tables, and their rows."""
    with engine.connect() as connection:
        known = sa.inspect(connection)
        tables = sorted(known.get_table_names())
        shape = {
            name: (
                [(c["name"], str(c["type"]), c["nullable"], str(c["default"])) for c in known.get_columns(name)],
                sorted(str(i["name"]) + str(i["column_names"]) for i in known.get_indexes(name)),
                sorted(str(f["constrained_columns"]) + f["referred_table"] for f in known.get_foreign_keys(name)),
            )
            for name in tables
        }
        rows = {name: sorted(map(str, connection.execute(sa.text(f'SELECT * FROM "{name}"')))) for name in tables}
        extra = known.get_sequence_names() if engine.dialect.name == "postgresql" else []
    return shape, rows, sorted(extra)


def count(engine, table):
    with engine.connect() as connection:
        return connection.scalar(sa.text(f'SELECT count(*) FROM "{table}"'))


# --- migrations


def test_core_up_down_up(empty):
    assert migrate.pending(empty, CORE)
    assert migrate.upgrade(empty, CORE) is True
    migrate.check(empty, CORE)
    first = picture(empty)
    assert {"content", "content_text", "hub_change", "hub_user", "topic"} <= set(first[0])
    if empty.dialect.name == "sqlite":  # a batch migration of these must pass table_kwargs={"sqlite_autoincrement": True}
        with empty.connect() as connection:
            made = dict(connection.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE name IN ('content', 'hub_change')")).all())
        assert all("AUTOINCREMENT" in sql for sql in made.values()) and len(made) == 2, "numbers would be given twice"
    assert migrate.upgrade(empty, CORE) is False and not migrate.pending(empty, CORE)

    migrate.downgrade(empty, CORE)
    shape, _, sequences = picture(empty)
    assert set(shape) <= {"alembic_version_hub"} and not sequences
    assert migrate.current(empty, CORE) == set()

    migrate.upgrade(empty, CORE)
    migrate.check(empty, CORE)
    assert picture(empty) == first


def test_check_tells_a_difference(empty):
    migrate.upgrade(empty, CORE)
    with writing(), empty.begin() as connection:
        connection.execute(sa.text("ALTER TABLE hub_rate ADD COLUMN surplus INTEGER"))
    with pytest.raises(MigrationError, match="hub"):
        migrate.check(empty, CORE)


def test_a_migration_that_fails_after_its_second_statement_changes_nothing(empty, history):
    migrate.upgrade(empty, CORE)
    history("trial", "0001", "op.create_table('trial_kept', sa.Column('id', sa.Integer, primary_key=True))\n"
                             "op.execute('INSERT INTO trial_kept VALUES (7)')")  # fmt: skip
    trial = history("trial", "0002", (
        "op.create_table('trial_new', sa.Column('id', sa.Integer, primary_key=True))\n"
        "op.execute('UPDATE trial_kept SET id = 8')\n"
        "with op.batch_alter_table('trial_kept') as batch:\n    batch.add_column(sa.Column('more', sa.Integer))\n"
        "op.execute('INSERT INTO trial_missing VALUES (1)')"
    ), after="0001")  # fmt: skip
    assert migrate.upgrade(empty, trial, "0001")
    before = picture(empty)
    assert before[1]["trial_kept"] == ["(7,)"]
    with pytest.raises(MigrationError, match=r"migrations of trial failed, nothing was changed.*trial_missing"):
        migrate.upgrade(empty, trial)
    assert picture(empty) == before and migrate.current(empty, trial) == {"0001"}

    # mended, it goes through
    history("trial", "0002", "op.create_table('trial_new', sa.Column('id', sa.Integer, primary_key=True))", after="0001")
    assert migrate.upgrade(empty, trial) and migrate.current(empty, trial) == {"0002"}


def test_a_first_migration_that_fails_leaves_nothing_at_all(empty, history):
    trial = history("trial", "0001", "op.create_table('trial_a', sa.Column('id', sa.Integer))\nraise RuntimeError('half-way')")
    before = picture(empty)
    with pytest.raises(MigrationError, match="half-way"):
        migrate.upgrade(empty, trial)
    assert picture(empty) == before
    assert migrate.current(empty, trial) == set()


def test_several_pending_revisions_are_one_step(empty, history):
    history("trial", "0001", "op.create_table('trial_a', sa.Column('id', sa.Integer))")
    trial = history("trial", "0002", "raise RuntimeError('second')", after="0001")
    before = picture(empty)
    with pytest.raises(MigrationError):
        migrate.upgrade(empty, trial)
    assert picture(empty) == before


# what SQLite can only do by copying the table and dropping the old one
REBUILD = (
    "with op.batch_alter_table('{0}') as batch:\n    batch.add_column(sa.Column('extra', sa.Integer, server_default='5'))\n"
    "    batch.alter_column('{1}', existing_type=sa.String(), type_=sa.String(900), existing_nullable=False)"
)


def test_rebuilding_content_keeps_its_children(any_hub, publish, tmp_path):
    """In batch mode SQLite's `content` is copied and dropped; with foreign_keys=ON that would empty every child."""
    app = any_hub()
    with app.app_context():
        with writing():
            one = publish(db.session(), "One", places=[])
            publish(db.session(), "Two")
            db.session().commit()
            kept = one.uid
        db.session().close()
        engine = db.engine()
        before = picture(engine)
        folder = tmp_path / "versions"
        folder.mkdir()
        for path in CORE.folder.glob("*.py"):
            (folder / path.name).write_text(path.read_text())
        head = next(iter(migrate.current(engine, CORE)))
        body = "def upgrade():\n    " + REBUILD.format("content", "origin").replace("\n", "\n    ") + "\n\ndef downgrade():\n    pass\n"
        (folder / "9999.py").write_text(HEAD.format("9999", head) + body)
        assert migrate.upgrade(engine, History("hub", folder, "hub_"))
        after = picture(engine)
        for child in ("content_text", "content_slug", "revision", "content_facet", "hub_change"):
            assert after[1][child] == before[1][child], child
        assert len(after[1]["content_text"]) == 2 and len(after[1]["content"]) == 2
        assert count(engine, "content_slug") == 2
        with engine.connect() as connection:
            assert connection.scalar(sa.text("SELECT extra FROM content WHERE uid = :uid"), {"uid": kept}) == 5
        with pytest.raises(sa.exc.IntegrityError), writing(), engine.begin() as connection:
            connection.execute(sa.text("UPDATE content_text SET content_id = 999"))


def test_a_plugins_parent_table_keeps_its_children(empty, history):
    history("trial", "0001", (
        "op.create_table('trial_parent', sa.Column('id', sa.Integer, primary_key=True), sa.Column('name', sa.String(9), nullable=False))\n"
        "op.create_table('trial_child', sa.Column('id', sa.Integer, primary_key=True),\n"
        "    sa.Column('parent', sa.Integer, sa.ForeignKey('trial_parent.id', ondelete='CASCADE')))\n"
        "op.execute(\"INSERT INTO trial_parent VALUES (1, 'x')\")\n"
        "op.execute('INSERT INTO trial_child VALUES (1, 1)')\nop.execute('INSERT INTO trial_child VALUES (2, 1)')"
    ))  # fmt: skip
    trial = history("trial", "0002", REBUILD.format("trial_parent", "name"), after="0001")
    migrate.upgrade(empty, trial)
    assert (count(empty, "trial_parent"), count(empty, "trial_child")) == (1, 2)


def test_a_migration_may_leave_no_row_that_points_at_nothing(empty, history):
    history("trial", "0001", (
        "op.create_table('trial_parent', sa.Column('id', sa.Integer, primary_key=True))\n"
        "op.create_table('trial_child', sa.Column('id', sa.Integer, primary_key=True),\n"
        "    sa.Column('parent', sa.Integer, sa.ForeignKey('trial_parent.id')))\n"
        "op.execute('INSERT INTO trial_parent VALUES (1)')\nop.execute('INSERT INTO trial_child VALUES (1, 1)')"
    ))  # fmt: skip
    trial = history("trial", "0002", "op.execute('DELETE FROM trial_parent')", after="0001")
    migrate.upgrade(empty, trial, "0001")
    with pytest.raises(MigrationError, match="trial_child"):
        migrate.upgrade(empty, trial)
    assert (count(empty, "trial_parent"), count(empty, "trial_child")) == (1, 1)


def test_foreign_keys_are_guarded_again_after_a_migration(empty, history):
    bad = history("trial", "0001", "raise RuntimeError('no')")
    migrate.upgrade(empty, CORE)
    with pytest.raises(MigrationError):
        migrate.upgrade(empty, bad)
    for _ in range(3):  # whichever connection the pool gives
        with pytest.raises(sa.exc.IntegrityError), writing(), empty.begin() as connection:
            connection.execute(sa.text("INSERT INTO topic_name (topic_id, lang, name, synonyms) VALUES (9, 'en', 'x', '[]')"))


def test_an_uninstalled_plugin_does_not_block_others(empty, history):
    table = "op.create_table('{0}_{1}', sa.Column('id', sa.Integer, primary_key=True))"
    migrate.upgrade(empty, CORE)
    gone = history("gone", "0001", table.format("gone", "a"))
    stays = history("stays", "0001", table.format("stays", "a"))
    assert migrate.upgrade(empty, gone) and migrate.upgrade(empty, stays)
    shutil.rmtree(gone.folder)

    history("stays", "0002", table.format("stays", "b"), "op.drop_table('stays_b')", after="0001")
    assert migrate.upgrade(empty, stays) and migrate.current(empty, stays) == {"0002"}
    assert migrate.upgrade(empty, CORE) is False
    migrate.check(empty, CORE)
    migrate.downgrade(empty, stays, "0001")
    assert "gone_a" in picture(empty)[0] and "stays_b" not in picture(empty)[0]
    with empty.connect() as connection:
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version_gone")) == "0001"


def test_only_one_upgrade_at_a_time(empty, tmp_path):
    again = migrate.only_one(tmp_path / "data", empty)
    with migrate.only_one(tmp_path / "data", empty), pytest.raises(MigrationError, match="another upgrade"), again:
        pytest.fail("two upgrades ran at once")
    with migrate.only_one(tmp_path / "data", empty):
        pass


@pytest.mark.postgres
def test_only_one_upgrade_of_a_database_from_several_hosts(postgres_url, tmp_path):
    """Hosts share no folder, so the database itself keeps the second one out, and lets it in afterwards."""
    url = postgres_url.new_database()
    first, second = sa.create_engine(url), sa.create_engine(url)
    try:
        again = migrate.only_one(tmp_path / "b", second)
        with migrate.only_one(tmp_path / "a", first), pytest.raises(MigrationError, match="another upgrade"), again:
            pytest.fail("two upgrades ran at once")
        with migrate.only_one(tmp_path / "b", second):
            pass
    finally:
        first.dispose()
        second.dispose()


# --- times and uids


def test_a_datetime_without_a_zone_is_refused(any_hub):
    app = any_hub()
    with app.app_context(), writing():
        column = Base.metadata.tables["hub_mail"].c
        for value in (dt.datetime(2026, 1, 1), dt.datetime.now()):
            with pytest.raises(sa.exc.StatementError, match="without a zone"):
                db.session().execute(sa.select(column.id).where(column.sent == value))
            db.session().rollback()


def test_times_come_back_in_utc(any_hub):
    app = any_hub()
    table = Base.metadata.tables["hub_cursor"]
    moscow = dt.timezone(dt.timedelta(hours=3))
    given = dt.datetime(2026, 7, 1, 1, 30, 0, 250_000, tzinfo=moscow)
    assert isinstance(table.c.moved.type, Utc)
    with app.app_context(), writing():
        db.session().execute(table.insert().values(reader="x", position=1, moved=given))
        db.session().commit()
        found = db.session().scalar(sa.select(table.c.moved))
        later = db.session().scalar(sa.select(table.c.reader).where(table.c.moved < given + dt.timedelta(milliseconds=1)))
    assert found == given and found.utcoffset() == dt.timedelta(0) and later == "x"


def test_now_is_whole_milliseconds_in_utc():
    value = db.now()
    assert value.tzinfo is dt.UTC and value.microsecond % 1000 == 0


def test_uids_are_uuid7_and_sort_by_time(monkeypatch):
    seen = {new_uid() for _ in range(2000)}
    assert len(seen) == 2000
    for text in list(seen)[:200]:
        value = uuid.UUID(text)
        assert (value.version, value.variant, str(value)) == (7, uuid.RFC_4122, text)
        assert abs((value.int >> 80) / 1000 - time.time()) < 60
    uids = []
    for millisecond in (1_700_000_000_000, 1_700_000_000_001, 1_700_000_000_255, 1_700_000_000_256, 4_000_000_000_000):
        monkeypatch.setattr(time, "time", lambda at=millisecond: at / 1000)
        uids.append(new_uid())
    assert uids == sorted(uids)


# --- writers


def test_two_writers_who_read_first_both_succeed(any_hub):
    """With a plain BEGIN the second would fail at once with "database is locked", however long it may wait."""
    app = any_hub()
    rounds, faults = 5, []
    start = threading.Barrier(2)
    table = Base.metadata.tables["hub_state"]
    with app.app_context(), writing():
        db.session().execute(table.insert().values(name="count", value=0))
        db.session().commit()

    def write():
        try:
            for _ in range(rounds):
                start.wait(10)
                with app.app_context(), writing():
                    session = db.session()
                    query = sa.select(table.c.value).where(table.c.name == "count").with_for_update()
                    value = session.scalar(query)
                    time.sleep(0.02)
                    session.execute(table.update().where(table.c.name == "count").values(value=value + 1))
                    session.commit()
        except Exception as error:
            faults.append(error)
            start.abort()

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not faults
    with app.app_context():
        assert db.session().scalar(sa.select(table.c.value).where(table.c.name == "count")) == 2 * rounds


def test_readers_are_not_held_up_by_a_writer(any_hub):
    app = any_hub()
    table = Base.metadata.tables["hub_state"]
    with app.app_context(), writing():
        db.session().execute(table.insert().values(name="count", value=0))
        db.session().flush()
        with app.app_context(), writing(False):
            started = time.monotonic()
            assert db.session().scalar(sa.select(sa.func.count()).select_from(table).where(table.c.name == "count")) == 0
            assert time.monotonic() - started < 2


def test_a_session_that_is_left_without_commit_undoes_its_work(any_hub, publish):
    app = any_hub()
    with app.app_context(), writing():
        publish(db.session(), "Never")
        db.session().flush()
    with app.app_context():
        assert db.session().scalar(sa.text("SELECT count(*) FROM content")) == 0
