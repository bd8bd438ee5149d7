"""The reasons that runs and jobs record, which are kept in English, in the other languages.

A row is found by its first text, whose slots take what was recorded there; so a reason that was written last year is
said in any language today. Of the slots, numbers stand for names and values, which stay as they are; `{said}` for
another reason, which is said in its turn; `{outcome}` for how a run or job stands. What a provider said stays as it is.

`outside` has what becomes of calls to others, `problems` what is wrong with what was written.
"""

from __future__ import annotations

from collections.abc import Mapping

_Row = tuple[str, str, str, str, str]

REASONS: Mapping[str, _Row] = {
    row[0]: row
    for row in (
        ("shadow mode", "gölge kipi", "árnyékmód", "mode bayangan", "מצב צל"),
        ("its condition does not hold", "koşulu sağlanmıyor", "a feltétele nem teljesül", "syaratnya tidak terpenuhi",
         "התנאי שלו אינו מתקיים"),
        ("its exit condition holds", "çıkış koşulu sağlanıyor", "a kilépési feltétele teljesül",
         "syarat keluarnya terpenuhi", "תנאי היציאה שלו מתקיים"),
        ("there is no date in record.{0}", "kaydın şu alanında tarih yok: {0}", "a rekord {0} mezőjében nincs dátum",
         "tidak ada tanggal di kolom {0}", "אין תאריך בשדה {0} של הרשומה"),
        ("it would be due at {0}, more than {1} days after the run began",
         "vadesi {0} olurdu; çalışmanın başlangıcından {1} günden fazla sonra",
         "{0} lenne esedékes, több mint {1} nappal a futás kezdete után",
         "jatuh temponya {0}, lebih dari {1} hari setelah proses dimulai",
         "המועד היה {0}, יותר מ־{1} ימים אחרי תחילת הריצה"),
        ("{0} of {1} steps done", "{1} adımdan {0} tanesi yapıldı", "{1} lépésből {0} elkészült",
         "{0} dari {1} langkah selesai", "צעדים שבוצעו: {0} מתוך {1}"),
        ("no step was due", "sırası gelen adım yoktu", "egy lépés sem volt esedékes",
         "tidak ada langkah yang jatuh tempo", "לא היה צעד לביצוע"),
        ("exit: {0}, seen before it started", "çıkış: {0}; başlamadan önce görüldü",
         "kilépés: {0}, még az indulás előtt",
         "keluar: {0}, terlihat sebelum dimulai", "יציאה: {0}, נראתה לפני ההתחלה"),
        ("exit: {0}", "çıkış: {0}", "kilépés: {0}", "keluar: {0}", "יציאה: {0}"),
        ("an exit was seen before it started", "başlamadan önce bir çıkış görüldü",
         "még az indulás előtt kilépés történt",
         "syarat keluar terlihat sebelum dimulai", "נראתה יציאה לפני ההתחלה"),
        ("the run is {outcome}: {said}", "çalışmanın durumu {outcome}: {said}", "a futás állapota {outcome}: {said}",
         "status proses {outcome}: {said}", "מצב הריצה {outcome}: {said}"),
        ("it may have been sent: {said}", "gönderilmiş olabilir: {said}", "lehet, hogy elment: {said}",
         "mungkin sudah terkirim: {said}", "ייתכן שנשלח: {said}"),
        ("given up after 1 attempt: {said}", "1 denemeden sonra vazgeçildi: {said}", "1 kísérlet után feladva: {said}",
         "dihentikan setelah 1 percobaan: {said}", "הופסק אחרי ניסיון אחד: {said}"),
        ("given up after {0} attempts: {said}", "{0} denemeden sonra vazgeçildi: {said}",
         "{0} kísérlet után feladva: {said}", "dihentikan setelah {0} percobaan: {said}",
         "הופסק אחרי ניסיון מספר {0}: {said}"),
        ("given up after {0} hours: {said}", "{0} saat sonra vazgeçildi: {said}", "{0} óra után feladva: {said}",
         "dihentikan setelah {0} jam: {said}", "הופסק אחרי {0} שעות: {said}"),
        ("attempt {0} ended without telling whether it was sent",
         "{0}. deneme, gönderilip gönderilmediği bilinmeden bitti",
         "a(z) {0}. kísérlet úgy ért véget, hogy nem derült ki, elment-e",
         "percobaan {0} berakhir tanpa diketahui apakah sudah terkirim", "ניסיון {0} הסתיים בלי לדעת אם נשלח"),
        ("the recipient refuses messages: consent.{0} of {1} is false",
         "alıcı mesaj istemiyor: {1} için consent.{0} hayır", "a címzett nem kér üzenetet: {1} consent.{0} mezője nem",
         "penerima menolak pesan: consent.{0} dari {1} adalah tidak", "הנמען מסרב להודעות: consent.{0} של {1} הוא לא"),
        ("the run has no record, and the step names none", "çalışmanın kaydı yok ve adım da kayıt belirtmiyor",
         "a futásnak nincs rekordja, és a lépés sem nevez meg egyet",
         "proses ini tidak memiliki catatan, dan langkahnya tidak menyebutkannya",
         "לריצה אין רשומה, והצעד אינו מציין רשומה"),
        ("there is no record {0}", "{0} diye bir kayıt yok", "nincs ilyen rekord: {0}", "tidak ada catatan {0}",
         "אין רשומה {0}"),
        ("there is no version {0} of rule {1}", "{1} kuralının {0} numaralı sürümü yok",
         "ennek a szabálynak nincs {0}. változata: {1}", "tidak ada versi {0} dari aturan {1}",
         "אין גרסה {0} של הכלל {1}"),
        ("stopped by {0}", "durduran: {0}", "leállította: {0}", "dihentikan oleh {0}", "נעצר על ידי {0}"),
        ("{0}: set {1}", "{0}: ayarlanan alanlar {1}", "{0}: beállítva {1}", "{0}: diatur {1}", "{0}: עודכנו {1}"),
        ("{0}: without tags {1}", "{0}: kaldırılan etiketler {1}", "{0}: eltávolított címkék {1}", "{0}: tanpa tag {1}",
         "{0}: ללא תגיות {1}"),
        ("{0}: tags {1}", "{0}: etiketler {1}", "{0}: címkék {1}", "{0}: tag {1}", "{0}: תגיות {1}"),
        ("{0}: keeps its owner {1}", "{0}: sorumlusu aynı kalıyor: {1}", "{0}: felelőse marad {1}",
         "{0}: penanggung jawabnya tetap {1}", "{0}: האחראי נשאר {1}"),
        ("{0}: owner {1}", "{0}: sorumlu {1}", "{0}: felelős {1}", "{0}: penanggung jawab {1}", "{0}: אחראי {1}"),
        ("{0}: created", "{0}: oluşturuldu", "{0}: létrejött", "{0}: dibuat", "{0}: נוצר"),
        ("{said} (as it was already)", "{said} (zaten öyleydi)", "{said} (már úgy volt)", "{said} (sudah demikian)",
         "{said} (כך היה כבר)"),
        ("{0} hops of cause and effect: taken for a loop", "{0} neden-sonuç adımı: döngü sayıldı",
         "{0} ok-okozati lépés: huroknak számít", "{0} langkah sebab-akibat: dianggap perulangan",
         "{0} צעדים של סיבה ותוצאה: נחשב ללולאה"),
    )
}  # fmt: skip
