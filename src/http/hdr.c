/* A name is found by one hash over its length and six of its bytes, one look into a table of slots, and one comparison
 * of whole words: some 35 instructions, whichever the name. The slots are filled from the rows before main() and never
 * change after.
 */
#include "http/hdr.h"

#include "base/must.h"

enum {
	HOP = HDR_HOP,
	TRAIL = HDR_TRAIL,
	LIST = HDR_LIST,
	SINGLE = HDR_SINGLE,
	KEEP = HDR_KEEP,
	OWN = HDR_OWN,
};

static const struct {
	struct str name;
	unsigned flags;
} rows[HDR_COUNT] = {
	[HDR_OTHER] = { STR_INIT(""), 0 },
#define HDR(id, name, flags, source) [HDR_##id] = { STR_INIT(name), flags },
#include "tbl/headers.def"
#undef HDR
};

#define SLOTS 256
_Static_assert(HDR_COUNT <= SLOTS / 2, "a probe must soon meet an empty slot");

static uint8_t slots[SLOTS]; /* enum hdr; HDR_OTHER: empty */

/* Two bytes as a number; what their order is does not matter to a hash. */
static inline uint64_t
pair(const char *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

/* `name` has two bytes or more. The multiplier is one that keeps the rows apart; should a new row share another's slot,
 * it takes the next one. */
static inline unsigned
slot_of(struct str name)
{
	uint64_t key = pair(name.p) | pair(name.p + (name.n - 1) / 2) << 16 | pair(name.p + name.n - 2) << 32;

	key |= 0x202020202020; /* letters in lower case */
	key |= (uint64_t)name.n << 48;
	return (unsigned)(key * 0x8e1de19ad7da9b41 >> 56);
}

__attribute__((constructor)) static void
fill_slots(void)
{
	for (unsigned id = HDR_OTHER + 1; id < HDR_COUNT; id++) {
		unsigned at = slot_of(rows[id].name);

		while (slots[at] != HDR_OTHER)
			at = (at + 1) % SLOTS;
		slots[at] = (uint8_t)id;
	}
}

static inline uint64_t
load(const char *p, size_t n)
{
	uint64_t v = 0;

	memcpy(&v, p, n);
	return v;
}

/* 0 where `n` bytes are the same but for the case of letters. `row` holds letters, digits and "-" alone: of these,
 * letters are what has bit 6, and one place below it lies the bit that makes their case. */
static inline uint64_t
differ(const char *p, const char *row, size_t n)
{
	uint64_t want = load(row, n);
	uint64_t case_bits = (want & 0x4040404040404040) >> 1;

	return (load(p, n) ^ want) & ~case_bits;
}

/* Both have `n` bytes, two or more. The last word overlaps the one before where `n` is no multiple. */
static inline bool
same(const char *p, const char *row, size_t n)
{
	if (n < 4)
		return (differ(p, row, 2) | differ(p + n - 2, row + n - 2, 2)) == 0;
	if (n < 8)
		return (differ(p, row, 4) | differ(p + n - 4, row + n - 4, 4)) == 0;
	for (size_t i = 0; i + 8 < n; i += 8)
		if (differ(p + i, row + i, 8) != 0)
			return false;
	return differ(p + n - 8, row + n - 8, 8) == 0;
}

enum hdr
hdr_id(struct str name)
{
	if (UNLIKELY(name.n < 2))
		return HDR_OTHER;
	for (unsigned at = slot_of(name); slots[at] != HDR_OTHER; at = (at + 1) % SLOTS) {
		struct str row = rows[slots[at]].name;

		if (LIKELY(row.n == name.n && same(name.p, row.p, name.n)))
			return (enum hdr)slots[at];
	}
	return HDR_OTHER;
}

struct str
hdr_name(enum hdr id)
{
	return rows[id].name;
}

unsigned
hdr_flags(enum hdr id)
{
	return rows[id].flags;
}
