"""Stars, boards and trash: an owner's own, harmless when repeated, and nothing that anything rests on is lost."""

import datetime as dt
import os
import uuid
from collections.abc import Collection, Sequence

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from PIL import Image as Pillow

from gallery.models import User
from generation import api as generation
from generation import curation, pictures
from generation.errors import InputRefused, NoSuchPicture
from generation.models import Board, Image, Job, Parentage, Placement
from tests.unit.gallery import factories as make

pytestmark = pytest.mark.django_db
LONG_AGO = dt.timedelta(days=curation.DAYS + 1)


def owner() -> User:
    """Somebody whom the engine knows by an id alone."""
    return User(pk=uuid.uuid4())


def nothing_held(_: Sequence[uuid.UUID]) -> Collection[uuid.UUID]:
    return ()


def lies_long(image: Image) -> None:
    """The picture has lain in the trash for more than 30 days, and its bytes are as old."""
    then = timezone.now() - LONG_AGO
    Image.objects.filter(pk=image.pk).update(trashed_at=then)
    os.utime(pictures.path(image.sha256), (then.timestamp(), then.timestamp()))


def test_new_row_knows_its_kind_and_model() -> None:
    by = owner()
    kinds = {image.kind: image.model for image in (make.picture(by), make.retouched(by), make.nine_panels(by))}
    assert kinds == {"paint": "ninefold-painter-4", "retouch": "", "compose": ""}
    assert make.reworked(by).kind == "rework"


def test_stars_are_given_by_the_owner_alone_and_from_none_to_five() -> None:
    by = owner()
    image = make.picture(by)
    for _ in range(2):
        curation.star(by.pk, [image.pk], 5)
    image.refresh_from_db()
    assert image.stars == 5
    for stars in (-1, 6):
        with pytest.raises(InputRefused):
            curation.star(by.pk, [image.pk], stars)
    with pytest.raises(NoSuchPicture):
        curation.star(owner().pk, [image.pk], 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Image.objects.filter(pk=image.pk).update(stars=6)


def test_board_is_made_once_filled_renamed_and_taken_down_without_its_pictures() -> None:
    by = owner()
    image, other = make.picture(by), make.picture(by)
    board = curation.create(by.pk, "  Lakes ")
    assert curation.create(by.pk, "Lakes") == board
    for _ in range(2):
        curation.place(by.pk, board.pk, [image.pk, other.pk])
    assert Placement.objects.filter(board=board).count() == 2
    curation.take_off(by.pk, board.pk, [other.pk])
    assert curation.boards_with(by.pk, image.pk) == [board]
    assert curation.boards_with(by.pk, other.pk) == []
    curation.create(by.pk, "Boats")
    with pytest.raises(InputRefused, match="title"):
        curation.rename(by.pk, board.pk, "Boats")
    curation.rename(by.pk, board.pk, "호수")
    curation.delete(by.pk, board.pk)
    assert [board.title for board in curation.boards(by.pk)] == ["Boats"]
    assert Image.objects.filter(pk=image.pk).exists()


@pytest.mark.parametrize("title", ["", "  ", "x" * 81, "a\0b", "a\u202eb"])
def test_board_is_refused_when_its_title_is_bad(title: str) -> None:
    with pytest.raises(InputRefused):
        curation.create(owner().pk, title)
    assert not Board.objects.exists()


def test_nobody_touches_the_boards_of_somebody_else() -> None:
    by, other = owner(), owner()
    board, theirs = curation.create(by.pk, "Lakes"), make.picture(other)
    with pytest.raises(NoSuchPicture):
        curation.place(by.pk, board.pk, [theirs.pk])
    with pytest.raises(NoSuchPicture):
        curation.place(other.pk, board.pk, [theirs.pk])
    for verb in (curation.delete, lambda owner, pk: curation.rename(owner, pk, "Mine")):
        with pytest.raises(NoSuchPicture):
            verb(other.pk, board.pk)


def test_trash_gives_everything_back_as_it_was() -> None:
    by = owner()
    image = make.picture(by)
    board = curation.create(by.pk, "Lakes")
    curation.place(by.pk, board.pk, [image.pk])
    curation.star(by.pk, [image.pk], 4)
    assert curation.drop(by.pk, [image.pk]) == [image.pk]
    assert curation.drop(by.pk, [image.pk]) == []
    assert curation.page(by.pk, curation.Filter()).images == []
    assert curation.page(by.pk, curation.Filter(board=board.pk)).images == []
    assert curation.page(by.pk, curation.Filter(trash=True)).images == [image]
    curation.restore(by.pk, [image.pk])
    [back] = curation.page(by.pk, curation.Filter(board=board.pk)).images
    assert (back, back.stars, back.trashed_at) == (image, 4, None)


def test_bytes_are_deleted_after_thirty_days_and_the_record_stays() -> None:
    by = owner()
    image, fresh = make.picture(by), make.picture(by)
    curation.drop(by.pk, [image.pk, fresh.pk])
    pictures.derivative(image.sha256, image.mime, 320)
    lies_long(image)
    assert curation.empty(nothing_held) == 1
    assert curation.empty(nothing_held) == 0
    image.refresh_from_db()
    assert image.emptied_at
    assert not pictures.path(image.sha256).exists()
    assert not pictures.derived_path(image.sha256, "320", "image/webp").exists()
    assert pictures.path(fresh.sha256).exists()
    assert generation.lineage(image)[0].recipe["seed"] == 1
    with pytest.raises(NoSuchPicture):
        curation.restore(by.pk, [image.pk])
    with pytest.raises(NoSuchPicture):
        generation.upscale(by.pk, "u", image.pk, 2048)


def test_bytes_stay_while_anything_rests_on_them() -> None:
    by = owner()
    child = make.reworked(by)
    parent = Parentage.objects.get(child=child).parent
    waits, twice, held, rewritten = (make.picture(by) for _ in range(4))
    generation.upscale(by.pk, "u", waits.pk, 2048)
    Image.objects.create(
        owner_id=by.pk, request_id="again", sha256=twice.sha256, mime=twice.mime, width_px=1, height_px=1,
        size_bytes=1, made_by="human",
    )  # fmt: skip
    for image in (parent, waits, twice, held, rewritten):
        lies_long(image)
    pictures.put(pictures.path(rewritten.sha256).read_bytes(), "image/png")  # a worker painted the same just now
    assert curation.empty(lambda ids: {held.pk} & set(ids)) == 2
    kept = [pictures.path(image.sha256).exists() for image in (parent, waits, twice, held, rewritten)]
    assert kept == [True] * 5
    gone = Image.objects.filter(emptied_at__isnull=False)
    assert set(gone) == {twice, rewritten}, "their rows gave up their bytes, which others still have"
    Job.objects.update(status="cancelled")
    assert curation.empty(nothing_held) == 2


def test_picture_that_is_written_again_counts_as_new() -> None:
    stored = pictures.put_png(Pillow.new("RGB", (8, 8)), {"n": str(uuid.uuid4())})
    path = pictures.path(stored.sha256)
    os.utime(path, (0, 0))
    pictures.put(path.read_bytes(), "image/png")
    pictures.forget(stored.sha256, "image/png", timezone.now() - dt.timedelta(days=1))
    assert path.exists()
