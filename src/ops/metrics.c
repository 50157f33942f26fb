#include "ops/metrics.h"

#include "base/counter.h"
#include "base/clock.h"
#include "net/listener.h"
#include "ops/usage.h"
#include "peer/digest_peer.h"

/* What is read once, before anything is written. */
struct reading {
	struct node *node;
	struct conf *conf;
	int64_t mono_ns;
	struct store_totals store;
	struct digest_shelf_state squid, cairn; /* this node's digests */
	struct usage process;
};

/* ---- samples ---- */

static void
put_head(struct strbuf *out, struct str name, struct str type, struct str help)
{
	strbuf_printf(out, "# HELP %.*s %.*s\n", STR_FMT(name), STR_FMT(help));
	strbuf_printf(out, "# TYPE %.*s %.*s\n", STR_FMT(name), STR_FMT(type));
}

/* The first stands behind a brace, others behind a comma. No value needs escaping: group and host names are checked
 * when the configuration is read, the rest are our words. */
static void
put_label(struct strbuf *out, char before, const char *name, struct str value)
{
	strbuf_printf(out, "%c%s=\"%.*s\"", before, name, STR_FMT(value));
}

static void
put_value(struct strbuf *out, uint64_t value)
{
	strbuf_char(out, ' ');
	strbuf_u64(out, value);
	strbuf_char(out, '\n');
}

static void
put_plain(struct strbuf *out, struct str name, uint64_t value)
{
	strbuf_add(out, name);
	put_value(out, value);
}

static void
put_seconds(struct strbuf *out, struct str name, int64_t ms)
{
	strbuf_add(out, name);
	strbuf_printf(out, " %lld.%03d\n", (long long)(ms / MS_PER_S), (int)(ms % MS_PER_S));
}

static void
put_histogram(struct strbuf *out, struct str name, enum histogram h)
{
	struct histogram_sum sum;
	uint64_t so_far = 0;

	histogram_sum(h, &sum);
	for (unsigned b = 0; b < HISTOGRAM_BUCKETS - 1; b++) {
		so_far += sum.bucket[b];
		strbuf_printf(out, "%.*s_bucket{le=\"%g\"} %llu\n", STR_FMT(name),
			      (double)histogram_bound(b) / (double)NS_PER_S, (unsigned long long)so_far);
	}
	strbuf_printf(out, "%.*s_bucket{le=\"+Inf\"} %llu\n", STR_FMT(name), (unsigned long long)sum.count);
	strbuf_printf(out, "%.*s_sum %.9f\n", STR_FMT(name), sum.seconds);
	strbuf_printf(out, "%.*s_count %llu\n", STR_FMT(name), (unsigned long long)sum.count);
}

/* ---- families ---- */

