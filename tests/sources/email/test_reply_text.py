"""Answers as mail programs lay them out, in the languages of our users: what is left is what the customer wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sources.growth import LINEAR, growth
from whenthen.sources.email.html_text import text_of_html
from whenthen.sources.email.reply_text import RULE, extract_reply

US = "Balcony Company <hello@balcony.example>"
LRE, PDF, RLE, RLM = "\u202a", "\u202c", "\u202b", "\u200f"

SENTENCES = {
    "gmail, english": f"On Thu, Apr 3, 2025 at 10:12 AM {US} wrote:",
    "gmail, english, wrapped": f"On Thu, Apr 3, 2025 at 10:12 AM {US}\nwrote:",
    "gmail, english, wrapped in the address": "On Thu, Apr 3, 2025 at 10:12 AM Balcony Company <\n"
    "hello@balcony.example> wrote:",
    "apple, english": f"On 3 Apr 2025, at 10:12, {US} wrote:",
    "thunderbird, english": "On 4/3/25 10:12, Balcony Company wrote:",
    "yahoo, english": f"On Thursday, April 3, 2025 at 10:12:00 AM GMT+3, {US} wrote:",
    "gmail, german": f"Am Do., 3. Apr. 2025 um 10:12 Uhr schrieb {US}:",
    "gmail, german, wrapped": "Am Do., 3. Apr. 2025 um 10:12 Uhr schrieb Balcony Company <\nhello@balcony.example>:",
    "apple, german": f"Am 03.04.2025 um 10:12 schrieb {US}:",
    "thunderbird, german": "Am 03.04.25 um 10:12 schrieb Balcony Company:",
    "gmail, turkish": f"{US}, 3 Nis 2025 Per, 10:12 tarihinde şunu yazdı:",
    "gmail, turkish, wrapped": f"{US}, 3 Nis 2025 Per, 10:12 tarihinde\nşunu yazdı:",
    "gmail, turkish, wrapped in the date": f"{US}, 3 Nis 2025\nPer, 10:12 tarihinde şunu yazdı:",
    "gmail, turkish, before 2018": f"3 Nisan 2025 10:12 tarihinde {US}\nyazdı:",
    "apple, turkish": f"{US} şunları yazdı (3 Nis 2025 10:12):",
    "thunderbird, turkish": "Balcony Company 3.04.2025 10:12 tarihinde yazdı:",
    "gmail, hungarian": f"{US} ezt írta (időpont: 2025. ápr. 3., Cs, 10:12):",
    "gmail, hungarian, wrapped": f"{US} ezt írta (időpont: 2025. ápr. 3.,\nCs, 10:12):",
    "thunderbird, hungarian": "2025. 04. 03. 10:12 keltezéssel, Balcony Company írta:",
    "gmail, indonesian": f"Pada tanggal Kam, 3 Apr 2025 pukul 10.12 {US} menulis:",
    "gmail, indonesian, wrapped": f"Pada tanggal Kam, 3 Apr 2025 pukul 10.12 {US}\nmenulis:",
    "apple, indonesian": f"Pada 3 Apr 2025, pukul 10.12, {US} menulis:",
    "gmail, hebrew": f"{RLE}בתאריך יום ה׳, 3 באפר׳ 2025 ב-10:12 מאת {LRE}Balcony Company{PDF}{RLM} "
    f"<{LRE}hello@balcony.example{PDF}{RLM}>:{PDF}",
    "gmail, hebrew, wrapped": f"{RLE}בתאריך יום ה׳, 3 באפר׳ 2025 ב-10:12 מאת {LRE}Balcony Company{PDF}{RLM}\n"
    f"<{LRE}hello@balcony.example{PDF}{RLM}>:{PDF}",
    "apple, hebrew": f"{RLE}ב-3 באפר׳ 2025, בשעה 10:12, {RLM}{US} כתב/ה:{PDF}",
    "dated, english, year": "On April 3, 2025, Balcony Company wrote:",
    "dated, english, day first": "On 3 April 2025 Balcony Company wrote:",
    "dated, english, numbers": "On 03/04/25, Balcony Company wrote:",
    "dated, english, iso": "On 2025-04-03, Balcony Company wrote:",
    "dated, english, wrapped": "On Thursday, April 3,\n2025, Balcony Company wrote:",
    "dated, english, without on": f"Thursday, April 3, 2025 10:12 AM, {US} wrote:",
    "dated, english, without on, month first": "April 3, 2025, Balcony Company wrote:",
    "dated, english, without on, numbers": "3.4.2025 10:12, Balcony Company wrote:",
    "dated, english, eudora": "At 10:12 AM 4/3/2025, Balcony Company wrote:",
    "dated, english, aol": "In a message dated 4/3/2025 10:12:11 AM, hello@balcony.example writes:",
    "dated, english, aol, wrapped": "In a message dated 4/3/2025 10:12:11 AM GTB Summer Time,\n"
    "hello@balcony.example writes:",
    "dated, english, name first": f"{US} wrote on Thu, 3 Apr 2025 at 10:12:",
    "dated, english, name first, no address": "Balcony Company wrote on 3 April 2025 at 10:12:",
    "dated, no words": f"2025-04-03 10:12 GMT+03:00 {US}:",
    "dated, no words, wrapped": "2025-04-03 10:12 GMT+03:00 Balcony Company\n<hello@balcony.example>:",
    "an address, english": f"{US} wrote:",
    "gmail, hebrew, the day first": f"{RLE}ביום ה׳, 3 באפר׳ 2025 ב-10:12 מאת {LRE}Balcony Company{PDF}{RLM} "
    f"<{LRE}hello@balcony.example{PDF}{RLM}>:{PDF}",
    "thunderbird, hebrew": "בתאריך 03/04/2025 10:12, Balcony Company כתב:",
    "thunderbird, hebrew, she": "בתאריך 3.4.2025 בשעה 10:12, Balcony Company כתבה:",
    "yahoo, hebrew": f"ב-יום חמישי, 3 באפריל 2025 ב-10:12:00 GMT+3, {US} כתב/ה:",
    "apple, hebrew, maqaf": f"ב־3 באפר׳ 2025, בשעה 10:12, {US} כתב/ה:",
    "apple, hebrew, wrapped": "ב-3 באפר׳ 2025, בשעה 10:12, Balcony Company\n<hello@balcony.example> כתב/ה:",
    "dated, hebrew": "ב-3 באפריל 2025 כתב Balcony Company:",
    "dated, hebrew, they": "ביום 3 באפריל 2025, Balcony Company כתבו:",
    "dated, hebrew, from": "בתאריך 3 באפריל 2025 מאת Balcony Company:",
    "name first, hebrew": f"{US} כתב/ה ב-3 באפר׳ 2025 בשעה 10:12:",
    "an address, hebrew": f"{US} כתב/ה:",
    "dated, indonesian": "Pada 3 April 2025, Balcony Company menulis:",
    "gmail, french": f"Le jeu. 3 avr. 2025 à 10:12, {US} a\nécrit :",
}
"""Lines that programs write above a quotation."""

BLOCKS = {
    "outlook, english": "From: Balcony Company <hello@balcony.example>\nSent: Thursday, April 3, 2025 10:12 AM\n"
    "To: Ayşe <ayse@example.com>\nSubject: Spring offer",
    "outlook, english, stars": "*From:* Balcony Company <hello@balcony.example>\n"
    "*Sent:* Thursday, April 3, 2025 10:12 AM\n*To:* Ayşe\n*Subject:* Spring offer",
    "outlook, german": "Von: Balcony Company <hello@balcony.example>\nGesendet: Donnerstag, 3. April 2025 10:12\n"
    "An: Ayşe\nBetreff: Frühling",
    "outlook, turkish": "Kimden: Balcony Company <hello@balcony.example>\nGönderildi: 3 Nisan 2025 Perşembe 10:12\n"
    "Kime: Ayşe\nKonu: Bahar",
    "outlook of the web, turkish": "Gönderen: Balcony Company\nGönderildi: 3 Nisan 2025 Perşembe 10:12\n"
    "Kime: Ayşe\nKonu: Bahar",
    "outlook, hungarian": "Feladó: Balcony Company <hello@balcony.example>\n"
    "Elküldve: 2025. április 3., csütörtök 10:12\nCímzett: Ayşe\nTárgy: Tavasz",
    "outlook, indonesian": "Dari: Balcony Company <hello@balcony.example>\nDikirim: Kamis, 03 April 2025 10.12\n"
    "Kepada: Ayşe\nSubjek: Musim semi",
    "outlook, hebrew": f"{RLE}מאת: Balcony Company\nנשלח: יום חמישי 03 אפריל 2025 10:12\nאל: Ayşe\nנושא: אביב",
    "outlook, french": "De : Balcony Company\nEnvoyé : jeudi 3 avril 2025 10:12\nÀ : Ayşe\nObjet : Printemps",
    "outlook's rule": f"{RULE}\nVan: Balcony Company",
    "original message, english": "-----Original Message-----\nFrom: hello@balcony.example",
    "original message, german": "-----Ursprüngliche Nachricht-----\nVon: hello@balcony.example",
    "original message, turkish": "-----Orijinal İleti-----\nKimden: hello@balcony.example",
    "original message, turkish, new": "-----Özgün İleti-----\nKimden: hello@balcony.example",
    "original message, hungarian": "-----Eredeti üzenet-----\nFeladó: hello@balcony.example",
    "original message, indonesian": "-----Pesan Asli-----\nDari: hello@balcony.example",
    "original message, hebrew": "-----הודעה מקורית-----\nמאת: hello@balcony.example",
    "gmail's forward": "---------- Forwarded message ---------\nFrom: hello@balcony.example",
    "apple's forward": "Begin forwarded message:\n\nFrom: hello@balcony.example",
}
"""Lines that programs put above a text that they do not mark line by line."""

SIGNATURES = {
    "two dashes": "-- \nAyşe Yılmaz\n0532 123 45 67",
    "iphone, english": "Sent from my iPhone",
    "galaxy": "Sent from my Galaxy",
    "samsung, english": "Sent from Samsung Mobile on O2",
    "windows, english": "Sent from Mail for Windows",
    "outlook, english": "Get Outlook for Android",
    "proton": "Sent with Proton Mail secure email.",
    "iphone, german": "Von meinem iPhone gesendet",
    "android, german": "Diese Nachricht wurde von meinem Android Gerät mit GMX Mail gesendet.",
    "outlook, german": "Gesendet von Outlook für iOS",
    "iphone, turkish": "iPhone’umdan gönderildi",
    "ipad, turkish": "iPad'imden gönderildi",
    "samsung, turkish": "Samsung cihazımdan gönderildi",
    "yahoo, turkish": "Android'de Yahoo Postadan gönderildi",
    "outlook, turkish": "Android için Outlook’u edinin",
    "iphone, hungarian": "Elküldve az iPhone-omról",
    "iphone, hungarian, the other way": "Az iPhone készülékemről küldve",
    "iphone, indonesian": "Dikirim dari iPhone saya",
    "outlook, indonesian": "Dapatkan Outlook untuk Android",
    "iphone, hebrew": f"{RLE}נשלח מה-iPhone שלי{PDF}",
    "iphone, french": "Envoyé de mon iPhone",
}

OFFER = "> Our spring offer\n>\n> Reply STOP to hear no more."


@pytest.mark.parametrize("sentence", SENTENCES.values(), ids=SENTENCES.keys())
@pytest.mark.parametrize("quoted", [OFFER, "Our spring offer\n\nReply STOP to hear no more."], ids=["marked", "bare"])
@pytest.mark.parametrize("between", ["\n\n", "\n"], ids=["apart", "close"])
def test_a_sentence_above_a_quotation_is_not_of_the_reply(sentence: str, quoted: str, between: str) -> None:
    assert extract_reply(f"STOP{between}{sentence}\n\n{quoted}\n") == "STOP"
    assert extract_reply(f"Yes, please.\n\nAyşe{between}{sentence}\n{quoted}") == "Yes, please.\n\nAyşe"


@pytest.mark.parametrize("sentence", SENTENCES.values(), ids=SENTENCES.keys())
def test_an_answer_below_the_quotation_is_the_reply(sentence: str) -> None:
    assert extract_reply(f"{sentence}\n{OFFER}\n\nSTOP\n\n-- \nAyşe") == "STOP"


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS.keys())
def test_headers_above_a_quotation_and_what_is_below_are_not_of_the_reply(block: str) -> None:
    assert extract_reply(f"STOP\n\n{block}\n\nOur spring offer\nReply STOP to hear no more.") == "STOP"
    assert extract_reply(f"Yes, please.\n\nAyşe\n\n\n{block}\n\nOffer") == "Yes, please.\n\nAyşe"


@pytest.mark.parametrize("signature", SIGNATURES.values(), ids=SIGNATURES.keys())
def test_what_a_device_adds_is_not_of_the_reply(signature: str) -> None:
    assert extract_reply(f"STOP\n\n{signature}") == "STOP"
    assert extract_reply(f"STOP\n\n{signature}\n\n{SENTENCES['apple, english']}\n{OFFER}") == "STOP"
    assert extract_reply(signature) == "", "nothing but a signature is no reply"


OTHERS = [
    ("yes\n> old", "yes"),
    ("yes\n\nOn Monday Balcony wrote:\n> old\n> older", "yes"),
    ("yes\n\nEl jue, 3 abr 2025 a las 10:12, Balcony\n(<hello@balcony.example>) escribió:\n\n> old", "yes"),
    ("a > b is not a quotation", "a > b is not a quotation"),
    ("> only quoted", "> only quoted"),
    ("> first?\nyes\n> second?\nno\n", "yes\nno"),
    ("Dear all:\nno quotation", "Dear all:\nno quotation"),
    ("One.\nTwo.\nThree.\nFour.\nAnd as you wrote:\n> old", "One.\nTwo.\nThree.\nFour."),
    ("On Monday you wrote:\nwe deliver on Friday.", "On Monday you wrote:\nwe deliver on Friday."),
    ("On 3 April 2025 you wrote:\nwe come on Friday.", "On 3 April 2025 you wrote:\nwe come on Friday."),
    ("As you wrote on 3 April at 10:12:\nFriday.", "As you wrote on 3 April at 10:12:\nFriday."),
    ("On Monday my wife wrote:\nyes.", "On Monday my wife wrote:\nyes."),
    ("In 2024 we said:\nyes.", "In 2024 we said:\nyes."),
    ("כתבתי לכם:\nכן", "כתבתי לכם:\nכן"),
    ("אתמול כתבתם:\nמחר", "אתמול כתבתם:\nמחר"),
    ("We move.\nFrom: İzmir\nTo: Pécs\nDate: 3 May", "We move.\nFrom: İzmir\nTo: Pécs\nDate: 3 May"),
    ("The parcel was\nsent from your warehouse.\nThank you", "The parcel was\nsent from your warehouse.\nThank you"),
    ("Fatura mail ile gönderildi.\nTeşekkürler", "Fatura mail ile gönderildi.\nTeşekkürler"),
    ("a -- b\n--- c\nd", "a -- b\n--- c\nd"),
    ("  yes  \n\n", "yes"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "reply"), OTHERS)
def test_a_reply_is_what_its_sender_wrote(text: str, reply: str) -> None:
    assert extract_reply(text) == reply


PAGES = {
    "gmail": """<div dir="ltr">STOP</div><br><div class="gmail_quote gmail_quote_container">
