#include "ask.h"

#include <string.h>

/* A wish, two ways to write it, and which values are named in it with the highest weight. Languages: 1 en, 2 fr;
 * codings: 1 gzip, 2 br; bit i stands for value i. */
struct wish {
	const char *spelling[2]; /* NULL: the field is not there */
	unsigned best;
};

static const struct wish languages[] = {
	{ { NULL, NULL }, 0 },
	{ { "en", "EN;q=1.0" }, 1 << 1 },
	{ { "fr", "fr ; q=1" }, 1 << 2 },
	{ { "en, fr;q=0.5", "fr;q=0.500 ,en" }, 1 << 1 },
	{ { "fr, en;q=0.3", "en;q=0.3,FR" }, 1 << 2 },
	{ { "en;q=0.8, fr;q=0.8", "fr;q=0.80,en;q=0.8" }, 1 << 1 | 1 << 2 },
	{ { "*", "*;q=1" }, 0 },
	{ { "de, en;q=0.1", "en;q=0.100, de" }, 0 },
	{ { "", "" }, 0 },
};

static const struct wish codings[] = {
	{ { NULL, NULL }, 0 },
	{ { "gzip", "x-gzip" }, 1 << 1 },
	{ { "gzip, br;q=0.5", "br;q=0.5 , GZIP" }, 1 << 1 },
	{ { "br, gzip;q=0.9", "gzip;q=0.90,br" }, 1 << 2 },
	{ { "identity", "Identity" }, 0 },
	{ { "gzip;q=0", "gzip;q=0.000" }, 0 },
	{ { "*", "* ;q=1" }, 0 },
};

/* Opaque: no order, no weights, but what stands around commas is nothing. Some look like the values above, so that two
 * rules for Vary give the same text. */
static const struct wish colours[] = {
	{ { NULL, NULL }, 0 },     { { "red", "red  " }, 0 }, { { "RED", " RED" }, 0 }, { { "en", "en " }, 0 },
	{ { "gzip", "gzip" }, 0 }, { { "a, b", "a ,b" }, 0 }, { { "", "" }, 0 },
};

static const struct {
	const char *name;
	const struct wish *wishes;
	unsigned count;
} fields[ASK_FIELDS] = {
	[ASK_LANGUAGE] = { "Accept-Language", languages, sizeof languages / sizeof languages[0] },
	[ASK_CODING] = { "Accept-Encoding", codings, sizeof codings / sizeof codings[0] },
	[ASK_COLOUR] = { "X-Colour", colours, sizeof colours / sizeof colours[0] },
};

static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "POKE" };

const char *
ask_method_name(enum ask_method m)
{
	return methods[m];
}

bool
ask_is_safe(const struct ask *a)
{
	return a->method == ASK_GET || a->method == ASK_HEAD;
}

bool
ask_likes_best(const struct ask *a, enum ask_field field, unsigned value)
{
	return value != 0 && fields[field].wishes[a->wish[field]].best >> value & 1;
}

static int64_t
some_seconds(struct dice *d)
{
	return DICE_OF(d, 0, 1, 3, 10, 30, 60, 300, 100000);
}

static void
random_demands(struct ask *a, struct dice *d)
{
	a->no_cache = dice_percent(d, 4);
	a->pragma = dice_percent(d, 2);
	a->no_store = dice_percent(d, 3);
	a->only_if_cached = dice_percent(d, 4);
	a->max_age = dice_percent(d, 6) ? some_seconds(d) : ASK_NONE;
	a->min_fresh = dice_percent(d, 4) ? some_seconds(d) : ASK_NONE;
	a->max_stale = dice_percent(d, 6) ? some_seconds(d) : dice_percent(d, 3) ? ASK_FOREVER : ASK_NONE;
}

static void
random_range(struct ask *a, struct dice *d, uint64_t known)
{
	a->ranged = true;
	a->first = DICE_OF(d, 0, 0, 1, 10, 100, 500, 3000, 40000, ASK_NONE);
	a->last = a->first + DICE_OF(d, 0, 1, 99, 400, 5000, 100000);
	if (a->first == ASK_NONE)
		a->last = DICE_OF(d, 1, 10, 200, 100000);
	else if (dice_percent(d, 30))
		a->last = ASK_NONE;
	if (dice_percent(d, 25))
		a->if_range = known;
}

