/* The meta as it is kept. It is unpacked on every hit, and a million objects have one each: so it is neither the plain
 * struct nor a string of variable-length integers, but slots of 0, 1, 2 or 4 bytes, which of them is said in two bits
 * each. Times are differences: of the request and the date to the receipt, of the others to the date.
 *
 *   word    flags, status, and which times are there       4 bytes
 *   base    received_ms, and the sizes of the slots        8 bytes
 *   slots   what is not zero                               some 15 bytes
 *
 * What does not fit, as times of mad clocks, is kept as the plain struct behind the word.
 */
#include "cache/stored_impl.h"

#include "base/clock.h"

/* ---- the word ---- */

#define FLAG_BITS   10
#define STATUS_BITS 10

enum {
	HAS_EXPIRES = 1 << 20,
	EXPIRES_INVALID = 1 << 21,
	HAS_MODIFIED = 1 << 22,
	PLAIN = 1 << 23,
};

_Static_assert(FLAG_BITS + STATUS_BITS == 20 && META_HTTP_1_0 < 1 << FLAG_BITS, "flags and status fit below the others");

/* ---- slots ---- */

/* Of a struct cc: its bits, and what a response may say in numbers. */
enum {
	BITS,
	MAX_AGE,
	S_MAXAGE,
	SWR,
	SIE,
	CC_SLOTS,
};

enum {
	DELAY,
	DATE,
	EXPIRES,
	MODIFIED,
	AGE,
	CC,
	SLOTS = CC + CC_SLOTS,
};

#define BASE_BITS (64 - 2 * SLOTS)

/* `code`: 0 to 3, for 0, 1, 2 or 4 bytes. */
static inline unsigned
code_of(uint32_t v)
{
	return v == 0 ? 0 : 1u + (v > UINT8_MAX) + (v > UINT16_MAX);
}

static const uint8_t sizes[] = { 0, 1, 2, 4 };

static void
put(uint8_t **at, const void *p, size_t n)
{
	memcpy(*at, p, n);
	*at += n;
}

/* Returns their codes. Four bytes are written for each, of which as many stay as belong to it: STORED_META_SLACK bytes behind
 * the last are written, too. */
static uint64_t
put_slots(uint8_t **at, const uint32_t *slots, unsigned count)
{
	uint64_t codes = 0;

	for (unsigned i = 0; i < count; i++) {
		unsigned code = code_of(slots[i]);

		if (code == 0)
			continue;
		memcpy(*at, &slots[i], sizeof slots[i]);
		*at += sizes[code];
		codes |= (uint64_t)code << 2 * i;
	}
	return codes;
}

/* Without a branch: four bytes are read, and of them as many kept as belong to it. The last slot has STORED_META_SLACK
 * bytes behind it. */
static inline uint32_t
take_slot(const uint8_t **at, uint64_t code)
{
	static const uint32_t masks[] = { 0, UINT8_MAX, UINT16_MAX, UINT32_MAX };
	uint32_t v;

	memcpy(&v, *at, sizeof v);
	*at += sizes[code & 3];
	return v & masks[code & 3];
}

/* ---- what goes into them ---- */

/* The sign in the lowest bit, so that small differences stay short on both sides of zero. False where it does not fit.
 */
static bool
difference(int64_t a, int64_t b, uint32_t *out)
{
	int64_t d;

	if (__builtin_sub_overflow(a, b, &d) || d != (int32_t)d)
		return false;
	*out = (uint32_t)d << 1 ^ (uint32_t)(d >> 63);
	return true;
}

static inline int64_t
signed_of(uint32_t v)
{
	return (int32_t)(v >> 1 ^ (0 - (v & 1)));
}

static void
fill_cc(uint32_t *slots, const struct cc *cc)
{
	slots[BITS] = cc->bits;
	slots[MAX_AGE] = cc->max_age;
	slots[S_MAXAGE] = cc->s_maxage;
	slots[SWR] = cc->swr;
	slots[SIE] = cc->sie;
}

/* Directives for requests mean nothing in a response: their numbers are not kept. */
static void
take_cc(const uint8_t **at, uint64_t codes, struct cc *cc)
{
	cc->bits = take_slot(at, codes);
	cc->max_age = take_slot(at, codes >> 2 * MAX_AGE);
	cc->s_maxage = take_slot(at, codes >> 2 * S_MAXAGE);
	cc->swr = take_slot(at, codes >> 2 * SWR);
	cc->sie = take_slot(at, codes >> 2 * SIE);
	cc->max_stale = 0;
	cc->min_fresh = 0;
}

