#include "trail/dialect_impl.h"

enum dialect {
	DIALECT_nobody,
#define DIALECT(name) DIALECT_##name,
#include "tbl/dialects.def"
#undef DIALECT
	DIALECTS
};

static void (*const readers[DIALECTS])(struct reading *r) = {
#define DIALECT(name) [DIALECT_##name] = read_##name,
#include "tbl/dialects.def"
#undef DIALECT
};

static const uint8_t dialect_of[TOLD_COUNT] = {
#define KNOWN(id, dialect)       [TOLD_##id] = DIALECT_##dialect,
#define TELLS(id, name, dialect) [TOLD_##id] = DIALECT_##dialect,
#include "tbl/tier_fields.def"
#undef KNOWN
#undef TELLS
};
_Static_assert(DIALECTS <= 64, "a set of dialects is a word of 64 bits");

/* The one walk over the head. Returns the dialects whose fields are there, a bit each. */
static uint64_t
walk(struct reading *r)
{
	uint64_t dialects = 0;

	for (uint32_t i = 0; i < r->response->count; i++) {
		enum told t = told_of(&r->response->fields[i]);

		r->kinds[i] = (uint8_t)t;
		r->seen[t / 64] |= (uint64_t)1 << (t % 64);
		dialects |= (uint64_t)1 << dialect_of[t];
	}
	r->seen[0] &= ~((uint64_t)1 << TOLD_NOTHING);
	dialects |= (uint64_t)1 << DIALECT_last;
	return dialects & ~((uint64_t)1 << DIALECT_nobody);
}

bool
tiers_read(const struct head *response, const struct head *request, struct arena *a, struct tiers *out)
{
	uint8_t few[64];
	struct reading r = { .response = response, .request = request, .a = a };

	*out = (struct tiers){ 0 };
	r.kinds = response->count <= sizeof few ? few : arena_alloc(a, response->count);
	if (r.kinds == NULL)
		return false;
	r.next = &r.first;
	r.next_note = &r.notes;
	for (uint64_t left = walk(&r); left != 0; left &= left - 1)
		readers[__builtin_ctzll(left)](&r);
	reading_order(&r, out);
	out->notes = r.notes;
	return !arena_failed(a);
}
