"""A disk that fills up while rows come in: none is blamed or lost, and the import goes on once there is room."""

from __future__ import annotations

import contextlib

import sqlalchemy as sa

from hub.app import create_app
from hub.settings import load_settings
from hub.store import db

ROWS = 1500


def moved(hub_instances, place):
    """An instance whose database lies on the small disk: its settings by a variable, so that commands find it there, too."""
    folder = hub_instances.make(("partners",))
    (place / "hub.db").write_bytes((folder / "data" / "hub.db").read_bytes())
    return folder, {"HUB_DATABASE__URL": f"sqlite:///{place / 'hub.db'}"}


def table():
    return "id,title,body\n" + "".join(f"{n},Organisation {n},{'Words and more of them. ' * 150}\n" for n in range(ROWS))


def fill(place, left):
    """Leave so many bytes of the disk free."""
    with (place / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(b"\0" * 65536)
    with (place / "ballast").open("r+b") as ballast:
        ballast.truncate(max(0, (place / "ballast").stat().st_size - left))


def count(folder, env):
    app = create_app(settings=load_settings(folder, env), strict=False)
    with app.app_context():
        found = db.session().scalar(sa.text("SELECT count(*) FROM content WHERE kind = 'partner'"))
        assert db.session().execute(sa.text("PRAGMA integrity_check")).scalar() == "ok"
        db.engine().dispose()
    return found


def test_the_command_stops_with_what_it_has_and_goes_on(hub_instances, small_disk, run_hub, tmp_path):
    folder, env = moved(hub_instances, small_disk)
    (tmp_path / "many.csv").write_text(table(), encoding="utf-8")
    words = ("import", "partners", str(tmp_path / "many.csv"), "--map", "id=external_id")
    fill(small_disk, 12_000_000)
    done = run_hub(folder, *words, **env)
    assert done.returncode == 1 and "the disk is full" in done.stderr and "row " not in done.stderr and "Traceback" not in done.stderr
    assert "is kept as import 1; give the same command again" in done.stderr
    kept = count(folder, env)
    assert 0 < kept < ROWS and kept % 500 == 0
    (small_disk / "ballast").unlink()
    done = run_hub(folder, *words, check=True, **env)
    assert f"{ROWS} rows: {ROWS - kept} created, 0 updated, {kept} unchanged, 0 with a problem" in done.stdout and count(folder, env) == ROWS
