#include "net/dns_records.h"

#include <ares.h>
#include <stdlib.h>

#include "base/clock.h"

#define HEADER        12
#define CLASS_IN      1
#define TYPE_CNAME    5
#define QUESTION_REST 4  /* type, class */
#define RECORD_REST   10 /* type, class, TTL, length */
#define SRV_FIXED     6  /* priority, weight, port */

/* What is left of a message to be read; whole, for names that point back into it. */
struct reading {
	const unsigned char *whole;
	size_t n;
	size_t at;
};

/* One record: its data lies at `data` of the message. */
struct raw {
	unsigned type, class;
	uint32_t ttl;
	size_t data, data_n;
};

static unsigned
u16(const unsigned char *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static uint32_t
u32(const unsigned char *p)
{
	return (uint32_t)u16(p) << 16 | u16(p + 2);
}

static bool
has(const struct reading *r, size_t n)
{
	return r->n - r->at >= n;
}

/* RFC 1035 4.1.4: labels, then an end or a pointer. Where it stands is enough, not what it says. */
static bool
skip_name(struct reading *r)
{
	while (has(r, 1)) {
		unsigned label = r->whole[r->at];
		bool points = (label & 0xc0) == 0xc0;
		size_t n = points ? 2 : 1 + label;

		if ((!points && label > 63) || !has(r, n))
			return false;
		r->at += n;
		if (points || label == 0)
			return true;
	}
	return false;
}

static bool
skip_question(struct reading *r)
{
	if (!skip_name(r) || !has(r, QUESTION_REST))
		return false;
	r->at += QUESTION_REST;
	return true;
}

static bool
next_record(struct reading *r, struct raw *raw)
{
	const unsigned char *p;

	if (!skip_name(r) || !has(r, RECORD_REST))
		return false;
	p = r->whole + r->at;
	*raw = (struct raw){ u16(p), u16(p + 2), u32(p + 4), r->at + RECORD_REST, u16(p + 8) };
	r->at += RECORD_REST;
	if (!has(r, raw->data_n))
		return false;
	r->at += raw->data_n;
	return true;
}

/* As much of a name as can be looked up: c-ares writes other bytes as \DDD, and those are no host's. */
static bool
is_host_name(const char *name, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = ascii_lower(name[i]);

		if ((c < 'a' || c > 'z') && !ascii_digit(c) && c != '-' && c != '.' && c != '_')
			return false;
	}
	return n <= DNS_TARGET_MAX;
}

/* False where the data is malformed. */
static bool
read_target(const struct reading *r, const struct raw *raw, struct dns_record *out, bool *usable)
{
	char *name = NULL;
	long used = 0;
	size_t n;

	if (ares_expand_name(r->whole + raw->data + SRV_FIXED, r->whole, (int)r->n, &name, &used) != ARES_SUCCESS)
		return false;
	n = strlen(name);
	*usable = (size_t)used == raw->data_n - SRV_FIXED && is_host_name(name, n);
	if (*usable) {
		str_put_lower(out->target, str_of(name, n));
		out->target[n] = '\0';
		out->target_n = (uint8_t)n;
	}
	ares_free_string(name);
	return true;
}

static bool
read_srv(const struct reading *r, const struct raw *raw, struct dns_record *out, bool *usable)
{
	const unsigned char *p = r->whole + raw->data;

	if (raw->data_n <= SRV_FIXED)
		return false;
	out->priority = (uint16_t)u16(p);
	out->weight = (uint16_t)u16(p + 2);
	out->port = (uint16_t)u16(p + 4);
	return read_target(r, raw, out, usable);
}

