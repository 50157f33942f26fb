/* HAR files, from anybody. What does not begin as one is put into an entry, so that nothing is drawn in vain. */
#include "told.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = fuzz_str(data, size), before = STR("{\"log\":{\"entries\":[{");
	char *text;

	if (in.n > 0 && in.p[0] == '{') {
		fuzz_told_twice(in);
		return 0;
	}
	text = malloc(before.n + in.n);
	MUST(text != NULL);
	str_put(str_put(text, before), in);
	fuzz_told_twice(str_of(text, before.n + in.n));
	free(text);
	return 0;
}
