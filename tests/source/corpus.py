"""Difficult files as a table: what each is, in one sentence, and exactly what is found in it.

To extend it, add a `Read` or a `Refused`; `test_corpus.py` holds each to its findings, `test_readers.py` compares each
with independent readers.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from dataclasses import dataclass, field

import zstandard

from tui_importer.source.options import RECOGNISED, Reading

COMMA = "UTF-8, separated by a comma"
SEMICOLON = "UTF-8, separated by a semicolon"

Place = tuple[int, int, str, str]
"""Row, line, column, kind."""


@dataclass(frozen=True)
class Read:
    """A file that is read: `rows` records, these findings and no others. `values` are cells of the rows named."""

    name: str
    story: str
    content: bytes
    rows: int
    findings: tuple[Place, ...] = ()
    dialect: str = COMMA
    values: dict[int, tuple[str | None, ...]] = field(default_factory=dict)
    reading: Reading = RECOGNISED


@dataclass(frozen=True)
class Refused:
    """A file that is refused as a whole: the kind, the line if there is one, words of the message and the next step."""

    name: str
    story: str
    content: bytes
    kind: str
    line: int | None
    words: str
    next: str = ""
    reading: Reading = RECOGNISED


def users(count: int, separator: str = ",", name: str = "Ann") -> str:
    """A header and so many good rows."""
    rows = [f"u{number}@x.example{separator}{name}\n" for number in range(1, count + 1)]
    return f"email{separator}name\n" + "".join(rows)


def archive(name: str, content: str) -> bytes:
    """A ZIP archive of one file."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as file:
        file.writestr(name, content)
    return memory.getvalue()


GOOD = users(2).encode()
TAR = b"users.csv".ljust(257, b"\0") + b"ustar\x0000" + bytes(248) + GOOD.ljust(512, b"\0")

RAGGED = (
    Read(
        "a value is missing", "A cell and its comma were deleted.",
        GOOD + b"u3@x.example\nu4@x.example,Dan\n", 4, ((3, 4, "", "row_too_short"),),
    ),
    Read(
        "an unquoted comma", "A name with a comma was typed without quotes.",
        GOOD + b"u3@x.example,Doe, Cy\n", 3, ((3, 4, "", "row_too_long"),),
    ),
    Read(
        "a trailing separator", "Some exports end each row with a comma, but not the header.",
        b"email,name\nu1@x.example,Ann,\n", 1, ((1, 2, "", "row_too_long"),),
    ),
    Read(
        "rows of two kinds", "Half of the rows come from another program that separates with semicolons.",
        GOOD + b"u3@x.example;Cy\nu4@x.example;Dan\n", 4,
        ((3, 4, "", "row_too_short"), (4, 5, "", "row_too_short")),
    ),
    Read(
        "two files in one", "Two exports were put into one file with cat, the second with its own header and column.",
        GOOD + b"email,name,role\nu3@x.example,Cy,admin\n", 4,
        ((3, 4, "", "row_too_long"), (4, 5, "", "row_too_long")),
    ),
    Read(
        "the header again", "Pages of an export were put together, each with its header.",
        GOOD + b"email,name\nu3@x.example,Cy\n", 4, ((3, 4, "email", "email_malformed"),),
    ),
    Read(
        "empty rows of a spreadsheet", "Excel writes its empty rows as separators.",
        GOOD + b",\n,\n", 4, ((3, 4, "email", "email_missing"), (4, 5, "email", "email_missing")),
    ),
    Read(
        "ragged behind line breaks", "The line of a ragged row is the file's, not the row's number.",
        b'email,name\nu1@x.example,"Ann\nMarie\n"\n\nu2@x.example\n', 2, ((2, 6, "", "row_too_short"),),
        values={1: ("u1@x.example", "Ann\nMarie\n")},
    ),
    Read(
        "a missing value before a password", "Where a value is missing, a password slides to the left.",
        b"email,name,password\nu1@x.example,sesame\n", 1, ((1, 2, "", "row_too_short"),),
        values={1: ("u1@x.example", "•••", None)},
    ),
    Read(
        "a surplus value before a password", "Where a value is too much, a password slides to the right.",
        b"email,password,name\nu1@x.example,x,sesame,Ann\n", 1, ((1, 2, "", "row_too_long"),),
        values={1: ("u1@x.example", "•••", "•••")},
    ),
)  # fmt: skip

