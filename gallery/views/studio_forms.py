"""The studio's prompt form: a line of words, and a builder that says the rest by choosing.

What is chosen becomes slugs of style presets; what is typed under details joins the prompt. Nothing here translates.
"""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from gallery.forms import AskForm, passage
from generation import api as generation
from generation.models import Prompt

GROUPS = {
    "medium": _("Medium"),
    "movement": _("Movement"),
    "technique": _("Technique"),
    "mood": _("Mood"),
    "light": _("Light"),
    "composition": _("Composition"),
}
PREVIEWS = settings.BASE_DIR / "static/studio/presets"


class PromptForm(AskForm):
    """AskForm with the builder's fields. `english` is the translation, shown and corrected after a first reading."""

    details = passage(_("Details"), longest=Prompt.MAX_CHARACTERS // 2, rows=2)
    english = passage(_("What the model reads"), longest=Prompt.MAX_CHARACTERS, rows=3)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for group, label in GROUPS.items():
            slugs = [(preset.slug, preset.slug) for preset in generation.preset_library()[group]]
            self.fields[group] = forms.ChoiceField(label=label, required=False, choices=[("", ""), *slugs])

    @cached_property
    def groups(self) -> list[dict[str, Any]]:
        """For the template: each group with its choices, the chosen one marked."""
        korean = (get_language() or "").startswith("ko")
        there = {path.stem for path in PREVIEWS.glob("*.webp")}
        return [
            {
                "name": group,
                "label": label,
                "chosen": self[group].value() or "",
                "choices": [
                    {
                        "slug": preset.slug,
                        "name": preset.name_ko if korean else preset.name,
                        "adds": preset.adds,
                        "picture": preset.slug in there,
                    }
                    for preset in generation.preset_library()[group]
                ],
            }
            for group, label in GROUPS.items()
        ]

    @property
    def any_chosen(self) -> bool:
        """Whether the builder should stand open."""
        return bool(self["details"].value() or any(group["chosen"] for group in self.groups))

    def prompt(self) -> str:
        """The words as the artist wrote them, details behind."""
        parts = (self.cleaned_data["text"].strip().rstrip(","), self.cleaned_data["details"].strip())
        return ", ".join(part for part in parts if part)

    def wish(self) -> dict[str, Any]:
        """The arguments of `generation.ask` and `generation.preview` beside owner and prompt."""
        return {
            "seeds": self.seeds(),
            "negative_text": self.cleaned_data["negative_text"],
            "presets": [slug for group in GROUPS if (slug := self.cleaned_data[group])],
            "english": self.cleaned_data["english"],
        }


def fresh() -> PromptForm:
    """An empty form with a request id of its own."""
    return PromptForm(initial={"request_id": uuid.uuid4(), "count": 1})
