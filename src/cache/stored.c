#include "cache/stored_impl.h"

#include "base/must.h"
#include "http/date.h"
#include "http/fields.h"

/* ---- which fields are kept ---- */

/* RFC 9111 5.2.2.7, 5.2.2.4. Fields that no-cache="..." names might be kept and validated before use; leaving them out
 * is allowed, and cannot go wrong. */
static bool
withheld(const struct draft *d, const struct field *f)
{
	uint32_t bits = d->meta->cc.bits;

	return ((bits & CC_PRIVATE_FIELDS) && cc_names_field(d->head, CC_PRIVATE_FIELDS, field_name(f))) ||
	       ((bits & CC_NO_CACHE_FIELDS) && cc_names_field(d->head, CC_NO_CACHE_FIELDS, field_name(f)));
}

static bool
strips_cookies(const struct draft *d)
{
	return d->strip_cookies && !d->relay;
}

/* What is for nobody but the client that asked. */
static bool
is_personal(const struct draft *d, const struct field *f)
{
	return (f->id == HDR_SET_COOKIE && strips_cookies(d)) || withheld(d, f);
}

/* What is not for the store, though it is for the client that asked. A part's place is worked out for each response
 * from the store. */
static bool
left_out(const struct draft *d, const struct field *f)
{
	return (f->id == HDR_CONTENT_RANGE && (d->meta->flags & META_PARTIAL)) || is_personal(d, f);
}

/* Where not, no field is left out, and none has to be asked. */
static bool
may_leave_out(const struct draft *d)
{
	return strips_cookies(d) || (d->meta->flags & META_PARTIAL) ||
	       (d->meta->cc.bits & (CC_PRIVATE_FIELDS | CC_NO_CACHE_FIELDS));
}

bool
stored_is_personal(const struct draft *d)
{
	for (uint32_t i = 0; i < d->head->count; i++)
		if (is_personal(d, &d->head->fields[i]))
			return true;
	return false;
}

/* Is it part of the response at all? */
static bool
travels(const struct draft *d, const struct field *f)
{
	if (UNLIKELY(f->id == HDR_OTHER))
		return !field_is_hop(d->head, f);
	if (f->id == HDR_DATE && (d->meta->flags & META_DATE_ADDED))
		return false;
	return !(hdr_flags(f->id) & (HDR_HOP | HDR_TRAIL | HDR_OWN));
}

bool
stored_keeps(const struct draft *d, const struct field *f)
{
	return travels(d, f) && (d->relay || !left_out(d, f));
}

bool
stored_holds_back(const struct draft *d)
{
	for (uint32_t i = 0; i < d->head->count && may_leave_out(d); i++)
		if (left_out(d, &d->head->fields[i]) && travels(d, &d->head->fields[i]))
			return true;
	return false;
}

/* ---- packing ---- */

#define SEPARATOR  ": "
#define LINE_END   "\r\n"
#define LINE_EXTRA (sizeof SEPARATOR - 1 + sizeof LINE_END - 1)

/* A row of the table: an id, and the length of a line. */
#define ROW_MAX (1 + (size_t)5)

static size_t
line_length(const struct field *f)
{
	return f->name_n + f->value_n + LINE_EXTRA;
}

/* Room for rows, behind which there is that for the texts. */
static size_t
rows_most(const struct draft *d)
{
	return (d->head->count + 1) * ROW_MAX;
}

size_t
stored_most(const struct draft *d)
{
	size_t n = STORED_HEADER + STORED_NUMBERS_MAX + rows_most(d) + hdr_name(HDR_DATE).n + DATE_SIZE + LINE_EXTRA;

	for (uint32_t i = 0, count = d->head->count; i < count; i++)
		n += line_length(&d->head->fields[i]);
	return n + d->key.n + d->chain.n + d->vary_names.n + d->vary_values.n;
}

