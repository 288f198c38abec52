"""Checks the DNS records of a sender domain: SPF, DKIM, DMARC, MX. A question without an answer yields `unresolved`."""

from mail.dns.dkim_record import check_dkim
from mail.dns.dmarc import check_dmarc
from mail.dns.findings import Finding, Status
from mail.dns.lookup import DnsLookup
from mail.dns.mx import check_mx
from mail.dns.spf import check_spf

__all__ = ["DnsLookup", "Finding", "Status", "check_dkim", "check_dmarc", "check_mx", "check_spf"]
