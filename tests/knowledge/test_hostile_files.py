"""Files that try to harm: each is refused or read within its limits, and the next file is read."""

from __future__ import annotations

import gc
import io
import os
import random
import resource
import stat
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import docx
import openpyxl
import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen import canvas

from knowledge.parsing import DocumentError, Limits, Parser, parse_file

Make = Callable[[], bytes]
MIB = 1024 * 1024
SECONDS = 10.0
GROWTH = 20 * MIB

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


# --- parts of files ------------------------------------------------------------------------------


def archive(parts: dict[str, bytes], **information: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = information.get("attributes", 0)
            file.writestr(entry, content)
    return out.getvalue()


def good_docx() -> bytes:
    out = io.BytesIO()
    document = docx.Document()
    document.add_heading("1 Purpose", 1)
    document.add_paragraph("Keys are rotated every year.")
    document.save(out)
    return out.getvalue()


def good_xlsx() -> bytes:
    out = io.BytesIO()
    book = openpyxl.Workbook()
    book.active.append(["Risk", "Owner"])
    book.active.append(["R-1", "CISO"])
    book.save(out)
    return out.getvalue()


def good_pdf(pages: int = 1) -> bytes:
    out = io.BytesIO()
    page = canvas.Canvas(out)
    for number in range(pages):
        page.drawString(72, 720, f"Keys are rotated every year {number}.")
        page.showPage()
    page.save()
    return out.getvalue()


def with_parts(base: bytes, changes: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(base)) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    return archive(parts | changes)


def docx_with_body(body: bytes, before: bytes = b"") -> bytes:
    xml = b'<?xml version="1.0"?>%s<w:document xmlns:w="%s"><w:body>%s</w:body></w:document>'
    return with_parts(good_docx(), {"word/document.xml": xml % (before, W.encode(), body)})


def xlsx_with_sheet(sheet: bytes, before: bytes = b"") -> bytes:
    xml = b'<?xml version="1.0"?>%s<worksheet xmlns="%s">%s</worksheet>'
    return with_parts(good_xlsx(), {"xl/worksheets/sheet1.xml": xml % (before, S.encode(), sheet)})


def pdf(*objects: bytes, root: int = 1) -> bytes:
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    for place in places:
        out += b"%010d 00000 n \n" % place
    out += b"trailer\n<< /Size %d /Root %d 0 R >>\n" % (len(objects) + 1, root)
    return bytes(out + b"startxref\n%d\n%%%%EOF" % start)


CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"
PAGES = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
PAGE = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
    b"/Resources << /Font << /F1 5 0 R >> %s >> >>"
)
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def stream(content: bytes, extra: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), extra, content)


def pdf_with_content(content: bytes, extra: bytes = b"") -> bytes:
    return pdf(CATALOG, PAGES, PAGE % b"", stream(content, extra), FONT)


