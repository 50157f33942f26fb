#include "proxy/whom.h"

#include "base/counter.h"
#include "proxy/direct.h"
#include "proxy/fetch_impl.h"
#include "proxy/hedge.h"

/* An origin is not asked for a tunnel. */
static bool
may_follow(enum method method, const struct conf_upstream *to)
{
	return method != METHOD_CONNECT || to->kind == CONF_kind_PARENT;
}

/* The host that a request names is never known to be down before it was asked. */
static bool
somebody_behind(const struct conf_upstream *to, enum method method, bool may_go_direct, int64_t mono_ns)
{
	for (; to->next != NULL; to = to->next)
		if (may_follow(method, to->next) && !group_is_down(to->next->group, mono_ns))
			return true;
	return to->then_direct && may_go_direct;
}

bool
whom_is_down(const struct conf_upstream *to, enum method method, bool may_go_direct, int64_t mono_ns)
{
	return group_is_down(to->group, mono_ns) && !somebody_behind(to, method, may_go_direct, mono_ns);
}

bool
whom_is_better_off(const struct fetch *f, int64_t mono_ns)
{
	return f->to != NULL && somebody_behind(f->to, f->head.method, f->may_go_direct, mono_ns) &&
	       group_is_down(f->group, mono_ns);
}

bool
whom_ends_direct(const struct conf_upstream *to)
{
	while (to->next != NULL)
		to = to->next;
	return to->then_direct;
}

/* Squid's nearest word. */
static enum hierarchy
hierarchy_by_choice(enum choice c)
{
	switch (c) {
	case CHOICE_HASH:
	case CHOICE_CARP:
		return CARP;
	case CHOICE_CLIENT:
		return SOURCEHASH_PARENT;
	case CHOICE_TURN:
	case CHOICE_LEAST:
		break;
	}
	return ROUNDROBIN_PARENT;
}

static enum hierarchy
hierarchy_of(const struct fetch *f)
{
	bool digest = f->asking.by == TOLD_BY_DIGEST;

	switch (f->group->kind) {
	case GROUP_ORIGIN:
		return f->diverted && f->to == NULL ? ORIGINAL_DST : HIER_DIRECT;
	case GROUP_SIBLING:
		return digest ? CD_SIBLING_HIT : SIBLING_HIT;
	case GROUP_PARENT:
		break;
	}
	if (f->asking.by == TOLD_BY_NOBODY)
		return hierarchy_by_choice(f->group->choice);
	return digest ? CD_PARENT_HIT : PARENT_HIT;
}

static void
tell(struct fetch *f)
{
	f->whom = (struct flight_whom){
		.group = f->to == NULL ? WHOM_DIRECT : f->to->name,
		.member = f->member == NULL ? STR_NONE : f->member->label,
		.direct = f->to == NULL,
		.hedged = f->whom.hedged,
		.tries = f->whom.tries,
		.hierarchy = (uint8_t)hierarchy_of(f),
		.told = (uint8_t)f->asking.by,
		.timed_out = f->asking.timed_out,
	};
}

/* As a key has it: in lower case, and without a port that goes without saying. */
static struct str
url_of(const struct fetch *f, struct str scheme)
{
	struct key_parts parts = key_parts_of(scheme, f->host, f->target);
	struct strbuf b = strbuf_in(f->arena, scheme.n + f->host.n + KEY_ORIGIN_MORE + f->target.n);

	key_origin(&b, &parts);
	strbuf_add(&b, f->target);
	return b.over ? STR_NONE : strbuf_str(&b);
}

struct str
fetch_url(struct fetch *f)
{
	if (f->url.p == NULL)
		f->url = url_of(f, f->scheme);
	return f->url;
}

/* What members are chosen by. */
static void
wish(struct fetch *f)
{
	if (f->group->choice == CHOICE_CARP) /* what a cache is asked for: by http, though the client came by https */
		f->wish.url = f->group->kind == GROUP_ORIGIN ? fetch_url(f) : url_of(f, STR("http"));
	f->wish.key = f->key.text;
	f->wish.client = &f->client;
	f->pick.wish = &f->wish;
}

static void
aim_at(struct fetch *f, const struct conf_upstream *to)
{
	f->to = to;
	f->group = to == NULL ? direct_group(f->direct_host) : to->group;
	f->keeps_trail = to != NULL && to->keeps_trail;
	wish(f);
}

void
whom_begin(struct fetch *f, const struct req *r)
{
	if (r->direct_host != NULL)
		f->direct_host = direct_hold(r->direct_host);
	aim_at(f, r->to);
}

void
whom_try(struct fetch *f)
{
	if (f->whom.tries < UINT8_MAX)
		f->whom.tries++;
}

void
whom_note(struct fetch *f)
{
	tell(f);
}

void
fetch_turn_to(struct fetch *f, const struct conf_upstream *to)
{
	if (f->whom.group.n == 0)
		tell(f);
	if (f->member != NULL)
		f->whom.member = arena_str(f->arena, f->whom.member);
	hedge_end(&f->hedge);
	pick_end(&f->pick); /* the last to hold the member, where it has left the group */
	f->member = NULL;
	f->attempts = 0;
	f->fresh = f->instead = false;
	aim_at(f, to);
}

bool
whom_next(struct fetch *f)
{
	const struct conf_upstream *last = f->to, *next;

	if (last == NULL)
		return false;
	for (next = last->next; next != NULL && !may_follow(f->head.method, next); next = next->next)
		last = next;
	if (next == NULL && last->then_direct && f->may_go_direct)
		f->direct_host = direct_find(f->worker->direct, f->direct_to);
	if (next == NULL && f->direct_host == NULL)
		return false;
	counter_add(COUNTER_FALLBACKS, 1);
	fetch_turn_to(f, next);
	return true;
}
