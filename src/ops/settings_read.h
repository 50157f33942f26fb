/* From a tree to the structs of proxy/conf.h: one mapping by the rows of its section. What a section means beyond its
 * rows is settings_sections.c's, settings_routes.c's and settings_upstreams.c's business. */
#ifndef CAIRN_OPS_SETTINGS_READ_H
#define CAIRN_OPS_SETTINGS_READ_H

#include "ops/settings_report.h"
#include "ops/settings_rows.h"
#include "ops/settings_tree.h"
#include "proxy/conf.h"

/* One reading of a configuration. */
struct settings_reader {
	struct conf *conf;
	struct arena *arena; /* the configuration's */
	struct settings_report *report;
	const struct settings_node *root;
	bool has_file; /* not from flags alone */
};

/* Fills the section's struct at `out`: defaults, then what the mapping says. Nothing at all is an empty mapping.
 * `more`: keys that are no rows of the section, and the caller's to read; may be NULL. */
void settings_read_section(struct settings_reader *rd, enum section section, struct settings_place map,
			   const struct str_list *more, void *out);

/* How many items a list, or a mapping, has. 0 where it is not there; where it is of another kind too, which is an
 * error. */
unsigned settings_read_list(struct settings_reader *rd, struct settings_place list);
unsigned settings_read_map(struct settings_reader *rd, struct settings_place map);

/* The place of an item of a list or mapping. */
struct settings_place settings_read_item(struct settings_reader *rd, struct settings_place of, unsigned i);

/* The place of what stands under `key`; node NULL where nothing does. */
struct settings_place settings_read_under(struct settings_reader *rd, struct settings_place map, struct str key);

/* The same for a message: where the key is not there its place is that of the mapping. */
struct settings_place settings_read_blame(struct settings_reader *rd, struct settings_place map, struct str key);

/* The same for an item of the list under `key`, told by the text that it borrows; the mapping's place where it is one
 * of the default's. */
struct settings_place settings_read_blame_item(struct settings_reader *rd, struct settings_place map, struct str key,
					       struct str item);

/* An error if the key at `i` stands in the mapping a second time. */
bool settings_read_is_double(struct settings_reader *rd, struct settings_place map, unsigned i);

/* "unknown setting", with what may have been meant. */
void settings_read_unknown(struct settings_reader *rd, struct settings_place map, unsigned i, struct str_list known);

#endif
