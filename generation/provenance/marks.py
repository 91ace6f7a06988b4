"""Marks on request: one that people see, and one that only the detector here sees.

The invisible mark carries a number of 32 bits with its CRC-16, 48 bits in all. The brightness of the picture, brought
to 512 x 512, is cut into blocks of 8 x 8 and transformed (DCT-II, orthonormal). Ten coefficients of low and middle
frequency a block, 40,960 in all, are dealt out to the bits; each has a sign of its own. Embedding adds STRENGTH times
that sign to each coefficient of a 1 bit and takes it from each of a 0 bit, more where the picture is lively;
detecting adds the coefficients up with their signs. Deal and signs come from SHAKE-256 of a public word, so anybody
can write the same detector: the mark says where a picture comes from, and is no secret and no lock. It survives other
sizes, other proportions and ordinary compression, not cropping, turning or mirroring; docs/storage.md has what was
measured.

The idea is Cox and others, "Secure Spread Spectrum Watermarking for Multimedia", IEEE Trans. Image Proc. 6(12), 1997.
"""

import binascii
import hashlib
import io
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

WORD: Final = b"ninefold mark 1"
SIDE_PX: Final = 512
BITS: Final = 48
NUMBERS: Final = 2**32
STRENGTH: Final = 3.5  # of a coefficient; about 1.4 of 255 levels of brightness
SURE: Final = 2.5  # mean deviations from chance; a picture without a mark has 0.8
TEXT: Final = "Made with AI"
_PLACES: Final = ((0, 2), (1, 1), (2, 0), (0, 3), (1, 2), (2, 1), (3, 0), (1, 3), (2, 2), (3, 1))
_LUMA: Final = np.array([0.299, 0.587, 0.114], dtype=np.float32)
Plane = NDArray[np.float32]


def mark(png: bytes, *, visible: bool = False, number: int = 0) -> bytes:
    """The PNG with the marks that are asked for, its words kept; the same bytes each time."""
    if not 0 <= number < NUMBERS:
        raise ValueError(f"A mark carries a number below {NUMBERS}.")
    with Pillow.open(io.BytesIO(png)) as opened:
        info = PngInfo()
        for name, text in getattr(opened, "text", {}).items():
            info.add_itxt(name, text)
        picture = opened.convert("RGBA" if "A" in opened.getbands() else "RGB")
    if visible:
        picture = _label(picture)
    if number:
        picture = _embed(picture, number)
    out = io.BytesIO()
    picture.save(out, "PNG", pnginfo=info, compress_level=4)
    return out.getvalue()


def detect(picture: Pillow.Image) -> int | None:
    """The number that the picture carries, or None; reads pixels alone."""
    small = picture.convert("RGB").resize((SIDE_PX, SIDE_PX), Pillow.Resampling.LANCZOS)
    deviations = _deviations(np.asarray(small, dtype=np.float32) @ _LUMA)
    bits = deviations > 0
    value = int("".join("1" if bit else "0" for bit in bits), 2)
    number, check = value >> 16, value & 0xFFFF
    is_sure = float(np.abs(deviations).mean()) >= SURE
    return number if number and is_sure and check == _crc(number) else None


