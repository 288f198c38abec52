"""Recognises automatic replies: from a mailbox whose owner is away or has left, or from a ticket system.

The rules check headers first (RFC 3834 and older conventions), then the subject that Exchange writes, and the text
last: a person who writes "I am out next week" has replied.
"""

import re
from typing import Literal

from mail.inbound.message import ParsedMessage, is_from_nobody
from mail.inbound.text import folded, quotes, unquoted

Note = Literal["no_longer_there", "ticket"]

_AUTO_HEADERS = (
    "X-Autoreply",
    "X-Autorespond",
    "X-Autoresponse",
    "X-AutoReply-From",
    "X-Mail-Autoreply",
    "X-Auto-Reply",
)
_AUTO_PRECEDENCE = ("auto_reply", "auto-reply", "autoreply")
# The prefix that Exchange and other servers put before the answered subject, with its colon.
_SUBJECT = re.compile(
    r"^(?:(?:automatic reply|automatic response|auto[- ]?reply|auto[- ]?response|auto[- ]?responder|auto"
    r"|out of (?:the )?office"
    r"(?: auto-?reply)?|ooo|vacation|vacation reply|away"
    r"|automatische (?:antwort|beantwortung|ruckmeldung|abwesenheitsnotiz|afwezigheidsmelding|reactie)"
    r"|abwesenheitsnotiz|abwesenheitsnachricht|abwesenheit|abwesend"
    r"|automatisch (?:antwoord|bericht)|afwezigheidsbericht|afwezigheid|afwezig"
    r"|reponse automatique|message d'absence|absence(?: du bureau)?|absent(?:e)?(?: du bureau)?"
    r"|respuesta automatica|fuera de (?:la )?oficina|ausencia|ausente"
    r"|resposta automatica|fora do escritorio|fora da empresa|ausencia temporaria"
    r"|risposta automatica|fuori (?:ufficio|sede)|assenza"
    r"|自動応答|自動返信|不在通知|不在|外出中)\s?[:：]"
    # Without a colon only phrases that nobody would write by hand.
    r"|(?:out of (?:the )?office|i am out of the office|ooo|abwesenheitsnotiz|auto[- ]?reply|automatische antwort"
    r"|respuesta automatica|reponse automatique|risposta automatica|resposta automatica|automatisch antwoord"
    r"|自動返信|自動応答"
    r"|不在のお知らせ|不在通知)(?:$|\s?[-(\[|【]|\s(?:re|aw|until|till|from|bis|vom)\b))",
)
# A text that states that it was written automatically.
_SELF_DECLARED = re.compile(
    r"this is an? auto(?:mated|matic|matically generated|-generated)[ \w-]{0,20}(?:reply|response|message|e-?mail"
    r"|notification|acknowledg)"
    r"|(?:automated|automatic|auto)[ -](?:reply|response|out.of.office)(?: message)?[:.]"
    r"|dies(?:e|es)? (?:ist eine |e-?mail wurde |nachricht wurde "
    r"|ist eine automatisch )?automatisch[a-z]*(?: (?:antwort|nachricht|e-?mail|generiert|erzeugt|erstellt|versandt))"
    r"|(?:ceci est|il s'agit d')une? (?:reponse|message|courriel|e-?mail) automatique|(?:este|esta) (?:es|e) (?:un"
    r"|una|um|uma) (?:respuesta|mensaje|correo|resposta|mensagem|e-?mail) automatic[oa]"
    r"|dit is een automatisch[e]? (?:bericht|antwoord|reactie|e-?mail|gegenereerd)|questa (?:e"
    r"|e-?mail e) una (?:risposta|e-?mail) automatica|questo e un (?:messaggio|risponditore) automatic"
    r"|(?:この|本)メール(?:は|に)[^\n。]{0,20}自動(?:的に)?(?:返信|送信|配信|応答)|自動(?:返信|応答|送信)(?:メール|メッセージ)?(?:です|にて|で|となります)"
)
_AWAY = re.compile(
    r"\b(?:i am|i'm|i will be|i'll be|we are) (?:currently |presently |now |away and "
    r"|travelling and )?(?:out of (?:the |my )?office|away from (?:the office|my desk|my e-?mail)|on (?:annual "
    r"|parental |maternity |paternity |sick |holiday )?(?:leave|vacation|holiday|pto)|on holidays?|away)"
    r"|\bich (?:bin|befinde mich)(?: [a-z]+){0,3} (?:[^\n.]{0,60})(?:nicht im (?:buro|hause?|office)|ausser haus"
    r"|abwesend|im urlaub|nicht erreichbar|in elternzeit|auf dienstreise|nicht (?:am|an meinem) (?:arbeits)?platz)"
    r"|\bje (?:suis|serai)(?: actuellement| presentement)? (?:absent|en conges?|en vacances|en deplacement"
    r"|hors du bureau)"
    r"|\b(?:estoy|estare|me encuentro|me encontrare)(?: actualmente| temporalmente)? (?:fuera de (?:la |mi )?oficina"
    r"|ausente|de vacaciones|de viaje|de permiso)"
    r"|\b(?:estou|estarei|encontro-me)(?: atualmente| temporariamente)? (?:fora d[oa] (?:escritorio|empresa)|ausente"
    r"|de ferias|em viagem|de licenca|em gozo de ferias)"
    r"|\bik ben(?: [a-z]+){0,4} (?:[^\n.]{0,40})(?:afwezig|niet (?:aanwezig|op kantoor|bereikbaar)|op vakantie"
    r"|met (?:vakantie|verlof)|buiten kantoor)"
    r"|\b(?:sono|saro)(?: attualmente| temporaneamente)? (?:fuori (?:ufficio|sede)|assente|in ferie|in vacanza"
    r"|in trasferta)"
    r"|休暇を?(?:頂|いただ|取得)|不在に(?:して|いたし|致し)|不在と(?:なり|なっ)|外出して(?:おり|い)|出張(?:中|して)"
)
# Phrases that absence notices contain besides, and that people seldom write.
_AWAY_TOO = re.compile(
    r"limited access|no access to (?:my )?e-?mail|urgent|immediate(?:ly)? assistance|upon my return|when i (?:return"
    r"|get back)|as soon as (?:possible|i)"
    r"|will (?:respond|reply|answer|get back)|thank you for your (?:e-?mail|message)|not be (?:read|forwarded"
    r"|monitor)|in my absence|during my absence"
    r"|dringend|weitergeleitet|ruckkehr|vertretung|vielen dank fur ihre|meine(?:r)? abwesenheit|eingeschrankt"
    r"|urgence|urgent|a mon retour|mon absence|acces limite|merci (?:pour|de) votre (?:message|mail|courriel)"
    r"|urgente|a mi regreso|a mi vuelta|mi ausencia|sin acceso|acceso limitado|gracias por (?:su|tu|contactar)"
    r"|meu retorno|minha ausencia|acesso limitado|sem acesso|obrigad[oa] (?:pelo|por)|assim que (?:possivel|retornar)"
    r"|spoed|dringend|mijn afwezigheid|terugkomst|bedankt voor (?:uw|je)|beperkt"
    r"|urgenz|al mio (?:rientro|ritorno)|mia assenza|grazie per (?:avermi|la tua|la sua|il messaggio)|accesso limitato"
    r"|ご迷惑|お急ぎ|急ぎの|緊急|ご了承|申し訳"
)
_GONE = re.compile(
    r"no longer (?:with|work(?:ing|s)?|employed|at|part of|an employee|in use|active|monitored|in (?:this"
    r"|that) (?:role|position))|(?:has|have) left (?:the (?:company|organi[sz]ation|firm|business|team)"
    r"|[a-z]{2,30}(?: (?:ltd|inc|gmbh|llc|plc))?\b)"
    r"|(?:is|am) leaving the (?:company|organi[sz]ation)|(?:e-?mail|mailbox|inbox|address"
    r"|account)[^\n.]{0,60}(?:no longer|not (?:in use|monitored)|not being monitored|decommissioned)|nicht (?:mehr"
    r"|langer) (?:bei|fur|im unternehmen|in unserem|tatig|beschaftigt|aktiv|in gebrauch)"
    r"|(?:hat|habe) (?:das unternehmen|die firma|unser (?:unternehmen|haus)|unsere firma) verlassen|(?:nicht mehr"
    r"|nicht langer) (?:tatig|beschaftigt|verwendet|genutzt)|ausgeschieden|ne (?:travaille|fait|suis|fais) plus"
    r"|a quitte (?:l'entreprise|la societe|ses fonctions|notre)|n'est plus (?:en fonction|active?|utilisee?"
    r"|parmi nous)"
    r"|ya no (?:trabaja|trabajo|forma parte|pertenece|esta en)|dejo de trabajar|ha dejado la empresa"
    r"|(?:nao (?:trabalha|trabalho|faz|faco) mais|ja nao (?:trabalha|trabalho))|nao (?:faz|integra) mais"
    r"|deixou a empresa|desligou-se|niet (?:meer|langer) (?:werkzaam|in dienst|bij|actief|in gebruik)"
    r"|non lavor[ao] piu|non fa piu parte|ha lasciato (?:l'azienda|la societa)|non e piu (?:attiv|in azienda"
    r"|presente)|退職(?:いたし|致し|し|となり)|退社(?:いたし|致し|し)|在籍して(?:おりません|いません)"
)
_TICKET = re.compile(
    r"ticket|request (?:received|#|\(?\d)|case (?:#|number|id|\d)|support (?:staff|team|request)"
    r"|type your reply above|we(?:'ve| have) received your (?:message|request|e-?mail|inquiry|enquiry)"
    r"|has been (?:received|logged)|reference number"
    r"|anfrage (?:ist eingegangen|erhalten|wurde)|vorgangsnummer|ihre (?:anfrage|nachricht) (?:ist|haben wir|wurde)"
    r"|votre demande|numero de (?:dossier|ticket|demande|caso|protocolo)|su solicitud|hemos recibido su"
    r"|recebemos (?:a )?sua|uw (?:aanvraag|verzoek|bericht) (?:is|hebben)|abbiamo ricevuto la|richiesta (?:e stata|n)"
    r"|お問い合わせ(?:いただき|を受け付け)|受付番号",
)
_OURS_ANSWERED = re.compile(r"^\s{0,5}(?:re|aw|sv|antw|rv|res|r|ref)\s?(?:\[\d{1,3}\])?\s?[:：]", re.I)