QUOTES = (
    Read(
        "inches", "A quote is part of a value that is not quoted.",
        GOOD + b'u3@x.example,5" tall\nu4@x.example,Dan\n', 4, ((3, 4, "name", "quotes_broken"),),
    ),
    Read(
        "a nickname", "Two quotes in the middle of a value.",
        GOOD + b'u3@x.example,Cy "the" Rock\n', 3, ((3, 4, "name", "quotes_broken"),),
    ),
    Read(
        "a quote not doubled", "A quote within a quoted value stands alone.",
        GOOD + b'u3@x.example,"Cy "the" Rock"\n', 3, ((3, 4, "name", "quotes_broken"),),
    ),
    Read(
        "a blank before a quote", "A blank was typed between comma and quote.",
        GOOD + b'u3@x.example, "Cy"\n', 3, ((3, 4, "name", "quotes_broken"),),
    ),
    Read(
        "a blank behind a quote", "A blank was typed between quote and line end.",
        GOOD + b'u3@x.example,"Cy" \n', 3, ((3, 4, "name", "quotes_broken"),),
    ),
    Read(
        "backslashes", "An export of MySQL escapes quotes with backslashes.",
        GOOD + b'u3@x.example,"Cy \\"the\\" Rock"\n', 3, ((3, 4, "name", "quotes_broken"),),
    ),
    Read(
        "a lone quote at the end", "The last value opens a quote that nothing closes.",
        GOOD + b'u3@x.example,"Cy\n', 3, ((3, 4, "name", "quotes_broken"),), values={3: ("u3@x.example", '"Cy')},
    ),
    Read(
        "a lone quote at the beginning", "A quote before the first address swallows nothing but its own row.",
        b'email,name\n"u1@x.example,Ann\n' + b"".join(b"u%d@x.example,B\n" % n for n in range(2, 40)), 39,
        ((1, 2, "email", "quotes_broken"),), values={2: ("u2@x.example", "B")},
    ),
    Read(
        "a lone quote before a good one", "The next quoted value seems to close it, and does not fit.",
        b'email,name\nu1@x.example,"Ann\nu2@x.example,Bob\nu3@x.example,"Cy"\n', 3,
        ((1, 2, "name", "quotes_broken"),), values={3: ("u3@x.example", "Cy")},
    ),
    Read(
        "a broken value of several lines", "It was meant to have three lines: each is a row, and each is named.",
        GOOD + b'u3@x.example,"one\ntwo\nth"ree"\nu4@x.example,Dan\n', 6,
        ((3, 4, "name", "quotes_broken"), (4, 5, "", "row_too_short"), (5, 6, "email", "quotes_broken")),
    ),
    Read(
        "two stray quotes that pair up", "They make one valid value of all rows between them.",
        b'email,name\nu1@x.example,"Ann\nu2@x.example,Bob\nu3@x.example,Cy"\nu4@x.example,Dan\n', 2,
        ((1, 2, "name", "rows_swallowed"),),
    ),
    Read(
        "two stray quotes between semicolons", "The same with the other separator.",
        b'email;name\nu1@x.example;"Ann\nu2@x.example;Bob\nu3@x.example;Cy"\n', 1,
        ((1, 2, "name", "rows_swallowed"),), SEMICOLON,
    ),
    Read(
        "swallowed passwords", "The swallowed rows have passwords, which are shown nowhere.",
        b'email,name,password\nu1@x.example,"Ann,open\nu2@x.example,Bob",sesame\n', 1,
        ((1, 2, "name", "rows_swallowed"),), values={1: ("•••", "•••", "•••")},
    ),
    Read(
        "a broken quote before a password", "No cell of a broken row is shown when there are passwords.",
        b'email,name,password\nu1@x.example,5" tall,sesame\nu2@x.example,Bob,open\n', 2,
        ((1, 2, "name", "quotes_broken"),), values={1: ("•••", "•••", "•••"), 2: ("u2@x.example", "Bob", "•••")},
    ),
    Read(
        "quotes as they should be", "Separators, line ends and doubled quotes within quotes are no mistake.",
        b'email,name\r\nu1@x.example,"Doe, ""Ann""\r\nMarie"\r\n"u2@x.example",""\r\n', 2,
        values={1: ("u1@x.example", 'Doe, "Ann"\r\nMarie'), 2: ("u2@x.example", None)},
    ),
    Read(
        "single quotes", "They are characters like any other.",
        b"email,name\nu1@x.example,'Ann'\nu2@x.example,O'Neil\n", 2, values={1: ("u1@x.example", "'Ann'")},
    ),
    Read(
        "a lone carriage return", "One row has a CR where programs disagree whether the line ends.",
        GOOD + b"u3@x.example,Cy\rRock\n", 3, ((3, 4, "name", "quotes_broken"),),
    ),
    Read(
        "a carriage return too much", "One line ends with CR CR LF.",
        GOOD + b"u3@x.example,Cy\r\r\nu4@x.example,Dan\n", 4, ((3, 4, "name", "quotes_broken"),),
    ),
    Refused(
        "every quote is broken", "An export that never doubles its quotes cannot be trusted.",
        b"email,name\n" + b'u@x.example,"a "b" c"\n' * 40, "source_quotes", 2, "followed by text", "not doubled",
    ),
    Refused(
        "a broken quote in the header", "Ambiguous columns are not guessed.",
        b'email,"na"me\nu1@x.example,x\n', "source_quotes", 1, "followed by text",
    ),
    Refused(
        "lines that end with CR CR LF", "Python writes them on Windows without newline=''.",
        GOOD.replace(b"\n", b"\r\r\n"), "source_quotes", 1, "carriage return", "Unix (LF) or Windows (CRLF)",
    ),
)  # fmt: skip

