/* What does it cost to write the fields of a plain hit? Counted, not timed, so that it comes out the same on any machine:
 *
 *     valgrind --tool=callgrind --callgrind-out-file=/dev/null "--toggle-collect=print_once*" bench_plate 1000
 *
 * and "Collected" divided by 1000 is the instructions a response.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/must.h"
#include "http/head.h"
#include "trail/plate.h"

__attribute__((noinline)) static void
print_once(const struct plate *p, const struct verdict *v, uint32_t age)
{
	char room[1024];
	struct strbuf out = strbuf_fixed(room, sizeof room);

	plate_write(&out, p, v, age);
	MUST(!out.over);
}

int
main(int argc, char **argv)
{
	struct audience who = { .names = NAMES_PLAIN, .history = true };
	struct verdict hit = { LOOKUP_HIT, .hit = true, .hits = 123, .has_ttl = true, .ttl = 258, .replayed = true };
	struct arena *a = arena_new(1 << 20);
	struct trail_node node;
	struct plate_order order = { .node = &node, .who = &who, .like = &hit, .port = 8080, .age = true, .via = true };
	struct plate plate;

	if (argc != 2 || a == NULL || !trail_node_init(&node, a, STR("proxy.local"), STR("secret"), 1) ||
	    !plate_make(&plate, &order)) {
		fprintf(stderr, "usage: bench_plate ROUNDS\n");
		return 2;
	}
	for (long i = 0; i < atol(argv[1]); i++)
		print_once(&plate, &hit, 42);
	arena_free(&a);
	return 0;
}
