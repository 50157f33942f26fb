/* Which of a response's fields tell of caches. Those that the parser knows have a number already; the others are looked
 * for by their length and three of their letters. */
#include "trail/dialect_impl.h"

static const uint8_t by_hdr[HDR_COUNT] = {
#define KNOWN(id, dialect) [HDR_##id] = TOLD_##id,
#define TELLS(id, name, dialect)
#include "tbl/tier_fields.def"
#undef KNOWN
#undef TELLS
};

static const struct str names[TOLD_COUNT] = {
#define KNOWN(id, dialect)
#define TELLS(id, name, dialect) [TOLD_##id] = STR_INIT(name),
#include "tbl/tier_fields.def"
#undef KNOWN
#undef TELLS
};

#define SLOTS 1024
_Static_assert(TOLD_COUNT < SLOTS / 4 && TOLD_COUNT <= UINT8_MAX, "a probe must soon meet an empty slot");

static uint8_t slots[SLOTS]; /* filled before main() and never changed after */

/* `name` is not empty. */
static unsigned
slot_of(struct str name)
{
	uint32_t first = (unsigned char)ascii_lower(name.p[0]), middle = (unsigned char)ascii_lower(name.p[name.n / 2]),
		 last = (unsigned char)ascii_lower(name.p[name.n - 1]);
	uint32_t key = first ^ middle << 8 ^ last << 16 ^ (uint32_t)name.n << 24;

	return key * 0x9e3779b1u >> 22;
}

__attribute__((constructor)) static void
fill_slots(void)
{
	for (unsigned t = 1; t < TOLD_COUNT; t++) {
		unsigned at;

		if (names[t].n == 0)
			continue;
		at = slot_of(names[t]);
		while (slots[at] != TOLD_NOTHING)
			at = (at + 1) % SLOTS;
		slots[at] = (uint8_t)t;
	}
}

enum told
told_of(const struct field *f)
{
	struct str name = field_name(f);

	if (f->id != HDR_OTHER)
		return (enum told)by_hdr[f->id];
	if (name.n == 0)
		return TOLD_NOTHING;
	for (unsigned at = slot_of(name); slots[at] != TOLD_NOTHING; at = (at + 1) % SLOTS)
		if (str_ieq(names[slots[at]], name))
			return (enum told)slots[at];
	return TOLD_NOTHING;
}
