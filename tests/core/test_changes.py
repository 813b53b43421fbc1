"""The change log: ids in the order of commits, readers that lose nothing, nothing private in what is public."""

import datetime as dt
import random
import threading
import time

import pytest
import sqlalchemy as sa

from hub.content import changes, workflow
from hub.content.model import ChangeRow, Content, Cursor
from hub.content.pages import PAGE
from hub.hooks.parts import ChangeReader
from hub.store.db import engine, now, session, writing
from hub.store.state import State
from hub.work import jobs

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # what does not depend on the database


@pytest.fixture
def site(any_hub):
    """An application on either database that isolates errors as a site in service does."""
    return any_hub(strict=False)


def log(app, **options):
    with app.app_context():
        return changes.since(session(), 0, 10_000, **options)


def publish_one(app, publish, title="About", **more):
    with app.app_context(), writing():
        content = publish(session(), title, **more)
        changes.commit(session())
        return content.id


def act(app, number, verb, times=1):
    """Write changes of an item and commit."""
    with app.app_context(), writing():
        content = session().get_one(Content, number)
        changes.record_many(session(), [(content, verb)] * times)
        changes.commit(session())


def step(app, number, action):
    with app.app_context(), writing():
        workflow.move(session(), session().get_one(Content, number), action)
        changes.commit(session())


def run_readers(app):
    with app.app_context(), writing():
        return changes.run_readers()


class Reader:
    """A change reader that remembers; `fail_at` = the number of the call (from 1) that raises after having read."""

    def __init__(self, app, name="probe"):
        self.seen, self.calls, self.restarts, self.fail_at = [], 0, 0, 0
        self.name = f"hub.{name}"
        app.extensions["hub"].readers[self.name] = ChangeReader(name, self.read, self.restart)

    def read(self, batch):
        self.calls += 1
        self.seen += [change.id for change in batch]
        if self.calls == self.fail_at:
            raise RuntimeError("the reader fell over")

    def restart(self):
        self.restarts += 1


def position(app, reader):
    with app.app_context():
        return session().scalar(sa.select(Cursor.position).where(Cursor.reader == reader.name))


# --- order


def test_a_later_writer_waits_for_an_earlier_one(site, publish):
    """B begins after A and would commit before it: then a reader that has seen B would never see A."""
    app, recorded, go = site, threading.Event(), threading.Event()
    done = []

    def first():
        with app.app_context(), writing():
            publish(session(), "A")
            recorded.set()
            go.wait(10)
            changes.commit(session())
            done.append("A")

    def second():
        recorded.wait(10)
        with app.app_context(), writing():
            publish(session(), "B")
            changes.commit(session())
            done.append("B")

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    for thread in threads:
        thread.start()
    recorded.wait(10)
    threads[1].join(0.4)
    assert threads[1].is_alive() and done == [], "the second writer overtook the first"
    assert log(app) == []
    go.set()
    for thread in threads:
        thread.join(10)
    assert done == ["A", "B"]
    rows = log(app)
    with app.app_context():
        titles = dict(session().execute(sa.text("SELECT content_id, title FROM content_text")).all())
    assert [titles[row.content_id] for row in rows] == ["A", "B"]


def test_a_follower_of_four_writers_loses_nothing(site, publish):
    app, writers, each = site, 4, 50
    items = [publish_one(app, publish, f"Item {n}") for n in range(writers)]
    begun, over, faults = threading.Barrier(writers + 1), threading.Event(), []
    seen, cursor = [], 0

    def write(number):
        try:
            begun.wait(10)
            with app.app_context(), writing():
                content = session().get_one(Content, number)
                for _ in range(each):
                    changes.record(session(), content, "changed")
                    time.sleep(random.random() * 0.004)  # commits would come in another order than ids
                    changes.commit(session())
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in items]
    for thread in threads:
        thread.start()
    begun.wait(10)
    with app.app_context():
        while True:
            last = over.is_set()
            batch = changes.since(session(), cursor, 7)
            session().rollback()
            seen += [change.id for change in batch]
            cursor = seen[-1] if seen else 0
            if last and not batch:
                break
            if not any(thread.is_alive() for thread in threads):
                over.set()
    assert not faults
    assert seen == [row.id for row in log(app)] and len(seen) == writers * each + writers
    assert seen == sorted(set(seen))


def test_what_is_rolled_back_is_not_in_the_log(site, publish):
    app = site
    with app.app_context(), writing():
        publish(session(), "Never")
        session().rollback()
    publish_one(app, publish, "Kept")
    assert len(log(app)) == 1