/* The Date that stands in for none (RFC 9110 6.6.1). */
static struct field
added_date(const struct draft *d, char text[DATE_SIZE])
{
	struct str name = hdr_name(HDR_DATE);

	date_format(d->meta->date, text);
	return (struct field){ name.p, text, DATE_SIZE, (uint16_t)name.n, HDR_DATE };
}

/* Everything but the texts and the table. */
static uint8_t *
put_numbers(const struct draft *d, uint8_t *at)
{
	unsigned flags = d->meta->flags & ~(strips_cookies(d) ? (unsigned)META_SET_COOKIE : 0);

	packed_put(&at, d->key.n);
	packed_put(&at, d->chain.n);
	packed_put(&at, d->vary_names.n);
	packed_put(&at, d->vary_values.n);
	packed_put_signed(&at, (int64_t)((uint64_t)d->trail_ms - (uint64_t)d->meta->received_ms));
	stored_meta_put(&at, d->meta, flags);
	return at;
}

/* Where the next line and its row of the table are written. */
struct pen {
	uint32_t present;
	uint8_t *row;
	char *at;
};

/* Does it stand in the head that was read as it is to be here? Then it is one run of bytes. */
static inline bool
is_in_one_run(const struct field *f)
{
	return f->value == f->name + f->name_n + sizeof SEPARATOR - 1 &&
	       memcmp(f->name + f->name_n, SEPARATOR, sizeof SEPARATOR - 1) == 0;
}

static inline struct pen
put_line(struct pen pen, const struct field *f)
{
	size_t length = line_length(f);

	pen.present |= stored_bit(f->id);
	*pen.row++ = (uint8_t)f->id;
	packed_put(&pen.row, length);
	if (LIKELY(is_in_one_run(f))) {
		pen.at = str_put(pen.at, str_of(f->name, length - (sizeof LINE_END - 1)));
	} else {
		pen.at = str_put(pen.at, field_name(f));
		pen.at = str_put(pen.at, STR(SEPARATOR));
		pen.at = str_put(pen.at, field_value(f));
	}
	memcpy(pen.at, LINE_END, sizeof LINE_END - 1);
	pen.at += sizeof LINE_END - 1;
	return pen;
}

static struct pen
put_lines(const struct draft *d, struct pen pen)
{
	bool all = d->relay || !may_leave_out(d);
	char text[DATE_SIZE];
	struct field date;

	for (uint32_t i = 0, count = d->head->count; i < count; i++) {
		const struct field *f = &d->head->fields[i];

		if (travels(d, f) && (all || !left_out(d, f)))
			pen = put_line(pen, f);
	}
	if (!(d->meta->flags & META_DATE_ADDED))
		return pen;
	date = added_date(d, text);
	return put_line(pen, &date);
}

/* The rows are written behind all that there may be, and go to where they belong when it is known where that is. */
size_t
stored_pack(const struct draft *d, void *mem, size_t most)
{
	struct stored *s = mem;
	uint8_t *rows = (uint8_t *)mem + most - rows_most(d);
	uint8_t *text = put_numbers(d, s->numbers);
	struct pen pen = put_lines(d, (struct pen){ .row = rows, .at = (char *)text });

	s->present = pen.present;
	s->text = (uint16_t)(text - (uint8_t *)mem);
	s->lines = (uint32_t)(pen.at - (char *)text);
	pen.at = str_put(pen.at, d->key);
	pen.at = str_put(pen.at, d->chain);
	pen.at = str_put(pen.at, d->vary_names);
	pen.at = str_put(pen.at, d->vary_values);
	s->table = (uint16_t)(pen.row - rows);
	memmove(pen.at, rows, s->table);
	s->bytes = (uint32_t)(pen.at + s->table - (char *)mem);
	if (s->bytes - s->text < STORED_META_SLACK) /* a head without anything */
		s->bytes = s->text + STORED_META_SLACK;
	return s->bytes;
}

/* ---- reading ---- */

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
	out->value = line + name + sizeof SEPARATOR - 1;
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
