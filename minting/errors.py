"""What can go wrong between bytes and a token, as one tree.

A worker reads `retryable` to decide whether to try again; the API shows `code`, a page shows `title`, the message
and `next_step`. The contract's refusals are children in minting/contract/errors.py. Nothing here knows Django,
HTTP or the chain.
"""

from typing import ClassVar


class MintingError(Exception):
    """`str(error)` says what happened; `next_step` says what a person can do about it."""

    retryable: ClassVar[bool] = False
    code: ClassVar[str] = "minting_failed"
    title: ClassVar[str] = "This could not be kept or minted"
    next_step: str = "Try again later, or tell the operator of this site."

    def __init__(self, detail: str, *, next_step: str | None = None) -> None:
        super().__init__(detail)
        if next_step is not None:
            self.next_step = next_step


class StaleTransition(MintingError):
    """A row was no longer in the state that an edge starts from: another worker was first. Nothing was changed."""

    code = "stale_transition"
    title = "Someone else was faster"
    next_step = "Load the page again; the step has been taken already."


class MalformedCid(MintingError):
    """Not a content address that Ninefold knows. Told from the text alone, before any disk or network is touched."""

    code = "malformed_cid"
    title = "This is not a content address"
    next_step = "Use a CIDv1 in base32, such as bafkrei…, of raw or dag-pb with sha2-256."


class BlockMissing(MintingError):
    """A block is not in the store."""

    code = "block_missing"
    title = "These bytes are not kept here"
    next_step = "Ask another place that keeps them, or read in a CAR file that holds them."


class CorruptBlock(MintingError):
    """Bytes do not hash to the address they were found under, or are no UnixFS file."""

    code = "corrupt_block"
    title = "Stored bytes have changed"
    next_step = "Read the block again from another place that keeps it, then check the disk."


class NotAFile(MintingError):
    """A content address of a folder or a link, where a file was asked for."""

    code = "not_a_file"
    title = "This content address does not name a file"
    next_step = "Ask for a file, or for the block as it is with ?format=raw."


class NotInFolder(MintingError):
    """A path leads to nothing: the folder has no such entry, or a file was taken for a folder."""

    code = "not_in_folder"
    title = "There is nothing at this path"
    next_step = "Look at what the folder holds, under its own address."


class NameRefused(MintingError):
    """A name that no file in a folder can have."""

    code = "name_refused"
    title = "A file cannot have this name"
    next_step = "Use another name: not empty, without a slash, at most 255 bytes."


class StoreFull(MintingError):
    """The disk of the content store is full; no half file was left."""

    retryable = True
    code = "store_full"
    title = "The disk of the content store is full"
    next_step = "Free some room on that disk; the step is taken again by itself."


class MalformedCar(MintingError):
    """Not a CARv1 archive, or one that ends too early."""

    code = "malformed_car"
    title = "This is not a CAR archive"
    next_step = "Export it again as CARv1."


class PlaceUnreachable(MintingError):
    """A place did not answer in time, or answered with an error; it may be well again later."""

    retryable = True
    code = "place_unreachable"
    title = "A place that keeps copies does not answer"
    next_step = (
        "It is tried again by itself. If it goes on, look at that place and its entry in the settings (IPFS_API)."
    )


class PlaceBusy(PlaceUnreachable):
    """A place takes the wish and is not done, or asks us to come back later (`wait_seconds`, 0 for our own pace)."""

    code = "place_busy"
    title = "A place that keeps copies is not done yet"
    next_step = "Nothing: it is asked again by itself."

    def __init__(self, detail: str, *, wait_seconds: float = 0) -> None:
        super().__init__(detail)
        self.wait_seconds = wait_seconds


class PlaceRefuses(PlaceUnreachable):
    """A place answers, and will not do it for us: a wrong token, no such bucket, bytes that it could not fetch."""

    code = "place_refuses"
    title = "A place that keeps copies refuses"
    next_step = "Look at the address and the credentials of that place in the settings; it is tried again by itself."


class PlaceMisnamed(MintingError):
    """The settings name a place in a way that cannot be read."""

    code = "place_misnamed"
    title = "A place that keeps copies is not set up rightly"
    next_step = "Correct PINNING_SERVICES or BUCKETS; .env.example shows how they are written."


class BlockedDestination(MintingError):
    """An address that Ninefold does not fetch from: private, of another scheme, or led to by a redirect."""

    code = "blocked_destination"
    title = "This address is not asked"
    next_step = "Use a public https address; a private one only works as a place named in the settings."


class WrongCid(MintingError):
    """A place stored, or gave back, other bytes than ours. What it did is not counted as kept."""

    retryable = True
    code = "wrong_cid"
    title = "A place keeps other bytes than ours"
    next_step = "Look at that place; it is not trusted until it gives the address that was computed here."


class MetadataInvalid(MintingError):
    """A token document that breaks the schema; the message names the field."""

    code = "metadata_invalid"
    title = "The token's description is not valid"
    next_step = "Correct the field that is named."


class MetadataTooLarge(MintingError):
    """A token document of more than one raw block: its digest would not stand for all of it."""

    code = "metadata_too_large"
    title = "The token's description is too long"
    next_step = "Shorten the description or the lineage."
