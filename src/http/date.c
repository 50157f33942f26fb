#include "http/date.h"

#include <endian.h>

#include "base/must.h"

#define DAY        86400
#define YEAR_0000  (-62167219200) /* 0000-01-01 00:00:00 */
#define YEAR_9999  253402300799   /* 9999-12-31 23:59:59 */
#define EPOCH_DAYS 719468         /* from 0000-03-01 to 1970-01-01 */
#define ERA_DAYS   146097         /* of 400 years, after which the calendar repeats */

/* Broken down, in UTC. */
struct civil {
	unsigned year;
	unsigned month; /* 1 to 12 */
	unsigned day;   /* 1 to 31 */
	unsigned hour, minute, second;
};

static const struct str weekdays[] = {
	STR_INIT("Sunday"),   STR_INIT("Monday"), STR_INIT("Tuesday"),  STR_INIT("Wednesday"),
	STR_INIT("Thursday"), STR_INIT("Friday"), STR_INIT("Saturday"),
};

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

/* The three forms. a: a weekday's three letters, A: its whole name, d: two digits of a day, e: the same with a space
 * for a zero, b: a month, Y: four digits of a year, y: two, T: a time of day, Z: the zone. All else stands for itself.
 */
static const char *const forms[] = {
	"a, d b Y T Z", /* IMF-fixdate */
	"A, d-b-y T Z", /* RFC 850 */
	"a b e T Y",    /* asctime */
};

/* Takes exactly `n` digits off the front. */
static bool
digits(struct str *s, size_t n, unsigned *out)
{
	unsigned v = 0;

	if (s->n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!ascii_digit(s->p[i]))
			return false;
		v = v * 10 + (unsigned)(s->p[i] - '0');
	}
	*s = str_skip(*s, n);
	*out = v;
	return true;
}

static bool
literal(struct str *s, struct str want)
{
	if (!str_istarts(*s, want))
		return false;
	*s = str_skip(*s, want.n);
	return true;
}

/* Which day it is does not matter, only that it is one: the date says it again. */
static bool
weekday(struct str *s, bool whole)
{
	for (size_t i = 0; i < sizeof weekdays / sizeof weekdays[0]; i++)
		if (literal(s, whole ? weekdays[i] : str_head(weekdays[i], 3)))
			return true;
	return false;
}

static bool
month(struct str *s, unsigned *out)
{
	for (unsigned m = 1; m <= 12; m++) {
		if (literal(s, str_of(months + (size_t)(m - 1) * 3, 3))) {
			*out = m;
			return true;
		}
	}
	return false;
}

static bool
two_digit_year(struct str *s, unsigned *out)
{
	if (!digits(s, 2, out))
		return false;
	*out += *out < 70 ? 2000 : 1900;
	return true;
}

static bool
time_of_day(struct str *s, struct civil *c)
{
	return digits(s, 2, &c->hour) && literal(s, STR(":")) && digits(s, 2, &c->minute) && literal(s, STR(":")) &&
	       digits(s, 2, &c->second);
}

static bool
part(char what, struct str *s, struct civil *c)
{
	switch (what) {
	case 'a':
		return weekday(s, false);
	case 'A':
		return weekday(s, true);
	case 'd':
		return digits(s, 2, &c->day);
	case 'e':
		return literal(s, STR(" ")) ? digits(s, 1, &c->day) : digits(s, 2, &c->day);
	case 'b':
		return month(s, &c->month);
	case 'Y':
		return digits(s, 4, &c->year);
	case 'y':
		return two_digit_year(s, &c->year);
	case 'T':
		return time_of_day(s, c);
	case 'Z':
		return literal(s, STR("GMT"));
	default:
		return literal(s, str_of(&what, 1));
	}
}

static bool
matches(const char *form, struct str s, struct civil *c)
{
	for (; *form != '\0'; form++)
		if (!part(*form, &s, c))
			return false;
	return s.n == 0;
}

/* ---- the short path: IMF-fixdate, spelled as date_format spells it ----
 *
 * Every byte of it has its place. So it is read as four words (the last one overlaps), and these are held against a
 * model: what differs from the model is nothing at a mark, and the digit itself where the model has a zero. */

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
	return (struct words){ load(text + DAY_AT), load(text + YEAR_AT), load(text + TIME_AT), load(text + SECONDS_AT) };
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

/* ---- what it means ---- */

static bool
leap(unsigned year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned
days_in(unsigned month, unsigned year)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return month == 2 && leap(year) ? 29 : days[month - 1];
}

static bool
exists(const struct civil *c)
{
	return c->day >= 1 && (c->day <= 28 || c->day <= days_in(c->month, c->year)) && c->hour <= 23 &&
	       c->minute <= 59 && c->second <= 60;
}

/* Years are counted from March, so that the leap day is the last of its year and month lengths follow one line: the
 * days before month m (0: March) are (153 m + 2) / 5. They are counted from an era early, since January of the year 0
 * belongs to the year before. */
static int64_t
seconds_of(const struct civil *c)
{
	unsigned year = c->year + 400 - (c->month <= 2);
	unsigned from_march = c->month <= 2 ? c->month + 9 : c->month - 3;
	unsigned day = year * 365 + year / 4 - year / 100 + year / 400 + (153 * from_march + 2) / 5 + c->day - 1;
	unsigned second = c->second == 60 ? 59 : c->second;

	return ((int64_t)day - ERA_DAYS - EPOCH_DAYS) * DAY + c->hour * 3600 + c->minute * 60 + second;
}

static bool
take_any(struct str s, struct civil *c)
{
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		if (matches(forms[i], s, c))
			return true;
	return false;
}

static bool
parse(struct str s, int64_t *seconds)
{
	struct civil c = { 0 };

	if (!take_any(s, &c) || !exists(&c))
		return false;
	*seconds = seconds_of(&c);
	return true;
}

