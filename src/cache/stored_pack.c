/* Packs a head: which of its fields are kept, and how all of it is laid out (stored_impl.h). */
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
	if (d->passing)
		stored_meta_put_plain(&at, d->meta, flags);
	else
		stored_meta_put(&at, d->meta, flags);
	return at;
}

/* Where the next line and its row of the table are written. */
struct pen {
	char *at;
	uint8_t *row;
	uint32_t present;
};

/* Lines that stand in the head that was read as they are to stand here, one right behind the other: they are copied
 * together. The last one's end is left out. */
struct run {
	const char *begin, *end;
};

static const struct run no_run = { "\0", "\0" };

static inline char *
put_run(char *at, struct run run)
{
	if (run.begin == no_run.begin)
		return at;
	return str_put_lit(str_put(at, str_of(run.begin, (size_t)(run.end - run.begin))), LINE_END);
}

/* Does it stand in the head as it is to be here? */
static inline bool
is_in_one_piece(const struct field *f)
{
	return f->value == f->name + f->name_n + SEPARATOR_N &&
	       memcmp(f->name + f->name_n, SEPARATOR, SEPARATOR_N) == 0;
}

/* And right behind the run? */
static inline bool
continues(struct run run, const struct field *f)
{
	return f->name == run.end + LINE_END_N && memcmp(run.end, LINE_END, LINE_END_N) == 0;
}

static char *
put_apart(char *at, const struct field *f)
{
	at = str_put_lit(str_put(at, field_name(f)), SEPARATOR);
	return str_put_lit(str_put(at, field_value(f)), LINE_END);
}

static inline struct pen
put_row(struct pen pen, const struct field *f)
{
	pen.present |= stored_bit(f->id);
	*pen.row++ = (uint8_t)f->id;
	packed_put(&pen.row, line_length(f));
	return pen;
}

static struct pen
put_kept(const struct draft *d, struct pen pen)
{
	const struct field *f = d->head->fields;
	bool all = d->relay || !may_leave_out(d);
	struct run run = no_run;

	for (const struct field *end = f + d->head->count; f != end; f++) {
		if (!travels(d, f) || (!all && left_out(d, f)))
			continue;
		pen = put_row(pen, f);
		if (LIKELY(is_in_one_piece(f))) {
			if (!continues(run, f)) {
				pen.at = put_run(pen.at, run);
				run.begin = f->name;
			}
			run.end = f->value + f->value_n;
		} else {
			pen.at = put_apart(put_run(pen.at, run), f);
			run = no_run;
		}
	}
	pen.at = put_run(pen.at, run);
	return pen;
}

/* The Date that stands in for none (RFC 9110 6.6.1). */
static struct pen
put_added_date(struct pen pen, int64_t date)
{
	struct str name = hdr_name(HDR_DATE);
	char text[DATE_SIZE];
	struct field f = { name.p, text, DATE_SIZE, (uint16_t)name.n, HDR_DATE };

	date_format(date, text);
	pen = put_row(pen, &f);
	pen.at = put_apart(pen.at, &f);
	return pen;
}

/* The rows are written behind all that there may be, and go to where they belong when it is known where that is. */
size_t
stored_pack(const struct draft *d, void *mem, size_t most)
{
	struct stored *s = mem;
	uint8_t *rows = (uint8_t *)mem + most - rows_most(d);
	uint8_t *text = put_numbers(d, s->numbers);
	struct pen pen = put_kept(d, (struct pen){ .at = (char *)text, .row = rows });

	if (d->meta->flags & META_DATE_ADDED)
		pen = put_added_date(pen, d->meta->date);
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