<div dir="ltr" class="gmail_attr">On Thu, Apr 3, 2025 at 10:12 AM Balcony Company &lt;<a
href="mailto:hello@balcony.example">hello@balcony.example</a>&gt; wrote:<br></div>
<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex"><div>Our spring offer</div></blockquote></div>""",
    "gmail, in a language of no table": """<div dir="auto">STOP</div><div class="gmail_quote"><div class="gmail_attr">
Op do 3 apr 2025 om 10:12 schreef Balcony Company:<br></div><blockquote>Our spring offer</blockquote></div>""",
    "apple": """<html><body dir="auto">STOP<br><br><div dir="ltr">iPhone’umdan gönderildi</div><div dir="ltr"><br>
<blockquote type="cite">Balcony Company &lt;hello@balcony.example&gt; şunları yazdı (3 Nis 2025 10:12):<br><br>
</blockquote></div><blockquote type=cite><div>Our spring offer</div></blockquote></body></html>""",
    "thunderbird": """<p>STOP</p><div class='moz-cite-prefix'>Am 03.04.25 um 10:12 schrieb Balcony Company:<br></div>
<blockquote type='cite' cite='mid:1@balcony.example'><p>Our spring offer</p></blockquote>""",
    "thunderbird, answered below": """<div class='moz-cite-prefix'>On 4/3/25 10:12, Balcony Company wrote:<br></div>
<blockquote type='cite'><p>Our spring offer</p></blockquote><p>STOP</p>""",
    "outlook on a desktop": """<div class=WordSection1><p class=MsoNormal>STOP<o:p></o:p></p>
<p class=MsoNormal><o:p>&nbsp;</o:p></p>
<div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p class=MsoNormal>
<b>From:</b> Balcony Company &lt;hello@balcony.example&gt; <br><b>Sent:</b> Thursday, April 3, 2025 10:12 AM<br>
<b>To:</b> Ayşe<br><b>Subject:</b> Spring offer<o:p></o:p></p></div><p class=MsoNormal>Our spring offer</p></div>""",
    "outlook, headers in paragraphs": """<p>STOP</p><hr><p><b>Kimden:</b> Balcony</p>
<p><b>Gönderildi:</b> 3 Nisan 2025</p><p><b>Konu:</b> Bahar</p><p>Our offer</p>""",
    "outlook of the web, in a language of no table": """<div>STOP</div><div id="appendonsend"></div>
<hr tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><font><b>Van:</b> Balcony<br><b>Verzonden:</b> donderdag<br>
<b>Onderwerp:</b> x</font></div><div>Our spring offer</div>""",
    "yahoo": """<div class="ydp1yahoo-style-wrap"><div dir="ltr">STOP</div><div><br></div></div>
<div id="ydp2yahoo_quoted_1" class="ydp2yahoo_quoted"><div>On Thursday, April 3, 2025 at 10:12:00 AM GMT+3,
Balcony &lt;hello@balcony.example&gt; wrote:</div><div><br></div><div>Our spring offer</div></div>""",
    "quoted twice": "STOP<blockquote>one<blockquote>two</blockquote>three</blockquote>",
    "a quotation that never closes": "STOP<blockquote>Our spring offer",
    "a quotation that was never opened": "</blockquote>STOP",
}