BYTES = (
    Read(
        "one bad byte in UTF-8", "A name was cut in the middle of a character.",
        b"email,name\nu1@x.example,J\xc3\xb6rg\nu2@x.example,J\xc3\n", 2, ((2, 3, "name", "bytes_invalid"),),
        values={1: ("u1@x.example", "Jörg"), 2: ("u2@x.example", "J\ufffd")},
    ),
    Read(
        "UTF-8 with a row of Windows-1252", "One row was appended by another program.",
        "email,name\nu1@x.example,Jörg\nu2@x.example,Zoë\n".encode() + b"u3@x.example,Ren\xe9\n", 3,
        ((3, 4, "name", "bytes_invalid"),),
    ),
    Read(
        "Windows-1252 with rows of UTF-8", "Two exports were put one behind the other; most rows decide the encoding.",
        "email,name\nu1@x.example,Jörg\nu2@x.example,é è ê ë î ï\nu3@x.example,SÃO é» î\n".encode("cp1252")
        + "u4@x.example,René – “Zoë\n".encode(), 4, ((4, 5, "name", "text_misread"),),
        "Windows-1252, separated by a comma", values={4: ("u4@x.example", "RenÃ© â€“ â€œZoÃ«")},
    ),
    Read(
        "converted once too often", "A tool took UTF-8 for Windows-1252; Portuguese and French text is right as it is.",
        "email,name\nu1@x.example,JÃ¶rg\nu2@x.example,SÃO Â\nu3@x.example,«été»\nu4@x.example,Ã‰ric\n".encode(), 4,
        ((1, 2, "name", "text_misread"), (4, 5, "name", "text_misread")),
    ),
    Read(
        "a password that looks misread", "Nothing of a secret is shown, nor is it anybody's business.",
        "email,password\nu1@x.example,JÃ¶rg\n".encode(), 1,
    ),
    Read(
        "a file that is cut off", "The copy ended in the middle of a character, and of a row.",
        b"email,name,role\nu1@x.example,Ann,admin\nu2@x.example,\xe2\x82", 2,
        ((2, 3, "", "row_too_short"), (2, 3, "name", "bytes_invalid")),
    ),
    Read(
        "surrogates in UTF-8", "Old Oracle exports write an emoji as two halves.",
        "email,name\nu1@x.example,Jörg Müller\n".encode() + b"u2@x.example,\xed\xa0\xbd\xed\xb8\x80\n",
        2, ((2, 3, "name", "bytes_invalid"),),
    ),
    Read(
        "characters lost before", "Another program has replaced what it could not read.",
        "email,name\nu1@x.example,Ren\ufffd\n".encode(), 1, ((1, 2, "name", "bytes_invalid"),),
    ),
    Read(
        "a NUL", "A value has a zero byte.",
        GOOD + b"u3@x.example,C\0y\n", 3, ((3, 4, "name", "control_character"),),
        values={3: ("u3@x.example", "C\0y")},
    ),
    Read(
        "a NUL in a value of two lines", "The line is that on which the row begins.",
        b'email,name\nu1@x.example,"two\nlines\0"\n', 1, ((1, 2, "name", "control_character"),),
    ),
    Read(
        "control characters", "A terminal's colours were copied along, and a bell.",
        GOOD + b"u3@x.example,\x1b[31mCy\nu4@x.exa\x07mple,Dan\n", 4,
        ((3, 4, "name", "control_character"), (4, 5, "email", "control_character"), (4, 5, "email", "email_malformed")),
    ),
    Read(
        "control characters of Latin-1", "U+0085 and its like come of a wrong conversion.",
        "email,name\nu1@x.example,Ann\u0085\n".encode(), 1, ((1, 2, "name", "control_character"),),
    ),
    Read(
        "a tab in a value", "A tab is a blank, not a control character.",
        b"email,name\nu1@x.example,Ann\tMarie\n", 1, values={1: ("u1@x.example", "Ann\tMarie")},
    ),
    Read(
        "a control character in a password", "Which character it is may be said, the password not.",
        b"email,password\nu1@x.example,se\x01same\n", 1, ((1, 2, "password", "control_character"),),
        values={1: ("u1@x.example", "•••")},
    ),
    Read(
        "a value of 64 KiB", "The longest that is taken for a value.",
        b'email,name\nu1@x.example,"' + b"x" * 65_536 + b'"\n', 1,
    ),
    Read(
        "a value beyond 64 KiB", "A picture was pasted into a cell.",
        b"email,name\nu1@x.example," + b"x" * 65_537 + b"\nu2@x.example,Bob\n", 2, ((1, 2, "name", "value_too_long"),),
    ),
    Read(
        "a password beyond 64 KiB", "It is named by its length only.",
        b"email,password\nu1@x.example," + b"x" * 65_537 + b"\n", 1, ((1, 2, "password", "value_too_long"),),
        values={1: ("u1@x.example", "•••")},
    ),
    Refused(
        "a NUL in the header", "A column that is not read right cannot be trusted.",
        b"email,na\0me\nu1@x.example,Ann\n", "source_format", 1, "NUL",
    ),
    Refused(
        "a bad byte in the header", "The same for bytes that are no text.",
        "email,Größe,Länge,na".encode() + b"\xff\nu1@x.example,1,2,3\n", "source_encoding", 1, "no text in UTF-8",
        "Name the file's encoding",
    ),
)  # fmt: skip

