/* The rows of tbl/settings.def as data: what the reader of the configuration walks, and what the reference is made
 * from. Frozen; thread: any. */
#ifndef CAIRN_OPS_SETTINGS_ROWS_H
#define CAIRN_OPS_SETTINGS_ROWS_H

#include "base/str.h"

enum setting_type {
	SETTING_STRING,
	SETTING_BOOL,
	SETTING_UINT,
	SETTING_SIZE,
	SETTING_DURATION,
	SETTING_ADDRESS,
	SETTING_LIST,
	/* From here on: one of a few words, rows of tbl/choices.def. */
	SETTING_ENUM_mode,
	SETTING_ENUM_kind,
	SETTING_ENUM_choice,
	SETTING_ENUM_follow,
	SETTING_ENUM_probe,
	SETTING_ENUM_kept,
	SETTING_ENUM_cookie,
	SETTING_ENUM_objective,
	SETTING_ENUM_names,
	SETTING_ENUM_history,
	SETTING_ENUM_format,
	SETTING_ENUM_digest,
	SETTING_ENUM_serve,
	SETTING_ENUM_xff,
	SETTING_ENUM_tls,
	SETTING_ENUM_client_from,
	SETTING_ENUM_divert,
	SETTING_ENUM_unverified,
	SETTING_ENUM_action,
	SETTING_ENUM_preface,
};

/* When a change takes effect. */
enum setting_when {
	SETTING_RELOAD,
	SETTING_RESTART,
};

struct setting {
	struct str name;
	enum setting_type type;
	struct str def, min, max; /* as they would be written; empty bounds are none */
	enum setting_when when;
	struct str doc;
	size_t offset; /* of the field, in the section's struct */
};

enum section {
#define SECTION(id, name, place, doc) SECTION_##id,
#include "tbl/sections.def"
#undef SECTION
	SECTION_COUNT
};

struct settings_section {
	struct str place; /* "routes[].cache" */
	struct str doc;
	const struct setting *rows;
	unsigned count;
};

const struct settings_section *settings_rows(enum section s);

/* The row of that name, or NULL. */
const struct setting *settings_rows_find(enum section s, struct str name);

/* Walks the words that an ENUM type may take: starts at *i = 0; false at the end. `value` is the enum conf_choice. */
bool settings_rows_choice(enum setting_type type, unsigned *i, struct str *word, int *value);

#endif
