/* The packed form, all numbers little-endian:
 *
 *     u8  version
 *     u8  counts: X-Cache, X-Cache-Lookup, X-Cache-Hits, Cache-Status
 *     each item of the first three, in that order: u16 text, name_at, name, shown
 *     each member of Cache-Status:                 u16 name, open, history
 *     the items' texts, then the members', one behind the other
 *
 * It may have lain on a disk, so nothing in it is believed: what is odd makes all of it count as not there.
 * X-Cache-Miss-From belongs to a fetch, and extras to whoever asked for them: neither is packed.
 */
#include "trail/chain_impl.h"

#define VERSION     1
#define FRONT       (1 + CHAIN_LISTS + 1)
#define ITEM_HEAD   8
#define MEMBER_HEAD 6

static unsigned
item_count(const struct chain *c)
{
	return c->list[CHAIN_X_CACHE].n + c->list[CHAIN_LOOKUP].n + c->list[CHAIN_HITS].n;
}

/* ---- packing ---- */

static size_t
packed_size(const struct chain *c)
{
	size_t n = FRONT;

	for (int list = 0; list < CHAIN_LISTS; list++)
		for (unsigned i = 0; i < c->list[list].n; i++)
			n += ITEM_HEAD + c->list[list].at[i].text.n;
	for (unsigned i = 0; i < c->member_count; i++)
		n += MEMBER_HEAD + c->members[i].name.n + c->members[i].open.n + c->members[i].history.n;
	return n;
}

static char *
put_u16(char *p, size_t v)
{
	p[0] = (char)(v & 0xff);
	p[1] = (char)(v >> 8);
	return p + 2;
}

static char *
put_front(char *p, const struct chain *c)
{
	*p++ = VERSION;
	for (int list = 0; list < CHAIN_LISTS; list++)
		*p++ = (char)c->list[list].n;
	*p++ = (char)c->member_count;
	return p;
}

static char *
put_items(char *p, const struct chain *c)
{
	for (int list = 0; list < CHAIN_LISTS; list++)
		for (unsigned i = 0; i < c->list[list].n; i++) {
			const struct chain_item *it = &c->list[list].at[i];

			p = put_u16(p, it->text.n);
			p = put_u16(p, it->name_at);
			p = put_u16(p, it->name_n);
			p = put_u16(p, it->shown);
		}
	return p;
}

static char *
put_members(char *p, const struct chain *c)
{
	for (unsigned i = 0; i < c->member_count; i++) {
		p = put_u16(p, c->members[i].name.n);
		p = put_u16(p, c->members[i].open.n);
		p = put_u16(p, c->members[i].history.n);
	}
	return p;
}

static void
put_texts(char *p, const struct chain *c)
{
	for (int list = 0; list < CHAIN_LISTS; list++)
		for (unsigned i = 0; i < c->list[list].n; i++)
			p = str_put(p, c->list[list].at[i].text);
	for (unsigned i = 0; i < c->member_count; i++) {
		p = str_put(p, c->members[i].name);
		p = str_put(p, c->members[i].open);
		p = str_put(p, c->members[i].history);
	}
}

struct str
chain_pack(const struct chain *c, struct arena *a)
{
	size_t size;
	char *p;

	if (c == NULL || item_count(c) + c->member_count == 0)
		return STR_NONE;
	size = packed_size(c);
	p = arena_alloc(a, size);
	if (p == NULL)
		return STR_NONE;
	put_texts(put_members(put_items(put_front(p, c), c), c), c);
	return str_of(p, size);
}

/* ---- unpacking: false, or NULL, where something is odd ---- */

/* No control character, which could break a line; nor a byte above `most`. */
static bool
is_text(struct str s, unsigned char most)
{
	unsigned odd = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		odd |= (c < 0x20) | (c == 0x7f) | (c > most);
	}
	return odd == 0;
}

static uint16_t
u16_at(const char *p)
{
	return (uint16_t)((unsigned char)p[0] | (unsigned char)p[1] << 8);
}

