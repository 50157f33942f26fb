/* Text with response headers, from anybody. */
#include "told.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_told_twice(fuzz_str(data, size));
	return 0;
}