TAILS = (
    Read(
        "a footer of SQL*Plus", "The client wrote how many rows it selected.",
        GOOD + b"\n2 rows selected.\n", 3, ((3, 5, "", "row_too_short"),),
    ),
    Read(
        "a footer in a file of one column", "There it looks like a value.",
        b"email\nu1@x.example\n(1 row)\n", 2, ((2, 3, "email", "email_malformed"),),
    ),
    Read(
        "Ctrl-Z", "Programs of DOS end a text with it.",
        GOOD + b"\x1a", 3, ((3, 4, "", "row_too_short"), (3, 4, "email", "control_character")),
    ),
    Read(
        "zeros behind the end", "A tape or a disk image was padded to full blocks.",
        GOOD + bytes(500), 3, ((3, 4, "", "row_too_short"), (3, 4, "email", "control_character")),
    ),
    Read("blank lines at the end", "They are no rows.", GOOD + b"\r\n\n  \n"[:3], 2),
    Read("no line end at the end", "The last row is a row.", GOOD.rstrip(b"\n"), 2),
    Read(
        "blanks at the end", "A line of blanks is a row of one value.",
        GOOD + b"   \n", 3, ((3, 4, "", "row_too_short"),),
    ),
    Read(
        "a merge conflict", "The file was committed as it was.",
        b"email,name\n<<<<<<< HEAD\nu1@x.example,Ann\n=======\n", 3,
        ((1, 2, "", "row_too_short"), (3, 4, "", "row_too_short")),
    ),
)  # fmt: skip

