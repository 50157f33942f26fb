#include "peer/digest_cairn.h"

#include <stdlib.h>

#include "base/wire.h"

#define VARINT_MAX 10

static const char magic[8] = { 'C', 'a', 'i', 'r', 'n', 'D', 'g', '1' };

void
digest_cairn_bits(struct hash128 h, uint64_t bits, unsigned hashes, uint64_t *out)
{
	uint64_t step = h.hi | 1, at = h.lo;

	for (unsigned i = 0; i < hashes; i++, at += step)
		out[i] = at % bits;
}

/* ---- the head ---- */

void
digest_cairn_write(const struct digest_cairn *d, unsigned char out[DIGEST_CAIRN_HEAD])
{
	memcpy(out, magic, sizeof magic);
	wire_put(out + 8, d->kind, 1);
	wire_put(out + 9, d->hashes, 1);
	wire_put(out + 10, 0, 2);
	wire_put(out + 12, d->again_ms, 4);
	wire_put(out + 16, d->epoch, 8);
	wire_put(out + 24, d->to, 8);
	wire_put(out + 32, d->from, 8);
	wire_put(out + 40, d->bits, 8);
	wire_put(out + 48, d->entries, 8);
	wire_put(out + 56, d->age_ms, 8);
}

static const char *
fault_of(const struct digest_cairn *d, struct str rest)
{
	if (d->kind != DIGEST_CAIRN_WHOLE && d->kind != DIGEST_CAIRN_CHANGES)
		return "the digest is of an unknown kind";
	if (d->hashes == 0 || d->hashes > DIGEST_CAIRN_HASHES_MAX || d->bits == 0 || d->bits % 8 != 0)
		return "the digest's head is malformed";
	if (d->kind == DIGEST_CAIRN_WHOLE && rest.n != d->bits / 8)
		return "the digest's length does not agree with its size";
	if (d->kind == DIGEST_CAIRN_CHANGES && (d->from == 0 || d->from > d->to))
		return "the digest's generations are in no order";
	return NULL;
}

const char *
digest_cairn_read(struct str body, struct digest_cairn *d, struct str *rest)
{
	if (body.n < DIGEST_CAIRN_HEAD || memcmp(body.p, magic, sizeof magic) != 0)
		return "this is no digest";
	*d = (struct digest_cairn){ .kind = (enum digest_cairn_kind)body.p[8],
				    .hashes = (unsigned char)body.p[9],
				    .again_ms = (uint32_t)wire_get(body.p + 12, 4),
				    .epoch = wire_get(body.p + 16, 8),
				    .to = wire_get(body.p + 24, 8),
				    .from = wire_get(body.p + 32, 8),
				    .bits = wire_get(body.p + 40, 8),
				    .entries = wire_get(body.p + 48, 8),
				    .age_ms = wire_get(body.p + 56, 8) };
	*rest = str_skip(body, DIGEST_CAIRN_HEAD);
	return fault_of(d, *rest);
}

/* ---- changes ---- */

struct out {
	char *p;
	size_t n, cap, most;
	bool over;
};

static void
put_number(struct out *o, uint64_t v)
{
	if (o->n + VARINT_MAX > o->cap) {
		size_t cap = o->cap * 2 + 64;
		char *p = o->n + VARINT_MAX > o->most ? NULL : realloc(o->p, cap);

		if (p == NULL) {
			o->over = true;
			return;
		}
		o->p = p;
		o->cap = cap;
	}
	for (; v >= 0x80; v >>= 7)
		o->p[o->n++] = (char)(v | 0x80);
	o->p[o->n++] = (char)v;
}

/* Calls nothing: the loop is the same for counting and for writing. */
static uint64_t
each_change(const unsigned char *before, const unsigned char *after, size_t size, struct out *o)
{
	uint64_t count = 0, last = UINT64_MAX; /* -1 */

	for (size_t i = 0; i < size && (o == NULL || !o->over); i++) {
		for (unsigned bits = before[i] ^ after[i]; bits != 0; bits &= bits - 1, count++) {
			uint64_t at = i * 8 + (unsigned)__builtin_ctz(bits);

			if (o != NULL)
				put_number(o, at - last);
			last = at;
		}
	}
	return count;
}

bool
digest_cairn_changes(const unsigned char *before, const unsigned char *after, size_t size, size_t most, char **out,
		     size_t *n)
{
	struct out o = { .most = most };

	put_number(&o, each_change(before, after, size, NULL));
	if (!o.over)
		each_change(before, after, size, &o);
	if (o.over) {
		free(o.p);
		return false;
	}
	*out = o.p;
	*n = o.n;
	return true;
}

static bool
take_number(struct str *s, uint64_t *out)
{
	uint64_t v = 0;

	for (size_t i = 0; i < s->n && i < VARINT_MAX - 1; i++) {
		v |= (uint64_t)(s->p[i] & 0x7f) << (7 * i);
		if ((unsigned char)s->p[i] < 0x80) {
			*s = str_skip(*s, i + 1);
			*out = v;
			return true;
		}
	}
	return false;
}

enum digest_cairn_next
digest_cairn_next(struct digest_cairn_walk *w, uint64_t *bit)
{
	uint64_t distance;

	while (w->left == 0) {
		if (w->rest.n == 0)
			return DIGEST_CAIRN_END;
		if (!take_number(&w->rest, &w->left))
			return DIGEST_CAIRN_BAD;
		w->at = UINT64_MAX;
	}
	if (!take_number(&w->rest, &distance) || distance == 0 || distance > w->bits)
		return DIGEST_CAIRN_BAD;
	w->at += distance;
	w->left--;
	if (w->at >= w->bits)
		return DIGEST_CAIRN_BAD;
	*bit = w->at;
	return DIGEST_CAIRN_FLIP;
}
