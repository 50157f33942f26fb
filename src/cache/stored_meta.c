#include "cache/stored_impl.h"

#include "base/clock.h"

/* Which members follow; above enum meta_flag. */
enum {
	HAS_EXPIRES = 1 << 16,
	EXPIRES_INVALID = 1 << 17,
	HAS_LAST_MODIFIED = 1 << 18,
	HAS_AGE = 1 << 19,
};

/* Wraps where clocks are mad, and comes back when it is added again. */
static int64_t
minus(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t
plus(int64_t a, int64_t b)
{
	return (int64_t)((uint64_t)a + (uint64_t)b);
}

/* ---- directives ---- */

static const struct {
	enum cc_bit bit;
	size_t at;
} numbers[] = {
	{ CC_MAX_AGE, offsetof(struct cc, max_age) },
	{ CC_S_MAXAGE, offsetof(struct cc, s_maxage) },
	{ CC_SWR, offsetof(struct cc, swr) },
	{ CC_SIE, offsetof(struct cc, sie) },
	{ CC_MAX_STALE, offsetof(struct cc, max_stale) },
	{ CC_MIN_FRESH, offsetof(struct cc, min_fresh) },
};

#define NUMBERS (sizeof numbers / sizeof numbers[0])

static void
put_cc(uint8_t **at, const struct cc *cc)
{
	packed_put(at, cc->bits);
	for (size_t i = 0; i < NUMBERS; i++)
		if (cc->bits & numbers[i].bit)
			packed_put(at, *(const uint32_t *)((const char *)cc + numbers[i].at));
}

static void
take_cc(const uint8_t **at, struct cc *cc)
{
	*cc = (struct cc){ .bits = (uint32_t)packed_take(at) };
	for (size_t i = 0; i < NUMBERS; i++)
		if (cc->bits & numbers[i].bit)
			*(uint32_t *)((char *)cc + numbers[i].at) = (uint32_t)packed_take(at);
}

/* ---- the whole ---- */

static uint32_t
bits_of(const struct meta *m)
{
	uint32_t bits = m->flags;

	if (m->expires == META_INVALID)
		bits |= EXPIRES_INVALID;
	else if (m->expires != META_ABSENT)
		bits |= HAS_EXPIRES;
	if (m->last_modified != META_ABSENT)
		bits |= HAS_LAST_MODIFIED;
	if (m->age != 0)
		bits |= HAS_AGE;
	return bits;
}

/* Times near each other are written as differences: of the date to its receipt, of the others to the date. */
void
stored_meta_put(uint8_t **at, const struct meta *m)
{
	uint32_t bits = bits_of(m);

	packed_put_signed(at, m->received_ms);
	packed_put(at, bits);
	packed_put(at, m->status);
	packed_put_signed(at, minus(m->received_ms, m->requested_ms));
	packed_put_signed(at, minus(m->date, m->received_ms / MS_PER_S));
	if (bits & HAS_EXPIRES)
		packed_put_signed(at, minus(m->expires, m->date));
	if (bits & HAS_LAST_MODIFIED)
		packed_put_signed(at, minus(m->last_modified, m->date));
	if (bits & HAS_AGE)
		packed_put(at, m->age);
	put_cc(at, &m->cc);
	if (bits & META_TARGETED)
		put_cc(at, &m->targeted);
}

void
stored_meta_take(const uint8_t **at, struct meta *m)
{
	uint32_t bits;

	m->received_ms = packed_take_signed(at);
	bits = (uint32_t)packed_take(at);
	m->flags = (uint16_t)bits;
	m->status = (uint16_t)packed_take(at);
	m->requested_ms = minus(m->received_ms, packed_take_signed(at));
	m->date = plus(m->received_ms / MS_PER_S, packed_take_signed(at));
	m->expires = bits & EXPIRES_INVALID ? META_INVALID : META_ABSENT;
	if (bits & HAS_EXPIRES)
		m->expires = plus(m->date, packed_take_signed(at));
	m->last_modified = META_ABSENT;
	if (bits & HAS_LAST_MODIFIED)
		m->last_modified = plus(m->date, packed_take_signed(at));
	m->age = bits & HAS_AGE ? (uint32_t)packed_take(at) : 0;
	take_cc(at, &m->cc);
	m->targeted = (struct cc){ 0 };
	if (bits & META_TARGETED)
		take_cc(at, &m->targeted);
}
