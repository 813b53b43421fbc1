"""The picture library: where pictures are used, what they show, cuts around what matters, removing with a way back."""

from __future__ import annotations

import io
import re

import pytest
import sqlalchemy as sa
from making import folder_of, make
from PIL import Image
from suggesting import Fields, main

from hub.content.model import Content, Media
from hub.store import db
from hub.testing.fixtures import csrf, sign_in


def photo(width=1200, height=900, left=(200, 30, 30), right=(30, 30, 200), gps=False):
    """A JPEG, its left half in one colour and its right half in another; with a place of taking."""
    picture = Image.new("RGB", (width, height), right)
    picture.paste(left, (0, 0, width // 2, height))
    exif = Image.Exif()
    if gps:
        exif.get_ifd(0x8825)[1], exif.get_ifd(0x8825)[2] = "N", (55.0, 47.0, 0.0)
        exif[0x010F] = "Camera of somebody"
    file = io.BytesIO()
    picture.save(file, "JPEG", exif=exif)
    return file.getvalue()


@pytest.fixture(scope="module")
def app(hub_instances):
    """One application for the whole file; tests look only for what is theirs."""
    from hub.app import create_app

    app = create_app(hub_instances.make(("covers", "partners", "cases", "editor", "pictures"), languages=["en", "ru"]), strict=True)
    app.testing = True
    yield app
    with app.app_context():
        db.engine().dispose()


@pytest.fixture(scope="module")
def editor(app):
    return sign_in(app, "editor")


def upload(browser, *files, **more):
    token = csrf(browser.get("/desk/cases/new").text)
    data = {"csrf_token": token, "file": [(io.BytesIO(content), f"photo{n}.jpg") for n, content in enumerate(files)]}
    return browser.post("/desk/pictures/upload", data=data, follow_redirects="headers" not in more, **more)


def dropped(browser, content):
    """A picture sent by the script of the form; answers its address."""
    answer = upload(browser, content, headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    return answer.json["url"]


def with_picture(app, browser, title="Beds", **form):
    """A published case whose picture was sent by its form; answers (uid, name of the picture)."""
    uid = make(app, title={"en": title, "ru": f"{title} по-русски"})
    page = browser.get(f"/desk/cases/{uid}/?language=en&form=full").text
    data = {**Fields(main(page)).values, "do": "publish", "picture": (io.BytesIO(photo(gps=True)), "p.jpg"), **form}
    assert browser.post(f"/desk/cases/{uid}/", data=data).status_code == 302
    with app.app_context():
        query = sa.select(Media.name).join(Content, Content.id == Media.content_id).where(Content.uid == uid)
        return uid, db.session().scalars(query.order_by(Media.id.desc())).first()


def act(browser, path, do="save", **typed):
    """Press a button of a picture's page."""
    values = Fields(main(browser.get(path).text)).values
    typed = {name.replace("__", "."): value for name, value in typed.items()}
    return browser.post(path, data={**values, "do": do, **typed}, follow_redirects=True)


def library(browser, query=""):
    page = browser.get(f"/desk/pictures/?{query}")
    assert page.status_code == 200
    return main(page.text)


def many(browser, do, *names):
    token = csrf(browser.get("/desk/pictures/").text)
    data = {"csrf_token": token, "do": do, "name": list(names)}
    return browser.post("/desk/pictures/many", data=data, follow_redirects=True)


def test_a_picture_is_named_with_its_entry_and_described_in_each_language(app, editor):
    uid, name = with_picture(app, editor, picture_alt="Two beds", picture_credit="A. Gardener")
    page = library(editor)
    assert f"/desk/cases/{uid}/" in page and "Two beds" in page and "A. Gardener" in page
    assert "no description: RU" in re.sub(r"<[^>]+>", "", page)
    assert name in library(editor, "tab=undescribed") and name not in library(editor, "tab=unused")
    assert "no description" in editor.get(f"/desk/cases/{uid}/").text
    told = act(editor, f"/desk/pictures/picture/{name}/", alt__ru="Две грядки", credit="A. Gardener", licence="CC BY 4.0")
    assert "Saved." in told.text and name not in library(editor, "tab=undescribed")
    visitor = app.test_client()
    assert 'alt="Две грядки"' in visitor.get(f"/ru/cases/{uid}/", follow_redirects=True).text
    assert 'alt="Two beds"' in visitor.get("/en/cases/").text
    assert name in library(editor, "q=gardener") and name not in library(editor, "q=nobody")


def test_sizes_are_modern_without_metadata_and_cut_around_what_matters(app, editor):
    _uid, name = with_picture(app, editor)
    visitor = app.test_client()
    page = visitor.get("/en/cases/").text
    small = re.search(rf'src="(/pictures/{name[:-5]}/480-50x50\.webp)"', page).group(1)
    assert "480w" in page and "960w" in page and "1600w" not in page, "none larger than the picture is"
    answer = visitor.get(small)
    made = Image.open(io.BytesIO(answer.data))
    assert (made.format, made.size) == ("WEBP", (480, 320)) and "immutable" in answer.headers["Cache-Control"]
    assert not made.getexif() and not Image.open(io.BytesIO(visitor.get(f"/media/{name}").data)).getexif()
    assert visitor.get(small.replace("50x50", "17x17")).status_code == 404, "only the cut that the library knows"
    assert visitor.get(small.replace("480-", "481-")).status_code == 404
    act(editor, f"/desk/pictures/picture/{name}/", focus="50x17")
    page = editor.get("/en/cases/").text  # a visitor's page is made anew within a second
    assert f"{name[:-5]}/480-50x17.webp" in page and f"{name[:-5]}/480-50x50.webp" not in page, "another cut has another address"
    assert visitor.get(small).status_code == 404


def test_a_tall_picture_keeps_its_spot(app):
    from hub_pictures.sizes import box

    assert box(1000, 1000, (50, 50)) == (0, 166, 1000, 833)
    assert box(1000, 1000, (50, 83))[3] == 1000 and box(1000, 1000, (50, 17))[1] == 0
    assert box(3000, 1000, (17, 50)) == (0, 0, 1500, 1000) and box(3000, 1000, (50, 50)) == (750, 0, 2250, 1000)


def test_replacing_keeps_the_words(app, editor):
    uid, name = with_picture(app, editor, picture_alt="Two beds")
    path = f"/desk/pictures/picture/{name}/"
    refused = editor.post(path, data={"csrf_token": csrf(editor.get(path).text), "do": "replace", "file": (io.BytesIO(b"no"), "x.jpg")})
    assert refused.status_code == 422 and "cannot read this picture" in refused.text
    told = act(editor, path, "replace", file=(io.BytesIO(photo(left=(0, 90, 0))), "new.jpg"))
    new = re.search(r"/desk/pictures/picture/([\w-]+\.webp)/", told.request.path).group(1)
    assert new != name and "Replaced." in told.text and 'value="Two beds"' in told.text
    assert new[:-5] in editor.get(f"/en/cases/{uid}/", follow_redirects=True).text
    assert app.test_client().get(f"/media/{name}").status_code == 404 and name in library(editor, "tab=removed")


def test_unused_pictures_are_removed_and_brought_back(app, editor):
    upload(editor, photo(), photo())
    names = re.findall(r'name="name" value="([\w-]+\.webp)"', library(editor, "tab=unused"))
    assert len(names) == 2
    _uid, used = with_picture(app, editor)
    gone = many(editor, "remove", names[0], used)
    assert "1 picture is removed; it can be brought back." in gone.text
    visitor = app.test_client()
    assert visitor.get(f"/media/{names[0]}").status_code == 404 and visitor.get(f"/media/{used}").status_code == 200
    back = many(editor, "back", names[0])
    assert "1 picture is back." in back.text and visitor.get(f"/media/{names[0]}").status_code == 200
    assert "Tick at least one picture first." in many(editor, "remove").text


def test_after_its_days_a_removed_picture_is_gone(app, editor, clock):
    from hub_pictures import library as rooms

    name = dropped(editor, photo()).rpartition("/")[2]
    many(editor, "remove", name)
    kept = folder_of(app) / "data" / "media" / name
    for days, there in ((29, True), (2, False)):
        clock.move(days=days)
        with app.app_context():
            rooms.purge()
        assert kept.exists() is there
    assert name not in library(editor, "tab=removed")


def test_a_picture_dropped_into_a_text_is_used_there(app, editor):
    url = dropped(editor, photo())
    name = url.rpartition("/")[2]
    uid = make(app, title="Beds", body=f"See.\n\n![]({url})")
    assert f'src="{url}"' in app.test_client().get(f"/en/cases/{uid}/", follow_redirects=True).text
    page = library(editor, "tab=undescribed")
    assert name in page and "no description in a text" in page and f"/desk/cases/{uid}/" in page
    refused = many(editor, "remove", name)
    assert "Tick at least one" in refused.text and app.test_client().get(url).status_code == 200
    data = {"csrf_token": csrf(editor.get("/desk/cases/new").text), "file": (io.BytesIO(b"GIF89a nothing"), "x.gif")}
    bad = editor.post("/desk/pictures/upload", data=data, headers={"Accept": "application/json"})
    assert bad.status_code == 422 and "cannot read this picture" in bad.json["error"]


def test_a_draft_that_shows_a_picture_keeps_it(app, editor):
    url = dropped(editor, photo())
    uid = make(app, title="Beds", body="See.")
    page = editor.get(f"/desk/cases/{uid}/?language=en&form=full").text
    editor.post(f"/desk/cases/{uid}/", data={**Fields(main(page)).values, "do": "save", "body.en": f"![Beds]({url})"})
    name = url.rpartition("/")[2]
    assert "in a draft" in library(editor) and name not in library(editor, "tab=unused")


def test_choosing_a_picture_that_another_entry_has_makes_a_copy(app, editor):
    uid, name = with_picture(app, editor, picture_alt="Two beds")
    other = make(app, title="Another yard")
    page = library(editor, f"target=case/{other}")
    assert name in page and "Use this picture" in page
    data = {"csrf_token": csrf(page), "target": f"case/{other}", "name": name}
    told = editor.post("/desk/pictures/choose", data=data, follow_redirects=True)
    assert "The entry shows this picture now." in told.text
    shown = app.test_client().get(f"/en/cases/{other}/", follow_redirects=True).text
    copy = re.search(r"/pictures/([\w-]+)/", shown).group(1) + ".webp"
    assert copy != name and 'alt="Two beds"' in shown
    act(editor, f"/desk/pictures/picture/{copy}/", "off")
    assert name[:-5] in editor.get(f"/en/cases/{uid}/", follow_redirects=True).text, "the first keeps its own"
    assert copy[:-5] not in editor.get(f"/en/cases/{other}/", follow_redirects=True).text
    assert copy in library(editor, "tab=unused")


def test_who_may(app, editor):
    uid, name = with_picture(app, editor)
    member, visitor = sign_in(app, "member"), app.test_client()
    assert visitor.get("/desk/pictures/").status_code == 302 and member.get("/desk/pictures/").status_code == 403
    assert member.get(f"/desk/pictures/picture/{name}/").status_code == 403
    token = csrf(member.get("/desk/cases/new").text)
    data = {"csrf_token": token, "target": f"case/{uid}", "do": "off"}
    assert member.post("/desk/pictures/choose", data=data).status_code == 403
    assert dropped(member, photo()).startswith("/media/"), "who writes may illustrate"
    assert editor.get("/desk/pictures/?tab=x").status_code == 404 and editor.get("/desk/pictures/picture/none.webp/").status_code == 404
    assert editor.get("/desk/pictures/?target=case/none").status_code == 404


def test_the_entry_that_a_picture_is_chosen_for_is_named_in_the_language_of_who_looks(app):
    uid = make(app, "case", {"en": "Beds by the clinic", "ru": "Грядки у поликлиники"})
    admin = sign_in(app, "admin")
    admin.get("/desk/?lang=ru")
    page = main(admin.get(f"/desk/pictures/?target=case/{uid}").text)
    assert "Грядки у поликлиники" in page and "Beds by the clinic" not in page


def test_a_logo_that_can_be_seen_through_stands_on_white(app, editor):
    logo = Image.new("RGBA", (400, 300), (0, 0, 0, 0))
    logo.paste((200, 30, 30, 255), (100, 100, 300, 200))
    logo.save(file := io.BytesIO(), "PNG")
    kept = Image.open(io.BytesIO(editor.get(dropped(editor, file.getvalue())).data)).convert("RGB")
    assert min(kept.getpixel((10, 10))) > 245, "what was see-through has become black"
    assert kept.getpixel((200, 150))[0] > 180 > 80 > kept.getpixel((200, 150))[1]
