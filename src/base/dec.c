#include "base/dec.h"

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

char *
dec_put(char *p, uint64_t v)
{
	unsigned low;

	if (v < 10000)
		return dec_put_few(p, (unsigned)v);
	low = (unsigned)(v % 10000);
	p = dec_put(p, v / 10000);
	return dec_pair(dec_pair(p, low / 100), low % 100);
}
