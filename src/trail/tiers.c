#include "trail/dialect_impl.h"

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

/* The one walk over the head. */
static void
walk(struct reading *r)
{
	for (uint32_t i = 0; i < r->response->count; i++) {
		const struct field *f = &r->response->fields[i];
		enum told t = f->value_n == 0 ? TOLD_NOTHING : told_of(f); /* an empty one tells nothing */

		r->kinds[i] = (uint8_t)t;
		r->seen[t / 64] |= (uint64_t)1 << (t % 64);
		reading_wants(r, (enum dialect)dialect_of[t]);
	}
	r->seen[0] &= ~((uint64_t)1 << TOLD_NOTHING);
	reading_wants(r, DIALECT_customer_named);
	reading_wants(r, DIALECT_last);
	r->wanted &= ~((uint64_t)1 << DIALECT_nobody);
}

/* Each dialect once, in their order. One may want others that come after it. */
static void
read_all(struct reading *r)
{
	while (r->wanted != 0) {
		int next = __builtin_ctzll(r->wanted);

		r->wanted &= r->wanted - 1;
		readers[next](r);
	}
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
	walk(&r);
	read_all(&r);
	reading_order(&r, out);
	out->notes = r.notes;
	return !arena_failed(a);
}
