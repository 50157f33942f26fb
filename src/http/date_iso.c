#include "http/date_iso.h"

#include "http/date_impl.h"

/* Digits behind the point, as thousandths; all there are, though three count. */
static unsigned
thousandths(struct str *s)
{
	unsigned v = 0, worth = 100;

	if (!date_literal(s, STR(".")) && !date_literal(s, STR(",")))
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
	if (!date_digits(&s, 2, &hours))
		return false;
	date_literal(&s, STR(":"));
	if (s.n > 0 && !date_digits(&s, 2, &minutes))
		return false;
	*ahead = (int)(hours * 3600 + minutes * 60) * (west ? -1 : 1);
	return s.n == 0;
}

static bool
iso_date(struct str *s, struct civil *c)
{
	return date_digits(s, 4, &c->year) && date_literal(s, STR("-")) && date_digits(s, 2, &c->month) &&
	       date_literal(s, STR("-")) && date_digits(s, 2, &c->day) &&
	       (date_literal(s, STR("T")) || date_literal(s, STR(" "))) && date_digits(s, 2, &c->hour) &&
	       date_literal(s, STR(":")) && date_digits(s, 2, &c->minute);
}

bool
date_parse_iso(struct str s, int64_t *milliseconds)
{
	struct civil c = { 0 };
	unsigned part = 0;
	int ahead;

	if (!iso_date(&s, &c))
		return false;
	if (date_literal(&s, STR(":"))) {
		if (!date_digits(&s, 2, &c.second))
			return false;
		part = thousandths(&s);
	}
	if (!zone(s, &ahead) || c.month < 1 || c.month > 12 || !civil_exists(&c))
		return false;
	*milliseconds = (civil_seconds(&c) - ahead) * 1000 + part;
	return true;
}