def read_auto_reply(mail: ParsedMessage) -> str | None:
    """Returns the name of the rule that matched; None if a person may have written the message."""
    for rule, applies in (
        ("auto_submitted", _auto_submitted),
        ("auto_reply_header", _auto_reply_header),
        ("null_return_path", is_from_nobody),
        ("auto_reply_subject", _auto_reply_subject),
        ("bulk_and_away", _bulk_and_away),
        ("auto_reply_words", _auto_reply_words),
    ):
        if applies(mail):
            return rule
    return None


def note_of(mail: ParsedMessage) -> Note | None:
    """Returns what an automatic reply means other than an absence; None for an absence."""
    words = folded(f"{mail.subject}\n{unquoted(mail.text, 5_000)}")
    if _GONE.search(words):
        return "no_longer_there"
    return "ticket" if _TICKET.search(words) and not _AWAY.search(words) else None


def _auto_submitted(mail: ParsedMessage) -> bool:
    """Auto-Submitted with any value but `no` (RFC 3834 section 5)."""
    return mail.word("Auto-Submitted") not in ("", "no")


def _auto_reply_header(mail: ParsedMessage) -> bool:
    if any(mail.header(name).lower() not in ("", "no", "false") for name in _AUTO_HEADERS if mail.has(name)):
        return True
    return mail.word("Precedence") in _AUTO_PRECEDENCE or "oof" in mail.word("X-MS-Exchange-Generated-Message-Source")


