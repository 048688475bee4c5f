#!/usr/bin/env python3
"""Holds the vectors beside this file against a verifier of its own.

Written from what the senders document, with nothing but Python's standard library, and without a
look at how the Rust crates do it. Prints how many tests of each file agree; fails if one does not.
"""

import base64
import collections
import hashlib
import hmac
import json
import pathlib
import re
import sys

# What is signed in front of the body: names of headers, and texts.
SENDERS = {
    "databricks": {"signature": "x-databricks-signature", "prefix": b"", "id": None, "time": None},
    "mlflow": {
        "signature": "x-mlflow-signature",
        "prefix": b"v1,",
        "id": "x-mlflow-delivery-id",
        "time": "x-mlflow-timestamp",
    },
    "standard-webhooks": {
        "signature": "webhook-signature",
        "prefix": b"v1,",
        "id": "webhook-id",
        "time": "webhook-timestamp",
        "standard": True,
    },
    "wandb": {"signature": "x-wandb-signature", "prefix": b"", "id": None, "time": None},
}


class Refused(Exception):
    """Why a request is refused: a code, and the header that it is about."""


def only(headers, name):
    values = [value for other, value in headers if other.lower() == name]
    if not values:
        raise Refused("header_missing", name)
    if len(values) > 1:
        raise Refused("header_repeated", name)
    return values[0]


def decode_signature(text, encodings):
    """The 32 bytes that a text stands for, and its encoding; None if it stands for nothing."""
    if "hex" in encodings and re.fullmatch(rb"[0-9A-Fa-f]{64}", text):
        return bytes.fromhex(text.decode()), "hex"
    if "base64" in encodings and re.fullmatch(rb"[A-Za-z0-9+/]{43}=", text):
        tag = base64.b64decode(text, validate=True)
        # Python's decoder does not mind what stands in the unused bits.
        return (tag, "base64") if base64.b64encode(tag) == text else None
    if "base64_unpadded" in encodings and re.fullmatch(rb"[A-Za-z0-9+/]{43}", text):
        tag = base64.b64decode(text + b"=", validate=True)
        return (tag, "base64_unpadded") if base64.b64encode(tag) == text + b"=" else None
    return None


def bearer_token(value):
    match = re.fullmatch(rb"(?is:bearer) +([^ ].*)?", value, re.DOTALL)
    return match and (match[1] or b"")


def check_authorization(config, value):
    """The token that was accepted, or the whole value where it is none."""
    token = bearer_token(value)
    accepted = value in [whole.encode() for whole in config["authorization"]]
    accepted = accepted or token in [token.encode() for token in config["bearer"]]
    if not accepted:
        raise Refused("authorization_mismatch", "authorization")
    return value if token is None else token


def replay_key(sender, tag):
    return hashlib.sha256(b"verify-replay-key-v1\0" + sender.encode() + b"\0" + tag).hexdigest()


def key_of(secret, standard):
    text = base64.b64decode(secret["secret_base64"], validate=True)
    if not standard:
        return text
    text = text.removeprefix(b"whsec_").rstrip(b"=")
    return base64.b64decode(text + b"=" * (-len(text) % 4), validate=True)


