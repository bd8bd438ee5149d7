"""Hold the names of months and days of the week in our languages, from CLDR.

`dev.calendar_names` writes this file.
"""

from __future__ import annotations

from collections.abc import Mapping

_MONTHS = {
    1: "jan januar januari january oca ocak ינו ינואר",
    2: "feb febr februar februari february sub subat פבר פברואר",
    3: "mar marc march marcius maret mart מרץ",
    4: "apr april aprilis nis nisan אפר אפריל",
    5: "maj majus may mayis mei מאי",
    6: "haz haziran jun june juni junius יוני",
    7: "jul juli julius july tem temmuz יולי",
    8: "agu agustos agustus aug august augusztus אוג אוגוסט",
    9: "eyl eylul sep sept september szept szeptember ספט ספטמבר",
    10: "eki ekim oct october okt oktober אוק אוקטובר",
    11: "kas kasim nov november נוב נובמבר",
    12: "ara aralik dec december des desember דצמ דצמבר",
}
_DAYS = (
    "car|carsamba|cmt|cs|csutortok|cum|cuma|cumartesi|fri|friday|hetfo|jum|jumat|kam|kamis|"
    "kedd|min|minggu|mon|monday|paz|pazar|pazartesi|pentek|per|persembe|pzt|rab|rabu|sab|"
    "sabtu|sal|sali|sat|saturday|sel|selasa|sen|senin|sun|sunday|sze|szerda|szo|szombat|"
    "thu|thursday|tue|tuesday|vasarnap|wed|wednesday|יום א|יום ב|יום ג|יום ד|יום ה|יום ו|"
    "יום חמישי|יום ראשון|יום רביעי|יום שבת|יום שישי|יום שלישי|יום שני|שבת"
)

MONTHS: Mapping[str, int] = {name: number for number, names in _MONTHS.items() for name in names.split()}
"""Name of a month in any of our languages, without marks and dots and in lower case → its number."""

DAYS = frozenset(_DAYS.split("|"))
"""Names of the days of the week, written in the same way."""
