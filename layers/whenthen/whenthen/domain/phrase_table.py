"""The phrases of plain-language sentences: one row each, in the order of LANGUAGES.

Sentences are built as labels with colons and lists, so that no row needs the case, the gender or the
number of a word from another row.
"""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("en", "tr", "hu", "id", "he")

_Row = tuple[str, str, str, str, str]

FRAME: Mapping[str, _Row] = {
    "when": ("When", "Ne zaman", "Amikor", "Ketika", "מתי"),
    "if": ("If", "Koşul", "Ha", "Jika", "תנאי"),
    "then": ("Then", "O zaman", "Akkor", "Maka", "אז"),
    "ends": ("Ends early at", "Erken biter", "Korábban véget ér", "Berakhir lebih awal", "מסתיים מוקדם"),
    "and": ("and", "ve", "és", "dan", "וגם"),
    "or": ("or", "veya", "vagy", "atau", "או"),
    "not": ("not ({0})", "şu geçerli değil: ({0})", "nem igaz, hogy ({0})", "tidak berlaku: ({0})",
            "לא מתקיים: ({0})"),
    "only_if": ("only if {0}", "yalnızca şu durumda: {0}", "csak ha {0}", "hanya jika {0}", "רק אם {0}"),
    "at_the_same_time": ("at the same time", "aynı anda", "egyidejűleg", "bersamaan", "באותו זמן"),
    "after": ("after {0}", "{0} sonra", "{0} múlva", "setelah {0}", "אחרי {0}"),
    "at": ("at {0}", "saat {0}", "{0}-kor", "pukul {0}", "בשעה {0}"),
    "on_days": ("on {0}", "günler: {0}", "napok: {0}", "pada hari {0}", "בימים: {0}"),
    "until": ("at the date in {0}", "{0} tarihinde", "{0} dátumán", "pada tanggal di {0}", "בתאריך שב־{0}"),
    "off": ("switched off", "kapalı", "kikapcsolva", "nonaktif", "כבוי"),
    "shadow": ("in shadow: nothing is done", "gölge: hiçbir şey yapılmaz", "árnyékban: semmi sem történik",
               "bayangan: tidak ada yang dilakukan", "במצב צל: לא מבוצע דבר"),
    "ago": ("{0} ago", "{0} önce", "{0} ezelőtt", "{0} yang lalu", "לפני {0}"),
    "ahead": ("in {0}", "{0} sonra", "{0} múlva", "{0} lagi", "בעוד {0}"),
    "ignoring_case": ("ignoring case", "büyük/küçük harf fark etmez", "kis- és nagybetű mindegy",
                      "tanpa membedakan huruf besar-kecil", "ללא הבחנה בין אותיות גדולות לקטנות"),
    "within": ("within {0}", "{0} içinde", "{0} alatt", "dalam {0}", "בתוך {0}"),
    "count_of": ("number of “{0}”", "“{0}” sayısı", "„{0}” száma", "jumlah “{0}”", "מספר “{0}”"),
    "before": ("{0} before the change", "değişiklikten önce {0}", "{0} a változás előtt",
               "{0} sebelum perubahan", "{0} לפני השינוי"),
    "yes": ("yes", "evet", "igen", "ya", "כן"),
    "no": ("no", "hayır", "nem", "tidak", "לא"),
    "it_is": ("it is {0}", "değeri: {0}", "értéke: {0}", "nilainya {0}", "הערך: {0}"),
    "it_was": ("it was {0}", "önceki değeri: {0}", "előző értéke: {0}", "sebelumnya {0}", "הערך הקודם: {0}"),
    "it_is_missing": ("it is missing", "değeri yok", "nincs értéke", "tidak ada nilainya", "אין ערך"),
    "nothing": ("nothing", "hiçbir şey", "semmi", "tidak ada", "שום דבר"),
}  # fmt: skip

