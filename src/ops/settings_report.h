/* What is wrong with a configuration: all of it, each with its place, in the order of the file.
 *
 * thread: local; whoever made it owns it. Messages are copied. At most SETTINGS_REPORT_MAX are kept, so that a hostile
 * file cannot make the report endless. Order of use: settings_report_new, settings_load (which adds),
 * settings_report_print or _text, settings_report_free.
 */
#ifndef CAIRN_OPS_SETTINGS_REPORT_H
#define CAIRN_OPS_SETTINGS_REPORT_H

#include <stdio.h>

#include "base/strbuf.h"
#include "ops/settings_tree.h"

#define SETTINGS_REPORT_MAX 200

struct settings_report;

/* NULL where memory is short. */
struct settings_report *settings_report_new(void);
void settings_report_free(struct settings_report **r);

/* The file's name, as messages begin with it. Borrowed. */
void settings_report_file(struct settings_report *r, const char *file);

/* What a message is about. Node and path may be NULL; a node that comes from a flag names the flag instead of a path.
 */
void settings_report_error(struct settings_report *r, struct settings_place at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void settings_report_warn(struct settings_report *r, struct settings_place at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

unsigned settings_report_errors(const struct settings_report *r);
unsigned settings_report_warnings(const struct settings_report *r);

/* Are there so many messages already that looking on makes no sense? */
bool settings_report_full(const struct settings_report *r);

/* A line a message: `cairn.yaml:12:7: listeners[0].prot: unknown setting; did you mean "port"?` Warnings say `warning:`
 * behind the place. In colour where `out` is a terminal and NO_COLOR is not set. */
void settings_report_print(struct settings_report *r, FILE *out);

/* The same lines, plain. */
void settings_report_text(struct settings_report *r, struct strbuf *out);

#endif
