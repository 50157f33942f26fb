/* Configurations: any bytes are refused with messages, or read. Nothing leaks, nothing that a file says reaches an
 * assertion, and what is read is whole. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "ops/settings.h"

/* A configuration that was read can be used without looking at a pointer first. */
static void
check_conf(const struct conf *c)
{
	MUST(trail_name_valid(c->node.name));
	MUST(c->listener_count > 0);
	for (unsigned i = 0; i < c->upstream_count; i++)
		MUST(c->upstreams[i].group != NULL &&
		     group_roster(c->upstreams[i].group)->count == c->upstreams[i].member_count);
	for (unsigned i = 0; i < c->route_count; i++)
		MUST(c->routes[i].to != NULL || str_eq(c->routes[i].upstream, STR("direct")));
	for (unsigned i = 0; i < c->listener_count; i++)
		MUST(addr_size(&c->listeners[i].at) > 0);
	(void)conf_route_for(c, STR("www.example.org"), STR("/a/b?c"));
}

static void
check_report(struct settings_report *r, bool fine)
{
	struct arena *a = arena_new(1 << 20);
	struct strbuf b;

	MUST(a != NULL);
	b = strbuf_in(a, 4096);
	settings_report_text(r, &b);
	MUST(!b.over && fine == (settings_report_errors(r) == 0) && (fine || b.n > 0));
	for (size_t i = 0; i < b.n; i++)
		MUST((unsigned char)b.p[i] >= 0x20 || b.p[i] == '\n');
	arena_free(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char name[32];
	struct settings_flags flags = { .file = name, .dry = true };
	struct settings_report *r = settings_report_new();
	int fd = memfd_create("settings", 0);
	struct conf *c;

	MUST(r != NULL && fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	c = settings_load(&flags, r);
	check_report(r, c != NULL);
	if (c != NULL)
		check_conf(c);
	conf_unref(&c);
	settings_report_free(&r);
	close(fd);
	return 0;
}