def _embed(picture: Pillow.Image, number: int) -> Pillow.Image:
    value = number << 16 | _crc(number)
    bits = np.array([1 if value >> (BITS - 1 - place) & 1 else -1 for place in range(BITS)], dtype=np.float32)
    deal, signs = _pattern()
    blocks = np.zeros((SIDE_PX // 8, SIDE_PX // 8, 8, 8), dtype=np.float32)
    for at, (u, v) in enumerate(_PLACES):
        blocks[..., u, v] = STRENGTH * (bits[deal] * signs)[..., at]
    basis = _basis()
    wave = _joined(np.einsum("ux,abuv,vy->abxy", basis, blocks, basis))
    rgb = np.asarray(picture.convert("RGB"), dtype=np.float32)
    wave = _resized(wave * _liveliness(rgb @ _LUMA), picture.size)
    marked = Pillow.fromarray(np.clip(np.rint(rgb + wave[..., None]), 0, 255).astype(np.uint8), "RGB")
    if picture.mode == "RGBA":
        marked.putalpha(picture.getchannel("A"))
    return marked


def _liveliness(luma: Plane) -> Plane:
    """0.7 where the picture is flat, up to 1.8 where it is lively, at the size of the mark."""
    small = _resized(luma, (SIDE_PX, SIDE_PX))
    spread = _split(small).std(axis=(2, 3))
    factor = np.clip(0.7 + spread / 20, 0.7, 1.8).astype(np.float32)
    return _resized(factor, (SIDE_PX, SIDE_PX))


def _deviations(luma: Plane) -> Plane:
    """For each bit, how far the sum of its coefficients lies from chance, in standard deviations."""
    basis, (deal, signs) = _basis(), _pattern()
    coefficients = np.einsum("ux,abxy,vy->abuv", basis, _split(luma - 128), basis)
    sums, counts = np.zeros(BITS), np.zeros(BITS)
    for at, (u, v) in enumerate(_PLACES):
        one = coefficients[..., u, v]
        soft = one / (np.abs(one) + 2 * STRENGTH)  # an edge counts little more than a shade
        soft = soft / (np.sqrt((soft**2).mean()) + 1e-6)
        sums += np.bincount(deal[..., at].ravel(), (soft * signs[..., at]).ravel(), BITS)
        counts += np.bincount(deal[..., at].ravel(), minlength=BITS)
    return (sums / np.sqrt(counts)).astype(np.float32)


@cache
def _pattern() -> tuple[NDArray[np.intp], Plane]:
    """(the bit, the sign) of each coefficient: both (64, 64, 10)."""
    shape = (SIDE_PX // 8, SIDE_PX // 8, len(_PLACES))
    count = int(np.prod(shape))
    stream = np.frombuffer(hashlib.shake_256(WORD).digest(5 * count), dtype=np.uint8)
    order = np.argsort(stream[: 4 * count].view("<u4"), kind="stable")
    deal = np.empty(count, dtype=np.intp)
    deal[order] = np.arange(count) % BITS
    signs = np.where(stream[4 * count :] & 1, 1.0, -1.0).astype(np.float32)
    return deal.reshape(shape), signs.reshape(shape)


@cache
def _basis() -> Plane:
    """The orthonormal DCT-II of eight values, as rows."""
    k, x = np.arange(8)[:, None], np.arange(8)[None, :]
    basis = np.cos(np.pi * (2 * x + 1) * k / 16) * np.where(k == 0, np.sqrt(1 / 8), np.sqrt(1 / 4))
    return basis.astype(np.float32)


def _split(plane: Plane) -> Plane:
    return plane.reshape(SIDE_PX // 8, 8, SIDE_PX // 8, 8).swapaxes(1, 2)


def _joined(blocks: Any) -> Plane:
    joined: Plane = blocks.swapaxes(1, 2).reshape(SIDE_PX, SIDE_PX)
    return joined


def _resized(plane: Plane, size: tuple[int, int]) -> Plane:
    return np.asarray(Pillow.fromarray(plane, "F").resize(size, Pillow.Resampling.BICUBIC), dtype=np.float32)


def _crc(number: int) -> int:
    """CRC-16 of XMODEM over four bytes, begun with 0xACE1 so that nothing is not a mark."""
    return binascii.crc_hqx(number.to_bytes(4, "big"), 0xACE1)


def _label(picture: Pillow.Image) -> Pillow.Image:
    """A small plate in the lower right corner, a thirtieth of the shorter side high."""
    unit = max(10, min(picture.size) // 30)
    font = ImageFont.load_default(size=unit * 0.62)
    layer = Pillow.new("RGBA", picture.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    left, top, right, bottom = draw.textbbox((0, 0), TEXT, font=font)
    width, height = right - left + unit, unit
    x, y = picture.width - width - unit // 2, picture.height - height - unit // 2
    draw.rectangle((x, y, x + width, y + height), fill=(20, 18, 16, 190))
    text_at = (x + unit / 2 - left, y + (height - (bottom - top)) / 2 - top)
    draw.text(text_at, TEXT, font=font, fill=(255, 252, 246, 255))
    labelled = picture.convert("RGBA")
    labelled.alpha_composite(layer)
    return labelled if picture.mode == "RGBA" else labelled.convert("RGB")