@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES.keys())
def test_the_reply_of_a_mail_that_has_only_html(page: str) -> None:
    assert extract_reply(text_of_html(page)) == "STOP"


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>a</p><blockquote><p>b</p><p>c</p></blockquote><p>d</p>", "a\n> b\n>\n> c\nd"),
        ("a<blockquote>b<blockquote>c</blockquote>d</blockquote>e", "a\n> b\n> c\n> d\ne"),
        ("<blockquote> </blockquote>a", "a"),
        ('<p>a</p><div class="gmail_quote">b</div>', f"a\n\n{RULE}\nb"),
    ],
)
def test_quotations_of_html_are_marked_as_in_other_mail(page: str, text: str) -> None:
    assert text_of_html(page) == text


PIECES = st.sampled_from([*SENTENCES.values(), *BLOCKS.values(), *SIGNATURES.values(), "", ">", "a", "a:", "3:"])


@given(st.text(max_size=200) | st.lists(PIECES, max_size=8).map("\n".join))
def test_a_reply_has_no_line_that_the_text_has_not(text: str) -> None:
    lines = {line.strip() for line in text.split("\n")}
    assert {line.strip() for line in extract_reply(text).split("\n")} <= {*lines, ""}


COSTLY = [
    "a:",
    "10:12:",
    "On 10:12 wrote",
    "From:",
    "From:\n",
    ">",
    "",
    "On 10:12 ",
    "10:12 yazdı ",
    "sent from ",
    "--",
]


@pytest.mark.parametrize("end", ["\n", "", " "], ids=["lines", "one line", "words"])
@pytest.mark.parametrize("piece", [*COSTLY, "a" * 50 + ":"])
def test_no_text_costs_more_than_its_length(piece: str, end: str) -> None:
    repeated = (piece + end) or "\n"
    assert growth(lambda size: extract_reply(repeated * (size // len(repeated))), 24_000) < LINEAR
