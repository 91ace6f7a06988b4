"""What a manifest says: actions of one step, ingredients, the kind of source, credit, and whether machines may learn.

Pure: the same step and words give the same claim, so its digest tells whether a picture was signed with it already.
The times are those of the steps. A parent is an ingredient, with its own manifest inside, so the whole lineage is in
the picture.

References: C2PA 2.2, sections 18.14 (actions) and 18.16 (ingredients); IPTC Digital Source Type NewsCodes; CAWG
Training and Data Mining 1.1; CAWG Metadata 1.1.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from generation.provenance.lineage import Step

VERSION: Final = "0.1.0"
IPTC: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
TRAINED: Final = f"{IPTC}trainedAlgorithmicMedia"
COMPOSITE: Final = f"{IPTC}compositeWithTrainedAlgorithmicMedia"
BY_HAND: Final = f"{IPTC}digitalCreation"
BY_MODEL: Final = ("paint", "rework")
USES: Final = ("cawg.data_mining", "cawg.ai_inference", "cawg.ai_training", "cawg.ai_generative_training")
_CONTEXT: Final = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
}


@dataclass(frozen=True)
class Words:
    """What the people of a work say: `licence_url` leads to the licence's words; a mark of "" or 0 is none.

    `may_be_mined` is the artist's answer to data mining and the training of models. `mark_number` is what the
    invisible mark carries, below 2^32.
    """

    title: str
    creator: str
    licence: str
    licence_url: str
    may_be_mined: bool = False
    visible_mark: bool = False
    mark_number: int = 0
    hides_words: bool = False  # of the prompt: then nothing in the picture leads to them


def source_type(step: Step, earlier: Sequence[Step]) -> str:
    """The IPTC kind of the picture that `step` made, after the steps before it."""
    steps = (*earlier, step)
    if step.kind == "paint" or all(one.kind in BY_MODEL for one in steps):
        return TRAINED
    machine = any(one.made_by != "human" for one in steps)
    return COMPOSITE if machine else BY_HAND


def definition(step: Step, earlier: Sequence[Step], words: Words) -> dict[str, Any]:
    """The manifest's definition for c2pa-rs; the ingredients are named `parent-0`, `parent-1` and so on."""
    kind = source_type(step, earlier)
    lineage = {
        "step": step.kind,
        "made_by": step.made_by,
        "image_sha256": step.image.sha256,
        "parents_sha256": [parent.sha256 for parent in step.parents],
        "recipe_sha256": step.image.job.recipe_sha256 if step.image.job and not words.hides_words else "",
    }
    return {
        **_head(words.title, step.image.mime),
        "assertions": [
            {"label": "c2pa.actions.v2", "data": {"actions": [*_actions(step, kind), *_marks(words)]}},
            {"label": "cawg.training-mining", "data": {"entries": _entries(words.may_be_mined)}},
            {"label": "cawg.metadata", "data": _metadata(words, kind)},
            {"label": "org.ninefold.step", "data": lineage},
        ],
    }


def derived(title: str, mime: str, width_px: int, height_px: int) -> dict[str, Any]:
    """Of a smaller copy, whose one ingredient `parent-0` is the signed picture."""
    actions = [
        {"action": "c2pa.opened", "parameters": {"ingredientIds": ["parent-0"]}},
        {"action": "c2pa.resized", "parameters": {"org.ninefold.size_px": f"{width_px} x {height_px}"}},
        {"action": "c2pa.transcoded"},
    ]
    assertions = [{"label": "c2pa.actions.v2", "data": {"actions": actions}}]
    return {**_head(title, mime), "assertions": assertions}


def digest(claim: dict[str, Any], words: Words, parents: Sequence[str]) -> str:
    """SHA-256 of a claim, the words that are drawn into the picture, and the signed parents."""
    of_words = {name: value for name, value in asdict(words).items() if name != "hides_words" or value}
    said = json.dumps([claim, of_words, list(parents)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def _head(title: str, mime: str) -> dict[str, Any]:
    return {"claim_generator_info": [{"name": "Ninefold", "version": VERSION}], "title": title, "format": mime}


def _actions(step: Step, kind: str) -> list[dict[str, Any]]:
    when = {"when": step.image.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    parents = [f"parent-{number}" for number in range(len(step.parents))]
    agent = {"name": step.recipe.get("model", ""), "version": step.recipe.get("model_sha256", "")[:16]}
    opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": parents}, **when}
    if step.kind == "paint":
        made = {"action": "c2pa.created", "digitalSourceType": kind, "softwareAgent": agent, **when}
        enlarge = str(step.recipe.get("enlarge", "none"))
        grown = {"action": "c2pa.resized", "parameters": {"org.ninefold.method": enlarge}, **when}
        return [made] if enlarge == "none" else [made, grown]
    if step.kind == "compose":
        made = {"action": "c2pa.created", "digitalSourceType": kind, **when}
        placed = [{"action": "c2pa.placed", "parameters": {"ingredientIds": [one]}, **when} for one in parents]
        return [made, *placed]
    if step.kind == "rework" and step.recipe["operation"] == "upscale":
        grown = {"action": "c2pa.resized", "parameters": {"org.ninefold.method": step.recipe["enlarge"]}, **when}
        return [opened, {**grown, "softwareAgent": agent} if step.recipe.get("model") else grown]
    if step.kind == "rework":
        said = f"Worked over by a model: {step.recipe['operation']}."
        edited = {"action": "c2pa.edited", "digitalSourceType": kind, "softwareAgent": agent, "description": said}
        return [opened, {**edited, **when}]
    if parents:
        edited = {"action": "c2pa.edited", "digitalSourceType": kind, "description": "Worked over by hand.", **when}
        return [opened, edited]
    return [{"action": "c2pa.created", "digitalSourceType": kind, **when}]


def _marks(words: Words) -> list[dict[str, Any]]:
    marks: list[dict[str, Any]] = []
    if words.visible_mark:
        marks.append({"action": "c2pa.addedText", "description": "A visible mark that names the use of AI."})
    if words.mark_number:
        marks.append({"action": "c2pa.watermarked.unbound", "parameters": {"org.ninefold.number": words.mark_number}})
    return marks


def _entries(may_be_mined: bool) -> dict[str, dict[str, str]]:
    use = "allowed" if may_be_mined else "notAllowed"
    return {name: {"use": use} for name in USES}


def _metadata(words: Words, kind: str) -> dict[str, Any]:
    return {
        "@context": _CONTEXT,
        "dc:title": {"x-default": words.title},
        "dc:creator": [words.creator],
        "dc:rights": {"x-default": words.licence},
        "xmpRights:WebStatement": words.licence_url,
        "Iptc4xmpExt:DigitalSourceType": kind,
    }
