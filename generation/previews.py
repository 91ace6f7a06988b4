"""Small pictures of a painting under way: files beside the pictures, thrown away when it is done.

They are for looking, not for keeping: not synced, and lost without harm. The row says which step the file shows
(`Job.preview_step`); the address on the page changes with it.
"""

import contextlib
import os
import time
import uuid
from pathlib import Path

from django.conf import settings
from PIL import Image as Pillow

SIDE_PX = 128
KEPT_SECONDS = 3600


def path(job_id: uuid.UUID) -> Path:
    """Where the latest one lies, whether or not it is there."""
    return Path(settings.PICTURES_DIR) / "previews" / f"{job_id}.webp"


def put(job_id: uuid.UUID, picture: Pillow.Image) -> bool:
    """Keep this look at the painting in place of the last one; False where there is no room."""
    small = picture.convert("RGB")
    small.thumbnail((SIDE_PX, SIDE_PX))
    target = path(job_id)
    draft = target.with_suffix(f".{os.getpid()}.draft")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        small.save(draft, "WEBP", quality=70, method=0)
        draft.replace(target)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()
        return False
    return True


def drop(job_id: uuid.UUID) -> None:
    """There is nothing more to see of this job."""
    with contextlib.suppress(OSError):
        path(job_id).unlink()


def sweep() -> None:
    """Throw away what a killed worker left behind."""
    old = time.time() - KEPT_SECONDS
    with contextlib.suppress(FileNotFoundError):
        for file in os.scandir(path(uuid.UUID(int=0)).parent):
            with contextlib.suppress(FileNotFoundError):
                if file.stat().st_mtime < old:
                    os.unlink(file.path)
