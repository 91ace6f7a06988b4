"""The documents of a series, to be kept as one folder: `<number>.json` for every token, one address for all.

The contract answers `ipfs://<folder>/<number>.json`. Numbers have no gaps, so that no token points at nothing.
"""

import json
from collections.abc import Mapping

from minting.errors import MetadataInvalid
from minting.metadata import schema

SERIES_MAX = 10_000


def check(documents: Mapping[int, bytes]) -> None:
    """MetadataInvalid unless numbers run from the first without a gap and every document passes the schema."""
    if not 1 <= len(documents) <= SERIES_MAX:
        raise MetadataInvalid(f"A series has 1 to {SERIES_MAX:,} documents; {len(documents):,} were given.")
    first = min(documents)
    if first < 0 or set(documents) != set(range(first, first + len(documents))):
        raise MetadataInvalid("The numbers of a series run from the first to the last without a gap.")
    for number, data in documents.items():
        try:
            schema.check(json.loads(data))
        except (ValueError, MetadataInvalid) as error:
            raise MetadataInvalid(f"Number {number} of the series: {error}") from None
