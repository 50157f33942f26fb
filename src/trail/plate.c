#include "trail/plate.h"

#include "base/dec.h"

/* The most that one writes, and touches. */
#define PLATE_ROOM (PLATE_TEXT + PLATE_MORE + PLATE_NUMBERS * DEC_MAX)

#define LONG 96

/* What trail_write wants as room for a text that fits a plate. */
#define WRITING 1024

/* Numbers that nothing else in a head has, and others. */
static const uint64_t mark[PLATE_NUMBERS] = {
	[PLATE_AGE] = 1597463007, [PLATE_HITS] = 3735928559, [PLATE_TTL] = 712345678901233, [PLATE_SINCE] = 812345678901234
};
static const uint64_t proof[PLATE_NUMBERS] = {
	[PLATE_AGE] = 5, [PLATE_HITS] = 1, [PLATE_TTL] = 86400, [PLATE_SINCE] = 31
};

static void
numbers_of(const struct verdict *v, uint32_t age, uint64_t out[PLATE_NUMBERS])
{
	out[PLATE_AGE] = age;
	out[PLATE_HITS] = v->hits;
	out[PLATE_TTL] = (uint64_t)v->ttl;
	out[PLATE_SINCE] = (uint64_t)v->cairn_age;
}

/* The verdict of the order with these numbers, where it has any: what is no hit has no hits (verdict.h). */
static struct verdict
verdict_with(const struct plate_order *o, const uint64_t numbers[PLATE_NUMBERS])
{
	struct verdict v = *o->like;

	if (v.hit)
		v.hits = (uint32_t)numbers[PLATE_HITS];
	v.ttl = (int64_t)numbers[PLATE_TTL];
	v.cairn_age = (int64_t)numbers[PLATE_SINCE];
	return v;
}

/* The long way. */
static void
write_fields(struct strbuf *out, const struct plate_order *o, const uint64_t numbers[PLATE_NUMBERS])
{
	struct verdict v = verdict_with(o, numbers);
	struct trail_extra x = { .port = o->port, .miss_from = o->node->name };

	if (o->age) {
		strbuf_lit(out, "Age: ");
		strbuf_u64(out, numbers[PLATE_AGE]);
		strbuf_lit(out, "\r\n");
	}
	trail_write(out, o->node, o->who, &v, NULL, &x);
	if (o->via)
		trail_via_response(out, o->node, o->who, 1, STR_NONE);
}

/* Takes the digits of each number out of `text`, in the order in which they come; fields that are turned off have none.
 */
static bool
cut(struct plate *p, struct str text)
{
	char digits[DEC_MAX];

	p->cuts = 0;
	p->n = 0;
	for (unsigned i = 0; i < PLATE_NUMBERS; i++) {
		struct str number = str_of(digits, (size_t)(dec_put(digits, mark[i]) - digits));
		ptrdiff_t at = str_find(text, number);

		if (at < 0)
			continue;
		if (p->n + (size_t)at > PLATE_TEXT)
			return false;
		str_put(p->text + p->n, str_head(text, (size_t)at));
		p->n = (uint16_t)(p->n + at);
		p->cut[p->cuts].at = p->n;
		p->cut[p->cuts++].number = (uint8_t)i;
		text = str_skip(text, (size_t)at + number.n);
	}
	if (p->n + text.n > PLATE_TEXT)
		return false;
	str_put(p->text + p->n, text);
	p->n = (uint16_t)(p->n + text.n);
	return true;
}

/* Does it print what is written the long way? */
static bool
is_true(const struct plate *p, const struct plate_order *o)
{
	char room[WRITING], other[WRITING];
	struct strbuf written = strbuf_fixed(room, sizeof room), printed = strbuf_fixed(other, sizeof other);
	struct verdict v = verdict_with(o, proof);

	write_fields(&written, o, proof);
	plate_write(&printed, p, &v, (uint32_t)proof[PLATE_AGE]);
	return !written.over && str_eq(strbuf_str(&written), strbuf_str(&printed));
}

bool
plate_make(struct plate *p, const struct plate_order *o)
{
	char room[WRITING];
	struct strbuf text = strbuf_fixed(room, sizeof room);

	if (o->who->extras || o->node->fields.server_timing || o->like->error != PROXY_ERROR_NONE)
		return false; /* what these add differs each time */
	write_fields(&text, o, mark);
	return !text.over && cut(p, strbuf_str(&text)) && is_true(p, o);
}

/* Copies what is mostly a few dozen bytes, by the sixteen: up to fifteen more are read and written than were asked for. For
 * long ones, as where no number is between fields, the library takes half the time. */
static inline char *
copy(char *to, const char *from, size_t n)
{
	if (n > LONG)
		return (char *)memcpy(to, from, n) + n;
	for (size_t i = 0; i < n; i += 16)
		memcpy(to + i, from + i, 16);
	return to + n;
}

void
plate_write(struct strbuf *out, const struct plate *p, const struct verdict *v, uint32_t age)
{
	uint64_t numbers[PLATE_NUMBERS];
	char *at = strbuf_room(out, PLATE_ROOM);
	size_t from = 0;

	if (at == NULL)
		return;
	numbers_of(v, age, numbers);
	for (unsigned i = 0; i < p->cuts; i++) {
		size_t n = p->cut[i].at - from;

		at = dec_put(copy(at, p->text + from, n), numbers[p->cut[i].number]);
		from += n;
	}
	out->n = (size_t)(copy(at, p->text + from, p->n - from) - out->p);
}
