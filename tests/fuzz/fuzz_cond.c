/* Conditions. The first line is a stored entity tag, the second its Last-Modified and Date in seconds; the others are fields
 * of a request. Comparisons agree with each other, and a request that names what is stored is told that it is so. */
#include "heads.h"
#include "http/cond.h"

static void
check_tags(struct str a, struct str b)
{
	MUST(etag_weak_eq(a, b) == etag_weak_eq(b, a) && etag_strong_eq(a, b) == etag_strong_eq(b, a));
	MUST(!etag_strong_eq(a, b) || (etag_weak_eq(a, b) && etag_valid(a) && !etag_is_weak(b)));
	MUST(etag_strong_eq(a, a) == (etag_valid(a) && !etag_is_weak(a)));
	MUST(!etag_valid(a) || etag_weak_eq(a, a));
}

/* What the stored response is called, asked for as such. */
static void
check_own(struct str tag, const struct cond_entry *e, struct arena *a)
{
	struct head request;

	head_init(&request, a);
	MUST(head_add(&request, STR("if-none-match"), tag) && head_add(&request, STR("if-range"), tag));
	MUST(cond_not_modified(&request, e));
	MUST(cond_if_range(&request, e) == etag_strong_eq(tag, tag));
}

static int64_t
seconds(struct str *line)
{
	struct str word;
	uint64_t v;

	str_cut(line, ' ', &word);
	return str_u64(word, &v) ? (int64_t)(v >> 1) : INT64_MIN;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = fuzz_str(data, size), tag, times;
	struct arena *a = arena_new((size_t)64 << 20);
	struct head request;
	struct cond_entry e = { .status = 200 };

	str_cut(&in, '\n', &tag);
	str_cut(&in, '\n', &times);
	e.etag = str_trim(tag);
	e.last_modified = seconds(&times);
	e.date = seconds(&times);
	head_init(&request, a);
	fuzz_add_fields(&request, in);
	MUST(cond_has_any(&request) || !cond_not_modified(&request, &e));
	MUST(head_has(&request, HDR_IF_RANGE) || cond_if_range(&request, &e));
	for (uint32_t i = 0; i < request.count; i++)
		check_tags(e.etag, field_value(&request.fields[i]));
	if (fuzz_is_value(e.etag) && etag_valid(e.etag))
		check_own(e.etag, &e, a);
	e.status = 404;
	MUST(!cond_not_modified(&request, &e));
	arena_free(&a);
	return 0;
}
