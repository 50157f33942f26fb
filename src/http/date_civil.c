/* Days and seconds, and what they are called. */
#include "http/date_impl.h"

const struct str date_weekdays[7] = {
	STR_INIT("Sunday"),   STR_INIT("Monday"), STR_INIT("Tuesday"),  STR_INIT("Wednesday"),
	STR_INIT("Thursday"), STR_INIT("Friday"), STR_INIT("Saturday"),
};

const char date_months[36 + 1] = "JanFebMarAprMayJunJulAugSepOctNovDec";

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

bool
civil_exists(const struct civil *c)
{
	return c->day >= 1 && (c->day <= 28 || c->day <= days_in(c->month, c->year)) && c->hour <= 23 &&
	       c->minute <= 59 && c->second <= 60;
}

/* Years are counted from March, so that the leap day is the last of its year and month lengths follow one line: the
 * days before month m (0: March) are (153 m + 2) / 5. They are counted from an era early, since January of the year 0
 * belongs to the year before. */
int64_t
civil_seconds(const struct civil *c)
{
	unsigned year = c->year + 400 - (c->month <= 2);
	unsigned from_march = c->month <= 2 ? c->month + 9 : c->month - 3;
	unsigned day = year * 365 + year / 4 - year / 100 + year / 400 + (153 * from_march + 2) / 5 + c->day - 1;
	unsigned second = c->second == 60 ? 59 : c->second;

	return ((int64_t)day - ERA_DAYS - EPOCH_DAYS) * DAY + c->hour * 3600 + c->minute * 60 + second;
}

void
civil_of_days(int64_t days, struct civil *c)
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
