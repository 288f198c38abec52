"""What a process counts of its own work, for Prometheus. docs/observability.md says what each number means.

Label values come from short fixed lists: never a tenant, a lead or an address. A counter begins at zero with its
process, as Prometheus expects.
"""

from prometheus_client import Counter, Histogram

MESSAGES_SENT = Counter("cadenza_messages_sent", "Emails that a mail server took (250 after the final dot).")
SEND_FAILURES = Counter("cadenza_send_failures", "Attempts to send that ended otherwise.", ["kind"])
SLOTS_USED = Counter("cadenza_send_slots_used", "Send slots taken at the gate, for an email that leaves at once.")
DEFERRALS = Counter("cadenza_deferrals", "Emails that were due and put off.", ["cause"])
EVENTS = Counter("cadenza_events_received", "What leads did, as recorded: replies, bounces, opens, ...", ["type"])
OUTBOX_DELIVERED = Counter("cadenza_outbox_delivered", "Outbox rows that Temporal was told.", ["outcome"])

HTTP_REQUESTS = Counter("cadenza_http_requests", "Requests answered.", ["method", "route", "status"])
HTTP_SECONDS = Histogram(
    "cadenza_http_request_seconds",
    "How long requests took, to the last byte of the answer.",
    ["method", "route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

CAUSES = ("window", "holiday", "working_hours", "daily_cap", "hourly_cap", "minimum_gap", "mailbox_held")
FAILURES = ("recipient_refused", "message_refused", "login_refused", "try_again", "unknown_outcome")
EVENT_TYPES = (
    *("reply", "auto_reply", "hard_bounce", "soft_bounce", "unsubscribe", "complaint", "custom"),
    *("open", "machine_open", "click", "machine_click"),
)
OUTCOMES = ("delivered", "failed")

# Every series exists from the first scrape on. The rate of an event that has not happened yet is then 0, not missing.
_KNOWN = {DEFERRALS: CAUSES, SEND_FAILURES: FAILURES, EVENTS: EVENT_TYPES, OUTBOX_DELIVERED: OUTCOMES}
for _counter, _words in _KNOWN.items():
    for _word in _words:
        _counter.labels(_word)
