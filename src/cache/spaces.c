/* What is free: lists of free slots by size, extents that give new ones, and neighbours that are joined. */
#include "cache/slots_impl.h"

#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISON 1
#endif
#endif
#ifdef POISON
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n)   ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

#define SPLIT_MIN 4u /* units: a smaller rest stays with the slot */

/* ---- free slots, by size ---- */

static unsigned
top_bit(size_t v)
{
	return 63u - (unsigned)__builtin_clzl(v);
}

/* Up to where sizes are told apart one by one; above, each list holds all sizes from its own to the next one's. */
static unsigned
level_of(size_t size)
{
	return size < PARTS ? 0 : top_bit(size) - 4;
}

static unsigned
part_of(size_t size, unsigned level)
{
	return (unsigned)(level == 0 ? size : (size >> (level - 1)) - PARTS);
}

size_t
spaces_units(size_t n)
{
	size_t size = (n + TAG + UNIT - 1) / UNIT;
	size_t step;

	if (size < 2)
		return 2;
	if (size < 2 * PARTS)
		return size;
	step = (size_t)1 << (level_of(size) - 1);
	return (size + step - 1) & ~(step - 1);
}

static struct links *
links_at(struct slots *s, uint64_t offset)
{
	return (struct links *)(void *)(s->base + offset);
}

void
spaces_add(struct slots *s, void *p)
{
	unsigned level = level_of(tag_size(p));
	unsigned part = part_of(tag_size(p), level);
	uint64_t *head = &s->lists[level][part];
	struct links *l = p;

	*l = (struct links){ .next = *head };
	if (*head != 0)
		links_at(s, *head)->prev = slot_offset(s, p);
	*head = slot_offset(s, p);
	s->filled[level] |= UINT32_C(1) << part;
	s->levels |= UINT32_C(1) << level;
	ASAN_POISON_MEMORY_REGION(l + 1, tag_size(p) * UNIT - TAG - sizeof *l);
}

static void
list_out(struct slots *s, void *p)
{
	unsigned level = level_of(tag_size(p));
	unsigned part = part_of(tag_size(p), level);
	struct links *l = p;

	if (l->next != 0)
		links_at(s, l->next)->prev = l->prev;
	if (l->prev != 0)
		links_at(s, l->prev)->next = l->next;
	else
		s->lists[level][part] = l->next;
	if (s->lists[level][part] == 0)
		s->filled[level] &= ~(UINT32_C(1) << part);
	if (s->filled[level] == 0)
		s->levels &= ~(UINT32_C(1) << level);
	ASAN_UNPOISON_MEMORY_REGION(p, tag_size(p) * UNIT - TAG);
}

void *
spaces_find(struct slots *s, size_t size)
{
	unsigned level = level_of(size);
	uint32_t parts = s->filled[level] & ~UINT32_C(0) << part_of(size, level);
	uint32_t above = s->levels & ~UINT32_C(0) << (level + 1);

	if (parts == 0) {
		if (above == 0)
			return NULL;
		level = (unsigned)__builtin_ctz(above);
		parts = s->filled[level];
	}
	return s->base + s->lists[level][__builtin_ctz(parts)];
}

void *
spaces_largest(struct slots *s)
{
	unsigned level;

	if (s->levels == 0)
		return NULL;
	level = top_bit(s->levels);
	return s->base + s->lists[level][top_bit(s->filled[level])];
}

bool
spaces_is_listed(struct slots *s, const void *p)
{
	unsigned level = level_of(tag_size(p));
	uint64_t at = s->lists[level][part_of(tag_size(p), level)];

	while (at != 0 && s->base + at != p)
		at = links_at(s, at)->next;
	return at != 0;
}

/* ---- extents ---- */

uint64_t
spaces_extent(const struct slots *s, unsigned i)
{
	uint64_t rest = s->bytes - i * s->extent_size;

	return rest < s->extent_size ? rest : s->extent_size;
}

/* One free slot from end to end. */
static void
format(struct slots *s, unsigned i)
{
	char *extent = s->base + i * s->extent_size;
	size_t size = (spaces_extent(s, i) - 2 * TAG) / UNIT;
	char *p = extent + 2 * TAG;

	tag_set(p, size, 0, SLOT_FREE);
	tag_set(tag_next(p), 0, size, SLOT_END);
	spaces_add(s, p);
	s->empty++;
}

bool
spaces_open(struct slots *s)
{
	unsigned char *closed = s->taken == s->bytes ? NULL : memchr(s->state, EXTENT_CLOSED, s->extents);

	if (closed == NULL)
		return false;
	*closed = EXTENT_OPEN;
	s->taken += spaces_extent(s, (unsigned)(closed - s->state));
	format(s, (unsigned)(closed - s->state));
	return true;
}

/* ---- in and out, under the lock ---- */

void
spaces_carve(struct slots *s, void *p, size_t size, unsigned kind)
{
	size_t rest = tag_size(p) - size;

	s->empty -= tag_spans_extent(p);
	list_out(s, p);
	if (rest < SPLIT_MIN) {
		tag_set(p, tag_size(p), tag_before(p), kind);
		return;
	}
	tag_set(p, size, tag_before(p), kind);
	tag_set(tag_next(p), rest, size, SLOT_FREE);
	tag_set_before(tag_next(tag_next(p)), rest);
	spaces_add(s, tag_next(p));
}

void *
spaces_join(struct slots *s, void *p)
{
	void *next = tag_next(p);
	size_t size = tag_size(p);
	char *prev = (char *)p - tag_before(p) * UNIT;

	if (tag_kind(next) == SLOT_FREE) {
		list_out(s, next);
		size += tag_size(next);
	}
	if (prev != p && tag_kind(prev) == SLOT_FREE) {
		list_out(s, prev);
		size += tag_size(prev);
		p = prev;
	}
	tag_set(p, size, tag_before(p), SLOT_FREE);
	tag_set_before(tag_next(p), size);
	return p;
}

void
spaces_forget(struct slots *s)
{
	ASAN_UNPOISON_MEMORY_REGION(s->base, s->bytes);
}
