"""How old the data are that an answer about now rests on, in a sentence."""

from datetime import date


def age_note(as_of: date, swept_until: date | None, today: date, stale_days: int) -> str:
    """What is to be said of the time between the data and `today`, empty where they are fresh.

    Args:
        as_of: the day that the answer looks from.
        swept_until: the last day on which the index was seen whole, None where it never was.
        stale_days: how old data may be before it is said.
    """
    if swept_until is None:
        return (
            f"From {as_of}, {_ago(as_of, today)}. The index was never seen whole: what is not "
            "logged here is not known."
        )
    since = (
        f" Since {swept_until} only what was logged is known: that no other model was released "
        "is not."
        if as_of > swept_until
        else ""
    )
    if (today - swept_until).days <= stale_days and not since:
        return ""
    return f"The index was last seen whole on {swept_until}, {_ago(swept_until, today)}.{since}"


def _ago(day: date, today: date) -> str:
    days = (today - day).days
    return "today" if days == 0 else f"{days} day{'' if days == 1 else 's'} ago"
