#include "base/suggest.h"

#define LONGEST 64 /* no word that we know is longer, and a longer one is no slip of the finger */

struct suggest
suggest_begin(struct str word)
{
	unsigned allowed = word.n < 3 ? 1 : (unsigned)(word.n / 3);

	return (struct suggest){ word, STR_NONE, allowed + 1 };
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static bool
same(char a, char b)
{
	return ascii_lower(a) == ascii_lower(b);
}

/* Have the letters before a[i] and b[j] changed places? */
static bool
swapped(struct str a, size_t i, struct str b, size_t j)
{
	return i > 1 && j > 1 && same(a.p[i - 1], b.p[j - 2]) && same(a.p[i - 2], b.p[j - 1]);
}

/* The restricted Damerau-Levenshtein distance, by three rows of its table. */
static unsigned
distance(struct str a, struct str b)
{
	unsigned rows[3][LONGEST + 1];

	for (unsigned j = 0; j <= b.n; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= a.n; i++) {
		const unsigned *before = rows[(i + 1) % 3], *last = rows[(i - 1) % 3];
		unsigned *row = rows[i % 3];

		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			row[j] = last[j - 1] + !same(a.p[i - 1], b.p[j - 1]);
			row[j] = least(row[j], least(last[j], row[j - 1]) + 1);
			if (swapped(a, i, b, j))
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return rows[a.n % 3][b.n];
}

void
suggest_offer(struct suggest *s, struct str known)
{
	unsigned d;

	if (s->word.n > LONGEST || known.n > LONGEST)
		return;
	d = distance(s->word, known);
	if (d >= s->distance)
		return;
	s->best = known;
	s->distance = d;
}
