/* Dates that are not spelled as date_format spells them: all that RFC 9110 5.6.7 allows. Off the short path. */
#include "http/date_impl.h"

/* The three forms. a: a weekday's three letters, A: its whole name, d: two digits of a day, e: the same with a space
 * for a zero, b: a month, Y: four digits of a year, y: two, T: a time of day, Z: the zone. All else stands for itself.
 */
static const char *const forms[] = {
	"a, d b Y T Z", /* IMF-fixdate */
	"A, d-b-y T Z", /* RFC 850 */
	"a b e T Y",    /* asctime */
};

bool
date_digits(struct str *s, size_t n, unsigned *out)
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

bool
date_literal(struct str *s, struct str want)
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
	for (size_t i = 0; i < sizeof date_weekdays / sizeof date_weekdays[0]; i++)
		if (date_literal(s, whole ? date_weekdays[i] : str_head(date_weekdays[i], 3)))
			return true;
	return false;
}

static bool
month(struct str *s, unsigned *out)
{
	for (unsigned m = 1; m <= 12; m++) {
		if (date_literal(s, str_of(date_months + (size_t)(m - 1) * 3, 3))) {
			*out = m;
			return true;
		}
	}
	return false;
}

static bool
two_digit_year(struct str *s, unsigned *out)
{
	if (!date_digits(s, 2, out))
		return false;
	*out += *out < 70 ? 2000 : 1900;
	return true;
}

static bool
time_of_day(struct str *s, struct civil *c)
{
	return date_digits(s, 2, &c->hour) && date_literal(s, STR(":")) && date_digits(s, 2, &c->minute) &&
	       date_literal(s, STR(":")) && date_digits(s, 2, &c->second);
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
		return date_digits(s, 2, &c->day);
	case 'e':
		return date_literal(s, STR(" ")) ? date_digits(s, 1, &c->day) : date_digits(s, 2, &c->day);
	case 'b':
		return month(s, &c->month);
	case 'Y':
		return date_digits(s, 4, &c->year);
	case 'y':
		return two_digit_year(s, &c->year);
	case 'T':
		return time_of_day(s, c);
	case 'Z':
		return date_literal(s, STR("GMT"));
	default:
		return date_literal(s, str_of(&what, 1));
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

bool
date_take_odd(struct str s, struct civil *c)
{
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		if (matches(forms[i], s, c))
			return true;
	return false;
}
