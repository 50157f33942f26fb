#include "ops/settings_case.h"

static void
bad_yaml(void **state)
{
	static const struct row rows[] = {
		{ "node: {name: a\nstore: {}\n", "c.yaml:2:6: bad YAML: did not find expected ',' or '}', while "
						 "parsing a flow mapping begun on line 1\n" },
		{ "node:\n\tname: a\n",
		  "c.yaml:2:1: bad YAML: found character that cannot start any token, while scanning for "
		  "the next token begun on line 2: YAML takes no tabs for indentation\n" },
		{ "\xef\xbb\xbf" REST, "" }, /* as some editors begin their files */
		{ "node: *x\n", "c.yaml:1:7: bad YAML: found undefined alias\n" },
		{ "a: b\nc: \xff\n", "c.yaml:2:4: bad YAML: invalid leading UTF-8 octet\n" },
		{ "a: \x01\n", "c.yaml:1:4: bad YAML: control characters are not allowed\n" },
		{ REST "---\nnode: {}\n", "c.yaml:5:1: a second document: a configuration is one alone\n" },
		{ "--- \n" REST "...\n", "" },
		{ "- a\n", "c.yaml:1:1: must be settings with names, such as \"listeners:\", not a list\n" },
		{ "a\n", "c.yaml:1:1: must be settings with names, such as \"listeners:\", not a word\n" },
		{ "? [a]\n: b\n" REST, "c.yaml:1:3: the name of a setting must be plain text\n" },
		{ "node: !env {}\nstore: {memory: !!str 64M, objective: !x bytes}\n" REST,
		  "c.yaml:1:7: tags (!name) are not taken\n"
		  "c.yaml:2:39: tags (!name) are not taken\n" },
		{ "node: [[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]\n", "c.yaml:1:23: nested too deeply\n" },
	};

	(void)state;
	RUN(rows);
}

static void
another_programs_file(void **state)
{
#define SAYS(line, whose, page)                                                                     \
	"c.yaml:" line ":1: is written for " whose "; a configuration here is YAML, and docs/" page \
	" says what stands in it for what is written there\n"
	static const struct row rows[] = {
		{ "# comment\n\nhttp_port 3128\nacl all src all\n", SAYS("3", "Squid", "from-squid.md") },
		{ "refresh_pattern\t.\t0 20% 4320", SAYS("1", "Squid", "from-squid.md") },
		{ "user www-data;\nevents {\n\tworker_connections 768;\n}\n", SAYS("1", "nginx", "from-nginx.md") },
		{ "// ours\nvcl 4.1;\n", SAYS("2", "Varnish", "from-varnish.md") },
		{ "upstream: {}\n" REST, "c.yaml:1:1: upstream: unknown setting; did you mean \"upstreams\"?\n" },
		{ "backend\n", "c.yaml:1:1: must be settings with names, such as \"listeners:\", not a word\n" },
	};

	(void)state;
	RUN(rows);
}

static void
aliases(void **state)
{
	static const struct row rows[] = {
		{ "routes: [{host: a, upstream: s, cache: &c {ttl: 1s}}, {host: b, upstream: s, cache: *c}]\n" LISTEN
		      ASK SECRET,
		  "" },
		{ "routes: [{host: a, upstream: s, cache: &c {tll: 1s}}, {host: b, upstream: s, cache: *c}]\n" LISTEN
		      ASK SECRET,
		  "c.yaml:1:44: routes[0].cache.tll: unknown setting; did you mean \"ttl\"?\n"
		  "c.yaml:1:44: routes[1].cache.tll: unknown setting; did you mean \"ttl\"?\n" },
		{ "routes: [{host: a, upstream: s, cache: &c {ttl: 1s}}, {host: b, upstream: s, cache: {<<: "
		  "*c}}]\n" LISTEN ASK SECRET,
		  "c.yaml:1:86: merge keys (<<) are not taken: write the settings out, or name a whole mapping by an "
		  "alias\n" },
		{ "routes: &r [*r]\n", "c.yaml:1:9: nested too deeply\n" },
	};

	(void)state;
	RUN(rows);
}

/* Nine aliases of nine aliases of ...: a file of some lines that stands for half a billion nodes. */
static void
a_bomb_of_aliases(void **state)
{
	static char text[4096];
	struct strbuf b = strbuf_fixed(text, sizeof text);

	(void)state;
	strbuf_lit(&b, "a: &a [x,x,x,x,x,x,x,x,x]\n");
	for (char c = 'b'; c <= 'i'; c++) {
		strbuf_printf(&b, "%c: &%c [", c, c);
		for (int i = 0; i < 9; i++)
			strbuf_printf(&b, "*%c%s", c - 1, i < 8 ? "," : "]\n");
	}
	put(strbuf_str(&b));
	assert_null(load(&from_file, NULL, text, "c.yaml:1:18: too large, aliases followed\n"));
}

static void
too_much_of_anything(void **state)
{
	static char text[(1 << 20) + 1];
	struct strbuf b = strbuf_fixed(text, sizeof text);

	(void)state;
	strbuf_lit(&b, "routes: [");
	for (int i = 0; i < 5000; i++)
		strbuf_lit(&b, "{},");
	strbuf_lit(&b, "]\n");
	put(strbuf_str(&b));
	assert_null(
	    load(&from_file, NULL, "5000 routes", "c.yaml:1:9: too many items: at most 4096 in one list or mapping\n"));
	memset(text, '\n', sizeof text);
	put(str_of(text, sizeof text));
	assert_null(load(&from_file, NULL, "a large file", "c.yaml: is larger than 1M: no configuration is\n"));
	unlink("c.yaml");
	assert_null(load(&from_file, NULL, "no file", "c.yaml: cannot be opened: No such file or directory\n"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bad_yaml),          TEST(another_programs_file), TEST(aliases),
		TEST(a_bomb_of_aliases), TEST(too_much_of_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
