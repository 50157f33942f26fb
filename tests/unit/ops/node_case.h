/* A node without workers, for the tests of what looks at one: store, flights, and a configuration in force. */
#ifndef CAIRN_TESTS_NODE_CASE_H
#define CAIRN_TESTS_NODE_CASE_H

#include "settings_case.h"

#include "base/counter.h"
#include "proxy/node.h"

static struct node node;

static inline void
open_node(const char *yaml)
{
	static const struct hash_secret secret = { "any bytes are fine for a test" };
	static const struct node_hooks hooks;
	const char *why = NULL;

	if (node_init(&node, read_yaml(yaml), 1, &secret, 1, &hooks, &why) != 0)
		fail_msg("%s", why);
}

static inline int
enter_node(void **state)
{
	rcu_thread_begin();
	counter_thread_begin();
	return enter_dir(state);
}

static inline int
leave_node(void **state)
{
	rcu_settle();
	node_fini(&node);
	counter_thread_end();
	rcu_thread_end();
	return leave_dir(state);
}

#endif
