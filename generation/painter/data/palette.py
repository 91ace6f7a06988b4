"""Colours by name, and arithmetic on pictures that are float arrays of shape (side, side, 3) in 0..255."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Picture = NDArray[np.float32]
Plane = NDArray[np.float32]
"""(side, side)"""

COLOURS: dict[str, tuple[int, int, int]] = {
    "red": (214, 40, 40),
    "orange": (246, 135, 20),
    "yellow": (250, 215, 60),
    "green": (60, 160, 75),
    "turquoise": (60, 195, 190),
    "blue": (45, 105, 215),
    "purple": (130, 65, 180),
    "pink": (246, 140, 185),
    "brown": (130, 85, 50),
    "black": (22, 22, 26),
    "white": (250, 250, 250),
    "grey": (150, 150, 152),
}
LUMA = np.array((0.299, 0.587, 0.114), np.float32)


def luma(picture: Picture) -> Plane:
    plane: Plane = picture @ LUMA
    return plane


def blur(picture: Picture, radius_px: float) -> Picture:
    """Gaussian, through Pillow; works on (side, side, 3) and (side, side), and rounds to whole numbers."""
    image = Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius_px)), np.float32)


def saturate(picture: Picture, by: float) -> Picture:
    grey = luma(picture)[..., None]
    out: Picture = np.clip(grey + (picture - grey) * np.float32(by), 0, 255)
    return out


def contrast(picture: Picture, by: float, lift: float = 0) -> Picture:
    out: Picture = np.clip((picture - 128) * np.float32(by) + np.float32(128 + lift), 0, 255)
    return out


def recolour(pixels: NDArray[np.uint8], colour: str) -> NDArray[np.uint8]:
    """An RGBA drawing in another colour: what has a hue takes the new one, eyes and outlines stay."""
    rgb = pixels[..., :3].astype(np.float32)
    high, low = rgb.max(-1), rgb.min(-1)
    hued = np.clip(((high - low) / np.maximum(high, 1) - 0.15) * 6, 0, 1)[..., None]
    light = (luma(rgb) / 255)[..., None]
    body = light[(hued[..., 0] > 0.5) & (pixels[..., 3] > 128)]
    usual = float(np.median(body)) if body.size else 0.5
    target = np.array(COLOURS[colour], np.float32)
    shade = np.clip(1 + (light - usual) * 1.1, 0.35, 1.5)
    new = np.clip(target * np.minimum(shade, 1) + (255 - target) * np.maximum(shade - 1, 0), 0, 255)
    mixed = rgb * (1 - hued) + new * hued
    return np.dstack([np.clip(mixed, 0, 255).astype(np.uint8), pixels[..., 3]])
