"""A composition in words, English and Korean.

The English is what `generation.prompts` makes of the Korean where it can, so that a Korean prompt and its English
pair read the same to the painter; synonyms stand beside it. The first form of each list is the plain one.
"""

from collections.abc import Sequence

import numpy as np

from generation.painter.data import drawings
from generation.painter.data.compositions import Composition

COLOURS_KO = {
    "red": "빨간", "orange": "주황색", "yellow": "노란", "green": "초록색", "turquoise": "청록색", "blue": "파란",
    "purple": "보라색", "pink": "분홍색", "brown": "갈색", "black": "검은", "white": "하얀", "grey": "회색",
}  # fmt: skip
COLOURS_EN = {"grey": "gray"}
PLACE_WHERE: dict[str, Sequence[str]] = {
    "sea": ("in the sea", "on the ocean"),
    "beach": ("on the beach", "on a sandy beach"),
    "mountains": ("in the mountains", "in front of mountains"),
    "forest": ("in the forest", "in the woods"),
    "desert": ("in the desert", "on sand dunes"),
    "meadow": ("in a meadow", "in a green field"),
    "garden": ("in a flower garden", "among flowers", "in a garden"),
    "city": ("in the city", "in front of a city skyline"),
    "village": ("in a village", "near small houses"),
    "snow": ("in a snowy field", "in the snow"),
    "lake": ("by a lake", "at a lake"),
    "space": ("in outer space", "in space"),
    "underwater": ("underwater", "under the sea"),
}
PLACE_NAMES: dict[str, Sequence[str]] = {
    "sea": ("the sea", "the ocean"),
    "beach": ("a beach", "a sandy beach"),
    "mountains": ("mountains", "a mountain landscape"),
    "forest": ("a forest", "the woods"),
    "desert": ("a desert", "sand dunes"),
    "meadow": ("a meadow", "a green field"),
    "garden": ("a flower garden", "a field of flowers"),
    "city": ("a city", "a city skyline"),
    "village": ("a village", "small houses in a village"),
    "snow": ("a snowy field", "a winter landscape"),
    "lake": ("a lake", "a mountain lake"),
    "space": ("outer space", "a galaxy"),
    "underwater": ("an underwater scene", "the seabed"),
}
PLACES_KO = {
    "sea": ("바다", "바다의"), "beach": ("해변", "해변의"), "mountains": ("산", "산의"), "forest": ("숲", "숲 속의"),
    "desert": ("사막", "사막의"), "meadow": ("초원", "초원의"), "garden": ("꽃밭", "꽃밭의"),
    "city": ("도시", "도시의"), "village": ("마을", "마을의"), "snow": ("눈밭", "눈밭의"),
    "lake": ("호숫가", "호숫가의"),
    "space": ("우주", "우주의"), "underwater": ("바닷속", "물속의"),
}  # fmt: skip
TIMES: dict[str, Sequence[str]] = {
    "day": ("in the daytime", "on a sunny day", ""),
    "dawn": ("at dawn", "at sunrise"),
    "sunset": ("at sunset", "at dusk"),
    "night": ("at night", "on a starry night"),
    "rain": ("in the rain", "on a rainy day"),
    "fog": ("in the mist", "in the fog"),
    "aurora": ("under the northern lights", "under the aurora"),
}
TIMES_KO = {
    "day": "낮의", "dawn": "새벽의", "sunset": "노을 지는", "night": "밤의", "rain": "비 오는", "fog": "안개 낀",
    "aurora": "오로라 아래",
}  # fmt: skip
STYLES: dict[str, Sequence[str]] = {
    "oil": ("oil painting",),
    "watercolour": ("watercolor", "watercolor painting"),
    "ink wash": ("ink wash painting", "ink painting"),
    "woodcut": ("woodcut", "woodblock print"),
    "stained glass": ("stained glass", "stained glass window"),
    "pop art": ("pop art", "halftone pop art"),
    "pencil": ("pencil drawing", "pencil sketch"),
    "impressionist": ("impressionist painting", "impressionism"),
    "pointillist": ("pointillist painting", "pointillism"),
    "cubist": ("cubist painting", "cubism"),
    "pixel art": ("pixel art", "8-bit pixel art"),
}
STYLES_KO = {
    "oil": "유화", "watercolour": "수채화", "ink wash": "수묵화", "woodcut": "목판화",
    "stained glass": "스테인드글라스", "pop art": "팝 아트", "pencil": "연필화", "impressionist": "인상주의 회화",
    "pointillist": "점묘화", "cubist": "입체파 회화", "pixel art": "픽셀 아트",
}  # fmt: skip
ABSTRACTS: dict[str, Sequence[str]] = {
    "colour field": ("color field painting", "abstract color field"),
    "geometric": ("abstract geometric painting", "geometric abstraction"),
}
ABSTRACTS_KO = {"colour field": "색면 추상화", "geometric": "기하학적 추상화"}
BARE = ("cherries", "grapes", "ice cream", "fire")
"""Plurals and masses take no article."""


