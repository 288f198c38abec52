"""Words for days, "until" and "back on" in eight languages. All lower case and without accents (`text.folded`)."""

import re

MONTHS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar jaenner janner janvier janv enero ene janeiro januari gennaio gen",
            "february feb februar fevrier fevr fev febrero fevereiro februari febbraio febr",
            "march mar marz maerz mars marzo marco maart mrt mrz",
            "april apr avril avr abril abr aprile",
            "may mai mayo maio mei maggio mag",
            "june jun juni juin junio junho giugno giu",
            "july jul juli juillet juil julio julho luglio lug",
            "august aug aout agosto ago augustus",
            "september sept sep septembre septiembre setembro settembre sett",
            "october oct oktober okt octobre octubre outubro ottobre ott",
            "november nov novembre noviembre novembro",
            "december dec dezember dez decembre diciembre dic dezembro dicembre",
        ),
        1,
    )
    for name in names.split()
}
WEEKDAYS: dict[str, int] = {
    name: number
    for number, names in enumerate(
        (
            "monday mon montag lundi lunes segunda-feira segunda maandag lunedi 月曜日 月曜",
            "tuesday tue tues dienstag mardi martes terca-feira terca dinsdag martedi 火曜日 火曜",
            "wednesday wed mittwoch mercredi miercoles quarta-feira quarta woensdag mercoledi 水曜日 水曜",
            "thursday thu thurs donnerstag jeudi jueves quinta-feira quinta donderdag giovedi 木曜日 木曜",
            "friday fri freitag vendredi viernes sexta-feira sexta vrijdag venerdi 金曜日 金曜",
            "saturday sat samstag sonnabend samedi sabado zaterdag sabato 土曜日 土曜",
            "sunday sun sonntag dimanche domingo zondag domenica 日曜日 日曜",
        )
    )
    for name in names.split()
}


def _either(names: dict[str, int]) -> str:
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True))


MONTH, WEEKDAY = _either(MONTHS), _either(WEEKDAYS)

# What may stand between a phrase such as "until" and its date: weekdays and articles.
_BETWEEN = (
    rf"(?:[\s,(]|\b(?:{WEEKDAY}|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim|the|next|coming|this|den|dem|der|dd"
    rf"|le|la|el"
    r"|il|lo|o|a|dia|giorno|kommenden|nachsten|prochain|proximo|prossimo|aanstaande|volgende|komende|morning|date"
    r"|:)\b\.?|[:.]){0,8}$"
)
# Away up to and including that day: the day after is the first day back.
UNTIL = re.compile(
    r"(?:\b(?:until|till|til|untill|through|thru|up to|to and including|after|up until"
    r"|bis(?: einschliesslich| einschl\.?| inklusive| inkl\.?| incl\.?| und mit| zum| auf weiteres)*|nach"
    r"|jusqu'?(?:a|au|en)?(?: et)?(?: y compris)?(?: inclus)?|apres|hasta|despues del?|ate(?: ao?)?|depois d[eo]"
    r"|tot(?: en met| aan)?|t/m|t\.e\.m\.|tem|fino(?: al?)?(?: giorno)?|sino al?|a tutto|dopo)|'until)" + _BETWEEN
)
# That day is the first day back.
_RETURNS = (
    r"back|returns?|returning|resume|resuming|again|available|reachable|in the office|be in\b|at my desk"
    r"|zuruck|wieder|erreichbar|ruckkehr|erst|de retour|retour|reviens|reviendrai|rentre|rentrerai|joignable"
    r"|disponible|reprise|reprendrai"
    r"|de vuelta|vuelta|vuelvo|volvere|regreso|regresare|retorno|reincorporo|reincorporare|incorporo|incorporare"
    r"|de volta|volto|voltarei|retornarei|regressarei|estarei disponivel|terug|weer|aanwezig|bereikbaar"
    r"|rientro|rientrero|ritorno|ritornero|torno|tornero|di nuovo|nuovamente|sara attivo"
)
BACK = re.compile(
    rf"(?:\b(?:{_RETURNS})\b)[^.!?。\n]{{0,60}}?(?:\b(?:on|from|by|as of|starting|am|ab|vom|le|des|a partir d[ue]l?"
    rf"|a compter du|partir|desde"
    r"|el|em|no|na|op|vanaf|per|il|dal|a partire dal|a)\b|:)?" + _BETWEEN
)
# A phrase after the date: in languages that put the verb last, and in those that seldom do.
BACK_AFTER = re.compile(
    r"^[^.!?。\n]{0,40}?(?:\b(?:wieder|zuruck|weer|terug)\b"
    r"|(?:より|から|に|以降)[^\n。]{0,20}(?:出社|復帰|戻|通常|対応|業務|営業|勤務|再開|順次))"
)
BACK_AFTER_SELDOM = re.compile(r"^[^.!?。\n]{0,40}?\b(?:back|again|de retour|de vuelta|de volta|di nuovo)\b")
UNTIL_AFTER = re.compile(r"^\s?(?:\([^)\n]{1,8}\)|（[^）\n]{1,8}）)?\s?(?:まで|迄)")
# Between two dates: "20 Dec - 5 Jan", "vom 20. bis 31.12."; the first may be a day without a month.
RANGE = re.compile(
    r"^[\s,.]{0,3}(?:20\d\d)?[\s,]{0,2}(?:\([^)\n]{1,8}\))?\s?(?:-{1,2}|to|till|until|through|thru|and|bis(?: zum"
    r"| einschliesslich)?|und|au|al|a|ao|ate|y|e"
    r"|tot(?: en met)?|t/m|en|fino al|hasta|から|~|〜|～)" + _BETWEEN
)
RANGE_FROM_DAY = re.compile(
    r"(?<![\d.,:/-])\d{1,2}(?:st|nd|rd|th|er|o|\.)?\s?(?:-{1,2}|to|till|until|through|bis(?: zum)?|au|al|a|ao|ate"
    r"|tot(?: en met)?|t/m|〜|~)" + _BETWEEN
)
# The absence begins on that day, or the date is about something else.
NOT_BACK = re.compile(
    r"\b(?:from|since|starting|beginning|vom|ab|seit|du|depuis|desde|dal|van|sinds|del|de|dated|sent|received|posted"
    r"|born|on your)" + _BETWEEN
)
AWAY = re.compile(
    r"\b(?:out|away|leave|vacation|holiday|holidays|closed|travel\w*|absent\w*|pto|office|nicht|urlaub|abwesend"
    r"|conges?|vacances|ferme\w*|fuera"
    r"|ausente|vacaciones|cerrad\w+|ferias|fora|afwezig|vakantie|verlof|gesloten|ferie|assente|fuori|chius\w+)\b|休|不在"
)
_MARKS = {
    "en": "the and you will office email your with",
    "de": "ich und nicht der die sie ihre mit bin im bis",
    "fr": "je vous et le votre pour suis mon au du",
    "es": "el de la y su por para estoy hasta correo",
    "pt": "de para e o meu estou voce ate com escritorio",
    "nl": "ik en het van de uw met niet ben tot",
    "it": "il di e per la sono mio non al fino",
}
_MARK_WORDS = {language: frozenset(words.split()) for language, words in _MARKS.items()}


def language_of(text: str) -> str:
    """Returns the language of a folded text by counting its function words; English if none is found."""
    if re.search(r"[ぁ-んァ-ヶ]", text):
        return "ja"
    words = re.findall(r"[a-z']+", text[:3_000])
    counted = {language: sum(word in marks for word in words) for language, marks in _MARK_WORDS.items()}
    return max(counted, key=lambda language: counted[language]) if any(counted.values()) else "en"
