"""The platform's codes in words."""

from piecework.platform.pages.view import N_

WORDS = {
    "field": {"email": N_("E-mail"), "password": N_("Password"), "name": N_("Name"), "reason": N_("Reason"), "file": N_("File")},
    "wrong": {
        "missing": N_("This is needed."),
        "string_too_short": N_("This is too short."),
        "string_too_long": N_("This is too long."),
        "string_pattern_mismatch": N_("This is not written as it should be."),
        "int_type": N_("A whole number is needed here."),
        "int_parsing": N_("A whole number is needed here."),
        "float_type": N_("A number is needed here."),
        "decimal_parsing": N_("A number is needed here."),
        "decimal_max_places": N_("There are too many digits after the point."),
        "bool_type": N_("Choose yes or no."),
        "bool_parsing": N_("Choose yes or no."),
        "greater_than": N_("This number is too small."),
        "greater_than_equal": N_("This number is too small."),
        "less_than": N_("This number is too large."),
        "less_than_equal": N_("This number is too large."),
        "literal_error": N_("Choose one of what is offered."),
        "enum": N_("Choose one of what is offered."),
        "uuid_parsing": N_("This is not an id."),
        "date_from_datetime_parsing": N_("A day is needed here."),
        "date_parsing": N_("A day is needed here."),
        "datetime_from_date_parsing": N_("A day and a time are needed here."),
        "datetime_parsing": N_("A day and a time are needed here."),
        "too_short": N_("There are too few."),
        "too_long": N_("There are too many."),
        "not_json": N_("This is not JSON."),
        "extra_forbidden": N_("This field is not taken here."),
    },
    "role": {
        "freelancer": N_("Freelancer"),
        "curator": N_("Curator"),
        "finance": N_("Finance"),
        "requester": N_("Requester"),
        "administrator": N_("Administrator"),
        "applicant": N_("Applicant"),
    },
}