DIALECTS = (
    Read("semicolons", "Excel writes them in most of Europe.", users(2, ";").encode(), 2, dialect=SEMICOLON),
    Read("tabs", "Copied out of a spreadsheet.", users(2, "\t").encode(), 2, dialect="UTF-8, separated by a tab"),
    Read(
        "vertical bars", "An export of a mainframe.", users(2, "|").encode(), 2,
        dialect="UTF-8, separated by a vertical bar",
    ),
    Read(
        "semicolons with commas in values", "Decimal commas do not mislead.",
        b"email;name;note\nu1@x.example;Ann;1,5\nu2@x.example;Bob;2,5\n", 2, dialect=SEMICOLON,
        values={1: ("u1@x.example", "Ann", "1,5")},
    ),
    Read(
        "commas with semicolons in values", "Lists in values do not mislead.",
        b"email,name,note\nu1@x.example,Ann,a;b;c\nu2@x.example,Bob,a;b;c\n", 2,
        values={1: ("u1@x.example", "Ann", "a;b;c")},
    ),
    Read(
        "a quoted header with another separator in it", "Only what stands outside quotes separates.",
        b'"email";"last, first"\n"u1@x.example";"Doe, Ann"\n', 1, dialect=SEMICOLON,
        values={1: ("u1@x.example", "Doe, Ann")},
    ),
    Read(
        "the separator line of Excel", "The first line names the separator; it is no header.",
        b"sep=;\r\nemail;name\r\nu1@x.example;Ann\r\n", 1, dialect=SEMICOLON, values={1: ("u1@x.example", "Ann")},
    ),
    Read(
        "a separator line in quotes, with errors behind", "Lines are counted with it.",
        b'\xef\xbb\xbf"SEP=\t"\nemail\tname\nu1@x.example\n', 1, ((1, 3, "", "row_too_short"),),
        "UTF-8, separated by a tab",
    ),
    Read(
        "the operator knows better", "A header of one known name could be either.",
        b"email;x,name\nu1@x.example;1,Ann\n", 1, ((1, 2, "email;x", "email_malformed"),),
        reading=Reading(delimiter=",", mapping={"email;x": "email"}),
    ),
    Read(
        "a byte order mark", "Excel's “CSV UTF-8” begins with one.",
        b"\xef\xbb\xbf" + GOOD, 2, values={1: ("u1@x.example", "Ann")},
    ),
    Read("two byte order marks", "A program added one to a file that had one.", b"\xef\xbb\xbf" * 2 + GOOD, 2),
    Read(
        "a bad byte behind a byte order mark", "The mark decides, however few characters there are.",
        b"\xef\xbb\xbf" + GOOD + b"u3@x.example,Ren\xe9\n", 3, ((3, 4, "name", "bytes_invalid"),),
    ),
    Read(
        "Windows-1252", "Excel's “CSV” in Western Europe, with a dash and a euro sign.",
        "email;name\nu1@x.example;Zoë – 5 €\n".encode("cp1252"), 1,
        dialect="Windows-1252, separated by a semicolon", values={1: ("u1@x.example", "Zoë – 5 €")},
    ),
    Read(
        "one umlaut in the last row", "A thousand rows of ASCII, then one byte that is not.",
        users(1_000).encode() + b"last@x.example,J\xf6rg", 1_001,
        dialect="Windows-1252, separated by a comma", values={1_001: ("last@x.example", "Jörg")},
    ),
    Read(
        "a byte that Windows-1252 lacks", "Of five bytes it makes no character: that is named.",
        b"email,name\nu1@x.example,Ren\xe9\nu2@x.example,x\x81y\n", 2, ((2, 3, "name", "bytes_invalid"),),
        "Windows-1252, separated by a comma",
    ),
    Read(
        "Latin-1 by choice", "What Windows-1252 takes for a quote is a control character there.",
        b"email,name\nu1@x.example,Ren\xe9\nu2@x.example,\x93x\n", 2, ((2, 3, "name", "control_character"),),
        "Latin-1, separated by a comma", reading=Reading(encoding="latin-1"), values={1: ("u1@x.example", "René")},
    ),
    Read(
        "UTF-8 by choice", "The operator insists, and the byte is named instead of guessed.",
        b"email,name\nu1@x.example,Ren\xe9\n", 1, ((1, 2, "name", "bytes_invalid"),),
        reading=Reading(encoding="utf-8"),
    ),
    Read(
        "UTF-16 of Excel", "“Unicode text”: little-endian with a mark, tabs, CRLF.",
        "\ufeffemail\tname\r\nu1@x.example\tZoë 😀\r\n".encode("utf-16-le"), 1,
        dialect="UTF-16 (little-endian), separated by a tab", values={1: ("u1@x.example", "Zoë 😀")},
    ),
    Read(
        "UTF-16, big-endian", "With a mark.", "\ufeffemail,name\nu1@x.example,Ж\n".encode("utf-16-be"), 1,
        dialect="UTF-16 (big-endian), separated by a comma", values={1: ("u1@x.example", "Ж")},
    ),
    Read(
        "UTF-16 without a mark", "The zeros beside its letters tell.",
        "email,name\nu1@x.example,Ж\n".encode("utf-16-le"), 1, dialect="UTF-16 (little-endian), separated by a comma",
    ),
    Read(
        "UTF-16 of odd length", "The last character lacks a byte.",
        "\ufeffemail,name\nu1@x.example,Ann".encode("utf-16-le")[:-1], 1, ((1, 2, "name", "bytes_invalid"),),
        "UTF-16 (little-endian), separated by a comma", values={1: ("u1@x.example", "An\ufffd")},
    ),
    Read(
        "half a character of UTF-16", "A surrogate stands alone.",
        "\ufeffemail,name\nu1@x.example,".encode("utf-16-le") + b"\x3d\xd8" + "\n".encode("utf-16-le"), 1,
        ((1, 2, "name", "bytes_invalid"),), "UTF-16 (little-endian), separated by a comma",
    ),
    Read("CRLF", "Windows.", GOOD.replace(b"\n", b"\r\n"), 2, values={2: ("u2@x.example", "Ann")}),
    Read(
        "CR only", "A Macintosh of old, with a value of two lines.",
        b'email,name\ru1@x.example,"Ann\rMarie"\ru2@x.example\r', 2, ((2, 4, "", "row_too_short"),),
        COMMA + ", lines end with CR", values={1: ("u1@x.example", "Ann\nMarie")},
    ),
    Read(
        "CR only, LF in values", "Excel for the Mac ends rows with CR and lines in cells with LF.",
        b'email,name\ru1@x.example,"Ann\nMarie"\ru2@x.example,Bob', 2, dialect=COMMA + ", lines end with CR",
        values={1: ("u1@x.example", "Ann\nMarie"), 2: ("u2@x.example", "Bob")},
    ),
    Read(
        "LF and CRLF", "Edited on two systems.", b"email,name\r\nu1@x.example,Ann\nu2@x.example,Bob\r\n", 2,
        values={2: ("u2@x.example", "Bob")},
    ),
    Read(
        "gzip", "Compressed, with a mark and a ragged row within.",
        gzip.compress(b"\xef\xbb\xbf" + GOOD + b"u3@x.example\n"), 3, ((3, 4, "", "row_too_short"),),
        COMMA + ", compressed with gzip",
    ),
    Read(
        "gzip of two parts", "Two archives put together are one, as for gunzip.",
        gzip.compress(GOOD) + gzip.compress(b"u3@x.example,Cy\n"), 3, dialect=COMMA + ", compressed with gzip",
    ),
    Read(
        "zstd of two frames", "As pzstd writes it.",
        zstandard.compress(GOOD) + zstandard.compress(b"u3@x.example,Cy\n"), 3,
        dialect=COMMA + ", compressed with zstd",
    ),
    Read(
        "Windows-1252 with CR only in zstd", "All of it at once.",
        zstandard.compress("email;name\ru1@x.example;Zoë\r".encode("cp1252")), 1,
        dialect="Windows-1252, separated by a semicolon, lines end with CR, compressed with zstd",
        values={1: ("u1@x.example", "Zoë")},
    ),
    Refused(
        "the header separated otherwise", "The header was written by hand.",
        b"email;name\nu1@x.example,Ann\nu2@x.example,Bob\n", "source_delimiter", 1,
        "separated by a semicolon, the values below by a comma", "one separator",
    ),
    Refused(
        "the header separated otherwise, on line 3", "Behind blank lines.",
        b"\n\nemail|name\nu1@x.example;Ann\n", "source_delimiter", 3, "vertical bar, the values below by a semicolon",
    ),
    Refused(
        "colons", "A separator that is not read.", b"email:name\nu1@x.example:Ann\n", "source_delimiter", 1, "a colon",
        "comma",
    ),
    Refused(
        "a separator line with another separator", "Excel would read it.",
        b"sep=^\nemail^name\nu1@x.example^Ann\n", "source_delimiter", 1, "“^”", "comma",
    ),
    Refused("UTF-32", "Hardly anybody writes it.", GOOD.decode().encode("utf-32"), "source_encoding", 1, "UTF-32"),
    Refused(
        "gzip that is cut off", "The download ended early.", gzip.compress(users(999).encode())[:-20],
        "source_format", None, "gzip archive is cut off", "again",
    ),
    Refused(
        "gzip that is damaged", "A byte fell over.", gzip.compress(GOOD)[:-8] + b"12345678",
        "source_format", None, "gzip archive is damaged", "again",
    ),
    Refused(
        "zstd that is cut off", "The library reads half of it without a word.",
        zstandard.compress(users(999).encode())[:-20], "source_format", None, "zstd archive is cut off", "again",
    ),
    Refused(
        "zstd that is damaged", "Something else stands behind it.", zstandard.compress(GOOD) + b"garbage",
        "source_format", None, "zstd archive is damaged", "again",
    ),
    Refused("an empty archive", "Of nothing.", gzip.compress(b""), "source_empty", None, "empty"),
)  # fmt: skip

