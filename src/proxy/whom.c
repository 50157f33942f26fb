#include "proxy/whom.h"

#include "base/counter.h"
#include "http/uri.h"
#include "proxy/direct.h"
#include "proxy/fetch_impl.h"
#include "proxy/hedge.h"

/* The host that a request names is never known to be down before it was asked. */
static bool
somebody_behind(const struct conf_upstream *to, bool may_go_direct, int64_t mono_ns)
{
	for (; to->next != NULL; to = to->next)
		if (!group_is_down(to->next->group, mono_ns))
			return true;
	return to->then_direct && may_go_direct;
}

bool
whom_is_down(const struct conf_upstream *to, bool may_go_direct, int64_t mono_ns)
{
	return group_is_down(to->group, mono_ns) && !somebody_behind(to, may_go_direct, mono_ns);
}

bool
whom_is_better_off(const struct fetch *f, int64_t mono_ns)
{
	return f->to != NULL && somebody_behind(f->to, f->may_go_direct, mono_ns) && group_is_down(f->group, mono_ns);
}

static void
tell(struct fetch *f)
{
	f->whom = (struct flight_whom){
		.group = f->to == NULL ? WHOM_DIRECT : f->to->name,
		.member = f->member == NULL ? STR_NONE : f->member->label,
		.parent = f->group->kind == GROUP_PARENT,
		.direct = f->to == NULL,
	};
}

/* Lower case, and no port that goes without saying. */
static struct str
url_of(struct fetch *f)
{
	struct strbuf b = strbuf_in(f->arena, f->host.n + f->target.n + 16);
	struct str host = f->host;
	uint16_t port = 0;

	uri_parse_host(f->host, &host, &port);
	strbuf_add(&b, f->scheme);
	strbuf_lit(&b, "://");
	for (size_t i = 0; i < host.n; i++)
		strbuf_char(&b, ascii_lower(host.p[i]));
	if (port != 0 && port != 80)
		strbuf_printf(&b, ":%u", (unsigned)port);
	strbuf_add(&b, f->target);
	return strbuf_str(&b);
}

/* What members are chosen by. */
static void
wish(struct fetch *f)
{
	if (f->group->choice == CHOICE_CARP && f->wish.url.p == NULL)
		f->wish.url = url_of(f);
	f->wish.key = f->key.text;
	f->wish.client = &f->client;
	f->pick.wish = &f->wish;
}

void
whom_begin(struct fetch *f, const struct req *r)
{
	if (r->direct_host != NULL)
		f->direct_host = direct_hold(r->direct_host);
	fetch_turn_to(f, r->to);
	tell(f);
}

void
whom_note(struct fetch *f)
{
	tell(f);
}

void
fetch_turn_to(struct fetch *f, const struct conf_upstream *to)
{
	if (f->member != NULL)
		f->whom.member = arena_str(f->arena, f->whom.member);
	hedge_end(&f->hedge);
	pick_end(&f->pick); /* the last to hold the member, where it has left the group */
	f->to = to;
	f->group = to == NULL ? direct_group(f->direct_host) : to->group;
	f->keeps_trail = to != NULL && to->keeps_trail;
	f->member = NULL;
	f->attempts = 0;
	f->fresh = false;
	wish(f);
}

bool
whom_next(struct fetch *f)
{
	const struct conf_upstream *to = f->to;
	bool direct = to != NULL && to->next == NULL && to->then_direct && f->may_go_direct;

	if (direct)
		f->direct_host = direct_find(f->worker->direct, f->direct_to);
	if (to == NULL || (to->next == NULL && f->direct_host == NULL))
		return false;
	counter_add(COUNTER_FALLBACKS, 1);
	fetch_turn_to(f, to->next);
	return true;
}
