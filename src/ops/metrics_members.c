/* What is told of each member of the upstreams, as one that is asked and as a neighbour. */
#include "base/clock.h"
#include "ops/metrics_impl.h"

const struct member *
metrics_next_member(const struct conf *conf, struct metrics_walk *w)
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

void
metrics_member_labels(struct strbuf *out, struct str name, const struct metrics_walk *w, const struct member *p)
{
	strbuf_add(out, name);
	metrics_label(out, '{', "upstream", w->of->name);
	metrics_label(out, ',', "member", p->label);
}

void
metrics_responses(struct strbuf *out, struct str name, const struct metrics_reading *m)
{
	static const struct str classes[] = { STR_INIT("none"), STR_INIT("1xx"), STR_INIT("2xx"),
					      STR_INIT("3xx"),  STR_INIT("4xx"), STR_INIT("5xx") };
	const struct member *p;

	for (struct metrics_walk w = { 0 }; (p = metrics_next_member(m->conf, &w)) != NULL;) {
		for (unsigned i = 0; i < sizeof classes / sizeof classes[0]; i++) {
			metrics_member_labels(out, name, &w, p);
			metrics_label(out, ',', "class", classes[i]);
			strbuf_char(out, '}');
			metrics_value(out, atomic_load_explicit(&p->status[i], memory_order_relaxed));
		}
	}
}

static unsigned
count_up(const struct roster *r, int64_t mono_ns)
{
	unsigned up = 0;

	for (unsigned i = 0; i < r->count; i++)
		up += member_is_up(r->seats[i].member, mono_ns);
	return up;
}

void
metrics_members(struct strbuf *out, struct str name, const struct metrics_reading *m)
{
	for (unsigned i = 0; i < 2 * m->conf->upstream_count; i++) {
		const struct conf_upstream *u = &m->conf->upstreams[i / 2];
		struct roster *r = group_hold(u->group);
		unsigned up = count_up(r, m->mono_ns);

		strbuf_add(out, name);
		metrics_label(out, '{', "upstream", u->name);
		metrics_label(out, ',', "state", i % 2 == 0 ? STR("up") : STR("down"));
		strbuf_char(out, '}');
		metrics_value(out, i % 2 == 0 ? up : r->count - up);
		roster_let_go(&r);
	}
}

void
metrics_members_changed(struct strbuf *out, struct str name, const struct metrics_reading *m)
{
	for (unsigned i = 0; i < m->conf->upstream_count; i++) {
		const struct conf_upstream *u = &m->conf->upstreams[i];

		strbuf_add(out, name);
		metrics_label(out, '{', "upstream", u->name);
		metrics_seconds(out, STR("}"), atomic_load(&u->group->changed_ms));
	}
}

/* ---- as neighbours ---- */

struct digest_peer_state
metrics_digest_of(const struct member *p)
{
	struct digest_peer_state s = { 0 };

	(void)digest_peer_state(p, &s);
	return s;
}

uint64_t
metrics_digest_age(const struct member *p)
{
	int64_t made_ms = metrics_digest_of(p).made_ms, now_ms = clock_now().wall_ms;

	return made_ms == 0 || made_ms > now_ms ? 0 : (uint64_t)((now_ms - made_ms) / MS_PER_S);
}

static const struct member *
next_neighbour(const struct conf *conf, struct metrics_walk *w)
{
	const struct member *p;

	do
		p = metrics_next_member(conf, w);
	while (p != NULL && !seat_is_neighbour(&w->roster->seats[w->seat - 1]));
	return p;
}

void
metrics_queries(struct strbuf *out, struct str name, const struct metrics_reading *m)
{
	const struct member *p;

	for (struct metrics_walk w = { 0 }; (p = next_neighbour(m->conf, &w)) != NULL;) {
		metrics_member_labels(out, name, &w, p);
		strbuf_char(out, '}');
		metrics_value(out, atomic_load(&p->neighbour.queries));
	}
}

void
metrics_replies(struct strbuf *out, struct str name, const struct metrics_reading *m)
{
	const struct member *p;

	for (struct metrics_walk w = { 0 }; (p = next_neighbour(m->conf, &w)) != NULL;) {
		for (enum neighbour_reply r = 0; r < REPLY_COUNT; r++) {
			metrics_member_labels(out, name, &w, p);
			metrics_label(out, ',', "answer", reply_word(r));
			strbuf_char(out, '}');
			metrics_value(out, atomic_load(&p->neighbour.replies[r]));
		}
	}
}

static void
put_promises(struct strbuf *out, struct str name, const struct metrics_walk *w, const struct member *p, enum told by,
	     bool kept)
{
	metrics_member_labels(out, name, w, p);
	metrics_label(out, ',', "told_by", told_word(by));
	metrics_label(out, ',', "kept", kept ? STR("yes") : STR("no"));
	strbuf_char(out, '}');
	metrics_value(out, atomic_load(kept ? &p->neighbour.kept[by] : &p->neighbour.broken[by]));
}

void
metrics_promises(struct strbuf *out, struct str name, const struct metrics_reading *m)
{
	const struct member *p;

	for (struct metrics_walk w = { 0 }; (p = next_neighbour(m->conf, &w)) != NULL;) {
		for (enum told by = TOLD_BY_NOBODY + 1; by < TOLD_COUNT; by++) {
			put_promises(out, name, &w, p, by, true);
			put_promises(out, name, &w, p, by, false);
		}
	}
}

void
metrics_standings(struct strbuf *out, struct str name, const struct metrics_reading *m)
{
	const struct member *p;

	for (struct metrics_walk w = { 0 }; (p = next_neighbour(m->conf, &w)) != NULL;) {
		metrics_member_labels(out, name, &w, p);
		strbuf_char(out, '}');
		metrics_value(out, neighbour_standing(&p->neighbour) / 10);
	}
}