void
ask_random(struct ask *a, struct dice *d, const struct ask_world *w)
{
	static const enum ask_method usual[] = { ASK_POST, ASK_PUT, ASK_STRANGE };

	*a = (struct ask){ .since = ASK_NONE };
	/* The first few are asked for most. */
	a->url = dice_below(d, dice_below(d, w->urls) + 1);
	a->method = dice_percent(d, 86)   ? ASK_GET
		    : dice_percent(d, 60) ? ASK_HEAD
					  : usual[dice_below(d, sizeof usual / sizeof usual[0])];
	a->user = dice_percent(d, 85) ? 0 : 1 + dice_below(d, 2);
	for (unsigned i = 0; i < ASK_FIELDS; i++)
		a->wish[i] = dice_percent(d, 40) ? 0 : dice_below(d, fields[i].count);
	a->spelling = dice_below(d, 8);
	random_demands(a, d);
	if (dice_percent(d, 12))
		random_range(a, d, w->known_rep);
	if (dice_percent(d, 8))
		a->etag = w->known_rep;
	a->any_etag = dice_percent(d, 1);
	if (dice_percent(d, 5))
		a->since = w->known_modified + DICE_OF(d, 0, 0, -10, 10);
}

static void
write_directive(struct text *t, const char **sep, const char *name, int64_t value)
{
	text_add(t, "%s%s", *sep, name);
	if (value >= 0)
		text_add(t, "=%lld", (long long)value);
	*sep = ", ";
}

static void
write_demands(const struct ask *a, struct text *t)
{
	const char *sep = "Cache-Control: ";

	if (a->no_cache)
		write_directive(t, &sep, "no-cache", ASK_NONE);
	if (a->no_store)
		write_directive(t, &sep, "no-store", ASK_NONE);
	if (a->only_if_cached)
		write_directive(t, &sep, "only-if-cached", ASK_NONE);
	if (a->max_age >= 0)
		write_directive(t, &sep, "max-age", a->max_age);
	if (a->min_fresh >= 0)
		write_directive(t, &sep, "min-fresh", a->min_fresh);
	if (a->max_stale != ASK_NONE)
		write_directive(t, &sep, "max-stale", a->max_stale);
	if (*sep == ',')
		text_add(t, "\r\n");
	if (a->pragma)
		text_add(t, "Pragma: no-cache\r\n");
}

static void
write_conditions(const struct ask *a, struct text *t)
{
	if (a->any_etag)
		text_add(t, "If-None-Match: *\r\n");
	else if (a->etag != 0)
		text_add(t, "If-None-Match: \"x\", \"%llx\"\r\n", (unsigned long long)a->etag);
	if (a->since != ASK_NONE)
		text_date(t, "If-Modified-Since", a->since);
	if (!a->ranged)
		return;
	if (a->first == ASK_NONE)
		text_add(t, "Range: bytes=-%lld\r\n", (long long)a->last);
	else if (a->last == ASK_NONE)
		text_add(t, "Range: bytes=%lld-\r\n", (long long)a->first);
	else
		text_add(t, "Range: bytes=%lld-%lld\r\n", (long long)a->first, (long long)a->last);
	if (a->if_range != 0)
		text_add(t, "If-Range: \"%llx\"\r\n", (unsigned long long)a->if_range);
}

void
ask_write(const struct ask *a, struct text *t)
{
	text_add(t, "%s /%u HTTP/1.1\r\nHost: site.example\r\nX-Ask: %u\r\n", methods[a->method], a->url, a->id);
	if (a->user != 0)
		text_add(t, "Authorization: Basic user%u\r\n", a->user);
	for (unsigned i = 0; i < ASK_FIELDS; i++) {
		const char *value = fields[i].wishes[a->wish[i]].spelling[a->spelling >> i & 1];

		if (value != NULL)
			text_add(t, "%s: %s\r\n", fields[i].name, value);
	}
	write_demands(a, t);
	write_conditions(a, t);
	if (!ask_is_safe(a))
		text_add(t, "Content-Length: 4\r\n");
	text_add(t, "\r\n%s", ask_is_safe(a) ? "" : "body");
}