TRIGGERS: Mapping[str, _Row] = {
    "enters": ("{0}: begins to fit the view {1}", "{0}: şu görünüme giriyor: {1}", "{0}: bekerül ebbe a nézetbe: {1}",
               "{0}: masuk ke tampilan {1}", "{0}: נכנס לתצוגה {1}"),
    "leaves": ("{0}: no longer fits the view {1}", "{0}: şu görünümden çıkıyor: {1}",
               "{0}: kikerül ebből a nézetből: {1}",
               "{0}: keluar dari tampilan {1}", "{0}: יוצא מהתצוגה {1}"),
    "yearly": ("{0}: each year, by the date in {1}", "{0}: her yıl, {1} alanındaki tarihe göre",
               "{0}: minden évben, {1} dátuma szerint", "{0}: setiap tahun, menurut tanggal di {1}",
               "{0}: בכל שנה, לפי התאריך שב־{1}"),
    "once": ("{0}: by the date in {1}", "{0}: {1} alanındaki tarihe göre", "{0}: {1} dátuma szerint",
             "{0}: menurut tanggal di {1}", "{0}: לפי התאריך שב־{1}"),
    "days_before": ("{0} days before", "{0} gün önce", "{0} nappal előtte", "{0} hari sebelumnya", "{0} ימים לפני כן"),
    "day_before": ("1 day before", "1 gün önce", "1 nappal előtte", "1 hari sebelumnya", "יום אחד לפני כן"),
    "day_after": ("1 day after", "1 gün sonra", "1 nappal utána", "1 hari sesudahnya", "יום אחד אחרי כן"),
    "days_after": ("{0} days after", "{0} gün sonra", "{0} nappal utána", "{0} hari sesudahnya", "{0} ימים אחרי כן"),
    "cron": ("by the schedule {0}", "şu zamanlamaya göre: {0}", "e szerint az ütemezés szerint: {0}",
             "menurut jadwal {0}", "לפי התזמון {0}"),
    "moment": ("at {0}", "şu anda: {0}", "ekkor: {0}", "pada {0}", "במועד {0}"),
    "for_each": ("for each {0} of the view {1}", "şu görünümdeki her kayıt için ({0}): {1}",
                 "e nézet minden rekordjára ({0}): {1}", "untuk setiap {0} di tampilan {1}",
                 "עבור כל רשומה ({0}) בתצוגה {1}"),
    "manual": ("somebody starts it by hand", "biri elle başlattığında", "valaki kézzel elindítja",
               "seseorang memulainya secara manual", "מישהו מפעיל אותו ידנית"),
    "after_rule": ("the rule {0} ended: {1}", "şu kural bitti: {0}; sonuç: {1}",
                   "ez a szabály véget ért: {0}; eredmény: {1}",
                   "aturan {0} berakhir: {1}", "הכלל {0} הסתיים: {1}"),
    "moves_to": ("move it to the stage {0}", "şu aşamaya taşı: {0}", "áthelyezés ebbe a szakaszba: {0}",
                 "pindahkan ke tahap {0}", "העברה לשלב {0}"),
    "every": ("all records", "tüm kayıtlar", "minden rekord", "semua catatan", "כל הרשומות"),
}  # fmt: skip

UNITS: Mapping[str, _Row] = {
    "weeks": ("weeks", "hafta", "hét", "minggu", "שבועות"),
    "days": ("days", "gün", "nap", "hari", "ימים"),
    "hours": ("hours", "saat", "óra", "jam", "שעות"),
    "minutes": ("minutes", "dakika", "perc", "menit", "דקות"),
    "seconds": ("seconds", "saniye", "másodperc", "detik", "שניות"),
}

ONE: Mapping[str, _Row] = {
    "weeks": ("1 week", "1 hafta", "1 hét", "1 minggu", "שבוע אחד"),
    "days": ("1 day", "1 gün", "1 nap", "1 hari", "יום אחד"),
    "hours": ("1 hour", "1 saat", "1 óra", "1 jam", "שעה אחת"),
    "minutes": ("1 minute", "1 dakika", "1 perc", "1 menit", "דקה אחת"),
    "seconds": ("1 second", "1 saniye", "1 másodperc", "1 detik", "שנייה אחת"),
}
"""A single one of the units, with its number."""

WEEKDAYS: Mapping[str, _Row] = {
    "mon": ("Monday", "Pazartesi", "hétfő", "Senin", "יום שני"),
    "tue": ("Tuesday", "Salı", "kedd", "Selasa", "יום שלישי"),
    "wed": ("Wednesday", "Çarşamba", "szerda", "Rabu", "יום רביעי"),
    "thu": ("Thursday", "Perşembe", "csütörtök", "Kamis", "יום חמישי"),
    "fri": ("Friday", "Cuma", "péntek", "Jumat", "יום שישי"),
    "sat": ("Saturday", "Cumartesi", "szombat", "Sabtu", "שבת"),
    "sun": ("Sunday", "Pazar", "vasárnap", "Minggu", "יום ראשון"),
}

