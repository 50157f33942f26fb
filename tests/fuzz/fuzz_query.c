/* Queries of the admin port. Any bytes may be one; and whatever a value is, written as %XX it comes out as it was. */
#include "base/strbuf.h"
#include "fuzz.h"
#include "ops/admin_impl.h"

static void
check_any(struct str query, struct arena *a)
{
	struct admin_request q = { .query = query, .arena = a };
	struct str value = admin_param(&q, STR("url"));

	MUST(value.n <= query.n);
	MUST(value.p != NULL || !admin_flag(&q, STR("url")));
}

static void
check_encoded(struct str value, struct arena *a)
{
	struct strbuf text = strbuf_in(a, 3 * value.n + 64);
	struct admin_request q = { .arena = a };

	strbuf_lit(&text, "u=1&url2=&url=");
	for (size_t i = 0; i < value.n; i++)
		strbuf_printf(&text, "%%%02X", (unsigned char)value.p[i]);
	strbuf_lit(&text, "&url=2");
	MUST(!text.over);
	q.query = strbuf_str(&text);
	MUST(str_eq(admin_param(&q, STR("url")), value));
	MUST(admin_flag(&q, STR("u")) && admin_param(&q, STR("soft")).p == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new((size_t)64 << 20);

	MUST(a != NULL);
	check_any(fuzz_str(data, size), a);
	check_encoded(fuzz_str(data, size), a);
	arena_free(&a);
	return 0;
}
