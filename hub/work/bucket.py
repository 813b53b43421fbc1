"""An S3-compatible store for pictures, where `[media] bucket` names one: every host reads and writes the same.

The folder `data/media/` is then a copy of what this host has shown already. Pictures never change under their name.
"""

from __future__ import annotations

import logging
from typing import Any

log = logging.getLogger("hub.bucket")


class Unreachable(Exception):
    """The store does not answer, or refuses."""


class Bucket:
    """Objects by name. Every method raises Unreachable where the store cannot be asked."""

    def __init__(self, media: Any) -> None:
        import boto3  # the extra "s3"; only who uses it loads it
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError

        patience = Config(connect_timeout=3, read_timeout=10, retries={"total_max_attempts": 2}, proxies={})
        self._client: Any = boto3.session.Session().client(
            "s3", endpoint_url=media.endpoint or None, region_name=media.region, config=patience,
            aws_access_key_id=media.key or None, aws_secret_access_key=media.secret or None,
        )  # fmt: skip
        self._errors, self._refused = (BotoCoreError, ClientError, OSError), ClientError
        self._bucket, self._prefix = media.bucket, media.prefix

    def put(self, name: str, content: bytes) -> None:
        """Keep an object."""
        self._ask("put_object", name, Body=content, ContentType="image/webp")

    def get(self, name: str) -> bytes | None:
        """An object; None where there is none of that name."""
        found = self._ask("get_object", name)
        try:
            return bytes(found["Body"].read()) if found else None
        except self._errors as error:
            raise Unreachable(str(error)) from error

    def delete(self, name: str) -> None:
        """Take an object away; one that is not there is fine."""
        self._ask("delete_object", name)

    def answers(self) -> str:
        """What is wrong with the store; empty where it answers."""
        try:
            self._ask("get_object", "there-is-none")
        except Unreachable as error:
            return str(error)
        return ""

    def _ask(self, verb: str, name: str, **more: Any) -> Any:
        try:
            return getattr(self._client, verb)(Bucket=self._bucket, Key=f"{self._prefix}{name}", **more)
        except self._errors as error:
            told = getattr(error, "response", {}).get("Error", {}).get("Code", "")
            if told in ("NoSuchKey", "404"):
                return None
            log.warning("%s of %s: %s", verb, name, error)
            raise Unreachable(str(error).splitlines()[0]) from error


def connect(media: Any) -> Bucket | None:
    """The store that the settings name, or None."""
    return Bucket(media) if media.bucket else None
