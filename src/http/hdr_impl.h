/* How a field name is found, so that the parser of heads can do it without a call. Private to http/; others call
 * hdr_id.
 *
 * A name is found by its first and its last bytes, read as two words: their hash points to a row, and the same two
 * words are compared with the row's. What lies between them in a name of more than sixteen bytes is compared last.
 * Where the processor has SSE2, the two words of most names lie in one register already when the parser has found the
 * name's end. The tables are filled from the rows before main() and never change after.
 */
#ifndef CAIRN_HTTP_HDR_IMPL_H
#define CAIRN_HTTP_HDR_IMPL_H

#include <endian.h>

#include "base/must.h"
#include "http/hdr.h"
#include "http/scan_impl.h"

/* The first and the last eight bytes of a name; where it has no sixteen, its bytes and zeros behind them. */
struct hdr_words {
	uint64_t first;
	uint64_t last;
};

/* What a name is compared with: its row's words in lower case, and the bits that make the case of their letters. */
struct hdr_match {
	size_t n;
	struct hdr_words lower;
	struct hdr_words case_bits;
};

#define HDR_SLOTS 512
_Static_assert(HDR_COUNT <= HDR_SLOTS / 4, "a probe must soon meet an empty slot");

/* As head.present, in one register where the processor has such. */
typedef uint64_t hdr_bits __attribute__((vector_size(16)));

/* What the parser knows of a row; of HDR_OTHER nothing but zeros. */
struct hdr_row {
	struct hdr_words whole; /* a name of up to sixteen bytes; less, in any byte, the bit that makes a letter's case */
	hdr_bits bit;
};

extern const uint64_t hdr_quiet[2]; /* as head.present: the rows that are marked QUIET, and HDR_OTHER */

extern uint8_t hdr_slots[HDR_SLOTS]; /* enum hdr; HDR_OTHER: empty */
extern struct hdr_match hdr_matches[HDR_COUNT];
extern struct hdr_row hdr_rows[HDR_COUNT];

/* The whole search: past rows that share the slot, and with names that have a middle. */
enum hdr hdr_search(struct str name);

static inline uint64_t
hdr_load(const char *p, size_t n)
{
	uint64_t v = 0;

	memcpy(&v, p, n);
	return le64toh(v);
}

/* The last `n` bytes before `end` behind `before` others; some may be among those. */
static inline uint64_t
hdr_load_last(const char *end, size_t n, size_t before)
{
	return hdr_load(end - n, n) << 8 * before;
}

/* `name` has two bytes or more. */
static inline struct hdr_words
hdr_words(struct str name)
{
	const char *end = name.p + name.n;

	if (name.n >= 16)
		return (struct hdr_words){ hdr_load(name.p, 8), hdr_load(end - 8, 8) };
	if (name.n >= 8)
		return (struct hdr_words){ hdr_load(name.p, 8), hdr_load(end - 8, 8) >> 8 * (15 - name.n) >> 8 };
	if (name.n >= 4)
		return (struct hdr_words){ hdr_load(name.p, 4) | hdr_load_last(end, 4, name.n - 4), 0 };
	return (struct hdr_words){ hdr_load(name.p, 2) | hdr_load_last(end, 2, name.n - 2), 0 };
}

/* The multiplier is one that keeps the rows apart, and the names that come often and are none of ours; should a new row
 * share another's slot, it takes the next one. */
static inline unsigned
hdr_slot_of(uint64_t key)
{
	return (unsigned)(key * 0x058ab2e08c602213 >> 55);
}

/* Without the bit that makes a letter's case. */
#define HDR_CASELESS     0xdf
#define HDR_ALL_CASELESS (UINT64_C(0x0101010101010101) * HDR_CASELESS)

static inline unsigned
hdr_slot(struct hdr_words w)
{
	return hdr_slot_of((w.first ^ (w.last << 32 | w.last >> 32)) & HDR_ALL_CASELESS);
}

static inline bool
hdr_same_ends(struct str name, struct hdr_words w, enum hdr id)
{
	const struct hdr_match *m = &hdr_matches[id];

	return name.n == m->n && (w.first | m->case_bits.first) == m->lower.first &&
	       (w.last | m->case_bits.last) == m->lower.last;
}

static inline enum hdr
hdr_find(struct str name)
{
	struct hdr_words w;
	enum hdr id;

	if (UNLIKELY(name.n < 2))
		return HDR_OTHER;
	w = hdr_words(name);
	id = (enum hdr)hdr_slots[hdr_slot(w)];
	if (id == HDR_OTHER || (name.n <= 16 && LIKELY(hdr_same_ends(name, w, id))))
		return id;
	return hdr_search(name);
}

#ifdef SCAN_WIDE
extern const uint8_t hdr_caseless[32]; /* HDR_CASELESS sixteen times, and as many zeros */

/* The same for a name of one to sixteen letters and "-", with which `v` begins: of these no two are alike without their
 * case. */
static inline enum hdr
hdr_find_plain(__m128i v, struct str name)
{
	const void *caseless = hdr_caseless + 16 - name.n;
	__m128i words = _mm_and_si128(v, scan_load(caseless));
	__m128i key = _mm_xor_si128(words, _mm_shuffle_epi32(words, _MM_SHUFFLE(0, 1, 2, 3)));
	enum hdr id = (enum hdr)hdr_slots[hdr_slot_of((uint64_t)_mm_cvtsi128_si64(key))];
	const void *whole = &hdr_rows[id].whole;

	if (id == HDR_OTHER)
		return id;
	if (LIKELY(_mm_movemask_epi8(_mm_cmpeq_epi8(words, _mm_load_si128((const __m128i *)whole))) == SCAN_ALL))
		return id;
	return hdr_search(name);
}
#endif

#endif
