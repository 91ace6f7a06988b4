"""Rows of the generation engine. Owners are opaque ids: this engine knows no user table."""

from generation.models.board import Board, Placement
from generation.models.credential import Credential
from generation.models.image import STARS_MAX, Image, Parentage
from generation.models.job import Job
from generation.models.look import LIKENESS_NUMBERS, Look, Tint
from generation.models.prompt import Prompt
from generation.models.queue import Speed, Turn, Workbench
from generation.models.repaint import Repaint

__all__ = [
    "LIKENESS_NUMBERS", "STARS_MAX", "Board", "Credential", "Image", "Job", "Look", "Parentage", "Placement",
    "Prompt", "Repaint", "Speed", "Tint", "Turn", "Workbench",
]  # fmt: skip