def zeros(size: int, byte: bytes = b"\0") -> bytes:
    """Compress `size` bytes without holding them."""
    packer = zlib.compressobj(9)
    piece = byte * MIB
    out = [packer.compress(piece) for _ in range(size // MIB)]
    return b"".join([*out, packer.flush()])


def noise(seed: int, size: int = 5_000) -> bytes:
    return random.Random(seed).randbytes(size)  # noqa: S311 - repeatable noise


def flipped(base: bytes, seed: int, count: int = 40) -> bytes:
    chance = random.Random(seed)  # noqa: S311 - repeatable damage
    out = bytearray(base)
    for _ in range(count):
        out[chance.randrange(len(out))] = chance.randrange(256)
    return bytes(out)


def renamed(old: bytes, new: bytes) -> bytes:
    assert len(old) == len(new)
    return good_docx().replace(old, new)


def many_entries(count: int) -> bytes:
    return with_parts(good_docx(), {f"x/{number}": b"" for number in range(count)})


def lying_sizes() -> bytes:
    """A part of 400 MB whose directory entry says 10 bytes."""
    base = archive({"word/document.xml": b"<a>" + b" " * 400 * MIB})
    size = (400 * MIB + 3).to_bytes(4, "little")
    return base.replace(size, (10).to_bytes(4, "little"))


def overlapping() -> bytes:
    """Two directory entries that share one part's bytes."""
    base = archive({"word/document.xml": b"<a>" + b" " * MIB, "word/documenu.xml": b""})
    out = bytearray(base)
    second = out.rfind(b"PK\x01\x02")
    out[second + 42 : second + 46] = (0).to_bytes(4, "little")
    return bytes(out)


def entity_bomb(inside: str) -> bytes:
    lines = ['<!ENTITY a "lol lol lol lol lol">']
    lines += [f'<!ENTITY {chr(98 + at)} "{f"&{chr(97 + at)};" * 10}">' for at in range(12)]
    return f"<!DOCTYPE {inside} [{''.join(lines)}]>".encode()


def external_entity(address: str) -> bytes:
    return f'<!DOCTYPE w:document [<!ENTITY x SYSTEM "{address}">]>'.encode()


def nested(opening: bytes, inner: bytes, closing: bytes, times: int) -> bytes:
    return opening * times + inner + closing * times


def encrypted_pdf() -> bytes:
    out = io.BytesIO()
    page = canvas.Canvas(out, encrypt=StandardEncryption("secret", canPrint=0))
    page.drawString(72, 720, "Keys are rotated every year.")
    page.save()
    return out.getvalue()


def shared_kids(count: int) -> bytes:
    kids = b"3 0 R " * count
    return pdf(
        CATALOG,
        b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, count),
        PAGE % b"",
        stream(b"BT /F1 12 Tf 72 720 Td (Hello there) Tj ET"),
        FONT,
    )


def deep_page_tree(count: int) -> bytes:
    nodes = [
        b"<< /Type /Pages /Kids [%d 0 R] /Count 1 >>" % (number + 1)
        for number in range(2, count + 2)
    ]
    return pdf(CATALOG, *nodes, b"<< /Type /Page /MediaBox [0 0 100 100] >>")


def self_drawing_form() -> bytes:
    form = stream(
        b"/X1 Do /X1 Do",
        b"/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X1 6 0 R >> >>",
    )
    return pdf(CATALOG, PAGES, PAGE % b"/XObject << /X1 6 0 R >>", stream(b"/X1 Do"), FONT, form)


def looping_bookmarks() -> bytes:
    return pdf(
        b"<< /Type /Catalog /Pages 2 0 R /Outlines 6 0 R >>",
        PAGES,
        PAGE % b"",
        stream(b"BT /F1 12 Tf 72 720 Td (Keys are rotated every year.) Tj ET"),
        FONT,
        b"<< /First 7 0 R /Last 7 0 R >>",
        b"<< /Title (A) /Parent 6 0 R /Next 7 0 R /First 7 0 R /Dest [3 0 R /Fit] >>",
    )


def looping_previous() -> bytes:
    base = good_pdf()
    start = base[base.rfind(b"startxref") + 9 :].split()[0]
    return base.replace(b"trailer\n<<", b"trailer\n<< /Prev %s " % start)


def million_rows() -> bytes:
    row = b'<row r="%d"><c r="A%d"><v>1</v></c></row>'
    return xlsx_with_sheet(
        b"<sheetData>" + b"".join(row % (at, at) for at in range(1, 1_000_001)) + b"</sheetData>"
    )


LAST_CELL = b'<sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
YAML_BOMB = (
    "---\n"
    + "a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(
        f"{chr(98 + at)}: &{chr(98 + at)} [{', '.join([f'*{chr(97 + at)}'] * 9)}]\n"
        for at in range(11)
    )
    + "title: *l\n---\n# Policy\n\nKeys are rotated.\n"
).encode()

# --- the files -----------------------------------------------------------------------------------

