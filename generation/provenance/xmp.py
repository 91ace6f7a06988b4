"""The fields that picture programs read: an XMP packet with Dublin Core, IPTC's source type and PLUS's data mining.

Written into a PNG as the one chunk that the XMP specification names, without touching a pixel.

References: XMP part 3, section 1.1.5; IPTC Photo Metadata 2025.1; PLUS LDF 2.0.1 (Data Mining).
"""

import struct
import zlib
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from generation.provenance.claims import Words

KEYWORD: Final = "XML:com.adobe.xmp"
_PLUS: Final = "http://ns.useplus.org/ldf/vocab/"


def packet(words: Words, source_type: str) -> str:
    """The same words give the same packet."""
    mining = f"{_PLUS}DMI-ALLOWED" if words.may_be_mined else f"{_PLUS}DMI-PROHIBITED"
    said = {"title": "Alt", "creator": "Seq", "rights": "Alt"}
    texts = {"title": words.title, "creator": words.creator, "rights": words.licence}
    lists = "".join(
        f"<dc:{name}><rdf:{kind}><rdf:li{_language(kind)}>{escape(texts[name])}</rdf:li></rdf:{kind}></dc:{name}>"
        for name, kind in said.items()
    )
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
        ' xmlns:xmpRights="http://ns.adobe.com/xap/1.0/rights/"'
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
        ' xmlns:plus="http://ns.useplus.org/ldf/xmp/1.0/"'
        f" Iptc4xmpExt:DigitalSourceType={quoteattr(source_type)} plus:DataMining={quoteattr(mining)}"
        f' xmpRights:Marked="True" xmpRights:WebStatement={quoteattr(words.licence_url)}>'
        f'{lists}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
    )


def _language(kind: str) -> str:
    return ' xml:lang="x-default"' if kind == "Alt" else ""


def without_words(png: bytes) -> bytes:
    """The PNG without any text chunk: its recipe holds the prompt. No pixel is touched."""
    kept, at = [png[:8]], 8
    while at + 12 <= len(png):
        end = at + 12 + int.from_bytes(png[at : at + 4], "big")
        if png[at + 4 : at + 8] not in (b"tEXt", b"zTXt", b"iTXt"):
            kept.append(png[at:end])
        at = end
    return b"".join(kept)


def into_png(png: bytes, xmp: str) -> bytes:
    """The PNG with the packet right behind its header."""
    after_header = 8 + 25
    body = KEYWORD.encode() + b"\0\0\0\0\0" + xmp.encode()
    check = zlib.crc32(b"iTXt" + body)
    chunk = struct.pack(">I", len(body)) + b"iTXt" + body + struct.pack(">I", check)
    return png[:after_header] + chunk + png[after_header:]
