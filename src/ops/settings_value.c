#include "ops/settings_value.h"

#include "base/clock.h"
#include "base/must.h"
#include "base/strbuf.h"
#include "base/suggest.h"
#include "net/addr.h"

#define QUOTE_MAX 60

static const struct str fine = { NULL, 0 };

struct unit {
	struct str name;
	uint64_t factor;
};

static const struct unit sizes[] = {
	{ STR_INIT("K"), (uint64_t)1 << 10 },
	{ STR_INIT("M"), (uint64_t)1 << 20 },
	{ STR_INIT("G"), (uint64_t)1 << 30 },
	{ STR_INIT("T"), (uint64_t)1 << 40 },
	{ STR_INIT(""), 1 },
};

static const struct unit durations[] = {
	{ STR_INIT("ms"), 1 },
	{ STR_INIT("s"), MS_PER_S },
	{ STR_INIT("m"), 60 * MS_PER_S },
	{ STR_INIT("h"), 3600 * MS_PER_S },
	{ STR_INIT("d"), 86400 * MS_PER_S },
};

static bool
is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/* Cuts behind a whole character of UTF-8. */
static struct str
shortened(struct str s)
{
	size_t n = QUOTE_MAX;

	if (s.n <= QUOTE_MAX)
		return s;
	while (n > 0 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return str_head(s, n);
}

struct str
settings_value_quote(struct str text, struct arena *a)
{
	struct str shown = shortened(text);
	struct strbuf b = strbuf_in(a, shown.n + 8);

	strbuf_char(&b, '"');
	for (size_t i = 0; i < shown.n; i++)
		strbuf_char(&b, is_control(shown.p[i]) ? '?' : shown.p[i]);
	strbuf_add(&b, shown.n < text.n ? STR("...\"") : STR("\""));
	return strbuf_str(&b);
}

struct str
settings_value_type(enum setting_type type)
{
	switch (type) {
	case SETTING_STRING:
		return STR("text");
	case SETTING_BOOL:
		return STR("true or false");
	case SETTING_UINT:
		return STR("a number");
	case SETTING_SIZE:
		return STR("a size");
	case SETTING_DURATION:
		return STR("a duration");
	case SETTING_ADDRESS:
		return STR("an address");
	case SETTING_LIST:
		return STR("a list");
	default:
		return STR("one of a few words");
	}
}

/* ---- numbers ---- */

static bool
scaled(struct str number, uint64_t factor, uint64_t *out)
{
	uint64_t v;

	if (!str_u64(number, &v) || v > INT64_MAX / factor)
		return false;
	*out = v * factor;
	return true;
}

/* A number and a unit, the longest that fits: "ms" is not "m" and an s. */
static bool
with_unit(struct str s, const struct unit *units, size_t count, uint64_t *out)
{
	for (size_t i = 0; i < count; i++)
		if (str_ends(s, units[i].name))
			return scaled(str_head(s, s.n - units[i].name.n), units[i].factor, out);
	return false;
}

static bool
parse_size(struct str s, uint64_t *out)
{
	return with_unit(s, sizes, sizeof sizes / sizeof sizes[0], out);
}

static bool
parse_duration(struct str s, uint64_t *out)
{
	if (str_eq(s, STR("0"))) {
		*out = 0;
		return true;
	}
	return with_unit(s, durations, sizeof durations / sizeof durations[0], out);
}

static bool
parse_number(enum setting_type type, struct str s, uint64_t *out)
{
	if (type == SETTING_SIZE)
		return parse_size(s, out);
	return type == SETTING_DURATION ? parse_duration(s, out) : scaled(s, 1, out);
}

/* A bound of the table, which is written as values are. */
static uint64_t
bound(const struct setting *row, struct str text, uint64_t none)
{
	uint64_t v = none;

	if (text.n > 0)
		MUST(parse_number(row->type, text, &v));
	return v;
}

static struct str
check_bounds(const struct setting *row, struct str text, uint64_t v, struct arena *a)
{
	struct str shown;

	if (v >= bound(row, row->min, 0) && v <= bound(row, row->max, UINT64_MAX))
		return fine;
	shown = settings_value_quote(text, a);
	return arena_printf(a, "%.*s is out of bounds: at least %.*s, at most %.*s", STR_FMT(shown), STR_FMT(row->min),
			    STR_FMT(row->max));
}

static struct str
not_a_number(const struct setting *row, struct str text, struct arena *a)
{
	struct str shown = settings_value_quote(text, a);
	const char *how = "is no whole number";

	if (row->type == SETTING_SIZE)
		how = "is no size: write bytes, or a number and K, M, G or T, such as 64M";
	else if (row->type == SETTING_DURATION)
		how = "is no duration: write a number and ms, s, m, h or d, such as 300ms or 5m";
	return arena_printf(a, "%.*s %s", STR_FMT(shown), how);
}

static struct str
read_number(const struct setting *row, struct str text, struct arena *a, void *out)
{
	uint64_t v;
	struct str wrong;

	if (!parse_number(row->type, text, &v))
		return not_a_number(row, text, a);
	wrong = check_bounds(row, text, v, a);
	if (wrong.p != NULL)
		return wrong;
	if (row->type == SETTING_DURATION)
		*(int64_t *)out = (int64_t)v;
	else
		*(uint64_t *)out = v;
	return fine;
}

static struct str
read_duration(const struct setting *row, struct str text, struct arena *a, void *out)
{
	if (!str_eq(text, STR("unset")) || !str_eq(row->def, text))
		return read_number(row, text, a, out);
	*(int64_t *)out = -1;
	return fine;
}

/* ---- words ---- */

static struct str
read_bool(struct str text, struct arena *a, bool *out)
{
	struct str shown;

	if (str_ieq(text, STR("true")) || str_ieq(text, STR("yes"))) {
		*out = true;
		return fine;
	}
	if (str_ieq(text, STR("false")) || str_ieq(text, STR("no"))) {
		*out = false;
		return fine;
	}
	shown = settings_value_quote(text, a);
	return arena_printf(a, "%.*s is neither true nor false", STR_FMT(shown));
}

static struct str
no_choice(const struct setting *row, struct str text, struct arena *a)
{
	struct suggest near = suggest_begin(text);
	struct strbuf b = strbuf_in(a, 128);
	const char *before = "";
	struct str word;
	int value;

	strbuf_add(&b, settings_value_quote(text, a));
	strbuf_lit(&b, " is none of ");
	for (unsigned i = 0; settings_rows_choice(row->type, &i, &word, &value); before = ", ") {
		strbuf_printf(&b, "%s%.*s", before, STR_FMT(word));
		suggest_offer(&near, word);
	}
	if (near.best.p != NULL)
		strbuf_printf(&b, "; did you mean \"%.*s\"?", STR_FMT(near.best));
	return strbuf_str(&b);
}

static struct str
read_choice(const struct setting *row, struct str text, struct arena *a, int *out)
{
	struct str word;
	int value;

	for (unsigned i = 0; settings_rows_choice(row->type, &i, &word, &value);) {
		if (!str_eq(text, word))
			continue;
		*out = value;
		return fine;
	}
	return no_choice(row, text, a);
}

/* Controls would end up in header fields, logs and file names. */
static struct str
read_string(struct str text, struct str *out)
{
	for (size_t i = 0; i < text.n; i++)
		if (is_control(text.p[i]))
			return STR("holds a control character, such as the end of a line");
	*out = text;
	return fine;
}

static struct str
read_address(struct str text, struct arena *a, struct str *out)
{
	struct str shown;
	union addr parsed;

	if (addr_parse(text, &parsed)) {
		*out = text;
		return fine;
	}
	shown = settings_value_quote(text, a);
	return arena_printf(a, "%.*s is no address: write \"127.0.0.1:8080\", \":8080\" or \"[::1]:8080\"",
			    STR_FMT(shown));
}

struct str
settings_value_parse(const struct setting *row, struct str text, struct arena *a, void *out)
{
	switch (row->type) {
	case SETTING_LIST:
		MUST_NOT_REACH();
	case SETTING_STRING:
		return read_string(text, out);
	case SETTING_ADDRESS:
		return read_address(text, a, out);
	case SETTING_BOOL:
		return read_bool(text, a, out);
	case SETTING_UINT:
	case SETTING_SIZE:
		return read_number(row, text, a, out);
	case SETTING_DURATION:
		return read_duration(row, text, a, out);
	default:
		return read_choice(row, text, a, out);
	}
}
