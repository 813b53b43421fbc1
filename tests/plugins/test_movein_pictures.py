"""The pictures of a WordPress site move in with it: once each, in background work, told where they cannot, and out again."""

import io
import re

import pytest
import sqlalchemy as sa
from test_movein import entry, export_of, imported, moved_in, picture

from hub.content.model import Content, Media
from hub.store import db
from hub.testing.fixtures import csrf, sign_in
from hub.testing.remote import RemoteSite
from hub.work.jobs import run_due


@pytest.fixture
def old(new_hub):
    """An application, its editor, and the old site with one picture."""
    app = new_hub(["movein", "news", "pictures"])
    with RemoteSite() as site:
        site.trusted_by(app)
        site.answer("/up/bed.png", picture(), mimetype="image/png")
        yield app, sign_in(app, "editor"), site


def attachment(site, number, path, alt="", caption=""):
    meta = f"<wp:postmeta><wp:meta_key>_wp_attachment_image_alt</wp:meta_key><wp:meta_value><![CDATA[{alt}]]></wp:meta_value></wp:postmeta>"
    return entry(number, "file", f"{site.url}/?attachment_id={number}", "", status="inherit", sort="attachment", more=(
        f"<excerpt:encoded><![CDATA[{caption}]]></excerpt:encoded><wp:attachment_url>{site.url}{path}</wp:attachment_url>{meta}"))  # fmt: skip


def shows(number):
    return f"<wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>{number}</wp:meta_value></wp:postmeta>"


def export(site, *entries):
    return export_of(*entries).replace(b"https://www.garden.example.org<", f"{site.url}<".encode())


def post(site, number, title, body="<p>Text.</p>", **more):
    return entry(number, title, f"{site.url}/{title.lower()}/", body, **more)


def own(app):
    """The entries' own pictures: title → (name, alt, credit)."""
    with app.app_context():
        rows = db.session().scalars(sa.select(Media).where(Media.content_id.is_not(None)))
        titled = {c.id: c.texts[0].title for c in db.session().scalars(sa.select(Content)) if c.texts}
        return {titled[row.content_id]: (row.name, row.alt, row.credit) for row in rows}


def stored(app):
    with app.app_context():
        return {*db.session().scalars(sa.select(Media.name))}, {p.name for p in (app.extensions["hub"].settings.data / "media").iterdir()}


def undo(app, editor, force=""):
    page = editor.get("/desk/transfer/").text
    number = re.findall(r"/desk/transfer/undo/(\d+)", page)[0]
    told = editor.post(f"/desk/transfer/undo/{number}", data={"csrf_token": csrf(page), "force": force}, follow_redirects=True)
    run_due(app)
    return told


def test_pictures_move_in_once_and_out_again(old):
    app, editor, site = old
    body = (f'<figure class="wp-block-image"><a href="{site.url}/up/bed.png"><img src="{site.url}/up/bed-300x200.png" alt="A [new] bed" class="wp-image-9"/></a>'
            f'<figcaption>In May</figcaption></figure><p>See <img src="{site.url}/up/plan.png">.</p><p><img src="https://elsewhere.example.com/ad.png"></p>'
            '<p>[gallery ids="9, 77"]</p>')  # fmt: skip
    site.answer("/up/plan.png", picture(), mimetype="image/png")
    file = export(site, post(site, 1, "One", body, more=shows(9)), attachment(site, 9, "/up/bed.png", "A bed", "Photo: <b>Anna</b>"),
                  post(site, 2, "Two", more=shows(9)))  # fmt: skip
    assert "<dt>Pictures</dt><dd>3</dd>" in imported(app, editor, file)
    assert sorted(asked.path for asked in site.asked) == ["/up/bed.png", "/up/plan.png"], "each address once, none of others"
    mine = own(app)
    assert mine["One"][1:] == mine["Two"][1:] == ({"en": "A bed"}, "Photo: Anna") and mine["One"][0] != mine["Two"][0]
    text = moved_in(app)["/one/"][1]["en"][1]
    bed, plan = re.findall(r"/media/([\w-]+\.webp)", text)[:2]
    assert f"![A new bed](/media/{bed})\n\nIn May" in text and f"See ![](/media/{plan})." in text and text.count(bed) == 2
    assert "http" not in text and "\ue000" not in text
    page = app.test_client().get("/en/news/one/").text
    assert f"/media/{bed}" in page and app.test_client().get(f"/media/{bed}").mimetype == "image/webp"
    assert stored(app)[0] == stored(app)[1] and len(stored(app)[0]) == 3
    assert "<dt>Unchanged</dt><dd>2</dd>" in imported(app, editor, file)
    assert len(site.asked) == 2 and own(app) == mine, "a second run fetches nothing and changes nothing"
    undo(app, editor)
    assert not moved_in(app) and stored(app) == (set(), set())


