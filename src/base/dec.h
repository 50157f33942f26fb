/* Decimal digits, two at a time. Pure. */
#ifndef CAIRN_BASE_DEC_H
#define CAIRN_BASE_DEC_H

#include <stdint.h>
#include <string.h>

#define DEC_MAX 20 /* digits of the largest */

/* "00" to "99", one behind the other. */
extern const char dec_pairs[201];

static inline char *
dec_pair(char *p, unsigned v)
{
	memcpy(p, dec_pairs + 2 * v, 2);
	return p + 2;
}

/* What is below 10000, as most numbers are. */
static inline char *
dec_put_few(char *p, unsigned v)
{
	if (v >= 100) {
		unsigned above = v / 100;

		if (above < 10)
			*p++ = (char)('0' + above);
		else
			p = dec_pair(p, above);
		return dec_pair(p, v - above * 100);
	}
	if (v >= 10)
		return dec_pair(p, v);
	*p = (char)('0' + v);
	return p + 1;
}

/* Writes one digit or more, up to DEC_MAX, and returns what lies behind them. */
char *dec_put(char *p, uint64_t v);

#endif
