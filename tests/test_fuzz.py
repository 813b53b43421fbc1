"""Two hundred broken plugins, twenty at a time beside two good ones: every core page stays at 200, and each is explained."""

import re
import sys

import pytest
from commands import run_here

from hub.app import create_app
from hub.store import db
from hub.testing.fixtures import csrf, sign_in

sys.path.insert(0, __file__.rpartition("/")[0] + "/fixtures")
from broken import COUNT, generated

PAGES = ("/", "/en/", "/ru/", "/en/cases/", "/en/cases/beds/", "/ru/partners/", "/en/partners.json", "/en/cases.csv", "/en/feed.atom",
         "/en/search/?q=beds", "/en/topics/", "/sitemap.xml", "/sitemap-0.xml", "/robots.txt", "/-/ready", "/account/login")  # fmt: skip
DESK = ("/desk/", "/desk/cases/", "/desk/cases/new", "/desk/settings", "/desk/topics", "/desk/changes", "/desk/health", "/desk/plugins")
BATCH = 20


@pytest.fixture(scope="module")
def ready(hub_instances):
    """(folder, cookie): a site with one case, and with an administrator who is signed in."""
    folder = hub_instances.make(("partners", "cases"))
    app = create_app(folder)
    admin = sign_in(app, "admin")
    form = csrf(admin.get("/desk/cases/new?language=en").text)
    data = {"csrf_token": form, "language": "en", "form": "quick", "do": "publish", "title.en": "Beds"}
    assert admin.post("/desk/cases/new", data=data).status_code == 302
    with app.app_context():
        db.engine().dispose()
    return folder, admin.get_cookie("hub").value


@pytest.mark.parametrize("start", [n if n % 100 == 0 else pytest.param(n, marks=pytest.mark.long) for n in range(0, COUNT, BATCH)])
def test_broken_plugins_cost_no_page(ready, tmp_path, start):
    import shutil

    folder = tmp_path / "instance"
    shutil.copytree(ready[0], folder)
    batch = generated()[start : start + BATCH]
    for one in batch:
        for name, text in one.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    names = [n for one in batch for n in (one.name, *(f.stem for f in map(type(folder), one.files) if f.stem.startswith("round")))]
    thieves = [one.name for one in batch if "'case" in one.how]  # who comes first has the name
    ordered = ["partners", *(n for n in dict.fromkeys(names) if n not in thieves), "cases", *thieves]
    (folder / "plugins.txt").write_text("\n".join(ordered) + "\n")
    app = create_app(folder, strict=False)
    try:
        _look(app, ready[1], batch, folder)
    finally:
        with app.app_context():
            db.engine().dispose()


def _look(app, cookie, batch, folder):
    ways = {one.name: one.how for one in batch}
    visitor, admin = app.test_client(), app.test_client()
    admin.set_cookie("hub", cookie)
    for client, paths in ((visitor, PAGES), (admin, (*PAGES[1:6], *DESK)), (visitor, PAGES)):
        for path in paths:
            answer = client.get(path, follow_redirects=path == "/")
            assert answer.status_code == 200, f"{path} answers {answer.status_code} with {ways}"
            assert "<script>alert" not in answer.text and "script-src 'self';" in answer.headers["Content-Security-Policy"]
    for one in batch:
        if "page raises" in one.how:
            own = visitor.get(f"/en/{one.name}/")
            assert own.status_code == 500 and "Test hub" in own.text, f"{one.name} ({one.how}): its page is no error page"
    assert "Beds" in visitor.get("/en/cases/").text and "Beds" in visitor.get("/en/search/?q=beds").text
    form = csrf(admin.get("/desk/cases/new?language=en").text)
    data = {"csrf_token": form, "language": "en", "form": "quick", "do": "publish", "title.en": "More beds"}
    assert admin.post("/desk/cases/new", data=data).status_code == 302, "an editor cannot publish any more"
    page, doctor = admin.get("/desk/plugins").text, run_here(folder, "doctor")
    assert doctor.status == 0, doctor
    rows = {m.group(1): row for row in re.findall(r"<tr>.*?</tr>", page, re.S) if (m := re.search(r'name="name" value="([^"]+)"', row))}
    for one in batch:
        assert one.name in rows, f"{one.name} ({one.how}) is not at /desk/plugins"
        if one.told:
            assert 'class="err"' in rows[one.name], f"{one.name} ({one.how}): the desk does not say why: {rows[one.name]}"
            assert f"plugin.{one.name} " in doctor.out, f"{one.name} ({one.how}): the doctor says nothing"
    assert run_here(folder, "plugin", "list").status == 0
    assert run_here(folder, "plugin", "off", batch[0].name).status == 0, "it cannot even be switched off"


def test_there_are_two_hundred_and_always_the_same():
    first, again = generated(), generated()
    assert len(first) == COUNT and [one.files for one in first] == [one.files for one in again]
    assert len({one.how for one in first}) > 120