def test_what_cannot_be_had_is_named_with_its_entry(old):
    app, editor, site = old
    site.answer("/up/song.png", b"not a picture", mimetype="image/png")
    file = export(site, post(site, 1, "Lost", more=shows(8)), attachment(site, 8, "/up/gone.png"), post(site, 2, "Song", more=shows(7)),
                  attachment(site, 7, "/up/song.png"), post(site, 3, "Partial", more=shows(99)),
                  post(site, 4, "Inner", '<p>a<img class="wp-image-6">b</p>', more=shows(6)),
                  attachment(site, 6, "/x").replace(site.url, "http://169.254.169.254"))  # fmt: skip
    told = imported(app, editor, file)
    for title, why in (("Lost", f"picture {site.url}/up/gone.png: the server answered 404"), ("Song", "We cannot read this picture"),
                       ("Partial", "its picture (number 99 there) is not in the export"), ("Inner", "is not a server of the public web")):  # fmt: skip
        assert re.search(f"<li>“{title}”: [^<]*{re.escape(why)}", told), title
    number = re.search(r"/desk/transfer/([0-9a-f]{32})/", told).group(1)
    assert "gone.png: the server answered 404" in editor.get(f"/desk/transfer/{number}/report.csv").text
    assert set(moved_in(app)) == {"/lost/", "/song/", "/partial/", "/inner/"} and not own(app)
    assert moved_in(app)["/inner/"][1]["en"][1] == "ab"
    site.answer("/up/gone.png", picture(), mimetype="image/png")
    imported(app, editor, file)
    assert set(own(app)) == {"Lost"}, "what can be had meanwhile comes with the next run"


def test_a_server_that_does_not_answer_is_left_alone(old):
    app, editor, site = old
    files = [attachment(site, n, f"/{n}.png").replace(site.url, "http://127.0.0.1:9") for n in range(10, 18)]
    told = imported(app, editor, export(site, *files, *(post(site, n, f"No{n}", more=shows(n)) for n in range(10, 18))))
    assert told.count("is not a server of the public web") == 3 and told.count("did not answer before") == 5


def test_a_picture_given_by_hand_stays(old):
    from hub.api import items

    app, editor, site = old
    site.answer("/up/two.png", picture(), mimetype="image/png")
    bare = [post(site, 1, "One"), post(site, 2, "Two"), post(site, 3, "Three", f'<p><img src="{site.url}/up/two.png"></p>')]
    imported(app, editor, export(site, *bare[:2]))
    with app.app_context(), db.writing():
        one = db.session().scalar(sa.select(Content).where(Content.external_id == "/one/"))
        hand = items.attach_picture(one, picture(), alt={"en": "By hand"}).name
        items.commit()
    file = export(site, attachment(site, 9, "/up/bed.png"), post(site, 1, "One", more=shows(9)), post(site, 2, "Two", more=shows(9)), bare[2])
    imported(app, editor, file)
    assert own(app)["One"][0] == hand and own(app)["Two"][0] != hand, "an import of an older hub gets its pictures by a second run"
    shown = re.search(r"/media/([\w-]+\.webp)", moved_in(app)["/three/"][1]["en"][1]).group(1)
    with app.app_context(), db.writing():  # the picture is taken off, and another one stands in an entry of the hub's own
        db.session().execute(sa.update(Media).where(Media.name == own(app)["Two"][0]).values(content_id=None))
        items.create("page", {"texts": {"en": {"title": "Ours", "summary": "", "body": f"![x](/media/{shown})", "fields": {}}}}, status="published")
        items.commit()
    asked = len(site.asked)
    imported(app, editor, file)
    assert "Two" not in own(app) and len(site.asked) == asked, "what was taken off by hand does not come back"
    undo(app, editor)
    names, files = stored(app)
    assert names == files == {hand, shown}, "what is in use elsewhere stays"


def test_a_look_fetches_nothing(old):
    _app, editor, site = old
    file = export(site, attachment(site, 9, "/up/bed.png"), post(site, 1, "One", more=shows(9)))
    data = {"csrf_token": csrf(editor.get("/desk/movein/").text), "kind": "all", "file": (io.BytesIO(file), "old.xml")}
    page = editor.post("/desk/transfer/upload", data=data, content_type="multipart/form-data", follow_redirects=True)
    assert "One" in page.text and 'value="run"' in page.text and not site.asked
