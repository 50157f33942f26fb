#include "explain/words.h"

#include "base/utf8.h"

/* ---- numbers ---- */

void
words_count(struct strbuf *out, uint64_t n, struct str one, struct str many)
{
	strbuf_u64(out, n);
	strbuf_char(out, ' ');
	strbuf_add(out, n == 1 ? one : many);
}

void
words_time(struct strbuf *out, int64_t seconds)
{
	static const struct {
		int64_t size;
		struct str one, many;
	} units[] = {
		{ 86400, STR_INIT("day"), STR_INIT("days") },
		{ 3600, STR_INIT("hour"), STR_INIT("hours") },
		{ 60, STR_INIT("minute"), STR_INIT("minutes") },
		{ 1, STR_INIT("second"), STR_INIT("seconds") },
	};
	unsigned i = 0;
	int64_t rest;

	seconds = seconds < 0 ? 0 : seconds;
	while (i < 3 && seconds < units[i].size)
		i++;
	words_count(out, (uint64_t)(seconds / units[i].size), units[i].one, units[i].many);
	rest = i < 3 ? seconds % units[i].size / units[i + 1].size : 0;
	if (rest == 0)
		return;
	strbuf_char(out, ' ');
	words_count(out, (uint64_t)rest, units[i + 1].one, units[i + 1].many);
}

/* `v` tenths, without ".0" and without tenths where there are ten or more. */
static void
tenths(struct strbuf *out, uint64_t v)
{
	strbuf_u64(out, v / 10);
	if (v >= 100 || v % 10 == 0)
		return;
	strbuf_char(out, '.');
	strbuf_u64(out, v % 10);
}

void
words_bytes(struct strbuf *out, uint64_t n)
{
	static const struct str units[] = { STR_INIT(" kB"), STR_INIT(" MB"), STR_INIT(" GB"), STR_INIT(" TB") };
	unsigned i = 0;

	if (n < 1000) {
		strbuf_u64(out, n);
		strbuf_lit(out, " B");
		return;
	}
	for (; n >= 1000000 && i < 3; i++)
		n /= 1000;
	tenths(out, n / 100);
	strbuf_add(out, units[i]);
}

void
words_us(struct strbuf *out, int64_t us)
{
	uint64_t v = us < 0 ? 0 : (uint64_t)us;

	if (v < 1000000) {
		tenths(out, v / 100);
		strbuf_lit(out, " ms");
	} else {
		tenths(out, v / 100000);
		strbuf_lit(out, " s");
	}
}

/* ---- texts of others ---- */

static const char hex[] = "0123456789abcdef";

static void
put_code(struct strbuf *out, uint32_t code)
{
	if (code < 0x20 || code == 0x7f)
		strbuf_add(out, str_of((char[]){ '\\', 'x', hex[code >> 4], hex[code & 15] }, 4));
	else
		strbuf_printf(out, "\\u%04x", code);
}

static size_t
plain_bytes(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] >= ' ' && s.p[n] < 0x7f)
		n++;
	return n;
}

/* The character, or byte, that `s` starts with; returns its bytes. */
static size_t
put_one(struct strbuf *out, struct str s)
{
	uint32_t code = 0;
	size_t n = utf8_next(s, &code);

	if (n == 0) {
		unsigned char byte = (unsigned char)s.p[0];

		strbuf_add(out, str_of((char[]){ '\\', 'x', hex[byte >> 4], hex[byte & 15] }, 4));
		return 1;
	}
	if (utf8_acts(code))
		put_code(out, code);
	else
		strbuf_add(out, str_head(s, n));
	return n;
}

void
words_harmless(struct strbuf *out, struct str s, size_t most)
{
	struct str shown = str_head(s, most);

	while (shown.n > 0) {
		size_t plain = plain_bytes(shown);

		strbuf_add(out, str_head(shown, plain));
		shown = str_skip(shown, plain);
		if (shown.n > 0)
			shown = str_skip(shown, put_one(out, shown));
	}
	if (s.n > most) {
		strbuf_lit(out, "... (");
		strbuf_u64(out, s.n - most);
		strbuf_lit(out, " more bytes)");
	}
}

/* ---- places ---- */

struct str
words_town(struct str place)
{
	static const struct {
		char code[4];
		struct str town;
	} rows[] = {
#define AIRPORT(code, town) { code, STR_INIT(town) },
#include "tbl/airports.def"
#undef AIRPORT
	};
	size_t low = 0, high = sizeof rows / sizeof rows[0];
	char code[3];

	if (place.n < 3 || (place.n > 3 && place.p[3] != '-' && !ascii_digit(place.p[3])))
		return STR("");
	for (unsigned i = 0; i < 3; i++)
		code[i] = ascii_lower(place.p[i]) == place.p[i] ? (char)(place.p[i] & ~0x20) : place.p[i];
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = memcmp(code, rows[middle].code, 3);

		if (order == 0)
			return rows[middle].town;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return STR("");
}
