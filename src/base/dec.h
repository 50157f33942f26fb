/* Decimal digits, two at a time. Pure. */
#ifndef CAIRN_BASE_DEC_H
#define CAIRN_BASE_DEC_H

#include <stdint.h>
#include <string.h>

#define DEC_MAX 20 /* digits of the largest */

/* "00" to "99", one behind the other. */
extern const char dec_pairs[201];

/* Writes one digit or more, up to DEC_MAX, and returns what lies behind them. */
static inline char *
dec_put(char *p, uint64_t v)
{
	if (v < 10) {
		*p = (char)('0' + v);
		return p + 1;
	}
	if (v >= 100) {
		p = dec_put(p, v / 100);
		v %= 100;
	}
	memcpy(p, dec_pairs + 2 * v, 2);
	return p + 2;
}

#endif
