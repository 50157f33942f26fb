#include "proxy/bypass.h"

static bool
name_matches(struct str pattern, struct str name)
{
	return str_chr(pattern, '*') >= 0 ? str_glob(name, pattern) : str_ieq(name, pattern);
}

static bool
has_cookie(const struct head *h, struct str pattern)
{
	for (const struct field *f = head_first(h, HDR_COOKIE); f != NULL; f = head_next(h, f)) {
		struct str rest = field_value(f), pair, name;

		while (rest.n > 0) {
			str_cut(&rest, ';', &pair);
			str_cut(&pair, '=', &name);
			if (name_matches(pattern, str_trim(name)))
				return true;
		}
	}
	return false;
}

static bool
has_parameter(struct str target, struct str pattern)
{
	struct str path, pair, name;

	str_cut(&target, '?', &path);
	while (target.n > 0) {
		str_cut(&target, '&', &pair);
		str_cut(&pair, '=', &name);
		if (name_matches(pattern, name))
			return true;
	}
	return false;
}

static bool
has_field(const struct head *h, struct str pattern)
{
	for (uint32_t i = 0; i < h->count; i++)
		if (name_matches(pattern, field_name(&h->fields[i])))
			return true;
	return false;
}

bool
bypass_asked(const struct conf_route *route, const struct head *request, struct str target)
{
	const struct str_list *rules = route == NULL ? NULL : &route->cache.bypass;

	for (unsigned i = 0; rules != NULL && i < rules->count; i++) {
		struct str name = rules->items[i], kind;

		str_cut(&name, ':', &kind);
		if (str_eq(kind, STR("cookie"))  ? has_cookie(request, name)
		    : str_eq(kind, STR("query")) ? has_parameter(target, name)
						 : has_field(request, name))
			return true;
	}
	return false;
}
