"""Recognises unsubscribe requests by mail: the message of a mail program's unsubscribe button, or a short text.

The whole text must be a request, in one of eight languages. A message that says more is a reply. Quoted text does not
count: our own footer says "unsubscribe".
"""

import re

from mail.inbound.message import ParsedMessage
from mail.inbound.references import subject_tokens
from mail.inbound.text import folded, unquoted, unsigned

MAX_REQUEST = 240
"""Characters. A longer text is a reply."""
_REPLY_MARK = re.compile(
    r"^(?:\s{0,5}(?:re|aw|sv|antw|antwort|rv|res|r|ref|odp|fw|fwd|wg|tr|enc|i)\s?(?:\[\d{1,3}\])?\s?[:：])+", re.I
)
_LIST = (
    r"(?:(?:your|the|this|that|all|any|future|further|more|mailing|e-?mail|email|marketing|contact|distribution"
    r"|sales) ){0,4}"
)
_REQUEST = re.compile(
    r"^(?:(?:please|pls|plz|kindly|can you|could you|would you|i want to|i would like to|i wish to|just|hi|hello|bitte"
    r"|ich moechte|ich mochte|wir mochten|s'il vous plait|svp|merci de|veuillez|je souhaite|je veux|por favor"
    r"|favor(?: de)?"
    r"|solicito|quiero|quisiera|quero|gostaria de|graag|gelieve|alstublieft|aub|ik wil|per favore|vi prego di|prego"
    r"|vorrei|si prega di"
    r"|desidero) )*(?:"
    # English
    rf"(?:unsubscribe|un-subscribe|unsuscribe|opt[- ]?out|stop|stop all|remove|unlist|delist)(?: me| us| this address"
    rf"| my (?:e-?mail|address|name))?"
    rf"(?: (?:from|of|off) {_LIST}(?:lists?|e-?mails?|mailings?|newsletters?|database|records|messages"
    rf"|communications?|address book))?(?: (?:now|immediately|at once|asap))?"
    rf"|(?:take|get) (?:me|us|my (?:e-?mail|address|name)(?: address)?) (?:off|out of|from) {_LIST}(?:lists?"
    rf"|e-?mails?|mailings?|database|records)"
    r"|(?:stop|quit) (?:e-?mailing|mailing|contacting|writing|writing to|messaging|spamming|sending)(?: to)?(?: me"
    r"| us)?"
    r"(?: (?:these|such|any|more|further|your|this|those|e-?mails?|messages?|spam|mails?))*"
    r"|(?:do not|don't|never) (?:e-?mail|mail|contact|write|write to|message|spam)(?: to)?(?: me| us)?(?: again"
    r"| any ?more| any longer)?"
    r"|no more (?:e-?mails?|mails?|messages?)|delete (?:my (?:data|address|details|e-?mail)|me)(?: from .{1,60})?"
    # German
    r"|(?:newsletter )?(?:abmelden|abmeldung|abbestellen|austragen|abbestellung|stopp|loschen)(?: vom newsletter)?"
    r"|(?:nehmen|streichen|loschen|entfernen|tragen|nimm|streich|losch|entfern|melden) sie (?:mich|uns"
    r"|meine (?:adresse|daten|e-?mail(?:-?adresse)?))"
    r"(?: bitte)? (?:aus|von|vom)(?: (?:ihr(?:em|er|en)?|dem|der|diesem|dieser|allen))? [a-z-]{4,20}(?: (?:aus|ab"
    r"|heraus|raus|streichen|loschen|entfernen))?"
    r"|(?:keine|nicht) (?:weiteren |mehr )?(?:e-?mails|mails|werbung|nachrichten|mehr (?:anschreiben|kontaktieren"
    r"|schreiben))(?: mehr)?(?: senden| schicken| an mich)?"
    r"|(?:schreiben|kontaktieren|senden|schicken) sie (?:mir|mich|uns)(?: bitte)? (?:nicht mehr"
    r"|keine (?:weiteren )?(?:e-?mails|mails|nachrichten|werbung)(?: mehr)?)(?: an)?"
    r"|(?:mich|uns)(?: bitte)? (?:aus|von)(?: (?:ihr(?:em|er)?|dem|der))? (?:verteiler|liste|mailingliste"
    r"|newsletter)[a-z]{0,10} (?:nehmen|streichen|loschen|entfernen|austragen)"
    # French
    r"|(?:me |nous )?desabonn(?:er|ez|ez-moi|ez-nous|ement|e-moi)(?: moi)?(?: de .{1,40})?|desinscri(?:ption|re|vez"
    r"|vez-moi|vez-nous)(?: moi)?(?: de .{1,40})?|me desinscrire(?: de .{1,40})?"
    r"|(?:me |nous )?(?:retirer|retirez|retirez-moi|supprimer|supprimez|supprimez-moi|enlever|enlevez-moi"
    r"|rayez-moi)(?: moi| mon adresse| mes donnees)?(?: de (?:votre|vos|cette|la|toutes vos) .{1,40})?"
    r"|(?:ne (?:plus )?(?:me |nous )?(?:m'|)(?:contacter|contactez|ecrire|ecrivez|envoyer"
    r"|envoyez)(?: plus)?(?: d'e-?mails?| de mails?| de messages?)?)|ne me contactez plus|ne m'ecrivez plus"
    r"|ne m'envoyez plus .{1,30}|arretez(?: (?:de m'ecrire|vos mails|vos messages))?"
    # Spanish
    r"|(?:darme de |dar de |denme de |deme de |dame de )?baja(?: por favor)?(?: de .{1,40})?"
    r"|dar(?:me)? de baja(?: de .{1,40})?|desuscribir(?:me)?|cancelar (?:la )?suscripcion|(?:eliminenme|eliminame"
    r"|eliminarme|elimineme|borrenme|borrame|borreme|quitenme|quitame|quiteme|saquenme|retirenme)(?: de .{1,50})?"
    r"|no (?:me )?(?:escriban|escriba|envien|envie|manden|mande|contacten|contacte)(?: mas)?(?: (?:correos|emails"
    r"|mensajes))?(?: mas)?|no (?:deseo|quiero) recibir mas .{1,30}"
    # Portuguese
    r"|(?:me )?(?:descadastrar|descadastre|descadastrem|descadastramento|descadastre-me|remover|remova|removam"
    r"|remova-me|removam-me|cancelar|cancele|excluir|exclua|excluam|retire|retirem|tire"
    r"|tirem)(?: me)?(?: meu (?:e-?mail|endereco|nome|contato))?(?: (?:inscricao|assinatura|a inscricao|a assinatura"
    r"|a subscricao|subscricao))?(?: d[aeo]s? .{1,50})?|anular subscricao"
    r"|(?:nao|parem de|pare de) (?:me )?(?:envie|enviem|enviar|mande|mandem|mandar|escreva|escrevam|contacte|contate"
    r"|contatem)(?: mais)?(?: (?:e-?mails?|mensagens))?(?: para mim)?(?: mais)?|nao (?:quero"
    r"|desejo) (?:mais )?receber .{1,40}"
    # Dutch
    r"|(?:mij |me |ons )?(?:uitschrijven|afmelden|uitschrijving|afmelding|verwijderen)(?: .{1,40})?|(?:schrijf|meld"
    r"|haal|verwijder) (?:mij|me|ons)(?: (?:a\.?u\.?b\.?|alstublieft|graag))?(?: (?:uit|af|van|voor) ?.{0,40})?"
    r"|geen (?:e-?mails|mails|berichten)(?: meer)?(?: sturen)?|stuur (?:mij|me) (?:geen|niets) .{0,30}"
    # Italian
    r"|(?:cancellami|cancellatemi|cancellarmi|cancellazione|cancellatevi|disiscriv(?:imi|ermi|etemi|ere)"
    r"|disiscrizione|disiscriviti|rimuovimi|rimuovetemi|rimuovermi|toglietemi|toglimi|eliminatemi"
    r"|eliminami)(?: d[aei][a-z']{0,6} .{1,50})?"
    r"|annulla(?:re)? (?:l')?iscrizione|non (?:scrivetemi|scrivermi|contattatemi|contattarmi|mandatemi|inviatemi"
    r"|inviate|desidero ricevere|voglio ricevere)(?: piu)?(?: .{1,40})?|basta"
    r")(?: (?:please|pls|thanks|thank you|thx|danke|bitte|merci|gracias|por favor|obrigad[oa]|bedankt|dank u|grazie"
    r"|s'il vous plait|svp|aub))*$"
)
_REQUEST_JA = re.compile(
    r"^(?:(?:今後|以後|本)?(?:の|、)?(?:メール|メルマガ|ニュースレター)?(?:の)?(?:配信|送信)?(?:を|の)?"
    r"(?:停止|解除|登録解除|配信停止|購読解除|解約|中止|退会|不要)(?:を)?(?:希望|お願い|依頼)?(?:して|いたし|致し|し)?"
    r"(?:ます|ください|下さい|たい|たいです|です|願います)?)$"
)
# What may stand next to a request without making the message a reply.
_FILLER = re.compile(
    r"^(?:hi|hello|hey|dear|good (?:morning|afternoon|day)|hallo|guten (?:tag|morgen)|sehr geehrte[rs]?|bonjour"
    r"|madame,? monsieur|hola|buenos dias"
    r"|buenas tardes|ola|bom dia|boa tarde|goedemorgen|goedemiddag|goedendag|beste|buongiorno|salve|ciao"
    r"|liebe[rs]?)(?:[ ,]+[^ ]+){0,4}$"
    r"|^(?:many |kind |best )?(?:thanks|thank you|thx|regards|cheers|danke(?: schon)?|vielen dank|merci(?: beaucoup)?"
    r"|gracias|muchas gracias|obrigad[oa]"
    r"|bedankt|alvast bedankt|dank u(?: wel)?|grazie|saluti|saludos|cordialement"
    r"|よろしくお願い(?:いた|致)?します|ありがとうございます"
    r"|お世話になっております)(?:[ ,]+[^ ]+){0,3}$"
    r"|^(?:i am |i'm |we are |we're )?not interested(?: at all)?$|^no,? thanks?(?: you)?$|^(?:ich habe "
    r"|wir haben )?kein interesse$|^pas interesse(?:e|s)?$"
    r"|^no (?:me interesa|estoy interesad[oa])$|^(?:nao tenho|sem) interesse$|^geen interesse$|^non (?:sono "
    r"|siamo )?interessat[oi]$"
    r"|^(?:sent|get outlook|gesendet|von meinem|envoye|enviado|verzonden|inviato|iphoneから送信)(?: .{0,60})?$"
    r"|^[\w.'-]{2,20}(?: [\w.'-]{2,20}){0,2}$"
)
_MACHINE_WORDS = re.compile(r"apple mail sent this|automatically generated by gmail|sent this email to unsubscribe")


