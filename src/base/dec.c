#include "base/dec.h"

#include <string.h>

const char dec_pairs[201] = "00010203040506070809"
			    "10111213141516171819"
			    "20212223242526272829"
			    "30313233343536373839"
			    "40414243444546474849"
			    "50515253545556575859"
			    "60616263646566676869"
			    "70717273747576777879"
			    "80818283848586878889"
			    "90919293949596979899";

static inline char *
pair(char *p, unsigned v)
{
	memcpy(p, dec_pairs + 2 * v, 2);
	return p + 2;
}

/* Those without zeros in front: below 10000. Most numbers are so small. */
static inline char *
few(char *p, unsigned v)
{
	if (v >= 100) {
		unsigned above = v / 100;

		if (above < 10)
			*p++ = (char)('0' + above);
		else
			p = pair(p, above);
		return pair(p, v - above * 100);
	}
	if (v >= 10)
		return pair(p, v);
	*p = (char)('0' + v);
	return p + 1;
}

char *
dec_put(char *p, uint64_t v)
{
	unsigned low;

	if (v < 10000)
		return few(p, (unsigned)v);
	low = (unsigned)(v % 10000);
	p = dec_put(p, v / 10000);
	return pair(pair(p, low / 100), low % 100);
}
