/* Apache Traffic Server: the codes in its comment in Via.
 *
 * "[cMsSf ]", six characters; "[uScMsSf pSeN:t cCMp sS]", 22 of them, and 24 in old versions: a letter for each
 * question, followed by its answer. What follows the colon asks some of the same again, in another sense. */
#include "trail/dialect_impl.h"

static char
answer(struct str codes, char question)
{
	for (size_t i = 0; i + 1 < codes.n && codes.p[i] != ':'; i += 2)
		if (codes.p[i] == question)
			return codes.p[i + 1];
	return ' ';
}

/* An answer to each of lookup, server and fill; '*': any. */
static const struct {
	char lookup, server, fill;
	struct word word;
} ats_rows[] = {
	{ 'H', '*', '*', WORD("", HIT, HIT, "Its copy was on disk.") },
	{ 'R', '*', '*', WORD("", HIT, HIT, "Its copy was in memory.") },
	{ 'S', 'N', '*', WORD("", STALE, REVALIDATED, WHY_VALIDATED) },
	{ 'S', 'S', '*', WORD("", STALE, MISS, WHY_REPLACED) },
	{ 'S', '*', 'U', WORD("", STALE, REVALIDATED, WHY_VALIDATED) },
	{ 'S', 'E', '*', WORD("", STALE, STALE, WHY_FAILED) },
	{ 'S', '*', '*', WORD("", STALE, STALE, WHY_STALE) },
	{ 'A', '*', '*', WORD("", MISS, MISS, "What it had stored could not be used for this request.") },
	{ 'M', 'E', '*', WORD("", MISS, ERROR, "It had nothing, and upstream failed.") },
	{ 'M', '*', '*', WORD("", MISS, MISS, "") },
	{ ' ', 'E', '*', WORD("", UNKNOWN, ERROR, "It made no lookup, and upstream failed.") },
	{ ' ', '*', '*', WORD("", UNKNOWN, BYPASS, "It made no lookup.") },
};

static bool
is_answer(char wanted, char is)
{
	return wanted == '*' || wanted == is;
}

static const struct word *
ats_word(struct str codes)
{
	char lookup = answer(codes, 'c'), server = answer(codes, 's'), fill = answer(codes, 'f');

	for (size_t i = 0; i < sizeof ats_rows / sizeof *ats_rows; i++)
		if (is_answer(ats_rows[i].lookup, lookup) && is_answer(ats_rows[i].server, server) &&
		    is_answer(ats_rows[i].fill, fill))
			return &ats_rows[i].word;
	return NULL;
}

/* "ApacheTrafficServer/9.2.3 [cMsSfW]": the codes may be absent. */
static void
read_hop(struct reading *r, struct hop *h)
{
	ptrdiff_t open = str_chr(h->comment, '[');
	struct str codes = open < 0 ? STR_NONE : str_skip(h->comment, (size_t)open + 1);

	h->tier = found_add(r, VENDOR_ATS);
	h->tier->listed[ORDER_VIA] = true;
	h->tier->tier.node = h->name;
	found_shows(r, h->tier, TOLD_VIA, h->text);
	if (codes.n >= 6 && codes.p[codes.n - 1] == ']')
		found_says(h->tier, ats_word(str_head(codes, codes.n - 1)));
}

void
read_ats(struct reading *r)
{
	for (struct hop *h = r->hops; h != NULL; h = h->behind)
		if (h->vendor == VENDOR_ATS)
			read_hop(r, h);
}
