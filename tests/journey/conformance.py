"""What schemas/openapi.yaml cannot say of a request: told to schemathesis, which sends what it says."""

import re
from datetime import datetime, timedelta, timezone

import schemathesis

# Somebody of each channel whom the simulated provider knows.
RECIPIENTS = {"sms": "+15550100", "email": "ada@example.com", "push": "token"}
CREATE = "/api/v1/notifications"

# A request that keeps to its schema may be refused for these, and for nothing else. Each is the end of a message.
UNSAID = re.compile(
    "|".join(
        [
            # What follows from another field, from the clock or from earlier answers.
            "must lie after .*",
            "must lie in the future",
            "must lie before expires_at",
            "must be at most 1 year ahead",
            "must be the next_cursor of a page before",
            "is for email alone",
            r"is (sms|email|push), and cannot be changed",
            "names no template for (sms|email|push)",
            # What is measured or spelt otherwise than a pattern can tell.
            "must not hold NUL or half of a surrogate pair",
            "must not hold numbers beyond 1.8e308",
            r"must be at most \d+ (bytes of JSON|code points long)",
            r"must be nested at most \d+ levels deep",
            r"line \d+, column \d+: .*",
            "must not be blank",
            "must be one line.*",
        ]
    )
)


# Its name makes it look like the id of something that nobody makes, without which nothing else could be made.
CORRELATION_ID = {"$ref": "#/components/parameters/CorrelationId"}


@schemathesis.hook
def before_load_schema(context, raw_schema):
    for methods in raw_schema["paths"].values():
        for operation in methods.values():
            parameters = operation.get("parameters", [])
            operation["parameters"] = [parameter for parameter in parameters if parameter != CORRELATION_ID]


@schemathesis.hook
def map_case(context, case):
    """Recipient and texts follow from the channel, times from the clock."""
    if case.meta is None or not case.meta.generation.mode.is_positive or not isinstance(case.body, dict):
        return case
    if case.path == CREATE:
        fit(case.body)
    if case.path == f"{CREATE}/batch":
        for member in case.body["notifications"]:
            fit(member)
    if case.path == "/api/v1/dead-letters/purge" and "channel" not in case.body:
        # What deletes them all leaves nothing for the others.
        case.body["dry_run"] = True
    if case.path == CREATE + "/{id}":
        case.body["scheduled_at"] = hours_ahead(3)
    return case


def fit(notification):
    channel = notification["channel"]
    notification["recipient"] = RECIPIENTS[channel]
    if not (notification.get("content") or "").strip():
        notification["content"] = "Merhaba"
    if channel != "email":
        notification.pop("subject", None)
        notification.pop("html", None)
    for field, hours in (("scheduled_at", 1), ("expires_at", 2)):
        if notification.get(field) is not None:
            notification[field] = hours_ahead(hours)
    # Ids that are made up name no template.
    notification.pop("template_id", None)


def hours_ahead(hours):
    return (datetime.now(timezone.utc) + timedelta(hours=hours)).isoformat()


@schemathesis.hook
def filter_failure(context, failure, case, response):
    return failure.code != "ST202" or not is_unsaid(response.json())


def is_unsaid(problem):
    if problem["type"] == "/probs/invalid-cursor":
        return True
    messages = [error["message"] for error in problem.get("errors", [])]
    return messages != [] and all(UNSAID.search(message) for message in messages)
