#include "http/date.h"

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

/* ---- the short path: IMF-fixdate, spelled as date_format spells it ---- */

static unsigned
two_digits(const char *p, bool *odd)
{
	unsigned high = (unsigned char)p[0] - (unsigned)'0', low = (unsigned char)p[1] - (unsigned)'0';

	*odd |= high > 9 || low > 9;
	return high * 10 + low;
}

static bool
is_weekday(const char *p)
{
	for (size_t i = 0; i < sizeof weekdays / sizeof weekdays[0]; i++)
		if (memcmp(p, weekdays[i].p, 3) == 0)
			return true;
	return false;
}

/* 1 to 12; 0: none. */
static unsigned
month_named(const char *p)
{
	for (unsigned m = 1; m <= 12; m++)
		if (memcmp(p, months + (size_t)(m - 1) * 3, 3) == 0)
			return m;
	return 0;
}

static bool
has_marks(const char *p)
{
	return memcmp(p + 3, ", ", 2) == 0 && p[7] == ' ' && p[11] == ' ' && p[16] == ' ' && p[19] == ':' &&
	       p[22] == ':' && memcmp(p + 25, " GMT", 4) == 0;
}

/* False where it is of another form, or none. */
static bool
take_usual(struct str s, struct civil *c)
{
	const char *p = s.p;
	bool odd = false;

	if (s.n != DATE_SIZE || !has_marks(p) || !is_weekday(p))
		return false;
	c->day = two_digits(p + 5, &odd);
	c->month = month_named(p + 8);
	c->year = two_digits(p + 12, &odd) * 100 + two_digits(p + 14, &odd);
	c->hour = two_digits(p + 17, &odd);
	c->minute = two_digits(p + 20, &odd);
	c->second = two_digits(p + 23, &odd);
	return !odd && c->month != 0;
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
	return c->day >= 1 && c->day <= days_in(c->month, c->year) && c->hour <= 23 && c->minute <= 59 &&
	       c->second <= 60;
}

/* Years are counted from March, so that the leap day is the last of its year and month lengths follow one line: the
 * days before month m (0: March) are (153 m + 2) / 5. */
static int64_t
seconds_of(const struct civil *c)
{
	int64_t year = (int64_t)c->year - (c->month <= 2);
	int64_t from_march = (c->month + 9) % 12;
	int64_t day_of_year = (153 * from_march + 2) / 5 + c->day - 1;
	int64_t era = (year + 400) / 400 - 1; /* rounds down: January of the year 0 belongs to the year before */
	int64_t year_of_era = year - era * 400;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
	unsigned second = c->second == 60 ? 59 : c->second;

	return (era * ERA_DAYS + day_of_era - EPOCH_DAYS) * DAY + c->hour * 3600 + c->minute * 60 + second;
}

static bool
take_any(struct str s, struct civil *c)
{
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		if (matches(forms[i], s, c))
			return true;
	return false;
}

bool
date_parse(struct str s, int64_t *seconds)
{
	struct civil c = { 0 };

	if (!take_usual(s, &c) && !take_any(s, &c))
		return false;
	if (!exists(&c))
		return false;
	*seconds = seconds_of(&c);
	return true;
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
