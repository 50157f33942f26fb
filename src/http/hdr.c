#include "http/hdr.h"

#include "http/hdr_impl.h"

enum {
	HOP = HDR_HOP,
	TRAIL = HDR_TRAIL,
	LIST = HDR_LIST,
	SINGLE = HDR_SINGLE,
	KEEP = HDR_KEEP,
	OWN = HDR_OWN,
	QUIET = HDR_QUIET,
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

/* Of the rows whose bits are in word `word` of head.present, those that are quiet. */
#define QUIET_BIT(word, id, flags) \
	((id) / 64 == (word) && ((flags) & QUIET) != 0 ? UINT64_C(1) << (id) % 64 : 0)

const uint64_t hdr_quiet[2] = {
#define HDR(id, name, flags, source) | QUIET_BIT(0, HDR_##id, flags)
	UINT64_C(1) << HDR_OTHER
#include "tbl/headers.def"
#undef HDR
	,
#define HDR(id, name, flags, source) | QUIET_BIT(1, HDR_##id, flags)
	0
#include "tbl/headers.def"
#undef HDR
};

uint8_t hdr_slots[HDR_SLOTS];
struct hdr_match hdr_matches[HDR_COUNT];
struct hdr_row hdr_rows[HDR_COUNT];
#ifdef SCAN_WIDE
const uint8_t hdr_caseless[32] = { [0 ... 15] = HDR_CASELESS };
#endif

/* Rows hold letters, digits and "-" alone: of these, letters are what has bit 6, and one place below it lies the bit
 * that makes their case. */
static uint64_t
case_bits(uint64_t word)
{
	return (word & 0x4040404040404040) >> 1;
}

__attribute__((constructor)) static void
fill_tables(void)
{
	for (unsigned id = HDR_OTHER + 1; id < HDR_COUNT; id++) {
		struct hdr_words w = hdr_words(rows[id].name), bits = { case_bits(w.first), case_bits(w.last) };
		unsigned at = hdr_slot(w);

		hdr_matches[id] = (struct hdr_match){
			.n = rows[id].name.n,
			.lower = { w.first | bits.first, w.last | bits.last },
			.case_bits = bits,
		};
		hdr_rows[id].bit[id / 64] = UINT64_C(1) << id % 64;
		if (rows[id].name.n <= 16)
			hdr_rows[id].whole =
			    (struct hdr_words){ w.first & HDR_ALL_CASELESS, w.last & HDR_ALL_CASELESS };
		while (hdr_slots[at] != HDR_OTHER)
			at = (at + 1) % HDR_SLOTS;
		hdr_slots[at] = (uint8_t)id;
	}
}

enum hdr
hdr_search(struct str name)
{
	struct hdr_words w;

	if (name.n < 2)
		return HDR_OTHER;
	w = hdr_words(name);
	for (unsigned at = hdr_slot(w); hdr_slots[at] != HDR_OTHER; at = (at + 1) % HDR_SLOTS) {
		enum hdr id = (enum hdr)hdr_slots[at];

		if (!hdr_same_ends(name, w, id))
			continue;
		if (name.n <= 16 || str_ieq(str_of(name.p + 8, name.n - 16), str_of(rows[id].name.p + 8, name.n - 16)))
			return id;
	}
	return HDR_OTHER;
}

enum hdr
hdr_id(struct str name)
{
	return hdr_find(name);
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
