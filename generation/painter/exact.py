"""Matrix products that do not depend on how many pictures are painted together.

A product over more rows may be summed in another order, and the same picture would differ in its last bits when it is
painted beside others (seen on CPUs with one thread and with two). Inside `by_picture(rows)` each picture's rows go
through the layers by themselves; all that works element by element, and attention, takes the whole batch.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import torch
from torch import Tensor, nn

_rows: ContextVar[int] = ContextVar("rows", default=0)


@contextmanager
def by_picture(rows: int) -> Iterator[None]:
    """In here a batch is pictures of `rows` rows each, one after another; 0 takes batches as a whole."""
    before = _rows.set(rows)
    try:
        yield
    finally:
        _rows.reset(before)


class Linear(nn.Linear):
    """nn.Linear, by picture where that is asked for."""

    def forward(self, x: Tensor) -> Tensor:
        rows = _rows.get()
        if not rows or len(x) <= rows:
            return super().forward(x)
        whole = super().forward
        return torch.cat([whole(part) for part in x.chunk(len(x) // rows)])
