#include "http/date.h"
#include "http/date_impl.h"

#define YEAR_0000 (-62167219200) /* 0000-01-01 00:00:00 */
#define YEAR_9999 253402300799   /* 9999-12-31 23:59:59 */

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
	civil_of_days(from_march_0000, &c);

	memcpy(out, "Day, 00 Mon 0000 00:00:00 GMT", DATE_SIZE);
	memcpy(out, date_weekdays[(seconds / DAY + 3) % 7].p, 3);
	put2(out + 5, c.day);
	memcpy(out + 8, date_months + (size_t)(c.month - 1) * 3, 3);
	put2(out + 12, c.year / 100);
	put2(out + 14, c.year % 100);
	put2(out + 17, of_day / 3600);
	put2(out + 20, of_day / 60 % 60);
	put2(out + 23, of_day % 60);
}
