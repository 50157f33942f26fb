/* A group of the configuration, "site", and its members m0, m1 and so on. */
#ifndef CAIRN_TESTS_PEER_SITE_H
#define CAIRN_TESTS_PEER_SITE_H

#include "unit.h"

#include "base/clock.h"
#include "peer/roster.h"

#define NOW (1000 * NS_PER_S)

static struct arena *arena;
static struct group *group;

static inline int
site_begin(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	group = group_new(arena, STR("site"), GROUP_ORIGIN);
	return group == NULL;
}

static inline int
site_end(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static inline void
add_members(unsigned n)
{
	const char *why;

	for (unsigned i = 0; i < n; i++)
		assert_non_null(group_add(group, arena_printf(arena, "http://m%u", i), &why));
}

static inline struct member *
seat(const struct group *g, unsigned i)
{
	return group_roster(g)->seats[i].member;
}

static inline void
take_down(struct member *m, int64_t now)
{
	for (unsigned n = 0; n < group->max_fails; n++)
		member_failed(group, m, now);
	assert_false(member_is_up(m, now));
}

#endif