def test_publishing_and_its_change_are_one_transaction(site, publish, monkeypatch):
    """Whatever breaks after the item is written, there is no item without its change."""
    app = site
    monkeypatch.setattr(jobs, "enqueue", lambda *_, **__: (_ for _ in ()).throw(RuntimeError("the queue is gone")))
    with pytest.raises(RuntimeError):
        publish_one(app, publish)
    with app.app_context():
        assert session().scalar(sa.select(sa.func.count()).select_from(Content)) == 0
    assert log(app) == []


# --- readers


def test_publishing_wakes_the_readers(site, publish):
    app = site
    reader = Reader(app)
    jobs.run_due(app)
    assert reader.seen == []
    number = publish_one(app, publish)
    jobs.run_due(app)
    act(app, number, "changed")
    jobs.run_due(app)
    assert reader.seen == [row.id for row in log(app)] and len(reader.seen) == 2
    with app.app_context():
        assert changes.behind(session(), reader.name) == 0


def test_publishing_while_the_readers_are_at_work(site, publish):
    """The job of the readers runs for as long as they need; meanwhile people go on publishing."""
    app = site
    reader, inside, go = Reader(app), threading.Event(), threading.Event()
    number = publish_one(app, publish, "First")

    def read(batch):
        inside.set()
        assert go.wait(10)
        Reader.read(reader, batch)

    app.extensions["hub"].readers[reader.name] = ChangeReader("probe", read)
    worker = threading.Thread(target=jobs.run_due, args=(app,))
    worker.start()
    try:
        assert inside.wait(10)
        started = time.monotonic()
        act(app, number, "changed")
        publish_one(app, publish, "Second")
        assert time.monotonic() - started < 3, "the reader held up the writers"
    finally:
        go.set()
        worker.join(20)
    jobs.run_due(app)
    assert set(reader.seen) >= {row.id for row in log(app)} and len(set(reader.seen)) == 3


def test_a_reader_that_fails_goes_on_where_it_was(site, publish):
    app = site
    reader, other = Reader(app), Reader(app, "other")
    number = publish_one(app, publish)
    act(app, number, "changed", changes.BATCH * 2 + 100)
    every = [row.id for row in log(app)]
    reader.fail_at = 2
    run_readers(app)
    assert position(app, reader) == every[changes.BATCH - 1]
    assert reader.seen == every[: 2 * changes.BATCH]
    assert other.seen == every, "one reader's fault is not another's"
    run_readers(app)
    assert reader.seen == every[: 2 * changes.BATCH] + every[changes.BATCH :]  # the batch that failed comes again
    assert position(app, reader) == every[-1]
    run_readers(app)
    assert len(reader.seen) == len(every) + changes.BATCH


@ON_SQLITE
def test_a_failing_reader_does_not_fail_the_publisher(site, publish):
    app = site
    reader = Reader(app)
    reader.fail_at = 1
    publish_one(app, publish)
    jobs.run_due(app)
    assert reader.calls and "the reader fell over" in app.extensions["hub"].hooks.records["hub"].last_error
    assert app.test_client().get("/en/pages/about/").status_code == 200


def test_a_reader_without_a_cursor_begins_at_zero(site, publish):
    app = site
    publish_one(app, publish, "One")
    reader = Reader(app)
    run_readers(app)
    publish_one(app, publish, "Two")
    run_readers(app)
    assert len(reader.seen) == 2 and reader.restarts == 1
    with app.app_context(), writing():
        session().execute(sa.delete(Cursor))
        session().commit()
    run_readers(app)
    assert reader.restarts == 2 and reader.seen[2:] == reader.seen[:2]


@ON_SQLITE
def test_a_reader_sent_back_reads_again(site, publish):
    app = site
    reader = Reader(app)
    for title in ("One", "Two", "Three"):
        publish_one(app, publish, title)
    run_readers(app)
    first = list(reader.seen)
    with app.app_context(), writing():
        changes.reset(session(), reader.name, first[0])
        session().commit()
        assert changes.behind(session(), reader.name) == 2
    run_readers(app)
    assert reader.seen == first + first[1:]