/* False where something does not fit. */
static bool
fill_slots(uint32_t slots[SLOTS], const struct meta *m)
{
	memset(slots, 0, SLOTS * sizeof *slots);
	if (!difference(m->received_ms, m->requested_ms, &slots[DELAY]) ||
	    !difference(m->date, m->received_ms / MS_PER_S, &slots[DATE]))
		return false;
	if (m->expires != META_ABSENT && m->expires != META_INVALID &&
	    !difference(m->expires, m->date, &slots[EXPIRES]))
		return false;
	if (m->last_modified != META_ABSENT && !difference(m->last_modified, m->date, &slots[MODIFIED]))
		return false;
	slots[AGE] = m->age;
	fill_cc(slots + CC, &m->cc);
	return m->received_ms >= 0 && m->received_ms >> BASE_BITS == 0 && m->flags >> FLAG_BITS == 0 &&
	       m->status >> STATUS_BITS == 0;
}

static uint32_t
word_of(const struct meta *m, unsigned flags)
{
	uint32_t word = flags | (uint32_t)m->status << FLAG_BITS;

	if (m->expires == META_INVALID)
		word |= EXPIRES_INVALID;
	else if (m->expires != META_ABSENT)
		word |= HAS_EXPIRES;
	if (m->last_modified != META_ABSENT)
		word |= HAS_MODIFIED;
	return word;
}

void
stored_meta_put_plain(uint8_t **at, const struct meta *m, unsigned flags)
{
	uint32_t word = PLAIN;
	uint16_t own = (uint16_t)flags;

	put(at, &word, sizeof word);
	put(at, m, sizeof *m);
	memcpy(*at - sizeof *m + offsetof(struct meta, flags), &own, sizeof own);
}

void
stored_meta_put(uint8_t **at, const struct meta *m, unsigned flags)
{
	uint32_t slots[SLOTS], targeted[CC_SLOTS], word = word_of(m, flags);
	uint64_t base;
	uint16_t codes;
	uint8_t *before;

	if (!fill_slots(slots, m)) {
		stored_meta_put_plain(at, m, flags);
		return;
	}
	put(at, &word, sizeof word);
	before = *at;
	*at += sizeof base;
	base = (uint64_t)m->received_ms << 2 * SLOTS | put_slots(at, slots, SLOTS);
	memcpy(before, &base, sizeof base);
	if (m->flags & META_TARGETED) {
		fill_cc(targeted, &m->targeted);
		before = *at;
		*at += sizeof codes;
		codes = (uint16_t)put_slots(at, targeted, CC_SLOTS);
		memcpy(before, &codes, sizeof codes);
	}
}

/* ---- and out of them ---- */

static void
take_times(const uint8_t **at, uint64_t codes, uint32_t word, struct meta *m)
{
	int64_t expires, modified;

	m->requested_ms = m->received_ms - signed_of(take_slot(at, codes >> 2 * DELAY));
	m->date = m->received_ms / MS_PER_S + signed_of(take_slot(at, codes >> 2 * DATE));
	expires = m->date + signed_of(take_slot(at, codes >> 2 * EXPIRES));
	modified = m->date + signed_of(take_slot(at, codes >> 2 * MODIFIED));
	m->expires = word & HAS_EXPIRES ? expires : word & EXPIRES_INVALID ? META_INVALID : META_ABSENT;
	m->last_modified = word & HAS_MODIFIED ? modified : META_ABSENT;
	m->age = take_slot(at, codes >> 2 * AGE);
}

void
stored_meta_take(const uint8_t *at, struct meta *m)
{
	uint64_t base;
	uint32_t word;
	uint16_t codes;

	memcpy(&word, at, sizeof word);
	at += sizeof word;
	if (word & PLAIN) {
		memcpy(m, at, sizeof *m);
		return;
	}
	memcpy(&base, at, sizeof base);
	at += sizeof base;
	m->flags = word & ((1 << FLAG_BITS) - 1);
	m->status = word >> FLAG_BITS & ((1 << STATUS_BITS) - 1);
	m->received_ms = (int64_t)(base >> 2 * SLOTS);
	take_times(&at, base, word, m);
	take_cc(&at, base >> 2 * CC, &m->cc);
	m->targeted = (struct cc){ 0 };
	if (m->flags & META_TARGETED) {
		memcpy(&codes, at, sizeof codes);
		at += sizeof codes;
		take_cc(&at, codes, &m->targeted);
	}
}

int64_t
stored_meta_received_ms(const uint8_t *at)
{
	uint64_t base;
	uint32_t word;
	struct meta m;

	memcpy(&word, at, sizeof word);
	at += sizeof word;
	if (word & PLAIN) {
		memcpy(&m, at, sizeof m);
		return m.received_ms;
	}
	memcpy(&base, at, sizeof base);
	return (int64_t)(base >> 2 * SLOTS);
}