static bool
read_data(const struct reading *r, const struct raw *raw, struct dns_record *out, bool *usable)
{
	const unsigned char *p = r->whole + raw->data;

	*out = (struct dns_record){ 0 };
	*usable = true;
	switch (raw->type) {
	case DNS_A:
		out->addr.in.sin_family = AF_INET;
		memcpy(&out->addr.in.sin_addr, p, raw->data_n == 4 ? 4 : 0);
		return raw->data_n == 4;
	case DNS_AAAA:
		out->addr.in6.sin6_family = AF_INET6;
		memcpy(&out->addr.in6.sin6_addr, p, raw->data_n == 16 ? 16 : 0);
		return raw->data_n == 16;
	default:
		return read_srv(r, raw, out, usable);
	}
}

/* RFC 2181 8: one with the highest bit set is to be taken for 0. */
static int64_t
ttl_of(const struct raw *raw)
{
	return raw->ttl > INT32_MAX ? 0 : raw->ttl * MS_PER_S;
}

static void
shorten(struct dns_records *out, const struct raw *raw)
{
	if (ttl_of(raw) < out->ttl_ms)
		out->ttl_ms = ttl_of(raw);
}

static bool
take(const struct reading *r, const struct raw *raw, enum dns_type type, struct dns_records *out)
{
	struct dns_record one;
	bool usable;

	if (raw->class != CLASS_IN || (raw->type != (unsigned)type && raw->type != TYPE_CNAME))
		return true;
	if (raw->type == TYPE_CNAME) {
		shorten(out, raw);
		return true;
	}
	if (!read_data(r, raw, &one, &usable))
		return false;
	if (!usable)
		return true;
	shorten(out, raw);
	if (out->count == DNS_RECORDS_MAX)
		out->left_out++;
	else
		out->items[out->count++] = one;
	return true;
}

static bool
read_all(struct reading *r, enum dns_type type, struct dns_records *out)
{
	unsigned questions = u16(r->whole + 4), answers = u16(r->whole + 6);
	struct raw raw;

	for (; questions > 0; questions--)
		if (!skip_question(r))
			return false;
	for (; answers > 0; answers--)
		if (!next_record(r, &raw) || !take(r, &raw, type, out))
			return false;
	return true;
}

struct dns_records *
dns_records_read(const unsigned char *p, size_t n, enum dns_type type)
{
	struct reading r = { p, n, HEADER };
	struct dns_records *out;
	unsigned room;

	if (n < HEADER || n > UINT16_MAX) /* RFC 1035 4.2.2: none is longer */
		return NULL;
	room = u16(p + 6) < DNS_RECORDS_MAX ? u16(p + 6) : DNS_RECORDS_MAX;
	out = calloc(1, sizeof *out + room * sizeof *out->items);
	if (out == NULL)
		return NULL;
	out->ttl_ms = INT64_MAX;
	if (!read_all(&r, type, out)) {
		free(out);
		return NULL;
	}
	if (out->count == 0)
		out->ttl_ms = 0;
	return out;
}

/* ---- what was read ---- */

static int
order(const void *pa, const void *pb)
{
	const struct dns_record *a = pa, *b = pb;
	int by = (a->priority > b->priority) - (a->priority < b->priority);

	if (by == 0)
		by = strcmp(a->target, b->target);
	if (by == 0)
		by = (a->port > b->port) - (a->port < b->port);
	return by != 0 ? by : memcmp(&a->addr, &b->addr, sizeof a->addr);
}

void
dns_records_tidy(struct dns_records *r)
{
	unsigned kept = 0;

	qsort(r->items, r->count, sizeof *r->items, order);
	for (unsigned i = 0; i < r->count; i++)
		if (i == 0 || order(&r->items[i], &r->items[kept - 1]) != 0)
			r->items[kept++] = r->items[i];
	r->count = kept;
}

bool
dns_records_same(const struct dns_records *a, const struct dns_records *b)
{
	if (a == NULL || b == NULL || a->count != b->count)
		return a == b;
	for (unsigned i = 0; i < a->count; i++)
		if (order(&a->items[i], &b->items[i]) != 0 || a->items[i].weight != b->items[i].weight)
			return false;
	return true;
}
