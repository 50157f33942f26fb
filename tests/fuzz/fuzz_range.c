/* Range and Content-Range: what is read, written again, reads the same; what is resolved lies in the representation. */
#include "base/strbuf.h"
#include "fuzz.h"
#include "http/range.h"

static void
write_set(struct strbuf *b, const struct range_set *set)
{
	strbuf_lit(b, "bytes=");
	for (unsigned i = 0; i < set->count; i++) {
		const struct range_spec *s = &set->spec[i];

		strbuf_add(b, i > 0 ? STR(",") : STR(""));
		if (s->first != RANGE_UNKNOWN)
			strbuf_u64(b, s->first);
		strbuf_char(b, '-');
		if (s->last != RANGE_UNKNOWN)
			strbuf_u64(b, s->last);
	}
}

static void
check_resolved(struct range_spec s, uint64_t length)
{
	struct range_run run;

	if (!range_resolve(s, length, &run))
		return;
	MUST(run.first <= run.last && run.last < length);
	if (s.first != RANGE_UNKNOWN)
		MUST(run.first == s.first && run.last <= s.last);
	else
		MUST(run.last == length - 1 && run.last - run.first < s.last);
}

static void
check_range(struct str s)
{
	char text[1024];
	struct strbuf b = strbuf_fixed(text, sizeof text);
	struct range_set set, again;

	if (!range_parse(s, &set))
		return;
	MUST(set.count > 0 && set.count <= RANGE_MAX);
	write_set(&b, &set);
	MUST(!b.over && range_parse(strbuf_str(&b), &again) && again.count == set.count);
	for (unsigned i = 0; i < set.count; i++) {
		MUST(again.spec[i].first == set.spec[i].first && again.spec[i].last == set.spec[i].last);
		check_resolved(set.spec[i], 0);
		check_resolved(set.spec[i], 10);
		check_resolved(set.spec[i], UINT64_MAX - 1);
	}
}

static void
check_content_range(struct str s)
{
	char text[128];
	struct strbuf b = strbuf_fixed(text, sizeof text);
	struct content_range c, again;

	if (!content_range_parse(s, &c))
		return;
	MUST(c.unsatisfied ? c.complete != RANGE_UNKNOWN : c.first <= c.last && c.last < c.complete);
	strbuf_lit(&b, "bytes ");
	if (c.unsatisfied)
		strbuf_char(&b, '*');
	else
		strbuf_printf(&b, "%llu-%llu", (unsigned long long)c.first, (unsigned long long)c.last);
	strbuf_char(&b, '/');
	if (c.complete == RANGE_UNKNOWN)
		strbuf_char(&b, '*');
	else
		strbuf_u64(&b, c.complete);
	MUST(content_range_parse(strbuf_str(&b), &again));
	MUST(again.unsatisfied == c.unsatisfied && again.first == c.first && again.last == c.last);
	MUST(again.complete == c.complete);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_range(fuzz_str(data, size));
	check_content_range(fuzz_str(data, size));
	return 0;
}
