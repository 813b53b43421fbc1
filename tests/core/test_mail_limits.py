"""The outbox (nothing lost, nothing injected, nothing twice) and the counters of rate limits."""

import base64
import datetime as dt
import email
import email.policy
import socket
import socketserver
import ssl
import threading

import pytest
import sqlalchemy as sa

from hub.store.db import now, session, writing
from hub.work import jobs, limits, mail
from hub.work.limits import Rate
from hub.work.mail import Mail

ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # what does not depend on the database

# --- a mail server of our own


class Conversation(socketserver.StreamRequestHandler):
    """Enough SMTP to take mail; what it heard stands in `server.heard`, the mails in `server.mails`."""

    server: "Smtp"

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")
        self.wfile.flush()

    def finish(self):
        super().finish()
        if isinstance(self.connection, ssl.SSLSocket):  # the server knows only the socket below it
            self.connection.close()

    def handle(self):
        sender, receivers = "", []
        self.say("220 mail.test")
        while line := self.rfile.readline(2000).decode("utf-8", "replace").rstrip("\r\n"):
            self.server.heard.append(line)
            word, rest = line.split(" ")[0].upper(), line.partition(":")[2]
            if word in self.server.answers:
                if not self.server.answers[word]:
                    return
                self.say(self.server.answers[word])
                continue
            if word == "EHLO":
                encrypted = isinstance(self.connection, ssl.SSLSocket)
                offers = ["AUTH PLAIN", *(["STARTTLS"] if self.server.tls and not encrypted else [])]
                self.say("250-mail.test\r\n" + "".join(f"250-{offer}\r\n" for offer in offers) + "250 8BITMIME")
            elif word == "STARTTLS":
                self.say("220 go ahead")
                try:
                    self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
                except OSError:
                    return
                self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
            elif word == "AUTH":
                self.server.passwords.append(base64.b64decode(line.split(" ")[2]).decode().split("\0")[1:])
                self.say("235 welcome")
            elif word == "MAIL":
                sender, receivers = rest.split(" ")[0].strip("<>"), []
                self.say("250 fine")
            elif word == "RCPT":
                address = rest.strip("<>")
                answer = self.server.refuses.get(address, "250 fine")
                if answer.startswith("250"):
                    receivers.append(address)
                self.say(answer)
            elif word == "DATA":
                self.say("354 go on")
                lines = []
                while (data := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(data.removeprefix(b".").replace(b"\r\n", b"\n"))
                message = email.message_from_bytes(b"".join(lines), policy=email.policy.default)
                self.server.mails.append((sender, receivers, message))
                self.say("250 kept")
            elif word == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 fine")


class Smtp(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Conversation)
        self.heard, self.mails, self.passwords, self.refuses, self.answers, self.tls = [], [], [], {}, {}, None
        self.url = f"smtp://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_):
        pass


@pytest.fixture
def smtp():
    with Smtp() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def clock(monkeypatch):
    """`clock(minutes=2)` moves the outbox's and the limits' time on."""
    moved = dt.timedelta()

    def forward(**by):
        nonlocal moved
        moved += dt.timedelta(**by)

    for module in (mail, limits):
        monkeypatch.setattr(module, "now", lambda: now() + moved)
    return forward


@pytest.fixture
def hub_with_mail(any_hub, smtp):
    return any_hub(env={"HUB_MAIL__URL": smtp.url, "HUB_MAIL__SENDER": "hub@example.org"})


def send(app, to="anna@example.org", subject="Hello", text="Text.", html=""):
    with app.app_context(), writing():
        mail.send(session(), to, subject, text, html)
        session().commit()


def deliver(app):
    with app.app_context():
        return mail.deliver_due()


def outbox(app):
    with app.app_context():
        found = session().scalars(sa.select(Mail).order_by(Mail.id)).all()
        session().expunge_all()
        return found


# --- mail


def test_a_mail_is_written_with_its_data(hub_with_mail, smtp):
    app = hub_with_mail
    with app.app_context(), writing():
        mail.send(session(), "anna@example.org", "Never", "Text.")
        session().rollback()
    assert deliver(app) == 0 and outbox(app) == [] and smtp.heard == []
    send(app)
    assert deliver(app) == 1 and len(smtp.mails) == 1
    assert deliver(app) == 0 and len(smtp.mails) == 1, "it went out twice"


@ON_SQLITE
def test_what_arrives(hub_with_mail, smtp):
    app = hub_with_mail
    send(app, subject="Новости: сад у дома", text="Привет!\n.\nКонец", html="<p>Привет!</p>")
    assert deliver(app) == 1
    (sender, receivers, message), = smtp.mails
    assert (sender, receivers) == ("hub@example.org", ["anna@example.org"])
    assert message["From"] == "hub@example.org" and message["To"] == "anna@example.org"
    assert message["Subject"] == "Новости: сад у дома" and message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == outbox(app)[0].message_id and message["Date"].datetime.tzinfo
    assert message.get_body(("plain",)).get_content() == "Привет!\n.\nКонец\n"
    assert message.get_body(("html",)).get_content() == "<p>Привет!</p>\n"
    row, = outbox(app)
    assert row.sent and (row.attempts, row.error) == (1, "")


@ON_SQLITE
def test_the_job_delivers(hub_with_mail, smtp):
    send(hub_with_mail)
    jobs.run_due(hub_with_mail)
    assert len(smtp.mails) == 1


@pytest.mark.parametrize(
    ("to", "subject"),
    [
        ("anna@example.org\r\nBcc: all@example.org", "Hello"), ("anna@example.org\n", "Hello"), ("a\r@example.org", "Hello"),
        ("anna@example.org", "Hello\nBcc: all@example.org"), ("anna@example.org", "Hello\r\n\r\nBody"), ("anna@example.org", "a\rb"),
        ("anna@example.org", "a\u2028b"), ("anna@example.org", "a\x0bb"), ("anna@example.org", "a\x85b"),
    ],
)  # fmt: skip
def test_no_line_breaks_out_of_a_header(to, subject):
    with pytest.raises(ValueError, match="one line"):
        mail.send(None, to, subject, "Text.")


@pytest.mark.parametrize("to", ["nobody", "", "a@b@c", "anna@example.org, eve@example.org", "Anna <anna@example.org>", "a b@example.org"])
def test_an_address_is_one_address(to):
    with pytest.raises(ValueError, match="not one mail address"):
        mail.send(None, to, "Hello", "Text.")


@ON_SQLITE
def test_an_address_in_cyrillic_disturbs_nobody(hub_with_mail, smtp):
    """This server takes no such address: the mail waits with its error, the next one goes out."""
    app = hub_with_mail
    send(app, "анна@пример.рф")
    send(app, "boris@example.org")
    assert deliver(app) == 1
    assert [receivers for _, receivers, _ in smtp.mails] == [["boris@example.org"]]
    first, second = outbox(app)
    assert first.sent is None and first.error and second.sent


@ON_SQLITE
def test_a_mail_that_cannot_be_made_disturbs_nobody(hub_with_mail, smtp, monkeypatch):
    app = hub_with_mail
    send(app, "anna@example.org")
    send(app, "boris@example.org")
    real = mail._deliver
    monkeypatch.setattr(mail, "_deliver", lambda row, *rest: 1 / 0 if row.to.startswith("anna") else real(row, *rest))
    assert deliver(app) == 1
    first, second = outbox(app)
    assert first.sent is None and "division" in first.error and second.sent


def test_a_refused_mail_is_kept_and_tried_again(hub_with_mail, smtp, clock):
    app = hub_with_mail
    smtp.refuses["anna@example.org"] = "451 come back later"
    send(app)
    send(app, "boris@example.org")
    assert deliver(app) == 1
    assert [receivers for _, receivers, _ in smtp.mails] == [["boris@example.org"]]
    pauses = []
    for attempt in (1, 2, 3):
        row = outbox(app)[0]
        assert (row.sent, row.attempts) == (None, attempt) and "come back later" in row.error
        pauses.append((row.next_try - mail.now()).total_seconds())
        assert deliver(app) == 0 and outbox(app)[0].attempts == attempt, "it is too early"
        clock(seconds=pauses[-1] + 1)
        if attempt < 3:
            assert deliver(app) == 0
    assert 60 < pauses[0] < pauses[1] < pauses[2]
    smtp.refuses.clear()
    assert deliver(app) == 1
    row = outbox(app)[0]
    assert row.sent and row.error == "" and smtp.mails[-1][2]["Message-ID"] == row.message_id
    clock(days=30)
    assert deliver(app) == 0


@ON_SQLITE
@pytest.mark.parametrize("answer", ["550 5.1.1 no such mailbox", "552 5.2.2 mailbox full", "553 no"])
def test_a_mail_refused_for_good_is_given_up_at_once_but_never_thrown_away(hub_with_mail, smtp, clock, answer):
    app = hub_with_mail
    smtp.refuses["anna@example.org"] = answer
    send(app)
    send(app, "boris@example.org")
    for _ in range(3):
        deliver(app)
        clock(days=1)
    row, other = outbox(app)
    assert (row.attempts, row.sent, row.error) == (mail.MAX_ATTEMPTS, None, answer) and row.text == "Text." and other.sent
    assert sum("anna" in line for line in smtp.heard) == 1, "the server is asked again and again"


@ON_SQLITE
@pytest.mark.parametrize("answer", ["451 4.7.1 greylisted", "550 5.7.1 relaying denied", "554 relay access denied"])
def test_what_may_change_is_tried_again_for_days(hub_with_mail, smtp, clock, answer):
    app = hub_with_mail
    smtp.refuses["anna@example.org"] = answer
    send(app)
    for attempt in range(1, mail.MAX_ATTEMPTS + 1):
        deliver(app)
        assert outbox(app)[0].attempts == attempt
        clock(days=1)
    assert not deliver(app) and outbox(app)[0].error == answer


@ON_SQLITE
@pytest.mark.parametrize("word", ["MAIL", "AUTH", "EHLO"])
@pytest.mark.parametrize("answer", ["535 5.7.8 wrong password", "421 too many connections", "550 who are you", ""])
def test_a_server_that_refuses_everybody_costs_no_mail_a_try(any_hub, smtp, clock, word, answer):
    """A wrong password, an unknown sender, a server that is busy or breaks off: one try a round, and all go out once it is mended."""
    app = any_hub(env={"HUB_MAIL__URL": smtp.url.replace("//", "//me:secret@"), "HUB_MAIL__SENDER": "hub@example.org"})
    smtp.answers[word] = answer
    for name in ("anna", "boris", "clara"):
        send(app, f"{name}@example.org")
    assert deliver(app) == 0 and sum(line.upper().startswith("EHLO") for line in smtp.heard) == 1
    for _ in range(2 * mail.MAX_ATTEMPTS):
        assert deliver(app) == 0
        clock(days=1)
    assert {(row.sent, row.attempts) for row in outbox(app)} == {(None, 0)}
    assert mail_check(app)["state"] == "warning"
    smtp.answers.clear()
    assert deliver(app) == 3 and mail_check(app)["state"] == "ok"


@ON_SQLITE
def test_a_new_site_without_a_mail_server_is_told_in_the_language_of_its_page(any_hub):
    app = any_hub()
    send(app, "anna@example.org")
    for language, said in (("ru", "Писем ждут отправки: 1"), ("en", "Mails that wait: 1")):
        client = app.test_client()
        client.set_cookie("hub_lang", language)
        assert said in str(client.get("/-/health").json["checks"])


def mail_check(app):
    return next(check for check in app.test_client().get("/-/health").json["checks"] if check["name"] == "mail")


@ON_SQLITE
def test_a_server_that_is_gone_for_weeks_and_back(any_hub, smtp, clock, monkeypatch, caplog):
    """No mail is given up because nobody answered, health tells it, and all go out when the server is back."""
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    app = any_hub(env={"HUB_MAIL__URL": f"smtp://127.0.0.1:{port}", "HUB_MAIL__SENDER": "hub@example.org"})
    for name in ("anna", "boris"):
        send(app, f"{name}@example.org")
    assert mail_check(app)["state"] == "ok"
    for _ in range(3 * mail.MAX_ATTEMPTS):
        assert deliver(app) == 0
        clock(days=1)
    assert {(row.sent, row.attempts) for row in outbox(app)} == {(None, 0)}
    assert mail_check(app)["state"] == "warning" and "Mails that wait: 2" in mail_check(app)["message"] and "refused" in mail_check(app)["message"]
    assert sum("could not be sent" in record.message for record in caplog.records) == 1, "the log is filled"
    monkeypatch.setattr(mail, "_deliver", lambda row, url, sender, real=mail._deliver: real(row, smtp.url, sender))
    assert deliver(app) == 2 and len(smtp.mails) == 2 and mail_check(app)["state"] == "ok"


@ON_SQLITE
def test_without_a_mail_server_everything_stays(any_hub, clock):
    app = any_hub()
    send(app)
    for _ in range(3):
        assert deliver(app) == 0
        clock(days=1)
    row, = outbox(app)
    assert (row.sent, row.attempts, row.error) == (None, 0, "")
    checks = {check["name"]: check for check in app.test_client().get("/-/health").json["checks"]}
    assert checks["mail"]["state"] == "warning" and "url" in checks["mail"]["message"]


def test_two_workers_send_each_mail_once(hub_with_mail, smtp):
    app, start = hub_with_mail, threading.Barrier(2)
    for n in range(8):
        send(app, f"reader{n}@example.org")

    def work():
        start.wait(10)
        deliver(app)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(receivers[0] for _, receivers, _ in smtp.mails) == [f"reader{n}@example.org" for n in range(8)]
    assert all(row.sent and row.attempts == 1 for row in outbox(app))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Key and self-signed certificate of localhost in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now() - dt.timedelta(days=1)).not_valid_after(now() + dt.timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    pem = serialization.Encoding.PEM
    path.write_bytes(key.private_bytes(pem, *plain) + builder.sign(key, hashes.SHA256()).public_bytes(pem))
    return path


@pytest.fixture
def encrypted(smtp, certificate):
    smtp.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    smtp.tls.load_cert_chain(certificate)
    return smtp


def test_encryption_is_used_where_the_server_offers_it(new_hub, encrypted, certificate, monkeypatch):
    """The password and the mail go over the encrypted connection only."""
    trusting = ssl.create_default_context(cafile=str(certificate))
    monkeypatch.setattr(mail.ssl, "create_default_context", lambda: trusting)
    monkeypatch.setenv("HUB_MAIL__URL", encrypted.url.replace("127.0.0.1", "hub:p%40ss@localhost"))
    app = new_hub(plugins=())
    send(app)
    assert deliver(app) == 1, outbox(app)[0].error
    heard = [line.split(" ")[0].upper() for line in encrypted.heard]
    assert heard[:2] == ["EHLO", "STARTTLS"] and encrypted.passwords == [["hub", "p@ss"]]
    assert len(encrypted.mails) == 1


def test_nothing_goes_to_a_server_with_a_wrong_certificate(new_hub, encrypted, monkeypatch):
    monkeypatch.setenv("HUB_MAIL__URL", encrypted.url.replace("127.0.0.1", "hub:secret@localhost"))
    app = new_hub(plugins=())
    send(app)
    assert deliver(app) == 0
    assert encrypted.passwords == [] and not any(line.upper().startswith(("AUTH", "MAIL")) for line in encrypted.heard)
    assert "certificate" in outbox(app)[0].error.lower()


# --- limits


def hit(app, who="10.0.0.1", limit=3, seconds=60, what="login"):
    with app.app_context():
        return limits.hit(what, who, limit, seconds)


@pytest.fixture
def at(monkeypatch):
    """`at(second)`: what time it is for the limits."""
    return lambda second: monkeypatch.setattr(limits, "now", lambda: dt.datetime.fromtimestamp(second, dt.UTC))


def test_within_the_limit_nobody_waits(any_hub, at):
    app = any_hub()
    at(600_010)
    assert [hit(app) for _ in range(3)] == [0, 0, 0]
    assert hit(app) == 50, "the window of 60 s ends at 600,060"
    at(600_059)
    assert hit(app) == 1
    at(600_060)
    assert [hit(app) for _ in range(4)] == [0, 0, 0, 60]


@ON_SQLITE
def test_everybody_is_counted_apart(any_hub, at):
    app = any_hub()
    at(600_000)
    assert [hit(app, limit=1), hit(app, limit=1)] == [0, 60]
    assert hit(app, who="10.0.0.2", limit=1) == 0
    assert hit(app, what="search", limit=1) == 0
    assert hit(app, limit=1, seconds=3600) == 0, "another window is another limit"


def test_threads_count_together(any_hub, at):
    app, answers, start = any_hub(), [], threading.Barrier(4)
    at(600_000)

    def use():
        start.wait(10)
        for _ in range(25):
            answers.append(hit(app, limit=60))

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(answers) == 100 and answers.count(0) == 60


@ON_SQLITE
def test_a_refused_request_counts_though_its_work_is_undone(any_hub, at):
    app = any_hub()
    at(600_000)
    with app.app_context():
        assert limits.hit("login", "x", 1, 60) == 0
        session().rollback()
    assert hit(app, who="x", limit=1) > 0


@ON_SQLITE
def test_addresses_are_not_written_down(any_hub, at):
    app = any_hub()
    at(600_000)
    hit(app, who="anna@example.org")
    with app.app_context():
        row = session().scalars(sa.select(Rate)).one()
        assert "anna" not in row.key and "login" not in row.key and row.count == 1


def test_old_counters_are_forgotten(any_hub, at):
    app = any_hub()
    at(600_000)
    hit(app)
    hit(app, seconds=86_400)
    at(600_061)
    hit(app)
    with app.app_context():
        limits.forget_old()
        assert session().scalar(sa.select(sa.func.count()).select_from(Rate)) == 2
    assert "hub.limits" in app.extensions["hub"].jobs
    assert hit(app, limit=1) > 0, "a counter that still runs is kept"


@ON_SQLITE
def test_doctor_tries_the_mail_server(hub_with_mail, smtp, command):
    folder = hub_with_mail.extensions["hub"].settings.instance
    server = {"HUB_MAIL__URL": smtp.url, "HUB_MAIL__SENDER": "hub@example.org"}
    done = command(folder, "doctor", "--mail", "anna@example.org", **server)
    assert "ok    mail.delivery" in done.out and [receivers for _, receivers, _ in smtp.mails] == [["anna@example.org"]]
    smtp.refuses["anna@example.org"] = "550 nobody of that name"
    done = command(folder, "doctor", "--mail", "anna@example.org", **server)
    assert done.status == 1 and "FAIL  mail.delivery" in done.out and "nobody of that name" in done.out
    done = command(folder, "doctor", "--mail", "anna@example.org")
    assert done.status == 1 and "[mail] url" in done.out and len(smtp.mails) == 1
