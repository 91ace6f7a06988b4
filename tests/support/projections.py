"""What the indexer has made of the chain, without the numbers that rows have: two readings must be equal."""

from django.apps import apps
from django.db.models import Model

from minting.models import Block, Log


def facts() -> list[tuple[str, ...]]:
    """Every log and every row that is projected from one, with the place of its log."""
    models: list[type[Model]] = [
        model
        for model in apps.get_app_config("minting").get_models()
        if any(field.name == "log" for field in model._meta.concrete_fields)
    ]
    assert len(models) >= 6
    found: list[tuple[str, ...]] = []
    for model in (Log, *models):
        names = [
            field.attname
            for field in model._meta.concrete_fields
            if field.attname != "id" and not (field.is_relation and field.related_model is not Block)
        ]
        names += ["block__number"] if model is Log else ["log__block_id", "log__log_index"]
        found += [(model.__name__, *map(str, row)) for row in model._default_manager.values_list(*names)]
    return sorted(found)
