"""What each code means and what to do about it: the hand-written half of docs/errors.md.

Errors that are classes carry their own `remedy`; here are the codes that are no class.
"""

BEFORE = {
    "top": """# Errors

Every refusal is an RFC 9457 problem: `application/problem+json` with `type`, `title`, `status`, `detail`, a stable
`code`, and `errors[]` naming each bad field. Branch on `code`, never on a text. If the present status is the reason,
`state` names it. A 503 carries `Retry-After`; a 401 `WWW-Authenticate`.

`python -m cadenza.reference.errors` makes this page: the problems from their classes (`remedy`, `retryable`), the other
codes from the source, with the advice of `cadenza/reference/error_advice.py`.
""",
    "problems": """
An enrollment's `error` begins with the same code (`connection_failed: ...`), and Temporal has it as the failure's type.
Errors of status 502 and a few others never answer a request: they say why a step is tried again, or why it has failed.
After the remedy, resume a failed enrollment.

`retryable`: the same request or step may succeed later without any change to it. A step that fails with an error that
is not retryable fails at once; any other is tried ten times over about two hours.
""",
    "class_names": """
Enrollments that failed before errors were recorded by code have the name of a Python class there instead:
`ConnectionFailed: ...`. A code begins with a small letter, a class name with a capital. The names below keep their
meaning for good; any other stands for `unexpected_error`.
""",
    "fields": """Besides these, a field's code may be one of [pydantic's](https://docs.pydantic.dev/latest/errors/validation_errors/):
`missing`, `extra_forbidden` (a misspelt field), `string_type`, `string_too_long`, `greater_than_equal`, `uuid_parsing`,
`value_error`, ... The `detail` says what is expected.
""",
    "enroll": "Also what `cadenza enroll` lists, the counts of a batch, and `GET /batches/{id}/skipped`.\n",
    "campaign": "`POST /campaigns/{id}/leads`.\n",
    "rejected": "The other rows are imported. `row` counts data rows from 1.\n",
    "warnings": "The row was imported.\n",
    "explain": "`GET /enrollments/{id}/explain` and `cadenza explain`. By precedence: `domain/enrollments/explain/`.\n",
    "preview": "`POST /sequences/{id}/preview`. Problems that prevent a draft from running use the codes of fields.\n",
}

