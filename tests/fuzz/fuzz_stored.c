/* Packed heads. The first line of the input is numbers: status, method, milliseconds on the way, what the draft says. Lines up
 * to an empty one are the fields of a response, the others those of a 304 or HEAD's 200 that updates it. What is packed
 * comes back, packed again it is the same, nothing that belongs to one connection is in it, and judgements about it agree.
 */
#include "cache/storable.h"
#include "cache/stored.h"
#include "http/fields.h"
#include "heads.h"

#define NOW_MS 1700000000700

static uint64_t
number(struct str *line)
{
	struct str word;
	uint64_t v = 0;

	str_cut(line, ' ', &word);
	str_u64(word, &v);
	return v;
}

/* Memory of no more than it may take, then a run of exactly its own size: so the sanitizer sees whatever goes beyond. */
static struct stored *
pack(const struct draft *d)
{
	void *most = malloc(stored_most(d)), *mem;
	size_t n;

	MUST(most != NULL);
	n = stored_pack(d, most, stored_most(d));
	MUST(stored_bytes(most) == n && n <= stored_most(d));
	mem = malloc(n);
	MUST(mem != NULL);
	memcpy(mem, most, n);
	free(most);
	return mem;
}

static void
check_texts(const struct stored *s, const struct draft *d)
{
	struct meta m;

	stored_meta(s, &m);
	MUST(m.date == d->meta->date && m.expires == d->meta->expires && m.last_modified == d->meta->last_modified);
	MUST(m.received_ms == d->meta->received_ms && m.requested_ms == d->meta->requested_ms && m.age == d->meta->age);
	MUST(m.cc.bits == d->meta->cc.bits && m.cc.max_age == d->meta->cc.max_age && m.status == d->meta->status);
	MUST(m.targeted.bits == d->meta->targeted.bits && m.targeted.s_maxage == d->meta->targeted.s_maxage);
	MUST(str_eq(stored_key(s), d->key) && str_eq(stored_chain(s), d->chain));
	MUST(str_eq(stored_vary_names(s), d->vary_names) && str_eq(stored_vary_values(s), d->vary_values));
	MUST(stored_trail_ms(s) == d->trail_ms);
}

/* Those that are kept, in order, and Date behind them where it was added; then nothing. */
static void
check_fields(const struct stored *s, const struct draft *d, struct arena *a)
{
	uint32_t next = 0;
	struct head h;

	MUST(stored_head(s, &h, a));
	for (uint32_t i = 0; i < d->head->count; i++) {
		const struct field *want = &d->head->fields[i], *got = &h.fields[next];

		if (!stored_keeps(d, want))
			continue;
		MUST(next++ < h.count);
		MUST(got->id == want->id && str_eq(field_name(got), field_name(want)));
		MUST(str_eq(field_value(got), field_value(want)));
		MUST(!(hdr_flags(got->id) & (HDR_HOP | HDR_OWN | HDR_TRAIL)));
	}
	MUST(h.count == next + !!(d->meta->flags & META_DATE_ADDED));
	for (uint32_t i = 0; i < h.count; i++)
		MUST(h.fields[i].id == HDR_OTHER || stored_field(s, h.fields[i].id).p != NULL);
}

static void
check_again(const struct stored *s, const struct draft *d, struct arena *a)
{
	struct draft again = *d;
	struct stored *t;
	struct head h;

	MUST(stored_head(s, &h, a));
	again.head = &h;
	t = pack(&again);
	MUST(str_eq(stored_lines(s), stored_lines(t)));
	free(t);
}

static void
check_judgement(const struct meta *m, const struct head *request, const struct head *response)
{
	struct cache_policy p;
	struct storable j;
	struct freshness f;

	cache_policy_defaults(&p);
	fresh_state(m, &p, NOW_MS, &f);
	MUST(f.age_ms >= 0 && f.ttl_ms + f.age_ms == fresh_lifetime(m, &p).ms);
	MUST(!(f.swr || f.sie) || (f.ttl_ms <= 0 && !f.never_stale));
	MUST(NOW_MS < fresh_dead_ms(m, &p) || (f.ttl_ms <= 0 && !f.swr && !f.sie));
	j = storable_judge(m, request, response, &p, NOW_MS);
	MUST(j.why < UNSTORABLE_COUNT && (!j.shareable || (j.why == UNSTORABLE_NOT && f.ttl_ms > 0)));
	MUST(!j.remember || j.why != UNSTORABLE_NOT);
	MUST(!(fresh_directives(m, &p)->bits & CC_PRIVATE) || j.why != UNSTORABLE_NOT);
}

static void
check_update(const struct stored *s, const struct head *update, const struct head *request, struct arena *a)
{
	struct head out;
	struct meta m;
	struct draft d = { .meta = &m, .head = &out, .trail_ms = NOW_MS };
	struct stored *t;

	stored_is_meant(s, update);
	stored_contradicts(s, 5, update);
	MUST(stored_updated(s, update, &out, a));
	for (uint32_t i = 0; i < out.count; i++)
		MUST(!(hdr_flags(out.fields[i].id) & (HDR_HOP | HDR_TRAIL)));
	MUST(str_eq(head_get(&out, HDR_CONTENT_ENCODING), stored_field(s, HDR_CONTENT_ENCODING)));
	meta_read(&m, &out, request, NOW_MS, NOW_MS, a);
	t = pack(&d);
	check_texts(t, &d);
	check_fields(t, &d, a);
	free(t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str in = fuzz_str(data, size), line, before;
	struct arena *a = arena_new((size_t)256 << 20);
	struct head response, request, update;
	struct meta m;
	struct draft d = { .meta = &m, .head = &response, .key = STR("http://h/a"), .trail_ms = NOW_MS };
	struct stored *s;
	ptrdiff_t gap;
	uint64_t way, kind;

	MUST(a != NULL);
	head_init(&response, a);
	head_init(&request, a);
	head_init(&update, a);
	str_cut(&in, '\n', &line);
	response.status = (int)(number(&line) % 1000);
	request.method = number(&line) % 2 == 0 ? METHOD_GET : METHOD_POST;
	request.target = STR("/a?b");
	way = number(&line);
	kind = number(&line);
	d.strip_cookies = kind % 2;
	d.passing = kind / 2 % 2;
	d.chain = d.vary_values = line;
	d.vary_names = line.n == 0 ? STR_NONE : STR("accept");
	gap = str_find(in, STR("\n\n"));
	before = gap < 0 ? in : str_head(in, (size_t)gap);
	fuzz_add_fields(&response, before);
	fuzz_add_fields(&update, gap < 0 ? STR("") : str_skip(in, (size_t)gap + 2));

	meta_read(&m, &response, &request, (int64_t)(NOW_MS - way % INT64_MAX / 2), NOW_MS, a);
	s = pack(&d);
	check_texts(s, &d);
	check_fields(s, &d, a);
	check_again(s, &d, a);
	check_judgement(&m, &request, &response);
	check_update(s, &update, &request, a);
	free(s);
	arena_free(&a);
	return 0;
}
