"""Decides whether a bounce is hard or soft, from its enhanced status code (RFC 3463) and its text.

A bounce is hard only if it says that the address does not exist or takes no mail: then no sequence ever writes to it
again. A refusal of the message or of its sender (policy, spam, size, a full mailbox) says nothing about the address and
is soft.
"""

import re
from typing import Literal

Severity = Literal["hard", "soft"]
WhySoft = Literal["full", "refused", "temporary"]

_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d\.)")
_SMTP = re.compile(r"(?<![\d.])([45]\d\d)[ \t-]")
# These codes mean a dead address, unless the text says that the message was refused.
_HARD_CODES = frozenset(
    ["5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.1.11", "5.2.1", "5.4.4", "5.4.310", "5.1.351"]
)
# These codes are about the sender's address.
_OF_SENDER = frozenset(["5.1.7", "5.1.8", "5.1.9"])
# Codes that servers use for anything: the text decides.
_VAGUE = frozenset(["", "5.0.0", "5.1.0", "5.2.0", "5.5.0", "5.5.1", "5.5.2", "5.5.4"])
_REFUSED = re.compile(
    r"spam|junk|bulk|unsolicited|blocked|block ?list|black ?list|blacklisted|deny ?list|reputation|policy|policies"
    r"|prohibited|not permitted|not allowed|not authori[sz]ed|unauthenticated|authentication|dmarc|dkim|\bspf\b"
    r"|rate ?limit|too many|throttl|listed (?:at|in|on|by)|spamhaus|barracuda|proofpoint\.com|cloudmark|content reject"
    r"|virus|malware|too (?:large|big|long)|size limit|exceed|quota|mailbox (?:is )?full|over ?quota|full mailbox"
    r"|insufficient (?:system )?storage|out of storage|loop|too many hops|hop count|try again|temporar|timed? ?out"
    r"|greylist|graylist|expired|connection refused|rejected for|banned|sender (?:address )?(?:rejected|denied|verif)"
    r"|requests to connect|retries|retry timeout|retry time|attempts|for the last \d+ seconds|aborted after"
    r"|message filtered"
    r"|protocol violation|not verified|verification|permission to post|service (?:is )?(?:currently )?unavailable"
    r"|closing"
    r"|reverse dns|\bptr\b|\brbls?\b|dnsbl|senderbase|blocklist|greylisted|suspicious|rejected by|refused|forged"
    r"|at a rate|mismatch"
    r"|invalid ip|open relay|no access from|not accepting (?:connections|mail)|ip address|transaction failed"
    r"|\brdns\b|forbidden|access denied|mail rejected|message rejected|\d rejected\b|rejected due"
    r"|access denied\. for more information|relay(?:ing)? (?:denied|not)|unable to relay",
    re.IGNORECASE,
)
_DEAD = re.compile(
    r"(?:user|recipient|mailbox|account|address|addressee|alias|inbox)[^.;\n]{0,60}"
    r"(?:unknown|not (?:found|exist|known|valid|listed|recogni[sz]ed)|n'existe|does ?n[o']t exist|doesn't have|invalid"
    r"|no longer|disabled|deactivated|inactive|suspended|closed|terminated)"
    r"|(?:unknown|invalid|no such|nonexistent|non-existent|inactive|illegal|bad|unrouteable|unroutable)"
    r"[ \t-](?:[a-z]{1,12}[ \t]){0,2}(?:user|recipient|mailbox|account|address|local part|domain|destination)"
    r"|no such (?:user|person|recipient|mailbox|address)|no mailbox (?:here )?by that name|not our customer"
    r"|not (?:a )?(?:known|valid) (?:user|mailbox|recipient|address)|recipientnotfound|recipient not found"
    r"|\bwasn't found at\b|user doesn't have|this user doesn|there is no (?:one|such|user)|not listed in"
    r"|no longer (?:on (?:the )?server|valid|active|in use|with)|host (?:or domain name )?not found|domain not found"
    r"|domain [^\n]{1,80} (?:couldn't be found|does not exist|not found)|name service error|nxdomain|null mx"
    r"|does ?n[o']t (?:receive|accept) (?:e-?mail|mail)|no mx record|unrouteable mail domain|bad destination"
    r"|recipient address rejected: (?:access denied|user|undeliverable)|address not found|mailbox not found"
    r"|no account by that name|unknown to (?:this )?(?:system|server)",
    re.IGNORECASE,
)
_FULL = re.compile(
    r"mail ?box[^.;\n]{0,40} full|full mail ?box|over ?quota|quota (?:has been )?exceed|exceed[^.;\n]{0,40} quota"
    r"|out of storage"
    r"|storage (?:limit|space)|insufficient (?:system |disk )?(?:storage|space)|mailfull|not enough (?:space|storage)",
    re.IGNORECASE,
)
# Phrases that servers use both for dead addresses and for refused messages.
_UNAVAILABLE = re.compile(
    r"(?:user|recipient|mailbox|account|address)[^.;\n]{0,60}(?:unavailable|not available|undeliverable)", re.IGNORECASE
)


def enhanced_status(*texts: str) -> str:
    """Returns the first specific status code in `texts` (the Status field first, then the diagnostic text), or else an
    unspecific one such as `5.0.0`; empty if there is none."""
    vague = ""
    for text in texts:
        for found in _ENHANCED.finditer(text[:4000]):
            status = f"{found[1]}.{int(found[2])}.{int(found[3])}"
            if status[0] != "2" and not status.endswith(".0.0"):
                return status
            vague = vague or ("" if status[0] == "2" else status)
    return vague


def severity(status: str, words: str) -> Severity:
    """`status`: the enhanced status code, or empty. `words`: the diagnostic text, or else the explanation."""
    words = words[:4000]
    if status.startswith("4") or _is_full(status, words):
        return "soft"
    if not status and (reply := _SMTP.search(words)) and reply[1].startswith("4"):
        return "soft"
    refused = _REFUSED.search(words) is not None
    dead = _DEAD.search(words) is not None or (not refused and _UNAVAILABLE.search(words) is not None)
    if status in _VAGUE:
        # The server gave up and does not say that it refused the message: take the address for dead.
        return "hard" if dead or not refused else "soft"
    if status in _HARD_CODES:
        return "soft" if refused and not dead else "hard"
    if status in _OF_SENDER:
        return "soft"
    # Some servers use one code for every refusal: "550 5.7.1 ... User unknown".
    return "hard" if dead and not (refused and status.startswith("5.7")) else "soft"


def why_soft(status: str, words: str) -> WhySoft:
    """Returns the kind of a soft bounce: `full`, `refused`, or `temporary`."""
    if _is_full(status, words[:4000]):
        return "full"
    return "refused" if status.startswith("5") else "temporary"


def _is_full(status: str, words: str) -> bool:
    return status.endswith(".2.2") or _FULL.search(words) is not None
