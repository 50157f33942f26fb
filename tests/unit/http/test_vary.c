#include "heads.h"
#include "with_arena.h"

#include <stdio.h>

#include "http/vary.h"

WITH_ARENA(a, 1 << 20);

static struct str
values(const char *request, const char *names)
{
	struct head h = head_of(request, a);
	struct strbuf b = strbuf_in(a, 32);

	vary_values(&h, str_c(names), &b);
	assert_false(b.over);
	return strbuf_str(&b);
}

static void
names(void **state)
{
	static const struct {
		const char *response, *want;
		bool any;
	} rows[] = {
		{ "", "", false },
		{ "Vary:", "", false },
		{ "Vary: ,", "", false },
		{ "Vary: Foo", "foo", false },
		{ "Vary: Foo, BAR,baz", "bar,baz,foo", false },
		{ "Vary: b\nVary: a,B ,, b\nvary: A", "a,b", false },
		{ "Vary: Accept-Encoding, a b, \"c\"", "accept-encoding", false },
		{ "Vary: *", "*", true },
		{ "Vary: *, *", "*", true },
		{ "Vary: *\nVary: *", "*", true },
		{ "Vary: , *", "*", true },
		{ "Vary:\nVary: *", "*", true },
		{ "Vary: *, Foo", "*,foo", true },
		{ "Vary: Foo, *", "*,foo", true },
		{ "Vary: foo, x-forwarded-FOR", "foo,x-forwarded-for", true },
		{ "Vary: Forwarded", "forwarded", true },
		{ "Vary: X-Forwarded-Proto", "x-forwarded-proto", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct head h = head_of(rows[i].response, a);
		struct str got = vary_names(&h, a);

		assert_int_equal(vary_is_any(&h), rows[i].any);
		assert_true(str_eq(got, str_c(rows[i].want)));
		assert_int_equal(got.p == NULL, rows[i].want[0] == '\0');
	}
}

static void
too_many_names(void **state)
{
	char text[1024];
	int n = snprintf(text, sizeof text, "Vary: x");
	struct head h;

	(void)state;
	for (int i = 1; i < VARY_NAMES_MAX; i++)
		n += snprintf(text + n, sizeof text - (size_t)n, ", x%d", i);
	h = head_of(text, a);
	assert_false(vary_is_any(&h));
	snprintf(text + n, sizeof text - (size_t)n, ", x");
	h = head_of(text, a);
	assert_true(vary_is_any(&h));
}

static void
same(void **state)
{
	static const struct {
		const char *names, *one, *other;
	} rows[] = {
		{ "foo", "Foo: 1", "Foo: 1\nOther: 2" },
		{ "foo", "Foo: 1", "FOO: 1" },
		{ "foo", "", "Bar: 1" },
		{ "foo", "Foo: 1, 2", "Foo: 1\nFoo: 2" },
		{ "foo", "Foo: 1,2", "Foo:  1, 2 " },
		{ "foo", "Foo: 1 ,\t2", "Foo: 1\nBar: x\nfoo: 2" },
		{ "bar,baz,foo", "Foo: 1\nBaz: 789", "Baz: 789\nFoo: 1" },
		{ "te", "TE: a, b", "TE: a\nTE: b" },
		{ "accept-language", "Accept-Language: en, de", "Accept-Language: de, en" },
		{ "accept-language", "Accept-Language: en, de", "Accept-Language: eN, De" },
		{ "accept-language", "Accept-Language: en, de", "Accept-Language:  en ,   de" },
		{ "accept-language", "Accept-Language: en, de", "Accept-Language: de\nAccept-Language: en;q=1.0" },
		{ "accept-language", "Accept-Language: en;q=0.5", "Accept-Language: en; Q=0.50" },
		{ "accept-language", "Accept-Language: en, en", "Accept-Language: ,EN,," },
		{ "accept-language", "Accept-Language:", "Accept-Language: ," },
		{ "accept-encoding", "Accept-Encoding: gzip, deflate, br", "Accept-Encoding: br,GZIP,deflate" },
		{ "accept-encoding", "Accept-Encoding: x-gzip", "Accept-Encoding: gzip" },
		{ "accept-encoding", "Accept-Encoding: x-compress;q=0.1", "Accept-Encoding: compress;q=0.1" },
		{ "accept-charset", "Accept-Charset: utf-8, *;q=0", "Accept-Charset: *;q=0.000, UTF-8" },
		{ "accept", "Accept: text/html, */*;q=0.8", "Accept: */*;q=0.8,Text/HTML" },
		{ "accept", "Accept: text/html;Level=1;q=0.3", "Accept: text/html; level=1; q=0.3" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (!str_eq(values(rows[i].one, rows[i].names), values(rows[i].other, rows[i].names)))
			fail_msg("%s: %s | %s", rows[i].names, rows[i].one, rows[i].other);
}

static void
different(void **state)
{
	static const struct {
		const char *names, *one, *other;
	} rows[] = {
		{ "foo", "Foo: 1", "Foo: 2" },
		{ "foo", "Foo: 1", "" },
		{ "foo", "Foo:", "" },
		{ "foo", "Foo: a", "Foo: A" },
		{ "foo", "Foo: 1,2", "Foo: 2,1" },
		{ "foo", "Foo: 1 2", "Foo: 1  2" },
		{ "foo", "Foo: \"1, 2\"", "Foo: \"1,2\"" },
		{ "foo", "Foo: \"1\\\", 2\"", "Foo: \"1\\\",2\"" },
		{ "bar,foo", "Foo: 1\nBar: abc", "Foo: 1" },
		{ "bar,foo", "Foo: 1", "Bar: 1" },
		{ "bar,baz,foo", "Foo: 1\nBar: abc4\nBaz: 789", "Foo: 1\nBar: abc\nBaz: 789" },
		/* Cookies are no list: a comma is one of their bytes. */
		{ "cookie", "Cookie: a=1, b=2", "Cookie: a=1,b=2" },
		{ "cookie", "Cookie: a=1\nCookie: b=2", "Cookie: a=1,b=2" },
		{ "cookie", "Cookie: a=1\nCookie: b=2", "Cookie: a=1, b=2" },
		{ "user-agent", "User-Agent: A (x, y)", "User-Agent: A (x,y)" },
		{ "accept-language", "Accept-Language: en, de", "Accept-Language: en, de;q=0.9" },
		{ "accept-language", "Accept-Language: en;q=0.5", "Accept-Language: en;q=0.501" },
		{ "accept-language", "Accept-Language: en", "Accept-Language: en-US" },
		{ "accept-language", "Accept-Language:", "" },
		{ "accept-encoding", "Accept-Encoding: gzip", "Accept-Encoding: gzip, br" },
		{ "accept-encoding", "Accept-Encoding: gzip;q=0", "Accept-Encoding: gzip" },
		{ "accept-encoding", "Accept-Encoding:", "" },
		{ "accept", "Accept: text/html;level=1", "Accept: text/html;level=2" },
		{ "accept", "Accept: a/b;x=Y", "Accept: a/b;x=y" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (str_eq(values(rows[i].one, rows[i].names), values(rows[i].other, rows[i].names)))
			fail_msg("%s: %s | %s", rows[i].names, rows[i].one, rows[i].other);
}

/* More than are sorted: still told apart, and still the same as themselves. */
static void
long_lists(void **state)
{
	static const char few[] =
	    "Accept-Language: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,a1,b1,c1,d1,e1,f1";
	static const char turned[] =
	    "Accept-Language: f1,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,a1,b1,c1,d1,e1,a";
	static const char many[] =
	    "Accept-Language: a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,a1,b1,c1,d1,e1,f1,g1";
	static const char spaced[] =
	    "Accept-Language: a ,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,a1,b1,c1,d1,e1,f1, g1";

	(void)state;
	assert_true(str_eq(values(few, "accept-language"), values(turned, "accept-language")));
	assert_false(str_eq(values(few, "accept-language"), values(many, "accept-language")));
	assert_true(str_eq(values(spaced, "accept-language"), values(many, "accept-language")));
}

static void
full_buffer(void **state)
{
	struct head h = head_of("Accept-Language: en, de\nFoo: 1,2", a);

	(void)state;
	for (size_t n = 0; n < sizeof "=de,en\n=1,2\n" - 1; n++) {
		char room[16];
		struct strbuf b = strbuf_fixed(room, n);

		vary_values(&h, STR("accept-language,foo"), &b);
		assert_true(b.over);
	}
}

static void
encodings(void **state)
{
	static const struct {
		const char *request, *content;
		unsigned want;
	} rows[] = {
		{ "", "gzip", 1000 },
		{ "Accept-Encoding:", "gzip", 0 },
		{ "Accept-Encoding:", "", 1000 },
		{ "Accept-Encoding: gzip", "gzip", 1000 },
		{ "Accept-Encoding: gzip", "X-GZip", 1000 },
		{ "Accept-Encoding: x-gzip;q=0.4", "gzip", 400 },
		{ "Accept-Encoding: gzip", "br", 0 },
		{ "Accept-Encoding: gzip", "", 1000 },
		{ "Accept-Encoding: gzip", "identity", 1000 },
		{ "Accept-Encoding: gzip, identity;q=0", "", 0 },
		{ "Accept-Encoding: gzip, identity;q=0.5", "", 500 },
		{ "Accept-Encoding: gzip, *;q=0", "", 0 },
		{ "Accept-Encoding: identity, *;q=0", "", 1000 },
		{ "Accept-Encoding: gzip, *;q=0", "br", 0 },
		{ "Accept-Encoding: *;q=0.2, gzip;q=0", "br", 200 },
		{ "Accept-Encoding: *;q=0.2, gzip;q=0", "gzip", 0 },
		{ "Accept-Encoding: br, gzip;q=0.8", "gzip, br", 800 },
		{ "Accept-Encoding: br", "gzip, br", 0 },
		{ "Accept-Encoding: gzip-9", "gzip", 0 },
		{ "Accept-Encoding: a,b,c,d,e,f,g,h", "a,b,c,d,e,f,g,h", 1000 },
		{ "Accept-Encoding: a,b,c,d,e,f,g,h", "a,b,c,d,e,f,g,h,i", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct head h = head_of(rows[i].request, a);
		unsigned q = vary_encoding_quality(&h, str_c(rows[i].content));

		if (q != rows[i].want)
			fail_msg("%s | %s: %u", rows[i].request, rows[i].content, q);
	}
}

static void
selects(void **state)
{
	static const struct {
		const char *names, *theirs, *mine, *language, *encoding;
		bool want;
	} rows[] = {
		{ "foo", "Foo: 1", "Foo: 1", "", "", true },
		{ "foo", "Foo: 1", "Foo: 2", "de", "gzip", false },
		{ "accept-language", "Accept-Language: en, de", "Accept-Language: fr;q=0.5, de;q=1.0", "de", "", true },
		{ "accept-language", "Accept-Language: en, de", "Accept-Language: fr;q=0.5, de;q=1.0", "", "", false },
		{ "accept-language", "Accept-Language: en, de", "Accept-Language: fr;q=0.5, de;q=0.4", "de", "",
		  false },
		{ "accept-language", "Accept-Language: en, de", "Accept-Language: fr;q=0.4, de;q=0.5", "de", "", true },
		{ "accept-language", "Accept-Language: en, de", "Accept-Language: en", "de", "", false },
		{ "accept-language", "Accept-Language: en, de", "Accept-Language: de;q=0", "de", "", false },
		{ "accept-language", "Accept-Language: en, de", "Accept-Language: *", "de", "", false },
		{ "accept-language", "Accept-Language: en, de", "", "de", "", false },
		{ "accept-language,foo", "Accept-Language: de\nFoo: 1", "Accept-Language: DE-at, de\nFoo: 1", "de", "",
		  true },
		{ "accept-language,foo", "Accept-Language: de\nFoo: 1", "Accept-Language: DE-at, de\nFoo: 2", "de", "",
		  false },
		{ "accept-encoding", "Accept-Encoding: gzip", "Accept-Encoding: gzip, br;q=0.9", "", "gzip", true },
		{ "accept-encoding", "Accept-Encoding: gzip", "Accept-Encoding: gzip;q=0.8, br", "", "gzip", false },
		{ "accept-encoding", "Accept-Encoding: x-gzip", "Accept-Encoding: br, gzip", "", "x-gzip", true },
		{ "accept-encoding", "", "Accept-Encoding: gzip", "", "", false },
		{ "accept-encoding", "Accept-Encoding: gzip", "Accept-Encoding: *", "", "gzip", false },
		{ "accept-encoding", "Accept-Encoding: a, gzip", "Accept-Encoding: gzip", "", "a, gzip", false },
		{ "accept-encoding,accept-language", "Accept-Encoding: gzip\nAccept-Language: en",
		  "Accept-Encoding: gzip, br\nAccept-Language: en, de", "en", "gzip", true },
		{ "accept-encoding,accept-language", "Accept-Encoding: gzip\nAccept-Language: en",
		  "Accept-Encoding: gzip, br\nAccept-Language: de", "en", "gzip", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct head h = head_of(rows[i].mine, a);
		struct vary_stored stored = {
			.names = str_c(rows[i].names),
			.values = values(rows[i].theirs, rows[i].names),
			.content_language = str_c(rows[i].language),
			.content_encoding = str_c(rows[i].encoding),
		};

		if (vary_selects(&h, values(rows[i].mine, rows[i].names), &stored) != rows[i].want)
			fail_msg("row %zu: %s | %s", i, rows[i].theirs, rows[i].mine);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(names, setup, teardown),
		cmocka_unit_test_setup_teardown(too_many_names, setup, teardown),
		cmocka_unit_test_setup_teardown(same, setup, teardown),
		cmocka_unit_test_setup_teardown(different, setup, teardown),
		cmocka_unit_test_setup_teardown(long_lists, setup, teardown),
		cmocka_unit_test_setup_teardown(full_buffer, setup, teardown),
		cmocka_unit_test_setup_teardown(encodings, setup, teardown),
		cmocka_unit_test_setup_teardown(selects, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
