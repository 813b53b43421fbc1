"""Every route × every role: what is there (the URL map) against what was decided (`matrix.txt`).

A route that nobody has decided about fails. `python tests/people/test_matrix.py [WORDS]` prints the table (of the routes with WORDS in
them) as it is now, to be read line by line before it is checked in. Words: + it answers; login: sent to the sign-in page; 403, 404.
"""

import re
import sqlite3
import sys
import tomllib
from contextlib import closing
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TABLE = HERE / "matrix.txt"
ROLES = ("visitor", "member", "representative", "editor", "admin")
BUNDLED = tuple(tomllib.loads((HERE.parents[1] / "pyproject.toml").read_text())["project"]["entry-points"]["hub.plugins"])
VALUES = {"lang": "en", "path": "cases", "shape": "xlsx", "owner": "hub", "file": "favicon.svg", "provider": "yandex", "slug": "our-case",
          "name": "covers", "kind": "case", "n": 0, "profile": "participedia"}  # fmt: skip
PARTS = 8  # `make test` asks every eighth route, `make test-all` all of them
SETTINGS = """
[accounts]
registration = "open"
[plugin.signin]
yandex_client = "us"
yandex_secret = "hush"
"""


def decided():
    """The table: (method, rule) → what each role gets."""
    rows = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            method, rule, *answers = line.split()
            assert len(answers) == len(ROLES) and (method, rule) not in rows, line
            rows[method, rule] = tuple(answers)
    return rows


def routes(app):
    """(method, rule as the table writes it, the rule) of everything that can be asked for."""
    found = {}
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            words = re.sub(r"<(?:any\((.*?)\)|[^:<>]+):(\w+)>", r"<\2>", rule.rule)
            found.setdefault((method, words), rule)
    return found


class Town:
    """All bundled plugins, one person per role, an organisation with a case; put back after every request that writes."""

    def __init__(self, app):
        from humans import Site
        from test_accounts import partner_of
        from test_representatives import make_case

        from hub.people import accounts, partners
        from hub.store import db
        from hub.testing.fixtures import sign_in

        self.app, site = app, Site(app)
        number, _ = partner_of(site)
        with app.app_context():
            uid = db.session().execute(db.sa.text(f"SELECT uid FROM content WHERE id = {number}")).scalar()
        self.values = {**VALUES, "uid": make_case(site, "Our case", uid), "number": 1}
        self.clients = {role: sign_in(app, role) for role in ("member", "editor", "admin")} | {"visitor": app.test_client()}

        app.config["WTF_CSRF_ENABLED"] = False  # rights are looked at here; CSRF has tests of its own

        def representative(s):
            user = accounts.add_user(s, "rep@example.org", "correct horse battery")
            s.flush()
            partners.appoint(user, number)

        site.do(representative)
        self.clients["representative"] = app.test_client()
        self.clients["representative"].post("/account/login", data={"email": "rep@example.org", "password": "correct horse battery"})
        self.file = app.extensions["hub"].settings.data / "hub.db"
        with closing(sqlite3.connect(self.file)) as now, closing(sqlite3.connect(f"{self.file}.kept")) as kept:
            now.backup(kept)

    def put_back(self):
        with closing(sqlite3.connect(f"{self.file}.kept")) as kept, closing(sqlite3.connect(self.file)) as now:
            kept.backup(now)

    def address(self, rule):
        values = {}
        for name in rule.arguments:
            kind = type(rule._converters[name]).__name__
            given = self.values.get(name, 1 if kind == "IntegerConverter" else "x")
            if "{32}" in rule._converters[name].regex:
                given = "x" * 32
            if kind == "AnyConverter":
                given = given if given in rule._converters[name].items else sorted(rule._converters[name].items)[0]
            values[name] = given
        with self.app.test_request_context():
            return rule.build(values, append_unknown=False)[1]

    def asked(self, method, rule, role):
        from hub.people import accounts

        before = accounts.PER_ADDRESS, accounts.PER_ACCOUNT
        accounts.PER_ADDRESS, accounts.PER_ACCOUNT = 10**6, 10**6
        client = self.clients[role]
        jar = dict(client._cookies)
        try:
            answer = client.open(self.address(rule), method=method, data={"email": "nobody@example.org"} if method == "POST" else None)
        finally:
            accounts.PER_ADDRESS, accounts.PER_ACCOUNT = before
        client._cookies = jar
        if method != "GET" or rule.rule.startswith("/account"):  # some of Flask-Security's pages sign out when visited
            self.put_back()
        assert answer.status_code not in (405, 500), (method, rule.rule, role)
        if answer.status_code in (301, 302, 303, 307, 308) and "/account/login?next" in answer.location:
            return "login"
        return {401: "403", 403: "403", 404: "404", 410: "404"}.get(answer.status_code, "+")


def seen(app, words="", part=None):
    """What each role gets from the routes with these words in them, or from one of every `PARTS` routes."""
    town, found = Town(app), sorted(routes(app).items(), key=_order)
    chosen = [(key, rule) for n, (key, rule) in enumerate(found) if words in key[1] and part in (None, n % PARTS)]
    return {key: tuple(town.asked(key[0], rule, role) for role in ROLES) for key, rule in chosen}


def _order(pair):
    return pair[0][0] != "GET", pair[0][1]


@pytest.fixture
def everything(new_hub):
    return new_hub(BUNDLED, toml=SETTINGS, start=True, strict=False)


def test_every_route_is_decided(everything):
    table, found = decided(), routes(everything)
    missing = sorted(" ".join(key) for key in found.keys() - table.keys())
    assert not missing, "routes nobody has decided about; add lines to matrix.txt:\n" + "\n".join(missing)
    assert not table.keys() - found.keys(), f"decisions about routes that are gone: {sorted(table.keys() - found.keys())}"


@pytest.mark.parametrize("part", [0, *(pytest.param(n, marks=pytest.mark.long) for n in range(1, PARTS))])
def test_every_route_gives_every_role_what_was_decided(everything, part):
    table, found = decided(), seen(everything, part=part)
    assert len(found) > 50
    wrong = [f"{' '.join(key)}: decided {table[key]}, got {found[key]}" for key in found if found[key] != table[key]]
    assert not wrong, "\n".join(wrong)


def test_no_page_of_a_plugin_hides_a_list_of_the_desk(everything):
    rules = everything.url_map.bind("localhost")
    for kind in everything.extensions["hub"].types.all():
        assert rules.match(f"/desk/{kind.path}/")[0] == "desk.list", kind.path
        assert rules.match(f"/desk/{kind.path}/new")[0] == "desk.new", kind.path


def test_the_table_is_sane():
    """Whoever may do more may do all that those with less may; nothing of the desk is for visitors."""
    allowed = {key: [answer == "+" for answer in row] for key, row in decided().items()}
    for (method, rule), may in allowed.items():
        if rule.startswith("/desk"):
            assert not may[0], (method, rule)
            assert may[1:] == sorted(may[1:]), f"{method} {rule}: a higher role may do less"


if __name__ == "__main__":
    import tempfile

    sys.path.insert(0, str(HERE))
    from hub.app import create_app
    from hub.testing.instances import Instances

    folder = Instances(Path(tempfile.mkdtemp())).make(BUNDLED, toml=SETTINGS, start=True)
    print("# method rule " + " ".join(ROLES))
    for (method, rule), answers in seen(create_app(folder), "".join(sys.argv[1:])).items():
        print(f"{method} {rule} {' '.join(answers)}")
