/* Decimal digits, two at a time. Pure. */
#ifndef CAIRN_BASE_DEC_H
#define CAIRN_BASE_DEC_H

#include <stdint.h>

#define DEC_MAX 20 /* digits of the largest */

/* "00" to "99", one behind the other. */
extern const char dec_pairs[201];

/* Writes one digit or more, up to DEC_MAX, and returns what lies behind them. */
char *dec_put(char *p, uint64_t v);

#endif
