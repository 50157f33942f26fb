#include "cache/store_kit.h"

#include "cache/store_impl.h"

#define URL "http://a.example/x"

WITH_KIT(4 * MIB);

static void
put(const char *response, const char *request, uint64_t n)
{
	assert_int_equal(kit_put(&k, URL, response, request, n), STORE_PUT_OK);
}

/* Entries are told apart by their length. */
static void
assert_finds(const char *request, uint64_t n)
{
	struct found f = kit_find(&k, URL, request);

	assert_int_equal(f.what, FOUND_ENTRY);
	assert_int_equal(entry_length(f.entry), n);
}

static void
assert_finds_none(const char *request, enum found_what what, enum reason absent)
{
	struct found f = kit_find(&k, URL, request);

	assert_int_equal(f.what, what);
	assert_int_equal(f.absent, absent);
	assert_null(f.entry);
}

static void
variants_are_kept_apart(void **state)
{
	(void)state;
	put(FRESH "\nVary: Foo", "Foo: 1", 10);
	put(FRESH "\nVary: Foo", "Foo: 2", 20);
	put(FRESH "\nVary: Foo", "", 30);
	assert_finds("Foo: 1", 10);
	assert_finds("Foo: 2", 20);
	assert_finds("", 30);
	assert_finds("Foo: 1\nBar: 5", 10);
	assert_finds_none("Foo: 3", FOUND_OTHERS, REASON_VARIANT);
	assert_str(kit_find(&k, URL, "Foo: 3").vary_names, "foo");
	assert_int_equal(kit_totals(&k).entries, 3);
	assert_int_equal(kit_totals(&k).resources, 1);
	put(FRESH "\nVary: Foo", "Foo: 2", 21);
	assert_finds("Foo: 2", 21);
	assert_finds("Foo: 1", 10);
	assert_int_equal(kit_totals(&k).entries, 3);
}

static void
rules_of_different_fields_coexist(void **state)
{
	(void)state;
	put(FRESH "\nVary: Foo", "Foo: 1", 10);
	put(FRESH "\nVary: Bar", "Bar: 1", 20);
	assert_finds("Foo: 1", 10);
	assert_finds("Bar: 1", 20);
	assert_finds("Foo: 1\nBar: 1", 20); /* the newest */
	assert_str(kit_find(&k, URL, "").vary_names, "bar");
}

/* RFC 9111 4.1: what has a Vary goes before what lacks one. */
static void
one_without_vary_comes_last(void **state)
{
	(void)state;
	put(FRESH "\nVary: Foo", "Foo: 1", 10);
	put(FRESH, "", 20);
	assert_finds("Foo: 1", 10);
	assert_finds("Foo: 2", 20);
	put(FRESH, "", 21);
	assert_finds("Foo: 2", 21);
	assert_int_equal(kit_totals(&k).entries, 2);
}

static void
language_is_selected_by_weight(void **state)
{
	const char *german = FRESH "\nVary: Accept-Language\nContent-Language: de";
	const char *english = FRESH "\nVary: Accept-Language\nContent-Language: en";

	(void)state;
	put(german, "Accept-Language: en, de", 10);
	assert_finds("Accept-Language: fr;q=0.5, de;q=1.0", 10);
	assert_finds("Accept-Language: de, en", 10);
	assert_finds_none("Accept-Language: fr, de;q=0.5", FOUND_OTHERS, REASON_VARIANT);
	put(english, "Accept-Language: en", 20);
	assert_finds("Accept-Language: en;q=0.9, de;q=0.1", 20);
	assert_finds("Accept-Language: en;q=0.1, de;q=0.9", 10);
}

static void
fields_too_long_to_compare_are_trouble(void **state)
{
	char *request = malloc(STORE_VALUES_MAX + 100);

	(void)state;
	memset(request, 'x', STORE_VALUES_MAX + 99);
	memcpy(request, "Foo: ", 5);
	request[STORE_VALUES_MAX + 99] = '\0';
	put(FRESH "\nVary: Foo", "Foo: 1", 10);
	assert_finds_none(request, FOUND_TROUBLE, REASON_STORE_TROUBLE);
	assert_int_equal(kit_put(&k, URL, FRESH "\nVary: Foo", request, 20), STORE_PUT_TOO_LARGE);
	put(FRESH, "", 30);
	assert_finds(request, 30);
	free(request);
}

/* ---- the limit ---- */

static void
put_numbered(unsigned i)
{
	char request[32];

	snprintf(request, sizeof request, "Foo: %u", i);
	put(FRESH "\nVary: Foo", request, 100 + i);
}

static void
the_least_valuable_variant_gives_way(void **state)
{
	(void)state;
	store_reconf(k.store, MIB, 4, STORE_OBJECTS);
	for (unsigned i = 0; i < 4; i++)
		put_numbered(i);
	for (unsigned i = 0; i < 4; i++)
		if (i != 2)
			entry_hit(kit_find(&k, URL, i == 0 ? "Foo: 0" : i == 1 ? "Foo: 1" : "Foo: 3").entry);
	put_numbered(7);
	assert_int_equal(kit_totals(&k).entries, 4);
	assert_int_equal(kit_totals(&k).variants_dropped, 1);
	assert_finds("Foo: 7", 107);
	assert_finds("Foo: 0", 100);
	assert_finds_none("Foo: 2", FOUND_OTHERS, REASON_EVICTED);
}

static void
one_variant_alone_is_always_kept(void **state)
{
	(void)state;
	store_reconf(k.store, MIB, 1, STORE_OBJECTS);
	put_numbered(1);
	put_numbered(2);
	assert_finds("Foo: 2", 102);
	assert_finds_none("Foo: 1", FOUND_OTHERS, REASON_EVICTED);
	assert_int_equal(kit_totals(&k).entries, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(variants_are_kept_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(rules_of_different_fields_coexist, setup, teardown),
		cmocka_unit_test_setup_teardown(one_without_vary_comes_last, setup, teardown),
		cmocka_unit_test_setup_teardown(language_is_selected_by_weight, setup, teardown),
		cmocka_unit_test_setup_teardown(fields_too_long_to_compare_are_trouble, setup, teardown),
		cmocka_unit_test_setup_teardown(the_least_valuable_variant_gives_way, setup, teardown),
		cmocka_unit_test_setup_teardown(one_variant_alone_is_always_kept, setup, teardown),
	};

	rcu_thread_begin();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
