"""Extract the sender's own text from a mail: the part above the quotation and above the signature.

Programs mark quotations in three ways: by `>` before each line; by a sentence above (`On … wrote:`), which they wrap
if it is long; by a block of headers (`From: … Sent: … Subject: …`). The latter two are in the language of the
sender's program. If the tables lack it, a sentence above `>` is still recognised by its colon, and the rest is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

RULE = "_" * 32
"""Stands above a quotation that is not marked otherwise; Outlook writes it so."""

_UNSEEN = dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF, ord("*")])
"""Marks of direction, which programs put around names, and stars, which they make of bold headers."""

_LONGEST_SENTENCE = 500
_LINES_OF_SENTENCE = 4
_LONGEST_SIGNATURE = 80
_LINES_OF_HEADERS = 12

_WHEN_OR_WHO = re.compile(r"\d[:.]\d\d|@")
"""Matches the time or address in most programs' sentences; a customer's own `you wrote on Monday:` has neither."""

_DATE = re.compile(rf"{_WHEN_OR_WHO.pattern}|\b(?:19|20)\d\d\b|\b\d{{1,2}}([./-])\d{{1,2}}\1\d\d\b")
"""Matches a date as well, for the languages in which programs write one without a time."""

_DATE_OR_ADDRESS = re.compile(r"\d|@")
"""Matches the first line of a wrapped sentence; seldom an answer right above it, without an empty line."""

_ADDRESS = r"<[^<>\s]{1,320}@[^<>\s]{1,320}>"
_WROTE = r"(?<!\byou )(?:wrote|writes)"
_WROTE_HE = r"\bכתב(?:[/\\]?ה|\(ה\)|ו)?"
_DAY_OR_MONTH = (
    r"(?:mon|tue|wed|thu|fri|sat|sun|jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?,? (?=.*\d)|\d"
)

_SENTENCES = [
    (re.compile(pattern, re.IGNORECASE), needs)
    for pattern, needs in (
        (rf"(?:On|At) .+ {_WROTE}:", _DATE),  # English
        (r"In a message dated .+ writes:", _DATE),  # English: AOL
        (r"Am .+ schrieb\b.*:", _WHEN_OR_WHO),  # German: Am Do., 3. Apr. 2025 um 10:12 Uhr schrieb Balcony <…>:
        (r"Pada .+ menulis:", _DATE),  # Indonesian: Pada tanggal Kam, 3 Apr 2025 pukul 10.12 Balcony <…> menulis:
        (r"(?:בתאריך|ביום|ב[-־– ]?(?=\d)|ב[-־–] ?יום) ?.+ מאת .+:", _DATE),  # Hebrew: Gmail
        (rf"(?:בתאריך|ביום|ב[-־– ]?(?=\d)|ב[-־–] ?יום) ?.+ {_WROTE_HE}(?: .+)?:", _DATE),  # Hebrew: Apple, Thunderbird
        (r"Le .+ a écrit ?:", _WHEN_OR_WHO),  # French
    )
]
"""Sentences that begin with a word of their own, and the match that tells them from a customer's."""

_SENTENCES_FROM_A_NAME = [
    (re.compile(pattern, re.IGNORECASE), needs)
    for pattern, needs in (
        (r".*\byazdı\b.{0,60}:", _WHEN_OR_WHO),  # Turkish: Balcony <…>, 3 Nis 2025 Per, 10:12 tarihinde şunu yazdı:
        (r".*\bírta\b.{0,60}:", _WHEN_OR_WHO),  # Hungarian: Balcony <…> ezt írta (időpont: 2025. ápr. 3., Cs, 10:12):
        (rf"(?:{_DAY_OR_MONTH}).*\b{_WROTE}:", _DATE),  # English: Thursday, April 3, 2025, Balcony wrote:
        (rf".*{_ADDRESS} {_WROTE}(?: (?:on|at) .{{0,60}})?:", _WHEN_OR_WHO),  # English: Balcony <…> wrote on …:
        (rf".+ {_WROTE} (?:on|at) .{{0,60}}:", _WHEN_OR_WHO),  # English: Balcony wrote on 3 April 2025 at 10:12:
        (rf"\d.*\d[:.]\d\d.*{_ADDRESS} ?:", _WHEN_OR_WHO),  # any: 2025-04-03 10:12 GMT+03:00 Balcony <…>:
        (rf".+ {_WROTE_HE} (?:ב|ביום |בתאריך ).{{0,60}}:", _WHEN_OR_WHO),  # Hebrew: Balcony <…> כתב/ה ב-3 באפר׳ …:
        (rf".*{_ADDRESS} {_WROTE_HE}:", _WHEN_OR_WHO),
        (r"מאת .*(?:בתאריך|ביום|ב[-־–]?\d).*:", _DATE),
    )
]
"""Sentences that begin with a name or a date."""

_HEADERS = [
    tuple(re.compile(rf"(?:{names})\s*:", re.IGNORECASE) for names in row)
    for row in (
        # the sender, the subject, others
        ("from", "subject", "sent|date|to|cc"),
        ("von", "betreff", "gesendet|datum|an|cc"),
        ("kimden|gönderen", "konu", "gönderildi|gönderme tarihi|gönderilme tarihi|tarih|kime|bilgi|cc"),
        ("feladó", "tárgy", "elküldve|küldve|dátum|címzett|másolatot kap"),
        ("dari", "subjek|perihal", "dikirim|terkirim|tanggal|kepada|ke|cc"),
        ("מאת", "נושא", "נשלח|תאריך|אל|עותק"),
        ("de", "objet", "envoyé|date|à|cc"),
    )
]
"""Headers of a quoted mail. A block begins with the sender and has a subject: `From: A, To: B` may be a journey."""

