"""What can go wrong while a picture is made, as one tree.

A worker reads `retryable` to decide whether to queue the job again; the API shows `code`, a page shows
`title`, the message and `next_step`. Nothing here knows torch, Django or HTTP.
"""

from typing import ClassVar


class GenerationError(Exception):
    """`str(error)` says what happened; `next_step` says what a person can do about it."""

    retryable: ClassVar[bool] = False
    code: ClassVar[str] = "generation_failed"
    title: ClassVar[str] = "The picture could not be painted"
    next_step: str = "Change the request, or tell the operator of this site."

    def __init__(self, detail: str, *, next_step: str | None = None) -> None:
        super().__init__(detail)
        if next_step is not None:
            self.next_step = next_step


class ModelRejected(GenerationError):
    """The model is there but must not, or cannot, be run: pickled weights, code of its own, a wrong hash."""

    code = "model_rejected"
    title = "This model is refused"
    next_step = "Choose a model that is kept as safetensors and needs no code of its own."


class ModelMissing(GenerationError):
    """The model, or a part of it, is not on this machine."""

    code = "model_missing"
    title = "This model is not on this machine"
    next_step = "Put the model folder on this machine and name it in MODEL, or allow downloads."


class LimitExceeded(GenerationError):
    """The request asks for more than the model, or this site, gives. The message says what would fit."""

    code = "limit"
    title = "The request is outside the limits of this model"
    next_step = "Ask again within the limits named in the message."


class CannotDo(LimitExceeded):
    """The model has no way to do this with a picture. The message says what it can do."""

    code = "operation"
    title = "This model cannot do that"
    next_step = "Choose another way to work the picture over, or another model."


class TooMany(LimitExceeded):
    """More pictures than are painted at once. The message says how many were asked for."""

    code = "too_many"
    title = "These are more pictures than are painted at once"


class WeightUnclear(LimitExceeded):
    """A weight on words that is out of bounds."""

    code = "weight"
    title = "This weight is not taken"
    next_step = "Write a weight such as (red scarf:1.3)."


class NoPainter(LimitExceeded):
    """No worker that is there may load this model, or has the memory for it."""

    code = "no_painter"
    title = "No painter here can do this"


class OutOfMemory(GenerationError):
    """There was no memory for this one picture; another try, or another machine, may have it."""

    retryable = True
    code = "out_of_memory"
    title = "There was not enough memory for this picture"
    next_step = "Try again later, or ask for a smaller picture or a smaller model."


class PictureWithheld(GenerationError):
    """The checkpoint's own safety checker blanked the picture; a black square is not passed off as one."""

    code = "withheld"
    title = "The model withheld this picture"
    next_step = "Change the words of the prompt or the seed."


class PaintCancelled(GenerationError):
    """Raised from a step callback to stop painting at once. Not a fault."""

    code = "cancelled"
    title = "Painting was cancelled"
    next_step = "Ask again if the picture is still wanted."

    def __init__(self, detail: str = "Painting was cancelled.", *, next_step: str | None = None) -> None:
        super().__init__(detail, next_step=next_step)


class InputRefused(GenerationError):
    """Words or numbers that are not taken. `code` names the reason; nothing was changed."""

    title = "This was not taken"
    status = 422

    def __init__(self, code: str, detail: str, next_step: str = "") -> None:
        super().__init__(detail, next_step=next_step)
        self.code = code  # type: ignore[misc]


class RequestIdReused(InputRefused):
    """The same request id came with other words."""

    def __init__(self) -> None:
        super().__init__("request_id_reused", "This request was made before with other words.", "Ask anew.")


class NoSuchPicture(GenerationError):
    """No picture or job of this owner has this id."""

    code = "not_found"
    title = "Not found"
    status = 404


class QuotaReached(InputRefused):
    """Too much at once; `retry_after_seconds` says when it is worth asking again."""

    title = "This is more than one person may ask for at once"
    status = 429

    def __init__(self, code: str, detail: str, next_step: str, retry_after_seconds: int) -> None:
        super().__init__(code, detail, next_step)
        self.retry_after_seconds = retry_after_seconds