def english(composition: Composition, rng: np.random.Generator | None = None) -> str:
    """The plain caption, or with a generator one of its variants."""
    if composition.abstract:
        first, second = colour_en(composition.paint), colour_en(composition.ground)
        kind = _pick(ABSTRACTS[composition.abstract], rng)
        forms = [f"{kind} in {first} and {second}", f"{first} and {second} {kind}"]
        return _pick(forms, rng)
    if composition.subject:
        noun = composition.subject
        if composition.paint:
            noun = f"{colour_en(composition.paint)} {noun}"
        text = noun if noun.endswith(BARE) else _a(noun)
        if rng is not None and rng.random() < 0.15:
            text = noun
        if composition.close:
            text = f"close-up of {text}"
        text += _around(composition, rng)
    else:
        text = " ".join(filter(None, (_pick(PLACE_NAMES[composition.place or ""], rng), _time(composition, rng))))
    if composition.style is None:
        return text
    style = _pick(STYLES[composition.style], rng)
    return _pick([f"{text}, {style}", f"{style} of {text}"], rng)


def korean(composition: Composition) -> str:
    if composition.abstract:
        first, second = COLOURS_KO[composition.paint or ""], COLOURS_KO[composition.ground or ""]
        return f"{first} 색과 {second} 색의 {ABSTRACTS_KO[composition.abstract]}".replace("색 색", "색")
    words: list[str] = []
    if composition.place:
        name, of = PLACES_KO[composition.place]
        skyless = composition.place in {"space", "underwater"}
        words += [] if skyless and composition.time == "day" else [TIMES_KO[composition.time]]
        words.append(of if composition.subject else name)
    elif composition.ground:
        words.append(f"{COLOURS_KO[composition.ground]} 배경의")
    if composition.paint:
        words.append(COLOURS_KO[composition.paint])
    if composition.subject:
        words.append(_korean_names()[composition.subject])
    text = " ".join(words)
    if composition.close:
        text += " 클로즈업"
    return f"{text}, {STYLES_KO[composition.style]}" if composition.style else text


def _around(composition: Composition, rng: np.random.Generator | None) -> str:
    if composition.place:
        return f" {_pick(PLACE_WHERE[composition.place], rng)} {_time(composition, rng)}".rstrip()
    if composition.ground == "white" and rng is not None and rng.random() < 0.6:
        return ""
    colour = colour_en(composition.ground)
    return _pick([f" on {_a(colour)} background", f", {colour} background"], rng)


def _time(composition: Composition, rng: np.random.Generator | None) -> str:
    if composition.place in {"space", "underwater"} and composition.time == "day":
        return ""
    return _pick(TIMES[composition.time], rng)


def colour_en(colour: str | None) -> str:
    return COLOURS_EN.get(colour or "", colour or "")


def _korean_names() -> dict[str, str]:
    return {subject.en: subject.ko for subject in drawings.subjects()}


def _a(noun: str) -> str:
    if noun.endswith("sun"):
        return f"the {noun}"
    return f"an {noun}" if noun[0] in "aeio" or noun.startswith("umbrella") else f"a {noun}"


def _pick(forms: Sequence[str], rng: np.random.Generator | None) -> str:
    return forms[0] if rng is None else forms[int(rng.integers(len(forms)))]
