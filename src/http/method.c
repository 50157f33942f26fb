#include "http/method.h"

enum { SAFE = 1, IDEMPOTENT = 2, LOOKUP = 4 };

static const struct {
	struct str text;
	unsigned flags;
} methods[METHOD_COUNT] = {
	[METHOD_OTHER] = { STR_INIT(""), 0 },
#define METHOD(id, text, flags, source) [METHOD_##id] = { STR_INIT(text), flags },
#include "tbl/methods.def"
#undef METHOD
};

enum method
method_id(struct str text)
{
	for (int m = METHOD_OTHER + 1; m < METHOD_COUNT; m++)
		if (str_eq(text, methods[m].text))
			return (enum method)m;
	return METHOD_OTHER;
}

struct str
method_text(enum method m)
{
	return methods[m].text;
}

bool
method_is_safe(enum method m)
{
	return methods[m].flags & SAFE;
}

bool
method_is_idempotent(enum method m)
{
	return methods[m].flags & IDEMPOTENT;
}

bool
method_looks_up(enum method m)
{
	return methods[m].flags & LOOKUP;
}