OPERATORS: Mapping[str, _Row] = {
    "equals": ("{0} is {1}", "{0}: {1}", "{0}: {1}", "{0} adalah {1}", "{0} הוא {1}"),
    "not_equals": ("{0} is not {1}", "{0}, {1} değil", "{0} nem {1}", "{0} bukan {1}", "{0} אינו {1}"),
    "in": ("{0} is one of {1}", "{0} şunlardan biri: {1}", "{0} ezek egyike: {1}",
           "{0} salah satu dari {1}", "{0} הוא אחד מאלה: {1}"),
    "not_in": ("{0} is none of {1}", "{0} şunlardan hiçbiri değil: {1}", "{0} ezek egyike sem: {1}",
               "{0} bukan salah satu dari {1}", "{0} אינו אחד מאלה: {1}"),
    "has": ("{0} includes {1}", "{0} şunu içeriyor: {1}", "{0} között van: {1}",
            "{0} mencakup {1}", "{0} כולל את {1}"),
    "has_any": ("{0} includes one of {1}", "{0} şunlardan birini içeriyor: {1}", "{0} között van valamelyik: {1}",
                "{0} mencakup salah satu dari {1}", "{0} כולל אחד מאלה: {1}"),
    "has_all": ("{0} includes all of {1}", "{0} şunların hepsini içeriyor: {1}", "{0} között van mind: {1}",
                "{0} mencakup semua {1}", "{0} כולל את כל אלה: {1}"),
    "contains": ("{0} contains {1}", "{0} metninde {1} geçiyor", "{0} szövegében szerepel: {1}",
                 "{0} mengandung {1}", "{0} מכיל את {1}"),
    "starts_with": ("{0} starts with {1}", "{0} şununla başlıyor: {1}", "{0} így kezdődik: {1}",
                    "{0} diawali {1}", "{0} מתחיל ב־{1}"),
    "ends_with": ("{0} ends with {1}", "{0} şununla bitiyor: {1}", "{0} így végződik: {1}",
                  "{0} diakhiri {1}", "{0} מסתיים ב־{1}"),
    "matches": ("{0} fits {1}", "{0} şu kalıba uyuyor: {1}", "{0} illik erre a mintára: {1}",
                "{0} cocok dengan pola {1}", "{0} תואם לתבנית {1}"),
    ">": ("{0} is more than {1}", "{0} şundan büyük: {1}", "{0} több, mint {1}",
          "{0} lebih dari {1}", "{0} גדול מ־{1}"),
    ">=": ("{0} is at least {1}", "{0} en az {1}", "{0} legalább {1}", "{0} minimal {1}", "{0} לפחות {1}"),
    "<": ("{0} is less than {1}", "{0} şundan küçük: {1}", "{0} kevesebb, mint {1}",
          "{0} kurang dari {1}", "{0} קטן מ־{1}"),
    "<=": ("{0} is at most {1}", "{0} en çok {1}", "{0} legfeljebb {1}", "{0} maksimal {1}", "{0} לכל היותר {1}"),
    "between": ("{0} is between {1}", "{0} şu aralıkta: {1}", "{0} e kettő között van: {1}",
                "{0} antara {1}", "{0} בטווח {1}"),
    "exists": ("{0} is known", "{0} biliniyor", "{0} ismert", "{0} diketahui", "{0} ידוע"),
    "exists_not": ("{0} is not known", "{0} bilinmiyor", "{0} nem ismert", "{0} tidak diketahui", "{0} אינו ידוע"),
    "is_empty": ("{0} is empty", "{0} boş", "{0} üres", "{0} kosong", "{0} ריק"),
    "is_empty_not": ("{0} is not empty", "{0} boş değil", "{0} nem üres", "{0} tidak kosong", "{0} אינו ריק"),
    "changed": ("{0} changed", "{0} değişti", "{0} megváltozott", "{0} berubah", "{0} השתנה"),
    "changed_not": ("{0} did not change", "{0} değişmedi", "{0} nem változott", "{0} tidak berubah", "{0} לא השתנה"),
    "changed_to": ("{0} became {1}", "{0} şu oldu: {1}", "{0} új értéke: {1}", "{0} menjadi {1}", "{0} הפך ל־{1}"),
    "changed_from": ("{0} was {1} until now", "{0} şimdiye kadar şuydu: {1}", "{0} eddigi értéke: {1}",
                     "{0} sebelumnya {1}", "{0} היה עד כה {1}"),
    "before": ("{0} is before {1}", "{0} şundan önce: {1}", "{0} korábbi, mint {1}",
               "{0} sebelum {1}", "{0} לפני {1}"),
    "after": ("{0} is after {1}", "{0} şundan sonra: {1}", "{0} későbbi, mint {1}",
              "{0} sesudah {1}", "{0} אחרי {1}"),
    "within_last": ("{0} is within the last {1}", "{0} son {1} içinde", "{0} az elmúlt {1} során volt",
                    "{0} dalam {1} terakhir", "{0} בתוך {1} האחרונים"),
    "within_next": ("{0} is within the next {1}", "{0} önümüzdeki {1} içinde", "{0} a következő {1} során lesz",
                    "{0} dalam {1} ke depan", "{0} בתוך {1} הבאים"),
}  # fmt: skip

