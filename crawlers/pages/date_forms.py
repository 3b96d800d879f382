"""The printed forms of dates, times and zones, as patterns over folded text (no tone marks, lower case)."""

from __future__ import annotations

import re

ENGLISH = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
ENGLISH_MONTH = r"(?P<name>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
WORDS = {
    "mot": 1,
    "hai": 2,
    "ba": 3,
    "tu": 4,
    "bon": 4,
    "nam": 5,
    "sau": 6,
    "bay": 7,
    "tam": 8,
    "chin": 9,
    "muoi": 10,
    "muoi mot": 11,
    "muoi hai": 12,
}
MONTH_WORD = r"(?P<word>muoi\s+mot|muoi\s+hai|muoi|mot|hai|ba|tu|bon|nam|sau|bay|tam|chin)\b"
THANG = rf"(?:thang|thg|th)\s*\.?\s*(?:(?P<m>0?[1-9]|1[0-2])(?!\d)|{MONTH_WORD})"
YEAR = r"(?P<y>[12]\d{3})(?!\d)"

# Tried in this order on the folded text; the first hit that is a real date wins. Groups y, m, d, name, word; a and b are
# two numbers of which only the country knows which is the day.
DATES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<!\d){YEAR}\s*(?P<s>[-/.])\s*(?P<m>\d{{1,2}})\s*(?P=s)\s*(?P<d>\d{{1,2}})(?!\d)",
        r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<m>0[1-9]|1[0-2])(?P<d>[0-2]\d|3[01])(?=t?\d{4}(?:\d\d)?(?!\d)|(?!\d))",
        rf"(?<!\d)(?P<a>\d{{1,2}})\s*(?P<s>[-/.])\s*(?P<b>\d{{1,2}})\s*(?P=s)\s*(?:{YEAR}|(?P<yy>\d\d)(?!\d|[:h]\d))",
        rf"(?<!\d)(?P<d>\d{{1,2}})\s*(?:,|-|/)?\s*{THANG}\s*(?:,|-|/|nam\b)?\s*{YEAR}",
        rf"\b{THANG}\s+(?:ngay\s+)?(?P<d>\d{{1,2}})(?!\d)\s*(?:,|nam\b)?\s*{YEAR}",
        rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th)?[\s,.-]*{ENGLISH_MONTH}[\s,.-]*(?:{YEAR}|(?P<yy>\d\d)(?!\d|:))",
        rf"\b{ENGLISH_MONTH}\s*(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?!\d|:)\s*,?\s*(?:at\s+)?{YEAR}",
        rf"\b{ENGLISH_MONTH}\s+(?P<d>\d{{1,2}})(?!\d|:)(?=.*?\s{YEAR})",
    )
)
YEARLESS = tuple(
    re.compile(pattern)
    for pattern in (rf"(?<!\d)(?P<d>\d{{1,2}})\s*{THANG}", r"(?<![\d:])(?P<d>\d{1,2})(?P<s>[-/.])(?P<m>\d{1,2})(?![\d:])")
)
DAY_WORDS = {
    "hom nay": 0,
    "sang nay": 0,
    "trua nay": 0,
    "chieu nay": 0,
    "toi nay": 0,
    "today": 0,
    "hom qua": 1,
    "sang qua": 1,
    "trua qua": 1,
    "chieu qua": 1,
    "toi qua": 1,
    "dem qua": 1,
    "yesterday": 1,
    "hom kia": 2,
}
DAY_WORD = re.compile(r"\b(" + "|".join(DAY_WORDS) + r")\b")

