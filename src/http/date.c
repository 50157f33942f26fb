/* Reading dates: those of the usual form, IMF-fixdate spelled as date_format spells it, on a short path; any other one
 * by date_odd.c. */
#include "http/date.h"

#include <endian.h>

#include "base/must.h"
#include "http/date_impl.h"

/* Every byte of the usual form has its place. So it is read as four words (the last one overlaps), and these are held
 * against a model: what differs from the model is nothing at a mark, and the digit itself where the model has a zero.
 */

static const char model[] = "Day, 00 Mon 0000 00:00:00 GMT";
_Static_assert(sizeof model - 1 == DATE_SIZE, "the model is a date");

#define BYTES(n) (UINT64_C(0x0101010101010101) * (n))

/* A name and the mark behind it. */
#define NAME(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

/* Each has a slot of its own among sixteen, or eight: two in one would not compile. Slot 0 is taken, so that four zeros
 * are no name. */
#define MONTH_SLOT(name)   ((name)*61 >> 15 & 15)
#define WEEKDAY_SLOT(name) ((name)*25 >> 14 & 7)

static const struct {
	uint32_t name;
	unsigned number;
} month_slots[16] = {
#define MONTH(n, a, b, c) [MONTH_SLOT(NAME(a, b, c, ' '))] = { NAME(a, b, c, ' '), n }
	MONTH(1, 'J', 'a', 'n'), MONTH(2, 'F', 'e', 'b'),  MONTH(3, 'M', 'a', 'r'),  MONTH(4, 'A', 'p', 'r'),
	MONTH(5, 'M', 'a', 'y'), MONTH(6, 'J', 'u', 'n'),  MONTH(7, 'J', 'u', 'l'),  MONTH(8, 'A', 'u', 'g'),
	MONTH(9, 'S', 'e', 'p'), MONTH(10, 'O', 'c', 't'), MONTH(11, 'N', 'o', 'v'), MONTH(12, 'D', 'e', 'c'),
#undef MONTH
};

static const uint32_t weekday_slots[8] = {
#define WEEKDAY(a, b, c) [WEEKDAY_SLOT(NAME(a, b, c, ','))] = NAME(a, b, c, ',')
	WEEKDAY('S', 'u', 'n'), WEEKDAY('M', 'o', 'n'), WEEKDAY('T', 'u', 'e'), WEEKDAY('W', 'e', 'd'),
	WEEKDAY('T', 'h', 'u'), WEEKDAY('F', 'r', 'i'), WEEKDAY('S', 'a', 't'),
#undef WEEKDAY
};

static inline uint64_t
load(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return le64toh(v);
}

/* All bytes of a date: the last word overlaps. */
struct words {
	uint64_t day, year, time, seconds;
};

/* Where they begin. */
enum { DAY_AT = 0, YEAR_AT = 8, TIME_AT = 16, SECONDS_AT = DATE_SIZE - 8 };

static inline struct words
words_of(const char *text)
{
	return (struct words){ load(text + DAY_AT), load(text + YEAR_AT), load(text + TIME_AT),
			       load(text + SECONDS_AT) };
}

/* How eight bytes differ from the model's at `at`; the first `names` of them are not looked at. */
static inline uint64_t
differing(uint64_t word, size_t at, size_t names)
{
	return (word ^ load(model + at)) & ~((UINT64_C(1) << 8 * names) - 1);
}

/* Not 0: some byte is more than it may be at that place, nine where the model has a zero, else nothing. */
static inline uint64_t
excess(uint64_t difference, size_t at)
{
	uint64_t most = 0;

	for (unsigned i = 0; i < 8; i++)
		most |= (model[at + i] == '0' ? UINT64_C(0x7f) - 9 : UINT64_C(0x7f)) << 8 * i;
	return ((difference + most) | difference) & BYTES(0x80);
}

/* Of two digits side by side the number, where the first one stands. */
static inline uint64_t
pairs(uint64_t digits)
{
	return digits * 10 + (digits >> 8);
}

static inline unsigned
byte(uint64_t v, unsigned at)
{
	return v >> 8 * at & 0xff;
}

/* False where it is of another form, or none. */
static inline bool
take_usual(const struct words *w, struct civil *c)
{
	uint64_t day = differing(w->day, DAY_AT, 4), year = differing(w->year, YEAR_AT, 4);
	uint64_t time = differing(w->time, TIME_AT, 0), seconds = differing(w->seconds, SECONDS_AT, 0);
	uint32_t weekday = (uint32_t)w->day, month = (uint32_t)w->year;

	if ((excess(day, DAY_AT) | excess(year, YEAR_AT) | excess(time, TIME_AT) | excess(seconds, SECONDS_AT)) != 0 ||
	    weekday_slots[WEEKDAY_SLOT(weekday)] != weekday || month_slots[MONTH_SLOT(month)].name != month)
		return false;
	c->day = byte(pairs(day), 5);
	c->month = month_slots[MONTH_SLOT(month)].number;
	c->year = byte(pairs(year), 4) * 100 + byte(pairs(year), 6);
	c->hour = byte(pairs(time), 1);
	c->minute = byte(pairs(time), 4);
	c->second = byte(pairs(seconds), 2);
	return true;
}

/* ---- what a thread remembers: answers of one second have one Date, files of one release one Last-Modified ---- */

#define MEMO_BITS 3

struct memo {
	struct words text;
	int64_t seconds;
};

/* A text of zeros is looked for in the first two alone: there stands one that is looked for elsewhere. */
static _Thread_local struct memo memos[1 << MEMO_BITS] = { { .text.time = 1 }, { .text.time = 1 } };

static inline struct memo *
memo_of(const struct words *w)
{
	return &memos[(w->time ^ w->seconds) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - MEMO_BITS)];
}

static inline bool
same_words(const struct words *a, const struct words *b)
{
	return ((a->day ^ b->day) | (a->year ^ b->year) | (a->time ^ b->time) | (a->seconds ^ b->seconds)) == 0;
}

/* Not inlined: to find what is remembered no register needs to be saved. */
__attribute__((noinline)) static bool
parse_anew(struct str s, int64_t *seconds)
{
	struct civil c = { 0 };

	if (s.n == DATE_SIZE) {
		struct words w = words_of(s.p);
		struct memo *m = memo_of(&w), *beside = &memos[(m - memos) ^ 1];

		if (same_words(&w, &beside->text)) {
			*seconds = beside->seconds;
			return true;
		}
		if (take_usual(&w, &c) && civil_exists(&c)) {
			*seconds = civil_seconds(&c);
			*beside = *m; /* of two that share a place both are found again */
			*m = (struct memo){ w, *seconds };
			return true;
		}
	}
	if (!date_take_odd(s, &c) || !civil_exists(&c))
		return false;
	*seconds = civil_seconds(&c);
	return true;
}

bool
date_parse(struct str s, int64_t *seconds)
{
	if (LIKELY(s.n == DATE_SIZE)) {
		struct words w = words_of(s.p);
		const struct memo *m = memo_of(&w);

		if (LIKELY(same_words(&w, &m->text))) {
			*seconds = m->seconds;
			return true;
		}
	}
	return parse_anew(s, seconds);
}

bool
date_of_field(const struct head *h, enum hdr id, int64_t *seconds)
{
	const struct field *f = head_first(h, id);

	return f != NULL && head_next(h, f) == NULL && date_parse(field_value(f), seconds);
}
