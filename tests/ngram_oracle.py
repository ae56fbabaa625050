"""Smoothed n-gram probabilities from dictionaries, formula by formula: slow, and independent.

Chen & Goodman (1999), equation 26 (discounts) and section 4.1.3 (interpolated modified Kneser-Ney);
Heafield et al. (2013), section 3.2 (the start symbol). N-grams are tuples, oldest symbol first.
"""

from collections import Counter

START = "<s>"


class Oracle:
    def __init__(self, rows, n_symbols, order, smoothing="kneser_ney", min_count=1, first_pruned=3):
        self.n_symbols, self.order, self.smoothing = n_symbols, order, smoothing
        self.min_count, self.first_pruned = min_count, first_pruned
        self.raw = {}
        for n in range(1, order + 2):
            self.raw[n] = Counter()
            for row in rows:
                whole = (START, *row)
                for end in range(1, len(whole)):
                    if end + 1 >= n:
                        self.raw[n][whole[end + 1 - n : end + 1]] += 1
        self.counts = {n: self.counts_of(n) for n in self.raw}
        self.discounts = {n: self.discounts_of(n) for n in self.raw}
        # What follows each context: symbol and count.
        self.after = {}
        for n, counts in self.counts.items():
            for gram, count in counts.items():
                self.after.setdefault(gram[:-1], []).append((gram, count, n))

    def counts_of(self, n):
        if self.smoothing != "kneser_ney" or n == self.order + 1:
            return dict(self.raw[n])
        lefts = {}
        for gram in self.raw[n + 1]:
            lefts.setdefault(gram[1:], set()).add(gram[0])
        return {
            gram: count if gram[0] == START else len(lefts[gram])
            for gram, count in self.raw[n].items()
        }

    def discounts_of(self, n):
        of = Counter(self.counts[n].values())
        if of[1] and of[2] and of[3]:
            y = of[1] / (of[1] + 2 * of[2])
            found = [j - (j + 1) * y * of[j + 1] / of[j] for j in (1, 2, 3)]
            if all(0 <= value <= j for j, value in enumerate(found, start=1)):
                return found
        return [0.5, 1.0, 1.5]

    def kept(self, gram, count, n):
        if n >= self.first_pruned and self.raw[n][gram] < self.min_count:
            return 0.0
        return count - self.discounts[n][min(count, 3) - 1]

    def probability(self, context, symbol):
        """p(symbol | context); the context may begin with the start symbol."""
        shorter = self.probability(context[1:], symbol) if context else 1 / self.n_symbols
        following = self.after.get(context)
        if following is None:
            return shorter
        total = sum(count for _, count, _ in following)
        own = [(gram, count, n) for gram, count, n in following if gram[-1] == symbol]
        if self.smoothing == "witten_bell":
            seen = sum(count for _, count, _ in own)
            return (seen + len(following) * shorter) / (total + len(following))
        all_kept = sum(self.kept(*each) for each in following)
        return sum(self.kept(*each) for each in own) / total + (1 - all_kept / total) * shorter

    def steps(self, row):
        """p of every symbol of a row, given the symbols before it."""
        whole = (START, *row)
        return [
            self.probability(whole[max(0, end - self.order) : end], whole[end])
            for end in range(1, len(whole))
        ]
