#include "http/range.h"

/* A position: digits alone. Large ones are held, since they are well-formed and only reach too far. */
static bool
position(struct str s, uint64_t *out)
{
	if (str_u64(s, out)) {
		*out = *out == RANGE_UNKNOWN ? RANGE_UNKNOWN - 1 : *out;
		return true;
	}
	for (size_t i = 0; i < s.n; i++)
		if (!ascii_digit(s.p[i]))
			return false;
	*out = RANGE_UNKNOWN - 1;
	return s.n > 0;
}

/* "5-9", "5-", "-5" (RFC 9110 14.1.2). */
static bool
one_spec(struct str s, struct range_spec *out)
{
	struct str first;

	*out = (struct range_spec){ RANGE_UNKNOWN, RANGE_UNKNOWN };
	if (!str_cut(&s, '-', &first))
		return false;
	if (first.n == 0)
		return position(s, &out->last);
	if (!position(first, &out->first))
		return false;
	return s.n == 0 || (position(s, &out->last) && out->last >= out->first);
}

/* What follows `unit` and the byte `sep`; units are case-insensitive (RFC 9110 14.1). */
static bool
behind_unit(struct str *s, struct str unit, char sep)
{
	if (!str_istarts(*s, unit) || s->n == unit.n || s->p[unit.n] != sep)
		return false;
	*s = str_skip(*s, unit.n + 1);
	return true;
}

bool
range_parse(struct str value, struct range_set *out)
{
	bool more = true;

	out->count = 0;
	if (!behind_unit(&value, STR("bytes"), '='))
		return false;
	while (more) {
		struct str element;

		more = str_cut(&value, ',', &element);
		element = str_trim(element);
		if (element.n == 0)
			continue; /* a recipient takes empty elements (RFC 9110 5.6.1.2) */
		if (out->count == RANGE_MAX || !one_spec(element, &out->spec[out->count]))
			return false;
		out->count++;
	}
	return out->count > 0;
}

bool
range_resolve(struct range_spec spec, uint64_t length, struct range_run *out)
{
	if (length == 0)
		return false;
	if (spec.first == RANGE_UNKNOWN) {
		out->first = spec.last < length ? length - spec.last : 0;
		out->last = length - 1;
		return spec.last > 0;
	}
	out->first = spec.first;
	out->last = spec.last < length ? spec.last : length - 1;
	return spec.first < length;
}

/* Unlike a request's, a response's positions must be exact, so none is held. */
static bool
span(struct str s, struct content_range *out)
{
	struct str first;

	return str_cut(&s, '-', &first) && str_u64(first, &out->first) && str_u64(s, &out->last) &&
	       out->first <= out->last;
}

bool
content_range_parse(struct str value, struct content_range *out)
{
	struct str run;

	*out = (struct content_range){ .complete = RANGE_UNKNOWN };
	if (!behind_unit(&value, STR("bytes"), ' ') || !str_cut(&value, '/', &run))
		return false;
	if (!str_eq(value, STR("*")) && (!str_u64(value, &out->complete) || out->complete == RANGE_UNKNOWN))
		return false;
	if (str_eq(run, STR("*"))) {
		out->unsatisfied = true;
		return out->complete != RANGE_UNKNOWN;
	}
	return span(run, out) && out->last < out->complete;
}
