"""Figures of several rounds, told as a median with its spread."""
import statistics


def spread(values):
    """{median, least, most}, or None of nothing."""
    values = [v for v in values if v is not None]
    if not values:
        return None
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def summary(rounds):
    """Of each figure that the rounds tell."""
    return {name: spread([r.get(name) for r in rounds]) for name in (rounds[0] if rounds else ())}


def ratios(ours, theirs, figure):
    """Ours by theirs, round by round: what disturbed both at a time drops out."""
    return spread([a[figure] / b[figure] for a, b in zip(ours, theirs) if a.get(figure) is not None and b.get(figure)])


def alternated(names, rounds):
    """Who is measured when: in each round everybody, and each round begins with the next."""
    for n in range(rounds):
        turn = n % len(names) if names else 0
        yield names[turn:] + names[:turn]