def _auto_reply_subject(mail: ParsedMessage) -> bool:
    return _SUBJECT.match(folded(mail.subject).strip()) is not None


def _bulk_and_away(mail: ParsedMessage) -> bool:
    """Matches weak headers together with a text about an absence. Responders of Gmail and others write `Precedence:
    bulk`, but so do newsletters; `X-Auto-Response-Suppress` is in much mail from Exchange."""
    if (
        mail.word("Precedence") not in ("bulk", "junk", "list")
        and "all" not in mail.header("X-Auto-Response-Suppress").lower()
    ):
        return False
    words = folded(f"{mail.subject}\n{unquoted(mail.text, 5_000)}")
    return any(pattern.search(words) for pattern in (_SELF_DECLARED, _AWAY, _GONE, _TICKET))


def _auto_reply_words(mail: ParsedMessage) -> bool:
    """The last rule, for responders without any header: the text quotes nothing, and either states that it is automatic
    or contains two typical phrases of absence notices."""
    text = mail.text[:5_000]
    if quotes(text):
        return False
    words = folded(text)
    if _SELF_DECLARED.search(words):
        return True
    if _OURS_ANSWERED.match(mail.subject):
        return False
    return (_AWAY.search(words) is not None or _GONE.search(words) is not None) and _AWAY_TOO.search(words) is not None