static void
build_info(struct strbuf *out, struct str name, const struct reading *m)
{
	(void)m;
	strbuf_add(out, name);
	put_label(out, '{', "version", STR(CAIRN_VERSION));
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
requests(struct strbuf *out, struct str name, const struct reading *m)
{
	(void)m;
	for (unsigned i = 0; i < 2 * REASON_COUNT; i++) {
		bool hit = i < REASON_COUNT;
		enum reason reason = i % REASON_COUNT;
		uint64_t n = counter_requests(hit, reason);

		if (n == 0 && reason != (hit ? REASON_NONE : REASON_NEVER_SEEN))
			continue;
		strbuf_add(out, name);
		put_label(out, '{', "served", hit ? STR("hit") : STR("miss"));
		put_label(out, ',', "reason", label_of(hit, reason));
		strbuf_char(out, '}');
		put_value(out, n);
	}
}

_Static_assert(REASON_COUNT <= COUNTER_REASONS, "each reason has its counter");

/* Walks the members of all upstreams to the end; zeroed: before the first. */
struct walk {
	unsigned upstream, seat;
	const struct conf_upstream *of;
	struct roster *roster; /* of that, held */
};

static const struct member *
next_member(const struct conf *conf, struct walk *w)
{
	for (; w->upstream < conf->upstream_count; w->upstream++, w->seat = 0) {
		w->of = &conf->upstreams[w->upstream];
		if (w->roster == NULL)
			w->roster = group_hold(w->of->group);
		if (w->seat < w->roster->count)
			return w->roster->seats[w->seat++].member;
		roster_let_go(&w->roster);
	}
	return NULL;
}

static void
put_member(struct strbuf *out, struct str name, const struct walk *w, const struct member *p)
{
	strbuf_add(out, name);
	put_label(out, '{', "upstream", w->of->name);
	put_label(out, ',', "member", p->label);
}

static void
responses(struct strbuf *out, struct str name, const struct reading *m)
{
	static const struct str classes[] = { STR_INIT("none"), STR_INIT("1xx"), STR_INIT("2xx"),
					      STR_INIT("3xx"),  STR_INIT("4xx"), STR_INIT("5xx") };
	const struct member *p;

	for (struct walk w = { 0 }; (p = next_member(m->conf, &w)) != NULL;) {
		for (unsigned i = 0; i < sizeof classes / sizeof classes[0]; i++) {
			put_member(out, name, &w, p);
			put_label(out, ',', "class", classes[i]);
			strbuf_char(out, '}');
			put_value(out, atomic_load_explicit(&p->status[i], memory_order_relaxed));
		}
	}
}

static void
asked_by_neighbours(struct strbuf *out, struct str name, const struct reading *m)
{
	(void)m;
#define ANSWER(id, protocol, word)                                          \
	strbuf_add(out, name);                                              \
	strbuf_lit(out, "{protocol=\"" protocol "\",answer=\"" word "\"}"); \
	put_value(out, counter_sum(COUNTER_ANSWERED_##id));
#include "tbl/answers.def"
#undef ANSWER
}

/* A neighbour's; all 0 where there is none. */
static struct digest_peer_state
digest_of(const struct member *p)
{
	struct digest_peer_state s = { 0 };

	(void)digest_peer_state(p, &s);
	return s;
}

static uint64_t
digest_age_s(const struct member *p)
{
	int64_t made_ms = digest_of(p).made_ms, now_ms = clock_now().wall_ms;

	return made_ms == 0 || made_ms > now_ms ? 0 : (uint64_t)((now_ms - made_ms) / MS_PER_S);
}

static void
put_form(struct strbuf *out, struct str name, const char *form)
{
	strbuf_add(out, name);
	put_label(out, '{', "form", str_c(form));
	strbuf_char(out, '}');
}

static void
put_forms(struct strbuf *out, struct str name, uint64_t squid, uint64_t cairn)
{
	put_form(out, name, "squid");
	put_value(out, squid);
	put_form(out, name, "cairn");
	put_value(out, cairn);
}

static void
digest_bytes(struct strbuf *out, struct str name, const struct reading *m)
{
	put_forms(out, name, m->squid.bytes, m->cairn.bytes);
}

static void
digest_entries(struct strbuf *out, struct str name, const struct reading *m)
{
	put_forms(out, name, m->squid.entries, m->cairn.entries);
}

static void
digest_set(struct strbuf *out, struct str name, const struct reading *m)
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
digest_age(struct strbuf *out, struct str name, const struct reading *m)
{
	put_form_seconds(out, name, "squid", &m->squid, m->mono_ns - m->squid.made_ns);
	put_form_seconds(out, name, "cairn", &m->cairn, m->mono_ns - m->cairn.made_ns);
}

static void
digest_walk(struct strbuf *out, struct str name, const struct reading *m)
{
	put_form_seconds(out, name, "squid", &m->squid, m->squid.took_ns);
	put_form_seconds(out, name, "cairn", &m->cairn, m->cairn.took_ns);
}

static unsigned
count_up(const struct roster *r, int64_t mono_ns)
{
	unsigned up = 0;

	for (unsigned i = 0; i < r->count; i++)
		up += member_is_up(r->seats[i].member, mono_ns);
	return up;
}

static void
members(struct strbuf *out, struct str name, const struct reading *m)
{
	for (unsigned i = 0; i < 2 * m->conf->upstream_count; i++) {
		const struct conf_upstream *u = &m->conf->upstreams[i / 2];
		struct roster *r = group_hold(u->group);
		unsigned up = count_up(r, m->mono_ns);

		strbuf_add(out, name);
		put_label(out, '{', "upstream", u->name);
		put_label(out, ',', "state", i % 2 == 0 ? STR("up") : STR("down"));
		strbuf_char(out, '}');
		put_value(out, i % 2 == 0 ? up : r->count - up);
		roster_let_go(&r);
	}
}

static void
members_changed(struct strbuf *out, struct str name, const struct reading *m)
{
	for (unsigned i = 0; i < m->conf->upstream_count; i++) {
		const struct conf_upstream *u = &m->conf->upstreams[i];

		strbuf_add(out, name);
		put_label(out, '{', "upstream", u->name);
		put_seconds(out, STR("}"), atomic_load(&u->group->changed_ms));
	}
}

/* The next member that is asked what it holds, or has been. */
static const struct member *
next_neighbour(const struct conf *conf, struct walk *w)
{
	const struct member *p;

	while ((p = next_member(conf, w)) != NULL) {
		const struct seat *seat = &w->roster->seats[w->seat - 1];

		if (seat->asked.icp != 0 || seat->asked.htcp != 0 || neighbour_is_one(&p->neighbour))
			return p;
	}
	return NULL;
}

static void
neighbour_queries(struct strbuf *out, struct str name, const struct reading *m)
{
	const struct member *p;

	for (struct walk w = { 0 }; (p = next_neighbour(m->conf, &w)) != NULL;) {
		put_member(out, name, &w, p);
		strbuf_char(out, '}');
		put_value(out, atomic_load(&p->neighbour.queries));
	}
}

static void
neighbour_replies(struct strbuf *out, struct str name, const struct reading *m)
{
	const struct member *p;

	for (struct walk w = { 0 }; (p = next_neighbour(m->conf, &w)) != NULL;) {
		for (enum neighbour_reply r = 0; r < REPLY_COUNT; r++) {
			put_member(out, name, &w, p);
			put_label(out, ',', "answer", reply_word(r));
			strbuf_char(out, '}');
			put_value(out, atomic_load(&p->neighbour.replies[r]));
		}
	}
}

static void
put_promises(struct strbuf *out, struct str name, const struct walk *w, const struct member *p, enum told by, bool kept)
{
	put_member(out, name, w, p);
	put_label(out, ',', "told_by", told_word(by));
	put_label(out, ',', "kept", kept ? STR("yes") : STR("no"));
	strbuf_char(out, '}');
	put_value(out, atomic_load(kept ? &p->neighbour.kept[by] : &p->neighbour.broken[by]));
}

static void
neighbour_promises(struct strbuf *out, struct str name, const struct reading *m)
{
	const struct member *p;

	for (struct walk w = { 0 }; (p = next_neighbour(m->conf, &w)) != NULL;) {
		for (enum told by = TOLD_BY_NOBODY + 1; by < TOLD_COUNT; by++) {
			put_promises(out, name, &w, p, by, true);
			put_promises(out, name, &w, p, by, false);
		}
	}
}

static void
neighbour_standings(struct strbuf *out, struct str name, const struct reading *m)
{
	const struct member *p;

	for (struct walk w = { 0 }; (p = next_neighbour(m->conf, &w)) != NULL;) {
		put_member(out, name, &w, p);
		strbuf_char(out, '}');
		put_value(out, neighbour_standing(&p->neighbour) / 10);
	}
}

/* ---- all of them ---- */

static void
write_all(struct strbuf *out, const struct reading *m)
{
	const struct member *p;

#define HEAD(type, name, help) put_head(out, STR(name), STR(#type), STR(help));
#define COUNTER(id, name, help)   \
	HEAD(counter, name, help) \
	put_plain(out, STR(name), counter_sum(COUNTER_##id));
#define HISTOGRAM(id, name, help)   \
	HEAD(histogram, name, help) \
	put_histogram(out, STR(name), HISTOGRAM_##id);
#define READ(type, name, help, value) \
	HEAD(type, name, help)        \
	put_plain(out, STR(name), value);
#define READ_MS(type, name, help, value) \
	HEAD(type, name, help)           \
	put_seconds(out, STR(name), value);
#define MEMBER(type, name, help, value)                                        \
	HEAD(type, name, help)                                                 \
	for (struct walk w = { 0 }; (p = next_member(m->conf, &w)) != NULL;) { \
		put_member(out, STR(name), &w, p);                             \
		strbuf_char(out, '}');                                         \
		put_value(out, value);                                         \
	}
#define FAMILY(type, name, labels, help, fn) \
	HEAD(type, name, help)               \
	fn(out, STR(name), m);
#include "tbl/metrics.def"
}

void
metrics_write(struct strbuf *out, struct node *n, int64_t mono_ns)
{
	struct reading m = { .node = n, .conf = node_conf(n), .mono_ns = mono_ns };

	store_totals(n->store, &m.store);
	digest_shelf_state(&n->digests, &m.squid, &m.cairn);
	usage_read(&m.process);
	write_all(out, &m);
	conf_unref(&m.conf);
}
