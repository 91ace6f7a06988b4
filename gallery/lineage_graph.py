"""The lineage of a picture laid out to be drawn: from the first prompt on the left to the picture on the right.

Each node stands in the column behind the last of those that it came from, so every line runs to the right. Pure
arithmetic on steps at hand; templates/components/lineage.html draws it, and a list beside says the same in words.
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from generation import api as generation
from generation.models import Image, Prompt

WIDTH, HEIGHT, GAP_X, GAP_Y, EDGE = 190, 68, 44, 12, 6
UNITS_PICTURE, UNITS_PROMPT = 17, 27  # of text in a line; a Hangul syllable is two
PROMPT_LINES = 3
REJECTS_SHOWN = 24
_HANGUL = ("\u1100", "\uffef")


@dataclass
class Node:
    """A prompt or a picture. `x`, `y` are its upper left corner; `lines` fit it; `label` says it in full."""

    key: uuid.UUID
    kind: str  # "prompt" or "picture"
    label: str
    lines: list[str]
    image: Image | None = None
    is_reject: bool = False
    is_final: bool = False
    shows_picture: bool = False
    column: int = 0
    x: int = 0
    y: int = 0
    baselines: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Edge:
    """A line from the right side of one node to the left side of another, as an SVG path."""

    path: str
    is_reject: bool


@dataclass(frozen=True)
class Graph:
    nodes: list[Node]
    edges: list[Edge]
    width: int
    height: int
    rejects: int


def draw(
    final: Image, steps: Sequence[generation.Step], rejects: Iterable[generation.Reject] = (),
    seen: set[uuid.UUID] | None = None, sealed: Collection[uuid.UUID] = (),
) -> Graph:  # fmt: skip
    """`seen` are the pictures that the reader may look at, None for all; the others are drawn as words alone.

    Of the prompts in `sealed` the artist keeps the words.
    """
    nodes: dict[uuid.UUID, Node] = {}
    comes_from: dict[uuid.UUID, list[uuid.UUID]] = {}
    for step in steps:
        sources = [parent.pk for parent in step.parents]
        if step.prompt:
            nodes.setdefault(step.prompt.pk, _of_prompt(step.prompt, step.prompt.pk in sealed))
            sources.append(step.prompt.pk)
        nodes[step.image.pk] = _of_image(step.image, step.kind, step.recipe, seen)
        nodes[step.image.pk].is_final = step.image.pk == final.pk
        comes_from[step.image.pk] = sources
    for reject in rejects:
        recipe = reject.image.job.recipe if reject.image.job else {}
        node = nodes[reject.image.pk] = _of_image(reject.image, reject.image.kind, recipe, seen)
        node.is_reject = True
        node.label = _("Not taken: %(what)s") % {"what": node.label}
        comes_from[reject.image.pk] = [pk for pk in (reject.prompt_id, reject.parent_id) if pk in nodes]
    for key in nodes:
        nodes[key].column = _column(key, comes_from)
    for key, node in nodes.items():  # a prompt stands right before the first picture that it led to
        if node.kind == "prompt":
            node.column = min(nodes[to].column for to, sources in comes_from.items() if key in sources) - 1
    return _laid_out(nodes, comes_from)


def _column(key: uuid.UUID, comes_from: dict[uuid.UUID, list[uuid.UUID]]) -> int:
    return max((_column(source, comes_from) + 1 for source in comes_from.get(key, ())), default=0)


def _laid_out(nodes: dict[uuid.UUID, Node], comes_from: dict[uuid.UUID, list[uuid.UUID]]) -> Graph:
    columns: dict[int, list[Node]] = {}
    for node in nodes.values():
        columns.setdefault(node.column, []).append(node)
    tallest = max(len(column) for column in columns.values())
    height = tallest * (HEIGHT + GAP_Y) - GAP_Y + 2 * EDGE
    for place, number in enumerate(sorted(columns)):
        column = columns[number]
        top = (height - len(column) * (HEIGHT + GAP_Y) + GAP_Y) // 2
        for row, node in enumerate(column):
            node.x, node.y = EDGE + place * (WIDTH + GAP_X), top + row * (HEIGHT + GAP_Y)
            first = node.y + HEIGHT // 2 - 8 * (len(node.lines) - 1) + 4
            node.baselines = [(first + 16 * line, text) for line, text in enumerate(node.lines)]
    edges = [
        Edge(_path(nodes[source], nodes[to]), nodes[to].is_reject)
        for to, sources in comes_from.items() for source in sources
    ]  # fmt: skip
    width = len(columns) * (WIDTH + GAP_X) - GAP_X + 2 * EDGE
    rejects = sum(node.is_reject for node in nodes.values())
    return Graph(list(nodes.values()), edges, width, height, rejects)


def _path(source: Node, to: Node) -> str:
    x, y = source.x + WIDTH, source.y + HEIGHT // 2
    end_x, end_y = to.x, to.y + HEIGHT // 2
    bend = GAP_X // 2
    return f"M{x} {y}C{x + bend} {y} {end_x - bend} {end_y} {end_x} {end_y}"


def _of_prompt(prompt: Prompt, is_sealed: bool) -> Node:
    text = _("words that the artist keeps") if is_sealed else prompt.text
    return Node(
        prompt.pk, "prompt", _("Prompt: %(text)s") % {"text": text}, _wrapped(text, UNITS_PROMPT, PROMPT_LINES)
    )


def _of_image(image: Image, kind: str, recipe: dict[str, object], seen: set[uuid.UUID] | None) -> Node:
    if kind == "rework":
        kind = str(recipe.get("operation", kind))
    words = {
        "paint": _("painted"), "compose": _("composed"), "retouch": _("by hand"), "upload": _("uploaded"),
        "image-to-image": _("in other words"), "inpaint": _("a part anew"), "outpaint": _("carried on"),
        "variation": _("varied"), "upscale": _("enlarged"),
    }  # fmt: skip
    said = [str(words.get(kind, kind))]
    if "seed" in recipe:
        said.append(_("seed %(seed)s") % {"seed": recipe["seed"]})
    else:
        said.append(f"{image.width_px} × {image.height_px}")
    shows = image.emptied_at is None and (seen is None or image.pk in seen)
    units = UNITS_PICTURE if shows else UNITS_PROMPT
    lines = [_wrapped(one, units, 1)[0] for one in said]
    return Node(image.pk, "picture", ", ".join(said), lines, image, shows_picture=shows)


def _wrapped(text: str, units: int, most: int) -> list[str]:
    """At most so many lines of that width; what does not fit ends in an ellipsis."""
    lines, line, used = [], "", 0
    for character in " ".join(text.split()):
        wide = 2 if _HANGUL[0] <= character <= _HANGUL[1] else 1
        if used + wide > units:
            lines.append(line.rstrip())
            line, used = "", 0
            if len(lines) == most:
                return [*lines[:-1], lines[-1][:-1] + "…"]
        line, used = (line + character, used + wide) if line or character != " " else ("", 0)
    return [*lines, line] if line or not lines else lines