/* ---- what a thread remembers: answers of one second have one Date, files of one release one Last-Modified ---- */

#define MEMO_BITS 3

struct memo {
	struct words text;
	int64_t seconds;
};

/* A text of zeros is looked for in the first alone: there stands one that is looked for elsewhere. */
static _Thread_local struct memo memos[1 << MEMO_BITS] = { { .text.time = 1 } };

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

/* False where it is not a date of the usual form. Not inlined: what is remembered needs few registers. */
__attribute__((noinline)) static bool
parse_usual(const struct words *w, struct memo *m)
{
	struct civil c;

	if (!take_usual(w, &c) || !exists(&c))
		return false;
	*m = (struct memo){ *w, seconds_of(&c) };
	return true;
}

bool
date_parse(struct str s, int64_t *seconds)
{
	if (LIKELY(s.n == DATE_SIZE)) {
		struct words w = words_of(s.p);
		struct memo *m = memo_of(&w);

		if (same_words(&w, &m->text) || parse_usual(&w, m)) {
			*seconds = m->seconds;
			return true;
		}
	}
	return parse(s, seconds);
}

bool
date_of_field(const struct head *h, enum hdr id, int64_t *seconds)
{
	const struct field *f = head_first(h, id);

	return f != NULL && head_next(h, f) == NULL && date_parse(field_value(f), seconds);
}

/* ---- ISO 8601 ---- */

/* Digits behind the point, as thousandths; all there are, though three count. */
static unsigned
thousandths(struct str *s)
{
	unsigned v = 0, worth = 100;

	if (!literal(s, STR(".")) && !literal(s, STR(",")))
		return 0;
	for (; s->n > 0 && ascii_digit(s->p[0]); *s = str_skip(*s, 1), worth /= 10)
		v += worth * (unsigned)(s->p[0] - '0');
	return v;
}

/* Seconds that the zone is ahead of UTC. */
static bool
zone(struct str s, int *ahead)
{
	unsigned hours = 0, minutes = 0;
	bool west = s.n > 0 && s.p[0] == '-';

	*ahead = 0;
	if (s.n == 0 || str_ieq(s, STR("Z")))
		return true;
	if (!west && s.p[0] != '+')
		return false;
	s = str_skip(s, 1);
	if (!digits(&s, 2, &hours))
		return false;
	literal(&s, STR(":"));
	if (s.n > 0 && !digits(&s, 2, &minutes))
		return false;
	*ahead = (int)(hours * 3600 + minutes * 60) * (west ? -1 : 1);
	return s.n == 0;
}

static bool
iso_date(struct str *s, struct civil *c)
{
	return digits(s, 4, &c->year) && literal(s, STR("-")) && digits(s, 2, &c->month) && literal(s, STR("-")) &&
	       digits(s, 2, &c->day) && (literal(s, STR("T")) || literal(s, STR(" "))) && digits(s, 2, &c->hour) &&
	       literal(s, STR(":")) && digits(s, 2, &c->minute);
}

bool
date_parse_iso(struct str s, int64_t *milliseconds)
{
	struct civil c = { 0 };
	unsigned part = 0;
	int ahead;

	if (!iso_date(&s, &c))
		return false;
	if (literal(&s, STR(":"))) {
		if (!digits(&s, 2, &c.second))
			return false;
		part = thousandths(&s);
	}
	if (!zone(s, &ahead) || c.month < 1 || c.month > 12 || !exists(&c))
		return false;
	*milliseconds = (seconds_of(&c) - ahead) * 1000 + part;
	return true;
}

/* The inverse of seconds_of, for the date alone. `days` since 0000-03-01, or down to January of that year. */
static void
civil_of(int64_t days, struct civil *c)
{
	int64_t era = (days + ERA_DAYS) / ERA_DAYS - 1;
	unsigned day_of_era = (unsigned)(days - era * ERA_DAYS);
	/* Less the leap days before it, every year has 365 days. */
	unsigned year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	unsigned day_of_year = day_of_era - (year_of_era * 365 + year_of_era / 4 - year_of_era / 100);
	unsigned from_march = (5 * day_of_year + 2) / 153;

	c->day = day_of_year - (153 * from_march + 2) / 5 + 1;
	c->month = from_march < 10 ? from_march + 3 : from_march - 9;
	c->year = (unsigned)(era * 400 + year_of_era + (c->month <= 2));
}

static void
put2(char *out, unsigned v)
{
	out[0] = (char)('0' + v / 10);
	out[1] = (char)('0' + v % 10);
}

void
date_format(int64_t seconds, char out[DATE_SIZE])
{
	int64_t from_march_0000;
	unsigned of_day;
	struct civil c;

	if (seconds < YEAR_0000)
		seconds = YEAR_0000;
	if (seconds > YEAR_9999)
		seconds = YEAR_9999;
	/* Counted from a Wednesday before all of them, so that no division sees a negative number. */
	seconds += (int64_t)EPOCH_DAYS * DAY + (int64_t)ERA_DAYS * DAY;
	from_march_0000 = seconds / DAY - ERA_DAYS;
	of_day = (unsigned)(seconds % DAY);
	civil_of(from_march_0000, &c);

	memcpy(out, "Day, 00 Mon 0000 00:00:00 GMT", DATE_SIZE);
	memcpy(out, weekdays[(seconds / DAY + 3) % 7].p, 3);
	put2(out + 5, c.day);
	memcpy(out + 8, months + (size_t)(c.month - 1) * 3, 3);
	put2(out + 12, c.year / 100);
	put2(out + 14, c.year % 100);
	put2(out + 17, of_day / 3600);
	put2(out + 20, of_day / 60 % 60);
	put2(out + 23, of_day % 60);
}
