"""A further place: a bucket of any S3-style service that holds one CARv1 archive per tree, named by its CID.

The archive is the very stream of car.py, so where a block lies in it is known here without an index: a sample is read
by its range, and the archive alone brings the tree back anywhere. Credentials are boto3's own matter (environment,
profile or instance). Refuses to believe an ETag: what counts are the bytes read back.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.client import Config
from botocore.exceptions import BotoCoreError, ClientError

from minting.errors import BlockMissing, MalformedCar, PlaceRefuses, PlaceUnreachable, StoreFull
from minting.ipfs import car, outside
from minting.ipfs.store import BlockStore

_PART_BYTES: Final = 8 * 1024**2
_ABSENT: Final = {"404", "NoSuchKey", "NotFound", "416", "InvalidRange"}
_REFUSED: Final = {"401", "403", "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "NoSuchBucket"}


@dataclass(frozen=True)
class Bucket:
    """`endpoint`, `region` and `profile` may be empty: boto3's defaults then."""

    name: str
    store: BlockStore
    bucket: str
    prefix: str = ""
    options: dict[str, str] = field(default_factory=dict)

    def put(self, cid: str, size_bytes: int) -> None:
        """Upload the archive in parts; an object of that name is there whole or not at all. May be repeated."""
        if not self.store.is_complete(cid):
            raise BlockMissing(f"Parts of {cid} are not in the content store.")
        body = io.BufferedReader(Pieces(car.stream(self.store, cid)), 1024**2)
        config = TransferConfig(multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES, use_threads=False)
        with self._errors(cid):
            self._client.upload_fileobj(
                body,
                self.bucket,
                self._key(cid),
                Config=config,
                ExtraArgs={"ContentType": "application/vnd.ipld.car"},
            )

    def claims(self, cid: str) -> bool:
        """Whether an archive of that name is there."""
        try:
            with self._errors(cid):
                self._client.head_object(Bucket=self.bucket, Key=self._key(cid))
        except BlockMissing:
            return False
        return True

    def one(self, root: str, cid: str) -> bytes:
        """One block by its range in the archive, which our own store must still be able to lay out."""
        start, length = car.place_of(self.store, root, cid)
        if not length:  # no range names nothing
            return b""
        with self._errors(root):
            answer = self._client.get_object(
                Bucket=self.bucket, Key=self._key(root), Range=f"bytes={start}-{start + length - 1}"
            )
            body: bytes = answer["Body"].read(length + 1)
        return body

    def tree(self, root: str, size_bytes: int) -> Iterator[tuple[str, bytes]]:
        """Every block of the archive in its order."""
        with self._errors(root):
            answer = self._client.get_object(Bucket=self.bucket, Key=self._key(root))
            body = io.BufferedReader(Pieces(answer["Body"].iter_chunks(1024**2)), 1024**2)
            try:
                yield from car.blocks(body)
            finally:
                answer["Body"].close()

    @cached_property
    def _client(self) -> Any:
        config = Config(
            connect_timeout=outside.CONNECT_SECONDS, read_timeout=outside.ANSWER_SECONDS,
            retries={"total_max_attempts": 2, "mode": "standard"}, s3={"addressing_style": "auto"},
        )  # fmt: skip
        session = boto3.session.Session(profile_name=self.options.get("profile") or None)
        return session.client(
            "s3", endpoint_url=self.options.get("endpoint") or None, config=config,
            region_name=self.options.get("region") or session.region_name or "us-east-1",
        )  # fmt: skip

    @contextmanager
    def _errors(self, cid: str) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in _ABSENT:
                raise BlockMissing(f"The bucket {self.name} has no archive of {cid}.") from error
            if code in _REFUSED:
                raise PlaceRefuses(f"The bucket {self.name} refuses us: {code}.") from error
            raise PlaceUnreachable(f"The bucket {self.name} answered with an error: {code}.") from error
        except MalformedCar as error:
            raise BlockMissing(f"The archive of {cid} in the bucket {self.name} is harmed: {error}") from error
        except StoreFull:
            raise
        except (BotoCoreError, OSError) as error:
            raise PlaceUnreachable(f"The bucket {self.name} does not answer ({type(error).__name__}).") from error

    def _key(self, cid: str) -> str:
        return f"{self.prefix}{cid}.car"


class Pieces(io.RawIOBase):
    """Pieces of bytes as something to read from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._rest = memoryview(piece)
        count = min(len(buffer), len(self._rest))
        buffer[:count], self._rest = self._rest[:count], self._rest[count:]
        return count
