"""HTTP Message Signatures against the published vectors of RFC 9421 (appendix B.1.4, B.2 and B.2.6), and what is no signature."""

import base64

import pytest

pytest.importorskip("hub_network")

SECRET = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----
"""
PUBLIC = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=
-----END PUBLIC KEY-----
"""
VALUES = {
    '"date"': "Tue, 20 Apr 2021 02:07:55 GMT", '"@method"': "POST", '"@path"': "/foo", '"@authority"': "example.com",
    '"content-type"': "application/json", '"content-length"': "18",
}  # fmt: skip
CREATED = 1618884473
INPUT = (
    'sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"'
)
SIGNATURE = "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:"
BASE = """"date": Tue, 20 Apr 2021 02:07:55 GMT
"@method": POST
"@path": /foo
"@authority": example.com
"content-type": application/json
"content-length": 18
"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519\""""
HEADERS = {"signature-input": INPUT, "signature": SIGNATURE}


def keys():
    from cryptography.hazmat.primitives import serialization

    return (
        serialization.load_pem_private_key(SECRET.encode(), None),
        serialization.load_pem_public_key(PUBLIC.encode()).public_bytes_raw(),
    )


def test_the_vector_of_the_standard_is_read_and_holds():
    from hub_network import signing

    found = signing.read(HEADERS, "sig-b26")
    assert found.covered == tuple(VALUES) and found.parameters == {"created": CREATED, "keyid": "test-key-ed25519"}
    assert signing.base(VALUES, found.covered, found.text).decode() == BASE
    signing.check(found, keys()[1], VALUES, ('"@method"', '"@path"'), CREATED + 299, 300)


def test_the_same_signature_is_made():
    from hub_network import signing

    made = signing.sign(keys()[0], VALUES, {"created": CREATED, "keyid": "test-key-ed25519"}, "sig-b26")
    assert made == HEADERS


@pytest.mark.parametrize("name", VALUES)
def test_every_component_counts(name):
    from hub_network import signing

    found = signing.read(HEADERS, "sig-b26")
    with pytest.raises(signing.Bad) as told:
        signing.check(found, keys()[1], {**VALUES, name: VALUES[name] + " "}, (), CREATED, 300)
    assert told.value.reason == "forged"
    with pytest.raises(signing.Bad) as told:
        signing.check(found, keys()[1], {n: v for n, v in VALUES.items() if n != name}, (), CREATED, 300)
    assert told.value.reason == "parts"


def test_time_and_what_must_be_covered():
    from hub_network import signing

    found, public = signing.read(HEADERS, "sig-b26"), keys()[1]
    for moment in (CREATED - 301, CREATED + 301):
        with pytest.raises(signing.Bad, match="time"):
            signing.check(found, public, VALUES, (), moment, 300)
    with pytest.raises(signing.Bad, match="parts"):
        signing.check(found, public, {**VALUES, '"digest"': "x"}, ('"digest"',), CREATED, 300)


def test_others_beside_it_are_passed_by():
    from hub_network import signing

    both = {"signature-input": f'proxy=("@method";req);expires=5 , {INPUT}', "signature": f"proxy=:AA==:,{SIGNATURE}"}
    assert signing.read(both, "sig-b26").text == INPUT.partition("=")[2]
    assert signing.read(both, "hub") is None and signing.read({}, "hub") is None


@pytest.mark.parametrize(
    "told, value",
    [
        (INPUT, ""), ("", SIGNATURE), (INPUT + ",", SIGNATURE), (INPUT + " ", SIGNATURE), (f"{INPUT}, {INPUT}", SIGNATURE),
        (INPUT.replace('" "', '"  "'), SIGNATURE), (INPUT.replace("(", "( "), SIGNATURE), (INPUT + ";created=1", SIGNATURE),
        (INPUT.replace("1618884473", "-1"), SIGNATURE), (INPUT.replace("test-key", 'test"key'), SIGNATURE),
        (INPUT, SIGNATURE.replace(":w", ":?")), (INPUT, SIGNATURE.replace("==:", ":")), ("sig-b26=" + "(" * 5000, SIGNATURE),
        (INPUT + ", x" * 2000, SIGNATURE),
    ],
)  # fmt: skip
def test_what_is_not_written_as_it_should_be_is_no_signature(told, value):
    from hub_network import signing

    with pytest.raises(signing.Bad, match="form"):
        signing.read({"signature-input": told, "signature": value}, "sig-b26")


def test_a_digest_stands_for_the_body_as_it_is_unpacked():
    from hub_network import signing

    # the example of RFC 9530, appendix B.1 and B.2
    assert signing.digest(b'{"hello": "world"}\n') == "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"


def test_a_key_is_written_in_one_way():
    from hub_network import identity

    right = base64.b64encode(bytes(range(32))).decode()
    assert identity.is_key(right)
    for wrong in ("", right[:-1], right + "=", right[:-2] + "9=", base64.b64encode(bytes(31)).decode(), "é" + right[1:], right + "\n"):
        assert not identity.is_key(wrong), wrong