def verify(sender, config, now, headers, body):
    """What is known of a request that is accepted; else raises Refused."""
    facts = SENDERS[sender]
    authorization = signature = delivery_id = time = token = signed_at = None
    # Whether all headers are there, before any is looked at.
    if config["bearer"] or config["authorization"]:
        authorization = only(headers, "authorization")
    if config["secrets"]:
        signature = only(headers, facts["signature"])
        if facts["id"]:
            delivery_id = only(headers, facts["id"])
            time = only(headers, facts["time"])

    if authorization is not None:
        token = check_authorization(config, authorization)

    if signature is None:
        if not config["without_signature"]:
            raise AssertionError("nothing would be checked")
        if len(body) > config["body_limit"]:
            raise Refused("body_too_large", None)
        tag = hmac.digest(hashlib.sha256(token).digest(), body, "sha256")
        return {
            "replay_key": replay_key(sender, tag),
            "secret_label": None,
            "encoding": None,
            "delivery_id": None,
            "signed_at": None,
        }

    standard = facts.get("standard", False)
    # Of a list, what has another prefix is of another scheme. More than four are not tried.
    items = [item for item in signature.split(b" ") if item.startswith(b"v1,")] if standard else [signature]
    tags = []
    for item in items:
        decoded = None
        if item.startswith(facts["prefix"]):
            decoded = decode_signature(item[len(facts["prefix"]) :], config["encodings"])
        if decoded is None:
            raise Refused("malformed_signature", facts["signature"])
        tags.append(decoded)
    if not 1 <= len(tags) <= 4:
        raise Refused("malformed_signature", facts["signature"])

    signed = b""
    if facts["id"]:
        if not re.fullmatch(rb"[!-\-/-~]{1,64}", delivery_id):
            raise Refused("malformed_delivery_id", facts["id"])
        if not re.fullmatch(rb"0|[1-9][0-9]*", time) or int(time) >= 1 << 64:
            raise Refused("malformed_timestamp", facts["time"])
        signed_at = int(time)
        if now - signed_at > config["tolerance"]:
            raise Refused("timestamp_too_old", facts["time"])
        if signed_at - now > config["tolerance"]:
            raise Refused("timestamp_too_new", facts["time"])
        signed = delivery_id + b"." + time + b"."

    if len(body) > config["body_limit"]:
        raise Refused("body_too_large", None)

    keys = [key_of(secret, standard) for secret in config["secrets"]]
    for secret, key in zip(config["secrets"], keys):
        for tag, encoding in tags:
            if not hmac.compare_digest(hmac.digest(key, signed + body, "sha256"), tag):
                continue
            identity = tag
            if standard:
                # A retry is signed anew, and a list can be shortened by whoever sends it again.
                identity = hmac.digest(keys[0], b"\0verify-replay-id-v1\0" + delivery_id, "sha256")
            return {
                "replay_key": replay_key(sender, identity),
                "secret_label": secret["label"],
                "encoding": encoding,
                "delivery_id": delivery_id and delivery_id.decode(),
                "signed_at": signed_at,
            }
    raise Refused("signature_mismatch", facts["signature"])


def value_of(header):
    if "value" in header:
        return header["value"].encode()
    return base64.b64decode(header["value_base64"], validate=True)


def outcome(sender, config, test):
    headers = [(header["name"], value_of(header)) for header in test["headers"]]
    body = base64.b64decode(test["body_base64"], validate=True)
    try:
        return verify(sender, config, test["now"], headers, body)
    except Refused as refused:
        reason, header = refused.args
        return {"reason": reason, "reason_header": header}


def check(path):
    """The results of a file's tests, and what is wrong with it."""
    file = json.loads(path.read_text())
    sender, counts, wrong = file["sender"], collections.Counter(), []
    assert file["schema"] == "verify-vectors-v1" and sender == path.stem
    ids = []
    for group in file["testGroups"]:
        for test in group["tests"]:
            ids.append(test["tcId"])
            counts[test["result"]] += 1
            found = outcome(sender, group["config"], test)
            expected = {key: test.get(key) for key in found}
            refused = "reason" in found
            # What is acceptable may be refused; this checker accepts it, and then it has to agree.
            if refused != (test["result"] == "invalid") or found != expected:
                wrong.append(f"{sender} {test['tcId']} ({test['comment']}): {found}")
            for flag in test["flags"]:
                if flag not in file["notes"]:
                    wrong.append(f"{sender} {test['tcId']}: no note for the flag {flag}")
    if ids != list(range(1, file["numberOfTests"] + 1)):
        wrong.append(f"{sender}: the numbers of the tests have gaps")
    return counts, wrong


def main():
    failures = []
    tests = 0
    for sender in SENDERS:
        path = pathlib.Path(__file__).parent / f"{sender}.json"
        counts, wrong = check(path)
        parts = ", ".join(f"{counts[name]} {name}" for name in ("valid", "acceptable", "invalid"))
        print(f"{path.name}: {sum(counts.values())} tests ({parts}), {len(wrong)} disagree")
        failures += wrong
        tests += sum(counts.values())
    for failure in failures:
        print(failure, file=sys.stderr)
    print(f"{tests} tests, {len(failures)} disagree")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