ADVICE: dict[str, dict[str, str]] = {
    "problems": {
        "bad_request": "Send a complete, well-formed HTTP request.",
        "http_error": "Read the `detail`.",
        "internal_error": "The request is not the cause. The log of the API has the traceback.",
        "method_not_allowed": "Use a method that `Allow` lists.",
    },
    "fields": {
        "before_from": "`to` is before `from`: swap them.",
        "cycle_without_delay": "A loop of steps contains no wait: add a delay.",
        "dict_type": "An object is expected, as in the `detail`.",
        "duplicate_column": "Two columns are for one field: choose one in `mapping`.",
        "duplicate_step_key": "Give one of the two steps another `key`.",
        "empty_file": "The file has no rows.",
        "invalid_day": "A day is `mon`, `tue`, `wed`, `thu`, `fri`, `sat` or `sun`.",
        "invalid_domain": "A domain such as `acme.example` is expected.",
        "invalid_duration": "An ISO 8601 duration such as `P3D` is expected.",
        "invalid_email": "Correct the address.",
        "invalid_number": "A number is finite: no NaN, no infinity.",
        "invalid_private_key": "An RSA private key in PEM, without a password, is expected. Without it a key is made.",
        "invalid_text": "Remove control characters, NUL and lone surrogates.",
        "invalid_time": "A time of day such as `09:00` is expected; a window may close at `24:00`.",
        "malformed_json": "`mapping` must be a JSON object of columns and fields.",
        "missing": "Add the field `file` to the form.",
        "missing_column": "No column is known as `email`: name it in `mapping`.",
        "missing_header": "The first row must name the columns.",
        "no_steps": "Add a step before the sequence is activated.",
        "no_subject": "Give the first email a `subject`; emails that reply in thread need none.",
        "not_csv": "The file is not CSV: save it as CSV, in any common encoding.",
        "not_found": "The step refers to something that does not exist: use a campaign or a mailbox of this tenant.",
        "password_in_the_clear": "Use `starttls` or `tls`.",
        "password_needed": "Give the password: a user name needs one, and so does a change of the server.",
        "postal_address_missing": "Every email carries the tenant's `postal_address`: set it (`PATCH /tenants/{id}`).",
        "private_address": "Name a server on the public internet.",
        "string_type": "Text is expected, as in the `detail`.",
        "template_syntax": "The template is not Liquid: the `detail` says what is wrong.",
        "template_too_expensive": "The template does too much work: remove loops.",
        "time_out_of_range": "A time between the years 2 and 9998 is expected.",
        "too_deep": "The document nests too deeply.",
        "too_far": "The date is too far away to be meant.",
        "too_long": "It is too long: the `detail` says how much is allowed.",
        "too_many_columns": "Too many columns would become custom fields: leave some out in `mapping`.",
        "too_many_fields": "There are too many custom fields.",
        "too_many_steps": "A sequence has at most 200 steps.",
        "too_many_values": "The document has too many values: send several requests.",
        "unacceptable_value": "The database cannot store such a value.",
        "unknown_action": "Use one of the actions in the `detail`.",
        "unknown_column": "The mapping names a column that the file does not have.",
        "unknown_field": "No lead has this field: correct its name, use `custom....`, or give it a `default`.",
        "unknown_filter": "Use another filter: Liquid has no such filter here.",
        "unknown_holidays": "Use an ISO 3166 code such as `DE` or `US-CA`; the `detail` lists the known codes.",
        "unknown_step": "There is no step with this key.",
        "unknown_target": "The mapping names a field that leads do not have.",
        "unknown_timezone": "An IANA time zone such as `Europe/Berlin` is expected.",
        "unknown_user": "There is no such user in this tenant.",
        "username_needed": "Give the user name of the password.",
    },
    "enroll": {
        "already_enrolled": "The lead is in this sequence, or is in the request twice. Stop it to start over.",
        "bounced": "Mail to the address has bounced: correct the address, and set the lead's status.",
        "contact_capped": "The lead gets enough email for now: see `until`, or raise the tenant's contact caps.",
        "cooling_down": "The lead has been in this sequence: see `until`, or change the sequence's settings.",
        "in_exclusive_sequence": "The lead is in another sequence, and one of the two is exclusive: stop the other.",
        "invalid_email": "No message can be written to the address: correct it.",
        "not_found": "There is no such lead in this tenant.",
        "suppressed": "The address or its domain is on the suppression list.",
        "unsubscribed": "The lead has unsubscribed: do not mail it any more.",
    },
    "campaign": {
        "already_in_campaign": "The lead is in this campaign already.",
        "not_found": "There is no such lead in this tenant.",
    },
    "rejected": {
        "broken_quotes": "A quotation mark opens a value and none closes it: correct the row.",
        "field_too_long": "The `detail` names the field, and says how much is allowed.",
        "invalid_email": "The address is not valid: correct it.",
        "invalid_domain": "In a suppression list, a value without `@` must be a domain such as `acme.example`.",
        "missing_email": "The row has no address, or is empty.",
        "missing_value": "The row of a suppression list has neither an address nor a domain.",
        "row_too_long": "A line is longer than the limit: something is wrong with the file.",
        "too_many_tags": "A lead keeps at most 100 tags.",
    },
    "warnings": {
        "extra_fields": "The row has more values than there are columns; the extra values were left out.",
        "line_break_removed": "Line breaks or control characters in a name became spaces.",
        "unknown_timezone": "There is no such time zone; the sequence's is used instead.",
    },
    "explain": {
        "company_replied": "A colleague of the lead has replied, and the sequence pauses for that: resume the lead.",
        "daily_cap": "The mailbox's day is full: raise the cap, or add a mailbox.",
        "due": "Nothing stands in the way: the step is being done now.",
        "ended": "The enrollment is completed or stopped; `binds.stop_reason` says why.",
        "failed": "A step has failed and is not tried again: do what `binds.mend` says.",
        "holiday": "The send window is closed on a holiday of `binds.place`: until `binds.until`.",
        "hourly_cap": "The mailbox's hour is full: until `binds.until`.",
        "mailbox_held": "Somebody holds the lead's mailbox: set it to `active`.",
        "mailbox_unhealthy": "A circuit breaker holds it for `binds.hold_reason`: fix that, then set it to `active`.",
        "minimum_gap": "The mailbox sent another email a moment ago: until `binds.until`.",
        "no_mailbox": "Add a mailbox.",
        "not_started": "Temporal does not know of the enrollment yet: at most a minute, or it is away (`binds.error`).",
        "not_told": "Temporal does not know yet of a pause, resume or auto-reply: at most a minute, or it is away.",
        "out_of_office": "The lead is away until `binds.hold_until`.",
        "paused": "Somebody paused the lead: resume it.",
        "retrying": "The last attempt failed with `binds.error`; it is retried by itself.",
        "sequence_paused": "The sequence is paused: activate it.",
        "suppressed": "The address is suppressed: the next email would stop the enrollment.",
        "waiting": "A delay: until `binds.until`.",
        "waiting_for_event": "A `wait_for`: until the event, or `binds.until`.",
        "window": "The send window is closed until `binds.until`. `binds.zone_unknown`: whose zone is not known.",
        "working_hours": "The mailbox does not work at this hour: until `binds.until`.",
    },
    "preview": {
        "assumption_unused": "An assumption is about an email that is not sent in this preview.",
        "bounced": "The lead has bounced, and would not be enrolled.",
        "loop_cut": "The sequence has a loop; the preview stops after three visits, or a hundred years.",
        "mailbox_held": "The mailbox that would send this is held.",
        "merge_field_missing": "The lead has no value for a field of this message, so sending would fail here.",
        "no_mailbox": "There is no mailbox to send from.",
        "suppressed": "The lead is suppressed, and would not be enrolled.",
        "template_invalid": "The template cannot be rendered.",
        "unknown_timezone": "The zone of the lead, or of the mailbox, is not known; the sequence's is used.",
        "unreachable_step": "No path leads to this step.",
        "unsubscribed": "The lead has unsubscribed, and would not be enrolled.",
        "window_never_opens": "The email would never leave: the send window and the working hours do not overlap.",
    },
}
