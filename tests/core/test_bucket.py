"""Pictures in an S3-compatible store (moto's, over HTTP): every host shows them, and a store that is gone breaks no page."""

from __future__ import annotations

import io
import json
import logging
import shutil

import pytest
import sqlalchemy as sa
from PIL import Image

from hub.app import create_app
from hub.settings import load_settings
from hub.store import db

pytest.importorskip("moto")


@pytest.fixture(scope="module")
def store():
    """A running store with a bucket `pictures`: (address, client)."""
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    client = boto3.client("s3", endpoint_url=address, region_name="us-east-1", aws_access_key_id="id", aws_secret_access_key="secret")
    client.create_bucket(Bucket="pictures")
    yield address, client
    server.stop()


@pytest.fixture
def hosts(hub_instances, store, request):
    """Two hosts of one site: one database, two folders; `hosts(endpoint)` makes them."""
    made = []

    def make(endpoint=""):
        first = hub_instances.make(("pictures", "cases"))
        second = first.with_name(first.name + "-b")
        shutil.copytree(first, second, symlinks=True)
        media = {"HUB_MEDIA__BUCKET": "pictures", "HUB_MEDIA__ENDPOINT": endpoint or store[0], "HUB_MEDIA__KEY": "id", "HUB_MEDIA__SECRET": "secret",
                 "HUB_MEDIA__PREFIX": "hub/", "HUB_DATABASE__URL": f"sqlite:///{first / 'data' / 'hub.db'}"}  # fmt: skip
        for folder in (first, second):
            app = create_app(settings=load_settings(folder, media), strict=True)
            app.testing = True
            made.append(app)
        return made[-2:]

    yield make
    for app in made:
        with app.app_context():
            db.engine().dispose()


def photo(colour):
    out = io.BytesIO()
    Image.new("RGB", (600, 400), colour).save(out, "JPEG")
    return out.getvalue()


def upload(app, colour="red"):
    from hub.api import items

    with app.app_context(), db.writing():
        name = items.attach_picture(None, photo(colour), alt={"en": colour}).name
        items.commit()
    return name


def kept(store):
    return {found["Key"] for found in store[1].list_objects_v2(Bucket="pictures").get("Contents", [])}


def test_what_one_host_takes_the_other_shows(hosts, store):
    one, other = hosts()
    name = upload(one)
    assert f"hub/{name}" in kept(store)
    shown = other.test_client().get(f"/media/{name}")
    assert shown.status_code == 200 and shown.mimetype == "image/webp" and "sandbox" in shown.headers["Content-Security-Policy"]
    assert shown.data == one.test_client().get(f"/media/{name}").data
    assert other.test_client().get("/media/AAAAAAAAAAAAAAAA.webp").status_code == 404


def test_what_is_removed_is_shown_by_nobody_and_comes_back(hosts, store):
    from hub_pictures import library

    one, other = hosts()
    name = upload(one, "green")
    assert other.test_client().get(f"/media/{name}").status_code == 200
    with one.app_context(), db.writing():
        library.remove(db.session().scalars(sa.select(library.Media).where(library.Media.name == name)).all())
        db.session().commit()
    assert {app.test_client().get(f"/media/{name}").status_code for app in (one, other)} == {404}
    with other.app_context(), db.writing():
        assert library.bring_back([name]) == 1
        db.session().commit()
    assert {app.test_client().get(f"/media/{name}").status_code for app in (one, other)} == {200}
    with one.app_context():
        from hub.api import items

        items.forget_picture(name)
    assert f"hub/{name}" not in kept(store)


def test_a_store_that_is_gone_breaks_no_page(hosts, store):
    one, other = hosts()
    name = upload(one, "blue")
    known = one.extensions["hub"].bucket
    for app in (one, other):
        app.extensions["hub"].bucket = type(known)(app.extensions["hub"].settings.media.model_copy(update={"endpoint": "http://127.0.0.1:9"}))
    assert one.test_client().get(f"/media/{name}").status_code == 200, "what it has itself it shows"
    assert other.test_client().get(f"/media/{name}").status_code == 503
    assert other.test_client().get("/en/").status_code == 200
    health = json.loads(one.test_client().get("/-/health").data)
    assert "media" in json.dumps(health) and one.test_client().get("/-/ready").status_code == 200
    with pytest.raises(ValueError, match="try again"):
        upload(one)
    with one.app_context():
        assert not list((one.extensions["hub"].settings.data / "media").glob("*.part*"))
    for app in (one, other):
        app.extensions["hub"].bucket = known
    assert other.test_client().get(f"/media/{name}").status_code == 200, "it is back"


def test_the_secret_is_in_no_dump(hub_instances):
    settings = load_settings(hub_instances.make(()), {"HUB_MEDIA__SECRET": "very-secret"})
    assert "very-secret" not in repr(settings) and "very-secret" not in str(settings)


def test_pictures_of_before_are_copied_once(hub_instances, store, command):
    folder = hub_instances.make(("pictures",))
    app = create_app(folder, strict=True)
    name = upload(app, "pink")
    with app.app_context():
        db.engine().dispose()
    assert command(folder, "push-media").status == 1, "there is no store yet"
    media = {"HUB_MEDIA__BUCKET": "pictures", "HUB_MEDIA__ENDPOINT": store[0], "HUB_MEDIA__KEY": "id", "HUB_MEDIA__SECRET": "secret"}
    assert "1 pictures" in command(folder, "push-media", check=True, **media).out and name in kept(store)
