"""hub.toml and the environment become typed settings; every fault is one clear line that names the setting."""

import json
import stat

import pytest

from hub.app import create_app
from hub.settings import Settings, SettingsError, load_settings, write_secret_key


@pytest.fixture
def instance(tmp_path):
    """`instance("[site]…")`: an instance folder with this hub.toml and a secret."""

    def make(toml="", *, secret=True):
        (tmp_path / "hub.toml").write_bytes(toml if isinstance(toml, bytes) else toml.encode())
        if secret:
            write_secret_key(tmp_path)
        return tmp_path

    return make


def refused(folder, environ=None):
    with pytest.raises(SettingsError) as caught:
        load_settings(folder, environ or {})
    return str(caught.value)


def test_an_empty_file_gives_the_defaults(instance):
    folder = instance()
    settings = load_settings(folder, {})
    assert settings.site.languages == ["en", "ru"] and settings.default_language == "en"
    assert settings.database_url == f"sqlite:///{folder}/data/hub.db"
    assert (settings.server.host, settings.server.port, settings.accounts.registration) == ("127.0.0.1", 8000, "invitation")
    assert settings.data == folder / "data" and settings.cache == folder / "cache"


def test_the_environment_stands_over_the_file(instance):
    folder = instance(
        '[site]\nname = "From the file"\ntagline = "Kept"\nlanguages = ["ru"]\nurl = "https://hub.example.org/city/"\n'
        "[limits]\npage_cache_mb = 3\n[plugin.news]\nevery = 60\n"
    )
    settings = load_settings(folder, {
        "HUB_SITE__NAME": "From the environment", "HUB_SITE__LANGUAGES": '["tt", "ru", "tt"]', "HUB_SERVER__PORT": "8123",
        "HUB_CLUSTER__HOSTS": "2", "HUB_DATABASE__URL": "postgresql://db/hub", "HUB_NET__ALLOW": '["127.0.0.1:8199"]',
        "HUB_PLUGIN__NEWS__TOKEN": "secret", "HUB_DEBUG": "1", "HUB_INSTANCE": "/elsewhere", "HUB_STRICT": "1", "OTHER": "x",
    })  # fmt: skip
    assert settings.site.name == "From the environment" and settings.site.tagline == "Kept"
    assert settings.site.languages == ["tt", "ru"]
    assert settings.site.url == "https://hub.example.org/city"
    assert settings.server.port == 8123 and settings.limits.page_cache_mb == 3
    assert settings.cluster.hosts == 2 and settings.database_url == "postgresql://db/hub"
    assert settings.net.allow == ["127.0.0.1:8199"]
    assert settings.plugin == {"news": {"every": 60, "token": "secret"}}
    assert settings.instance == folder


@pytest.mark.parametrize(("given", "wanted"), [("ru,en", '["ru", "en"]'), ("ru", '["ru"]'), ("ru, en", '["ru", "en"]')])
def test_a_list_in_the_environment_that_is_none_is_shown_as_one(instance, given, wanted):
    said = refused(instance(), {"HUB_SITE__LANGUAGES": given})
    assert said.startswith("HUB_SITE__LANGUAGES: site.languages") and wanted in said


@pytest.mark.parametrize("text", ["2030", "true", "null", "1e3", '"quoted"', "Сад"])
def test_text_in_the_environment_stays_text(instance, text):
    """A network may be called 2030: whether text or number is meant is for the setting to say."""
    settings = load_settings(instance(), {"HUB_SITE__NAME": text})
    assert settings.site.name == text


def test_text_per_language(instance):
    folder = instance('[site.name]\nru = "Сеть"\nen = "Network"\n')
    settings = load_settings(folder, {})
    assert settings.text(settings.site.name, "en") == "Network" and settings.text(settings.site.name, "ru") == "Сеть"
    assert settings.text(settings.site.name, "tt") == "Сеть"
    over = load_settings(folder, {"HUB_SITE__NAME": json.dumps({"en": "Other"}), "HUB_SITE__TAGLINE__RU": "Город"})
    assert over.site.name == {"en": "Other"} and over.site.tagline == {"ru": "Город"}


