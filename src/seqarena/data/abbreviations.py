"""English words that end in a full stop and, as a rule, end no sentence."""

ABBREVIATIONS = (
    *("Mr.", "Mrs.", "Ms.", "Dr.", "Prof.", "St.", "Rev.", "Hon.", "Gen.", "Col.", "Capt."),
    *("Lt.", "Sgt.", "Sen.", "Rep.", "Gov.", "Pres.", "Messrs."),
    *("e.g.", "i.e.", "vs.", "cf.", "ca.", "approx.", "No.", "Nos.", "Fig.", "Vol.", "pp."),
    *("Inc.", "Corp.", "Co.", "Ltd.", "Dept.", "U.S.", "U.K.", "a.m.", "p.m."),
    *("Jan.", "Feb.", "Mar.", "Apr.", "Jun.", "Jul.", "Aug.", "Sep.", "Sept.", "Oct.", "Nov."),
    *("Dec.", "Mon.", "Tue.", "Wed.", "Thu.", "Fri.", "Sat."),
    # Initials.
    *(f"{letter}." for letter in "ABCDEFGHJKLMNOPQRSTUVWXYZ"),
)
"""`I.` is left out: the pronoun ends sentences more often than the initial stands in a name."""
