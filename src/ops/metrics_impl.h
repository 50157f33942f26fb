/* Shared by the files that write metrics: metrics.c (the rows, and what is told of the node), metrics_members.c (of its
 * upstreams' members), metrics_text.c (how a sample is written). */
#ifndef CAIRN_OPS_METRICS_IMPL_H
#define CAIRN_OPS_METRICS_IMPL_H

#include "base/counter.h"
#include "base/strbuf.h"
#include "ops/usage.h"
#include "peer/digest_peer.h"
#include "proxy/node.h"

/* What is read once, before anything is written. */
struct metrics_reading {
	struct node *node;
	struct conf *conf;
	int64_t mono_ns;
	struct store_totals store;
	struct digest_shelf_state squid, cairn; /* this node's digests */
	struct usage process;
};

/* ---- metrics_text.c ---- */

void metrics_head(struct strbuf *out, struct str name, struct str type, struct str help);

/* The first stands behind a brace, others behind a comma. No value needs escaping: group and host names are checked
 * when the configuration is read, the rest are our words. */
void metrics_label(struct strbuf *out, char before, const char *name, struct str value);

/* What ends a sample: after its labels, after its name alone, and as seconds. */
void metrics_value(struct strbuf *out, uint64_t value);
void metrics_plain(struct strbuf *out, struct str name, uint64_t value);
void metrics_seconds(struct strbuf *out, struct str name, int64_t ms);
void metrics_histogram(struct strbuf *out, struct str name, enum histogram h);

/* ---- metrics_members.c ---- */

/* Walks the members of all upstreams to the end; zeroed: before the first. */
struct metrics_walk {
	unsigned upstream, seat;
	const struct conf_upstream *of;
	struct roster *roster; /* of that, held */
};

const struct member *metrics_next_member(const struct conf *conf, struct metrics_walk *w);

/* The name of a sample, and the labels that say which member it is of; the brace stays open. */
void metrics_member_labels(struct strbuf *out, struct str name, const struct metrics_walk *w, const struct member *p);

/* Of a neighbour's digest: all 0 where there is none. */
struct digest_peer_state metrics_digest_of(const struct member *p);
uint64_t metrics_digest_age(const struct member *p); /* in seconds */

/* Families: see FAMILY in tbl/metrics.def. */
void metrics_responses(struct strbuf *out, struct str name, const struct metrics_reading *m);
void metrics_members(struct strbuf *out, struct str name, const struct metrics_reading *m);
void metrics_members_changed(struct strbuf *out, struct str name, const struct metrics_reading *m);
void metrics_queries(struct strbuf *out, struct str name, const struct metrics_reading *m);
void metrics_replies(struct strbuf *out, struct str name, const struct metrics_reading *m);
void metrics_promises(struct strbuf *out, struct str name, const struct metrics_reading *m);
void metrics_standings(struct strbuf *out, struct str name, const struct metrics_reading *m);

#endif
