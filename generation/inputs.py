"""What people type, before the engine takes it: words without hidden characters, printable request ids."""

from generation.errors import InputRefused

SEED_BITS = 32
"""torch's CPU generator (mt19937) reads 32 bits of a seed: longer ones would paint the same picture as their end."""
BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean_words(text: str, most: int, what: str, *, may_be_empty: bool = False) -> str:
    """The text without outer white space; InputRefused for empty, too long, or characters that hide others."""
    if "\0" in text or BIDI_CONTROLS & set(text):
        raise InputRefused(
            "forbidden_character", f"The {what} holds a NUL or a character that turns the direction of writing.",
            "Remove it; typing the text anew is the surest way.",
        )  # fmt: skip
    words = text.replace("\r\n", "\n").strip()
    if not may_be_empty and not words:
        raise InputRefused("prompt_empty", f"The {what} is empty.", "Write what the picture should show.")
    if not may_be_empty and not any(letter.isalnum() for letter in words):
        raise InputRefused(
            "prompt_without_words", f"The {what} holds signs and no words.", "Say in words what it should show."
        )
    if len(words) > most:
        raise InputRefused(
            "prompt_too_long", f"The {what} has {len(words):,} characters; at most {most:,} are taken.", "Shorten it."
        )
    return words


def clean_request_id(request_id: str) -> str:
    """The id, if it is 1 to 200 printable characters."""
    if not 1 <= len(request_id) <= 200 or not request_id.isprintable():
        raise InputRefused("request_id", "A request id is 1 to 200 printable characters.")
    return request_id
