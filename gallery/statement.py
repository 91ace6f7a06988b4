"""Annual statements as PDF: what a charity was given, and what an artist was paid, sale by sale, with proof.

Figures are exact: ether with all its digits, and wei in the sum. Each row names its transaction, so that the paper
can be checked against any node of the chain. Korean names are set in a face that readers of PDF bring along.
Reference: reportlab user guide, chapters on platypus and Asian fonts.
"""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

from django.utils.translation import gettext as _
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from minting import units

LATIN, KOREAN, MONO = "Times-Roman", "HYSMyeongJo-Medium", "Courier"
INK, SOFT, LINE = HexColor("#1d1b18"), HexColor("#5f5a52"), HexColor("#dcd8cf")
RULES = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, -2), 0.4, LINE),
        ("LINEABOVE", (0, -1), (-1, -1), 0.8, INK),
        ("LEFTPADDING", (0, 0), (0, -1), 0),
        ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
    ]
)


@dataclass(frozen=True)
class Line:
    """One sale: `amount_wei` is the part that this statement is about, `price_wei` the whole price."""

    at: datetime
    work: str
    price_wei: int
    amount_wei: int
    transaction: str


@dataclass(frozen=True)
class Entry:
    """A promise or a payment of a sale on site, in its own currency; `amount` in words, since it is on no chain."""

    at: datetime
    work: str
    what: str
    amount: str
    proof: str = ""


@dataclass(frozen=True)
class Statement:
    """`name` and `addresses` are the payee's; `chain` names the network and the market that paid."""

    title: str
    name: str
    addresses: Sequence[str]
    year: int
    lines: Sequence[Line]
    chain: str
    entries: Sequence[Entry] = ()
    sums: Sequence[str] = ()  # of the entries, a currency each

    @property
    def total_wei(self) -> int:
        return sum(line.amount_wei for line in self.lines)


def pdf(of: Statement) -> bytes:
    """One document of as many A4 pages as it takes, in the language that is active."""
    pdfmetrics.registerFont(UnicodeCIDFont(KOREAN))
    buffer = io.BytesIO()
    document = SimpleDocTemplate(
        buffer, pagesize=A4, leftMargin=20 * mm, rightMargin=20 * mm, topMargin=22 * mm, bottomMargin=20 * mm,
        title=f"{of.title} {of.year}", author="Ninefold", subject=of.name,
    )  # fmt: skip
    text = ParagraphStyle("text", fontName=LATIN, fontSize=9.5, leading=14, textColor=INK)
    soft = ParagraphStyle("soft", parent=text, fontSize=8, leading=11, textColor=SOFT)
    head = ParagraphStyle("head", parent=text, fontSize=20, leading=26)
    mono = ParagraphStyle("mono", parent=soft, fontName=MONO, fontSize=6.6, leading=9, wordWrap="CJK")

    def cell(words: str, style: ParagraphStyle = text) -> Paragraph:
        return Paragraph(escape(words), style if _is_latin(words) else ParagraphStyle("ko", style, fontName=KOREAN))

    number = ParagraphStyle("number", parent=text, alignment=2)
    above = ParagraphStyle("above", parent=soft, alignment=2)

    def ether(wei: int) -> Paragraph:
        return cell(f"{units.ether(wei)} ETH", number)

    rows: list[list[object]] = [
        [cell(_("When"), soft), cell(_("Work"), soft), cell(_("Price"), above), cell(_("Amount"), above)],
        *(
            [cell(f"{line.at:%Y-%m-%d}"), [cell(line.work), cell(line.transaction, mono)], ether(line.price_wei),
             ether(line.amount_wei)]
            for line in of.lines
        ),
        [cell(_("Total")), cell(""), cell(""), ether(of.total_wei)],
    ]  # fmt: skip
    table = Table(rows, colWidths=[22 * mm, 60 * mm, 43 * mm, 45 * mm], repeatRows=1)
    table.setStyle(RULES)
    document.build(
        [
            cell("Ninefold", soft),
            cell(f"{of.title} {of.year}", head),
            Spacer(1, 4 * mm),
            cell(of.name),
            *(cell(address, mono) for address in of.addresses),
            Spacer(1, 6 * mm),
            cell(f"{units.ether(of.total_wei)} ETH", ParagraphStyle("sum", parent=head, fontSize=16, leading=22)),
            cell(f"{of.total_wei} wei", soft),
            Spacer(1, 6 * mm),
            table,
            Spacer(1, 6 * mm),
            cell(of.chain, soft),
            *(_on_site(of, cell, soft, mono, above, number) if of.entries else ()),
        ]
    )
    return buffer.getvalue()


def _on_site(
    of: Statement, cell: Callable[..., Paragraph], soft: ParagraphStyle, mono: ParagraphStyle,
    above: ParagraphStyle, number: ParagraphStyle,
) -> list[object]:  # fmt: skip
    """What was promised and paid for sales at the counter, currency by currency, under a heading of its own."""
    rows: list[list[object]] = [
        [cell(_("When"), soft), cell(_("Work"), soft), cell("", soft), cell(_("Amount"), above)],
        *(
            [cell(f"{entry.at:%Y-%m-%d}"), [cell(entry.work), cell(entry.proof, mono)], cell(entry.what),
             cell(entry.amount, number)]
            for entry in of.entries
        ),
        [cell(_("Total")), "", "", [cell(words, number) for words in of.sums]],
    ]  # fmt: skip
    table = Table(rows, colWidths=[22 * mm, 68 * mm, 30 * mm, 50 * mm], repeatRows=1)
    table.setStyle(RULES)
    said = _("Paid at a counter, on no chain: these rest on receipts and on the proof that each payment names.")
    return [Spacer(1, 10 * mm), cell(_("Sales on site")), cell(said, soft), Spacer(1, 3 * mm), table]


def _is_latin(words: str) -> bool:
    """Whether the faces that every reader has can set these words."""
    try:
        words.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
