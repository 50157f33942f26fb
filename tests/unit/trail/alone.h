/* What the tests of one node alone share: the node, and an arena. */
#ifndef CAIRN_TESTS_UNIT_TRAIL_ALONE_H
#define CAIRN_TESTS_UNIT_TRAIL_ALONE_H

#include "unit.h"

#include "trail/node.h"

static struct arena *arena;
static struct trail_node node;

static int
set_up(void **state)
{
	(void)state;
	arena = arena_new(1 << 20);
	return arena == NULL || !trail_node_init(&node, arena, STR("edge-1"), STR("secret"), 1);
}

static int
tear_down(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

#endif