_SEPARATOR = re.compile(
    r"_{20,}"
    r"|-{2,}\s*(?:original|forwarded|ursprüngliche|weitergeleitete|or[iı]j[iı]nal|özgün|[iı]letilen|yönlendirilen|eredeti"
    r"|továbbított|pesan (?:asli|terusan)|הודעה (?:מקורית|שהועברה)|message (?:d'origine|transféré)).*"
    r"|(?:begin forwarded message|anfang der weitergeleiteten nachricht) ?:",
    re.IGNORECASE,
)

_DEVICE = (
    "(?:iphone|ipad|ipod|android|samsung|galaxy|huawei|xiaomi|redmi|pixel|blackberry|nokia|windows|outlook|yahoo|gmail)"
)
_SIGNATURE = re.compile(
    "|".join(
        (
            "--",
            rf"sent (?:from|with) .*\b(?:{_DEVICE}|phone|smartphone|mobile|tablet|device|proton ?mail|mail for)\b.*",
            r"get outlook for .*",
            rf"(?:.* )?von mein\w+ .*{_DEVICE}.* gesendet\W*",
            rf"gesendet (?:von|mit|aus) .*(?:{_DEVICE}|handy|smartphone).*",
            r"(?:holen sie sich )?outlook für (?:android|ios)\b.*",
            rf"(?:.* )?(?:{_DEVICE}|cihaz|telefon)\S*(?: \w+)?[dt][ae]n gönderildi\W*",
            r"(?:android|ios) için outlook\S* edinin\W*",
            rf"(?:el)?küldve (?:az? )?.*{_DEVICE}.*|(?:az? )?{_DEVICE}.* (?:el)?küldve\W*",
            rf"(?:dikirim|terkirim) dari .*(?:{_DEVICE}|ponsel).*",
            r"(?:dapatkan|unduh) outlook untuk .*",
            rf"נשלח מ.*(?:{_DEVICE}|טלפון|אייפון).*",
            rf"envoyé (?:de|depuis) .*(?:{_DEVICE}|mobile).*",
        )
    ),
    re.IGNORECASE,
)
"""Matches a whole line: two dashes, or a sentence that names the sender's device or program."""


def extract_reply(text: str) -> str:
    """Return the text above the first quotation or signature; if there is none above, the text below the quotation.

    A mail that is nothing but a quotation gives all of it; one that is nothing but a signature gives nothing.
    """
    lines = text.split("\n")
    seen = [" ".join(line.translate(_UNSEEN).split()) for line in lines]
    end, quotes = _end(seen)
    above = "\n".join(lines[:end]).strip()
    if above or not quotes:
        return above
    return _below(lines, seen) or text


def _end(seen: Sequence[str]) -> tuple[int, bool]:
    """Find the line at which the sender's own text ends, and whether a quotation begins there."""
    for number, line in enumerate(seen):
        if line.startswith(">"):
            return _above_introduction(seen, number), True
        if _SEPARATOR.fullmatch(line) or _are_headers(seen, number):
            return number, True
        sentence = _start_of_sentence(seen, number)
        if sentence is not None:
            return sentence, True
        if _signs(line):
            return number, False
    return len(seen), False


def _signs(line: str) -> bool:
    return len(line) <= _LONGEST_SIGNATURE and _SIGNATURE.fullmatch(line) is not None


def _are_headers(seen: Sequence[str], number: int) -> bool:
    below = seen[number + 1 : number + _LINES_OF_HEADERS]
    return any(
        sender.match(seen[number]) and all(any(name.match(line) for line in below) for name in (subject, others))
        for sender, subject, others in _HEADERS
    )


def _start_of_sentence(seen: Sequence[str], last: int) -> int | None:
    """Find the first line of a sentence such as `On … wrote:` that ends with the line `last`. None if none does."""
    if not seen[last].endswith(":"):
        return None
    found: int | None = None
    for first in range(last, max(last - _LINES_OF_SENTENCE, -1), -1):
        sentence = " ".join(seen[first : last + 1])
        if not seen[first] or len(sentence) > _LONGEST_SENTENCE:
            break
        if _is_one_of(_SENTENCES, sentence):
            return first
        if _DATE_OR_ADDRESS.search(seen[first]) and _is_one_of(_SENTENCES_FROM_A_NAME, sentence):
            found = first
    return found


def _is_one_of(sentences: Sequence[tuple[re.Pattern[str], re.Pattern[str]]], sentence: str) -> bool:
    return any(needs.search(sentence) and pattern.fullmatch(sentence) for pattern, needs in sentences)


def _above_introduction(seen: Sequence[str], quotation: int) -> int:
    """Find the start of the paragraph that introduces a quotation. Of a long one, only the last line introduces it."""
    last = next((number for number in range(quotation - 1, -1, -1) if seen[number]), -1)
    if last < 0 or not seen[last].endswith(":"):
        return quotation
    first = last
    while first > 0 and seen[first - 1] and last - first < _LINES_OF_SENTENCE:
        first -= 1
    if last - first == _LINES_OF_SENTENCE:
        return last
    told = next((number for number in range(first, last) if _DATE_OR_ADDRESS.search(seen[number])), None)
    return told if told is not None else first if any(seen[:first]) else last


def _below(lines: Sequence[str], seen: Sequence[str]) -> str:
    """Return the text between and below lines that are quoted with `>`."""
    own: list[str] = []
    quoted = next((number for number, line in enumerate(seen) if line.startswith(">")), len(seen))
    for line, plain in zip(lines[quoted:], seen[quoted:], strict=True):
        if _signs(plain):
            break
        if not plain.startswith(">"):
            own.append(line)
    return "\n".join(own).strip()
