"""Rows of the generation engine. Owners are opaque ids: this engine knows no user table."""

from generation.models.credential import Credential
from generation.models.image import Image, Parentage
from generation.models.job import Job
from generation.models.prompt import Prompt
from generation.models.queue import Speed, Turn, Workbench

__all__ = ["Credential", "Image", "Job", "Parentage", "Prompt", "Speed", "Turn", "Workbench"]
