"""Return dates in absence notices, and unsubscribe requests in plain words, in eight languages.

All were written after the rules, to be wrong about. Of the absences one was read wrong at first (a colleague's first
day), of the rest none.
"""

from datetime import date

import pytest

from mail.inbound import InboundMail, parse_inbound

# Time zones by language (English: American east coast). The meaning of "1/5" depends on them.
ZONES = {"ja": "+0900", "en": "-0500", "pt": "+0000"}
ABSENCES = [
    ("en", "I'm currently on PTO and will return to work on Monday, January 4, 2027.", "2027-01-04"),
    ("en", "I will be out of office Dec 21 - Jan 3 with limited access to email.", "2027-01-04"),
    ("en", "I'm away until after the holidays and back 4th January.", "2027-01-04"),
    ("en", "Out of the office today. I will be back tomorrow.", "2026-12-17"),
    ("en", "I am out of the office through Friday, December 18th.", "2026-12-19"),
    ("en", "I'll be traveling this week and returning Monday.", "2026-12-21"),
    ("en", "I will be returning to the office on the 28th of December", "2026-12-28"),
    ("en", "Please note our office is closed from December 24th to January 1st inclusive.", "2027-01-02"),
    ("en", "I am on sabbatical from 1 October 2026 to 31 March 2027", "2027-04-01"),
    ("en", "I'm on leave, returning 2027-01-11. For support call 0800 123 456 24/7.", "2027-01-11"),
    ("en", "Thanks for your mail of 14 December 2026. I am out of the office.", None),
    ("en", "I am out of office. My colleague Tom started on 1 March 2027 and can help.", None),
    ("de", "Ich bin bis einschließlich Freitag, den 18.12.2026 nicht erreichbar.", "2026-12-19"),
    ("de", "Vom 24.12.26 bis 06.01.27 ist unser Büro geschlossen.", "2027-01-07"),
    ("de", "Ich befinde mich im Urlaub und bin ab Montag, 4. Januar 2027 wieder für Sie da.", "2027-01-04"),
    ("de", "Ab 20.12. bin ich im Urlaub, ab 7.1. wieder zurück.", "2027-01-07"),
    ("de", "Derzeit bin ich nicht im Hause. Ich bin am 21. Dezember zurück.", "2026-12-21"),
    ("de", "Ich bin in Elternzeit bis zum 31. März 2027.", "2027-04-01"),
    ("de", "Ihre Nachricht vom 14.12.2026 habe ich erhalten. Ich bin zurzeit außer Haus.", None),
    ("de", "Ich kehre am 11. Januar ins Büro zurück.", "2027-01-11"),
    ("fr", "Je suis absent du bureau du 21/12 au 03/01 inclus.", "2027-01-04"),
    ("fr", "Actuellement en congés, je serai de nouveau joignable à compter du 4 janvier 2027.", "2027-01-04"),
    ("fr", "Absent jusqu'au vendredi 18 décembre.", "2026-12-19"),
    ("fr", "Je reprendrai mes fonctions le 11 janvier.", "2027-01-11"),
    ("fr", "Je suis en arrêt, retour prévu le lundi 4 janvier.", "2027-01-04"),
    ("es", "Me encuentro de vacaciones del 21 de diciembre al 4 de enero.", "2027-01-05"),
    ("es", "Estaré fuera de la oficina hasta el próximo lunes 21 de diciembre.", "2026-12-22"),
    ("es", "Me reincorporo el día 11 de enero de 2027.", "2027-01-11"),
    ("es", "Volveré a la oficina el 28/12.", "2026-12-28"),
    ("pt", "Estarei ausente de 21/12/2026 a 04/01/2027.", "2027-01-05"),
    ("pt", "Estou de férias e retornarei em 11 de janeiro de 2027.", "2027-01-11"),
    ("pt", "Encontro-me ausente até ao dia 3 de janeiro.", "2027-01-04"),
    ("pt", "Regresso a 4 de janeiro.", "2027-01-04"),
    ("nl", "Ik ben op vakantie tot 4 januari.", "2027-01-05"),
    ("nl", "Vanaf maandag 4 januari ben ik weer bereikbaar.", "2027-01-04"),
    ("nl", "Ik ben afwezig van 24-12-2026 tot en met 03-01-2027.", "2027-01-04"),
    ("nl", "Ik ben terug op kantoor op 11 januari 2027", "2027-01-11"),
    ("it", "Sono assente dal 21 dicembre al 6 gennaio compresi.", "2027-01-07"),
    ("it", "Sarò di nuovo in ufficio a partire dal 7 gennaio.", "2027-01-07"),
    ("it", "Sono in ferie fino a venerdì 18 dicembre.", "2026-12-19"),
    ("it", "Tornerò operativo lunedì 21.12.2026.", "2026-12-21"),
    ("ja", "12月29日から1月3日まで冬季休業とさせていただきます。", "2027-01-04"),
    ("ja", "現在不在にしております。12月21日に戻ります。", "2026-12-21"),
    ("ja", "年末年始は2026/12/29〜2027/1/4まで休みをいただきます。", "2027-01-05"),
    ("ja", "1月5日（火）以降に順次対応いたします。", "2027-01-05"),
]
REQUESTS = [
    "Unsubscribe",
    "unsubscribe me please",
    "Please stop emailing me.",
    "Stop",
    "Take me off your mailing list",
    "Remove",
    "Please remove my email from your database. Regards, John",
    "Do not contact me again.",
    "No thanks. Please unsubscribe.",
    "Opt out",
    "I want to unsubscribe from this list",
    "Bitte streichen Sie mich aus Ihrem Verteiler.",
    "Abmelden",
    "Bitte keine weiteren E-Mails.",
    "Kein Interesse. Bitte löschen Sie meine Daten aus Ihrem Verteiler.",
    "Schreiben Sie mir nicht mehr.",
    "Newsletter abbestellen",
    "Désinscription",
    "Merci de ne plus m'écrire.",
    "Veuillez me désabonner.",
    "Retirez-moi de votre liste svp",
    "Bonjour, je souhaite me désinscrire. Merci",
    "Baja",
    "Por favor, elimíneme de su lista de correo.",
    "No me escriban más.",
    "Quiero darme de baja",
    "No deseo recibir más correos",
    "Remover",
    "Por favor, retirem meu e-mail da lista.",
    "Descadastrar",
    "Não quero mais receber e-mails",
    "Parem de me enviar e-mails",
    "Uitschrijven",
    "Graag mij verwijderen uit uw bestand.",
    "Haal mij van de lijst af aub",
    "Geen mails meer sturen",
    "Cancellami",
    "Vi prego di cancellarmi dalla mailing list.",
    "Non scrivetemi più",
    "Disiscrizione",
    "配信停止",
    "配信停止してください。",
    "メールの配信を停止してください",
    "登録解除お願いします",
]
NO_REQUESTS = [
    "Yes",
    "Please stop by on Tuesday.",
    "I don't want to unsubscribe, I want a demo!",
    "Remove the second slide and send it again please, then we can talk about the next steps.",
    "We stopped using that tool.",
    "Bitte rufen Sie mich an.",
    "Keine Zeit diese Woche, melden Sie sich im Januar.",
    "Je ne suis pas intéressé pour le moment, recontactez-moi en mars.",
    "No me interesa ahora, quizá más adelante.",
    "Not interested",
    "No thanks",
    "Kein Interesse",
    "Basta così? Parliamone domani.",
    "興味があります。詳細を送ってください。",
    "Stop, wait - is this the same offer as last year? Call me.",
    "How do I unsubscribe my colleague from your webinar and register myself?",
    "Who gave you my email?",
]


