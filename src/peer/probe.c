#include "peer/probe.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/counter.h"
#include "base/must.h"
#include "base/strbuf.h"
#include "net/timer.h"
#include "peer/errand.h"

#define PROBER_MAGIC 0x70726f62u

struct prober {
	unsigned magic;
	struct loop *loop;
	struct resolver *resolver;
	struct upconn_pool *pool;
	struct probe_hooks hooks;
	struct group **groups;
	unsigned count;
	struct list patients;
};

/* A member that is probed, in one group. */
struct patient {
	struct list node;
	struct prober *prober;
	const struct group *group;
	struct member *member; /* held */
	bool stays;            /* found in its group's roster */
	struct errand *errand; /* under way */
	struct upconn *up;     /* under way */
	struct timer timer;    /* the next probe; or how long one may take that is no errand */
	unsigned well, sick;   /* so many in a row */
};

/* ---- what came of it ---- */

static void say(const struct patient *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
say(const struct patient *p, const char *format, ...)
{
	char text[256];
	struct strbuf out = strbuf_fixed(text, sizeof text);
	va_list args;
	char what[160];

	va_start(args, format);
	vsnprintf(what, sizeof what, format, args);
	va_end(args);
	strbuf_printf(&out, "%.*s: %.*s %s", STR_FMT(p->group->name), STR_FMT(p->member->label), what);
	p->prober->hooks.say(p->prober->hooks.ctx, strbuf_str(&out));
}

static void
found_well(struct patient *p)
{
	p->sick = 0;
	if (++p->well < p->group->probe->up_after)
		return;
	p->well = p->group->probe->up_after;
	if (member_found_well(p->member, loop_now(p->prober->loop).mono_ns))
		say(p, "is found well");
}

static void
found_sick(struct patient *p, const char *why)
{
	counter_add(COUNTER_PROBE_FAILURES, 1);
	p->well = 0;
	if (++p->sick < p->group->probe->down_after)
		return;
	p->sick = p->group->probe->down_after;
	if (member_found_sick(p->member))
		say(p, "is out by its probes: %s", why);
}

/* `why`: half a sentence; NULL where it is well. */
static void
end_probe(struct patient *p, const char *why)
{
	counter_add(COUNTER_PROBES, 1);
	if (why == NULL)
		found_well(p);
	else
		found_sick(p, why);
	timer_set(&p->timer, p->group->probe->interval_ms);
}

/* It could not be asked, for want of something of ours: that says nothing of it. */
static void
skip_probe(struct patient *p)
{
	timer_set(&p->timer, p->group->probe->interval_ms);
}

/* ---- one probe ---- */

static bool
is_expected(const struct probe *how, unsigned status)
{
	for (unsigned i = 0; i < how->status_count; i++)
		if (status >= how->statuses[i].from && status <= how->statuses[i].to)
			return true;
	return false;
}

static void
on_answer(void *arg, const struct errand_answer *a)
{
	struct patient *p = arg;
	char why[64];

	p->errand = NULL;
	if (a->end == ERRAND_ANSWERED && is_expected(p->group->probe, (unsigned)a->head->status)) {
		end_probe(p, NULL);
	} else if (a->end == ERRAND_ANSWERED) {
		snprintf(why, sizeof why, "its status is %u", (unsigned)a->head->status);
		end_probe(p, why);
	} else if (a->end == ERRAND_NO_MEMORY || (a->end == ERRAND_UNREACHED && a->fault == UPCONN_SHORT)) {
		skip_probe(p);
	} else {
		end_probe(p, a->why);
	}
}

static void
ask(struct patient *p)
{
	const struct probe *how = p->group->probe;
	const struct errand_ask ask = { .member = p->member,
					.target = how->path,
					.host = how->host,
					.limit_ms = how->timeout_ms,
					.preface = p->group->preface,
					.fresh = true,
					.bodiless = true };

	p->errand = errand_start(p->prober->loop, p->prober->pool, &ask, on_answer, p);
	if (p->errand == NULL)
		skip_probe(p);
}

static void
on_opened(struct upconn *u, void *owner, enum upconn_fault fault, const char *why)
{
	struct patient *p = owner;

	(void)u;
	upconn_drop(&p->up);
	if (fault == UPCONN_SHORT)
		skip_probe(p);
	else
		end_probe(p, fault == UPCONN_OK ? NULL : why);
}

static void
connect_to(struct patient *p)
{
	static const struct upconn_events events = { .opened = on_opened };
	const struct upconn_client own = { .preface = p->group->preface };
	const struct probe *how = p->group->probe;

	if (own.preface.n > 0)
		p->up = upconn_open_for(p->prober->pool, p->member, &own, &events, p);
	else
		p->up = upconn_open(p->prober->pool, p->member, UPCONN_FRESH, &events, p);
	timer_set(&p->timer, p->up == NULL ? how->interval_ms : how->timeout_ms);
}

static void
on_time(struct timer *t)
{
	struct patient *p = LIST_OF(t, struct patient, timer);

	if (p->up != NULL) {
		upconn_drop(&p->up);
		end_probe(p, "it took too long");
	} else if (p->group->probe->kind == PROBE_HTTP) {
		ask(p);
	} else {
		connect_to(p);
	}
}

/* ---- who is probed ---- */

static void
free_patient(struct timer *t)
{
	free(LIST_OF(t, struct patient, timer));
}

/* Nobody looks after it any more: requests tell how it is. */
static void
discharge(struct patient *p)
{
	list_del(&p->node);
	errand_cancel(&p->errand);
	upconn_drop(&p->up);
	member_forget_probes(p->member);
	member_let_go(&p->member);
	timer_close(&p->timer, free_patient);
}

static struct patient *
find(const struct prober *pr, const struct group *g, const struct member *m)
{
	LIST_EACH(it, &pr->patients) {
		struct patient *p = LIST_OF(it, struct patient, node);

		if (p->member == m && str_eq(p->group->name, g->name))
			return p;
	}
	return NULL;
}

/* The first probes of a group's members are spread over the interval, and so are those after them. */
static bool
admit(struct prober *pr, const struct group *g, struct member *m, unsigned i, unsigned count)
{
	struct patient *p = calloc(1, sizeof *p);

	if (p == NULL)
		return false;
	p->prober = pr;
	p->group = g;
	p->member = member_hold(m);
	p->stays = true;
	timer_init(&p->timer, pr->loop, on_time);
	timer_set(&p->timer, g->probe->interval_ms * i / count);
	list_add_tail(&pr->patients, &p->node);
	return true;
}

/* One that stays is probed as the group's configuration says now. */
static bool
look_at(struct prober *pr, const struct group *g)
{
	const struct roster *r = group_roster(g);
	bool all = true;

	for (unsigned i = 0; i < r->count; i++) {
		struct patient *p = find(pr, g, r->seats[i].member);

		if (p != NULL) {
			p->group = g;
			p->stays = true;
		} else {
			all = admit(pr, g, r->seats[i].member, i, r->count) && all;
		}
	}
	return all;
}

static bool
look(struct prober *pr)
{
	bool all = true;

	LIST_EACH(it, &pr->patients)
		LIST_OF(it, struct patient, node)->stays = false;
	for (unsigned i = 0; i < pr->count; i++)
		if (pr->groups[i]->probe != NULL)
			all = look_at(pr, pr->groups[i]) && all;
	LIST_EACH_SAFE(it, &pr->patients)
		if (!LIST_OF(it, struct patient, node)->stays)
			discharge(LIST_OF(it, struct patient, node));
	return all;
}

void
probe_look(struct prober *pr)
{
	MUST_OBJ(pr, PROBER_MAGIC);
	look(pr);
}

bool
probe_groups(struct prober *pr, struct group *const *groups, unsigned count)
{
	struct group **kept = calloc(count + 1, sizeof *kept);

	MUST_OBJ(pr, PROBER_MAGIC);
	for (unsigned i = 0; kept != NULL && i < count; i++)
		kept[i] = groups[i];
	free(pr->groups);
	pr->groups = kept;
	pr->count = kept == NULL ? 0 : count;
	return look(pr) && kept != NULL;
}

/* ---- life ---- */

struct prober *
probe_new(struct loop *l, const struct probe_hooks *hooks)
{
	static const struct upconn_limits limits = { .connect_ms = 3600 * MS_PER_S }; /* each probe has its own */
	struct prober *pr = calloc(1, sizeof *pr);

	if (pr == NULL)
		return NULL;
	pr->resolver = resolver_new(l);
	pr->pool = pr->resolver == NULL ? NULL : upconn_pool_new(l, pr->resolver, &limits);
	if (pr->pool == NULL) {
		resolver_free(&pr->resolver);
		free(pr);
		return NULL;
	}
	pr->magic = PROBER_MAGIC;
	pr->loop = l;
	pr->hooks = *hooks;
	list_init(&pr->patients);
	return pr;
}

bool
probe_servers(struct prober *pr, const char *list)
{
	MUST_OBJ(pr, PROBER_MAGIC);
	return resolver_servers(pr->resolver, list);
}

void
probe_free(struct prober **pp)
{
	struct prober *pr = *pp;

	if (pr == NULL)
		return;
	MUST_OBJ(pr, PROBER_MAGIC);
	*pp = NULL;
	LIST_EACH_SAFE(it, &pr->patients)
		discharge(LIST_OF(it, struct patient, node));
	upconn_pool_free(&pr->pool);
	resolver_free(&pr->resolver);
	free(pr->groups);
	pr->magic = 0;
	free(pr);
}
