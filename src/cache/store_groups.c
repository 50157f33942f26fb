/* Cache-Groups (RFC 9875). Invalidating a group costs the same however many belong to it: the group takes the store's
 * generation, and an entry born before that counts as stale when it is found. Where fields join the key, the URL without
 * them is such a group, too: so whatever they are it can be invalidated. */
#include "cache/store_impl.h"

#include "base/must.h"
#include "cache/stored_impl.h"
#include "http/sf.h"

/* Room for one field's members and their text. */
#define ARENA_MAX ((size_t)64 * 1024)

/* Groups are of one origin (RFC 9875 2): what precedes the path of the key. */
static struct str
origin_of(struct str key)
{
	ptrdiff_t scheme = str_find(key, STR("://"));
	ptrdiff_t path = scheme < 0 ? -1 : str_chr(str_skip(key, (size_t)scheme + 3), '/');

	return path < 0 ? key : str_head(key, (size_t)(scheme + 3 + path));
}

static uint16_t
number(const struct store *s, struct str origin, struct str group)
{
	uint64_t a = hash_keyed(&s->secret, origin).lo;
	uint64_t b = hash_keyed(&s->secret, group).lo;

	return (uint16_t)((a + (b << 1 | b >> 63)) & (s->groups - 1));
}

/* All lines are one list of strings (RFC 9875 2); what is no valid one counts as not there. */
static const struct sf_item *
members(const struct stored *head, struct arena *a)
{
	struct strbuf value = strbuf_in(a, 256);
	struct stored_walk w;
	struct field f;
	struct sf_item *first = NULL;

	stored_walk_init(&w, head);
	while (stored_walk_next(&w, &f)) {
		if (f.id != HDR_CACHE_GROUPS)
			continue;
		if (value.n > 0)
			strbuf_lit(&value, ", ");
		strbuf_add(&value, field_value(&f));
	}
	return !value.over && sf_parse_list(strbuf_str(&value), a, &first) ? first : NULL;
}

/* Those that the response itself names, behind the `n` there are. */
static unsigned
add_named(const struct store *s, const struct stored *head, uint16_t out[GROUPS_MAX], unsigned n)
{
	struct arena *a;

	if (stored_field(head, HDR_CACHE_GROUPS).p == NULL)
		return n;
	a = arena_new(ARENA_MAX);
	if (a == NULL)
		return n;
	for (const struct sf_item *i = members(head, a); i != NULL && n < GROUPS_MAX; i = i->next)
		if (i->type == SF_STRING)
			out[n++] = number(s, origin_of(stored_key(head)), i->text);
	arena_free(&a);
	return n;
}

/* The group of all that is stored for a URL, whatever the values of the fields that join its key. */
static uint16_t
number_of_url(const struct store *s, struct str key)
{
	ptrdiff_t end = str_chr(key, ' ');

	return number(s, end < 0 ? key : str_head(key, (size_t)end), STR_NONE);
}

unsigned
groups_of(const struct store *s, const struct new_entry *n, uint16_t out[GROUPS_MAX])
{
	unsigned count = 0;

	if (n->policy->key.field_count > 0)
		out[count++] = number_of_url(s, stored_key(n->head));
	return add_named(s, n->head, out, count);
}

void
groups_count(struct store *s, const struct entry *e, int by)
{
	for (unsigned i = 0; i < e->groups; i++)
		atomic_fetch_add_explicit(&s->group[entry_groups(e)[i]].members, (unsigned)by, memory_order_relaxed);
}

bool
groups_stale(const struct store *s, const struct entry *e)
{
	if (!entry_born_before(e, &s->groups_stale))
		return false;
	for (unsigned i = 0; i < e->groups; i++)
		if (entry_born_before(e, &s->group[entry_groups(e)[i]].stale_before))
			return true;
	return false;
}

static unsigned
invalidate(struct store *s, struct group *g, int64_t now_ms)
{
	uint64_t generation;

	atomic_store_explicit(&s->now_ms, now_ms, memory_order_relaxed);
	generation = atomic_fetch_add(&s->generation, 1) + 1;
	generation_raise(&g->stale_before, generation);
	generation_raise(&s->groups_stale, generation);
	return atomic_load(&g->members);
}

unsigned
store_invalidate_group(struct store *s, struct str origin, struct str group, int64_t now_ms)
{
	MUST_OBJ(s, STORE_MAGIC);
	return invalidate(s, &s->group[number(s, origin, group)], now_ms);
}

unsigned
store_invalidate_url(struct store *s, const struct key *key, int64_t now_ms)
{
	MUST_OBJ(s, STORE_MAGIC);
	return invalidate(s, &s->group[number_of_url(s, key->text)], now_ms);
}
