/* Numbers in packets, most significant byte first, wherever they lie; and a walk over a packet that never leaves it. */
#ifndef CAIRN_BASE_WIRE_H
#define CAIRN_BASE_WIRE_H

#include "base/str.h"

static inline uint16_t
wire_get16(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint16_t)(u[0] << 8 | u[1]);
}

static inline uint32_t
wire_get32(const char *p)
{
	return (uint32_t)wire_get16(p) << 16 | wire_get16(p + 2);
}

static inline void
wire_put16(char *p, uint16_t v)
{
	p[0] = (char)(v >> 8);
	p[1] = (char)v;
}

static inline void
wire_put32(char *p, uint32_t v)
{
	wire_put16(p, (uint16_t)(v >> 16));
	wire_put16(p + 2, (uint16_t)v);
}

/* A number of so many bytes, at most eight. */
static inline uint64_t
wire_get(const char *p, int bytes)
{
	uint64_t v = 0;

	for (int i = 0; i < bytes; i++)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

static inline void
wire_put(void *to, uint64_t v, int bytes)
{
	unsigned char *p = to;

	for (int i = bytes; i-- > 0; v >>= 8)
		p[i] = (unsigned char)v;
}

/* Takes `n` bytes from the front of *s. False, and *s untouched, where it has fewer. */
static inline bool
wire_take(struct str *s, size_t n, struct str *out)
{
	if (s->n < n)
		return false;
	*out = str_head(*s, n);
	*s = str_skip(*s, n);
	return true;
}

/* The same for a 16-bit number, and for as many bytes as such a number says. */
static inline bool
wire_take16(struct str *s, uint16_t *out)
{
	struct str two;

	if (!wire_take(s, 2, &two))
		return false;
	*out = wire_get16(two.p);
	return true;
}

static inline bool
wire_take_counted(struct str *s, struct str *out)
{
	struct str rest = *s;
	uint16_t n;

	if (!wire_take16(&rest, &n) || !wire_take(&rest, n, out))
		return false;
	*s = rest;
	return true;
}

#endif
