"""Nightly backups: made once a day, the newest kept, seen and taken home by administrators only."""

import tarfile

from commands import run_here

from hub.testing.fixtures import csrf, sign_in


def folder(app):
    return app.extensions["hub"].settings.data / "backups"


def names(app):
    return sorted(path.name for path in folder(app).glob("*.tar.gz"))


def run(app):
    from hub_backups import keeping

    with app.app_context():
        keeping.nightly()


def test_one_a_day_and_the_newest_stay(new_hub, clock):
    app = new_hub(["backups", "-privacy"], strict=False)
    with app.app_context():
        from hub.store import db, state

        state.set_setting(db.session(), "backups.keep", 2)
        db.session().commit()
    for day in range(4):
        run(app)
        run(app)
        assert len(names(app)) == min(day + 1, 2)
        clock.move(days=1)
    assert all(tarfile.is_tarfile(folder(app) / name) for name in names(app))


def test_none_where_none_is_wanted(new_hub):
    app = new_hub(["backups", "-privacy"])
    with app.app_context():
        from hub.store import db, state

        state.set_setting(db.session(), "backups.keep", 0)
        db.session().commit()
    run(app)
    assert not names(app)


def test_from_the_desk_to_another_machine(new_hub, run_jobs, tmp_path):
    app = new_hub(["backups", "-privacy"], start=True)
    admin, editor = sign_in(app, "admin"), sign_in(app, "editor")
    page = admin.get("/desk/backups/")
    assert "None yet." in page.text
    assert admin.post("/desk/backups/").status_code == 400, "without the token nothing is made"
    assert admin.post("/desk/backups/", data={"csrf_token": csrf(page.text)}).status_code == 303
    run_jobs(app)
    (name,) = names(app)
    assert name in admin.get("/desk/backups/").text
    taken = admin.get(f"/desk/backups/{name}")
    assert taken.status_code == 200 and taken.headers["Content-Disposition"] == f"attachment; filename={name}"
    assert editor.get(f"/desk/backups/{name}").status_code == 403 and editor.get("/desk/backups/").status_code == 403
    assert app.test_client().get(f"/desk/backups/{name}").status_code == 302
    for other in ("..%2Fhub.db", "hub.db", "nightly-x.tar.gz"):
        assert admin.get(f"/desk/backups/{other}").status_code == 404
    (tmp_path / name).write_bytes(taken.data)
    done = run_here(tmp_path / "there", "restore", str(tmp_path / name), check=True)
    assert "is as" in done.out


def test_health_tells_of_a_missing_one(new_hub, clock):
    app = new_hub(["backups", "-privacy"])

    def state():
        from hub.site.health import checks

        with app.app_context():
            return next(check.state for check in checks() if "backups" in check.name)

    assert state() == "warning"
    run(app)
    assert state() == "ok"
    clock.move(days=3)
    assert state() == "warning"
