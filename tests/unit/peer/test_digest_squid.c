#include "unit.h"

#include "peer/digest_squid.h"

static void
keys_are_squids(void **state)
{
	/* Of a mask of 625 bytes, as Squid 5.7 makes them. */
	static const struct {
		const char *url;
		uint32_t word[4];
		uint64_t bit[4];
	} rows[] = {
		{ "http://www.example.com/",
		  { 0xf3299be1, 0x5c55cda9, 0x29c4ad1f, 0xbc90f5c2 },
		  { 369, 2081, 231, 1706 } },
		{ "http://127.0.0.1:8080/a?b=c",
		  { 0x14134529, 0xc6e41da5, 0xd9bd3e6d, 0x05a6f20e },
		  { 2209, 3565, 3157, 2022 } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct digest_squid_key k;
		uint64_t bit[DIGEST_SQUID_HASHES];

		assert_true(digest_squid_key(&k, str_c(rows[i].url)));
		assert_memory_equal(k.word, rows[i].word, sizeof k.word);
		digest_squid_bits(&k, 625, bit);
		assert_memory_equal(bit, rows[i].bit, sizeof bit);
	}
}

static void
urls_are_squids(void **state)
{
	static const struct {
		const char *key, *url; /* NULL: none */
	} rows[] = {
		{ "http://a/", "http://a/" },
		{ "http://a:8080/b?c=d", "http://a:8080/b?c=d" },
		{ "http://a./b.", "http://a/b." },
		{ "http://a..:81/.", "http://a:81/." },
		{ "http://[::1]:8080/", "http://[::1]:8080/" },
		{ "https://a/", "https://a/" },
		{ "http://a/ accept=x", NULL },
		{ "a/", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char room[64];
		struct strbuf out = strbuf_fixed(room, sizeof room);

		assert_int_equal(digest_squid_url(&out, str_c(rows[i].key)), rows[i].url != NULL);
		if (rows[i].url != NULL)
			assert_true(str_eq(strbuf_str(&out), str_c(rows[i].url)));
	}
}

/* A digest for `capacity` entries, all bits clear. */
static struct str
make(unsigned char *out, uint32_t capacity, uint8_t entry_bits)
{
	struct digest_squid d = { capacity, 3, digest_squid_size(capacity, entry_bits), entry_bits };

	memset(out, 0, DIGEST_SQUID_BLOCK + d.mask_size);
	digest_squid_write(&d, out);
	return str_of((char *)out, DIGEST_SQUID_BLOCK + d.mask_size);
}

static void
written_and_read(void **state)
{
	static const unsigned char head[] = { 0, 5, 0, 3, 0, 0, 3, 232, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 2, 113, 5, 4 };
	unsigned char body[1024];
	struct str s = make(body, 1000, 5), mask;
	struct digest_squid d;

	(void)state;
	assert_memory_equal(body, head, sizeof head);
	assert_null(digest_squid_read(s, &d, &mask));
	assert_int_equal(d.capacity, 1000);
	assert_int_equal(d.count, 3);
	assert_int_equal(d.mask_size, 625);
	assert_int_equal(d.entry_bits, 5);
	assert_int_equal(mask.n, 625);
	assert_ptr_equal(mask.p, s.p + DIGEST_SQUID_BLOCK);
}

static void
what_is_odd_is_refused(void **state)
{
	static const struct {
		unsigned at;
		unsigned char value;
		bool taken;
	} rows[] = {
		{ 1, 6, true },                                        /* newer, and read as this one */
		{ 1, 2, false },                                       /* too old */
		{ 3, 6, false },                                       /* read by newer ones alone */
		{ 3, 5, true },     { 1, 4, true },   { 6, 4, false }, /* capacity */
		{ 18, 3, false },                                      /* mask */
		{ 19, 112, false }, { 20, 0, false },                  /* bits an entry */
		{ 20, 6, false },   { 21, 3, false },                  /* hashes */
		{ 21, 0, false },   { 15, 7, true },                   /* deletions */
		{ 22, 1, true },                                       /* reserved */
	};
	unsigned char body[1024];
	struct digest_squid d;
	struct str mask;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str s = make(body, 1000, 5);

		body[rows[i].at] = rows[i].value;
		assert_int_equal(digest_squid_read(s, &d, &mask) == NULL, rows[i].taken);
	}
	for (size_t n = 0; n < 1024; n++)
		if (n != DIGEST_SQUID_BLOCK + 625)
			assert_non_null(digest_squid_read(str_of((char *)body, n), &d, &mask));
}

/* 16 entries of 5 bits: 80 bits, of which 52 are 65 of a hundred. */
static void
a_mask_too_full_is_refused(void **state)
{
	unsigned char body[256];
	struct str s = make(body, 16, 5), mask;
	struct digest_squid d;

	(void)state;
	memset(body + DIGEST_SQUID_BLOCK, 0xff, 6);
	body[DIGEST_SQUID_BLOCK + 9] = 0x0f;
	assert_null(digest_squid_read(s, &d, &mask));
	assert_int_equal(digest_bits_set(mask), 52);
	body[DIGEST_SQUID_BLOCK + 8] = 0x80;
	assert_non_null(digest_squid_read(s, &d, &mask));
}

static void
sizes(void **state)
{
	(void)state;
	assert_int_equal(digest_squid_size(1, 5), 1);
	assert_int_equal(digest_squid_size(204, 5), 128);
	assert_int_equal(digest_squid_size(205, 5), 129);
	assert_int_equal(digest_squid_size(UINT32_MAX, 5), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_squids),
		cmocka_unit_test(urls_are_squids),
		cmocka_unit_test(written_and_read),
		cmocka_unit_test(what_is_odd_is_refused),
		cmocka_unit_test(a_mask_too_full_is_refused),
		cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
