#include "unit.h"

#include "http/hdr.h"

static const struct {
	enum hdr id;
	const char *name;
} rows[] = {
#define HDR(id, name, flags, source) { HDR_##id, name },
#include "tbl/headers.def"
#undef HDR
};

#define ROWS (sizeof rows / sizeof rows[0])

static void
finds_each_row_in_any_case(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		char lower[64], upper[64];
		struct str name = str_c(rows[i].name);

		assert_true(name.n < sizeof lower);
		for (size_t j = 0; j < name.n; j++) {
			lower[j] = ascii_lower(name.p[j]);
			upper[j] = (char)(lower[j] >= 'a' && lower[j] <= 'z' ? lower[j] - 32 : lower[j]);
		}
		assert_int_equal(hdr_id(name), rows[i].id);
		assert_int_equal(hdr_id(str_of(lower, name.n)), rows[i].id);
		assert_int_equal(hdr_id(str_of(upper, name.n)), rows[i].id);
		assert_true(str_eq(hdr_name(rows[i].id), name));
	}
}

/* Every name that differs from a row's by one byte, or by its last byte missing, is another name. */
static void
finds_nothing_beside_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		struct str name = str_c(rows[i].name);

		assert_int_not_equal(hdr_id(str_head(name, name.n - 1)), rows[i].id);
		for (size_t j = 0; j < name.n * 256; j++) {
			char text[64];
			struct str changed = str_of(text, name.n);

			memcpy(text, name.p, name.n);
			text[j / 256] = (char)(j % 256);
			if (!str_ieq(changed, name))
				assert_int_not_equal(hdr_id(changed), rows[i].id);
		}
	}
}

/* What hdr.c's comparison and hash rest on. */
static void
rows_are_as_the_hash_needs_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		assert_true(strlen(rows[i].name) >= 2);
		assert_int_equal(
		    strspn(rows[i].name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"),
		    strlen(rows[i].name));
	}
}

static void
strange_names(void **state)
{
	char long_name[70000];

	(void)state;
	memset(long_name, 'a', sizeof long_name);
	assert_int_equal(hdr_id(STR("")), HDR_OTHER);
	assert_int_equal(hdr_id(STR("a")), HDR_OTHER);
	assert_int_equal(hdr_id(STR("X-Unheard-Of")), HDR_OTHER);
	assert_int_equal(hdr_id(str_of(long_name, sizeof long_name)), HDR_OTHER);
	/* Its length has the same low bits as a row's. */
	memcpy(long_name, "Age", 3);
	assert_int_equal(hdr_id(str_of(long_name, 65536 + 3)), HDR_OTHER);
}

static void
flags(void **state)
{
	(void)state;
	assert_int_equal(hdr_flags(HDR_OTHER), 0);
	assert_int_equal(hdr_name(HDR_OTHER).n, 0);
	assert_int_equal(hdr_flags(HDR_CONNECTION), HDR_LIST | HDR_HOP);
	assert_int_equal(hdr_flags(HDR_AGE), HDR_SINGLE | HDR_OWN);
	assert_int_equal(hdr_flags(HDR_CONTENT_RANGE), HDR_SINGLE | HDR_KEEP);
	assert_int_equal(hdr_flags(HDR_X_CACHE), HDR_LIST | HDR_TRAIL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_each_row_in_any_case),
		cmocka_unit_test(finds_nothing_beside_them),
		cmocka_unit_test(rows_are_as_the_hash_needs_them),
		cmocka_unit_test(strange_names),
		cmocka_unit_test(flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