@pytest.mark.parametrize(
    ("toml", "name", "suggestion"),
    [
        ('[site]\nnmae = "Hub"', "site.nmae", "did you mean site.name?"),
        ("[severs]\nport = 1", "severs", "did you mean server?"),
        ('[database]\nulr = "x"', "database.ulr", "did you mean database.url?"),
        ("[zzz]\nqqq = 1", "zzz", ""),
    ],
)
def test_an_unknown_setting_is_named_with_the_nearest_known_one(instance, toml, name, suggestion):
    message = refused(instance(toml))
    assert f"unknown setting {name}" in message and "hub.toml" in message
    assert suggestion in message and ("did you mean" in message) == bool(suggestion)


@pytest.mark.parametrize("reserved", ['secret_key = "x"', 'instance = "/x"'])
def test_what_is_no_setting_cannot_be_set(instance, reserved):
    assert f"'{reserved.split(' ')[0]}' is not a setting" in refused(instance(reserved))


def test_unknown_environment_variables(instance):
    assert "HUB_NONSENSE" in refused(instance(), {"HUB_NONSENSE": "1"})
    for name in ("HUB_SITE__NMAE", "HUB_ZZZ__QQQ"):
        assert name in refused(instance(), {name: "x"})
    assert "site.name" in refused(instance(), {"HUB_SITE__NMAE": "x"})


def test_a_bad_value_in_the_environment_names_the_variable(instance):
    message = refused(instance(), {"HUB_SERVER__PORT": "seven"})
    assert "HUB_SERVER__PORT" in message and "'seven'" in message and "hub.toml" not in message


@pytest.mark.parametrize(
    ("toml", "environ", "name"),
    [
        ('[server]\nport = "many"', {}, "server.port"),
        ("[server]\nport = 70000", {}, "server.port"),
        ("[server]\nworkers = 0", {}, "server.workers"),
        ('[site]\nurl = "hub.example.org"', {}, "site.url"),
        ("[site]\nlanguages = []", {}, "site.languages"),
        ('[site]\nlanguages = ["en", "ruu"]', {}, "site.languages"),
        ('[site]\nlanguages = "en"', {}, "site.languages"),
        ('[site]\nlanguages = ["english"]', {}, "site.languages"),
        ('[site]\nlanguages = ["EN"]', {}, "site.languages"),
        ("[site]\nname = 7", {}, "site.name"),
        ('[site]\ntimezone = "Europe/Kazan"', {}, "site.timezone"),
        ("[database]\npool_size = 0", {}, "database.pool_size"),
        ('[database]\nurl = "mysql://db/hub"', {}, "database.url"),
        ('[database]\nurl = "postgres://db/hub"', {}, "database.url"),
        ('[mail]\nurl = "mail.example.org:587"', {}, "mail.url"),
        ('[mail]\nurl = "ftp://mail.example.org"', {}, "mail.url"),
        ('[mail]\nurl = "smtp://hub:pa#ss@mail.example.org:587"', {}, "mail.url"),
        ("", {"HUB_MAIL__URL": "smtp://mail.example.org:smtp"}, "mail.url"),
        ('[accounts]\nregistration = "perhaps"', {}, "accounts.registration"),
        ("[limits]\nform_bytes = 5", {}, "limits.form_bytes"),
        ("[cluster]\nhosts = 0", {}, "cluster.hosts"),
        ('site = "x"', {}, "site"),
        ('site = "x"', {"HUB_SITE__NAME": "y"}, "site"),
        ('[site]\nname = "x"', {"HUB_SITE__NAME__RU": "y"}, "site.name"),
        ("[plugin]\nnews = 1", {}, "plugin.news"),
        ("", {"HUB_NET__ALLOW": "127.0.0.1"}, "net.allow"),
        ("", {"HUB_LIMITS__PAGE_CACHE_MB": "-1"}, "limits.page_cache_mb"),
    ],
)
def test_a_bad_value_is_refused_by_name(instance, toml, environ, name):
    message = refused(instance(toml), environ)
    assert name in message.lower().replace("__", ".").replace("hub_", ""), message
    assert "Traceback" not in message and "pydantic" not in message


