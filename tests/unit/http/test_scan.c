/* Every byte at every place of runs of every length that matters, against what is plain to see. test_scan_narrow.c is
 * the same of the form for other processors. */
#include "unit.h"

#include "http/scan_impl.h"

#define LONGEST 40

/* Runs lie at the very end of their memory, so that what reads behind them is found out. */
static char *
run_of(size_t n, char filling)
{
	char *run = malloc(n + (n == 0));

	assert_non_null(run);
	memset(run, filling, n);
	return run;
}

typedef void check_fn(struct str run);

static void
each_byte_at_each_place(check_fn *check, char filling)
{
	for (size_t n = 0; n <= LONGEST; n++) {
		char *run = run_of(n, filling);

		check(str_of(run, n));
		for (size_t at = 0; at < n; at++) {
			for (unsigned c = 0; c < 256; c++) {
				run[at] = (char)c;
				check(str_of(run, n));
			}
			run[at] = filling;
		}
		free(run);
	}
}

static const char *
end_of(struct str s)
{
	return s.p + s.n;
}

static void
check_visible(struct str run)
{
	const char *p = run.p;

	while (p < end_of(run) && *p > ' ' && *p < 0x7f)
		p++;
	assert_ptr_equal(scan_visible(run.p, end_of(run)), p);
}

/* From every place on, as the parser does. */
static void
check_colon(struct str run)
{
	struct scan s = scan_of(run.p, end_of(run));

	for (size_t from = 0; from <= run.n; from += 7) {
		size_t n = chars_span(str_skip(run, from), CHAR_TOKEN);
		const char *p = run.p + from + n;

		assert_ptr_equal(scan_colon(run.p + from, &s), p < end_of(run) && *p == ':' ? p : NULL);
	}
}

static void
check_crlf(struct str run)
{
	struct scan s = scan_of(run.p, end_of(run));

	for (size_t from = 0; from <= run.n; from += 7) {
		size_t n = chars_span(str_skip(run, from), CHAR_VALUE);
		const char *p = run.p + from + n;

		assert_ptr_equal(scan_crlf(run.p + from, &s),
				 end_of(run) - p >= 2 && memcmp(p, "\r\n", 2) == 0 ? p : NULL);
	}
}

static void
check_target(struct str run)
{
	assert_int_equal(scan_is_target(run), chars_span(run, CHAR_TARGET) == run.n);
}

/* It may stop early, but not where it was about to look at eight bytes or more. */
static void
check_plain_name(struct str run)
{
	size_t n = 0, found = scan_plain_name(run);

	while (n < run.n &&
	       (char_is(run.p[n], CHAR_ALPHA) || ascii_digit(run.p[n]) || run.p[n] == '-' || run.p[n] == '.'))
		n++;
	assert_true(found <= n);
#ifdef SCAN_WIDE
	assert_true(found == n || run.n - found < 8);
#endif
}

static void
check_either(struct str run)
{
	size_t n = 0;

	while (n < run.n && run.p[n] != ',' && run.p[n] != '"')
		n++;
	assert_int_equal(scan_either(run, ',', '"'), n);
}

static void
each_finds_what_it_looks_for(void **state)
{
	(void)state;
	each_byte_at_each_place(check_visible, '/');
	each_byte_at_each_place(check_colon, 'a');
	each_byte_at_each_place(check_crlf, 'a');
	each_byte_at_each_place(check_target, '/');
	each_byte_at_each_place(check_plain_name, 'a');
	each_byte_at_each_place(check_either, 'a');
}

/* Two that matter side by side, and in either order. */
static void
ends_behind_what_is_let_through(void **state)
{
	static const char ends[] = "\r\n\t\x80:a";

	(void)state;
	for (size_t n = 2; n <= LONGEST; n++) {
		char *run = run_of(n, 'a');

		for (size_t at = 0; at + 1 < n; at++) {
			for (size_t i = 0; i < sizeof ends; i++)
				for (size_t j = 0; j < sizeof ends; j++) {
					run[at] = ends[i];
					run[at + 1] = ends[j];
					check_crlf(str_of(run, n));
					check_colon(str_of(run, n));
				}
			run[at] = run[at + 1] = 'a';
		}
		free(run);
	}
}

/* What no value holds, before the end of one. */
static void
lets_no_control_through(void **state)
{
	(void)state;
	for (size_t n = 3; n <= LONGEST; n++) {
		char *run = run_of(n, 'a');

		memcpy(run + n - 2, "\r\n", 2);
		for (size_t at = 0; at < n - 2; at++) {
			for (unsigned c = 0; c < 256; c++) {
				run[at] = (char)c;
				check_crlf(str_of(run, n));
			}
			run[at] = 'a';
		}
		free(run);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_finds_what_it_looks_for),
		cmocka_unit_test(ends_behind_what_is_let_through),
		cmocka_unit_test(lets_no_control_through),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
