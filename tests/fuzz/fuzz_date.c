/* Dates: what is read, written again, reads the same; and any second, written, reads as itself or the nearest that can
 * be. */
#include "fuzz.h"
#include "http/date.h"

#define YEAR_0000 (-62167219200)
#define YEAR_9999 253402300799

static void
check_written(int64_t seconds)
{
	int64_t clamped = seconds < YEAR_0000 ? YEAR_0000 : seconds > YEAR_9999 ? YEAR_9999 : seconds;
	char text[DATE_SIZE];
	int64_t again;

	date_format(seconds, text);
	MUST(date_parse(str_of(text, sizeof text), &again) && again == clamped);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t seconds = 0;

	if (size >= sizeof seconds)
		memcpy(&seconds, data, sizeof seconds);
	check_written(seconds);
	check_written(seconds >> 24);
	if (date_parse(fuzz_str(data, size), &seconds)) {
		MUST(seconds >= YEAR_0000 && seconds <= YEAR_9999);
		check_written(seconds);
	}
	return 0;
}