FAST: dict[str, Make] = {
    "empty.docx": lambda: b"",
    "blank.md": lambda: b" \n\t\n",
    "noise.pdf": lambda: noise(1),
    "noise.docx": lambda: noise(2),
    "noise.xlsx": lambda: noise(3),
    "noise.html": lambda: noise(4),
    "zeros.txt": lambda: bytes(10_000),
    "pdf in.docx": good_pdf,
    "docx in.pdf": good_docx,
    "zip in.txt": lambda: archive({"a": b"b"}),
    "other.exe": lambda: b"MZ",
    "cut.docx": lambda: good_docx()[:9_000],
    "cut.pdf": lambda: good_pdf()[:700],
    "laughs.docx": lambda: docx_with_body(b"<w:p>&l;</w:p>", entity_bomb("w:document")),
    "xxe file.docx": lambda: docx_with_body(
        b"<w:p><w:r><w:t>&x;</w:t></w:r></w:p>", external_entity("file:///etc/passwd")
    ),
    "xxe.xlsx": lambda: xlsx_with_sheet(
        b"<sheetData><row><c t='inlineStr'><is><t>&x;</t></is></c></row></sheetData>",
        external_entity("file:///etc/passwd"),
    ),
    "last cell.xlsx": lambda: xlsx_with_sheet(LAST_CELL),
    "up.docx": lambda: with_parts(good_docx(), {"../../evil.xml": b"x"}),
    "root.docx": lambda: with_parts(good_docx(), {"/etc/evil.xml": b"x"}),
    "nested.docx": lambda: with_parts(good_docx(), {"word/more.zip": archive({"a": b"b"})}),
    "ratio.docx": lambda: with_parts(good_docx(), {"word/media/a.bin": bytes(40 * MIB)}),
    "overlap.docx": overlapping,
    "flate.pdf": lambda: pdf_with_content(zeros(300 * MIB), b"/Filter /FlateDecode"),
    "loop.pdf": lambda: pdf(CATALOG, b"<< /Type /Pages /Kids [2 0 R] /Count 1 >>"),
    "million pages.pdf": lambda: pdf(
        CATALOG, b"<< /Type /Pages /Kids [3 0 R] /Count 1000000 >>", PAGE % b"", stream(b""), FONT
    ),
    "form.pdf": self_drawing_form,
    "encrypted.pdf": encrypted_pdf,
    "yaml.md": lambda: YAML_BOMB,
    "deep.md": lambda: b">" * 20_000 + b" deep\n",
}