@ON_SQLITE
def test_a_plugin_that_is_off_reads_later(any_hub, publish, tmp_path):
    body = (
        "from hub.api import ChangeReader, Plugin, hookimpl\nplugin = Plugin('mirror', 'Mirror')\n\n"
        f"def read(batch):\n    with open({str(tmp_path / 'seen')!r}, 'a') as file:\n"
        "        file.writelines(f'{c.id}\\n' for c in batch)\n\n"
        "@hookimpl\ndef change_readers():\n    return [ChangeReader('copy', read)]\n"
    )
    app = any_hub(("mirror", "-privacy"), files={"plugins/mirror.py": body})
    host = app.extensions["hub"].plugins
    publish_one(app, publish, "One")
    jobs.run_due(app)
    host.switch_off("mirror")
    publish_one(app, publish, "Two")
    jobs.run_due(app)
    assert len((tmp_path / "seen").read_text().split()) == 1
    host.file.write_text("mirror\n")
    publish_one(app, publish, "Three")
    jobs.run_due(app)
    assert (tmp_path / "seen").read_text().split() == [str(row.id) for row in log(app)]


@ON_SQLITE
def test_plugins_hear_of_what_is_committed_only(any_hub, publish):
    body = (
        "from hub.api import Plugin, hookimpl\nplugin = Plugin('ear', 'Ear')\nheard = []\n\n"
        "@hookimpl\ndef content_changed(changes):\n    heard.append([c.id for c in changes])\n"
    )
    app = any_hub(("ear",), files={"plugins/ear.py": body})
    heard = app.extensions["hub"].plugins.found["ear"].module.heard
    with app.app_context(), writing():
        publish(session(), "Never")
        session().rollback()
        publish(session(), "Kept")
        assert heard == []
        changes.commit(session())
        changes.commit(session())
    assert heard == [[row.id for row in log(app)]] and len(heard[0]) == 1


# --- what is public


def test_drafts_are_not_public(site, publish):
    app = site
    number = publish_one(app, publish, "Secret plan", status="draft")
    with app.app_context(), writing():
        content = session().get_one(Content, number)
        doc, _ = workflow.working_copy(session(), content)
        workflow.save(session(), content, PAGE, doc)
        changes.commit(session())
    step(app, number, "submit")
    assert log(app) and log(app, public_only=True) == []
    answer = app.test_client().get("/api/v1/changes").json
    assert answer["changes"] == [] and answer["next"] == 0

    step(app, number, "publish")
    row, = log(app, public_only=True)
    answer = app.test_client().get("/api/v1/changes").json
    assert [(c["id"], c["kind"], c["gone"]) for c in answer["changes"]] == [(row.id, "page", False)]
    assert answer["changes"][0].keys() <= {"id", "kind", "uid", "gone", "at"}


@ON_SQLITE
def test_the_draft_of_a_published_item_says_nothing(site, publish):
    app = site
    number = publish_one(app, publish)
    before = log(app, public_only=True)
    with app.app_context(), writing():
        content = session().get_one(Content, number)
        doc, _ = workflow.working_copy(session(), content)
        workflow.save(session(), content, PAGE, {**doc, "licence": "CC0"})
        changes.commit(session())
    assert log(app, public_only=True) == before


@ON_SQLITE
def test_what_only_members_may_read_is_not_public(site, publish):
    app = site
    number = publish_one(app, publish, audience="members")
    act(app, number, "changed")
    assert log(app, public_only=True) == []
    assert app.test_client().get("/api/v1/changes").json["changes"] == []


@ON_SQLITE
def test_taking_back_is_public(site, publish):
    app = site
    number = publish_one(app, publish)
    step(app, number, "unpublish")
    assert [c["gone"] for c in app.test_client().get("/api/v1/changes").json["changes"]] == [False, True]


def test_what_becomes_members_own_is_gone_for_everybody_else(site, publish):
    app = site
    number = publish_one(app, publish)
    with app.app_context(), writing():
        content = session().get_one(Content, number)
        doc, _ = workflow.working_copy(session(), content)
        workflow.save(session(), content, PAGE, {**doc, "audience": "members"}, publish=True)
        changes.commit(session())
    act(app, number, "changed")
    compact(app)
    assert [c["gone"] for c in app.test_client().get("/api/v1/changes").json["changes"]] == [True]
    assert app.test_client().get("/en/pages/about/").status_code == 404


# --- compaction


def compact(app):
    with app.app_context():
        changes.compact()


def test_compaction_keeps_the_newest_of_each_item(site, publish):
    app = site
    one, two = publish_one(app, publish, "One"), publish_one(app, publish, "Two")
    for _ in range(3):
        act(app, one, "changed")
        act(app, two, "changed")
    head = {row.content_id: row.id for row in log(app)}
    compact(app)
    assert {row.content_id: row.id for row in log(app)} == head and len(log(app)) == 2
    act(app, one, "changed")
    assert log(app)[-1].id > max(head.values()), "an id is never given twice"


