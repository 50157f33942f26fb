/* URLs: asked for, and told as the responses come. */
#include "cli/explain_impl.h"
#include "explain/visit.h"

static struct visit_plan
plan_of(const struct explain *e, const char *url)
{
	return (struct visit_plan){
		.url = url,
		.fields = e->fields.items,
		.field_count = e->fields.count,
		.resolve = e->resolve.items,
		.resolve_count = e->resolve.count,
		.proxy = e->proxy,
		.token = e->token,
		.repeat = e->repeat,
		.ask = e->ask,
	};
}

/* Each response as it comes, and what is wrong with it, if anything. */
static void
tell_all(struct explain *e, struct visit *v)
{
	enum visit_result r = VISIT_RESPONSE;
	struct exchange x;

	while (r == VISIT_RESPONSE && !e->deaf) {
		r = visit_next(v, e->arena, &x);
		if (r == VISIT_RESPONSE) {
			explain_tell(e, &x);
			explain_out_flush(e->out);
		}
		if (visit_why(v).n > 0)
			explain_complain(e, EXIT_NOT_FETCHED, STR(""), visit_why(v));
		arena_reset(e->arena);
	}
}

void
explain_visit(struct explain *e, const char *url)
{
	struct visit_plan plan = plan_of(e, url);
	struct str wrong;
	struct visit *v;

	e->name = url;
	wrong = visit_check(&plan, e->arena);
	if (wrong.n > 0) {
		explain_complain(e, EXIT_WRONG, STR(""), wrong);
		return;
	}
	v = visit_new(&plan);
	if (v == NULL) {
		explain_complain(e, EXIT_FAILED, STR(""), STR("no memory"));
		return;
	}
	tell_all(e, v);
	explain_out_change(e->out);
	visit_free(&v);
}
