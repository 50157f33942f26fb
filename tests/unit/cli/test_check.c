#include "cli/capture.h"

static char dir[64];

static int
enter_dir(void **state)
{
	FILE *f;

	(void)state;
	snprintf(dir, sizeof dir, "/tmp/cairn-check-XXXXXX");
	if (mkdtemp(dir) == NULL || chdir(dir) != 0)
		return -1;
	f = fopen("good.yaml", "w");
	fputs("node: {name: edge-1}\n"
	      "listeners: [{address: \":8080\"}, {address: \"[::1]:3128\", mode: forward}]\n"
	      "upstreams: {site: {members: [\"http://a\", \"http://b:81\"]}, next: {kind: parent, members: "
	      "[\"http://c\"]}}\n"
	      "routes: [{host: a.org, path: /x, upstream: site, cache: {enabled: no}}, {upstream: next}]\n"
	      "store: {memory: 1536M}\n"
	      "trail: {secret: x}\n"
	      "logs: [{file: \"-\"}, {file: a.log, format: combined}]\n",
	      f);
	fclose(f);
	f = fopen("bad.yaml", "w");
	fputs("listeners: [{adress: \":8080\"}]\nnode: 1\n", f);
	fclose(f);
	return 0;
}

static int
leave_dir(void **state)
{
	(void)state;
	unlink("good.yaml");
	unlink("bad.yaml");
	return chdir("/") != 0 || rmdir(dir) != 0;
}

static void
commands(void **state)
{
	static const struct {
		const char *line, *out;
		int status;
	} rows[] = {
		{ "check -c good.yaml",
		  "good.yaml: fine\n"
		  "  node      edge-1\n"
		  "  listens   :8080, reverse\n"
		  "            [::1]:3128, forward\n"
		  "  routes    a.org /x -> site, origin at a:80, b:81, not cached\n"
		  "            * / -> next, parent at c:80\n"
		  "  memory    1536M\n"
		  "  admin     127.0.0.1:9180\n"
		  "  logs      standard output, json\n"
		  "            a.log, combined\n",
		  0 },
		{ "check bad.yaml --name edge-1",
		  "bad.yaml:1:13: listeners[0].address: must be given, such as \"127.0.0.1:8080\"\n"
		  "bad.yaml:1:13: listeners[0].mode: a reverse listener needs routes to say whom to ask\n"
		  "bad.yaml:1:14: listeners[0].adress: unknown setting; did you mean \"address\"?\n"
		  "bad.yaml:2:7: node: must be settings with names, not a single value\n"
		  "bad.yaml: warning: trail.secret: not set, so this node's opaque name is its own: the fleet's nodes "
		  "agree on "
		  "names only if all have one secret\n"
		  "bad.yaml: 4 errors, 1 warning\n",
		  2 },
		{ "check --origin http://a --memory 64M --log off --name edge-2",
		  "command line: fine\n"
		  "  node      edge-2\n"
		  "  listens   127.0.0.1:8080, reverse\n"
		  "  routes    * / -> origin, origin at a:80\n"
		  "  memory    64M\n"
		  "  admin     127.0.0.1:9180\n"
		  "  logs      off, json\n",
		  0 },
		{ "check",
		  "nothing says whom to ask: give --origin URL (the site to stand in front of), --parent URL (the next "
		  "cache), "
		  "or -c FILE\ncommand line: 1 error\n",
		  2 },
		{ "check good.yaml bad.yaml", "cairn check: \"bad.yaml\" is one file too many\n", 2 },
		{ "check none.yaml", "none.yaml: cannot be opened: No such file or directory\nnone.yaml: 1 error\n",
		  2 },
	};
	static struct capture c;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		capture(&c, rows[i].line);
		if (c.status != rows[i].status || strcmp(c.out, rows[i].out) != 0)
			fail_msg("cairn %s: %d\n%s", rows[i].line, c.status, c.out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(commands, enter_dir, leave_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