def test_compaction_never_passes_the_slowest_cursor(site, publish):
    app = site
    reader, quick = Reader(app), Reader(app, "quick")
    one, two = publish_one(app, publish, "One"), publish_one(app, publish, "Two")
    act(app, one, "changed")
    run_readers(app)
    stop = position(app, reader)
    reader.fail_at = reader.calls + 1
    for _ in range(2):
        act(app, one, "changed")
        act(app, two, "changed")
    unread = [row.id for row in log(app) if row.id > stop]
    run_readers(app)
    assert position(app, reader) == stop < position(app, quick)
    compact(app)
    assert [row.id for row in log(app) if row.id > stop] == unread
    assert len([row for row in log(app) if row.id <= stop]) < 3, "what everybody has read is tidied up"
    reader.seen.clear()
    run_readers(app)
    assert reader.seen == unread


def test_compaction_hides_no_public_change_behind_a_private_one(site, publish):
    """A follower sees public rows only: a later draft or touch must not take the last one of them away."""
    app = site
    gone, stays, seen = (publish_one(app, publish, title) for title in ("Gone", "Stays", "Seen"))
    follower = log(app)[-1].id
    step(app, gone, "unpublish")
    act(app, gone, "draft", 2)
    act(app, stays, "draft", 2)
    act(app, seen, "touched", 2)
    compact(app)
    client = app.test_client()
    fresh = {c["uid"]: c["gone"] for c in client.get("/api/v1/changes").json["changes"]}
    assert list(fresh.values()).count(False) == 2 and list(fresh.values()).count(True) == 1
    assert [c["gone"] for c in client.get(f"/api/v1/changes?since={follower}").json["changes"]] == [True]
    assert len(log(app)) <= 6, "of several alike only the newest is kept"


def test_compaction_tells_an_erased_item_from_its_successor(site, publish):
    """SQLite would give a deleted row's number to the next one."""
    app = site
    number = publish_one(app, publish, "Old")
    with app.app_context(), writing():
        content = session().get_one(Content, number)
        uid = content.uid
        workflow.erase_many(session(), [content])
        changes.commit(session())
    assert publish_one(app, publish, "New") != number
    compact(app)
    assert {c["uid"]: c["gone"] for c in app.test_client().get("/api/v1/changes").json["changes"]}[uid] is True


@ON_SQLITE
def test_a_forgotten_cursor_is_dropped_after_thirty_days(site, publish):
    app = site
    known = Reader(app)
    publish_one(app, publish)
    run_readers(app)
    with app.app_context(), writing():
        old, young = now() - dt.timedelta(days=31), now() - dt.timedelta(days=29)
        session().add(Cursor(reader="gone.mirror", position=0, moved=old))
        session().add(Cursor(reader="away.mirror", position=0, moved=young))
        session().execute(sa.update(Cursor).where(Cursor.reader == known.name).values(moved=old))
        session().commit()
    compact(app)
    with app.app_context():
        assert set(session().scalars(sa.select(Cursor.reader))) == {known.name, "away.mirror", "webapi.hooks"}


# --- the site version


def test_the_site_version_moves_with_public_changes_only(site, publish):
    app, client = site, site.test_client()

    def version():
        with app.app_context():
            return session().scalar(sa.select(State.value).where(State.name == "public")), client.get("/en/").headers["ETag"]

    publish_one(app, publish, "First")
    first = version()
    draft = publish_one(app, publish, "Draft", status="draft")
    act(app, draft, "draft")
    step(app, draft, "submit")
    assert version() == first
    assert client.get("/en/", headers={"If-None-Match": first[1]}).status_code == 304

    seen = [first]
    for action in ("publish", "unpublish"):
        step(app, draft, action)
        seen.append(version())
    act(app, draft, "touched")
    seen.append(version())
    assert len({number for number, _ in seen}) == len({tag for _, tag in seen}) == 4
    assert [number for number, _ in seen] == sorted(number for number, _ in seen)
    assert client.get("/en/", headers={"If-None-Match": first[1]}).status_code == 200
    with app.app_context():
        assert seen[-1][0] == session().scalar(sa.select(sa.func.max(ChangeRow.id)))


def test_the_version_is_seen_by_another_process(site, publish, database):
    """A second application on the same database (another worker) answers anew as soon as the first has published."""
    from hub.app import create_app

    twin = create_app(settings=site.extensions["hub"].settings)
    try:
        client = twin.test_client()
        assert client.get("/en/pages/about/").status_code == 404
        tag = client.get("/en/").headers["ETag"]
        publish_one(site, publish)
        assert client.get("/en/pages/about/").status_code == 200
        assert client.get("/en/").headers["ETag"] != tag
    finally:
        with twin.app_context():
            engine().dispose()
