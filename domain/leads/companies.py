"""Which leads are colleagues: those with addresses of the same domain, unless anybody can get an address there.

The list below is short on purpose: the large consumer mail services and internet providers. Longer lists, such as
https://github.com/willwhite/freemail (MIT), with which this one was compared, also contain companies that once offered
free addresses (alibaba.com, discovery.com). If a service is missing here, two strangers count as colleagues, in a
sequence that uses this. If a company is listed here, its people do not count as colleagues.
"""

# Brands that have a domain in many countries: yahoo.co.jp, hotmail.fr, gmx.at.
_FAMILIES = frozenset({"gmx", "googlemail", "hotmail", "live", "outlook", "rocketmail", "yahoo", "yandex", "ymail"})
_SECOND_LEVEL = frozenset({"ac", "co", "com", "net", "ne", "or", "org"})

_FREEMAIL = """
    gmail.com msn.com passport.com windowslive.com
    aol.com aol.co.uk aol.de aol.fr aim.com verizon.net netscape.net
    icloud.com me.com mac.com privaterelay.appleid.com
    proton.me protonmail.com protonmail.ch pm.me tuta.com tuta.io tutanota.com tutanota.de tutamail.com keemail.me
    fastmail.com fastmail.fm hey.com hushmail.com zoho.com zohomail.com zohomail.eu mail.com email.com usa.com
    mailbox.org posteo.de posteo.net disroot.org riseup.net runbox.com startmail.com duck.com mozmail.com
    att.net bellsouth.net sbcglobal.net pacbell.net swbell.net ameritech.net prodigy.net comcast.net cox.net
    charter.net spectrum.net rr.com roadrunner.com earthlink.net mindspring.com frontier.com frontiernet.net
    centurylink.net centurytel.net embarqmail.com optonline.net optimum.net windstream.net juno.com netzero.net
    bell.net rogers.com shaw.ca sympatico.ca telus.net videotron.ca cogeco.ca eastlink.ca
    btinternet.com btopenworld.com sky.com virginmedia.com virgin.net ntlworld.com blueyonder.co.uk talktalk.net
    tiscali.co.uk plusnet.com eircom.net
    web.de t-online.de freenet.de arcor.de online.de email.de vodafone.de kabelmail.de vodafonemail.de magenta.de
    chello.at aon.at a1.net bluewin.ch sunrise.ch hispeed.ch
    orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr bbox.fr numericable.fr club-internet.fr aliceadsl.fr
    telenet.be skynet.be proximus.be scarlet.be ziggo.nl kpnmail.nl planet.nl hetnet.nl xs4all.nl home.nl
    chello.nl casema.nl upcmail.nl
    libero.it virgilio.it tin.it alice.it tim.it tiscali.it inwind.it iol.it fastwebnet.it poste.it
    telefonica.net terra.es ono.com movistar.es sapo.pt iol.pt clix.pt
    telia.com tele2.se bredband.net comhem.se spray.se online.no broadpark.no mail.dk stofanet.dk
    elisanet.fi kolumbus.fi
    wp.pl o2.pl onet.pl onet.eu op.pl poczta.onet.pl interia.pl interia.eu gazeta.pl tlen.pl vp.pl
    seznam.cz email.cz centrum.cz volny.cz post.cz azet.sk centrum.sk zoznam.sk
    freemail.hu citromail.hu indamail.hu abv.bg mail.bg otenet.gr ukr.net i.ua meta.ua bigmir.net
    mail.ru bk.ru list.ru inbox.ru internet.ru rambler.ru ya.ru inbox.lv
    mynet.com turk.net walla.co.il walla.com netvision.net.il 012.net.il
    qq.com foxmail.com 163.com 126.com yeah.net 139.com 188.com 189.cn sina.com sina.cn sohu.com aliyun.com 21cn.com
    tom.com hinet.net pchome.com.tw netvigator.com
    naver.com daum.net hanmail.net nate.com kakao.com
    docomo.ne.jp ezweb.ne.jp au.com softbank.ne.jp i.softbank.jp nifty.com biglobe.ne.jp ocn.ne.jp so-net.ne.jp
    plala.or.jp excite.co.jp
    rediffmail.com rediff.com sify.com
    bigpond.com bigpond.net.au optusnet.com.au tpg.com.au iinet.net.au internode.on.net westnet.com.au
    xtra.co.nz slingshot.co.nz
    uol.com.br bol.com.br terra.com.br ig.com.br globo.com globomail.com r7.com zipmail.com.br oi.com.br
    prodigy.net.mx fibertel.com.ar speedy.com.ar ciudad.com.ar arnet.com.ar
    mweb.co.za webmail.co.za vodamail.co.za telkomsa.net
"""
FREEMAIL = frozenset(_FREEMAIL.split())


def company_domain(email: str) -> str | None:
    """Returns the domain of an address's company; None for a domain where anybody can get an address.

    `email` must be in its normal form (lower case).
    """
    domain = email.rpartition("@")[2]
    return None if not domain or is_freemail(domain) else domain


def is_freemail(domain: str) -> bool:
    name, _, rest = domain.partition(".")
    return domain in FREEMAIL or (name in _FAMILIES and _is_of_a_country(rest))


def _is_of_a_country(rest: str) -> bool:
    """Whether `rest` can follow the name of a mail service: `com`, `fr`, `co.uk`. In `live.acme.com` it cannot."""
    first, dot, last = rest.rpartition(".")
    return len(last) <= 3 and (not dot or first in _SECOND_LEVEL)