HALF = r"(?P<half>am|pm|a\.m\.?|p\.m\.?|sa|ch|sang|trua|chieu|toi|dem)\b"
OFFSET = r"(?P<sign>[+-])(?P<zh>\d{1,2}):?(?P<zm>\d\d)?(?!\d)"
TIMES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![\d:])(?P<h>\d{{1,2}})\s?:\s?(?P<min>\d\d?)(?:\s?:\s?(?P<sec>\d\d)(?:[.,]\d+)?)?(?!\d)(?:\s*{HALF})?(?:\s*(?:gmt|utc)?{OFFSET})?",
        rf"(?<!\d)(?P<h>\d{{1,2}})\s*(?:h|g|gio)\b\s*(?:(?P<min>\d{{1,2}})(?!\d)\s*(?:'|phut|ph|p)?)?(?:\s*(?P<sec>\d{{1,2}})\s*(?:giay|s)\b)?(?:\s*{HALF})?",
        rf"(?<!\d)(?P<h>\d{{1,2}})(?:h|g)(?P<min>\d\d)(?!\d)\s*(?:'|phut|ph|p)?(?:\s*{HALF})?",
        rf"(?<![\d:])(?P<h>1[0-2]|0?[1-9])\s*{HALF}",
        r"(?<=t)(?P<h>\d\d)(?P<min>\d\d)(?P<sec>\d\d)?(?![\d])(?:[.,]\d+)?(?:" + OFFSET + ")?",
        r"^\s*(?P<h>[01]\d|2[0-3])(?P<min>[0-5]\d)(?P<sec>[0-5]\d)?(?!\d)",
        r"(?<![\d.,])(?P<h>[01]\d|2[0-3])\.(?P<min>[0-5]\d)(?![\d.,])",
    )
)
ZONE_OFFSET = re.compile(r"(?:gmt|utc)\s*" + OFFSET + r"|(?<![\d:])(?P<sign2>\+)(?P<zh2>\d{1,2}):?(?P<zm2>\d\d)?(?!\d)")
ZONE_NAMES = {
    "z": 0,
    "ut": 0,
    "utc": 0,
    "gmt": 0,
    "ict": 7,
    "asia/ho_chi_minh": 7,
    "asia/saigon": 7,
    "asia/bangkok": 7,
    "hkt": 8,
    "sgt": 8,
    "jst": 9,
    "kst": 9,
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
    "bst": 1,
    "cet": 1,
    "cest": 2,
}
ZONE_NAME = re.compile(r"(?:(?<=[\d\s(])|^)(" + "|".join(sorted(ZONE_NAMES, key=len, reverse=True)) + r")\b")

SECONDS = {
    "giay": 1,
    "phut": 60,
    "ph": 60,
    "p": 60,
    "gio": 3600,
    "h": 3600,
    "tieng": 3600,
    "ngay": 86400,
    "hom": 86400,
    "tuan": 604800,
    "thang": 2592000,
    "nam": 31536000,
    "second": 1,
    "sec": 1,
    "minute": 60,
    "min": 60,
    "hour": 3600,
    "day": 86400,
    "week": 604800,
    "month": 2592000,
    "year": 31536000,
}
UNIT = "|".join(sorted(SECONDS, key=len, reverse=True))
SOME = {"nua": 0.5, "vai": 3, "may": 3, "it": 3}  #: "half an hour ago", "some minutes ago"
COUNT = rf"(?P<n>\d{{1,3}}|an?|{'|'.join(SOME)}|{'|'.join(WORDS)})"
AGO = re.compile(
    rf"\b{COUNT}\s*(?P<unit>{UNIT})s?(?:\s+dong ho)?(?:\s+(?P<n2>\d{{1,2}})\s*(?P<unit2>phut|ph|minutes?|mins?))?\s+(?:truoc|ago|qua)\b"
    rf"|\bcach day\s+(?:khoang\s+)?(?P<n3>\d{{1,3}}|{'|'.join(WORDS)})\s*(?P<unit3>{UNIT})\b"
)
JUST_NOW = re.compile(r"\b(?:vua xong|vua moi|vua dang|moi day|moi dang|just now|bay gio)\b")
EPOCH = re.compile(r"(?:/date\()?(\d{10}|\d{13})(?:[+-]\d{4})?(?:\)/)?")
# A day of the lunar calendar is not the day it looks like.
LUNAR = re.compile(
    r"\(?(?:\bngay\s+)?\b\d{1,2}\s*(?:[/-]|\s+thang\s+)\s*\d{1,2}(?:\s*(?:[/-]|\s+nam\s+)\s*\d{4})?\s*\(?\s*(?:am lich\b|al\b)\s*\)?"
)
# What may surround a date without a year; anything else means that the numbers are something else (24/7, 1/2).
FILLER = re.compile(
    r"\b(?:thu|t|chu nhat|cn|ngay|luc|vao|dang|cap nhat|xuat ban|dua tin|bai|tin|moi|hai|ba|tu|nam|sau|bay|gmt)\b"
    r"|\b(?:posted|updated|published|at|on)\b"
    r"|\b(?:t|thu\s*)[2-7]\b|\W"
)
URL_STAMP = re.compile(
    r"(?<!\d)(?:20|1\d\d)?(?P<y>2\d)(?P<m>0[1-9]|1[0-2])(?P<d>0[1-9]|[12]\d|3[01])(?P<t>(?:[01]\d|2[0-3])[0-5]\d[0-5]\d)\d{0,4}(?!\d)"
)
URL_PATH = re.compile(r"/(?P<y>20\d\d)[/-](?P<m>\d{1,2})[/-](?P<d>\d{1,2})(?=[/-])")
