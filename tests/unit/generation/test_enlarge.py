import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from generation.enlarge import METHODS, best_method, enlarge


def disc(side_px: int = 64) -> Image.Image:
    image = Image.new("RGB", (side_px, side_px), (250, 250, 250))
    edge = side_px // 4
    ImageDraw.Draw(image).ellipse((edge, edge, side_px - edge, side_px - edge), fill=(220, 30, 40))
    return image


@pytest.mark.parametrize("method", METHODS)
def test_enlarged_picture_keeps_colours_when_areas_are_plain(method: str) -> None:
    large = enlarge(disc(), 1024, method)
    assert (large.mode, large.size) == ("RGB", (1024, 1024))
    for at, expected in (((512, 512), (220, 30, 40)), ((0, 0), (250, 250, 250)), ((1023, 600), (250, 250, 250))):
        assert max(abs(a - b) for a, b in zip(large.getpixel(at), expected, strict=True)) <= 3


@pytest.mark.parametrize("method", METHODS)
def test_enlarged_picture_is_the_same_when_enlarged_twice(method: str) -> None:
    assert enlarge(disc(), 512, method).tobytes() == enlarge(disc(), 512, method).tobytes()


@pytest.mark.parametrize("method", METHODS)
def test_shape_is_kept_when_picture_is_not_square(method: str) -> None:
    assert enlarge(disc().crop((0, 0, 64, 32)), 1024, method).size == (1024, 512)


def test_edges_are_crisper_when_kuwahara_is_used() -> None:
    """The band between red and white, in which neither has its colour, gets narrower."""
    widths = {}
    for method in METHODS:
        row = enlarge(disc(), 1024, method).crop((128, 512, 512, 513)).getchannel("G")
        widths[method] = sum(1 for value in row.tobytes() if 60 < value < 220)
    assert widths["kuwahara"] < widths["lanczos"] / 2


def test_picture_is_recognisable_when_shrunk_back() -> None:
    back = enlarge(disc(), 1024, "kuwahara").resize((64, 64), Image.Resampling.BOX)
    assert max(ImageStat.Stat(ImageChops.difference(back, disc())).mean) < 4


def test_method_is_named_in_both_languages_when_shown() -> None:
    assert METHODS["lanczos"].name_en == "Lanczos resampling"
    assert all(method.name_en and method.name_ko for method in METHODS.values())


def test_best_method_is_lanczos_when_picture_is_nearly_large_enough() -> None:
    assert (best_method(64, 1024), best_method(512, 1024)) == ("kuwahara", "lanczos")
    with pytest.raises(ValueError, match="4 times or more"):
        enlarge(disc(512), 1024, "kuwahara")


def test_unknown_method_is_refused_when_asked_for() -> None:
    with pytest.raises(KeyError):
        enlarge(disc(), 1024, "super-resolution")
