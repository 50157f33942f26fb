/* Proxy-Status (RFC 9209): why a tier made the response itself. */
#include "http/fields.h"
#include "trail/dialect_impl.h"

/* The name in front of "; error=..."; *error: that word, empty where there is none. */
static struct str
node_of(const struct reading *r, const struct part *p, struct str *error)
{
	struct str params, name, value, node = unquote(element_value(p->text, &params), r->a);

	*error = STR("");
	while (error->n == 0 && param_next(&params, &name, &value))
		if (str_ieq(name, STR("error")))
			*error = str_head(value, 80);
	return node;
}

/* Does a member of that name tell of an error? Of those who write "MISS from NODE" Cairn alone writes such. */
bool
proxy_status_names(const struct reading *r, struct str node)
{
	struct str error;

	for (const struct part *p = told_backwards(r, TOLD_PROXY_STATUS); p != NULL; p = p->next)
		if (str_ieq(node_of(r, p, &error), node) && error.n > 0)
			return true;
	return false;
}

/* One of ours who says no more of itself. */
static struct found *
silent_one(const struct reading *r, struct str node)
{
	struct found *f = r->first;

	while (f != NULL && !(node.n > 0 && str_eq(f->tier.node, node) && f->tier.reason.n == 0))
		f = f->next;
	return f;
}

/* Members are origin-first, as all that tiers append. */
void
read_proxy_status(struct reading *r)
{
	for (const struct part *p = told_backwards(r, TOLD_PROXY_STATUS); p != NULL; p = p->next) {
		struct str error, node = node_of(r, p, &error);
		struct found *f = error.n == 0 ? NULL : silent_one(r, node);

		if (f == NULL)
			continue;
		f->tier.made_up = true;
		f->tier.reason = arena_printf(r->a, "It made the response itself: %.*s.", STR_FMT(error));
		found_shows(r, f, TOLD_PROXY_STATUS, p->text);
	}
}
