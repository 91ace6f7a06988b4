"""What an artist thinks of their pictures: stars, boards, trash, and finding them again among a hundred thousand.

Reached through generation.api as `curation`. Every function takes the owner and touches that owner's rows alone.
"""

from generation.curation.boards import boards_with, create, delete, place, rename, take_off
from generation.curation.boards import of as boards
from generation.curation.library import BEST, NEWEST, OLDEST, ORDERS, PER_PAGE, BadCursor, Filter, Page, models, page
from generation.curation.looks import forget, take, twins
from generation.curation.marks import star
from generation.curation.trash import DAYS, drop, due, empty, restore

__all__ = [
    "BEST", "DAYS", "NEWEST", "OLDEST", "ORDERS", "PER_PAGE", "BadCursor", "Filter", "Page", "boards", "boards_with",
    "create", "delete", "drop", "due", "empty", "forget", "models", "page", "place", "rename", "restore", "star",
    "take", "take_off", "twins",
]  # fmt: skip