SLOW: dict[str, Make] = {
    **{f"noise {seed}.{kind}": (lambda seed=seed: noise(seed)) for seed, kind in enumerate(
        ("md", "markdown", "txt", "html", "htm", "docx", "pdf", "xlsx", "csv", "tsv"), 10)},
    **{f"cut {size}.docx": (lambda size=size: good_docx()[:size])
       for size in (10, 500, 5_000, 15_000, 30_000, 36_000)},
    **{f"cut {size}.xlsx": (lambda size=size: good_xlsx()[:size])
       for size in (10, 500, 2_000, 4_000)},
    **{f"cut {size}.pdf": (lambda size=size: good_pdf(5)[:size])
       for size in (10, 100, 400, 1_000, 2_000)},
    **{f"flipped {seed}.docx": (lambda seed=seed: flipped(good_docx(), seed))
       for seed in range(8)},
    **{f"flipped {seed}.xlsx": (lambda seed=seed: flipped(good_xlsx(), seed))
       for seed in range(4)},
    **{f"flipped {seed}.pdf": (lambda seed=seed: flipped(good_pdf(3), seed))
       for seed in range(8)},
    "paragraphs.docx": lambda: docx_with_body(b"<w:p><w:r><w:t>x</w:t></w:r></w:p>" * 2_000_000),
    "empty paragraphs.docx": lambda: docx_with_body(b"<w:p/>" * 2_000_000),
    "runs.docx": lambda: docx_with_body(
        b"<w:p>" + b"<w:r><w:t>x</w:t></w:r>" * 1_000_000 + b"</w:p>"
    ),
    "xxe http.docx": lambda: docx_with_body(
        b"<w:p>&x;</w:p>", external_entity("http://127.0.0.1:9/evil")
    ),
    "xxe utf-16.docx": lambda: with_parts(
        good_docx(),
        {
            "word/document.xml": (
                '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE d [<!ENTITY x SYSTEM '
                f'"file:///etc/passwd">]><w:document xmlns:w="{W}"><w:body><w:p><w:r><w:t>&x;'
                "</w:t></w:r></w:p></w:body></w:document>"
            ).encode("utf-16")
        },
    ),
    "quadratic.docx": lambda: docx_with_body(
        b"<w:p>" + b"&x;" * 50_000 + b"</w:p>",
        b'<!DOCTYPE d [<!ENTITY x "' + b"x" * 50_000 + b'">]>',
    ),
    "deep tables.docx": lambda: docx_with_body(
        nested(b"<w:tbl><w:tr><w:tc>", b"<w:p/>", b"</w:tc></w:tr></w:tbl>", 5_000)
    ),
    "deep controls.docx": lambda: docx_with_body(
        nested(b"<w:sdt><w:sdtContent>", b"<w:p/>", b"</w:sdtContent></w:sdt>", 100)
    ),
    "wide cells.docx": lambda: docx_with_body(
        b"<w:tbl>" + b"<w:tr><w:tc><w:tcPr><w:gridSpan w:val='999999999'/></w:tcPr>"
        b"<w:p><w:r><w:t>x</w:t></w:r></w:p></w:tc></w:tr>" * 1_000 + b"</w:tbl>"
    ),
    "style loop.docx": lambda: with_parts(
        good_docx(),
        {
            "word/styles.xml": (
                f'<w:styles xmlns:w="{W}"><w:style w:styleId="a" w:type="paragraph" w:default="1">'
                '<w:basedOn w:val="b"/></w:style><w:style w:styleId="b"><w:basedOn w:val="a"/>'
                "</w:style></w:styles>"
            ).encode()
        },
    ),
    "entries.docx": lambda: many_entries(70_000),
    "lying.docx": lying_sizes,
    "link.docx": lambda: archive({"word/document.xml": b"/etc/passwd"},
                                 attributes=(stat.S_IFLNK | 0o777) << 16),
    "ole.docx": lambda: OLE + "EncryptedPackage".encode("utf-16-le"),
    "ole.xlsx": lambda: OLE + bytes(5_000),
    "million rows.xlsx": million_rows,
    "merged.xlsx": lambda: xlsx_with_sheet(
        b"<sheetData><row r='1'><c r='A1'><v>1</v></c></row></sheetData>"
        b"<mergeCells><mergeCell ref='A1:XFD1048576'/></mergeCells>"
    ),
    "strings.xlsx": lambda: with_parts(
        good_xlsx(),
        {"xl/sharedStrings.xml": b"<sst>" + b"<si><t>x</t></si>" * 3_000_000 + b"</sst>"},
    ),
    "two filters.pdf": lambda: pdf_with_content(
        zlib.compress(zeros(2048 * MIB)), b"/Filter [/FlateDecode /FlateDecode]"
    ),
    "operators.pdf": lambda: pdf_with_content(
        zlib.compress(b"BT /F1 9 Tf (abc) Tj ET\n" * 2_000_000), b"/Filter /FlateDecode"
    ),
    "lines.pdf": lambda: pdf_with_content(
        zlib.compress(b"".join(b"%d %d m %d %d l S\n" % (at % 595, at % 842, at % 595, at % 500)
                               for at in range(200_000))),
        b"/Filter /FlateDecode",
    ),
    "shared kids.pdf": lambda: shared_kids(100_000),
    "deep tree.pdf": lambda: deep_page_tree(20_000),
    "bookmarks.pdf": looping_bookmarks,
    "previous.pdf": looping_previous,
    "five thousand.pdf": lambda: good_pdf(5_000),
    "arrays.pdf": lambda: pdf_with_content(b"[" * 1_000_000),
    "dictionaries.pdf": lambda: pdf(CATALOG, b"<< /A " * 100_000),
    "image.pdf": lambda: pdf(
        CATALOG, PAGES, PAGE % b"/XObject << /I 6 0 R >>", stream(b"/I Do"), FONT,
        stream(b"x", b"/Type /XObject /Subtype /Image /Width 900000 /Height 900000 "
                     b"/BitsPerComponent 8 /ColorSpace /DeviceRGB"),
    ),
    "start.pdf": lambda: good_pdf().replace(b"startxref\n", b"startxref\n-"),
    "quotes.md": lambda: b"> " * 200_000 + b"x",
    "brackets.md": lambda: b"[" * 200_000 + b"](" * 200_000,
    "stars.md": lambda: b"*a **b " * 200_000,
    "lists.md": b"".join(b" " * (2 * at) + b"- x\n" for at in range(1_500)).strip,
    "line.md": lambda: b"word " * 8_000_000,
    "python.md": lambda: b"---\ntitle: !!python/object/apply:os.system ['id']\n---\nx\n",
    "divs.html": lambda: b"<div>" * 300_000 + b"x",
    "tables.html": lambda: b"<table><tr><td>" * 20_000 + b"x",
    "open.html": lambda: b"<" * 3_000_000,
    "entities.html": lambda: entity_bomb("html") + b"<p>&l;</p>",
    "spans.html": lambda: b"<table><tr><td rowspan=65000 colspan=1000>x</td></tr></table>" * 50,
    "cell.csv": lambda: b"a,b\n" + b"x" * 50 * MIB + b",1\n",
    "quote.csv": lambda: b'a,b\n"' + b"x\n" * 10 * MIB,
    "rows.csv": lambda: b"a,b\n" + b"1,2\n" * 3_000_000,
    "columns.csv": lambda: b"," * 5_000_000 + b"\n",
    "quotes.csv": lambda: b'"' * 5_000_000,
    "large.txt": lambda: b"x" * 70 * MIB,
    "line.txt": lambda: b"x" * 40 * MIB,
    "lines.txt": lambda: b"x\n\n" * 5_000_000,
}  # fmt: skip


