/* What the tests of the settings share: a configuration as text in, the report and the configuration out. Each test
 * runs in a directory of its own, in which the file is called c.yaml. */
#ifndef CAIRN_TESTS_SETTINGS_CASE_H
#define CAIRN_TESTS_SETTINGS_CASE_H

#include "unit.h"

#include <stdio.h>
#include <unistd.h>

#include "ops/settings.h"

/* What a configuration needs besides the piece that a row is about; it stands behind that piece, so that lines count
 * from it. */
#define LISTEN "listeners: [{address: \":80\"}]\n"
#define ASK    "upstreams: {s: {members: [\"http://a\"]}}\n"
#define ROUTE  "routes: [{upstream: s}]\n"
#define SECRET "trail: {secret: x}\n"
#define REST   LISTEN ASK ROUTE SECRET

struct row {
	const char *yaml;
	const char *says; /* all messages; "": it is fine */
};

static char dir[64];

static inline int
enter_dir(void **state)
{
	(void)state;
	snprintf(dir, sizeof dir, "/tmp/cairn-settings-XXXXXX");
	return mkdtemp(dir) == NULL || chdir(dir) != 0;
}

static inline int
leave_dir(void **state)
{
	(void)state;
	unlink("c.yaml");
	return chdir("/") != 0 || rmdir(dir) != 0;
}

static inline void
put(struct str text)
{
	FILE *f = fopen("c.yaml", "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(text.p, 1, text.n, f), text.n);
	fclose(f);
}

/* Loads, and compares the report with `says`; the caller's reference, or NULL. */
static inline struct conf *
load(const struct settings_flags *flags, const struct conf *running, const char *yaml, const char *says)
{
	static char text[1 << 16];
	struct strbuf got = strbuf_fixed(text, sizeof text);
	struct settings_report *r = settings_report_new();
	struct conf *c = settings_reload(flags, running, r);

	settings_report_text(r, &got);
	assert_false(got.over);
	if (!str_eq(strbuf_str(&got), str_c(says)))
		fail_msg("%s\n--- says\n%.*s--- should say\n%s", yaml, STR_FMT(strbuf_str(&got)), says);
	assert_int_equal(c == NULL, settings_report_errors(r) > 0);
	settings_report_free(&r);
	return c;
}

static const struct settings_flags from_file = { .file = "c.yaml", .dry = true };

static inline void
run(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct conf *c;

		put(str_c(rows[i].yaml));
		c = load(&from_file, NULL, rows[i].yaml, rows[i].says);
		conf_unref(&c);
	}
}

#define RUN(rows) run((rows), sizeof(rows) / sizeof(rows)[0])

/* Reads what is fine. */
static inline struct conf *
read_yaml(const char *yaml)
{
	put(str_c(yaml));
	return load(&from_file, NULL, yaml, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_dir, leave_dir)

#endif
