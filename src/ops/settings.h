/* The configuration, from a file and the command line to the structs that the proxy uses.
 *
 * The file's text becomes a tree (settings_tree), the flags are laid over it, and each mapping of it is read by the
 * rows of tbl/settings.def (settings_read); what rows cannot say is checked section by section. All errors are found in
 * one pass.
 *
 * thread: any, one call at a time; the result is frozen, with one reference that is the caller's.
 */
#ifndef CAIRN_OPS_SETTINGS_H
#define CAIRN_OPS_SETTINGS_H

#include "ops/settings_report.h"
#include "proxy/conf.h"

#define SETTINGS_FLAG_MAX 64

/* A flag that may be repeated. */
struct settings_flag_list {
	const char *items[SETTINGS_FLAG_MAX];
	unsigned count;
};

/* What the command line says; NULL, or a count of 0: nothing. */
struct settings_flags {
	const char *file; /* -c */
	struct settings_flag_list listen;
	struct settings_flag_list origin; /* members of one group */
	struct settings_flag_list parent;
	const char *name;
	const char *admin;
	const char *memory;
	const char *workers;
	const char *log;
	const char *state;
	bool dry; /* look, and make nothing: no secret is written */
};

/* Reads and checks everything. NULL where there is an error; warnings alone are none. */
struct conf *settings_load(const struct settings_flags *flags, struct settings_report *report);

/* The same for a node that runs with `running`: what is fixed by then (RESTART in tbl/settings.def) goes on to hold,
 * with a warning where the file says otherwise. */
struct conf *settings_reload(const struct settings_flags *flags, const struct conf *running,
			     struct settings_report *report);

#endif