HEADERS = (
    Refused(
        "a header twice", "A join selected both.", b"email,team,Team \na,b,c\n", "source_header", 1,
        "columns 2 and 3 are both named",
    ),
    Refused("an empty header", "The index of pandas.", b"email,,name\na,b,c\n", "source_header", 1, "column 2 of 3"),
    Refused(
        "no header", "The first row is a person.", b"u1@x.example,Ann\nu2@x.example,Bob\n", "source_header", 1,
        "no column name is recognised", "first line",
    ),
    Refused(
        "no header, semicolons", "The same, separated otherwise.", b"u1@x.example;Ann\nu2@x.example;Bob\n",
        "source_header", 1, "no column name is recognised",
    ),
    Refused(
        "a title above the header", "A report begins with its title.", b"Users 2026\n\nemail,name\nu1@x.example,Ann\n",
        "source_header", 1, "no column name is recognised",
    ),
    Refused(
        "no addresses", "The wrong table.", b"first_name,last_name\nAnn,Doe\n", "source_header", 1,
        "no column for e-mail addresses",
    ),
    Refused("an empty file", "Nothing was written.", b"", "source_empty", None, "empty", "again"),
    Refused("only blank lines", "Nothing but line ends.", b"\n\r\n  \n", "source_empty", None, "empty"),
    Refused("only a byte order mark", "An empty sheet.", b"\xef\xbb\xbf", "source_empty", None, "empty"),
    Refused("a header alone", "The query found no user.", b"email,name\r\n\r\n", "source_empty", None, "no row"),
    Refused(
        "a header without end", "A file of one line.", b"email," + b"x" * 1_100_000, "source_header", 1, "longer than",
    ),
    Refused(
        "too many columns", "A matrix, not a list of people.", ",".join(["email", *map(str, range(10_000))]).encode(),
        "source_header", 1, "10,001 columns",
    ),
    Read(
        "blank lines before the header", "Lines are counted from the file's first.",
        b"\r\n  \n" + GOOD + b"u3@x.example\n", 3, ((3, 6, "", "row_too_short"),),
    ),
    Read(
        "a header of two lines", "A line break in a column's name.",
        b'email,"first\nname"\nu1@x.example\n', 1, ((1, 3, "", "row_too_short"),),
    ),
)  # fmt: skip

