"""A server of the fediverse as a test wants it: accounts with keys, inboxes; signs and checks signatures with code of its own."""

import base64
import hashlib
import json
import re
from email.utils import format_datetime
from urllib.parse import urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from hub.api import now
from hub.testing.remote import Answer

KEYS = [rsa.generate_private_key(65537, 2048) for _ in range(2)]
ACTIVITY = "application/activity+json"


def pem(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


class Server:
    """inbox: the activities that came, each with a right signature. status: what its inbox answers."""

    def __init__(self, site, app):
        self.site, self.app = site, app
        self.home = app.extensions["hub"].settings.site.url
        self.inbox, self.status, self.key, self.number = [], 202, KEYS[0], 0
        site.script("/inbox", self.receive)
        site.trusted_by(app)

    def account(self, name="ann", shared=True, **changes):
        """An account; its address. changes: members of its document that are otherwise than they should be."""
        me = f"{self.site.url}/users/{name}"
        own = self.site.script(f"/users/{name}/inbox", self.receive)
        document = {
            "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"], "id": me, "type": "Person",
            "preferredUsername": name, "name": "<script>alert(1)</script>", "inbox": own,
            "publicKey": {"id": f"{me}#main-key", "owner": me, "publicKeyPem": pem(self.key)},
            **({"endpoints": {"sharedInbox": f"{self.site.url}/inbox"}} if shared else {}), **changes,
        }  # fmt: skip
        self.site.answer(f"/users/{name}", json.dumps(document), mimetype=ACTIVITY)
        return me

    def follow(self, me, **changes):
        self.number += 1
        return {"id": f"{self.site.url}/follows/{self.number}", "type": "Follow", "actor": me, "object": self.actor, **changes}

    @property
    def actor(self):
        return f"{self.home}/activitypub/actor"

    def send(self, said, *, key=None, key_id=None, **changes):
        """Post an activity to the hub, signed; changes: headers that are otherwise; the answer."""
        headers, body = self.signed(said, key=key, key_id=key_id, **changes)
        return self.post(headers, body)

    def post(self, headers, body):
        parts = urlsplit(self.home)
        return self.app.test_client().post("/activitypub/inbox", data=body, headers=headers, base_url=f"{parts.scheme}://{parts.netloc}")

    def signed(self, said, *, key=None, key_id=None, covers="(request-target) host date digest content-type", **changes):
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        actor = said.get("actor", "") if isinstance(said, dict) else ""
        headers = {
            "host": urlsplit(self.home).netloc, "date": format_datetime(now(), usegmt=True), "content-type": ACTIVITY,
            "digest": "SHA-256=" + base64.b64encode(hashlib.sha256(body).digest()).decode(),
        }  # fmt: skip
        headers |= {name.replace("_", "-"): value for name, value in changes.items()}
        lines = {"(request-target)": "post /activitypub/inbox", **headers}
        text = "\n".join(f"{name}: {lines[name]}" for name in covers.split())
        value = base64.b64encode((key or self.key).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
        headers["signature"] = f'keyId="{key_id or actor + "#main-key"}",algorithm="rsa-sha256",headers="{covers}",signature="{value}"'
        return headers, body

    def signed_anew(self, said, *, key=None, covers='"@method" "@target-uri" "content-digest"', more="", target="", **changes):
        """The headers and the body of an activity signed by RFC 9421, as Mastodon does it since 4.5."""
        body = json.dumps(said).encode()
        digest = "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"
        headers = {"host": urlsplit(self.home).netloc, "content-type": ACTIVITY, "content-digest": digest}
        headers |= {name.replace("_", "-"): value for name, value in changes.items() if name not in ("created",)}
        created = changes.get("created", int(now().timestamp()))
        told = f'({covers});created={created};keyid="{said["actor"]}#main-key"{more}'
        values = {**headers, "@method": "POST", "@target-uri": target or f"{self.home}/activitypub/inbox", "@path": "/activitypub/inbox"}
        lines = [f"{name}: {values[name.strip(chr(34))]}" for name in covers.split()]
        text = "\n".join([*lines, f'"@signature-params": {told}'])
        value = base64.b64encode((key or self.key).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())).decode()
        return {**headers, "signature-input": f"sig1={told}", "signature": f"sig1=:{value}:"}, body

    def receive(self, asked):
        """What its inbox does: the signature is checked against the key that the hub's actor document names."""
        assert asked.method == "POST"
        headers = {name.lower(): value for name, value in asked.headers.items()}
        parts = dict(re.findall(r'(\w+)="([^"]*)"', headers["signature"]))
        document = self.app.test_client().get("/activitypub/actor", base_url=self.home).json
        assert parts["keyId"] == document["publicKey"]["id"] and document["publicKey"]["owner"] == document["id"] == self.actor
        signed = parts["headers"].split()
        assert {"(request-target)", "host", "date", "digest"} <= set(signed)
        assert headers["host"] == self.site.host
        assert headers["digest"] == "SHA-256=" + base64.b64encode(hashlib.sha256(asked.body).digest()).decode()
        lines = {**headers, "(request-target)": f"post {asked.path}"}
        key = serialization.load_pem_public_key(document["publicKey"]["publicKeyPem"].encode())
        key.verify(base64.b64decode(parts["signature"]), "\n".join(f"{n}: {lines[n]}" for n in signed).encode(), padding.PKCS1v15(), hashes.SHA256())
        if 200 <= self.status < 300:
            self.inbox.append(json.loads(asked.body))
        return Answer(b"", self.status)

    def got(self, kind):
        return [said for said in self.inbox if said["type"] == kind]