# --- what must hold ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    with Parser() as parser:
        yield parser


def memory(field: str = "VmRSS") -> int:
    """Give this process' memory in bytes; 0 where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


def forget_peak() -> None:
    if sys.platform == "linux":
        Path("/proc/self/clear_refs").write_text("5", "utf-8")


def outcome(parser: Parser, path: Path) -> str:
    """Read `path`; give the code of the refusal, or "read"."""
    try:
        parser.parse(path, path.name)
    except DocumentError as error:
        return error.code
    return "read"


def check(parser: Parser, path: Path) -> str:
    gc.collect()
    forget_peak()
    before, started = memory(), time.monotonic()
    result = outcome(parser, path)
    assert time.monotonic() - started <= SECONDS
    assert memory("VmHWM") - before <= GROWTH
    good = path.with_name("the next one.txt")
    good.write_text("Keys are rotated every year.\n", "utf-8")
    assert outcome(parser, good) == "read"
    return result


@pytest.mark.parametrize("name", FAST)
def test_a_hostile_file_is_refused_or_read_and_the_next_one_is_read(
    name: str, parser: Parser, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(FAST[name]())
    check(parser, path)


@pytest.mark.soak
@pytest.mark.parametrize("name", SLOW)
def test_a_costly_hostile_file_is_refused_or_read_and_the_next_one_is_read(
    name: str, parser: Parser, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(SLOW[name]())
    check(parser, path)
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024 <= 512 * MIB


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("empty.docx", "empty"),
        ("pdf in.docx", "unsupported"),
        ("other.exe", "unsupported"),
        ("laughs.docx", "bomb"),
        ("xxe file.docx", "bomb"),
        ("up.docx", "unsafe"),
        ("nested.docx", "bomb"),
        ("ratio.docx", "bomb"),
        ("overlap.docx", "bomb"),
        ("encrypted.pdf", "encrypted"),
        ("cut.docx", "corrupt"),
    ],
)
def test_a_refusal_says_why(name: str, code: str, parser: Parser, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(FAST[name]())
    assert outcome(parser, path) == code


# --- names and places ----------------------------------------------------------------------------


def _directory(folder: Path) -> Path:
    path = folder / "folder.md"
    path.mkdir()
    return path


def _pipe(folder: Path) -> Path:
    path = folder / "pipe.md"
    os.mkfifo(path)
    return path


def _link_out(folder: Path) -> Path:
    secret = folder.parent / f"{folder.name} secret.md"
    secret.write_text("Secret.\n", "utf-8")
    path = folder / "link.md"
    path.symlink_to(secret)
    return path


def _linked_folder(folder: Path) -> Path:
    outside = folder.parent / f"{folder.name} outside"
    outside.mkdir()
    (outside / "a.md").write_text("Secret.\n", "utf-8")
    (folder / "sub").symlink_to(outside)
    return folder / "sub" / "a.md"


def _dangling(folder: Path) -> Path:
    path = folder / "dangling.md"
    path.symlink_to(folder / "nothing.md")
    return path


def _link_loop(folder: Path) -> Path:
    path = folder / "loop.md"
    path.symlink_to(path)
    return path


def _missing(folder: Path) -> Path:
    return folder / "missing.md"


def _overlong(folder: Path) -> Path:
    return folder / ("a" * 5_000 + ".md")


def _with_nul(folder: Path) -> Path:
    return folder / "a\0.md"


@pytest.mark.parametrize(
    "make",
    [
        _directory,
        _pipe,
        _link_out,
        _linked_folder,
        _dangling,
        _link_loop,
        _missing,
        _overlong,
        _with_nul,
    ],
)
def test_what_is_no_plain_file_inside_the_folder_is_not_opened(
    make: Callable[[Path], Path], parser: Parser, tmp_path: Path
) -> None:
    path = make(tmp_path)
    with pytest.raises(DocumentError) as refused:
        parser.parse(path, path.relative_to(tmp_path).as_posix())
    assert refused.value.code == "unsafe"


@pytest.mark.parametrize(
    "name",
    ["line\nbreak.md", "\u202edm.txt", "a;rm -rf ~.md", "$(id).md", "x" * 250 + ".md", "ÜÄ ß.md"],
)
def test_a_strange_name_is_only_a_name(name: str, parser: Parser, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_text("Keys are rotated every year.\n", "utf-8")
    parsed = parser.parse(path, name)
    assert [block.text for block in parsed.blocks] == ["Keys are rotated every year."]


def test_a_link_inside_the_folder_is_followed(parser: Parser, tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Keys are rotated every year.\n", "utf-8")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "link.md").symlink_to(tmp_path / "a.md")
    assert parser.parse(tmp_path / "b" / "link.md", "b/link.md").blocks


# --- the reading process -------------------------------------------------------------------------


def _in_restricted_process(code: str, environment: dict[str, str] | None = None) -> str:
    start = (
        "from knowledge.parsing.worker import restrict\n"
        "from knowledge.parsing import Limits\n"
        "restrict(Limits())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", start + code],
        env=dict(os.environ) | (environment or {}) | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "code",
    [
        "import socket; socket.socket()",
        "import socket; socket.getaddrinfo('localhost', 80)",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.system('true')",
        "import os; os.fork()",
        "open('/etc/passwd')",
        "import os; os.open('/etc/passwd', os.O_RDONLY)",
        "open('/tmp/annexa', 'w')",
        "import os; os.remove('/etc/no such file')",
    ],
)
def test_the_reading_process_reaches_nothing_else(code: str) -> None:
    assert "PermissionError: a reader may not" in _in_restricted_process(code)


def test_the_reading_process_cannot_take_all_memory() -> None:
    assert "MemoryError" in _in_restricted_process("bytes(2_000_000_000)")


def test_the_reading_process_knows_none_of_our_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    path = tmp_path / "a.md"
    path.write_text("Keys are rotated every year.\n", "utf-8")
    with Parser() as parser:
        parser.parse(path, "a.md")
        children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
        if not children.exists():
            return
        environments = [
            Path(f"/proc/{child}/environ").read_bytes() for child in children.read_text().split()
        ]
    assert environments
    assert not any(b"OPENAI_API_KEY" in environment for environment in environments)


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "slow.pdf"
    path.write_bytes(pdf_with_content(b"BT /F1 9 Tf (abc) Tj ET\n" * 400_000))
    started = time.monotonic()
    with Parser(Limits(wall_seconds=0.5)) as parser:
        assert outcome(parser, path) == "timeout"
    assert time.monotonic() - started < 4.0


def test_two_parsers_live_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("Keys are rotated every year.\n", "utf-8")
    with Parser() as one, Parser() as other:
        assert one.parse(path, "a.md") == other.parse(path, "a.md")


def test_a_killed_reading_process_costs_only_its_file(parser: Parser, tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("Keys are rotated every year.\n", "utf-8")
    parser.parse(path, "a.md")
    parser._worker._process.kill()  # type: ignore[union-attr]
    parser._worker._process.wait()  # type: ignore[union-attr]
    assert outcome(parser, path) == "read"


def test_more_paragraphs_than_allowed_are_refused_and_not_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("One.\n\nTwo.\n\nThree.\n", "utf-8")
    with pytest.raises(DocumentError, match="paragraphs") as refused:
        parse_file(path, "a.txt", limits=Limits(blocks=2))
    assert refused.value.code == "too_large"