def read_unsubscribe(mail: ParsedMessage) -> str | None:
    """Returns the name of the rule that matched; None if the message is not an unsubscribe request."""
    return _button(mail) or _subject(mail) or _words(mail)


def _button(mail: ParsedMessage) -> str | None:
    """The message that the button of Apple Mail, Gmail or Outlook sends to a List-Unsubscribe address (RFC 2369 section
    3.2)."""
    if mail.has("X-Apple-Unsubscribe") or subject_tokens(mail.subject):
        return "unsubscribe_button"
    return None


def _subject(mail: ParsedMessage) -> str | None:
    """A subject that is only a request. A subject with `Re:` is ours and means nothing."""
    if _REPLY_MARK.match(mail.subject) or not _asks(mail.subject):
        return None
    text = unsigned(unquoted(mail.text)).strip()
    if text and len(text) > MAX_REQUEST and not _MACHINE_WORDS.search(folded(text)):
        return None
    return "unsubscribe_subject"


def _words(mail: ParsedMessage) -> str | None:
    text = unquoted(mail.text).strip()
    if not text or len(text) > MAX_REQUEST * 3:
        return None
    body = unsigned(text).strip() or text
    return "unsubscribe_words" if len(body) <= MAX_REQUEST and _asks(body) else None


def _asks(text: str) -> bool:
    """Returns whether at least one sentence is a request and all others are only polite phrases."""
    # The full stops of abbreviations do not end a sentence.
    plain = re.sub(r"\b(a\.u\.b|s\.v\.p|p\.f)\b\.?", lambda found: found[1].replace(".", ""), folded(text[:1000]))
    sentences = [one for one in (_bare(one) for one in re.split(r"[.!?,。！？、\n;:]+| - ", plain)) if one]
    asked = [one for one in sentences if _REQUEST.match(one) or _REQUEST_JA.match(one.replace(" ", ""))]
    rest = [one for one in sentences if one not in asked]
    # A filler pattern matches any two words, since they may be a name. More than three such sentences are a real text.
    return bool(asked) and len(rest) <= 3 and all(_FILLER.match(one) for one in rest)


def _bare(sentence: str) -> str:
    return " ".join(re.sub(r"[^\w'ー぀-ヿ一-鿿@.-]+", " ", sentence).split())[:200]