@pytest.mark.parametrize("url", [
    "", "smtp://localhost", "smtp://[::1]:25", "smtps://me@example.org:p%23ss@mail.example.org:465", "smtp://hub:p%40s@s@mail.example.org:587/",
])  # fmt: skip
def test_addresses_of_mail_servers(instance, url):
    assert load_settings(instance(), {"HUB_MAIL__URL": url}).mail.url == url


def test_a_password_in_a_bad_address_is_not_repeated(instance):
    message = refused(instance('[mail]\nurl = "smtp://hub:hush/hush@mail.example.org"'))
    assert "smtp://user:password@host:587" in message and "%2F" in message and "hush" not in message


def test_all_faults_at_once(instance):
    message = refused(instance('[server]\nport = 0\nworkers = 99\n[site]\nnmae = "x"'))
    assert len(message.splitlines()) == 3
    assert all(name in message for name in ("server.port", "server.workers", "site.nmae"))


def test_a_missing_instance_says_how_to_make_one(tmp_path):
    message = refused(tmp_path / "nowhere")
    assert str(tmp_path / "nowhere") in message and "init" in message
    with pytest.raises(SettingsError, match="no instance"):
        create_app(tmp_path / "nowhere")


def test_a_missing_secret(instance):
    folder = instance(secret=False)
    message = refused(folder)
    assert "secret" in message and "HUB_SECRET_KEY" in message and str(folder) in message
    assert load_settings(folder, {"HUB_SECRET_KEY": "from outside"}).secret_key == "from outside"


def test_an_empty_secret_is_none(instance):
    """A secret of no letters would sign every session alike."""
    folder = instance()
    (folder / "data" / "secret_key").write_text("\n")
    assert "secret" in refused(folder)
    (folder / "data" / "secret_key").write_text("")
    write_secret_key(folder)
    assert load_settings(folder, {}).secret_key


def test_the_secret_is_for_the_owner_only(tmp_path):
    write_secret_key(tmp_path)
    path = tmp_path / "data" / "secret_key"
    first = path.read_text()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and len(first) >= 48
    write_secret_key(tmp_path)
    assert path.read_text() == first
    write_secret_key(tmp_path / "other")
    assert (tmp_path / "other" / "data" / "secret_key").read_text() != first


def test_the_secret_is_in_no_dump(instance):
    settings = load_settings(instance(), {})
    assert settings.secret_key and settings.secret_key not in repr(settings) + settings.model_dump_json()


def test_a_file_with_a_byte_order_mark(instance):
    settings = load_settings(instance(b"\xef\xbb\xbf" + '[site]\nname = "Сеть"\n'.encode()), {})
    assert settings.site.name == "Сеть"


@pytest.mark.parametrize("raw", ['[site]\nname = "Сеть"\n'.encode("windows-1251"), '[site]\nname = "x"\n'.encode("utf-16")])
def test_a_file_that_is_not_utf8(instance, raw):
    message = refused(instance(raw))
    assert "hub.toml is not UTF-8" in message


def test_broken_toml_says_where(instance):
    message = refused(instance("[site]\nname = \n"))
    assert "hub.toml" in message and "line 2" in message


def test_several_hosts_need_a_database_server(instance):
    folder = instance("[cluster]\nhosts = 2")
    message = refused(folder)
    assert "cluster.hosts" in message and "SQLite" in message and "postgresql://" in message
    assert load_settings(folder, {"HUB_DATABASE__URL": "postgresql://db/hub"}).cluster.hosts == 2
    assert "SQLite" in refused(folder, {"HUB_DATABASE__URL": "sqlite+pysqlite:////tmp/x.db"})


def test_settings_cannot_be_changed_afterwards():
    with pytest.raises(ValueError, match="frozen"):
        Settings().site.name = "other"