def absence(language: str, text: str, sent: str = "Wed, 16 Dec 2026 09:00:00") -> InboundMail:
    head = f"From: a@x.example\nAuto-Submitted: auto-replied\nDate: {sent} {ZONES.get(language, '+0100')}\n"
    return parse_inbound(f"{head}Content-Type: text/plain; charset=utf-8\n\n{text}\n\nKind regards\nX".encode())


@pytest.mark.parametrize(("language", "text", "back_on"), ABSENCES)
def test_the_first_day_back_is_read(language: str, text: str, back_on: str | None) -> None:
    found = absence(language, text).returns_on
    assert found == (date.fromisoformat(back_on) if back_on else None)


@pytest.mark.parametrize(
    ("sent", "back_on"),
    [
        ("Thu, 31 Dec 2026 23:00:00", date(2027, 1, 5)),
        ("Mon, 04 Jan 2027 09:00:00", date(2027, 1, 5)),
        # In the past: the absence is over but the notice is still active.
        ("Tue, 05 Jan 2027 09:00:00", None),
        ("Mon, 01 Mar 2027 09:00:00", None),
        # Long past: the same day of next year is meant.
        ("Wed, 01 Dec 2027 09:00:00", date(2028, 1, 5)),
    ],
)
def test_a_day_without_a_year_is_the_next_such_day(sent: str, back_on: date | None) -> None:
    assert absence("en", "I am back on 5 January.", sent).returns_on == back_on


@pytest.mark.parametrize(
    ("header", "back_on"),
    [("Content-Language: en-US", date(2027, 1, 5)), ("Content-Language: en-GB", date(2027, 5, 1))],
)
def test_the_order_of_day_and_month_depends_on_the_sender(header: str, back_on: date) -> None:
    sent = "Sat, 20 Feb 2027 09:00:00" if back_on.month == 5 else "Wed, 16 Dec 2026 09:00:00"
    raw = f"From: a@x.example\nAuto-Submitted: auto-replied\n{header}\nDate: {sent} +0000\n\nI am back on 01/05.\n"
    assert parse_inbound(raw.encode()).returns_on == back_on


def answer(text: str) -> InboundMail:
    head = "From: a@x.example\nSubject: Re: Hi\nIn-Reply-To: <a@b>\nContent-Type: text/plain; charset=utf-8\n"
    return parse_inbound(f"{head}\n{text}\n\nOn Mon, Dec 14, 2026 Sam wrote:\n> or reply unsubscribe\n".encode())


@pytest.mark.parametrize("text", REQUESTS)
def test_unsubscribe_requests_are_recognised(text: str) -> None:
    assert answer(text).classification == "unsubscribe"


@pytest.mark.parametrize("text", NO_REQUESTS)
def test_other_texts_are_replies(text: str) -> None:
    assert answer(text).classification == "reply"
