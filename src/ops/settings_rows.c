#include "ops/settings_rows.h"

#include "proxy/conf.h"

#define ROW(section, field, type, def, min, max, when, doc)               \
	{ STR_INIT(#field), SETTING_##type, STR_INIT(def), STR_INIT(min), \
	  STR_INIT(max),    SETTING_##when, STR_INIT(doc), offsetof(struct conf_##section, field) },

static const struct setting node_rows[] = {
#define NODE(...) ROW(node, __VA_ARGS__)
#include "tbl/settings.def"
};

static const struct setting listener_rows[] = {
#define LISTENER(...) ROW(listener, __VA_ARGS__)
#include "tbl/settings.def"
};

static const struct setting upstream_rows[] = {
#define UPSTREAM(...) ROW(upstream, __VA_ARGS__)
#include "tbl/settings.def"
};

static const struct setting member_rows[] = {
#define MEMBER(...) ROW(member, __VA_ARGS__)
#include "tbl/settings.def"
};

static const struct setting tls_rows[] = {
#define TLS(...) ROW(tls, __VA_ARGS__)
#include "tbl/settings.def"
};

static const struct setting probe_rows[] = {
#define PROBE(...) ROW(probe, __VA_ARGS__)
#include "tbl/settings.def"
};

static const struct setting route_rows[] = {
#define ROUTE(...) ROW(route, __VA_ARGS__)
#include "tbl/settings.def"
};

static const struct setting cache_rows[] = {
#define CACHE(...) ROW(cache, __VA_ARGS__)
#include "tbl/settings.def"
};

static const struct setting edit_rows[] = {
#define EDIT(...) ROW(edit, __VA_ARGS__)
#include "tbl/settings.def"
};

static const struct setting store_rows[] = {
#define STORE(...) ROW(store, __VA_ARGS__)
#include "tbl/settings.def"
};

static const struct setting trail_rows[] = {
#define TRAIL(...) ROW(trail, __VA_ARGS__)
#include "tbl/settings.def"
};

static const struct setting log_rows[] = {
#define LOG(...) ROW(log, __VA_ARGS__)
#include "tbl/settings.def"
};

static const struct setting admin_rows[] = {
#define ADMIN(...) ROW(admin, __VA_ARGS__)
#include "tbl/settings.def"
};

static const struct setting authentication_rows[] = {
#define AUTHENTICATION(...) ROW(authentication, __VA_ARGS__)
#include "tbl/settings.def"
};

static const struct setting pac_rows[] = {
#define PAC(...) ROW(pac, __VA_ARGS__)
#include "tbl/settings.def"
};

static const struct setting access_rows[] = {
#define ACCESS(...) ROW(access, __VA_ARGS__)
#include "tbl/settings.def"
};

static const struct setting forwarding_rows[] = {
#define FORWARDING(...) ROW(forwarding, __VA_ARGS__)
#include "tbl/settings.def"
};

static const struct setting purge_rows[] = {
#define PURGE(...) ROW(purge, __VA_ARGS__)
#include "tbl/settings.def"
};

static const struct setting neighbours_rows[] = {
#define NEIGHBOURS(...) ROW(neighbours, __VA_ARGS__)
#include "tbl/settings.def"
};

static const struct setting digest_rows[] = {
#define DIGEST(...) ROW(digest, __VA_ARGS__)
#include "tbl/settings.def"
};

static const struct setting limits_rows[] = {
#define LIMITS(...) ROW(limits, __VA_ARGS__)
#include "tbl/settings.def"
};

static const struct setting timeouts_rows[] = {
#define TIMEOUTS(...) ROW(timeouts, __VA_ARGS__)
#include "tbl/settings.def"
};

static const struct settings_section sections[] = {
#define SECTION(id, name, place, doc) \
	[SECTION_##id] = { STR_INIT(place), STR_INIT(doc), name##_rows, sizeof name##_rows / sizeof name##_rows[0] },
#include "tbl/sections.def"
#undef SECTION
};

static const struct {
	enum setting_type type;
	int value;
	struct str word;
} choices[] = {
#define CHOICE(type, value, word) { SETTING_ENUM_##type, CONF_##type##_##value, STR_INIT(word) },
#include "tbl/choices.def"
#undef CHOICE
};

const struct settings_section *
settings_rows(enum section s)
{
	return &sections[s];
}

const struct setting *
settings_rows_find(enum section s, struct str name)
{
	for (unsigned i = 0; i < sections[s].count; i++)
		if (str_eq(sections[s].rows[i].name, name))
			return &sections[s].rows[i];
	return NULL;
}

bool
settings_rows_choice(enum setting_type type, unsigned *i, struct str *word, int *value)
{
	while (*i < sizeof choices / sizeof choices[0]) {
		unsigned at = (*i)++;

		if (choices[at].type != type)
			continue;
		*word = choices[at].word;
		*value = choices[at].value;
		return true;
	}
	return false;
}
