"""Boards of pictures: made, named, filled and taken down. Taking one down leaves its pictures as they are."""

import uuid
from collections.abc import Sequence

from django.db import IntegrityError, transaction

from generation.curation.marks import own
from generation.errors import InputRefused, NoSuchPicture
from generation.inputs import clean_words
from generation.models import Board, Placement

BOARDS_MAX = 200


def of(owner_id: uuid.UUID) -> list[Board]:
    """The owner's boards by title."""
    return list(Board.objects.filter(owner_id=owner_id).order_by("title")[:BOARDS_MAX])


def boards_with(owner_id: uuid.UUID, image_id: uuid.UUID) -> list[Board]:
    """The owner's boards that a picture is on, by title."""
    return list(Board.objects.filter(owner_id=owner_id, placements__image=image_id).order_by("title"))


def create(owner_id: uuid.UUID, title: str) -> Board:
    """The board of this title, made now or before; InputRefused for bad words or too many boards."""
    title = _title(title)
    board = Board.objects.filter(owner_id=owner_id, title=title).first()
    if board is not None:
        return board
    if Board.objects.filter(owner_id=owner_id).count() >= BOARDS_MAX:
        raise InputRefused("too_many_boards", f"There are {BOARDS_MAX} boards already.", "Take one down first.")
    board, _ = Board.objects.get_or_create(owner_id=owner_id, title=title)
    return board


def rename(owner_id: uuid.UUID, board_id: uuid.UUID, title: str) -> None:
    """Another title; InputRefused where another board has it."""
    title = _title(title)
    board = _board(owner_id, board_id)
    try:
        with transaction.atomic():
            Board.objects.filter(pk=board.pk).update(title=title)
    except IntegrityError:
        raise InputRefused("board_title_taken", "Another board has this title.", "Choose another title.") from None


def delete(owner_id: uuid.UUID, board_id: uuid.UUID) -> None:
    """Take the board down; its pictures stay in the library."""
    _board(owner_id, board_id).delete()


def place(owner_id: uuid.UUID, board_id: uuid.UUID, image_ids: Sequence[uuid.UUID]) -> None:
    """Put pictures on a board; those that are there already stay as they are."""
    board = _board(owner_id, board_id)
    rows = own(owner_id, image_ids).values_list("pk", "created_at")
    Placement.objects.bulk_create(
        [Placement(board=board, image_id=pk, created_at=at) for pk, at in rows], ignore_conflicts=True
    )


def take_off(owner_id: uuid.UUID, board_id: uuid.UUID, image_ids: Sequence[uuid.UUID]) -> None:
    """Take pictures off a board; harmless for those that are not on it."""
    _board(owner_id, board_id).placements.filter(image__in=own(owner_id, image_ids)).delete()


def _title(text: str) -> str:
    title = " ".join(clean_words(text, 2000, "title", may_be_empty=True).split())
    if not 1 <= len(title) <= Board.TITLE_MAX:
        raise InputRefused("board_title", f"A board's title has 1 to {Board.TITLE_MAX} characters.", "Change it.")
    return title


def _board(owner_id: uuid.UUID, board_id: uuid.UUID) -> Board:
    board = Board.objects.filter(owner_id=owner_id, pk=board_id).first()
    if board is None:
        raise NoSuchPicture("This board is not in your studio.")
    return board