POINTS: Mapping[str, _Row] = {
    "now": ("now", "şimdi", "most", "sekarang", "עכשיו"),
    "today": ("today", "bugün", "ma", "hari ini", "היום"),
    "yesterday": ("yesterday", "dün", "tegnap", "kemarin", "אתמול"),
    "tomorrow": ("tomorrow", "yarın", "holnap", "besok", "מחר"),
}

ACTIONS: Mapping[str, _Row] = {
    "send_email": ("send an e-mail", "e-posta gönder", "e-mail küldése", "kirim email", "שליחת דוא״ל"),
    "send_sms": ("send an SMS", "SMS gönder", "SMS küldése", "kirim SMS", "שליחת SMS"),
    "send_whatsapp": ("send a WhatsApp message", "WhatsApp mesajı gönder", "WhatsApp-üzenet küldése",
                      "kirim pesan WhatsApp", "שליחת הודעת WhatsApp"),
    "call_webhook": ("inform another system", "başka bir sisteme bildir", "másik rendszer értesítése",
                     "beri tahu sistem lain", "עדכון מערכת אחרת"),
    "set_fields": ("set fields", "alanları ayarla", "mezők beállítása", "atur kolom", "עדכון שדות"),
    "add_tags": ("add tags", "etiket ekle", "címkék hozzáadása", "tambahkan tag", "הוספת תגיות"),
    "remove_tags": ("remove tags", "etiket kaldır", "címkék eltávolítása", "hapus tag", "הסרת תגיות"),
    "assign_owner": ("assign an owner", "sorumlu ata", "felelős kijelölése", "tetapkan penanggung jawab",
                     "הקצאת אחראי"),
    "create_task": ("create a task", "görev oluştur", "feladat létrehozása", "buat tugas", "יצירת משימה"),
    "create_record": ("create a record", "kayıt oluştur", "rekord létrehozása", "buat catatan", "יצירת רשומה"),
}  # fmt: skip

OUTCOMES: Mapping[str, _Row] = {
    "running": ("Running", "Çalışıyor", "Folyamatban", "Sedang berjalan", "מתבצע"),
    "pending": ("Due", "Sırada", "Esedékes", "Menunggu giliran", "בתור"),
    "claimed": ("Being done", "Yapılıyor", "Végrehajtás alatt", "Sedang dikerjakan", "בביצוע"),
    "waiting": ("Waiting", "Bekliyor", "Várakozik", "Menunggu", "ממתין"),
    "paused": ("Paused", "Duraklatıldı", "Szünetel", "Dijeda", "מושהה"),
    "done": ("Done", "Yapıldı", "Kész", "Selesai", "בוצע"),
    "failed": ("Failed", "Başarısız oldu", "Nem sikerült", "Gagal", "נכשל"),
    "skipped": ("Skipped", "Atlandı", "Kihagyva", "Dilewati", "דולג"),
    "unknown": ("Unknown whether it was done; it is not repeated", "Yapılıp yapılmadığı bilinmiyor; tekrarlanmaz",
                "Nem tudni, megtörtént-e; nem ismétlődik", "Tidak diketahui apakah sudah dilakukan; tidak diulang",
                "לא ידוע אם בוצע; לא יבוצע שוב"),
    "stopped": ("Stopped", "Durduruldu", "Leállítva", "Dihentikan", "נעצר"),
}  # fmt: skip
