#include "ops/node_name.h"

#include <stdlib.h>
#include <unistd.h>

#include "trail/node.h"

#define NAME_MAX_LENGTH 253

static bool
is_alnum(char c)
{
	return ascii_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z');
}

static char
clean(char c)
{
	return is_alnum(c) || c == '.' || c == '_' ? c : '-';
}

struct str
node_name_from(struct str text, struct arena *a)
{
	struct str name;

	while (text.n > 0 && !is_alnum(text.p[0]))
		text = str_skip(text, 1);
	name = arena_str(a, str_head(text, NAME_MAX_LENGTH));
	for (size_t i = 0; i < name.n; i++)
		((char *)name.p)[i] = clean(name.p[i]);
	if (name.n > 0 && !trail_name_valid(name)) /* it looks like an opaque one */
		name = arena_printf(a, "node-%.*s", STR_FMT(name));
	return name;
}

struct str
node_name_default(struct arena *a)
{
	char host[256] = "";
	const char *candidates[] = { getenv("POD_NAME"), getenv("HOSTNAME"), host };

	gethostname(host, sizeof host - 1);
	for (size_t i = 0; i < sizeof candidates / sizeof candidates[0]; i++) {
		struct str name = node_name_from(str_c(candidates[i]), a);

		if (name.n > 0)
			return name;
	}
	return STR("cairn");
}