FORMATS = (
    Refused(
        "XLSX", "A workbook with the wrong ending.", archive("xl/workbook.xml", "<workbook/>"), "source_format", None,
        "spreadsheet", "CSV UTF-8",
    ),
    Refused("XLS", "An old one.", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "source_format", None, "old Excel"),
    Refused(
        "XLSX in gzip", "Packed once more.", gzip.compress(archive("xl/workbook.xml", "<workbook/>")),
        "source_format", None, "spreadsheet",
    ),
    Refused("JSON", "A list of people.", b' [{"email": "u1@x.example"}]', "source_format", None, "JSON", "jq -r '["),
    Refused(
        "JSON lines", "One person a line, as Auth0 exports them.", b'{"email":"a@x.example"}\n{"email":"b"}\n',
        "source_format", None, "JSON", "jq -r -s '[",
    ),
    Refused(
        "JSON in UTF-16", "PowerShell wrote it.", '\ufeff{"email": "u1@x.example"}'.encode("utf-16-le"),
        "source_format", None, "JSON",
    ),
    Refused("HTML", "The page that asks to sign in.", b"<!doctype html><p>Sign in", "source_format", None, "HTML"),
    Refused("RTF", "A text editor saved it.", b"{\\rtf1 email,name", "source_format", None, "RTF", "plain text"),
    Refused("tar in gzip", "A folder was packed.", gzip.compress(TAR), "source_format", None, "tar archive", "tar"),
    Refused("tar", "The same, not compressed.", TAR, "source_format", None, "tar archive", "tar"),
    Refused(
        "gzip in gzip", "Packed twice.", gzip.compress(gzip.compress(GOOD)), "source_format", None, "within an archive",
        "once",
    ),
    Refused("bzip2", "Another archive.", b"BZh91AY&SY" + bytes(9), "source_format", None, "bzip2", "bunzip2"),
    Refused("xz", "Another archive.", b"\xfd7zXZ\0" + bytes(9), "source_format", None, "xz", "unxz"),
    Refused("7z", "Another archive.", b"7z\xbc\xaf\x27\x1c" + bytes(9), "source_format", None, "7z"),
    Refused("PDF", "A report.", b"%PDF-1.7\n", "source_format", None, "PDF"),
    Refused("Parquet", "A file for machines.", b"PAR1" + bytes(9), "source_format", None, "Parquet"),
    Refused("SQLite", "A database.", b"SQLite format 3\0" + bytes(9), "source_format", None, "SQLite"),
)  # fmt: skip

CASES: tuple[Read | Refused, ...] = (*RAGGED, *QUOTES, *BYTES, *TAILS, *DIALECTS, *HEADERS, *FORMATS)
