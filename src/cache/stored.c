#include "cache/stored_impl.h"

#include "base/must.h"

enum text {
	KEY,
	CHAIN,
	VARY_NAMES,
	VARY_VALUES,
	TEXTS,
};

/* Where the texts behind the lines end, one after the other, and the numbers behind the lengths begin. */
struct texts {
	size_t end[TEXTS];
	const uint8_t *numbers;
};

/* Lengths of more than a byte. */
static void
find_long_texts(const struct stored *s, struct texts *out)
{
	const uint8_t *at = s->numbers;
	size_t end = 0;

	for (int i = 0; i < TEXTS; i++) {
		end += packed_take(&at);
		out->end[i] = end;
	}
	out->numbers = at;
}

/* Nearly always each length has one byte: they are looked at together. */
static inline void
find_texts(const struct stored *s, struct texts *out)
{
	uint8_t n[TEXTS];
	uint32_t all;

	memcpy(&all, s->numbers, sizeof all);
	memcpy(n, s->numbers, sizeof n);
	if (UNLIKELY(all & 0x80808080)) {
		find_long_texts(s, out);
		return;
	}
	out->end[KEY] = n[KEY];
	out->end[CHAIN] = out->end[KEY] + n[CHAIN];
	out->end[VARY_NAMES] = out->end[CHAIN] + n[VARY_NAMES];
	out->end[VARY_VALUES] = out->end[VARY_NAMES] + n[VARY_VALUES];
	out->numbers = s->numbers + TEXTS;
}

_Static_assert(TEXTS == sizeof(uint32_t), "find_texts reads the lengths as one word");

static inline struct str
text(const struct stored *s, enum text which)
{
	struct texts t;
	size_t from;

	find_texts(s, &t);
	from = which == KEY ? 0 : t.end[which - 1];
	return str_of((const char *)s + s->text + s->lines + from, t.end[which] - from);
}

static inline const uint8_t *
behind_lengths(const struct stored *s)
{
	struct texts t;

	find_texts(s, &t);
	return t.numbers;
}

size_t
stored_bytes(const struct stored *s)
{
	return s->bytes;
}

void
stored_meta(const struct stored *s, struct meta *out)
{
	const uint8_t *at = behind_lengths(s);

	packed_take(&at);
	stored_meta_take(at, out);
}

struct str
stored_lines(const struct stored *s)
{
	return str_of((const char *)s + s->text, s->lines);
}

struct str
stored_chain(const struct stored *s)
{
	return text(s, CHAIN);
}

struct str
stored_key(const struct stored *s)
{
	return text(s, KEY);
}

struct str
stored_vary_names(const struct stored *s)
{
	struct str names = text(s, VARY_NAMES);

	return names.n == 0 ? STR_NONE : names;
}

struct str
stored_vary_values(const struct stored *s)
{
	return text(s, VARY_VALUES);
}

int64_t
stored_trail_ms(const struct stored *s)
{
	const uint8_t *at = behind_lengths(s);
	int64_t since = packed_take_signed(&at);

	return (int64_t)((uint64_t)stored_meta_received_ms(at) + (uint64_t)since);
}

void
stored_walk_init(struct stored_walk *w, const struct stored *s)
{
	w->table = (const uint8_t *)s + s->bytes - s->table;
	w->line = (const char *)s + s->text;
	w->end = w->line + s->lines;
}

/* A name that the table knows is as long as the table spells it; any other ends at its colon. */
static void
take_apart(const char *line, size_t length, unsigned id, struct field *out)
{
	size_t name = id == HDR_OTHER ? (size_t)str_chr(str_of(line, length), ':') : hdr_name(id).n;

	out->id = (uint16_t)id;
	out->name = line;
	out->name_n = (uint16_t)name;
	out->value = line + name + SEPARATOR_N;
	out->value_n = (uint32_t)(length - name - LINE_EXTRA);
}

bool
stored_walk_next(struct stored_walk *w, struct field *out)
{
	unsigned id;
	size_t length;

	if (w->line == w->end)
		return false;
	id = *w->table++;
	length = packed_take(&w->table);
	take_apart(w->line, length, id, out);
	w->line += length;
	return true;
}

struct str
stored_field(const struct stored *s, enum hdr id)
{
	struct stored_walk w;
	struct field f;

	if (!(s->present & stored_bit(id)))
		return STR_NONE;
	stored_walk_init(&w, s);
	while (w.line != w.end) {
		bool found = *w.table++ == id;
		size_t length = packed_take(&w.table);

		if (found) {
			take_apart(w.line, length, id, &f);
			return field_value(&f);
		}
		w.line += length;
	}
	return STR_NONE;
}

bool
stored_tells_of_tiers(const struct stored *s)
{
	if (stored_chain(s).n > 0)
		return true;
	if (LIKELY(!(s->present & (stored_bit(HDR_VIA) | stored_bit(HDR_PROXY_STATUS)))))
		return false;
	return stored_field(s, HDR_VIA).p != NULL || stored_field(s, HDR_PROXY_STATUS).p != NULL;
}

bool
stored_head(const struct stored *s, struct head *out, struct arena *a)
{
	struct stored_walk w;
	struct field f;
	struct meta m;

	stored_meta(s, &m);
	head_init(out, a);
	out->status = m.status;
	out->minor = m.flags & META_HTTP_1_0 ? 0 : 1;
	stored_walk_init(&w, s);
	while (stored_walk_next(&w, &f))
		if (!head_add(out, field_name(&f), field_value(&f)))
			return false;
	return true;
}
