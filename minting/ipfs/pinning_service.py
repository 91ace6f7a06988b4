"""A further place: any provider of the IPFS Pinning Service API, read back through its trustless gateway.

The provider fetches the bytes from where `origins` says that they are (our nodes); the API takes no bytes itself.
What the service says is a claim. A pin counts only once every block came back from the gateway and hashed to its
address, so a service without a gateway cannot be set up. A request that is queued is looked at again by the next
attempt; no worker waits for it.

Reference: https://ipfs.github.io/pinning-services-api-spec/
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from minting.errors import BlockMissing, MalformedCid, PlaceBusy, PlaceRefuses, PlaceUnreachable, WrongCid
from minting.ipfs import cid as cids
from minting.ipfs import outside, proof
from minting.ipfs.store import BLOCK_BYTES_MAX

_ANSWER_BYTES_MAX: Final = 1024**2
_OPEN: Final = {"queued", "pinning", "pinned"}


@dataclass(frozen=True)
class PinningService:
    """`api` and `gateway` are addresses out of the settings; `origins` are multiaddrs that the provider can dial."""

    name: str
    api: str
    token: str
    gateway: str
    origins: Sequence[str] = ()

    def put(self, cid: str, size_bytes: int) -> None:
        """Ask for the pin unless it is asked for already; PlaceBusy until the service says that it is pinned."""
        known = self._known(cid)
        for entry in known:
            if entry["status"] == "failed":
                self._call("DELETE", f"/pins/{entry['requestid']}", ok=(200, 202, 404))
        standing = next((entry["status"] for entry in known if entry["status"] in _OPEN), None)
        if standing is None:
            wish: dict[str, Any] = {"cid": cid, "name": cid, "origins": list(self.origins)[:20]}
            standing = self._entry(cid, self._call("POST", "/pins", wish, ok=(202, 200)))["status"]
        if standing == "failed":
            raise PlaceRefuses(f"{self.name} could not fetch {cid}.")
        if standing != "pinned":
            raise PlaceBusy(f"{self.name} has not fetched {cid} yet ({standing}).", wait_seconds=0)

    def claims(self, cid: str) -> bool:
        """Whether the service says that it is pinned."""
        return any(entry["status"] == "pinned" for entry in self._known(cid))

    def one(self, root: str, cid: str) -> bytes:
        """One block as the gateway gives it, not hashed yet; BlockMissing, PlaceUnreachable."""
        answer = outside.ask(
            f"{self.gateway}/ipfs/{cid}?format=raw", headers={"Accept": "application/vnd.ipld.raw"},
            most_bytes=BLOCK_BYTES_MAX, follow=True, trusted=True,
        )  # fmt: skip
        if answer.status in (404, 410, 412):
            raise BlockMissing(f"The gateway of {self.name} does not have {cid}.")
        if answer.status != 200:
            raise PlaceUnreachable(f"The gateway of {self.name} answered with {answer.status}.")
        return answer.body

    def tree(self, root: str, size_bytes: int) -> Iterator[tuple[str, bytes]]:
        return proof.by_walking(root, lambda cid: self.one(root, cid), outside.seconds_for(size_bytes))

    def _known(self, cid: str) -> list[dict[str, Any]]:
        query = urlencode({"cid": cid, "status": "queued,pinning,pinned,failed", "limit": "10"})
        results = self._call("GET", f"/pins?{query}").get("results")
        if not isinstance(results, list):
            raise PlaceUnreachable(f"{self.name} gave no list of pins.")
        return [self._entry(cid, entry) for entry in results]

    def _entry(self, cid: str, entry: Any) -> dict[str, Any]:
        """A PinStatus of our CID; WrongCid for another one's."""
        try:
            theirs, status, number = entry["pin"]["cid"], entry["status"], entry["requestid"]
        except (KeyError, TypeError):
            raise PlaceUnreachable(f"{self.name} answered with something that is no pin.") from None
        try:
            same = cids.parse(str(theirs)) == cid
        except MalformedCid:
            same = False
        if not same:
            raise WrongCid(f"{self.name} answered with {str(theirs)[:80]!r} where {cid} was asked for.")
        if not isinstance(number, str) or not number.replace("-", "").replace("_", "").isalnum() or len(number) > 200:
            raise PlaceUnreachable(f"{self.name} names its request in a way that cannot be asked for.")
        return {"status": str(status), "requestid": number}

    def _call(self, method: str, path: str, wish: Any = None, ok: Sequence[int] = (200,)) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}
        if wish is not None:
            headers["Content-Type"] = "application/json"
        answer = outside.ask(
            f"{self.api}{path}", method=method, headers=headers, trusted=True, most_bytes=_ANSWER_BYTES_MAX,
            body=b"" if wish is None else json.dumps(wish).encode(),
        )  # fmt: skip
        if answer.status in (401, 403):
            raise PlaceRefuses(f"{self.name} does not accept our token ({answer.status}).")
        if answer.status not in ok:
            raise PlaceUnreachable(f"{self.name} answered with {answer.status}.")
        if method == "DELETE":
            return {}
        try:
            document = json.loads(answer.body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise PlaceUnreachable(f"{self.name} gave no usable answer.")
        return document
