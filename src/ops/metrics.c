#include "ops/metrics.h"

#include "base/clock.h"
#include "base/counter.h"
#include "net/listener.h"
#include "ops/metrics_impl.h"

/* ---- families ---- */

static void
build_info(struct strbuf *out, struct str name, const struct metrics_reading *m)
{
	(void)m;
	strbuf_add(out, name);
	metrics_label(out, '{', "version", STR(CAIRN_VERSION));
	strbuf_lit(out, "} 1\n");
}

/* No reason at all: a hit that is simply fresh, or a request that the node answered itself, such as OPTIONS. */
static struct str
label_of(bool hit, enum reason reason)
{
	if (reason == REASON_NONE)
		return hit ? STR("fresh") : STR("none");
	return reason_token(reason);
}

/* Those that have not happened are left out, but for plain hits and first misses: a ratio needs something to begin
 * with. */
static void
requests(struct strbuf *out, struct str name, const struct metrics_reading *m)
{
	(void)m;
	for (unsigned i = 0; i < 2 * REASON_COUNT; i++) {
		bool hit = i < REASON_COUNT;
		enum reason reason = i % REASON_COUNT;
		uint64_t n = counter_requests(hit, reason);

		if (n == 0 && reason != (hit ? REASON_NONE : REASON_NEVER_SEEN))
			continue;
		strbuf_add(out, name);
		metrics_label(out, '{', "served", hit ? STR("hit") : STR("miss"));
		metrics_label(out, ',', "reason", label_of(hit, reason));
		strbuf_char(out, '}');
		metrics_value(out, n);
	}
}

_Static_assert(REASON_COUNT <= COUNTER_REASONS, "each reason has its counter");

static void
asked_by_neighbours(struct strbuf *out, struct str name, const struct metrics_reading *m)
{
	(void)m;
#define ANSWER(id, protocol, word)                                          \
	strbuf_add(out, name);                                              \
	strbuf_lit(out, "{protocol=\"" protocol "\",answer=\"" word "\"}"); \
	metrics_value(out, counter_sum(COUNTER_ANSWERED_##id));
#include "tbl/answers.def"
#undef ANSWER
}

static void
put_form(struct strbuf *out, struct str name, const char *form)
{
	strbuf_add(out, name);
	metrics_label(out, '{', "form", str_c(form));
	strbuf_char(out, '}');
}

static void
put_forms(struct strbuf *out, struct str name, uint64_t squid, uint64_t cairn)
{
	put_form(out, name, "squid");
	metrics_value(out, squid);
	put_form(out, name, "cairn");
	metrics_value(out, cairn);
}

static void
digest_bytes(struct strbuf *out, struct str name, const struct metrics_reading *m)
{
	put_forms(out, name, m->squid.bytes, m->cairn.bytes);
}

static void
digest_entries(struct strbuf *out, struct str name, const struct metrics_reading *m)
{
	put_forms(out, name, m->squid.entries, m->cairn.entries);
}

static void
digest_set(struct strbuf *out, struct str name, const struct metrics_reading *m)
{
	put_forms(out, name, m->squid.set, m->cairn.set);
}

static void
put_form_seconds(struct strbuf *out, struct str name, const char *form, const struct digest_shelf_state *s, int64_t ns)
{
	if (s->bytes == 0)
		ns = 0;
	put_form(out, name, form);
	strbuf_printf(out, " %.6f\n", (double)ns / (double)NS_PER_S);
}

static void
digest_age(struct strbuf *out, struct str name, const struct metrics_reading *m)
{
	put_form_seconds(out, name, "squid", &m->squid, m->mono_ns - m->squid.made_ns);
	put_form_seconds(out, name, "cairn", &m->cairn, m->mono_ns - m->cairn.made_ns);
}

static void
digest_walk(struct strbuf *out, struct str name, const struct metrics_reading *m)
{
	put_form_seconds(out, name, "squid", &m->squid, m->squid.took_ns);
	put_form_seconds(out, name, "cairn", &m->cairn, m->cairn.took_ns);
}

/* ---- all of them ---- */

static void
write_all(struct strbuf *out, const struct metrics_reading *m)
{
	const struct member *p;

#define HEAD(type, name, help) metrics_head(out, STR(name), STR(#type), STR(help));
#define COUNTER(id, name, help)   \
	HEAD(counter, name, help) \
	metrics_plain(out, STR(name), counter_sum(COUNTER_##id));
#define HISTOGRAM(id, name, help)   \
	HEAD(histogram, name, help) \
	metrics_histogram(out, STR(name), HISTOGRAM_##id);
#define READ(type, name, help, value) \
	HEAD(type, name, help)        \
	metrics_plain(out, STR(name), value);
#define READ_MS(type, name, help, value) \
	HEAD(type, name, help)           \
	metrics_seconds(out, STR(name), value);
#define MEMBER(type, name, help, value)                                                        \
	HEAD(type, name, help)                                                                 \
	for (struct metrics_walk w = { 0 }; (p = metrics_next_member(m->conf, &w)) != NULL;) { \
		metrics_member_labels(out, STR(name), &w, p);                                  \
		strbuf_char(out, '}');                                                         \
		metrics_value(out, value);                                                     \
	}
#define FAMILY(type, name, labels, help, fn) \
	HEAD(type, name, help)               \
	fn(out, STR(name), m);
#include "tbl/metrics.def"
}

void
metrics_write(struct strbuf *out, struct node *n, int64_t mono_ns)
{
	struct metrics_reading m = { .node = n, .conf = node_conf(n), .mono_ns = mono_ns };

	store_totals(n->store, &m.store);
	digest_shelf_state(&n->digests, &m.squid, &m.cairn);
	usage_read(&m.process);
	write_all(out, &m);
	conf_unref(&m.conf);
}
