/* Proxy-Status (RFC 9209): why a tier made the response itself. */
#include "http/fields.h"
#include "trail/dialect_impl.h"

/* Proxy-Status (RFC 9209): the last member is the nearest; where it is one of ours, it says why there is no more. */
void
read_proxy_status(struct reading *r)
{
	const struct part *p = told_backwards(r, TOLD_PROXY_STATUS);
	struct str params, name, value, node = p == NULL ? STR_NONE : unquote(element_value(p->text, &params), r->a);
	struct found *f = NULL;

	for (f = r->first; f != NULL && !(node.n > 0 && str_eq(f->tier.node, node)); f = f->next)
		;
	while (f != NULL && f->tier.reason.n == 0 && param_next(&params, &name, &value))
		if (str_ieq(name, STR("error"))) {
			f->tier.reason =
			    arena_printf(r->a, "It made the response itself: %.*s.", STR_FMT(str_head(value, 80)));
			found_shows(r, f, TOLD_PROXY_STATUS, p->text);
		}
}
