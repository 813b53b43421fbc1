"""What a plugin brings and takes along: demo content, export and import, catalogues."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from hub.testing.bench import Bench

__all__ = ["test_catalogues_are_complete", "test_demo_twice_is_once", "test_export_and_import_give_the_same"]


def test_demo_twice_is_once(hub_plugin: Bench) -> None:
    """The demo was loaded when the bench was made: again it makes and changes nothing, and no row is refused."""
    from hub.content import seeding
    from hub.content.model import Content
    from hub.store.db import session

    with hub_plugin.scratch(), hub_plugin.here(write=True):
        before = session().scalar(sa.select(sa.func.count()).select_from(Content))
        rows = {t.name: session().scalar(sa.select(sa.func.count()).select_from(t)) for t in hub_plugin.tables()}
        report = seeding.load_demo(session())
        assert not report.problems, f"the demo has bad rows: {report.problems[:3]}"
        assert (report.created, report.updated) == (0, 0), (
            f"the demo made {report.created} and changed {report.updated} items again"
        )
        assert session().scalar(sa.select(sa.func.count()).select_from(Content)) == before
        for table in hub_plugin.tables():
            count = session().scalar(sa.select(sa.func.count()).select_from(table))
            assert count == rows[table.name], f"the demo filled {table.name} again"


def test_export_and_import_give_the_same(hub_plugin: Bench, tmp_path: Path) -> None:
    """Everything of its kinds is written out by `hub export`, erased, read in by `hub import`, and is as it was."""
    from hub.content import changes, workflow
    from hub.content.model import Content, Tombstone
    from hub.store.db import session

    kinds = [t.kind for t in hub_plugin.walked_types()]
    with hub_plugin.scratch():
        _command(hub_plugin, "export", "all", str(tmp_path / "before.jsonl"))
        with hub_plugin.here(write=True):
            for content in session().scalars(sa.select(Content).where(Content.kind.in_(kinds))).all():
                workflow.erase_many(session(), [content])
            session().execute(sa.delete(Tombstone))
            changes.commit(session())
        said = _command(hub_plugin, "import", "all", str(tmp_path / "before.jsonl"))
        _command(hub_plugin, "export", "all", str(tmp_path / "after.jsonl"))
        assert "refused" not in said.lower(), f"rows of its own export were refused: {said}"
    before, after = _by_uid(tmp_path / "before.jsonl", kinds), _by_uid(tmp_path / "after.jsonl", kinds)
    assert before.keys() == after.keys(), "items are missing after export and import"
    for uid, doc in before.items():
        different = [name for name in doc if doc[name] != after[uid].get(name)]
        assert not different, (
            f"{doc['kind']} {uid}: {different[0]} was {doc[different[0]]!r} and is {after[uid].get(different[0])!r}"
        )


def _command(bench: Bench, *words: str) -> str:
    """A command of `hub` on the bench's instance, in this process; answers what it printed."""
    import contextlib
    import io

    from hub.cli import cli, instance, manage  # noqa: F401

    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        patch.setenv("HUB_INSTANCE", str(bench.folder))
        patch.setattr("gc.freeze", lambda: None)  # this process goes on: what is frozen would stay open
        try:
            status = cli.main(list(words), standalone_mode=False)
        except SystemExit as stop:
            status = stop.code
    assert not status, f"hub {' '.join(words)} ended with {status}: {out.getvalue()}"
    return out.getvalue()


def _by_uid(path: Path, kinds: list[str]) -> dict[str, dict[str, Any]]:
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return {doc["uid"]: doc for doc in found if doc.get("kind") in kinds and "uid" in doc}


def test_catalogues_are_complete(hub_plugin: Bench) -> None:
    """Every string of its code and templates has a translation, with the same placeholders; none is left over."""
    from hub.testing import catalogues

    if hub_plugin.package is None:
        pytest.skip("a plugin in one file has no catalogues")
    asked_for = catalogues.Domain(hub_plugin.name, hub_plugin.package).messages()  # also what core translates by now
    wanted = catalogues.wanted(hub_plugin.name, hub_plugin.package)
    if not len(wanted):
        return
    written = {p.parts[-3]: p for p in hub_plugin.package.glob(f"translations/*/LC_MESSAGES/{hub_plugin.name}.po")}
    assert "ru" in written, f"translations/ru/LC_MESSAGES/{hub_plugin.name}.po is missing"
    for path in written.values():
        before = catalogues.read(path)
        wrong = [line for line in catalogues.faults(wanted, before) if not line.startswith("unused")]
        wrong += [line for line in catalogues.faults(asked_for, before) if line.startswith("unused")]
        wrong += catalogues.bad_placeholders(before)
        assert not wrong, f"{path.parts[-3]}: " + "; ".join(wrong[:8])