/* The first `n` bytes of *in, which goes on behind them. */
static bool
take(struct str *in, size_t n, struct str *out)
{
	if (in->n < n)
		return false;
	*out = str_head(*in, n);
	*in = str_skip(*in, n);
	return true;
}

static bool
unpack_item(const char *head, struct str *texts, struct chain_item *it)
{
	*it = (struct chain_item){ .name_at = u16_at(head + 2), .name_n = u16_at(head + 4), .shown = u16_at(head + 6) };
	if (!take(texts, u16_at(head), &it->text) || it->text.n == 0)
		return false;
	if (it->name_n == 0)
		return it->name_at == 0 && (it->shown == 0 || it->shown == it->text.n);
	return it->name_at + it->name_n <= it->shown && it->shown <= it->text.n;
}

static bool
unpack_items(struct chain *c, struct str heads, struct str *texts)
{
	for (int list = 0; list < CHAIN_LISTS; list++)
		for (unsigned i = 0; i < c->list[list].n; i++) {
			if (!unpack_item(heads.p, texts, &c->list[list].at[i]))
				return false;
			heads = str_skip(heads, ITEM_HEAD);
		}
	return true;
}

static bool
is_params(struct str s)
{
	return s.n == 0 || str_starts(s, STR("; "));
}

static bool
unpack_members(struct chain *c, struct str heads, struct str *texts)
{
	for (unsigned i = 0; i < c->member_count; i++) {
		struct chain_member *m = &c->members[i];

		*m = (struct chain_member){ 0 };
		if (!take(texts, u16_at(heads.p), &m->name) || !take(texts, u16_at(heads.p + 2), &m->open) ||
		    !take(texts, u16_at(heads.p + 4), &m->history) || m->name.n == 0 || !is_params(m->open) ||
		    !is_params(m->history))
			return false;
		heads = str_skip(heads, MEMBER_HEAD);
	}
	return true;
}

static bool
unpack_front(struct str *in, struct chain *counts)
{
	struct str front;

	if (!take(in, FRONT, &front) || front.p[0] != VERSION)
		return false;
	for (int i = 1; i < FRONT; i++)
		if ((unsigned char)front.p[i] > CHAIN_MAX)
			return false;
	*counts = (struct chain){ .member_count = (unsigned)front.p[FRONT - 1] };
	for (int list = 0; list < CHAIN_LISTS; list++)
		counts->list[list].n = (unsigned)front.p[1 + list];
	return item_count(counts) + counts->member_count > 0;
}

/* A copy of `counts` in the arena, with places for all that it counts behind it. */
static struct chain *
make_room(const struct chain *counts, struct arena *a)
{
	size_t items = item_count(counts) * sizeof(struct chain_item);
	size_t members = counts->member_count * sizeof(struct chain_member);
	struct chain *c = arena_alloc(a, sizeof *c + items + members);
	struct chain_item *at;

	if (c == NULL)
		return NULL;
	*c = *counts;
	at = (struct chain_item *)(c + 1);
	for (int list = 0; list < CHAIN_LISTS; list++) {
		c->list[list].at = at;
		at += c->list[list].n;
	}
	c->members = (struct chain_member *)at;
	return c;
}

const struct chain *
chain_unpack(struct str packed, struct arena *a)
{
	struct chain counts, *c;
	struct str items, members, texts;

	if (!unpack_front(&packed, &counts) || !take(&packed, item_count(&counts) * ITEM_HEAD, &items) ||
	    !take(&packed, counts.member_count * MEMBER_HEAD, &members))
		return NULL;
	c = make_room(&counts, a);
	texts = packed;
	if (c == NULL || !unpack_items(c, items, &packed) || !is_text(str_head(texts, texts.n - packed.n), 0xff))
		return NULL;
	texts = packed;
	return unpack_members(c, members, &packed) && packed.n == 0 && is_text(texts, 0x7e) ? c : NULL;
}
